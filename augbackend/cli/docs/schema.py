"""The JSON Schema of ``[tool.augbackend]``, made from the settings' classes, and their documentation.

``validate-pyproject`` finds :func:`get_schema` by its entry point ``validate_pyproject.tool_schema``.
``python -m augbackend.cli.docs.schema`` prints the schema, for an editor that wants a file; with ``recipe``, that of a
recipe, which ``recipes/schema.json`` holds.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

from augbackend import features
from augbackend.cli.model import package
from augbackend.cli.model.recipe_entry import RecipeEntry
from augbackend.table.convert import fields_of


def get_schema(tool_name: str = "augbackend") -> dict[str, Any]:
    """The schema of one table of ``[tool]``, as ``validate-pyproject`` asks for it."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"urn:augbackend:tool:{tool_name}",
        "title": f"[tool.{tool_name}]",
        "type": "object",
        "description": "Everything that ``[tool.augbackend]`` can say.",
        "properties": {key: {**_type(kind), "description": meaning} for key, kind, meaning, _ in table_keys()},
        "additionalProperties": False,
    }


def get_recipe_schema() -> dict[str, Any]:
    """The schema of a recipe, ``recipes/<project>.toml``; it is kept as ``recipes/schema.json``, for editors."""
    keys: dict[str, Any] = _table(RecipeEntry)["properties"]
    keys["checked"]["items"]["properties"]["date"]["format"] = "date"
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:augbackend:recipe",
        "title": "recipes/<project>.toml",
        "type": "object",
        "description": "What the builds of one project's releases miss, with the evidence.",
        "properties": {
            "project": {"type": "string", "description": "The project's normalised name, as the file has it."},
            "entries": {
                "type": "array",
                "description": "For some versions each; of two that fit, the first counts.",
                "items": {**_table(RecipeEntry), "properties": keys, "required": ["versions", "why"]},
            },
        },
        "required": ["project", "entries"],
        "additionalProperties": False,
    }


def table_keys() -> list[tuple[str, Any, str, Any]]:
    """The keys of the table: name, type, documentation, default."""
    found = [(name, feature) for name in features.known_keys() if (feature := features.find(name))]
    rows = [(name, feature.kind, feature.meaning, feature.default) for name, feature in found]
    return [*rows, (package.KEY, Mapping[str, package.Entries], package.MEANING, {})]


@lru_cache
def docs(kind: type) -> dict[str, str]:
    """The string below each field of a settings class, by key; those of the class that it extends, first."""
    inherited = docs(kind.__base__) if is_dataclass(kind.__base__) and isinstance(kind.__base__, type) else {}
    (definition,) = ast.parse(inspect.getsource(kind)).body
    body = definition.body  # type: ignore[attr-defined]  # the source of a class is a class
    return {
        **inherited,
        **{
            assignment.target.id.replace("_", "-"): str(text.value.value)
            for assignment, text in zip(body, body[1:])
            if isinstance(assignment, ast.AnnAssign) and isinstance(assignment.target, ast.Name)
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        },
    }


def _table(kind: type) -> dict[str, Any]:
    hints, known = fields_of(kind), {field.name.replace("_", "-"): field for field in fields(kind)}
    return {
        "type": "object",
        "description": inspect.getdoc(kind),
        "properties": {key: {"description": docs(kind)[key], **_type(hint)} for key, hint in hints.items()},
        "required": [key for key, field in known.items() if field.default_factory is MISSING],
        "additionalProperties": False,
    }


def _type(hint: Any) -> dict[str, Any]:
    kind = get_origin(hint) or hint
    if is_dataclass(hint) and isinstance(hint, type):
        table = _table(hint)
        return {"oneOf": [{"type": "string"}, table]} if getattr(hint, "shorthand", False) else table
    if kind is Literal:
        return {"enum": list(get_args(hint))}
    if kind is Union:
        return {"oneOf": [_type(alternative) for alternative in get_args(hint)]}
    if kind is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if kind is int:
        return {"type": "integer", "minimum": 1}
    if kind in (str, bool):
        return {"type": {str: "string", bool: "boolean"}[kind]}
    return {"type": "object", "additionalProperties": _type(get_args(hint)[1])}


if __name__ == "__main__":
    wanted = get_recipe_schema() if sys.argv[1:] == ["recipe"] else get_schema()
    print(json.dumps(wanted, indent=2))  # noqa: T201  # for a file
