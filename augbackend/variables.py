"""The environment variables around a hook: what each declared one becomes on this machine, and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Optional

from . import pep508, templates
from .errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .settings import Settings


class Resolved(NamedTuple):
    """One variable: its value around the hook, or ``None`` if it is left alone; ``why`` in a few words."""

    name: str
    value: Optional[str]
    why: str


def resolve(settings: Settings, environ: Mapping[str, str], file: str = "pyproject.toml") -> list[Resolved]:
    """What happens to each declared variable, in the order of the table.

    A template sees the caller's environment and the variables above it in the table.

    :param file: named in an error.
    :raises SettingsError: with every undefined template name and every value that the system cannot hold.
    """
    values, resolved, mistakes = dict(environ), [], []
    for name, variable in settings.extra_build_variables.items():
        place = f"tool.augbackend.extra-build-variables.{name}"
        one = None
        if variable.marker and not _holds(variable.marker):
            one = Resolved(name, None, f"marker does not hold here: {variable.marker}")
        elif variable.default and name in environ:
            one = Resolved(name, None, "a default, and the caller has set it")
        else:
            try:
                value = templates.expand(variable.value, values)
                os.fsencode(value)
                one = Resolved(name, value, "a default" if variable.default else "declared")
            except templates.UndefinedNameError as undefined:
                missing = undefined.args[0]
                mistakes.append(
                    f"{place}: ${missing} is not set; set it, or write a fallback: ${{{missing}:-fallback}}"
                )
            except ValueError as error:
                mistakes.append(f"{place}: this system cannot hold the value: {error}")
        if one and one.value is not None:
            if is_path(name) and environ.get(name):
                one = Resolved(name, one.value + os.pathsep + environ[name], "prepended")
            values[name] = str(one.value)
        resolved += [one] if one else []
    if mistakes:
        raise SettingsError(file, mistakes)
    if settings.jobs is not None:
        from . import jobs

        for name, value in jobs.variables(settings.jobs).items():
            if name in environ and name not in settings.extra_build_variables:
                resolved.append(Resolved(name, None, "from jobs, but the caller has set it"))
            elif name not in settings.extra_build_variables:
                resolved.append(Resolved(name, value, "from jobs"))
    return resolved


def is_path(name: str) -> bool:
    """Whether a variable is the one that is prepended to."""
    return (name.upper() if os.name == "nt" else name) == "PATH"


def _holds(marker: str) -> bool:
    return pep508.parse_requirement(f"variable ; {marker}").applies()
