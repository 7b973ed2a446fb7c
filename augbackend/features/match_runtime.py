"""``match-runtime``: a build requirement in the version that will be there at run time.

The key itself holds versions for one build; an entry of ``extra-build-dependencies`` says that it is to be matched.

The sources of a version, strongest first. Each entry takes the first that knows one::

    override    AUGBACKEND_MATCH_RUNTIME, -C augbackend.match-runtime
    locked      what `augbackend wrap` found in the lock of the project that depends on the package
    installed   in the environment that is installed into, where the frontend lets us see it
    bare        the requirement as it stands: the newest that fits
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from augbackend.errors import AugbackendError, say
from augbackend.standards import requirements, versions
from augbackend.standards.installed import installed_version

from . import Feature
from .extra_build_dependencies import check_version, entries, is_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal, Optional

    from augbackend.table import Build, Target

    from .extra_build_dependencies import BuildDependency

    Rung = Literal["override", "locked", "installed", "bare"]


class Match(NamedTuple):
    """The result for one entry.

    :param entries: what is put in its place.
    :param why: in a few words.
    :param exact: the same entries with ``===``, so that ``2.8.0+cpu`` does not satisfy ``2.8.0``. Some frontends do not
        understand ``===``.
    """

    entries: tuple[BuildDependency, ...]
    rung: Rung
    why: str
    exact: tuple[BuildDependency, ...] = ()


def separated(text: str) -> list[str]:
    """The requirements in a text that separates them by commas; specifiers and extras have commas of their own."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, text.split(","))):
        if parts and (part[0] in "<>=!~" or parts[-1].count("[") > parts[-1].count("]")):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def match(build: Build, entry: BuildDependency, folders: Optional[Sequence[str]] = None) -> Match:
    """Find the version for one entry of ``extra-build-dependencies`` that says ``match-runtime``.

    :param folders: the folders of the environment that is installed into, if they are known.
    """
    wanted = entry.parsed
    asked = [one for text in build.values.get("match-runtime", ()) for one in separated(text)]
    for text in asked:
        if _is_for(wanted, text):
            why = f"matched to {build.origins.get('match-runtime', 'match-runtime')}"
            return Match((_in_version(entry, text),), "override", why)
    folders = target_folders() if folders is None else folders
    version = installed_version(wanted.name, [*folders, *_linked(wanted.name, folders)], build.seen)
    if any(_is_for(wanted, text) for text in entry.locked):
        locked = tuple(replace(entry, requirement=text, match_runtime=False, locked=()) for text in entry.locked)
        plain, why = tuple(map(_portable, locked)), "matched to the lock that augbackend wrap was given"
        here = [one for one in plain if one.parsed.applies() and one.parsed.clauses]
        if version is not None and "+" in version and any(one.parsed.accepts(version) for one in here):
            # This variant satisfies the lock, and pip does not replace it.
            variant = _in_version(entry, f"{wanted.name}{exactly(version)}")
            return Match((variant,), "locked", f"{why}, as the variant in {folders[0]}", (variant,))
        return Match(plain, "locked", why, locked)
    if version is not None and _is_version(version) and wanted.accepts(version):
        exact = _in_version(entry, f"{wanted.name}{exactly(version)}")
        return Match((_portable(exact),), "installed", f"matched to what is installed in {folders[0]}", (exact,))
    place = f"none in {folders[0]}" if folders else "the environment that is installed into cannot be seen"
    override = f"override names only {', '.join(asked)}" if asked else "no override"
    why = f"matched to nothing: {override}, none locked, {place}"
    if version is not None:
        why = f"matched to nothing: {wanted.name} {version} in {folders[0]} is not what is asked for"
    return Match((replace(entry, match_runtime=False, locked=()),), "bare", why)


def plain_entries(build: Build) -> list[BuildDependency]:
    """All of ``extra-build-dependencies``, matched."""
    matched = [match(build, entry).entries if entry.match_runtime else (entry,) for entry in entries(build)]
    return [one for found in matched for one in found]


def names_one(requirement: requirements.Requirement) -> bool:
    """Whether a requirement leaves no choice of versions: one version, or a URL."""
    exact = [bound for operator, bound in requirement.clauses if operator in ("==", "===")]
    return bool(requirement.url) or any(not bound.endswith(".*") for bound in exact)


def unquoted(url: str) -> str:
    """The file's name in a URL, a local version's plus sign as it is."""
    return url.partition("#")[0].rpartition("/")[2].replace("%2B", "+").replace("%2b", "+")


def _is_version(text: str) -> bool:
    try:
        return bool(versions.comparable(text))
    except versions.InvalidVersion:
        return False


def exactly(version: str) -> str:
    """The specifier of exactly this version: ``2.8.0`` does not include ``2.8.0+cpu`` (PEP 440)."""
    return f"=={version}" if "+" in version else f"==={version}"


def _portable(entry: BuildDependency) -> BuildDependency:
    """The entry as every frontend understands it: poetry knows no ``===``."""
    requirement, own = entry.split
    plain = requirement if entry.parsed.url else requirement.replace("===", "==")
    return replace(entry, requirement=f"{plain} ; {own}" if own else plain)


def target_folders() -> list[str]:
    """Where the environment that is installed into keeps its distributions; nothing if it cannot be seen.

    pip runs a build with the target's interpreter, and only takes those folders off ``sys.path``. Others make an
    environment for the build; there, only that one can be seen.
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


def _linked(name: str, folders: Sequence[str]) -> Iterator[str]:
    """Where old setuptools' ``develop`` says that a project lies. No ``.pth`` file of another environment is read."""
    for folder in folders:
        with suppress(OSError, ValueError), Path(folder, f"{name}.egg-link").open(encoding="utf-8") as link:
            yield link.readline().strip()


def _is_for(wanted: requirements.Requirement, text: str) -> bool:
    requirement = requirements.parse_requirement(text)
    return requirement.name == wanted.name and requirement.applies()


def _in_version(entry: BuildDependency, text: str) -> BuildDependency:
    """The entry with the version of ``text``: its own extras and markers are kept."""
    version, own = replace(entry, requirement=text).split[0], entry.split[1]
    extras = ",".join(sorted(entry.parsed.extras | requirements.parse_requirement(text).extras))
    if extras:
        named = rf"({requirements.NAME})\s*(\[[^\]]*\])?"
        version = re.sub(named, lambda head: f"{head[1]}[{extras}]", version, count=1)
    requirement = f"{version} ; {own}" if own else version
    return replace(entry, requirement=requirement, match_runtime=False, locked=())


def _say_bare(build: Build, target: Target) -> list[str]:
    for entry in entries(build):
        if entry.match_runtime and is_wanted(entry, target) and entry.parsed.applies():
            found = match(build, entry)
            if found.rung == "bare":
                cure = f"AUGBACKEND_MATCH_RUNTIME={entry.parsed.name}==<version> says which"
                say("note", f"{found.entries[0].text} {found.why}; {cure}")
    return []


def _check_variants(build: Build, target: Target) -> None:
    """Refuse another variant of a matched version, since a wheel's pin cannot tell ``2.8.0+cpu`` from ``2.8.0``."""
    for wanted in entries(build):
        found = match(build, wanted) if wanted.match_runtime and is_wanted(wanted, target) else None
        for exact, entry in zip(found.exact, found.entries) if found else ():
            name, version = exact.parsed.name, installed_version(exact.parsed.name, build.searched, build.seen)
            if version is None or exact.parsed.accepts(version) or not entry.parsed.accepts(version):
                continue
            if found and exact.parsed.applies():
                (_, bound), *_ = exact.parsed.clauses
                says = f"AUGBACKEND_MATCH_RUNTIME={name}"
                raise AugbackendError(
                    f"{name} {version} is in the build environment, and at run time there will be {name} {bound}",
                    where=f"tool.augbackend.extra-build-dependencies, {name}: {found.why}",
                    hint=f"{says}=={version} takes it, {says}==={bound} does not",
                )


def _twice(build: Build) -> Iterator[str]:
    """A requirement with match-runtime must not be in build-system.requires: pip would not replace its version."""
    matched = {entry.parsed.name for entry in entries(build) if entry.match_runtime}
    for text in build.requires if matched else ():
        head = re.match(requirements.NAME, text.strip())
        if head and requirements.canonical_name(head[0]) in matched:
            yield (
                f"build-system.requires: found {text!r}, which is there with match-runtime in"
                " tool.augbackend.extra-build-dependencies; take it out here, or pip has two versions to install"
            )


FEATURE = Feature(
    tuple[str, ...],
    "The versions for what `match-runtime` asks for, such as `torch==2.8.0`, several separated by commas: for one "
    "build, as `AUGBACKEND_MATCH_RUNTIME` or with `-C`.",
    (),
    lambda text: [*map(check_version, separated(text))],
    mistakes=_twice,
    match=match,
    requires=_say_bare,
    before=_check_variants,
)
