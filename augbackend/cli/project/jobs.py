"""Which packages a project has wrapped, and in which versions: from its lock, its pins, its sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import sdist
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.declaration import Declaration  # noqa: TC001  # the type of a field

from . import indexed_versions, left_alone, lock_files, runtime_versions, source_entries, stated_requirements
from . import project as projects
from .project_root import project_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.locked_version import Locked
    from augbackend.errors import AugbackendError

    from .project import Project


@dataclass(frozen=True)
class Job:
    """One package to wrap.

    :param version_from: which file or option said which version; empty where the target itself does.
    :param marker: where this version is the one to use; empty for everywhere.
    :param skipped: why there is nothing to wrap; empty if there is something.
    :param spared: the wheels that are taken elsewhere; empty if there are none.
    :param beside: sources of the user's that stay beside the archive's.
    :param error: why it is not known whether there is something to wrap.
    """

    target: Target
    declaration: Declaration
    version_from: str = ""
    marker: str = ""
    skipped: str = ""
    spared: str = ""
    beside: tuple[Mapping[str, Any], ...] = ()
    error: AugbackendError | None = None


def of_project(project: Project, targets: Sequence[str], lookup: Lookup, local_version: str = "") -> list[Job]:
    """The packages to wrap: all, or those that are named, each in the versions that it is locked to.

    :param local_version: a label for those that the project gives none.
    """
    asked: dict[str, Requirement] = {canonicalize_name(one.name): one for one in map(Requirement, targets)}
    jobs = [
        job for name in sorted(asked or project.packages) for job in _of_package(project, name, asked.get(name), lookup)
    ]
    labels = [job.declaration.local_version or local_version for job in jobs]
    return [replace(job, declaration=replace(job.declaration, local_version=one)) for job, one in zip(jobs, labels)]


def of_targets(targets: Sequence[Target], given: Declaration, lock: Path | None, lookup: Lookup) -> list[Job]:
    """The packages that are named, each with the same declaration; a bare name in the version that is used here.

    :param lock: what says so, if it is not the lock in this folder.
    :raises AugbackendError: if a file with versions cannot be read.
    """
    found = []
    for target in targets:
        here = projects.stating(project_root(Path()), lock, {target.name: given}) if is_bare(target) else None
        if here is not None and _says_anything_of(here, target.name):
            found += _of_package(here, target.name, Requirement(target.name), lookup)
        else:
            found.append(Job(target, given))
    return found


def is_bare(target: Target) -> bool:
    """Whether a target is a name and nothing else, so that something else may say which version."""
    return bool(target.name) and target.requirement == target.name


def _says_anything_of(project: Project, name: str) -> bool:
    is_locked = any(one.name == name for one in project.locked)
    asked = stated_requirements.of(project.runtime.stated, name)
    return is_locked or bool(asked) or bool(uv_sources.source(project.document, name))


def _of_package(project: Project, name: str, asked: Requirement | None, lookup: Lookup) -> list[Job]:
    declared = project.packages[name]
    wanted = stated_requirements.of(project.runtime.stated, name)
    entries = source_entries.read(project.document, project.file, name, lambda path: _is_ours(path, lookup.output))
    wheels, where = left_alone.wheels_pointed_to(wanted, entries)
    if wheels and asked is None:
        return [left_alone.pointing(Job(Target(name), declared), wheels, where, is_named=False)]
    declaration = runtime_versions.matched(declared, indexed_versions.known(project, declared, lookup))
    if asked is None and name in project.undeclared:
        return [Job(Target(name), declaration, skipped=project.undeclared[name])]
    if asked is not None and asked.specifier:
        return [Job(Target(name, requirement=f"{name}{asked.specifier}"), declaration, "named on the command line")]
    if wheels:
        return [left_alone.pointing(Job(Target(name), declaration), wheels, where, is_named=True)]
    found = [one for one in project.locked if one.name == name]
    is_named = asked is not None or entries.marker == ""  # what was wrapped for everywhere stays so

    def is_ours(one: Locked) -> bool:
        return one.path is not None and _is_ours(one.path, lookup.output)

    stale = ""
    if found and lock_files.are_allowed(found, wanted):
        upstreams = left_alone.upstreams(found, is_ours, project)
        jobs = [(one, _locked_job(project, one, declaration, lookup)) for one in upstreams]
        if is_named:
            return [job for _, job in jobs]
        return [left_alone.locked(project, job, one, entries, is_ours=is_ours(one)) for one, job in jobs]
    if found:
        stale = f"; {found[0].source} is locked to {found[0].version}, which the project does not allow"
    direct = _direct(project, name, wanted, lookup.output)
    if direct is not None:
        return [Job(direct, declaration, f"pointed to in pyproject.toml{stale}")]
    if project.locked and not wanted and asked is None:
        return [Job(Target(name), declaration, skipped="this project does not depend on it")]
    found_here = []
    for choice in lock_files.choices(wanted):
        requirement = f"{name}{choice.specifier}"
        why = "pinned in pyproject.toml" if choice.pin else f"the newest that {requirement} allows"
        target = Target(name, requirement=f"{name}=={choice.pin}" if choice.pin else requirement)
        job = Job(target, declaration, why + stale, choice.marker)
        if not is_named:
            job = left_alone.published(project, job, Requirement(requirement), lookup, entries)
        found_here.append(job)
    return found_here


def _locked_job(project: Project, one: Locked, declaration: Declaration, lookup: Lookup) -> Job:
    pin = Target(one.name, requirement=f"{one.name}=={one.version}")
    if one.path is not None and _is_ours(one.path, lookup.output):
        target = _before(project, one.name, one.path) or pin
    elif one.path is not None:
        target = Target(one.name, path=one.path, sha256="" if one.path.is_dir() else one.sha256)
    else:
        target = Target(one.name, url=one.url, sha256=one.sha256) if one.url else pin
    return Job(target, declaration, f"locked in {one.source}", one.marker)


def _direct(project: Project, name: str, wanted: Sequence[Requirement], output: Path) -> Target | None:
    """What the project itself points to, in a requirement or in uv's sources."""
    url = next((one.url for one in wanted if one.url), None)
    if url:
        return Target(name, url=url)
    source = uv_sources.source(project.document, name)
    path = (project.file.parent / str(source["path"])) if "path" in source else None
    if path is not None and _is_ours(path, output):
        return _before(project, name, path)
    return _pointed(project, name, source)


def _is_ours(path: Path, output: Path) -> bool:
    """Whether a path is an archive of ours: one in today's output folder, even if it is gone, or one that says so."""
    return output.resolve() in path.resolve().parents or (path.is_file() and bool(sdist.origin(path)))


def _before(project: Project, name: str, archive: Path) -> Target | None:
    """What an archive of ours was made from, unless an index has it: a repository at its commit, a file, a URL."""
    source = uv_sources.before(project.file.read_text(encoding="utf-8"), name)
    if "git" in source and archive.is_file():
        commit = sdist.origin(archive).get("url")
        if commit:
            return Target(name, url=str(commit))
    return _pointed(project, name, source)


def _pointed(project: Project, name: str, source: Mapping[str, Any]) -> Target | None:
    subdirectory = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
    if "git" in source:
        revision = next((f"@{source[key]}" for key in ("rev", "tag", "branch") if key in source), "")
        return Target(name, url=f"git+{source['git']}{revision}{subdirectory}")
    if "url" in source:
        return Target(name, url=str(source["url"]))
    return Target(name, path=project.file.parent / str(source["path"])) if "path" in source else None
