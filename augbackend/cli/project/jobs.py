"""Which packages a project has wrapped, and in which versions: from its lock, its pins, its sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import index, sdist
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.declaration import Declaration  # noqa: TC001  # the type of a field

from . import lock_files, runtime_versions, stated_requirements
from . import project as projects
from .project_root import project_root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.locked_version import Locked

    from .project import Project


@dataclass(frozen=True)
class Job:
    """One package to wrap.

    :param version_from: which file or option said which version; empty where the target itself does.
    :param marker: where this version is the one to use; empty for everywhere.
    :param skipped: why there is nothing to wrap; empty if there is something.
    """

    target: Target
    declaration: Declaration
    version_from: str = ""
    marker: str = ""
    skipped: str = ""


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
    declaration = runtime_versions.matched(project.packages[name], project.runtime)
    if asked is None and name in project.undeclared:
        return [Job(Target(name), declaration, skipped=project.undeclared[name])]
    if asked is not None and asked.specifier:
        return [Job(Target(name, requirement=f"{name}{asked.specifier}"), declaration, "named on the command line")]
    wanted = stated_requirements.of(project.runtime.stated, name)
    found = [one for one in project.locked if one.name == name]
    stale = ""
    if found and lock_files.are_allowed(found, wanted):
        return [_locked_job(project, one, declaration, lookup, is_named=asked is not None) for one in found]
    if found:
        stale = f"; {found[0].source} is locked to {found[0].version}, which the project does not allow"
    direct = _direct(project, name, wanted, lookup.output)
    if direct is not None:
        return [Job(direct, declaration, f"pointed to in pyproject.toml{stale}")]
    if project.locked and not wanted and asked is None:
        return [Job(Target(name), declaration, skipped="this project does not depend on it")]
    pointed = uv_sources.source(project.document, name).get("path")
    is_ours = pointed is not None and _is_ours(project.file.parent / str(pointed), lookup.output)
    is_named = asked is not None or lookup.offline or is_ours
    return [
        replace(job, version_from=job.version_from + stale)
        for job in _chosen(name, wanted, declaration, lookup, is_named=is_named)
    ]


def _chosen(
    name: str, wanted: Sequence[Requirement], declaration: Declaration, lookup: Lookup, *, is_named: bool
) -> Iterator[Job]:
    """What the project itself says of a version, where no lock does."""
    for choice in lock_files.choices(wanted):
        requirement = f"{name}{choice.specifier}"
        why = "pinned in pyproject.toml" if choice.pin else f"the newest that {requirement} allows"
        wheel = None if is_named else index.find_wheel(Requirement(requirement), lookup.where)
        target = Target(name, requirement=f"{name}=={choice.pin}" if choice.pin else requirement)
        yield Job(target, declaration, why, choice.marker, _fits(wheel.filename) if wheel else "")


def _locked_job(project: Project, one: Locked, declaration: Declaration, lookup: Lookup, *, is_named: bool) -> Job:
    wheel = "" if is_named else one.wheel_here()
    pin = Target(one.name, requirement=f"{one.name}=={one.version}")
    if one.path is not None and _is_ours(one.path, lookup.output):
        target = _before(project, one.name, one.path) or pin
    elif one.path is not None:
        target = Target(one.name, path=one.path, sha256="" if one.path.is_dir() else one.sha256)
    else:
        target = Target(one.name, url=one.url, sha256=one.sha256) if one.url else pin
    return Job(target, declaration, f"locked in {one.source}", one.marker, _fits(wheel) if wheel else "")


def _fits(wheel: str) -> str:
    return f"{wheel} fits this platform; name it to wrap it anyway"


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
    source = uv_sources.before(project.file.read_text(encoding="utf-8-sig"), name)
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
