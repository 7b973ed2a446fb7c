"""Tracebacks without the code that they quote: a line of code that mentions a name says nothing of what is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Exceptions that do not say what they are about. Only the code does.
_SAYS_NOTHING = re.compile(
    r"\w+Error: .*\bNoneType\b|[\w.]+InvalidVersion: Invalid version: \W?None|IndexError: .*out of range"
    r"|AssertionError:?$"
)


def without_code(text: str) -> str:
    """A text without its tracebacks' frames, except where an exception says nothing by itself."""
    return "\n".join(_kept(text.splitlines()))


def _kept(lines: list[str]) -> Iterator[str]:
    frames: list[str] = []
    depth = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if _is_frame(line):
            depth = indent
            frames.append(line)
        elif frames and (indent > depth or line.lstrip().startswith("[Previous line repeated")):
            frames.append(line)
        else:
            if frames and _SAYS_NOTHING.match(line.strip()):
                yield from (_without_comment(frame) for frame in frames)
            frames = []
            yield line


def _without_comment(line: str) -> str:
    return line.partition(" #")[0] if not _is_frame(line) else line


def _is_frame(line: str) -> bool:
    return line.lstrip().startswith('File "') and ", in " in line
