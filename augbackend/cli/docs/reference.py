"""The reference of the README, made from the settings' classes: ``python -m augbackend.cli.docs.reference``.

Prints the tables; with a file's name, writes them between its two markers.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from augbackend.cli.edit import replace_file
from augbackend.cli.model import package
from augbackend.table.convert import fields_of

from . import schema

BEGIN, END = "<!-- reference: begin (generated) -->", "<!-- reference: end -->"
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
    return "\n\n".join(f"#### {title}\n\n" + "\n".join(lines) for title, lines in parts)


def _dataclasses(kind: Any) -> list[type]:
    """The dataclass that a type is, or is made of."""
    if is_dataclass(kind) and isinstance(kind, type):
        return [kind]
    return [one for inner in get_args(kind) for one in _dataclasses(inner)]


def _title(key: str, kind: Any) -> str:
    if key == package.KEY:
        return f"`{key}.<name>`, in the project that depends on the package"
    return f"`{key}`" if is_dataclass(kind) else f"An entry of `{key}`"


def inserted(text: str) -> str:
    """``text`` with the reference between its markers."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def _rows(kind: Any) -> list[str]:
    types, rows = fields_of(kind), list(_HEAD)
    for field in fields(kind):
        key = field.name.replace("_", "-")
        default = "required" if field.default_factory is MISSING else _default(field.default_factory())
        rows.append(f"| `{key}` | {_type_in_words(types[key])} | {default} | {schema.docs(kind)[key]} |")
    return rows


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


if __name__ == "__main__":
    if len(sys.argv) > 1:
        file = Path(sys.argv[1])
        replace_file.replace_file(file, inserted(file.read_text(encoding="utf-8")).encode())
    else:
        print(tables())  # noqa: T201  # for a reader
