"""The reference of the manual, made from the settings' classes; `docs/generate.py` puts it into the pages."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin

from augbackend.cli.model import package
from augbackend.table.convert import fields_of

from . import schema

_HEAD = ["| key | type | default | meaning |", "|---|---|---|---|"]


def tables() -> str:
    """The reference as Markdown: the keys, then the tables that are values of theirs."""
    rows = [
        f"| `{key}` | {_type_in_words(kind)} | {_default(default)} | {text} |"
        for key, kind, text, default in schema.table_keys()
    ]
    parts = [("`[tool.augbackend]`", [*_HEAD, *rows])]
    for key, kind, _, _ in schema.table_keys():
        parts += [(_title(key, kind), _rows(inner)) for inner in dict.fromkeys(_dataclasses(kind))]
    return _under_headings(parts)


def tables_of(title: str, kind: type) -> str:
    """The reference of one dataclass, and of those that are values of its keys and of no key of the table."""
    known = {inner for _, of_key, _, _ in schema.table_keys() for inner in _dataclasses(of_key)}
    parts = [(title, _rows(kind))]
    for key, hint in fields_of(kind).items():
        parts += [(_title(key, hint), _rows(one)) for one in dict.fromkeys(_dataclasses(hint)) if one not in known]
    return _under_headings(parts)


def _under_headings(parts: list[tuple[str, list[str]]]) -> str:
    return "\n\n".join(f"## {title}\n\n" + "\n".join(lines) for title, lines in parts)


def _dataclasses(kind: Any) -> list[type]:
    """The dataclass that a type is, or is made of."""
    if is_dataclass(kind) and isinstance(kind, type):
        return [kind]
    return [one for inner in get_args(kind) for one in _dataclasses(inner)]


def _title(key: str, kind: Any) -> str:
    if key == package.KEY:
        return f"`{key}.<name>`, in the project that depends on the package"
    return f"`{key}`" if is_dataclass(kind) else f"An entry of `{key}`"


def _rows(kind: Any) -> list[str]:
    types, rows = fields_of(kind), list(_HEAD)
    for field in fields(kind):
        key = field.name.replace("_", "-")
        default = "required" if field.default_factory is MISSING else _default(field.default_factory())
        rows.append(f"| `{key}` | {_type_in_words(types[key])} | {default} | {_one_line(schema.docs(kind)[key])} |")
    return rows


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(repr, value))}]`".replace("'", '"')
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`" if isinstance(value, int) else "`{}`"


def _type_in_words(hint: Any) -> str:
    kind = get_origin(hint) or hint
    if is_dataclass(hint):
        return "string or table" if getattr(hint, "shorthand", False) else "table"
    if kind is Literal:
        return " or ".join(f'`"{choice}"`' for choice in get_args(hint))
    if kind is Union:
        return " or ".join(map(_type_in_words, get_args(hint)))
    if kind is tuple:
        return f"array of {_type_in_words(get_args(hint)[0])}"
    if kind in (str, bool, int):
        return {str: "string", bool: "boolean", int: "integer"}[kind]
    return f"table of {_type_in_words(get_args(hint)[1])}"
