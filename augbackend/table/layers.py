"""``pyproject.toml`` as plain values, and what is laid over it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from augbackend.errors import AugbackendError

TOMLI = "tomli>=1.1; python_version < '3.11'"  # what reading TOML takes
LARGEST, _MOST_DOTS = 2**20, 5000
OPTION_PREFIX, VARIABLE_PREFIX = "augbackend.", "AUGBACKEND_"


def read_pyproject(tree: Path) -> dict[str, Any]:
    """The tree's ``pyproject.toml`` as plain values.

    :raises AugbackendError: if it is missing, not UTF-8, or not TOML.
    """
    file = tree / "pyproject.toml"
    try:
        with file.open("rb") as stream:
            return pyproject(stream.read(LARGEST + 1).decode("utf-8").removeprefix("\ufeff"))
    except OSError as error:
        what, hint = f"cannot read it: {error.strerror}", "run this in the folder that holds pyproject.toml, or name it"
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x})"
        hint = "save the file as UTF-8, as TOML asks"
    except (ValueError, RecursionError) as error:
        what, hint = f"it is not TOML: {error}", "mend the file there"
    raise AugbackendError(what, where=str(file), hint=hint)


def pyproject(text: str) -> dict[str, Any]:
    """Parse a ``pyproject.toml`` that is not too much: of a key with many parts, the parser keeps every beginning.

    :raises ValueError: if it is, or is no TOML.
    """
    if len(text) > LARGEST or any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise ValueError(f"it is longer than {LARGEST} bytes, or has a line with more than {_MOST_DOTS} dots")
    return toml(text)


@lru_cache(maxsize=4)
def toml(text: str) -> dict[str, Any]:
    """Parse TOML. Do not change the result: it is cached, since a hook call parses the same text several times."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # pragma: no cover  # another Python's
        try:
            import tomli as tomllib
        except ModuleNotFoundError:
            what = "Python before 3.11 needs tomli to read pyproject.toml"
            hint = f'add "{TOMLI}" there'
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
