"""``extra-build-dependencies``: build requirements that the package did not declare."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import ClassVar, Optional

from augbackend.standards import InvalidRequirement, requirements
from augbackend.table import Build, Target
from augbackend.table.convert import TABLE, Table, key

from . import Feature, find


def check_version(text: str) -> None:
    """Complain of a requirement that names no version."""
    wanted = requirements.parse_requirement(text)
    if not wanted.clauses and not wanted.url:
        raise ValueError("expected a name and a version, such as 'torch==2.8.0'")


def _check_command(text: str) -> None:
    if not text or "\0" in text or text != text.strip():
        raise ValueError("expected the name of a command, such as 'cmake'")


@dataclass(init=False, repr=False, eq=False)
class BuildDependency(Table):
    """One entry of ``extra-build-dependencies``; a plain string is its ``requirement``."""

    shorthand: ClassVar[bool] = True

    requirement: str = key(..., check=requirements.parse_requirement)
    """What to install, as PEP 508 writes it."""
    marker: str = key("", check=requirements.parse_marker)
    """Environment marker; joined with the requirement's own, evaluated by the frontend."""
    hooks: tuple[Target, ...] = key(("wheel", "sdist", "editable"))
    """The kinds of build that need it."""
    unless_command: str = key("", check=_check_command)
    """Not needed where this command is on `PATH` (`cmake` from the system, say)."""
    match_runtime: bool = key(False)
    """In the version that will be there at run time, as far as that is known: what the caller says \
(`AUGBACKEND_MATCH_RUNTIME`), what `locked` says, what the environment has that pip installs into."""
    passthrough: bool = key(False)
    """For `match-runtime`: not installed for the build where the environment that pip installs into has it in that \
version. The build sees that one, and what it requires."""
    locked: tuple[str, ...] = key((), check=check_version)
    """For `match-runtime`: the versions that a lock has, each with its marker. Written by `augbackend wrap`."""

    @property
    def text(self) -> str:
        """The whole requirement, markers joined."""
        requirement, own = self.split
        if not self.marker:
            return self.requirement
        return f"{requirement} ; ({own}) and ({self.marker})" if own else f"{requirement} ; {self.marker}"

    @property
    def split(self) -> tuple[str, str]:
        """The requirement without its own marker, and that marker."""
        requirement, _, own = self.requirement.partition(" ;" if "@" in self.requirement else ";")
        return requirement.rstrip(), own.strip()

    @property
    def parsed(self) -> requirements.Requirement:
        """The requirement, for comparing and evaluating."""
        return requirements.parse_requirement(self.text)


def entries(build: Build) -> tuple[BuildDependency, ...]:
    """What is declared."""
    found: tuple[BuildDependency, ...] = build.values.get("extra-build-dependencies", ())
    return found


def is_wanted(entry: BuildDependency, target: Target) -> bool:
    """Whether one kind of build wants an entry on this machine, wherever its marker holds."""
    return target in entry.hooks and not (entry.unless_command and shutil.which(entry.unless_command))


def declared(build: Build, target: Target) -> list[BuildDependency]:
    """The entries for one kind of build: without those that a command replaces, and with versions matched."""
    found: list[BuildDependency] = []
    for entry in entries(build):
        if is_wanted(entry, target):
            feature = find("match-runtime") if entry.match_runtime else None
            found += feature.match(build, entry).entries if feature and feature.match else (entry,)
    return found


def _in_build_system(build: Build, entry: BuildDependency) -> list[str]:
    """The lines of ``build-system.requires`` that ask for the same project."""
    return [text for text in build.requires if requirements.project_of(text) == entry.parsed.name]


def text_for(build: Build, entry: BuildDependency) -> str:
    """The text; that of ``build-system.requires`` if it stands there too: then uv skips its second resolution."""
    for text in _in_build_system(build, entry):
        with suppress(InvalidRequirement):  # the frontend's to report, in its own words
            if text == entry.text or requirements.parse_requirement(text) == entry.parsed:
                return text
    return entry.text


def _requires(build: Build, target: Target) -> list[str]:
    found = declared(build, target)
    for entry in found:
        if any(text != entry.text for text in _in_build_system(build, entry)):
            from ._two_places import complain

            complain(build, entry)
    return [text_for(build, entry) for entry in found if entry.parsed.name not in build.passed]


def _unmet(build: Build, target: Target) -> list[tuple[str, str, Optional[str]]]:
    from augbackend.standards.installed import installed_version

    found: list[tuple[str, str, Optional[str]]] = []
    for entry in declared(build, target):
        wanted = entry.parsed
        if wanted.applies():
            version = installed_version(wanted.name, build.searched, build.seen)
            if version is None or not wanted.accepts(version):
                found.append((entry.text, wanted.name, version))
    return found


def _fingerprint(build: Build, target: Target) -> list[tuple[str, Optional[str]]]:
    from augbackend.standards.installed import versions_of

    return versions_of((entry.text for entry in declared(build, target)), build.seen)


def _uses(value: tuple[BuildDependency, ...]) -> list[str]:
    kinds = {"match-runtime": "match_runtime", "passthrough": "passthrough"}
    return [name for name, kind in kinds.items() if any(getattr(entry, kind) for entry in value)]


def unmatched(found: Iterable[BuildDependency]) -> list[str]:
    """Complaints of what is to be passed through in no version that is known to be right."""
    return [
        f"found passthrough of {entry.requirement!r} without match-runtime; add match-runtime = true, which finds the"
        " version"
        for entry in found
        if entry.passthrough and not entry.match_runtime
    ]


FEATURE = Feature(
    tuple[BuildDependency, ...],
    "Build requirements that the package did not declare.",
    (),
    uses=_uses,
    mistakes=lambda build: [f"{TABLE}.extra-build-dependencies: {one}" for one in unmatched(entries(build))],
    requires=_requires,
    unmet=_unmet,
    fingerprint=_fingerprint,
)
