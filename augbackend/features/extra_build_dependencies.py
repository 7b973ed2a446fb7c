"""``extra-build-dependencies``: build requirements that the package did not declare."""

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Optional

from augbackend.errors import say
from augbackend.standards import requirements
from augbackend.standards.installed import installed_version, versions_of
from augbackend.table import Build, Target
from augbackend.table.convert import key

from . import Feature, find

if TYPE_CHECKING:
    from .match_runtime import Match


def separated(text: str) -> list[str]:
    """The requirements in a text that separates them by commas; those of a specifier and of extras separate none."""
    parts: list[str] = []
    for part in filter(None, map(str.strip, text.split(","))):
        if parts and (part[0] in "<>=!~" or parts[-1].count("[") > parts[-1].count("]")):
            parts[-1] += f",{part}"
        else:
            parts.append(part)
    return parts


def check_versions(text: str) -> None:
    """Complain of requirements that name no version."""
    for one in map(requirements.parse_requirement, separated(text)):
        if not one.clauses and not one.url:
            raise ValueError("expected a name and a version, such as 'torch==2.8.0'")


def _check_command(text: str) -> None:
    if not text or "\0" in text or text != text.strip():
        raise ValueError("expected the name of a command, such as 'cmake'")


@dataclass(frozen=True, repr=False, eq=False)
class BuildDependency:
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
    locked: tuple[str, ...] = key((), check=check_versions)
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


def match(build: Build, entry: BuildDependency) -> Optional["Match"]:
    """What ``match-runtime`` makes of an entry; ``None`` if the entry does not say it."""
    feature = find("match-runtime") if entry.match_runtime else None
    return feature.match(build, entry) if feature and feature.match else None


def declared(build: Build, target: Target) -> list[BuildDependency]:
    """What the entries come to for one kind of build: versions matched, commands looked for."""
    wanted = [(entry, match(build, entry)) for entry in entries(build) if is_wanted(entry, target)]
    return [one for entry, found in wanted for one in (found.entries if found else (entry,))]


def text_for(build: Build, entry: BuildDependency) -> str:
    """The requirement's text; byte for byte that of ``build-system.requires``, if it stands there too.

    Then uv sees nothing new and skips its second resolution.
    """
    for text in build.requires:
        try:
            if text == entry.text or requirements.parse_requirement(text) == entry.parsed:
                return text
        except requirements.InvalidRequirement:
            continue  # the frontend's to report, in its own words
    return entry.text


def _requires(build: Build, target: Target) -> list[str]:
    for entry in entries(build):
        found = match(build, entry) if is_wanted(entry, target) and entry.parsed.applies() else None
        if found is not None and found.rung == "bare":
            cure = f"AUGBACKEND_MATCH_RUNTIME={entry.parsed.name}==<version> says which"
            say("note", f"{found.entries[0].text} {found.why}; {cure}")
    return [text_for(build, entry) for entry in declared(build, target)]


def _unmet(build: Build, target: Target) -> list[tuple[str, str, Optional[str]]]:
    found: list[tuple[str, str, Optional[str]]] = []
    for entry in declared(build, target):
        wanted = entry.parsed
        version = installed_version(wanted.name) if wanted.applies() else None
        if wanted.applies() and (version is None or not wanted.accepts(version)):
            found.append((entry.text, wanted.name, version))
    return found


FEATURE = Feature(
    tuple[BuildDependency, ...],
    "Build requirements that the package did not declare.",
    (),
    uses=lambda value: ["match-runtime"] if any(entry.match_runtime for entry in value) else [],
    requires=_requires,
    unmet=_unmet,
    fingerprint=lambda build, target: versions_of(entry.text for entry in declared(build, target)),
)
