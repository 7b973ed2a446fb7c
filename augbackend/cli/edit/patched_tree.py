"""Patches applied to a folder that is ours, such as a copy to build in: all of them, or nothing is written."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Optional

from augbackend.cli.model.cli_error import CliError

from . import patched_files
from .patched_files import FileBefore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from augbackend.cli.model.source_patch import SourcePatch


def patch(tree: Path, patches: Sequence[SourcePatch]) -> None:
    """Apply patches to the files of a folder.

    :raises AugbackendError: if one does not apply, or what it names lies behind a link.
    """

    def place(name: str) -> Path:
        parts = PurePosixPath(name).parts
        for depth in range(1, len(parts) + 1):
            if tree.joinpath(*parts[:depth]).is_symlink():
                raise CliError(
                    f"{name} lies behind a link, which no patch changes",
                    id="patch-through-link",
                    where=str(tree),
                    hint="name in the patch the file that the link leads to",
                )
        return tree / name

    def read(name: str) -> Optional[FileBefore]:
        file = place(name)
        return FileBefore(file.read_bytes(), os.access(file, os.X_OK)) if file.is_file() else None

    found = patched_files.applied(patches, read)
    for name in found.written:
        if place(name).is_dir():
            raise CliError(
                f"{name} is a folder", id="patch-names-folder", where=str(tree), hint="take it out of the patch"
            )
    for name in found.removed:
        place(name).unlink()
    for name, one in found.written.items():
        file = place(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(one.content)
        mode = file.stat().st_mode & 0o777
        file.chmod(mode | 0o111 if one.is_program else mode & ~0o111)
