"""From ``pyproject.toml``, ``-C`` and the environment to one frozen :class:`Build`; every error names its key.

The three sources are layers of plain TOML values, strongest last. They are laid over each other key by key
(a list is replaced, a table is merged name by name) and then checked against the types in :mod:`.settings`
in one pass that collects every mistake.
"""

from __future__ import annotations

import os
import sys
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from . import __version__
from .errors import AugbackendError, SettingsError, say
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    ConfigSettings = dict[str, Union[str, list[str]]]

TABLE = "tool.augbackend"
OPTION_PREFIX = "augbackend."
VARIABLE_PREFIX = "AUGBACKEND_"
# Known to the design, not to this version: named so that nobody believes them obeyed.
RESERVED = frozenset({"match-runtime", "pin-runtime", "metadata", "provenance", "local-version", "origin", "packages"})

_INVALID: Any = object()
_LONGEST_SHOWN = 80
_TOML_NAMES = {
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    str: "a string",
    list: "an array",
    dict: "a table",
}


@dataclass(frozen=True)
class Build:
    """What one hook call needs to know.

    ``origins`` says for each key that is set where it came from; ``requires`` is ``build-system.requires``;
    ``backend_folders`` are the folders of ``build-system.backend-path``, absolute; ``dynamic`` is
    ``project.dynamic``; ``config_settings`` are the wrapped backend's own, ours stripped.
    """

    tree: Path
    settings: Settings
    origins: Mapping[str, str]
    requires: tuple[str, ...] = ()
    backend_folders: tuple[Path, ...] = ()
    dynamic: tuple[str, ...] = ()
    config_settings: Mapping[str, str | list[str]] | None = None


def read(
    tree: Path,
    config_settings: Mapping[str, str | list[str]] | None = None,
    environ: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
) -> Build:
    """Read everything that bears on one hook call.

    :param tree: the source tree, the current directory of every PEP 517 hook.
    :param config_settings: what the frontend was given with ``-C``.
    :param environ: the caller's environment; ``os.environ`` if not given.
    :param document: what ``pyproject.toml`` would say; the file itself if not given.
    :raises SettingsError: with all mistakes at once.
    :raises AugbackendError: if there is no readable ``pyproject.toml``.
    """
    if document is None:
        document = read_pyproject(tree)
    mistakes: list[str] = []
    table = _at(document, "tool", "augbackend", default={})
    if not isinstance(table, dict):
        mistakes.append(f"{TABLE}: found {_found(table)}, expected a table")
        table = {}
    own_options = {key: value for key, value in (config_settings or {}).items() if key.startswith(OPTION_PREFIX)}
    layers = (
        ((key, f"{TABLE} in pyproject.toml", value) for key, value in table.items()),
        _options(own_options, mistakes),
        _variables(os.environ if environ is None else environ, mistakes),
    )
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key, origin, value in (entry for layer in layers for entry in layer):
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both_tables else value
        origins[key] = origin
        origins.update({f"{key}.{name}": origin for name in value} if isinstance(value, dict) else {})
    settings = _convert(Settings, merged, _Place(TABLE, origins), mistakes)
    if settings is not _INVALID:
        mistakes += _outside(tree, settings)
    if mistakes:
        raise SettingsError(str(Path(tree) / "pyproject.toml"), mistakes)
    below = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.config_settings.items()}
    above = {key: value for key, value in (config_settings or {}).items() if key not in own_options}
    nothing = config_settings is None and not below
    folders = _strings(_at(document, "build-system", "backend-path", default=()))
    return Build(
        tree=tree,
        settings=settings,
        origins=MappingProxyType(origins),
        requires=_strings(_at(document, "build-system", "requires", default=())),
        backend_folders=tuple((tree / folder).resolve() for folder in folders),
        dynamic=_strings(_at(document, "project", "dynamic", default=())),
        config_settings=None if nothing else {**below, **above},
    )


def read_pyproject(tree: Path) -> dict[str, Any]:
    """The tree's ``pyproject.toml`` as plain values.

    :raises AugbackendError: if it is missing, not UTF-8, or not TOML.
    """
    file = tree / "pyproject.toml"
    try:
        text = file.read_bytes().decode("utf-8")
        return _toml(text)
    except OSError as error:
        hint = "run this in the folder that holds pyproject.toml"
        raise AugbackendError(f"cannot read it: {error.strerror}", where=str(file), hint=hint) from None
    except UnicodeDecodeError as error:
        what = f"it is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x})"
        raise AugbackendError(what, where=str(file), hint="save the file as UTF-8, as TOML asks") from None
    except (ValueError, RecursionError) as error:
        raise AugbackendError(f"it is not TOML: {error}", where=str(file), hint="mend the file there") from None


def _toml(text: str) -> dict[str, Any]:
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


def _at(document: Any, *keys: str, default: Any) -> Any:
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            return default
        document = document[key]
    return document


def _strings(value: Any) -> tuple[str, ...]:
    """The strings in a list of somebody else's table, whose mistakes are the frontend's to report."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def _options(options: Mapping[str, str | list[str]], mistakes: list[str]) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``-C augbackend.<key>=…``; frontends join repeated ones into a list."""
    for option, value in options.items():
        key = option[len(OPTION_PREFIX) :]
        if key not in hints():
            mistakes.append(f"-C {option}: {_unknown(key, Settings)}")
            continue
        lines = [value] if isinstance(value, str) else value
        parsed = _parse_text(hints()[key], "\n".join(map(str, lines)), f"-C {option}", mistakes)
        if parsed is not _INVALID:
            yield key, f"-C {option}", parsed


def _variables(environ: Mapping[str, str], mistakes: list[str]) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``AUGBACKEND_<KEY>``.

    An unknown one is only warned of: an environment is shared by all builds of a command, and the copy of
    augbackend in another package may be newer than this one.
    """
    keys = {VARIABLE_PREFIX + key.upper().replace("-", "_"): key for key in hints()}
    for variable in sorted(environ):
        if not variable.startswith(VARIABLE_PREFIX):
            continue
        if variable not in keys:
            if variable[len(VARIABLE_PREFIX) :].lower().replace("_", "-") not in RESERVED:
                say("warning", f"{variable}: {_nearest(variable, keys)}; ignored")
            continue
        parsed = _parse_text(hints()[keys[variable]], environ[variable], variable, mistakes)
        if parsed is not _INVALID:
            yield keys[variable], f"environment variable {variable}", parsed


def _parse_text(hint: Any, text: str, origin: str, mistakes: list[str]) -> Any:
    """An override's text as the TOML value that the key wants.

    A string stands for itself. A list is a TOML array, or one entry a line; a table is a TOML inline table,
    or one ``NAME=VALUE`` a line.
    """
    if hint is str or get_origin(hint) is Literal:
        return text
    opening = "[" if get_origin(hint) is tuple else "{"
    if text.lstrip().startswith(opening):
        try:
            return _toml(f"value = {text.strip()}")["value"]
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
    of_numbers = is_dataclass(hint)  # jobs: what looks like a number is one
    return {name.strip(): int(value) if of_numbers and value.isdigit() else value for name, _, value in pairs}


@lru_cache
def hints(kind: type = Settings) -> dict[str, Any]:
    """Key → type of the fields of a settings class, optional ones without their ``None``."""
    found = {}
    types = get_type_hints(kind)
    for one in fields(kind):
        alternatives = get_args(types[one.name]) if get_origin(types[one.name]) is Union else ()
        inner = [alternative for alternative in alternatives if alternative is not type(None)]
        found[one.name.replace("_", "-")] = inner[0] if len(inner) == 1 else types[one.name]
    return found


@dataclass(frozen=True)
class _Place:
    """A key's full name, from the table down; in a message, with the source of the value if it is another."""

    name: str
    origins: Mapping[str, str]

    def below(self, key: str) -> _Place:
        return _Place(f"{self.name}.{key if _is_bare(key) else repr(key)}", self.origins)

    def item(self, index: int) -> _Place:
        return _Place(f"{self.name}[{index}]", self.origins)

    def __str__(self) -> str:
        parts = self.name[len(TABLE) + 1 :].partition("[")[0].split(".")
        origin = self.origins.get(".".join(parts[:2])) or self.origins.get(parts[0], "")
        return self.name if not origin or origin.startswith(TABLE) else f"{self.name} (from {origin})"


def _is_bare(key: str) -> bool:
    return key.replace("-", "").replace("_", "").isalnum() and key.isascii()


def _convert(hint: Any, value: Any, place: _Place, mistakes: list[str], check: Any = None) -> Any:
    """``value`` as the type ``hint`` asks for, or ``_INVALID`` with the complaint added to ``mistakes``."""
    kind = get_origin(hint) or hint
    if is_dataclass(hint) and isinstance(hint, type):
        if isinstance(value, str) and getattr(hint, "shorthand", False):
            value = {fields(hint)[0].name: value}
        if isinstance(value, dict):
            return _convert_table(hint, value, place, mistakes)
    elif kind is tuple and isinstance(value, list):
        items = [_convert(get_args(hint)[0], item, place.item(at), mistakes, check) for at, item in enumerate(value)]
        return _INVALID if _INVALID in items else tuple(items)
    elif kind is Union:
        for alternative in get_args(hint):
            if _shape(alternative) is type(value):
                return _convert(alternative, value, place, mistakes, check)
    elif kind is Literal and isinstance(value, str) and value in get_args(hint):
        return value
    elif kind is int and type(value) is int:
        if value >= 1:
            return value
        mistakes.append(f"{place}: found {value}, expected a number from 1 on")
        return _INVALID
    elif kind in (str, bool) and type(value) is kind:
        try:
            if check:
                check(value)
        except ValueError as error:
            mistakes.append(f"{place}: found {_shown(value)}: {error}")
            return _INVALID
        return value
    mistakes.append(f"{place}: found {_found(value)}, expected {_expected(hint)}")
    return _INVALID


def _convert_mapping(hint: Any, value: Any, place: _Place, mistakes: list[str], key_check: Any) -> Any:
    if not isinstance(value, dict):
        mistakes.append(f"{place}: found {_found(value)}, expected {_expected(hint)}")
        return _INVALID
    converted = {}
    for name, item in value.items():
        try:
            if key_check:
                key_check(name)
        except ValueError as error:
            mistakes.append(f"{place.below(name)}: found the name {name!r}: {error}")
        converted[name] = _convert(get_args(hint)[1], item, place.below(name), mistakes)
    return _INVALID if _INVALID in converted.values() else MappingProxyType(converted)


def _convert_table(kind: type, table: dict[str, Any], place: _Place, mistakes: list[str]) -> Any:
    types, values, before = hints(kind), {}, len(mistakes)
    known = {one.name.replace("_", "-"): one for one in fields(kind)}
    for key, value in table.items():
        # PEP 508-like tables of uv and ours use the same spelling; only '-' is accepted, as in uv.
        if key not in known:
            mistakes.append(f"{place.below(key)}: {_unknown(key, kind)}")
            continue
        field = known[key]
        convert_key = field.metadata.get("key_check")
        if _shape(types[key]) is dict and not is_dataclass(types[key]):
            values[field.name] = _convert_mapping(types[key], value, place.below(key), mistakes, convert_key)
        else:
            values[field.name] = _convert(types[key], value, place.below(key), mistakes, field.metadata.get("check"))
    for key, field in known.items():
        if field.default_factory is MISSING and key not in table:
            mistakes.append(f"{place}: the key {key!r} is missing")
    return _INVALID if len(mistakes) > before else kind(**values)


def _shape(hint: Any) -> type:
    """The Python type that a TOML value for ``hint`` has."""
    kind = get_origin(hint) or hint
    if is_dataclass(hint):
        return dict
    if kind is tuple:
        return list
    if kind is Literal:
        return str
    return kind if kind in (str, bool, int) else dict


def _expected(hint: Any) -> str:
    kind = get_origin(hint) or hint
    if kind is Literal:
        return "one of " + ", ".join(map(repr, get_args(hint)))
    if kind is Union:
        return " or ".join(_expected(alternative) for alternative in get_args(hint))
    if kind is tuple:
        return f"an array, each entry {_expected(get_args(hint)[0])}"
    if getattr(hint, "shorthand", False):
        return "a string or a table"
    return _TOML_NAMES[_shape(hint)]


def _found(value: Any) -> str:
    name = _TOML_NAMES.get(type(value), "a date or time")
    return name if isinstance(value, (list, dict)) else f"{_shown(value)} ({name})"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    shown = repr(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "..."


def _unknown(key: str, kind: type) -> str:
    if key in RESERVED:
        return f"not in this version of augbackend ({__version__})"
    return _nearest(key, hints(kind))


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    import difflib

    near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
    return f"unknown key, did you mean {near[0]!r}?" if near else f"unknown key, expected one of {', '.join(known)}"


def _outside(tree: Path, settings: Settings) -> Iterator[str]:
    """Complaints about the wrapped backend's folders (PEP 517: they must be in the source tree)."""
    root = tree.resolve()
    for at, folder in enumerate(settings.backend_path):
        place = f"{TABLE}.backend-path[{at}]: found {folder!r}"
        resolved = (root / folder).resolve() if "\0" not in folder else root.parent
        if Path(folder).is_absolute() or (resolved != root and root not in resolved.parents):
            yield f"{place}: expected a folder inside the source tree, this one leads to {resolved}"
        elif not resolved.is_dir():
            yield f"{place}: there is no such folder in {root}"
