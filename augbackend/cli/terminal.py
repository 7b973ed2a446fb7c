"""What reaches the user's terminal: what strangers print, name or declare, with its control characters made visible.

They would hide text, rewrite what stands above, or turn a word into a link. All output passes through here, that of the
libraries included; our own colours are sent past it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import unicodedata
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from . import colours

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from rich.console import Console

FORMAT = 1  # of all JSON that is printed; keys may be added to it
_HIDING = frozenset({"Cc", "Cf", "Zl", "Zp"})  # control, format (as what lets text run backwards), separators
_LEFT_AS_IS = frozenset("\n\t\u200c\u200d")  # words of some languages are not spelled without the last two


def visible(text: str) -> str:
    r"""The text with escapes as in Python instead of control characters: ``\x1b``, ``\u202e``."""
    if text.isprintable():
        return text
    return "\r\n".join("\n".join(map(_visible_line, piece.split("\n"))) for piece in text.split("\r\n"))


def _visible_line(line: str) -> str:
    return line if line.isprintable() else "".join(map(_visible_character, line))


def _visible_character(character: str) -> str:
    if character in _LEFT_AS_IS or unicodedata.category(character) not in _HIDING:
        return character
    return character.encode("unicode_escape").decode("ascii").replace("\\r", "\\x0d")


def wrapped(text: str, first: str = "", then: str = "", *, width: int = 79) -> list[str]:
    """Prose in lines that fit a terminal; no word is broken, so that a path, a URL or an option can be copied.

    :param first: stands before the first line, ``then`` before the others.
    """
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def as_json(document: Mapping[str, Any]) -> str:
    """JSON that is readable and all of it ASCII without control characters, with the number of its format."""
    return json.dumps({"format": FORMAT, **document}, indent=2).replace("\x7f", "\\u007f")


def console(*, highlight: bool = True) -> Console:
    """Stderr for what is drawn on a terminal. Strangers' words are made visible before they are given to it.

    Nothing is drawn in a pipe, whatever ``FORCE_COLOR`` says: it is about colours, and a spinner moves the cursor.
    """
    from rich.console import Console

    stream = sys.stderr.stream if isinstance(sys.stderr, _Visible) else sys.stderr
    is_terminal = stream is not None and stream.isatty()  # there is none after `2>&-`
    return Console(file=stream, highlight=highlight, force_terminal=is_terminal)


def _in_whole_words(text: str, stream: TextIO) -> str:
    """What is told in whole sentences, in lines that end between words on a terminal; commands and paths are left."""
    told = re.compile(r"augbackend: (?:error|warning|note): ")
    if not colours.is_terminal(stream) or not told.match(text):
        return text
    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return text
    if not width:  # nobody has told this terminal its size, as under script(1)
        return text
    lines = text.split("\n")
    return "\n".join(
        "\n".join(wrapped(line, "", "  ", width=width) if told.match(line) and len(line) > width else [line])
        for line in lines
    )


class _Visible:
    """A text stream, to which only visible text is written."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._is_coloured = colours.are_wanted(stream)
        self._is_at_start = True  # of a line

    def write(self, text: str) -> int:
        shown = visible(text)
        if self._is_at_start:
            shown = _in_whole_words(shown, self.stream)
            self.stream.write(colours.coloured(shown) if self._is_coloured else shown)
        else:
            self.stream.write(shown)
        self._is_at_start = shown.endswith("\n") if shown else self._is_at_start
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # what is written there would not pass through here
            raise AttributeError(name)
        return getattr(self.stream, name)


@contextmanager
def visible_output() -> Iterator[None]:
    """Let stdout and stderr show control characters, and characters that the terminal does not know, as escapes."""
    own = []
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a console may know fewer characters than TOML
        if stream is not None and not isinstance(stream, _Visible):
            own.append((name, stream, _Visible(stream)))
            setattr(sys, name, own[-1][2])
    try:
        yield
    finally:
        for name, stream, ours in own:
            if getattr(sys, name) is ours:  # a library may have put its own around it
                setattr(sys, name, stream)
