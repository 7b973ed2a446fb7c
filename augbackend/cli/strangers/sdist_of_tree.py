"""An sdist of a source tree, made by the tree's own backend in an isolated environment with the augmentation in it."""

from __future__ import annotations

import gzip
import io
import os
import shlex
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyproject_hooks

from augbackend import checking, sources, variables
from augbackend.cli import progress
from augbackend.cli.edit import pyproject
from augbackend.cli.fetch import sdist
from augbackend.errors import AugbackendError
from augbackend.knowledge import advice

from . import isolated_environment
from .telling_line import telling_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.model.augmentation import Augmentation


@contextmanager
def sdist_of(tree: Path, augmentation: Augmentation) -> Iterator[Path]:
    """Make an sdist of ``tree``, which is left as it is.

    :raises AugbackendError: if the tree's backend makes none.
    """
    with isolated_environment.copied(tree) as copy, tempfile.TemporaryDirectory(prefix="augbackend-") as out:
        yield build(copy, augmentation, Path(out))


def build(tree: Path, augmentation: Augmentation, out: Path) -> Path:
    """Call ``build_sdist`` on a tree that may be written into (PEP 517).

    :raises AugbackendError: with the last line of what went wrong.
    """
    document = sources.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    if not document and not (tree / "setup.py").is_file():
        hint = "name the folder that holds pyproject.toml or setup.py"
        raise AugbackendError("no Python project here", where=str(tree), hint=hint)
    pyproject.check_shape(document)
    build_system = document.get("build-system", {"requires": [pyproject.LEGACY_REQUIRES]})
    backend = build_system.get("build-backend", pyproject.LEGACY_BACKEND)
    requires = [text for text in build_system["requires"] if not augmentation.removes(text)]
    requires += [text for text in augmentation.for_sdist() if text not in requires]
    with isolated_environment.created(requires, tree.name) as environment:
        environ = {**environment.environ, **_values(augmentation)}
        caller = pyproject_hooks.BuildBackendHookCaller(
            str(tree),
            backend,
            build_system.get("backend-path"),
            runner=_runner(environ),
            python_executable=environment.python,
        )
        try:
            with progress.shown(f"making an sdist of {tree.name}"):
                wanted = caller.get_requires_for_build_sdist(augmentation.config_settings)
                more = [text for text in wanted if not augmentation.removes(text)]
                if more:
                    environment.install(more)
                name = caller.build_sdist(str(out), augmentation.config_settings)
        except pyproject_hooks.BackendUnavailable as error:
            raise AugbackendError(
                f"its backend {backend!r} cannot be imported", where=str(tree), hint=telling_line(error.traceback)
            ) from None
        except (subprocess.CalledProcessError, pyproject_hooks.UnsupportedOperation) as error:
            output = str((error.output if isinstance(error, subprocess.CalledProcessError) else error.traceback) or "")
            raise AugbackendError(
                f"{backend} makes no sdist of it: {telling_line(output)}", where=str(tree), hint=_hint(output)
            ) from None
    return _normalised(out / name)


def _normalised(path: Path) -> Path:
    """The sdist with its members in order, of nobody and of no time: from the same tree, the same bytes."""
    if not tarfile.is_tarfile(path):
        return path
    stream = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            content = old.extractfile(member) if member.isreg() else None
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime, member.pax_headers = sdist.FIRST_OF_ZIP, {}
            new.addfile(member, content)
    path.write_bytes(gzip.compress(stream.getvalue(), mtime=0))
    return path


def _values(augmentation: Augmentation) -> dict[str, str]:
    mistakes: list[str] = []
    settings = checking.check({"extra-build-variables": dict(augmentation.variables)}, {}, mistakes)
    if settings is None:
        raise AugbackendError("; ".join(mistakes), hint="mend the variables")
    return {one.name: one.value for one in variables.resolve(settings, os.environ) if one.value is not None}


def _runner(environ: Mapping[str, str]) -> Any:
    def run(command: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        subprocess.run(  # noqa: S603  # the tree's own backend
            command,
            cwd=cwd,
            env={**environ, **(extra_environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            encoding="utf-8",
            errors="replace",
        )

    return run


def _hint(output: str) -> str:
    """The options that declare what is missing, where that is known."""
    found = advice.on(telling_line(output))
    if found is None:
        return "declare what is missing with --require or --variable"
    options = [f"--require {shlex.quote(text)}" for text in found.requires]
    options += [f"--variable {shlex.quote(f'{name}={value}')}" for name, value in found.variables.items()]
    return f"{found.because}: {' '.join(options)}" if options else found.because
