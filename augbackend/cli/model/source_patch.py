"""A patch to a package's own files: ``patches`` of a project's table or a recipe, or ``--patch``.

::

    fix.patch -> SourcePatch, its changes read -> applied when the package is wrapped; the archive has it as it is
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Callable

from . import unified_diff
from .cli_error import CliError

if TYPE_CHECKING:
    from pathlib import Path

    from .unified_diff import FileChange

_LARGEST = 2**21  # bytes: reading takes some seconds for each of these
Reader = Callable[[str], "SourcePatch"]


@dataclass(frozen=True)
class SourcePatch:
    """One file with a unified diff.

    :param name: of the file, without its folder.
    :param place: as a message calls it.
    :param file: where it is, if the user named it; empty if a recipe did.
    :param is_in_crlf: whether its lines end as on Windows, so that those of the files are not known of it.
    """

    name: str
    content: bytes
    changes: tuple[FileChange, ...]
    place: str = field(default="", compare=False)
    is_in_crlf: bool = False
    file: str = field(default="", compare=False)

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files that it changes, makes or removes."""
        return tuple(dict.fromkeys(name for change in self.changes for name in change.names))

    def as_json(self) -> dict[str, object]:
        """The same for a script."""
        return {"patch": self.name, "sha256": self.sha256, "files": list(self.files)}


def read(name: str, content: bytes, place: str) -> SourcePatch:
    """Read a patch.

    :param place: as a message calls it.
    :raises AugbackendError: if it cannot be applied to anything.
    """
    if len(content) > _LARGEST:
        raise CliError(
            f"it has more than {_LARGEST} bytes", id="patch-too-large", where=place, hint="that is no patch of text"
        )
    is_in_crlf = unified_diff.is_in_crlf(content)
    try:
        found = unified_diff.changes(content.replace(b"\r\n", b"\n") if is_in_crlf else content)
    except unified_diff.DiffError as error:
        raise CliError(
            str(error), id="not-a-patch", where=place, hint="run git diff, or diff -u, in the unpacked sdist"
        ) from None
    return SourcePatch(name, content, found, place, is_in_crlf)


def nowhere(path: str) -> SourcePatch:
    """The reader where no folder is known that a path could be relative to.

    :raises AugbackendError: always.
    """
    what, hint = "there is no folder that it could be in", "save the recipe to a file, and the patch beside it"
    raise CliError(what, id="patch-has-no-folder", where=path, hint=hint)


def of_file(file: Path) -> SourcePatch:
    """Read a patch from its file.

    :raises AugbackendError: if there is none.
    """
    if not file.is_file():
        raise CliError(
            "there is no such file", id="patch-missing", where=str(file), hint="name a file with a unified diff"
        )
    with file.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    return replace(read(file.name, content, str(file)), file=str(file))
