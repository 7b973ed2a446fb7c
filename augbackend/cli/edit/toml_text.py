"""Pieces of TOML text, for edits of single lines: values and keys as they are written, lines cut out, the line end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomlkit

if TYPE_CHECKING:
    from collections.abc import Sequence


def inline(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key((name,))} = {inline(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    return str(tomlkit.item(value).as_string())


def key(path: Sequence[str]) -> str:
    """A dotted key."""
    return ".".join(tomlkit.key(name).as_string() for name in path)


def listed(name: str, values: Sequence[Any], width: int = 72) -> list[str]:
    """A key with a list: in one line or, where that is longer than ``width``, an item a line."""
    head, texts = key((name,)), [inline(value) for value in values]
    line = f"{head} = [{', '.join(texts)}]"
    return [line] if len(line) <= width else [f"{head} = [", *(f"    {text}," for text in texts), "]"]


def cut(text: str, start: int, end: int) -> str:
    """The text without what stands there; a file without a newline at its end still has none."""
    if end == len(text) and not text.endswith("\n"):
        return re.sub(r"\r?\n\Z", "", text[:start])
    return text[:start] + text[end:]


def newline(text: str) -> str:
    """The line end of a text."""
    return "\r\n" if "\r\n" in text else "\n"
