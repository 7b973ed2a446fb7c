"""The reference of the README, made from the settings' classes: ``python -m augbackend.cli.docs.reference``.

Prints the tables; with a file's name, writes them between its two markers.
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from augbackend import checking
from augbackend.cli.edit import replace_file
from augbackend.settings import (
    BuildDependency,
    BuildVariable,
    Jobs,
    Metadata,
    Origin,
    Package,
    Settings,
)

from . import schema

BEGIN, END = "<!-- reference: begin (generated) -->", "<!-- reference: end -->"
_CLASSES = (
    ("`[tool.augbackend]`", Settings),
    ("An entry of `extra-build-dependencies`", BuildDependency),
    ("An entry of `extra-build-variables`", BuildVariable),
    ("`jobs`", Jobs),
    ("`metadata`", Metadata),
    ("`origin`", Origin),
    ("`packages.<name>`, in the project that depends on the package", Package),
)


def tables() -> str:
    """The reference as Markdown."""
    return "\n\n".join(f"#### {title}\n\n{_table(kind)}" for title, kind in _CLASSES)


def inserted(text: str) -> str:
    """``text`` with the reference between its markers."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.partition(END)[2]}"


def _table(kind: type) -> str:
    hints = checking.hints(kind)
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for field in fields(kind):
        key = field.name.replace("_", "-")
        default = "required" if field.default_factory is MISSING else _default(field.default_factory())
        rows.append(f"| `{key}` | {_type(hints[key])} | {default} | {schema.docs(kind)[key]} |")
    return "\n".join(rows)


def _default(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(repr, value))}]`".replace("'", '"')
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`" if isinstance(value, int) else "`{}`"


def _type(hint: Any) -> str:
    kind = get_origin(hint) or hint
    if is_dataclass(hint):
        return "string or table" if getattr(hint, "shorthand", False) else "table"
    if kind is Literal:
        return " or ".join(f'`"{choice}"`' for choice in get_args(hint))
    if kind is Union:
        return " or ".join(map(_type, get_args(hint)))
    if kind is tuple:
        return f"array of {_type(get_args(hint)[0])}"
    if kind in (str, bool, int):
        return {str: "string", bool: "boolean", int: "integer"}[kind]
    return f"table of {_type(get_args(hint)[1])}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        file = Path(sys.argv[1])
        replace_file.replace_file(file, inserted(file.read_text(encoding="utf-8")).encode())
    else:
        print(tables())  # noqa: T201  # for a reader
