"""Errors for a script, and those of the system in the form of ours."""

from __future__ import annotations

from typing import Any

from augbackend.errors import AugbackendError, SettingsError

from . import error_ids
from .cli_error import CliError


def text(error: AugbackendError) -> str:
    """The error for a reader, its id at the end of the first line."""
    first, separator, rest = str(error).partition("\n")
    return f"{first} [{error_ids.of(error)}]{separator}{rest}"


def what(error: AugbackendError) -> str:
    """What happened, with the id, for a line of a report."""
    return f"{error.what} [{error_ids.of(error)}]"


def as_json(error: AugbackendError) -> dict[str, Any]:
    """Its id, what happened, where, what to do; and each mistake, where several are told at once."""
    mistakes = list(error.mistakes) if isinstance(error, SettingsError) else []
    said = {"what": error.what, "where": error.where, "hint": error.hint, "mistakes": mistakes}
    return {"id": error_ids.of(error), **said}


def of_any(error: AugbackendError | OSError) -> AugbackendError:
    """The error itself, or what the system says as one of ours."""
    return error if isinstance(error, AugbackendError) else of_system(error)


def of_system(error: OSError) -> CliError:
    """What the system says, as an error of ours."""
    return CliError(error.strerror or str(error), id=error_ids.of(error), where=str(error.filename or ""))
