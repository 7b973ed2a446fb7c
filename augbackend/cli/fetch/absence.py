"""Why there is no sdist to be had: each reason in its own words, with what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import Version

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import fits_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.requirements import Requirement

_MOST_VERSIONS = 10
_ELSEWHERE = "its repository (git+https://…)"


class NoProjectError(CliError):
    """No place has the project: its name may be spelled wrong."""


class OnlyWheelsError(CliError):
    """It is published, but there is nothing to build it from."""


def absence(requirement: Requirement, places: str, there: Sequence[Any]) -> CliError:
    """The error that says why no sdist fits, where all places have answered.

    :param places: that were asked.
    :param there: all files of the project that unearth found, newest first.
    """
    name = requirement.name
    if not there:
        hint = f"is the name spelled right? If it is published elsewhere, name its index, its URL, or {_ELSEWHERE}"
        return NoProjectError(f"there is no project {name}", id="no-such-project", where=places, hint=hint)
    allowed = [one for one in there if _allows(requirement, one)]
    wheels = [one for one in allowed if one.link.is_wheel]
    if wheels:
        return _only_wheels(name, wheels, [one for one in there if not one.link.is_wheel], places)
    if allowed:
        wanted = f" that {requirement} allows" if requirement.specifier else ""
        hint = f"name the version, if you want it: {name}=={allowed[0].version}"
        return CliError(
            f"all of {name}{wanted} is yanked: {_listed(allowed)}", id="version-is-yanked", where=places, hint=hint
        )
    what = f"{name} has no version {requirement.specifier}; there are {_listed(there)}"
    return CliError(what, id="no-such-version", where=places, hint="ask for one of them")


def _only_wheels(name: str, wheels: Sequence[Any], sdists: Sequence[Any], places: str) -> OnlyWheelsError:
    version = wheels[0].version
    what = f"{name} {version} is published as wheels only, without an sdist"
    what += f"; sdists are there of {_listed(sdists)}" if sdists else ""
    if any(fits_here(one.link.filename) for one in wheels if one.version == version):
        hint = f"nothing has to be built; install it as it is: pip install {name}=={version}"
    else:
        hint = f"none of them fits this Python on this platform; name {_ELSEWHERE}"
    return OnlyWheelsError(what, id="only-wheels", where=places, hint=hint)


def _allows(requirement: Requirement, package: Any) -> bool:
    try:
        return requirement.specifier.contains(str(package.version), prereleases=True)
    except ValueError:
        return not requirement.specifier


def _listed(packages: Iterable[Any]) -> str:
    """The newest versions of some files, oldest first."""
    found: dict[str, bool] = {}
    for package in packages:
        found[str(package.version)] = found.get(str(package.version), True) and package.link.is_yanked
    newest = sorted(found, key=_in_order)[-_MOST_VERSIONS:]
    more = [f"{len(found) - len(newest)} older ones"] if len(found) > len(newest) else []
    return ", ".join([*more, *(f"{version} (yanked)" if found[version] else version for version in newest)])


def _in_order(version: str) -> tuple[bool, Any]:
    """What versions are sorted by; those of no known form are the oldest."""
    try:
        return True, Version(version)
    except ValueError:
        return False, version
