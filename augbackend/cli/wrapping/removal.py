"""``wrap --remove``: a project without its wrapped archives, and its file as it was before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject, replace_file, uv_sources
from augbackend.table import layers

from . import constraints_file, uv_entries
from .earlier_folder import is_ours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_NEXT = ["uv.lock still leads to them; next:", "  uv lock"]


def undo(file: Path, folders: Sequence[Path], constraints: Path | None = None) -> list[str]:
    """Take the sources that lead into folders out of a project, then delete our archives; says what it did.

    :param constraints: a file that our lines are taken out of, too.
    :raises AugbackendError: if the project's file cannot be edited; nothing is changed in the project then.
    """
    done = constraints_file.remove(constraints) if constraints is not None else []
    if constraints is not None and not file.is_file():
        return done or ["nothing to undo"]  # there is no project
    layers.read_pyproject(file.parent)  # says what is wrong with it, if anything is
    archives = {folder: {one: is_ours(one) for one in sorted(folder.glob("*.tar.gz"))} for folder in folders}
    text, mark = pyproject.read(file)
    new = text
    for folder, found in archives.items():
        theirs = [uv_sources.relative(one, file.parent) for one, is_wrapped in found.items() if not is_wrapped]
        old, new = new, uv_sources.restored(new, uv_sources.relative(folder, file.parent), theirs)
        done += [f"{file}: the sources that pointed into {folder} are removed"] if new != old else []
    old, new = new, uv_entries.moved_back(new)
    done += [f"{file}: what had moved to tool.augbackend.packages is in tool.uv again"] if new != old else []
    if new != text:
        replace_file.replace_file(file, f"{mark}{new}".encode())
    for folder, found in archives.items():
        done += [_deleted(one) for one, is_wrapped in found.items() if is_wrapped]
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    if new != text and (file.parent / "uv.lock").is_file():
        done += _NEXT  # what is to be done stands last
    return done or ["nothing to undo"]


def _deleted(archive: Path) -> str:
    archive.unlink()
    return f"{archive}: deleted"
