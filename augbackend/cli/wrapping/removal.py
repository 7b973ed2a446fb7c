"""``wrap --remove``: a project without its wrapped archives, and its file as it was before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject, replace_file, uv_sources
from augbackend.cli.fetch import sdist
from augbackend.errors import AugbackendError
from augbackend.table import layers

from . import uv_entries

if TYPE_CHECKING:
    from pathlib import Path


_NEXT = "uv.lock still leads to them; next: uv lock"


def undo(file: Path, folder: Path) -> list[str]:
    """Take the sources that lead into ``folder`` out of a project, then delete our archives; says what it did.

    :raises AugbackendError: if its file cannot be edited; nothing is changed then.
    """
    layers.read_pyproject(file.parent)  # says what is wrong with it, if anything is
    text, mark = pyproject.read(file)
    archives = {archive: _has_origin(archive) for archive in sorted(folder.glob("*.tar.gz"))}
    theirs = [uv_sources.relative(archive, file.parent) for archive, is_wrapped in archives.items() if not is_wrapped]
    unpointed = uv_sources.restored(text, uv_sources.relative(folder, file.parent), theirs)
    new = uv_entries.moved_back(unpointed)
    done = []
    if new != text:
        replace_file.replace_file(file, f"{mark}{new}".encode())
        done += [f"{file}: the sources that pointed into {folder} are removed"] if unpointed != text else []
        done += [f"{file}: what had moved to tool.augbackend.packages is in tool.uv again"] if new != unpointed else []
        if (file.parent / "uv.lock").is_file():
            done.append(_NEXT)
    for archive in [archive for archive, is_wrapped in archives.items() if is_wrapped]:
        archive.unlink()
        done.append(f"{archive}: deleted")
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    done.sort(key=_NEXT.__eq__)  # what is to be done stands last
    return done or ["nothing to undo"]


def _has_origin(archive: Path) -> bool:
    try:
        return bool(sdist.origin(archive))
    except AugbackendError:
        return False
