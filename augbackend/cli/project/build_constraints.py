"""Build constraints of a project and of its user: ``build-constraint-dependencies``, and files that variables name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import BuildRequirement
from augbackend.cli.model.requirement import requirement_of
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.table.complaints import found_instead

from . import requirements_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from packaging.requirements import Requirement

_KEY = "tool.uv.build-constraint-dependencies"
_VARIABLES = ("UV_BUILD_CONSTRAINT", "PIP_BUILD_CONSTRAINT")  # each names files, separated by blanks


def of_table(uv: Mapping[str, Any], mistakes: list[str]) -> tuple[BuildRequirement, ...]:
    """What ``[tool.uv]`` says.

    :param mistakes: grows by one line for each mistake.
    """
    listed = uv.get("build-constraint-dependencies", [])
    if not isinstance(listed, list):
        mistakes.append(f"{_KEY}: found {found_instead(listed)}, expected a list")
        return ()
    found: list[BuildRequirement] = []
    for at, text in enumerate(listed):
        requirement = requirement_of(text) if isinstance(text, str) else None
        if requirement is None:
            mistakes.append(
                f"{_KEY}[{at}]: found {found_instead(text)}, expected a requirement, such as 'setuptools<82'"
            )
        else:
            found += _constraint(requirement, _KEY)
    return tuple(found)


def of_environment(environ: Mapping[str, str]) -> tuple[BuildRequirement, ...]:
    """What the files say that uv's and pip's variables name.

    :raises AugbackendError: if one cannot be read.
    """
    found: dict[str, BuildRequirement] = {}
    for variable in _VARIABLES:
        for place in environ.get(variable, "").split():
            if "://" in place:
                hint = "download it, and name the file"
                raise CliError(
                    f"{place} is no file, and only files are read",
                    id="constraint-not-a-file",
                    where=variable,
                    hint=hint,
                )
            for requirement in requirements_file.requirements(Path(place)):
                for one in _constraint(requirement, f"{place}, by {variable}"):
                    found.setdefault(one.entry.text, one)
    return tuple(found.values())


def _constraint(requirement: Requirement, origin: str) -> Iterator[BuildRequirement]:
    """A constraint without extras, which do not constrain; nothing if it allows every version."""
    if requirement.url or requirement.specifier:
        wanted = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
        marker = f" ; {requirement.marker}" if requirement.marker else ""
        yield BuildRequirement(BuildDependency(requirement=f"{requirement.name}{wanted}{marker}"), origin)
