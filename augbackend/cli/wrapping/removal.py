"""``wrap --remove``: a project without its wrapped archives, and without the sources that lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import replace_file, uv_sources
from augbackend.table import layers

from . import constraints_file
from .earlier_folder import is_ours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


_NEXT = ["uv.lock still leads to them; next:", "  uv lock"]


def undo(file: Path, folders: Sequence[Path], constraints: Path | None = None) -> list[str]:
    """Take the sources that lead into folders out of a project, then delete our archives; says what it did.

    :param constraints: a file that our lines are taken out of, too.
    """
    done = constraints_file.remove(constraints) if constraints is not None else []
    if constraints is not None and not file.is_file():
        return done or ["nothing to undo"]  # there is no project
    layers.read_pyproject(file.parent)  # says what is wrong with it, if anything is
    changed, deleted = zip(*[_undone(file, folder) for folder in folders])
    done += [line for lines in (*changed, *deleted) for line in lines]
    if any(changed) and (file.parent / "uv.lock").is_file():
        done += _NEXT  # what is to be done stands last
    return done or ["nothing to undo"]


def _undone(file: Path, folder: Path) -> tuple[list[str], list[str]]:
    """What was changed in the file, and what was deleted."""
    text = file.read_bytes().decode("utf-8")
    archives = {archive: is_ours(archive) for archive in sorted(folder.glob("*.tar.gz"))}
    theirs = [uv_sources.relative(archive, file.parent) for archive, is_wrapped in archives.items() if not is_wrapped]
    new = uv_sources.restored(text, uv_sources.relative(folder, file.parent), theirs)
    if new != text:
        replace_file.replace_file(file, new.encode())
    ours = [archive for archive, is_wrapped in archives.items() if is_wrapped]
    for archive in ours:
        archive.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    changed = [f"{file}: the sources that pointed into {folder} are removed"] if new != text else []
    return changed, [f"{archive}: deleted" for archive in ours]
