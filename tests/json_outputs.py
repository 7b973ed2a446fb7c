"""Every JSON document that a test has printed is held against its schema; no key may be there that the schema lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

import pytest

from augbackend.cli import outputs, terminal
from augbackend.cli.outputs.notation import Schema


def closed(schema: Any) -> Any:
    """The same, without keys that later versions may add."""
    if isinstance(schema, list):
        return [*map(closed, schema)]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **inner} if isinstance(schema.get("properties"), dict) else inner


def validator_of(schema: Schema) -> Any:
    """What finds mistakes in a document; the library is imported once something is printed."""
    kind = import_module("jsonschema").Draft7Validator
    kind.check_schema(schema)
    return kind(schema)


@lru_cache
def _validators() -> list[tuple[frozenset[str], Any]]:
    """The keys of each form, and what finds mistakes in it."""
    forms = [form for forms in outputs.FORMS.values() for form in forms]
    return [(frozenset(form["properties"]), validator_of(closed(form))) for form in forms]


def mistakes(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with a document, by the form that it is most like."""
    nearest = min(len(keys ^ document.keys()) for keys, _ in _validators())
    likely = [validator for keys, validator in _validators() if len(keys ^ document.keys()) == nearest]
    wrong = (
        [f"{one.schema['title']}, {error.json_path}: {error.message}" for error in one.iter_errors(document)]
        for one in likely
    )
    return min(wrong, key=len)


def read(text: str | bytes) -> Any:
    """What was printed, if a schema allows it."""
    document = json.loads(text)
    found = mistakes(document)
    assert not found, "\n".join(["no schema allows what was printed:", *found])
    return document


@pytest.fixture(autouse=True)
def printed_json(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each document that this test's process prints; a command that catches an error does not hide it."""
    texts: list[str] = []
    as_json = terminal.as_json

    def kept(document: Mapping[str, Any]) -> str:
        texts.append(as_json(document))
        return texts[-1]

    monkeypatch.setattr(terminal, "as_json", kept)
    yield
    for text in texts:
        read(text)
