"""From ``pyproject.toml``, ``-C`` and the environment to one frozen :class:`.Build`, every mistake collected."""

from __future__ import annotations

import os
import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from augbackend.errors import SettingsError, say
from augbackend.table import Build, strings
from augbackend.table.layers import OPTION_PREFIX, VARIABLE_PREFIX, at, from_text, merged, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.features import Feature


def read(
    tree: Path,
    config_settings: Mapping[str, str | list[str]] | None = None,
    environ: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    *,
    warn: bool = True,
) -> Build:
    """Read everything that bears on one hook call.

    :param tree: the source tree, the current directory of every PEP 517 hook.
    :param config_settings: what the frontend was given with ``-C``.
    :param environ: the caller's environment; ``os.environ`` if not given.
    :param document: what ``pyproject.toml`` says; the file itself if not given.
    :param warn: say so if the environment has variables that look like ours and mean nothing here.
    :raises SettingsError: with all mistakes at once.
    :raises AugbackendError: if there is no readable ``pyproject.toml``.
    """
    document = read_pyproject(tree) if document is None else document
    table, mistakes = at(document, "tool", "augbackend", default={}), []
    if not isinstance(table, dict):
        from augbackend.table.convert import found_instead

        table, mistakes = {}, [f"tool.augbackend: found {found_instead(table)}, expected a table"]
    own = {name: value for name, value in (config_settings or {}).items() if name.startswith(OPTION_PREFIX)}
    layers = [(name, "tool.augbackend in pyproject.toml", value) for name, value in table.items()]
    layers += _from_options(own, table, mistakes)
    layers += _from_variables(os.environ if environ is None else environ, mistakes, warn=warn)
    values, origins = merged(layers)
    known, used = converted_values(values, origins, mistakes) if values else ({}, ())
    project = at(document, "project", default=None)
    build = Build(
        tree=tree,
        values=MappingProxyType(known),
        origins=MappingProxyType(origins),
        features=used,
        requires=strings(at(document, "build-system", "requires", default=())),
        backend_path=strings(at(document, "build-system", "backend-path", default=())),
        project=project if isinstance(project, dict) else None,
        path=tuple(sys.path),
    )
    mistakes += [line for one in used if one.mistakes for line in one.mistakes(build)]
    if mistakes:
        raise SettingsError(str(tree / "pyproject.toml"), mistakes)
    below = known.get("config-settings", {})
    if config_settings is None and not below:
        return build
    lists = {name: list(value) if isinstance(value, tuple) else value for name, value in below.items()}
    above = {name: value for name, value in (config_settings or {}).items() if name not in own}
    return build._replace(config_settings={**lists, **above})


def converted_values(
    table: Mapping[str, Any], origins: Mapping[str, str], mistakes: list[str]
) -> tuple[dict[str, Any], tuple[Feature, ...]]:
    """The values of a table's keys as their features' types, and those features, in the order of their names.

    :param mistakes: grows by a line for each value that is wrong; such a value is left out.
    """
    from augbackend import features
    from augbackend.table.convert import INVALID, TABLE, Place, converted

    found: dict[str, Any] = {}
    parts: dict[str, Feature] = {}
    for name, value in table.items():
        feature, place = features.find(name), Place(TABLE, origins).below(name)
        if feature is None:
            if name not in features.FOR_WRAP:
                mistakes.append(f"{place}: {_no_such(name, table, 'augbackend adopt .')}")
            continue
        one = converted(feature.kind, value, place, mistakes, feature.check, feature.check_name)
        if one is INVALID:
            continue
        found[name], parts[name] = one, feature
        for more in feature.uses(one) if feature.uses else ():
            used = features.find(more)
            parts.update({more: used} if used else {})
            mistakes += [] if used else [f"{place}: {more}: {_no_such(more, table, 'augbackend adopt .')}"]
    return found, tuple(parts[name] for name in sorted(parts))


def _from_options(
    options: Mapping[str, str | list[str]], table: Mapping[str, Any], mistakes: list[str]
) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``-C augbackend.<key>=…``; frontends join repeated ones into a list."""
    for option, value in options.items():
        from augbackend.features import find

        name = option[len(OPTION_PREFIX) :]
        feature = find(name)
        if feature is None:
            command = f"augbackend adopt . --feature {name}"
            mistakes.append(f"-C {option}: {_no_such(name, table, command)}")
            continue
        text = value if isinstance(value, str) else "\n".join(map(str, value))
        found = from_text(feature.kind, text, f"-C {option}", mistakes)
        if found is not None:
            yield name, f"-C {option}", found


def _from_variables(environ: Mapping[str, str], mistakes: list[str], *, warn: bool) -> Iterator[tuple[str, str, Any]]:
    """The layer of ``AUGBACKEND_<KEY>``.

    What is not known here is only warned of: an environment is shared by all builds of a command, and another package
    may have another copy of augbackend.
    """
    for variable in sorted(name for name in environ if name.startswith(VARIABLE_PREFIX)):
        from augbackend import features

        names = {VARIABLE_PREFIX + name.upper().replace("-", "_"): name for name in features.known_keys()}
        feature = features.find(names.get(variable, ""))
        if feature is not None:
            found = from_text(feature.kind, environ[variable], variable, mistakes)
            if found is not None:
                yield names[variable], f"environment variable {variable}", found
        elif warn:
            left_out = {VARIABLE_PREFIX + name.upper().replace("-", "_") for name in features.left_out()}
            why = "the copy of augbackend in this tree leaves it out" if variable in left_out else ""
            from augbackend.table.convert import unknown

            say("note" if why else "warning", f"{variable}: {why or unknown(variable, names)}; ignored")


def _no_such(name: str, table: Mapping[str, Any], command: str) -> str:
    """The complaint about a key that there is no file for, with the command that brings it if there is one."""
    from augbackend import features
    from augbackend.table.convert import unknown

    if name in features.left_out():
        origin = table.get("origin")
        if isinstance(origin, dict):
            command = f"augbackend wrap {origin.get('name')}=={origin.get('version')} --feature {name}"
        return f"the copy of augbackend in this tree leaves it out; {command} brings it"
    newer = "; if a newer augbackend knows it: augbackend adopt ." if features.left_out() else ""
    return unknown(name, [*features.known_keys(), *features.FOR_WRAP]) + newer
