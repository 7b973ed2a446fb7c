"""``backend-path``: where the wrapped backend lies, if it is in the tree (PEP 517, "In-tree build backends")."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from . import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.table import Build


def _outside(build: Build) -> Iterator[str]:
    root = build.tree.resolve()
    for at, folder in enumerate(build.values["backend-path"]):
        place = f"tool.augbackend.backend-path[{at}]: found {folder!r}"
        found = build.folder(folder)
        if found is None:
            yield f"{place}: there is no such folder in {root}"
        elif Path(folder).is_absolute() or (found != root and root not in found.parents):
            yield f"{place}: expected a folder inside the source tree, this one leads to {found}"


FEATURE = Feature(
    tuple[str, ...], "Folders of the tree that hold the wrapped backend, if it is in-tree.", (), mistakes=_outside
)
