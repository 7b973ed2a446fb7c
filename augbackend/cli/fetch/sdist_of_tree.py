"""An sdist of a source tree, made by the tree's own backend: confined, with the declaration in its environment."""

from __future__ import annotations

import gzip
import os
import shlex
import shutil
import tarfile
import tempfile
import time
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

from augbackend.cli import progress
from augbackend.cli.model import build_constraints
from augbackend.cli.strangers import (
    confinement,
    environment,
    hook_call,
    interpreter,
    process,
    temporary_folder,
    tree_copy,
)
from augbackend.cli.strangers.hook_call import HookError, Hooks
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.errors import AugbackendError
from augbackend.features import extra_build_variables
from augbackend.hook.wrapped_backend import resolved
from augbackend.knowledge import advice
from augbackend.table import Build

from . import build_environment, decompression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.model.package_sources import Sources

LIMIT = 1800.0  # seconds for all of it, installing included


@contextmanager
def sdist_of(tree: Path, declaration: Declaration, where: Sources) -> Iterator[Path]:
    """Make an sdist of ``tree``, which is left as it is.

    :param where: the indexes to install from.
    :raises AugbackendError: if the tree's backend makes none.
    """
    hook_call.build_system(tree)  # says what is wrong with it before anything is copied
    with temporary_folder.temporary() as place:
        folder = place / "confined"
        folder.mkdir()
        copy = tree_copy.copied(tree, folder / "tree")
        yield build(copy, folder, declaration, where, str(tree))


def build(tree: Path, folder: Path, declaration: Declaration, where: Sources, named: str) -> Path:
    """Call ``build_sdist`` on a tree that may be written into (PEP 517).

    :param folder: what the tree is in, and all that its code may write to. The sdist is put beside it.
    :param named: what a message calls the tree.
    :raises AugbackendError: with the line that says most of what went wrong.
    """
    deadline = time.monotonic() + LIMIT
    system = hook_call.build_system(tree)
    home = folder / "home"
    home.mkdir()
    clean = process.clean_environ(os.environ, home)
    values = _values(declaration, os.environ if declaration.is_by_user else clean)
    requires = declaration.kept(system.requires)
    requires += [text for text in declaration.for_sdist() if text not in requires]
    requires += build_constraints.applied_to(requires, declaration.build_constraints)
    settings = declaration.as_table().get("config-settings", {})
    with tempfile.TemporaryDirectory(prefix="augbackend-") as scratch:
        installer = environment.installer(interpreter.this(), where, Path(scratch))

        def left() -> float:
            return deadline - time.monotonic()

        def hooks_with(requirements: Sequence[str]) -> Hooks:
            with progress.shown(f"installing the build requirements of {named}"):
                isolated = build_environment.filled(installer, folder, requirements, left())
            environ = {**clean, **isolated.make_extra_environ(), **values}
            return Hooks(tree, system, folder, isolated.python_executable, environ)

        def ask(hooks: Hooks) -> list[str]:
            with progress.shown(f"asking {named} what an sdist of it requires"):
                wanted = declaration.kept(hooks.requires("sdist", left(), settings))
                return [*wanted, *build_constraints.applied_to(wanted, declaration.build_constraints)]

        try:
            hooks = hook_call.in_full(requires, hooks_with, ask)
            with progress.shown(f"making an sdist of {named}"):
                made = hooks.build("sdist", Path(tempfile.mkdtemp(dir=folder.parent)), left(), settings)
        except HookError as error:
            raise _no_sdist(error, system.backend, named, folder) from None
        except TimeoutError:
            raise _too_slow(named) from None
    return _normalised(made, Path(tempfile.mkdtemp(dir=folder.parent)))


def _no_sdist(error: HookError, backend: str, named: str, folder: Path) -> AugbackendError:
    line = telling_line(error.output)
    if error.is_over_time:
        return _too_slow(named)
    if error.is_missing:
        return AugbackendError(f"its backend {backend!r} cannot be imported", where=named, hint=line)
    return AugbackendError(f"{backend} makes no sdist of it: {line}", where=named, hint=_hint(error.output, folder))


def _too_slow(named: str) -> AugbackendError:
    what = f"there is no sdist of it after {LIMIT:.0f} seconds"
    return AugbackendError(what, where=named, hint="make the sdist yourself, and name it instead")


def _normalised(path: Path, folder: Path) -> Path:
    """The sdist with its members sorted, without owners and times: the same tree gives the same bytes.

    :param folder: a new one, for the result.
    """
    if not path.name.endswith(".tar.gz"):
        return path
    target = folder / path.name
    try:
        with tempfile.TemporaryFile(dir=folder) as plain, tempfile.TemporaryFile(dir=folder) as ordered:
            decompression.write_tar(path, plain)
            plain.seek(0)
            _order(plain, ordered)
            ordered.seek(0)
            with target.open("wb") as stream, gzip.GzipFile("", "wb", fileobj=stream, mtime=0) as packed:
                shutil.copyfileobj(ordered, packed)
    except (AugbackendError, OSError, *decompression.BROKEN):
        return path  # whoever opens it says what is wrong with it
    return target


def _order(plain: IO[bytes], ordered: IO[bytes]) -> None:
    """Write a tar with its members in order.

    :raises ValueError: if they are too many, or more than the tar holds of them.
    """
    with (
        tarfile.open(fileobj=plain, mode="r:") as old,
        tarfile.open(fileobj=ordered, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        members = [*islice(old, decompression.MOST_MEMBERS + 1)]
        if len(members) > decompression.MOST_MEMBERS or any(member.issparse() for member in members):
            raise ValueError
        for member in sorted(members, key=lambda member: member.name):
            content = old.extractfile(member) if member.isreg() else None
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime, member.pax_headers = decompression.FIRST_OF_ZIP, {}
            new.addfile(member, content)


def _values(declaration: Declaration, environ: Mapping[str, str]) -> dict[str, str]:
    feature = extra_build_variables.FEATURE
    build = Build(Path(), {"extra-build-variables": declaration.variables}, {}, (feature,))
    return {one.name: one.value for one in resolved(build, environ) if one.value is not None}


def _hint(output: str, folder: Path) -> str:
    """What to do about a failure: the options that declare what is missing, where that is known."""
    refused = confinement.refused(output, folder)
    if refused:
        return f"its code may use its own folder only, and not {refused[0]}; make the sdist yourself"
    found = advice.on(telling_line(output))
    if found is None:
        return "declare what is missing with --require or --variable: your own variables are not handed on"
    options = [f"--require {shlex.quote(text)}" for text in found.requires]
    options += [f"--variable {shlex.quote(f'{name}={value}')}" for name, value in found.variables.items()]
    return f"{found.because}: {' '.join(options)}" if options else found.because
