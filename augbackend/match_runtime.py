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
    """What became of one entry: the entries to put in its place, the rung, and why in a few words."""

    entries: tuple[BuildDependency, ...]
    rung: Rung
    why: str


def match(build: Build, entry: BuildDependency) -> Match:
    """Climb down the ladder for one entry of ``extra-build-dependencies`` that says ``match-runtime``."""
    wanted = entry.parsed
    asked = [one for text in build.settings.match_runtime for one in separated(text)]
    for text in asked:
        if _is_for(wanted, text):
            why = f"matched to {build.origins.get('match-runtime', 'match-runtime')}"
            return Match((_in_version(entry, text),), "override", why)
    if any(_is_for(wanted, text) for text in entry.locked):
        locked = tuple(replace(entry, requirement=text, match_runtime=False) for text in entry.locked)
        return Match(locked, "locked", "matched to the lock that augbackend wrap was given")
    folders = target_folders()
    version = installed_version(wanted.name, folders)
    if version is not None and wanted.accepts(version):
        text = f"{wanted.name}{exactly(version)}"
        return Match((_in_version(entry, text),), "installed", f"matched to what is installed in {folders[0]}")
    place = f"none in {folders[0]}" if folders else "no environment in sight that is installed into"
    why = f"matched to nothing: no override, none locked, {place}"
    if version is not None:
        why = f"matched to nothing: {wanted.name} {version} in {folders[0]} is not what is asked for"
    return Match((replace(entry, match_runtime=False, locked=()),), "bare", why)


def exactly(version: str) -> str:
    """The specifier of one version and no other: ``==2.8.0`` would let ``2.8.0+cpu`` pass (PEP 440)."""
    return f"=={version}" if "+" in version else f"==={version}"


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
    (plain, own), version = entry.split, replace(entry, requirement=text).split[0]
    extras = re.search(r"\[[^\]]*\]", plain.partition("@")[0])
    if extras and "[" not in version.partition("@")[0]:
        version = re.sub(pep508.NAME, lambda name: name[0] + extras[0], version, count=1)
    requirement = f"{version} ; {own}" if own else version
    return replace(entry, requirement=requirement, match_runtime=False, locked=())
