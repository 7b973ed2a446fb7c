"""The three sources of settings, each as plain TOML values: ``pyproject.toml``, ``-C``, the environment."""

from __future__ import annotations

import sys
from dataclasses import is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_origin

from .checking import hints, nearest, unknown
from .errors import AugbackendError, say
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OPTION_PREFIX = "augbackend."
VARIABLE_PREFIX = "AUGBACKEND_"
_INVALID: Any = object()


def read_pyproject(tree: Path) -> dict[str, Any]:
    """The tree's ``pyproject.toml`` as plain values.

    :raises AugbackendError: if it is missing, not UTF-8, or not TOML.
    """
    file = tree / "pyproject.toml"
    try:
        text = file.read_bytes().decode("utf-8")
        return toml(text)
    except OSError as error:
        hint = "run this in the folder that holds pyproject.toml"
        raise AugbackendError(f"cannot read it: {error.strerror}", where=str(file), hint=hint) from None
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x})"
        raise AugbackendError(what, where=str(file), hint="save the file as UTF-8, as TOML asks") from None
    except (ValueError, RecursionError) as error:
        raise AugbackendError(f"it is not TOML: {error}", where=str(file), hint="mend the file there") from None


def at(document: Any, *keys: str, default: Any) -> Any:
    """The value at a path of keys; ``default`` where it is not there, or something on the way is no table."""
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return default
        document = document[key]
    return document


@lru_cache(maxsize=4)
def toml(text: str) -> dict[str, Any]:
    """Parse TOML with the standard library, or with tomli where that has no parser.

    One call of a frontend parses the same text twice, for the lookup and for the hook: the result is kept, and
    must not be changed.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ModuleNotFoundError:
            raise AugbackendError(
                "Python before 3.11 needs tomli to read pyproject.toml",
                where="build-system.requires",
                hint="add \"tomli; python_version < '3.11'\" there",
            ) from None
    return tomllib.loads(text)


def options(options: Mapping[str, str | list[str]], mistakes: list[str]) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``-C augbackend.<key>=…``; frontends join repeated ones into a list."""
    for option, value in options.items():
        key = option[len(OPTION_PREFIX) :]
        if key not in hints():
            mistakes.append(f"-C {option}: {unknown(key, Settings)}")
            continue
        lines = [value] if isinstance(value, str) else value
        parsed = _parse_text(hints()[key], "\n".join(map(str, lines)), f"-C {option}", mistakes)
        if parsed is not _INVALID:
            yield key, f"-C {option}", parsed


def variables(environ: Mapping[str, str], mistakes: list[str], *, warn: bool) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``AUGBACKEND_<KEY>``.

    An unknown one is only warned of: an environment is shared by all builds of a command, and the copy of
    augbackend in another package may be newer than this one.
    """
    keys = {VARIABLE_PREFIX + key.upper().replace("-", "_"): key for key in hints()}
    for variable in sorted(environ):
        if not variable.startswith(VARIABLE_PREFIX):
            continue
        if variable not in keys:
            if warn:
                say("warning", f"{variable}: {nearest(variable, keys)}; ignored")
            continue
        parsed = _parse_text(hints()[keys[variable]], environ[variable], variable, mistakes)
        if parsed is not _INVALID:
            yield keys[variable], f"environment variable {variable}", parsed


def _parse_text(hint: Any, text: str, origin: str, mistakes: list[str]) -> Any:
    """An override's text as the TOML value that the key wants.

    A string stands for itself, a boolean is ``true`` or ``false``. A list is a TOML array, or one entry a line; a
    table is a TOML inline table, or one ``NAME=VALUE`` a line.
    """
    if hint is str or get_origin(hint) is Literal:
        return text
    if hint is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    opening = "[" if get_origin(hint) is tuple else "{"
    if text.lstrip().startswith(opening):
        try:
            return toml(f"value = {text.strip()}")["value"]
        except (ValueError, RecursionError) as error:
            mistakes.append(f"{origin}: not a TOML value: {error}")
            return _INVALID
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if get_origin(hint) is tuple:
        return lines
    pairs = [line.partition("=") for line in lines]
    if not all(name and separator for name, separator, _ in pairs):
        mistakes.append(f"{origin}: found {text!r}, expected NAME=VALUE (one a line) or an inline table {{…}}")
        return _INVALID
    numbers = (
        {key for key, kind in hints(hint).items() if kind is int}
        if isinstance(hint, type) and is_dataclass(hint)
        else ()
    )
    return {
        name.strip(): int(value) if name.strip() in numbers and value.isascii() and value.isdigit() else value
        for name, _, value in pairs
    }
