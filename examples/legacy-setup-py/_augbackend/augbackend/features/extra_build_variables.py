# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""``extra-build-variables``: the environment variables around a hook."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Optional

from augbackend.errors import SettingsError
from augbackend.standards import requirements
from augbackend.table import Build, Target, templates
from augbackend.table.convert import Table, key

from . import Feature

_DISTUTILS = "SETUPTOOLS_USE_DISTUTILS"
_HACK = "_distutils_hack"  # setuptools' module, which looks at the variable


class Resolved(NamedTuple):
    """One variable: its value around the hook, or ``None`` if it is left alone; ``why`` in a few words."""

    name: str
    value: Optional[str]
    why: str


def _check_name(name: str) -> None:
    if not name or "=" in name or "\0" in name:
        raise ValueError("expected the name of an environment variable: not empty, without '=' and NUL")


def _check_value(text: str) -> None:
    if "\0" in text:
        raise ValueError("an environment variable cannot hold a NUL character")
    templates.parse(text)


@dataclass(init=False, repr=False, eq=False)
class BuildVariable(Table):
    """One entry of ``extra-build-variables``; a plain string is its ``value``."""

    shorthand: ClassVar[bool] = True

    value: str = key(..., check=_check_value)
    """Template: `$NAME`, `${NAME}`, `${NAME:-fallback}`, `$$` for a dollar sign. `PATH` is prepended."""
    marker: str = key("", check=requirements.parse_marker)
    """Environment marker; where it does not hold, the variable is left alone."""
    default: bool = key(False)
    """Only a default: the caller's environment wins. Without it, this value wins."""


def declared(build: Build) -> Mapping[str, BuildVariable]:
    """What is declared, by name."""
    found: Mapping[str, BuildVariable] = build.values.get("extra-build-variables", {})
    return found


def is_path(name: str) -> bool:
    """Whether a variable is the one that is prepended to."""
    return (name.upper() if os.name == "nt" else name) == "PATH"


def resolved(build: Build, environ: Mapping[str, str], _before: Sequence[Resolved] = ()) -> list[Resolved]:
    """What happens to each variable. A template sees the caller's environment and the variables above it."""
    values, found, mistakes = dict(environ), list[Resolved](), list[str]()
    for name, variable in declared(build).items():
        place = f"tool.augbackend.extra-build-variables.{name}"
        if variable.marker and not requirements.parse_requirement(f"variable ; {variable.marker}").applies():
            found.append(Resolved(name, None, f"marker does not hold here: {variable.marker}"))
            continue
        if variable.default and name in environ:
            found.append(Resolved(name, None, "a default, and the caller has set it"))
            continue
        try:
            value, why = templates.expand(variable.value, values), "a default" if variable.default else "declared"
            os.fsencode(name + value)
        except templates.UndefinedNameError as undefined:
            missing = undefined.args[0]
            cure = f"set it, or write a fallback: ${{{missing}:-fallback}}"
            mistakes.append(f"{place}: ${missing} is not set; {cure}")
            continue
        except ValueError as error:
            mistakes.append(f"{place}: this system cannot hold the value: {error}")
            continue
        if is_path(name) and environ.get(name):
            value, why = value + os.pathsep + environ[name], "prepended"
        values[name] = value
        found.append(Resolved(name, value, why))
    if mistakes:
        raise SettingsError(str(build.tree / "pyproject.toml"), mistakes)
    return found


@contextmanager
def _shown(build: Build, _hook: str) -> Iterator[Build]:
    """Let Python's own distutils be found where that is declared.

    setuptools' own is put before it when the interpreter starts, unless the variable is set by then.
    """
    before = list(sys.meta_path)
    if _DISTUTILS in declared(build) and os.environ.get(_DISTUTILS, "local") != "local":
        sys.meta_path[:] = [one for one in before if type(one).__module__ != _HACK]
    hidden = [one for one in before if one not in sys.meta_path]
    try:
        yield build
    finally:
        sys.meta_path[:0] = hidden


def _fingerprint(build: Build, _target: Target) -> list[tuple[str, Optional[str]]]:
    # Only the declared part of PATH counts; the rest is the caller's.
    return [(name, one.value if is_path(name) else os.environ.get(name)) for name, one in declared(build).items()]


FEATURE = Feature(
    Mapping[str, BuildVariable],
    "Environment variables around every hook of the wrapped backend.",
    {},
    check_name=_check_name,
    variables=resolved,
    shown=_shown,
    fingerprint=_fingerprint,
)
