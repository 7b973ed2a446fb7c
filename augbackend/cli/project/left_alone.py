"""Packages that need no build, or not everywhere: the project points to wheels, or published wheels fit.

::

    a package's job, its wheels in a lock or on an index -> the job, left alone, or for where no wheel fits
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from augbackend.cli.fetch import index, release
from augbackend.cli.fetch.index import UnansweredError
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.package_sources import Sources

from . import environment_marker, source_entries, wheel_coverage
from .negated_marker import negated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.requirements import Requirement

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.release import PublishedVersion
    from augbackend.cli.model.locked_version import Locked

    from .jobs import Job
    from .lock_forks import Fork
    from .project import Project
    from .source_entries import SourceEntries

_ANYWAY = "name it to wrap it anyway"


def wheels_pointed_to(wanted: Sequence[Requirement], entries: SourceEntries) -> tuple[list[str], str]:
    """The names of the wheels that a project points to itself, and where; none if it also points to something else."""
    required = [name for one in wanted if one.url and (name := source_entries.wheel({"url": one.url}))]
    if required:
        return required, "a requirement"
    if entries.are_wheels:
        return [source_entries.wheel(one) for one in entries.wheels], "tool.uv.sources"
    return [], ""


def pointing(job: Job, wheels: Sequence[str], where: str, *, is_named: bool) -> Job:
    """The job of a package that the project points to wheels of: left alone, unless it is named.

    Its sdist is that of the same version, whatever label the wheel has.
    """
    if not is_named:
        return replace(job, skipped=f"{where} points to a wheel, {_first_of(wheels)}, which needs no build; {_ANYWAY}")
    try:
        version = parse_wheel_filename(wheels[0])[1]
    except InvalidWheelFilename:
        return job
    target = Target(job.target.name, requirement=f"{job.target.name}=={version.public}")
    return replace(job, target=target, version_from=f"the version of {wheels[0]}, which {where} points to")


def locked(project: Project, job: Job, one: Locked, entries: SourceEntries, *, is_ours: bool) -> Job:
    """The job of a locked version, held against the wheels of the lock.

    :param is_ours: whether it is locked to an archive of ours, and that for the environments that the source says.
    """
    if is_ours and entries.marker is not None:
        return _as_it_stands(job, entries)
    if pointed := _locked_wheel(one):
        return pointing(job, [pointed], one.source, is_named=False)
    names = [wheel.name for wheel in one.wheels]
    # uv's lock names the sdist wherever there is one; its URL, if that is not on this machine.
    names_all = "uv.lock" in one.source and one.registry.startswith(("https://", "http://"))
    has_sdist = bool(one.url) or not (names and names_all)
    return _limited(project, job, names, entries, has_sdist=has_sdist)


def published(project: Project, job: Job, requirement: Requirement, lookup: Lookup, entries: SourceEntries) -> Job:
    """The job of a version that an index chooses, held against the wheels there."""
    outside = job.marker
    for marker in (str(one.get("marker", "")) for one in entries.wheels):
        opposite = negated(marker)
        if opposite is None:
            wheels = [source_entries.wheel(one) for one in entries.wheels]
            return pointing(job, wheels, "tool.uv.sources", is_named=False)
        outside = environment_marker.joined(outside, opposite)
    where = _places(project, lookup.where, entries)
    environments = project.environments

    def is_of_use(found: PublishedVersion) -> bool:
        names = [one.filename for one in found.wheels]
        return found.sdist is not None or bool(wheel_coverage.of(names, environments, outside).wheels)

    try:
        found = release.newest(requirement, replace(lookup, where=where), is_of_use)
    except UnansweredError as error:
        if not entries.ours:
            return replace(job, error=error)
        return _as_it_stands(job, entries)
    job = replace(job, marker=outside)
    if found is None:
        return job  # there is nothing to fetch, and fetching says why
    if found.sdist is not None:
        job = replace(job, target=_target(job.target, found, is_elsewhere=where != lookup.where))
    names = [one.filename for one in found.wheels]
    return _limited(project, job, names, entries, has_sdist=found.sdist is not None)


def upstreams(forks: Sequence[Fork], is_ours: Callable[[Locked], bool], project: Project) -> list[Fork]:
    """What is locked, without an archive of ours that stands beside the same version of upstream's."""
    kept: list[Fork] = []
    for asked_in in dict.fromkeys(fork.asked_in for fork in forks):
        alike = [fork for fork in forks if fork.asked_in == asked_in]
        of = {(one.locked.version, one.locked.url, one.locked.path): one for one in alike}
        merged = _upstreams([fork.locked for fork in alike], is_ours, project)
        kept += [replace(of[one.version, one.url, one.path], locked=one) for one in merged]
    return kept


def _upstreams(found: Sequence[Locked], is_ours: Callable[[Locked], bool], project: Project) -> list[Locked]:
    """The same of versions.

    uv locks both where ours is for some environments only. The two together are upstream's version, for all of them.
    A wheel that the project points to for some environments counts only if there is nothing else.
    """
    found = [one for one in found if not _locked_wheel(one)] or found
    ours = [one for one in found if is_ours(one)]
    others = [one for one in found if one not in ours]
    kept: list[Locked] = []
    for one in others:
        twins = [it for it in ours if _public(it.version) == _public(one.version)]
        is_only_one = [_public(it.version) for it in others].count(_public(one.version)) == 1
        if twins and is_only_one:
            ours = [it for it in ours if it not in twins]
            markers = [one.marker, *(it.marker for it in twins)]
            kept.append(replace(one, marker=_either(markers, project)))
        else:
            kept.append(one)
    return [*ours, *kept]


def _limited(project: Project, job: Job, wheels: Sequence[str], entries: SourceEntries, *, has_sdist: bool) -> Job:
    coverage = wheel_coverage.of(wheels, project.environments, job.marker)
    if coverage.is_whole:
        what = f"there is a wheel for every environment of this project, {_first_of(coverage.wheels)}"
        return replace(job, skipped=f"{what}; {_ANYWAY}")
    if not has_sdist:
        return replace(job, skipped="there is nothing to build it from: it is published as wheels only")
    pointed = [source_entries.wheel(one) for one in entries.wheels]
    if not coverage.is_part:
        return replace(job, beside=tuple(entries.kept("")), spared=_first_of(pointed))
    return replace(
        job,
        marker=environment_marker.joined(job.marker, coverage.marker),
        beside=tuple(entries.kept(environment_marker.joined(job.marker, coverage.elsewhere))),
        spared=_first_of([*pointed, *coverage.wheels]),
    )


def _as_it_stands(job: Job, entries: SourceEntries) -> Job:
    """The job for where the source has its archive today."""
    marker = job.marker if entries.marker is None else entries.marker
    return replace(job, marker=marker, beside=entries.beside)


def _locked_wheel(one: Locked) -> str:
    """The name of the wheel that a lock points to, instead of an index; empty if it does not point to one."""
    name = index.filename(one.url) if one.url else one.path.name if one.path is not None else ""
    return name if name.endswith(".whl") else ""


def _places(project: Project, where: Sources, entries: SourceEntries) -> Sources:
    """The indexes that the project takes the package from, instead of the usual ones, or beside them."""
    named = [place for name in entries.indexes if (place := project.indexes.get(name))]
    links, urls = tuple(one.url for one in named if one.is_flat), tuple(one.url for one in named if not one.is_flat)
    if any("marker" in one for one in entries.theirs):
        extra, found = (*urls, *where.extra_index_urls), (*links, *where.find_links)
        return replace(where, extra_index_urls=extra, find_links=found)
    if not named:
        return where
    return Sources(urls[0] if urls else "", urls[1:], links, where.trusted_hosts, no_index=not urls)


def _target(target: Target, found: PublishedVersion, *, is_elsewhere: bool) -> Target:
    sdist = found.sdist
    if is_elsewhere and sdist is not None:
        return Target(target.name, url=sdist.url, sha256=sdist.sha256)
    return Target(target.name, requirement=f"{target.name}=={found.version}")


def _either(markers: Sequence[str], project: Project) -> str:
    """One of several markers; empty if that is so in every environment of the project."""
    known = project.environments.known()
    if all(any(one.fulfils(marker) for marker in markers) for one in known):
        return ""
    return " or ".join(f"({marker})" for marker in dict.fromkeys(markers))


def _first_of(wheels: Sequence[str]) -> str:
    more = f" and {len(wheels) - 1} more" if len(wheels) > 1 else ""
    return f"{wheels[0]}{more}" if wheels else ""


def _public(version: str) -> str:
    try:
        return Version(version).public
    except ValueError:
        return version
