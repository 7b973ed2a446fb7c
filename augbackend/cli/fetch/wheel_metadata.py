"""What a wheel says that it requires."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from augbackend.standards.core_metadata import parse

if TYPE_CHECKING:
    from pathlib import Path


def requires_dist(wheel: Path) -> list[str]:
    """Its ``Requires-Dist``."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = next((name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)), "")
        return list(parse(archive.read(metadata) if metadata else b"").values("requires-dist"))
