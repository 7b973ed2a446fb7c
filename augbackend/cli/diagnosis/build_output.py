"""What builds print, handed on as it comes: to stderr (``--verbose``), and to a file that keeps it (``--log``)."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from augbackend.cli.terminal import visible
from augbackend.errors import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADING = "===="


class BuildOutput:
    """Where output goes. A place that does not take it, such as a full disk, keeps no build from going on.

    :param is_shown: whether stderr is one of the places.
    :param log: an open file that is one, too.
    """

    def __init__(self, log: TextIO | None = None, *, is_shown: bool = False) -> None:
        self.is_shown = is_shown
        self._log = _Place(log) if log else None
        self._shown = _Place(sys.stderr) if is_shown and sys.stderr else None

    def heading(self, text: str) -> None:
        """What the log says of what follows; stderr is told by whoever tells of the diagnosis."""
        self.end_line()
        if self._log:
            self._log.write(f"{_HEADING} {visible(text)}\n")

    def hear(self, text: str) -> None:
        """Some of the output: lines, or a part of one."""
        shown = visible(text)
        for place in filter(None, (self._log, self._shown)):
            place.write(shown)

    def end_line(self) -> None:
        """Begin a new line, where a build did not end its last one."""
        for place in filter(None, (self._log, self._shown)):
            if not place.is_at_start:
                place.write("\n")

    @property
    def problem(self) -> str:
        """Why the log is not whole; empty if it is."""
        return self._log.problem if self._log else ""


class _Place:
    def __init__(self, stream: TextIO) -> None:
        self._stream, self.is_at_start, self.problem = stream, True, ""

    def write(self, text: str) -> None:
        if self.problem:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError) as error:
            self.problem = str(error)
        self.is_at_start = text.endswith("\n")


@contextmanager
def kept(log: Path | None, *, is_shown: bool = False) -> Iterator[BuildOutput]:
    """Where output goes while the context lasts. What is in the file is in it at once, however this program ends.

    :param log: a file to write, anew.
    :raises OSError: if it cannot be written.
    """
    if log is None:
        yield BuildOutput(is_shown=is_shown)
        return
    stream = log.open("w", encoding="utf-8", errors="backslashreplace")
    output = BuildOutput(stream, is_shown=is_shown)
    try:
        yield output
    finally:
        with suppress(OSError):  # it writes what could not be written once more
            stream.close()
    if output.problem:
        say("warning", f"{log} does not hold everything: {output.problem}")
