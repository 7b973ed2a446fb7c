# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""From ``pyproject.toml``, ``-C`` and the environment to one frozen :class:`.Build`, every mistake collected."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from augbackend.errors import SettingsError
from augbackend.table import Build, ConfigSettings, strings
from augbackend.table.layers import OPTION_PREFIX, VARIABLE_PREFIX, at, merged, read_pyproject

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
        from augbackend.table.complaints import found_instead

        table, mistakes = {}, [f"tool.augbackend: found {found_instead(table)}, expected a table"]
    settings = config_settings or {}
    layers = [(name, "tool.augbackend in pyproject.toml", value) for name, value in table.items()]
    environ = os.environ if environ is None else environ
    options = {name: one for name, one in settings.items() if str(name).startswith(OPTION_PREFIX)}
    if options or any(name.startswith(VARIABLE_PREFIX) for name in environ):
        from augbackend.hook.overrides import overrides

        layers += overrides(options, environ, table, mistakes, warn=warn)
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
        seen={},
    )
    mistakes += [line for one in used if one.mistakes for line in one.mistakes(build)]
    if mistakes:
        raise SettingsError(str(tree / "pyproject.toml"), mistakes)
    below = {
        name: list(one) if isinstance(one, tuple) else one for name, one in known.get("config-settings", {}).items()
    }
    if config_settings is None and not below:
        return build
    above = {name: value for name, value in settings.items() if name not in options}
    return build._replace(config_settings={**below, **above})


def converted_values(
    table: Mapping[str, Any], origins: Mapping[str, str], mistakes: list[str]
) -> tuple[dict[str, Any], tuple[Feature, ...]]:
    """The values of a table's keys as their features' types, and those features, in the order of their names.

    :param mistakes: grows by a line for each value that is wrong; such a value is left out.
    """
    from augbackend import features
    from augbackend.table.convert import INVALID, TABLE, Mistakes, converted

    wrong: Mistakes = []
    absent: list[tuple[str, str, str]] = []
    found: dict[str, Any] = {}
    parts: dict[str, Feature] = {}
    for name, value in table.items():
        feature = features.find(name)
        if feature is None:
            absent += [] if name in features.FOR_WRAP else [(name, "", name)]
            continue
        one = converted(feature.kind, value, (TABLE, name), wrong, feature.check, feature.check_name)
        if one is INVALID:
            continue
        found[name], parts[name] = one, feature
        for more in feature.uses(one) if feature.uses else ():
            used = features.find(more)
            parts.update({more: used} if used else {})
            absent += [] if used else [(name, f"{more}: ", more)]
    if wrong or absent:
        from augbackend.hook.overrides import no_such
        from augbackend.table.complaints import lines

        wrong += [((TABLE, name), more + no_such(missing, table)) for name, more, missing in absent]
        mistakes += lines(wrong, origins)
    return found, tuple(parts[name] for name in sorted(parts))
