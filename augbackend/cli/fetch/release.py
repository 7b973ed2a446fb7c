"""The files that one version of a package has on an index: the newest version that is of use to somebody.

::

    a requirement -> the index, or what it said before -> PublishedVersion
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.model import package_sources

from . import index
from .index import IndexFile, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.requirements import Requirement

    from .lookup import Lookup


@dataclass(frozen=True)
class PublishedVersion:
    """One version, and its files."""

    version: str
    files: tuple[IndexFile, ...]

    @property
    def wheels(self) -> list[IndexFile]:
        """Its wheels, in the order of their names; one that is in several places from the first."""
        found = {one.filename: one for one in reversed(self.files) if _is_wheel(one)}
        return [found[name] for name in sorted(found)]

    @property
    def sdist(self) -> IndexFile | None:
        """Its sdist; ``None`` if it is published as wheels only."""
        return next((one for one in self.files if not _is_wheel(one)), None)


def newest(
    requirement: Requirement, lookup: Lookup, is_of_use: Callable[[PublishedVersion], bool]
) -> PublishedVersion | None:
    """The newest version that the requirement allows and that is of use; ``None`` if there is none.

    Offline, of the versions that the same sources had before.

    :raises UnansweredError: if it cannot be known: offline and not asked before, or no answer.
    """
    where, folders = lookup.where, package_sources.only_folders(lookup.where)
    if lookup.offline and where.no_index and folders.find_links == where.find_links:
        where = folders
    if lookup.offline and where is not folders:
        found = _remembered(requirement, lookup)
        if not found:
            what = f"which wheels {requirement.name} has is not known: --offline asks no index, and no lock says it"
            raise UnansweredError(
                what, id="wheels-not-known-offline", hint="run uv lock, or run this once without --offline"
            )
    else:
        files = index.files(requirement, where, not_in=lookup.output)  # in groups: the newest version is the first
        found = [PublishedVersion(version, tuple(those)) for version, those in groupby(files, lambda one: one.version)]
    chosen = next((one for one in found if is_of_use(one)), None)
    if chosen is not None and not lookup.offline:
        shown = [replace(one, url=index.shown(one.url)) for one in chosen.files]
        lookup.cache.remember_files(shown, where)
    return chosen


def _remembered(requirement: Requirement, lookup: Lookup) -> Sequence[PublishedVersion]:
    name = canonicalize_name(requirement.name)
    known = {files[0].version: tuple(files) for files in lookup.cache.files(name, lookup.where)}
    allowed = sorted(requirement.specifier.filter(known), key=Version, reverse=True)
    return [PublishedVersion(version, known[version]) for version in allowed]


def _is_wheel(file: IndexFile) -> bool:
    return file.filename.endswith(".whl")
