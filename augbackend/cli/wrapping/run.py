"""Packages wrapped one after the other: each fetched, decided, then written where that differs from what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Optional

from augbackend import __version__
from augbackend.cli.fetch import sdist, upstream
from augbackend.errors import AugbackendError

from . import archive, plan, project_sources

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project

    from .plan import ArchivePlan

State = Literal["written", "unchanged", "stale", "missing"]


@dataclass(frozen=True)
class WrappedPackage:
    """What became of one job.

    :param source: where upstream's sdist came from, in a few words.
    """

    job: Job
    plan: ArchivePlan
    archive: Path
    source: str
    state: State


@dataclass(frozen=True)
class WrapRun:
    """What became of all jobs.

    :param project: the one that said what to wrap; ``None`` if the command line did.
    :param skipped: packages that need not be wrapped.
    :param sources_are_stale: whether the project's sources lead elsewhere, and were only to be checked.
    """

    project: Optional[Project]
    packages: tuple[WrappedPackage, ...]
    skipped: tuple[Job, ...]
    output: Path
    sources_are_stale: bool

    @property
    def is_current(self) -> bool:
        """Whether everything was as it should be before the run."""
        return not self.sources_are_stale and all(package.state == "unchanged" for package in self.packages)


def wrapped(job: Job, lookup: Lookup, *, check: bool, upgrade: bool) -> WrappedPackage:
    """Wrap one package, unless the archive that is there holds just that already.

    :param check: write nothing.
    :param upgrade: whether an archive with the same declaration and another version's backend is written again.
    :raises AugbackendError: if it cannot be had or wrapped; an archive that is there stays as it is.
    """
    with upstream.fetched(job.target, job.declaration, lookup) as found, sdist.opened(found.path) as opened:
        planned = plan.planned(opened, found, job.declaration)
        target = lookup.output / planned.filename
        is_current = archive.holds(target, archive.content(opened, planned.files, planned.dropped, planned.top)) or (
            not upgrade and _is_of_another_version(target, opened, planned)
        )
        state: State = "unchanged" if is_current else "stale" if target.exists() else "missing"
        if not is_current and not check:
            lookup.output.mkdir(parents=True, exist_ok=True)
            archive.write(archive.content(opened, planned.files, planned.dropped, planned.top), target)
            state = "written"
        return WrappedPackage(job, planned, target, found.source, state)


def _is_of_another_version(target: Path, opened: Sdist, planned: ArchivePlan) -> bool:
    """Whether an archive was written by another version of augbackend, and is the same but for its backend."""
    head = f"{planned.folder}/augbackend/"
    try:
        version = sdist.origin(target).get("augbackend", __version__) if target.is_file() else __version__
        if version == __version__:
            return False
        with sdist.opened(target) as there:
            read = {name: there.read(name) for name in there.names if name.startswith(head)}
    except AugbackendError:  # no sound archive: it is written again
        return False
    copy = {name: content for name, content in read.items() if content is not None}
    ours = {name: content for name, content in planned.files.items() if not name.startswith(head)}
    new_line, old_line = (f'augbackend = "{one}"'.encode() for one in (__version__, version))
    ours["pyproject.toml"] = ours["pyproject.toml"].replace(new_line, old_line)
    return archive.holds(target, archive.content(opened, {**ours, **copy}, planned.dropped, planned.top))


def run(
    project: Project | None, jobs: Sequence[Job], lookup: Lookup, *, check: bool, upgrade: bool, with_sources: bool
) -> WrapRun:
    """Wrap all packages, and point the project's sources to them.

    :param check: write nothing.
    :param upgrade: see :func:`wrapped`.
    :param with_sources: whether the project's sources are to be changed, if uv reads them.
    :raises AugbackendError: if a package cannot be wrapped, or the project's file cannot be edited.
    """
    wanted = [job for job in jobs if not job.skipped]
    edited = project if with_sources and project is not None and project.uses_uv else None
    if edited is not None:
        project_sources.check_editable(edited, [job.target.name for job in wanted], lookup.output)
    packages = tuple(wrapped(job, lookup, check=check, upgrade=upgrade) for job in wanted)
    places = [(package.plan.name, package.archive, package.job.marker) for package in packages]
    is_stale = edited is not None and not project_sources.point(edited, places, lookup.output, check=check)
    return WrapRun(project, packages, tuple(job for job in jobs if job.skipped), lookup.output, is_stale)
