"""How much is told beside results, warnings and errors: nothing (``--quiet``), notes, or what goes on (``--verbose``).

It is the same for one run of one command, so it is said once, by the command, and not handed through every layer.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from augbackend.errors import say, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

_CREDENTIALS = r"://[^/@\s']+@"
_QUIET, _USUAL, _VERBOSE = -1, 0, 1
_now = [_USUAL]  # the innermost command's last


@contextmanager
def of(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Tell that much while the context lasts."""
    _now.append(_QUIET if quiet else _VERBOSE if verbose else _USUAL)
    try:
        yield
    finally:
        _now.pop()


def is_quiet() -> bool:
    """Whether there are to be no notes and no progress."""
    return _now[-1] == _QUIET


def note(message: str) -> None:
    """What is worth knowing, in one line on stderr, unless the user wants none."""
    if not is_quiet():
        say("note", message)


def progress(text: str) -> None:
    """How far it is, in lines on stderr, unless the user wants none."""
    if not is_quiet():
        tell(text)


def detail(message: str) -> None:
    """What is fetched or started just now, for a user who wants to know."""
    if _now[-1] == _VERBOSE:
        tell(f"augbackend: {re.sub(_CREDENTIALS, '://', message)}")
