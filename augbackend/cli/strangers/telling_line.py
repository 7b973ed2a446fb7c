"""The line of a build's output that says most."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ERROR = re.compile(r"[\w.]+(?:Error|Exception|Exit|NotFound)(?::\s|$)|(?:error|ERROR|Error)(?::\s| in )")
_WARNING = re.compile(r"[\w.]+Warning:\s")
_NOTE = "augbackend: raised in "  # ends a traceback, and says where an error came from, not what it is


def error_line(lines: Sequence[str]) -> tuple[int, str]:
    """The number of the last line that begins with an error's name, and the line; ``-1`` if there is none."""
    found = [(at, line) for at, line in enumerate(map(str.strip, lines)) if _ERROR.match(line)]
    return found[-1] if found else (-1, "")


def telling_line(output: str, otherwise: str = "it says nothing") -> str:
    """The last line that begins with an error's name; else the last with a warning's; else the last of all.

    :param otherwise: what is returned if there is no line.
    """
    stripped = map(str.strip, output.splitlines())
    lines = [line for line in stripped if line and not line.startswith(_NOTE)]
    _, error = error_line(lines)
    warnings = [line for line in lines if _WARNING.match(line)]
    return error or (warnings or lines or [otherwise])[-1]
