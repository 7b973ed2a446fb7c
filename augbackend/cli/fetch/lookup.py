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


@dataclass(frozen=True)
class Lookup:
    """Where to look, and how.

    :param output: where wrapped sdists are written; these are never taken for upstream's.
    """

    where: Sources
    cache: Cache
    offline: bool
    output: Path
