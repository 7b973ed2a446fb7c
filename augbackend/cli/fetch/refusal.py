"""The error about an archive that is not a sound sdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = 1000  # characters of what strangers wrote


def refusal(path: Path, what: str, *, id: str) -> CliError:
    """The error that refuses an archive."""
    if len(what) > _LONGEST:
        what = f"{what[:_LONGEST]}…"
    hint = "nothing of it was unpacked; name another file, or the repository (git+https://…)"
    return CliError(f"not a sound sdist: {what}", id=id, where=str(path), hint=hint)
