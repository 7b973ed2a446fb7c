"""What stands in several documents."""

from __future__ import annotations

from augbackend.cli.docs import schema

from .notation import TEXT, Keys, Schema, array, either, mapping, one_of, opened, record

_KNOWN = opened(schema.get_schema())["properties"]
CONFINEMENT = record(
    {
        "by": (one_of(["bubblewrap", "landlock", "none"]), "What confines it."),
        "does-not-stop": (array(TEXT), "What is not stopped, in words."),
    },
    title="confinement",
)
CONFINED_HOW = (CONFINEMENT, "How other people's code is confined here.")

PATCH = record(
    {
        "patch": (TEXT, "The name of the file."),
        "sha256": (TEXT, "Of the file."),
        "files": (array(TEXT), "The files that it changes, makes or removes."),
    },
    title="patch",
)

_ERROR: Keys = {
    "id": (
        {**TEXT, "pattern": "^[a-z]+(-[a-z0-9]+)*$"},
        "Which message it is, in words that stay the same: the manual explains each.",
    ),
    "what": (TEXT, "What happened."),
    "where": (TEXT, "The file, key, option or URL; empty if there is none."),
    "hint": (TEXT, "What to do; empty if nothing is known."),
    "mistakes": (array(TEXT), "Each mistake, where several are told at once."),
}
ERROR = record(_ERROR, title="error")


def error_of(**keys: str) -> Schema:
    """An error, and what it is of: a text for each key."""
    return record({**{name: (TEXT, text) for name, text in keys.items()}, **_ERROR})


def table_keys(*names: str) -> Keys:
    """Keys of the table, as a project or a recipe has them."""
    return {name: ({**_KNOWN[name], "title": name}, _KNOWN[name]["description"]) for name in names}


OTHER_KEYS = table_keys("config-settings", "pin-runtime", "compiler-cache", "local-version", "jobs", "preflight")
TABLE = record(
    {},
    {**table_keys("extra-build-dependencies", "extra-build-variables", "remove-build-dependencies"), **OTHER_KEYS},
    title="table",
)
FOUND: Keys = {
    "extra-build-dependencies": (
        array(either(TEXT, {"type": "object"})),
        "What its build misses: requirements, each a text or a table as in a project.",
    ),
    "extra-build-variables": (mapping(TEXT), "The variables that its build misses, by name."),
    "remove-build-dependencies": (array(TEXT), "Projects to drop from what it asks for itself."),
}
