# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""From ``pyproject.toml``, ``-C`` and the environment to one frozen :class:`.Build`, every mistake collected."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from augbackend.errors import SettingsError, say
from augbackend.table import Build, ConfigSettings, strings
from augbackend.table.layers import OPTION_PREFIX, VARIABLE_PREFIX, at, from_text, merged, read_pyproject

if TYPE_CHECKING:
    from augbackend.features import Feature


def read(
    tree: Path,
    config_settings: ConfigSettings = None,
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
    document, mistakes = read_pyproject(tree) if document is None else document, []
    table = at(document, "tool", "augbackend", default={})
    if not isinstance(table, dict):
        from augbackend.table.convert import found_instead

        table, mistakes = {}, [f"tool.augbackend: found {found_instead(table)}, expected a table"]
    settings = config_settings or {}
    layers = [(name, "tool.augbackend in pyproject.toml", value) for name, value in table.items()]
    layers += _overrides(settings, os.environ if environ is None else environ, table, mistakes, warn=warn)
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
    below = {
        name: list(one) if isinstance(one, tuple) else one for name, one in known.get("config-settings", {}).items()
    }
    if config_settings is None and not below:
        return build
    above = {name: value for name, value in settings.items() if not name.startswith(OPTION_PREFIX)}
    return build._replace(config_settings={**below, **above})


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
            mistakes += [] if name in features.FOR_WRAP else [f"{place}: {_no_such(name, table)}"]
            continue
        one = converted(feature.kind, value, place, mistakes, feature.check, feature.check_name)
        if one is INVALID:
            continue
        found[name], parts[name] = one, feature
        for more in feature.uses(one) if feature.uses else ():
            used = features.find(more)
            parts.update({more: used} if used else {})
            mistakes += [] if used else [f"{place}: {more}: {_no_such(more, table)}"]
    return found, tuple(parts[name] for name in sorted(parts))


def _overrides(
    settings: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
    mistakes: list[str],
    *,
    warn: bool,
) -> Iterator[tuple[str, str, Any]]:
    """The layers of ``-C augbackend.<key>=…`` (frontends join repeated ones into a list) and of ``AUGBACKEND_<KEY>``.

    A variable that is not known here is only warned of: an environment is shared by all builds of a command, and
    another package may have another copy of augbackend.
    """
    options = {name: value for name, value in settings.items() if name.startswith(OPTION_PREFIX)}
    variables = sorted(name for name in environ if name.startswith(VARIABLE_PREFIX))
    if not options and not variables:
        return
    from augbackend import features
    from augbackend.table.convert import unknown

    every = [*features.known_keys(), *features.left_out()]
    names = {VARIABLE_PREFIX + name.upper().replace("-", "_"): name for name in every}
    texts = [
        (name[len(OPTION_PREFIX) :], f"-C {name}", value if isinstance(value, str) else "\n".join(map(str, value)))
        for name, value in options.items()
    ]
    texts += [(names.get(name, ""), f"environment variable {name}", environ[name]) for name in variables]
    for name, origin, text in texts:
        feature = features.find(name)
        if feature is not None:
            value = from_text(feature.kind, text, origin, mistakes)
            if value is not None:
                yield name, origin, value
        elif origin.startswith("-C"):
            mistakes.append(f"{origin}: {_no_such(name, table, f' --feature {name}')}")
        elif warn and name:
            say("note", f"{origin}: the copy of augbackend in this tree leaves it out; ignored")
        elif warn:
            variable = origin.rpartition(" ")[2]
            say("warning", f"{variable}: {unknown(variable, names)}; ignored")


def _no_such(name: str, table: Mapping[str, Any], option: str = "") -> str:
    """The complaint about a key that there is no file for, with the command that brings it if there is one.

    :param option: what `adopt` needs to know where the table does not say the key.
    """
    from augbackend import features
    from augbackend.table.convert import unknown

    if name not in features.left_out():
        newer = "; if a newer augbackend knows it: augbackend adopt ." if features.left_out() else ""
        return unknown(name, [*features.known_keys(), *features.FOR_WRAP]) + newer
    origin, command = table.get("origin"), f"adopt .{option}"
    if isinstance(origin, dict):
        command = f"wrap {origin.get('name')}=={origin.get('version')} --feature {name}"
    return f"the copy of augbackend in this tree leaves it out; augbackend {command} brings it"
