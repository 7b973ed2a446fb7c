"""``match-runtime``: a build requirement in the version that will be there at run time.

A ladder, strongest first; each declared entry takes the first rung that says something::

    override    AUGBACKEND_MATCH_RUNTIME, -C augbackend.match-runtime
    locked      what `augbackend wrap` found in the lock of who depends on the package
    installed   in the environment that is installed into, where the frontend lets us see it
    bare        the requirement as it stands: the newest that fits
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from . import pep508
from .installed import installed_version
from .settings import separated

if TYPE_CHECKING:
    from typing import Literal

    from .reading import Build
    from .settings import BuildDependency

    Rung = Literal["override", "locked", "installed", "bare"]


class Match(NamedTuple):
    """What became of one entry.

    ``entries`` are put in its place; ``exact`` are the same where they name one version and no variant of it, which
    ``==2.8.0`` cannot say (``2.8.0+cpu`` satisfies it) and some frontends do not understand; ``why`` is a few words.
    """

    entries: tuple[BuildDependency, ...]
    rung: Rung
    why: str
    exact: tuple[BuildDependency, ...] = ()


def match(build: Build, entry: BuildDependency) -> Match:
    """Climb down the ladder for one entry of ``extra-build-dependencies`` that says ``match-runtime``."""
    wanted = entry.parsed
    asked = [one for text in build.settings.match_runtime for one in separated(text)]
    for text in asked:
        if _is_for(wanted, text):
            why = f"matched to {build.origins.get('match-runtime', 'match-runtime')}"
            return Match((_in_version(entry, text),), "override", why)
    folders = target_folders()
    version = installed_version(wanted.name, folders)
    if any(_is_for(wanted, text) for text in entry.locked):
        locked = tuple(replace(entry, requirement=text, match_runtime=False, locked=()) for text in entry.locked)
        entries, why = tuple(map(_portable, locked)), "matched to the lock that augbackend wrap was given"
        here = [one for one in entries if one.parsed.applies() and one.parsed.clauses]
        if version is not None and "+" in version and any(one.parsed.accepts(version) for one in here):
            # The lock is content with this variant of its version, and so is pip, which lets it stay.
            variant = _in_version(entry, f"{wanted.name}{exactly(version)}")
            return Match((variant,), "locked", f"{why}, as the variant in {folders[0]}", (variant,))
        return Match(entries, "locked", why, locked)
    if version is not None and wanted.accepts(version):
        exact = _in_version(entry, f"{wanted.name}{exactly(version)}")
        return Match((_portable(exact),), "installed", f"matched to what is installed in {folders[0]}", (exact,))
    place = f"none in {folders[0]}" if folders else "no environment in sight that is installed into"
    override = f"override names only {', '.join(asked)}" if asked else "no override"
    why = f"matched to nothing: {override}, none locked, {place}"
    if version is not None:
        why = f"matched to nothing: {wanted.name} {version} in {folders[0]} is not what is asked for"
    return Match((replace(entry, match_runtime=False, locked=()),), "bare", why)


def plain_entries(build: Build) -> list[BuildDependency]:
    """All of ``extra-build-dependencies``, matched."""
    entries = build.settings.extra_build_dependencies
    return [one for entry in entries for one in (match(build, entry).entries if entry.match_runtime else (entry,))]


def names_one(requirement: pep508.Requirement) -> bool:
    """Whether a requirement leaves no choice of versions: one version, or a URL."""
    exact = [bound for operator, bound in requirement.clauses if operator in ("==", "===")]
    return bool(requirement.url) or any(not bound.endswith(".*") for bound in exact)


def unquoted(url: str) -> str:
    """The file's name in a URL, a local version's plus sign as it is."""
    return url.partition("#")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")


def exactly(version: str) -> str:
    """The specifier of one version and no variant of it (PEP 440, "Arbitrary equality")."""
    return f"=={version}" if "+" in version else f"==={version}"


def _portable(entry: BuildDependency) -> BuildDependency:
    """The entry as every frontend understands it: poetry knows no ``===``."""
    requirement, own = entry.split
    plain = requirement if entry.parsed.url else requirement.replace("===", "==")
    return replace(entry, requirement=f"{plain} ; {own}" if own else plain)


def target_folders() -> list[str]:
    """Where the environment that is installed into keeps its distributions; nothing if it cannot be seen.

    pip isolates a build by taking those folders off ``sys.path``, of an interpreter that is still the target's. Other
    frontends make an environment of the build's own: what can be seen there is the build's.
    """
    import site
    import sysconfig

    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()]
    here = {os.path.realpath(folder or os.curdir) for folder in sys.path}
    if here & {os.path.realpath(folder) for folder in found[:2]}:
        return []
    # pip switches a user's own folder off for the build; outside virtual environments it is part of the target.
    user = [site.getusersitepackages()] if sys.prefix == sys.base_prefix else []
    return list(dict.fromkeys([*user, *found]))


def _is_for(wanted: pep508.Requirement, text: str) -> bool:
    requirement = pep508.parse_requirement(text)
    return requirement.name == wanted.name and requirement.applies()


def _in_version(entry: BuildDependency, text: str) -> BuildDependency:
    """The entry with the version of ``text``: its own extras and markers are kept."""
    version, own = replace(entry, requirement=text).split[0], entry.split[1]
    extras = ",".join(sorted(entry.parsed.extras | pep508.parse_requirement(text).extras))
    if extras:
        named = rf"({pep508.NAME})\s*(\[[^\]]*\])?"
        version = re.sub(named, lambda head: f"{head[1]}[{extras}]", version, count=1)
    requirement = f"{version} ; {own}" if own else version
    return replace(entry, requirement=requirement, match_runtime=False, locked=())
