"""The JSON Schemas of what commands print with ``--json``.

The manual's reference is made of them, and the files that it offers for download.

A command has several forms, such as ``diagnose`` of a package and of a project. A published schema lets an object have
keys that it does not know, since later versions may add some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import cache, diagnose, error, index, recipes, run, show, verify, wrap

if TYPE_CHECKING:
    from .notation import Schema

FORMS: dict[str, tuple[Schema, ...]] = {
    "cache": cache.FORMS,
    "diagnose": diagnose.FORMS,
    "index": index.FORMS,
    "recipes": recipes.FORMS,
    "run": run.FORMS,
    "show": show.FORMS,
    "verify": verify.FORMS,
    "wrap": wrap.FORMS,
    "error": error.FORMS,
}


def schema_of(name: str) -> Schema:
    """The schema of all that a command prints with ``--json``, errors included; ``error`` is that of errors alone."""
    forms = FORMS[name] if name == "error" else (*FORMS[name], *error.FORMS)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"urn:augbackend:output:{name}",
        "title": "an error of augbackend" if name == "error" else f"augbackend {name} --json",
        "description": "Format 1. Later versions may add keys.",
        "anyOf": list(forms),
    }
