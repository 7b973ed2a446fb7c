"""Build constraints: versions of what a build asks for, which a wrapped archive has to name itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from augbackend.features.extra_build_dependencies import BuildDependency

from .cli_error import CliError
from .declaration import BuildRequirement
from .locked_version import exact_version
from .requirement import requirement_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def applied(asked: Iterable[BuildRequirement], constraints: Sequence[BuildRequirement]) -> list[BuildRequirement]:
    """The constraints as requirements: each under the conditions of the requirement that it narrows.

    One that an exact version fulfils already adds nothing, so it is left out.

    :raises AugbackendError: if one names a file of this machine.
    """
    found: dict[tuple[object, ...], BuildRequirement] = {}
    for one in asked if constraints else ():
        for constraint in constraints:
            if one.name == constraint.name and not _fulfils(one, constraint):
                _refuse_place_here(constraint)
                marker = str(one.parsed.marker or "")
                text = constraint.entry.text
                entry = replace(
                    one.entry, requirement=text, marker=marker, match_runtime=False, passthrough=False, locked=()
                )
                key = (entry.text, entry.hooks, entry.unless_command)
                found.setdefault(key, BuildRequirement(entry, constraint.origin))
    return list(found.values())


def applied_to(texts: Sequence[str], constraints: Sequence[BuildRequirement]) -> list[str]:
    """The same of plain requirements, without those that are there already."""
    asked = [BuildRequirement(BuildDependency(requirement=text), "") for text in texts if requirement_of(text)]
    return [one.entry.text for one in applied(asked, constraints) if one.entry.text not in texts]


def _refuse_place_here(constraint: BuildRequirement) -> None:
    url = constraint.parsed.url or ""
    if url.startswith("file:") or (url and "://" not in url):
        raise CliError(
            f"the build constraint on {constraint.name} is a file of this machine, which other machines do not have",
            id="constraint-on-local-file",
            where=constraint.origin,
            hint=f"constrain it to a version there: {constraint.name}==<version>",
        )


def _fulfils(one: BuildRequirement, constraint: BuildRequirement) -> bool:
    """Whether every version that the requirement may come to is one that the constraint allows."""
    if constraint.parsed.url:
        return one.parsed.url == constraint.parsed.url
    exact = exact_version(one.parsed)
    versions = [it.version for it in one.versions] or ([exact] if exact else [])
    try:
        return bool(versions) and all(constraint.parsed.specifier.contains(it, prereleases=True) for it in versions)
    except ValueError:  # `===` takes any text
        return False
