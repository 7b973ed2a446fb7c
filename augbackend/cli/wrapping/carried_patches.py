"""The patches in a wrapped archive: in a folder beside the backend's copy, listed in its origin in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.cli.fetch import sdist
from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.model.source_patch import SourcePatch

FOLDER = "upstream-patches"  # no name that a build could import, since it lies on its path


def placed(patches: Sequence[SourcePatch], folder: str) -> dict[str, SourcePatch]:
    """Each patch by its name in the archive; a second one of the same name has its number before it.

    :param folder: of the in-tree backend.
    :raises AugbackendError: if a file is called what no sdist may hold.
    """
    found: dict[str, SourcePatch] = {}
    taken: set[str] = set()
    for at, one in enumerate(patches, 1):
        name = one.name
        while name.lower() in taken:  # on Windows, too
            name = f"{at}-{name}"
        if not sdist.is_held(name):
            raise CliError(
                "no archive may hold a file of that name",
                id="patch-name-not-allowed",
                where=one.place,
                hint="rename it",
            )
        taken.add(name.lower())
        found[f"{folder}/{FOLDER}/{name}"] = one
    return found


def as_origin(patches: Mapping[str, SourcePatch]) -> dict[str, Any]:
    """What the origin says of them; nothing where there are none."""
    listed = [{"file": name, "sha256": one.sha256} for name, one in patches.items()]
    return {"patches": listed} if listed else {}
