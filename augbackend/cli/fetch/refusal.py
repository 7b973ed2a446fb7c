"""The error about an archive that is not a sound sdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path, what: str) -> AugbackendError:
    """The error that refuses an archive."""
    return AugbackendError(f"not a sound sdist: {what}", where=str(path), hint="nothing of it was unpacked or kept")
