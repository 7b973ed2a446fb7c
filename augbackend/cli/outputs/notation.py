"""The words in which the schemas are written: for each key a type, and a sentence that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Schema = dict[str, Any]
Keys = dict[str, tuple[Schema, str]]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
NULL: Schema = {"type": "null"}
FORMAT: Schema = {"const": 1}


def one_of(words: Iterable[str]) -> Schema:
    """One of some texts."""
    return {"enum": list(words)}


def array(of: Schema) -> Schema:
    """Any number of values of a type."""
    return {"type": "array", "items": of}


def mapping(of: Schema) -> Schema:
    """An object whose keys are names of something."""
    return {"type": "object", "additionalProperties": of}


def either(*types: Schema) -> Schema:
    """A value of one of some types."""
    return {"anyOf": list(types)}


def record(keys: Keys, optional: Keys | None = None, *, title: str = "") -> Schema:
    """An object with known keys, to which later versions may add others.

    :param optional: keys that are there only sometimes.
    :param title: of what stands in several documents; the manual says it once.
    """
    properties = {name: {**kind, "description": text} for name, (kind, text) in {**keys, **(optional or {})}.items()}
    return {
        **({"title": title} if title else {}),
        "type": "object",
        "properties": properties,
        "required": list(keys),
    }


def document(title: str, keys: Keys) -> Schema:
    """What is printed by one form of a command.

    :param title: that form.
    """
    return record({"format": (FORMAT, "The number of this format."), **keys}, title=title)


def opened(schema: Any) -> Any:
    """The same, where each object may have more keys than those that are known."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if (key, value) != ("additionalProperties", False)}
        return {key: opened(value) for key, value in kept.items()}
    return [*map(opened, schema)] if isinstance(schema, list) else schema
