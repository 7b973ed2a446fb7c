"""An sdist of a source tree: the tree's files, and what its own backend adds to them.

The backend is called in a copy, confined, with the declaration in its environment. What the files are is read before.
"""

from __future__ import annotations

import os
import shlex
import tarfile
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli import loudness, progress
from augbackend.cli.model import build_constraints
from augbackend.cli.model.cli_error import CliError
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
from augbackend.features import extra_build_variables
from augbackend.hook.wrapped_backend import resolved
from augbackend.knowledge import advice
from augbackend.table import Build

from . import build_environment, packed_tree, reaching_out, tree_snapshot, work_tree
from .packed_tree import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.model.package_sources import Sources

LIMIT = 1800.0  # seconds for all of it, installing included


@dataclass(frozen=True)
class Workplace:
    """A tree that may be written into.

    :param folder: what it is in, and all that its code may write to. The sdist is put beside that.
    :param named: what a message calls the tree.
    """

    tree: Path
    folder: Path
    named: str


@contextmanager
def sdist_of(tree: Path, declaration: Declaration, where: Sources) -> Iterator[Path]:
    """Make an sdist of ``tree``, which is left as it is.

    :param where: the indexes to install from.
    :raises AugbackendError: if the tree's backend makes none.
    """
    hook_call.build_system(tree)  # says what is wrong with it before anything is copied
    files = work_tree.files(tree)
    packed_tree.tell_of(files.untracked, "of it are not in git yet, and are packed as well")
    with temporary_folder.temporary() as place:
        folder = place / "confined"
        folder.mkdir()
        top = work_tree.git_top(tree)
        below = tree.resolve().relative_to(top).as_posix() if top is not None else "."
        if top is not None and below != "." and _reaches_out(tree, files.names, str(tree)):
            names = {*work_tree.tracked(top), *(f"{below}/{name}" for name in files.names)}
            snapshot = Snapshot(place / "snapshot", below)
            tree_snapshot.write(top, sorted(names), snapshot.tar)
            copy = _with_what_is_above(tree, top, snapshot, folder / "tree")
        else:
            snapshot = Snapshot(place / "snapshot")
            tree_snapshot.write(tree, files.names, snapshot.tar)
            copy = tree_copy.copied(tree, folder / "tree")
        yield _built(Workplace(copy, folder, str(tree)), snapshot, declaration, where)


def sdist_of_checkout(checkout: Workplace, below: str, declaration: Declaration, where: Sources) -> Path:
    """Make an sdist of a package in a checkout.

    :param below: the package's folder in it; empty if it is the checkout itself.
    :raises AugbackendError: if its backend makes none.
    """
    place = replace(checkout, tree=checkout.tree / below)
    hook_call.build_system(place.tree)
    files = work_tree.files(place.tree)
    tar, root, names = checkout.folder.parent / "snapshot", place.tree, files.names
    is_whole = bool(below) and _reaches_out(place.tree, files.names, checkout.named)
    if is_whole:
        root, names = checkout.tree, work_tree.tracked(checkout.tree)
    tree_snapshot.write(root, names, tar)
    return _built(place, Snapshot(tar, below if is_whole else ""), declaration, where)


def _reaches_out(tree: Path, names: Sequence[str], named: str) -> bool:
    found = reaching_out.evidence(tree, names)
    if found:
        loudness.note(f"{named}: all of the repository is packed, since {found}")
    return bool(found)


def _with_what_is_above(tree: Path, top: Path, snapshot: Snapshot, to: Path) -> Path:
    """A copy of a subdirectory, with what git has above it around it; returns where the subdirectory is there."""
    copy = tree_copy.copied(tree, to / snapshot.below)
    if (top / ".git").is_dir():
        tree_copy.whole(top / ".git", to / ".git")
    with tarfile.open(snapshot.tar) as tar:
        above = [one for one in tar if not one.name.startswith(f"{snapshot.below}/")]
        if hasattr(tarfile, "fully_trusted_filter"):
            tar.extractall(to, above, filter="fully_trusted")  # noqa: S202  # we wrote it
        else:
            tar.extractall(to, above)  # noqa: S202  # we wrote it
    return copy


def _built(place: Workplace, snapshot: Snapshot, declaration: Declaration, where: Sources) -> Path:
    """Call ``build_sdist`` (PEP 517), and pack the tree's files with what it makes.

    :raises AugbackendError: with the line that says most of what went wrong.
    """
    tree, folder, named = place.tree, place.folder, place.named
    deadline = time.monotonic() + LIMIT
    system = hook_call.build_system(tree)
    home = folder / "home"
    home.mkdir()
    clean = process.clean_environ(os.environ, home)
    values = resolved_variables(declaration, os.environ if declaration.is_by_user else clean)
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
    return packed_tree.packed(made, snapshot, Path(tempfile.mkdtemp(dir=folder.parent)))


def _no_sdist(error: HookError, backend: str, named: str, folder: Path) -> CliError:
    line = telling_line(error.output)
    if error.is_over_time:
        return _too_slow(named)
    if error.is_missing:
        return CliError(
            f"its backend {backend!r} cannot be imported", id="backend-not-importable", where=named, hint=line
        )
    return CliError(
        f"{backend} makes no sdist of it: {line}",
        id="backend-makes-no-sdist",
        where=named,
        hint=_hint(error.output, folder),
    )


def _too_slow(named: str) -> CliError:
    what = f"there is no sdist of it after {LIMIT:.0f} seconds"
    return CliError(what, id="sdist-takes-too-long", where=named, hint="make the sdist yourself, and name it instead")


def resolved_variables(declaration: Declaration, environ: Mapping[str, str]) -> dict[str, str]:
    """What a declaration sets in an environment, as a build resolves it.

    :raises SettingsError: if a template names what is not set there.
    """
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
