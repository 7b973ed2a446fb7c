# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Plain TOML values converted to the types that features declare; every mistake is named by its full key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, Union, get_args, get_origin

from augbackend.table import Frozen

TABLE = "tool.augbackend"
INVALID: Any = object()  # stands for a value that has been complained of
Keys = tuple[Union[str, int], ...]  # a name that is put together only where a message has it, see `complaints`
Mistakes = list[tuple[Keys, str]]
_TOML_TYPES = {tuple: list, Literal: str, str: str, bool: bool, int: int}  # every other type is a table's


def key(default: Any, *, check: Callable[[str], object] | None = None, check_name: Any = None) -> Any:
    """A field of a dataclass that a table is converted to.

    :param default: ``...`` for a key that must be there.
    :param check: called with each string of the value, raises ``ValueError`` with the complaint.
    :param check_name: the same for the names in a table.
    """
    checks = {"check": check, "check_name": check_name}
    return field(metadata=checks) if default is ... else field(default_factory=lambda: default, metadata=checks)


class Table(Frozen):
    """What a table is converted to. Its dataclasses have no methods made for each, which every build would compile."""

    def __init__(self, **values: Any) -> None:
        known: Any = fields(self)  # type: ignore[arg-type]  # as its subclasses are
        for one in known:
            vars(self)[one.name] = values.pop(one.name) if one.name in values else one.default_factory()
        if values:
            raise TypeError(f"{type(self).__name__} has no {', '.join(values)}")


@lru_cache
def fields_of(kind: type) -> dict[str, Any]:
    """Key → type of a dataclass's fields, optional ones without their ``None``. A key has '-' for '_', as uv's do."""
    found = {}
    for one in fields(kind):
        inner = [kind for kind in get_args(one.type) if kind is not type(None)] if get_origin(one.type) is Union else ()
        found[one.name.replace("_", "-")] = inner[0] if len(inner) == 1 else one.type
    return found


def converted(kind: Any, value: Any, place: Keys, mistakes: Mistakes, check: Any = None, check_name: Any = None) -> Any:
    """``value`` as ``kind``; :data:`INVALID`, and a line more in ``mistakes``, if it is none.

    :param kind: ``str``, ``bool``, ``int``, a dataclass, or of those ``tuple[…, ...]``, ``Mapping[str, …]``, ``Union``,
        ``Literal``.
    """
    outer, inner, toml_type = _taken_apart(kind)
    if isinstance(value, str) and getattr(kind, "shorthand", False):
        value = {next(iter(fields_of(kind))): value}
    if outer is Union:
        for one in inner:
            if type(value) is _taken_apart(one)[2]:
                return converted(one, value, place, mistakes, check)
    elif type(value) is not toml_type:
        pass
    elif outer is tuple:
        items = [converted(inner[0], item, (*place, at), mistakes, check) for at, item in enumerate(value)]
        return INVALID if INVALID in items else tuple(items)
    elif is_dataclass(kind):
        return _of_dataclass(kind, value, place, mistakes)
    elif outer is Mapping:
        for name in value:
            _checked(check_name, name, (*place, name), "the name ", mistakes)
        found = {name: converted(inner[1], item, (*place, name), mistakes, check) for name, item in value.items()}
        return INVALID if INVALID in found.values() else MappingProxyType(found)
    elif outer is int and value < 1:
        mistakes.append((place, f"found {value}, expected a number from 1 on"))
        return INVALID
    elif outer is not Literal or value in inner:
        return value if _checked(check, value, place, "", mistakes) else INVALID
    from augbackend.table.complaints import expected, found_instead

    mistakes.append((place, f"found {found_instead(value)}, expected {expected(kind)}"))
    return INVALID


def _of_dataclass(kind: Any, table: dict[str, Any], place: Keys, mistakes: Mistakes) -> Any:
    before, values, types = len(mistakes), {}, fields_of(kind)
    known = dict(zip(types, fields(kind)))
    for name, value in table.items():
        if name in known:
            one = known[name]
            values[one.name] = converted(types[name], value, (*place, name), mistakes, **one.metadata)
        else:
            from augbackend.table.complaints import unknown

            mistakes.append(((*place, name), unknown(name, known)))
    absent = [name for name, one in known.items() if one.default_factory is MISSING and name not in table]
    mistakes += [(place, f"the key {name!r} is missing") for name in absent]
    return INVALID if len(mistakes) > before else kind(**values)


def _checked(check: Any, text: str, place: Keys, kind: str, mistakes: Mistakes) -> bool:
    try:
        if check:
            check(text)
        return True
    except ValueError as error:
        from augbackend.table.complaints import shown

        mistakes.append((place, f"found {kind}{shown(text)}: {error}"))
        return False


@lru_cache
def _taken_apart(kind: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """The outer type, what is in it, and what TOML has for it."""
    outer = get_origin(kind) or kind
    return outer, get_args(kind), _TOML_TYPES.get(outer, dict)
