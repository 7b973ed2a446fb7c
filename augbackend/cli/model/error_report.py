"""An error of ours for a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.errors import SettingsError

if TYPE_CHECKING:
    from augbackend.errors import AugbackendError


def as_json(error: AugbackendError) -> dict[str, Any]:
    """What happened, where, what to do; and each mistake, where several are told at once."""
    mistakes = list(error.mistakes) if isinstance(error, SettingsError) else []
    return {"what": error.what, "where": error.where, "hint": error.hint, "mistakes": mistakes}
