"""Plain TOML values held against typed dataclasses; every mistake named by its key, none left out."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE = "tool.augbackend"

Checked = TypeVar("Checked")
_INVALID: Any = object()
_LONGEST_SHOWN = 80
_TOML_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    str: "a string",
    list: "an array",
    dict: "a table",
}


def check(table: dict[str, Any], origins: Mapping[str, str], mistakes: list[str]) -> Settings | None:
    """The settings that ``table`` states; ``None`` if it states any of them wrongly.

    :param origins: where each key, or each name in a table, came from, if not from the table itself.
    :param mistakes: grows by one line for each mistake.
    """
    settings = _convert(Settings, table, _Place(TABLE, origins), mistakes)
    return None if settings is _INVALID else settings


def rows(kind: type[Checked], document: dict[str, Any], name: str, mistakes: list[str]) -> Checked | None:
    """The dataclass that another file's document states; ``None`` if it states any of it wrongly.

    :param name: of the document, what every key is named below.
    """
    found = _convert(kind, document, _Place(name, {}), mistakes)
    return None if found is _INVALID else found


@lru_cache
def hints(kind: type = Settings) -> dict[str, Any]:
    """Key → type of the fields of a settings class, optional ones without their ``None``."""
    found = {}
    for one in fields(kind):
        alternatives = get_args(one.type) if get_origin(one.type) is Union else ()
        inner = [alternative for alternative in alternatives if alternative is not type(None)]
        found[one.name.replace("_", "-")] = inner[0] if len(inner) == 1 else one.type
    return found


class _Place(NamedTuple):
    """A key's full name, from the table down; in a message, with the source of the value if it is another."""

    name: str
    origins: Mapping[str, str]

    def below(self, key: str) -> _Place:
        return _Place(f"{self.name}.{key if _is_bare(key) else repr(key)}", self.origins)

    def item(self, index: int) -> _Place:
        return _Place(f"{self.name}[{index}]", self.origins)

    def __str__(self) -> str:
        parts = self.name[len(TABLE) + 1 :].partition("[")[0].split(".")
        origin = self.origins.get(".".join(parts[:2])) or self.origins.get(parts[0], "")
        return self.name if not origin or origin.startswith(TABLE) else f"{self.name} (from {origin})"


def _is_bare(key: str) -> bool:
    return key.replace("-", "").replace("_", "").isalnum() and key.isascii()


def _convert(hint: Any, value: Any, place: _Place, mistakes: list[str], check: Any = None) -> Any:
    """``value`` as the type ``hint`` asks for, or ``_INVALID`` with the complaint added to ``mistakes``."""
    kind = get_origin(hint) or hint
    if is_dataclass(hint) and isinstance(hint, type):
        if isinstance(value, str) and getattr(hint, "shorthand", False):
            value = {fields(hint)[0].name: value}
        if isinstance(value, dict):
            return _convert_table(hint, value, place, mistakes)
    elif kind is tuple and isinstance(value, list):
        items = [_convert(get_args(hint)[0], item, place.item(at), mistakes, check) for at, item in enumerate(value)]
        return _INVALID if _INVALID in items else tuple(items)
    elif kind is Union:
        for alternative in get_args(hint):
            if _shape(alternative) is type(value):
                return _convert(alternative, value, place, mistakes, check)
    elif kind is Literal and isinstance(value, str) and value in get_args(hint):
        return value
    elif kind is int and type(value) is int:
        if value >= 1:
            return value
        mistakes.append(f"{place}: found {value}, expected a number from 1 on")
        return _INVALID
    elif kind in (str, bool) and type(value) is kind:
        try:
            if check:
                check(value)
        except ValueError as error:
            mistakes.append(f"{place}: found {_shown(value)}: {error}")
            return _INVALID
        return value
    mistakes.append(f"{place}: found {found(value)}, expected {_expected(hint)}")
    return _INVALID


def _convert_mapping(hint: Any, value: Any, place: _Place, mistakes: list[str], key_check: Any) -> Any:
    if not isinstance(value, dict):
        mistakes.append(f"{place}: found {found(value)}, expected {_expected(hint)}")
        return _INVALID
    converted = {}
    for name, item in value.items():
        try:
            if key_check:
                key_check(name)
        except ValueError as error:
            mistakes.append(f"{place.below(name)}: found the name {name!r}: {error}")
        converted[name] = _convert(get_args(hint)[1], item, place.below(name), mistakes)
    return _INVALID if _INVALID in converted.values() else MappingProxyType(converted)


def _convert_table(kind: type, table: dict[str, Any], place: _Place, mistakes: list[str]) -> Any:
    types, values, before = hints(kind), {}, len(mistakes)
    known = {one.name.replace("_", "-"): one for one in fields(kind)}
    for key, value in table.items():
        # PEP 508-like tables of uv and ours use the same spelling; only '-' is accepted, as in uv.
        if key not in known:
            mistakes.append(f"{place.below(key)}: {unknown(key, kind)}")
            continue
        field = known[key]
        convert_key = field.metadata.get("key_check")
        if _shape(types[key]) is dict and not is_dataclass(types[key]):
            values[field.name] = _convert_mapping(types[key], value, place.below(key), mistakes, convert_key)
        else:
            values[field.name] = _convert(types[key], value, place.below(key), mistakes, field.metadata.get("check"))
    for key, field in known.items():
        if field.default_factory is MISSING and key not in table:
            mistakes.append(f"{place}: the key {key!r} is missing")
    return _INVALID if len(mistakes) > before else kind(**values)


def _shape(hint: Any) -> type:
    """The Python type that a TOML value for ``hint`` has."""
    kind = get_origin(hint) or hint
    if is_dataclass(hint):
        return dict
    if kind is tuple:
        return list
    if kind is Literal:
        return str
    return kind if kind in (str, bool, int) else dict


def _expected(hint: Any) -> str:
    kind = get_origin(hint) or hint
    if kind is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    if kind is Union:
        return " or ".join(_expected(alternative) for alternative in get_args(hint))
    if kind is tuple:
        return f"an array, each entry {_expected(get_args(hint)[0])}"
    if getattr(hint, "shorthand", False):
        return "a string or a table"
    return _TOML_NAMES[_shape(hint)]


def found(value: Any) -> str:
    """What a message says was there instead."""
    name = _TOML_NAMES.get(type(value), "a date or time")
    return name if isinstance(value, (list, dict)) else f"{_shown(value)} ({name})"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "..."


def unknown(key: str, kind: type) -> str:
    """The complaint about a key that a settings class does not have."""
    return nearest(key, hints(kind))


def nearest(key: str, known: Mapping[str, Any]) -> str:
    """The complaint about a name that is not among ``known``, with the one that was probably meant."""
    import difflib

    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"unknown key, did you mean {near[0]!r}?" if near else f"unknown key, expected one of {', '.join(known)}"
