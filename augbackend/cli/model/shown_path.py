"""Paths as a command takes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def shown_path(path: Path) -> str:
    """A path as a command takes it: without a separator in it, pip would take it for a project's name."""
    return str(path) if path.is_absolute() or str(path).startswith(".") else f".{os.sep}{path}"
