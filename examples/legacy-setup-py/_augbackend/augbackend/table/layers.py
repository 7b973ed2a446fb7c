# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""Where a declaration stands, as layers of plain TOML values: ``pyproject.toml``, ``-C``, the environment."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_origin

from augbackend.errors import AugbackendError

OPTION_PREFIX, VARIABLE_PREFIX = "augbackend.", "AUGBACKEND_"


def read_pyproject(tree: Path) -> dict[str, Any]:
    """The tree's ``pyproject.toml`` as plain values.

    :raises AugbackendError: if it is missing, not UTF-8, or not TOML.
    """
    file = tree / "pyproject.toml"
    try:
        return toml(file.read_bytes().decode("utf-8"))
    except OSError as error:
        what, hint = f"cannot read it: {error.strerror}", "run this in the folder that holds pyproject.toml"
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x})"
        hint = "save the file as UTF-8, as TOML asks"
    except (ValueError, RecursionError) as error:
        what, hint = f"it is not TOML: {error}", "mend the file there"
    raise AugbackendError(what, where=str(file), hint=hint)


@lru_cache(maxsize=4)
def toml(text: str) -> dict[str, Any]:
    """Parse TOML. A frontend's lookup of a hook and the hook itself share the result, which must not be changed."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ModuleNotFoundError:
            what = "Python before 3.11 needs tomli to read pyproject.toml"
            hint = "add \"tomli; python_version < '3.11'\" there"
            raise AugbackendError(what, where="build-system.requires", hint=hint) from None
    return tomllib.loads(text)


def at(document: Any, *keys: str, default: Any) -> Any:
    """The value at a path of keys; ``default`` where it is not there, or something on the way is no table."""
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return default
        document = document[key]
    return document


def merged(layers: Iterable[tuple[str, str, Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of all layers, a list replaced, a table merged name by name; and where each key and name is from.

    :param layers: (key, origin, value), strongest last.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key, origin, value in layers:
        both_are_tables = isinstance(value, dict) and isinstance(values.get(key), dict)
        values[key] = {**values[key], **value} if both_are_tables else value
        origins[key] = origin
        origins.update({f"{key}.{name}": origin for name in value} if isinstance(value, dict) else {})
    return values, origins


def from_text(kind: Any, text: str, origin: str, mistakes: list[str]) -> Any:
    """The text of an option or a variable as the TOML value that its key wants; ``None`` if it is no such text.

    A string stands for itself, a boolean is ``true`` or ``false``. A list is a TOML array, or one entry a line; a
    table is a TOML inline table, or one ``NAME=VALUE`` a line.
    """
    outer = get_origin(kind) or kind
    if outer is str or outer is Literal:
        return text
    if outer is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if text.lstrip().startswith("[" if outer is tuple else "{"):
        try:
            return toml(f"value = {text.strip()}")["value"]
        except (ValueError, RecursionError) as error:
            mistakes.append(f"{origin}: not a TOML value: {error}")
            return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if outer is tuple:
        return lines
    pairs = [line.partition("=") for line in lines]
    if not all(name and separator for name, separator, _ in pairs):
        mistakes.append(f"{origin}: found {text!r}, expected NAME=VALUE (one a line) or an inline table {{…}}")
        return None
    from augbackend.table.convert import fields_of

    numbers = {name for name, inner in fields_of(kind).items() if inner is int} if is_dataclass(outer) else ()
    return {
        name.strip(): int(value) if name.strip() in numbers and value.isascii() and value.isdigit() else value
        for name, _, value in pairs
    }
