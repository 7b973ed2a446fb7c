"""Where to look for packages, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.model.package_sources import Sources

    from .cache import Cache

# A name with a dot is no package to any backend that looks for packages.
OUTPUT = "wrapped.d"
EARLIER = "wrapped"  # what it was called before


@dataclass(frozen=True)
class Lookup:
    """Where to look, and how.

    :param output: where wrapped sdists are written; these are never taken for upstream's.
    """

    where: Sources
    cache: Cache
    offline: bool
    output: Path


def where_now(path: Path, output: Path) -> Path:
    """Where an archive is that a lock still names in the folder of before."""
    now = output / path.name
    was_moved = path.parent == output.parent / EARLIER and output.name == OUTPUT and not path.exists() and now.is_file()
    return now if was_moved else path
