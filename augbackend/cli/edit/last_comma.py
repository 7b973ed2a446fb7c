"""A list of strings in a TOML text, with a comma behind its last item where comments in lines of their own follow.

tomlkit puts one more item behind such comments, but the comma nowhere.
"""

from __future__ import annotations

import re
from typing import Any

import tomlkit
from tomlkit.items import Array

_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#[^\n]*', re.DOTALL)
_COMMENT_BELOW = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n\s*#")


def with_last_comma(listed: Any) -> Any:
    """The list that can be added to; the same one if it can already, or is plain data."""
    if not isinstance(listed, Array):
        return listed
    text = listed.as_string()
    end = max((piece.end() for piece in _PIECE.finditer(text) if piece[0][0] != "#"), default=0)
    if not end or not _COMMENT_BELOW.match(text, end):
        return listed
    return tomlkit.value(f"{text[:end]},{text[end:]}")
