# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""The words of a mistake in a table: where it is, what was found there, what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin

from augbackend.table.convert import Keys

_LONGEST_SHOWN = 80
_NAMES = {str: "a string", bool: "a boolean", int: "an integer", float: "a float", list: "an array", dict: "a table"}


def lines(mistakes: Iterable[tuple[Keys, str]], origins: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """What :func:`.convert.converted` has complained of, each with its full name; and its source, if not the table."""
    return [f"{_full_name(*place, origins=origins)}: {text}" for place, text in mistakes]


def _full_name(top: str | int, *keys: str | int, origins: Mapping[str, str]) -> str:
    name = str(top)
    for key in keys:
        is_bare = isinstance(key, str) and key.isascii() and key.replace("-", "").replace("_", "").isalnum()
        name += f"[{key}]" if isinstance(key, int) else f".{key if is_bare else repr(key)}"
    firsts = (".".join(map(str, keys[:count])) for count in (2, 1))
    origin = next((origins[first] for first in firsts if first in origins), "")
    return name if not origin or origin.startswith("tool.augbackend") else f"{name} (from {origin})"


def expected(kind: Any) -> str:
    """What a message says should be there, see :func:`.convert.converted`."""
    outer, inner = get_origin(kind) or kind, get_args(kind)
    if outer is Literal:
        return "one of " + ", ".join(map(repr, inner))
    if outer is Union:
        return " or ".join(map(expected, inner))
    if outer is tuple:
        return f"an array, each entry {expected(inner[0])}"
    return "a string or a table" if hasattr(kind, "shorthand") else _NAMES.get(kind, "a table")


def found_instead(value: Any) -> str:
    """What a message says was there instead."""
    name = _NAMES.get(type(value), "a date or time")
    return name if isinstance(value, (list, dict)) else f"{shown(value)} ({name})"


def shown(value: Any) -> str:
    """A value in a message, not too long."""
    # A number in hexadecimal digits may have more decimal ones than Python writes.
    is_long = isinstance(value, int) and value.bit_length() > _LONGEST_SHOWN * 4
    text = hex(value) if is_long else repr(value) if isinstance(value, str) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def unknown(name: str, known: Iterable[str]) -> str:
    """The complaint about a name that is not among ``known``, with the one that was probably meant."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"unknown key, did you mean {near[0]!r}?" if near else f"unknown key, expected one of {', '.join(known)}"
