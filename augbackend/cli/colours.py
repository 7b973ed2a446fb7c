"""Colours in what a command prints: of our own words only, by how a line begins; what strangers say is text.

They are there on a terminal. ``NO_COLOR`` takes them away, ``FORCE_COLOR`` brings them into a pipe.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

_BOLD, _RED, _GREEN, _YELLOW, _CYAN, _DIM = "1", "1;31", "32", "33", "36", "2"
_LINES = (  # how a line begins -> the colour of that
    (r"augbackend: error:", _RED),
    (r"augbackend: warning:", _YELLOW),
    (r"augbackend: note:", _CYAN),
    (r"  hint:(?= )", _CYAN),
    (r"  where:(?= )", _DIM),
    (r"  \+ .*?(?=  \(|$)", _GREEN),
    (r"  - .*?(?=  \(|$)", _DIM),
    (r"(?:next|stale|done|not wrapped|try it|environment variables|build requirements for [^:]*):", _BOLD),
)
_PATTERN = re.compile("|".join(f"(^{pattern})" for pattern, _ in _LINES), re.MULTILINE)


def are_wanted(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether what is written to a stream has colours."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    draws_escapes = os.name != "nt" or "WT_SESSION" in environ
    return draws_escapes and environ.get("TERM") != "dumb" and is_terminal(stream)


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody sees what is written there at once."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # it is closed
        return False


def coloured(text: str) -> str:
    """Whole lines, with colours."""
    return _PATTERN.sub(lambda found: f"\x1b[{_LINES[(found.lastindex or 1) - 1][1]}m{found.group()}\x1b[0m", text)
