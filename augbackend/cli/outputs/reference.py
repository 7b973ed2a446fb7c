"""The manual's reference of the schemas; `docs/generate.py` puts it into the page, and writes the files beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import FORMS, schema_of, shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .notation import Schema

_SHARED = (shared.ERROR, shared.CONFINEMENT, shared.PATCH)
# Where the manual says once what stands in several documents.
_SAID = {
    **{one["title"]: f"#{one['title']}" for one in _SHARED},
    **{name: f"table.md#{name}" for name in ("jobs", "preflight")},
    "table": "table.md",
}


def files() -> dict[str, str]:
    """The schemas as files, by name."""
    return {f"{name}.json": f"{json.dumps(schema_of(name), indent=2)}\n" for name in FORMS}


def tables() -> str:
    """The keys of each form of a command, then those of what stands in several."""
    parts = [_section(name, forms) for name, forms in FORMS.items()]
    parts.append("## What stands in several of them")
    parts += [f"### `{one['title']}`\n\n{_table_of_form(one)}" for one in _SHARED]
    return "\n\n".join(parts)


def _section(name: str, forms: Sequence[Schema]) -> str:
    title = "Errors" if name == "error" else f"`{name}`"
    parts = [f"## {title}", f"[Schema](schemas/{name}.json)"]
    for form in forms:
        parts += [f"### `{form['title']}`"] if len(forms) > 1 else []
        parts += [form["description"]] if "description" in form else []
        parts.append(_table_of_form(form))
    return "\n\n".join(parts)


def _table_of_form(of: Schema) -> str:
    return "\n".join(["| key | type | what it is |", "|---|---|---|", *_rows_of_form(of, "")])


def _rows_of_form(of: Schema, before: str) -> Iterator[str]:
    """A row for each key, each followed by the keys of the objects in it, as jq would name them."""
    for name, kind in of["properties"].items():
        if name == "format":
            continue
        often = "" if name in of["required"] else "; not always there"
        yield f"| `{before}{name}` | {_type_of_key(kind)}{often} | {kind['description']} |"
        for inner, path in _objects_in(kind, f"{before}{name}"):
            yield from _rows_of_form(inner, f"{path}.")


def _objects_in(kind: Schema, path: str) -> Iterator[tuple[Schema, str]]:
    """The objects with known keys that a value is or holds, and where; none that is said elsewhere."""
    if kind.get("title") in _SAID:
        return
    if "properties" in kind:
        yield kind, path
    for one in kind.get("anyOf", ()):
        yield from _objects_in(one, path)
    if "items" in kind:
        yield from _objects_in(kind["items"], f"{path}[]")
    if "additionalProperties" in kind:
        yield from _objects_in(kind["additionalProperties"], f"{path}.NAME")


def _type_of_key(kind: Schema) -> str:
    if kind.get("title") in _SAID:
        return f"[{kind['title']}]({_SAID[kind['title']]})"
    if "enum" in kind:
        return " or ".join(f'`"{one}"`' for one in kind["enum"])
    for key in ("anyOf", "oneOf"):
        if key in kind:
            return " or ".join(map(_type_of_key, kind[key]))
    if "items" in kind:
        return f"array of {_type_of_key(kind['items'])}"
    inner = kind.get("additionalProperties")
    return f"object of {_type_of_key(inner)}" if inner else str(kind["type"])
