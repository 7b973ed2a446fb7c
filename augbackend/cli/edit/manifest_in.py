"""The copy's line in ``MANIFEST.in``: ``setup.py sdist`` calls no hook, and packs what that file names.

The line names kinds of files: ``graft`` would take the compiled ones as well that a build leaves.
"""

from __future__ import annotations

import re

_CREATED = "# Created by augbackend adopt; `augbackend adopt --remove` deletes it again."


def with_copy(text: str | None, folder: str) -> str:
    """The text with the line, last, since what comes later counts; the same text if it is there.

    :param text: ``None`` if there is no file.
    """
    line = _naming(folder)
    if text is None:
        return f"{_CREATED}\n{line}\n"
    if line in text.splitlines():
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    is_ended = not text or text.endswith("\n")
    return f"{text}{line}{newline}" if is_ended else f"{text}{newline}{line}"


def without_copy(text: str, folder: str) -> str | None:
    """The text without the line; ``None`` if :func:`with_copy` had created the file."""
    line = re.escape(_naming(folder))
    new = re.sub(rf"(?m)^{line}\r?\n|\r?\n{line}\Z", "", text, count=1)
    return None if new.strip() == _CREATED else new


def _naming(folder: str) -> str:
    return f"recursive-include {folder} *.py *.json *.license *.toml LICENSE"
