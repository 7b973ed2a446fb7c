"""Build requirements that the project takes from an index of its own, where no lock says which version: asked there.

::

    tool.uv.sources, tool.uv.index, a pin -> the files on that index -> Locked, as a lock will have it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.fetch import index, release
from augbackend.cli.model.locked_version import Locked, Wheel
from augbackend.cli.model.package_sources import Sources
from augbackend.errors import AugbackendError

from . import build_sources, lock_files, stated_requirements
from .environment_marker import joined
from .negated_marker import negated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.specifiers import SpecifierSet

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.release import PublishedVersion
    from augbackend.cli.model.cli_error import CliError
    from augbackend.cli.model.declaration import BuildRequirement, Declaration

    from .build_sources import BuildSource
    from .lock_files import Choice
    from .project import Project
    from .runtime_versions import RuntimeVersions


def known(project: Project, declaration: Declaration, lookup: Lookup) -> RuntimeVersions:
    """What is known of run-time versions, with what indexes say of those that are built against and not locked.

    :raises AugbackendError: if an index does not say, or is on this machine.
    """
    runtime, asked = project.runtime, {}
    for requirement in declaration.requires:
        name, source = requirement.name, runtime.sources.get(requirement.name)
        is_overridden = any(canonicalize_name(one.name) == name for one in runtime.overrides)
        if source is None or not source.indexes or requirement.parsed.url:
            continue
        found = [one for one in runtime.locked if one.name == name and one.version]
        if not runtime.counts(found) and not (requirement.entry.match_runtime and is_overridden):
            asked[name] = _Question(project, requirement, source, lookup).versions()
    locked = [one for one in runtime.locked if not asked.get(one.name)]
    return replace(runtime, locked=(*locked, *(one for those in asked.values() for one in those)))


@dataclass(frozen=True)
class _Question:
    """Which versions one build requirement means."""

    project: Project
    requirement: BuildRequirement
    source: BuildSource
    lookup: Lookup

    def versions(self) -> list[Locked]:
        """Of each index the version that is taken from there; of the usual ones, where it is taken from none.

        As in a lock, in the order of the versions.
        """
        choices = lock_files.choices(stated_requirements.of(self.project.runtime.stated, self.requirement.name))
        if self.requirement.entry.match_runtime and not all(choice.pin for choice in choices):
            return []  # what will be there at run time is a lock's to say
        found = [one for choice in choices for one in self._chosen(choice, is_only=len(choices) == 1)]
        return sorted(found, key=lambda one: Version(one.version))

    def _chosen(self, choice: Choice, *, is_only: bool) -> Iterator[Locked]:
        """The version of one choice, of each index."""
        wanted = choice.specifier
        if not self.requirement.entry.match_runtime:
            wanted &= self.requirement.parsed.specifier
        where = "" if is_only else choice.marker  # as a lock has one version for all environments
        for name, marker in self.source.indexes:
            found = self._version(wanted, self._place(name), f"the index {name}", joined(choice.marker, marker))
            yield replace(found, marker=joined(where, marker))
        outside = self._outside()
        reach = joined(choice.marker, outside or "")
        if outside is not None and any(one.fulfils(reach) for one in self.project.environments.known()):
            found = self._version(wanted, self.lookup.where, "the usual index", reach)
            yield replace(found, marker=joined(where, outside))

    def _place(self, name: str) -> Sources:
        """An index and no other."""
        place = self.project.indexes.get(name)
        if place is None:
            raise self._refused(f"tool.uv.index has none of the name {name!r}")
        if not place.url.startswith(("https://", "http://")):
            raise build_sources.refused(self.requirement, replace(self.source, is_path=True))
        hosts = self.lookup.where.trusted_hosts
        if place.is_flat:
            return Sources(find_links=(place.url,), trusted_hosts=hosts, no_index=True)
        return Sources(place.url, trusted_hosts=hosts)

    def _outside(self) -> str | None:
        """The marker of where no index of its own is; ``None`` if there is no such place."""
        found = ""
        for _, one in self.source.indexes:
            opposite = negated(one)
            if one and opposite is None:
                raise self._refused(f"the opposite of {one} cannot be said")
            if opposite is None:
                return None
            found = joined(found, opposite)
        return found

    def _version(self, wanted: SpecifierSet, where: Sources, words: str, reach: str) -> Locked:
        """The version in one place, with the wheels that environments can take where a marker holds."""
        name = self.requirement.name
        try:
            asked = Requirement(f"{name}{wanted}")
            found = release.newest(asked, replace(self.lookup, where=where), lambda _: True)
        except AugbackendError as error:
            raise self._refused(error.what) from None
        if found is None:
            raise self._refused(f"{words} has no {asked}")
        wheels = [one for one in found.wheels if self.project.environments.can_take(one.filename, reach)]
        sdist = found.sdist
        return Locked(
            name=name,
            version=found.version,
            marker="",
            url=index.shown(sdist.url) if sdist else "",
            sha256=sdist.sha256 if sdist else "",
            path=None,
            wheels=tuple(Wheel(one.filename, index.shown(one.url), one.sha256) for one in wheels),
            registry=_registry(where, found),
            source=words,
        )

    def _refused(self, why: str) -> CliError:
        return build_sources.refused(self.requirement, self.source, why=why)


def _registry(where: Sources, found: PublishedVersion) -> str:
    """Which of several indexes has it, as a lock names it."""
    urls = [index.shown(url) for url in (where.index_url, *where.extra_index_urls, *where.find_links) if url]
    return next((url for url in urls if found.files[0].page.startswith(url.rstrip("/"))), "")
