"""Our lines in a constraints file of the user's: a block at its end, with every other byte left alone.

::

    # augbackend wrap --constraints: …
    name @ file:///…/name-1.0.tar.gz#sha256=…
    # augbackend wrap --constraints: end
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = "# augbackend wrap --constraints:"
_BEGIN = f"{_MARK} archives on this machine, by their paths; do not commit. What is changed here gets lost."
_END = f"{_MARK} end"
_BLOCK = re.compile(rf"^{re.escape(_MARK)}(?! end).*\n((?:.*\n)*?){re.escape(_END)}\r?(?:\n|\Z)", re.MULTILINE)


def lines(text: str, where: str) -> list[str]:
    """The lines of ours that a file has.

    :param where: what a message calls it.
    :raises AugbackendError: if they do not end.
    """
    found = _BLOCK.search(text)
    if found is None and _MARK in text:
        hint = f"delete the lines of augbackend there, from {_MARK!r} on, and run this again"
        raise CliError(
            "the lines of augbackend in it have no end, or no beginning", id="lines-without-end", where=where, hint=hint
        )
    return found[1].splitlines() if found else []


def with_lines(text: str, ours: Sequence[str]) -> str:
    """The text with these lines as ours, in the place of those that it has; without any, if there are none."""
    found = _BLOCK.search(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    block = newline.join([_BEGIN, *ours, _END])
    if not ours:
        return without_lines(text)
    if found:
        has_newline = found[0].endswith("\n")
        return text[: found.start()] + block + (newline if has_newline else "") + text[found.end() :]
    # A file without a newline at its end keeps none, so that it can be as it was again.
    return f"{text}{newline}{block}" if text and not text.endswith("\n") else f"{text}{block}{newline}"


def without_lines(text: str) -> str:
    """The text as it was before."""
    found = _BLOCK.search(text)
    if found is None:
        return text
    before = text[: found.start()]
    if not found[0].endswith("\n"):
        before = re.sub(r"\r?\n\Z", "", before)
    return before + text[found.end() :]
