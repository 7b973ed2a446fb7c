"""A copy of a source tree to work on: a build writes into the tree that it runs in."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# `.git` is copied, too: a build may read its version from there. `wrapped.d` is what wrapping has written before.
_LEFT_OUT = shutil.ignore_patterns(".tox", ".nox", ".venv", "__pycache__", "node_modules", "wrapped.d")


def copied(tree: Path, to: Path) -> Path:
    """Copy a tree of the user's into a new folder, without what tools keep there.

    :raises AugbackendError: if something in it cannot be copied.
    """
    return _copy(tree, to, lambda folder, names: {*_LEFT_OUT(folder, names), *_special(folder, names)})


def whole(tree: Path, to: Path) -> Path:
    """Copy all of a tree into a new folder.

    :raises AugbackendError: if something in it cannot be copied.
    """
    return _copy(tree, to, _special)


def of_files(tree: Path, names: Iterable[str], to: Path) -> None:
    """Copy some files and links of a tree into a folder; a name that leads out of the tree is passed over.

    :param names: relative to the tree.
    :raises AugbackendError: if one cannot be copied.
    """
    to.mkdir(parents=True, exist_ok=True)
    made = {to}
    for name in names:
        if {"", ".", "..", ".git"} & {*name.split("/")}:
            continue
        source, target = tree / name, to / name
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            shutil.copy2(source, target, follow_symlinks=False)
        except OSError as error:
            what = f"it cannot be copied: {error.strerror or error}"
            raise CliError(what, id="cannot-copy", where=str(source), hint="move it elsewhere") from None


def _copy(tree: Path, to: Path, left_out: Callable[[str, list[str]], set[str]]) -> Path:
    """Links stay links; its owner may write to a folder that was read-only, as a build does."""
    hint = "move it elsewhere"
    try:
        copy = Path(shutil.copytree(tree, to, symlinks=True, ignore=left_out))
        for folder, _, _ in os.walk(copy):
            mode = stat.S_IMODE(Path(folder).stat().st_mode)
            if mode & stat.S_IRWXU != stat.S_IRWXU:
                Path(folder).chmod(mode | stat.S_IRWXU)
        return copy
    except shutil.Error as error:
        where, _, why = error.args[0][0]
        raise CliError(f"it cannot be copied: {why}", id="cannot-copy", where=str(where), hint=hint) from None
    except OSError as error:
        raise CliError(f"it cannot be copied: {error.strerror}", id="cannot-copy", where=str(tree), hint=hint) from None
    except RecursionError:
        raise CliError(
            "it cannot be copied: its folders are too deep", id="folders-too-deep", where=str(tree), hint=hint
        ) from None


def _special(folder: str, names: list[str]) -> set[str]:
    """What is neither file, folder nor link: no archive holds a socket or a pipe, git leaves one in ``.git``."""
    known = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    modes = {name: Path(folder, name).lstat().st_mode for name in names}
    return {name for name, mode in modes.items() if not any(is_known(mode) for is_known in known)}
