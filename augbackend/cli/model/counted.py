"""A number of things, in words."""

from __future__ import annotations


def counted(count: int, what: str) -> str:
    """The number and the thing, with an s where there is not one of it."""
    return f"{count} {what}{'' if count == 1 else 's'}"
