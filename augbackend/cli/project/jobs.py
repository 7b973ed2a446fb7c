"""Which packages a project has wrapped, and in which versions: from its lock, its pins, its sources."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, canonicalize_version

from augbackend.cli.edit import pyproject, uv_sources
from augbackend.cli.fetch import lookup as lookups
from augbackend.cli.fetch import sdist
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.asked_in import AskedIn  # noqa: TC001  # the type of a field
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration  # noqa: TC001  # the type of a field
from augbackend.errors import AugbackendError

from . import (
    indexed_versions,
    left_alone,
    lock_files,
    lock_forks,
    runtime_versions,
    source_entries,
    stated_requirements,
)
from . import project as projects
from .lock_forks import Fork
from .project_root import project_root
from .recipe_completion import NO_RECIPES, RecipeCompletion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.locked_version import Locked

    from .project import Project
    from .runtime_versions import RuntimeVersions
    from .source_entries import SourceEntries


@dataclass(frozen=True)
class Job:
    """One package to wrap.

    :param version_from: which file or option said which version; empty where the target itself does.
    :param marker: where this version is the one to use; empty for everywhere.
    :param skipped: why there is nothing to wrap; empty if there is something.
    :param asked_in: the extras and groups that it is for; empty for wherever the package is asked for.
    :param spared: the wheels that are taken elsewhere; empty if there are none.
    :param beside: sources of the user's that stay beside the archive's.
    :param error: why it is not known whether there is something to wrap.
    :param is_newest: whether the version is only the newest one that is allowed, and nobody asks for just that.
    """

    target: Target
    declaration: Declaration
    version_from: str = ""
    marker: str = ""
    skipped: str = ""
    asked_in: tuple[AskedIn, ...] = ()
    spared: str = ""
    beside: tuple[Mapping[str, Any], ...] = ()
    error: AugbackendError | None = None
    is_newest: bool = False


def of_project(project: Project, targets: Sequence[str], lookup: Lookup, local_version: str = "") -> list[Job]:
    """The packages to wrap: all, or those that are named, each in the versions that it is locked to.

    :param local_version: a label for those that the project gives none.
    """
    asked: dict[str, Requirement] = {canonicalize_name(one.name): one for one in map(Requirement, targets)}
    jobs = [
        job
        for name in sorted(asked or project.packages)
        for job in _pointed_by_member(project, name) or _of_package(project, name, asked.get(name), lookup)
    ]
    return [
        replace(job, declaration=replace(job.declaration, local_version=_whole_label(job, local_version)))
        for job in jobs
    ]


def of_every_locked(project: Project, lookup: Lookup) -> Iterator[Job]:
    """A job for each package of the project, whatever is declared; skipped where nothing has to be built.

    What a member of the workspace points to is no exception: it is built, too.
    """
    for name in sorted(project.packages):
        try:
            yield from _of_package(project, name, None, lookup)
        except AugbackendError as error:
            yield Job(Target(name), project.packages[name], error=error)


def of_targets(
    targets: Sequence[Target],
    given: Declaration,
    matched: Declaration,
    lock: Path | None,
    lookup: Lookup,
    *,
    completion: RecipeCompletion = NO_RECIPES,
) -> list[Job]:
    """The packages that are named, each with the same declaration; a bare name in the version that is used here.

    :param matched: the declaration for those that no project says anything of, matched to the lock alone.
    :param lock: what says so, if it is not the lock in this folder.
    :param completion: the recipes that complete what is declared.
    :raises AugbackendError: if a file with versions cannot be read.
    """
    found = []
    for target in targets:
        here = projects.stating(project_root(Path()), lock, {target.name: given}) if is_bare(target) else None
        here = completion.in_project(here, with_others=False)[0] if here is not None else None
        if here is not None and _says_anything_of(here, target.name):
            found += _of_package(here, target.name, Requirement(target.name), lookup)
        else:
            found.append(Job(target, matched))
    return found


def is_bare(target: Target) -> bool:
    """Whether a target is a name and nothing else, so that something else may say which version."""
    return bool(target.name) and target.requirement == target.name


def _whole_label(job: Job, default: str) -> str:
    """The local version label: the user's, and that of the extra or group, since its archive is one of several."""
    names = [re.sub(r"[-_.]+", ".", (one.name or one.project).lower()) for one in job.asked_in[:1]]
    return ".".join(filter(None, [job.declaration.local_version or default, *names]))


def _says_anything_of(project: Project, name: str) -> bool:
    is_locked = any(one.name == name for one in project.locked)
    asked = stated_requirements.of(project.runtime.stated, name)
    return is_locked or bool(asked) or bool(uv_sources.source(project.document, name))


def _pointed_by_member(project: Project, name: str) -> list[Job]:
    """Nothing to be wrapped, where a member of the workspace has a source that no source of the root replaces."""
    found = [*source_entries.of_members(project.file.parent, project.document, name)]
    if not found:
        return []
    job = Job(Target(name), project.packages[name])
    where = os.path.relpath(found[0][0], project.file.parent.resolve())
    if all(source_entries.wheel(entry) for _, entry in found):
        return [replace(job, skipped=f"tool.uv.sources of {where} points to a wheel")]
    return [
        replace(
            job,
            error=CliError(
                f"{name} has a source there, which uv takes rather than one of the workspace's root",
                id="source-in-member",
                where=f"{where}, tool.uv.sources",
                hint=f"move it to tool.uv.sources of {project.file}, then run this again",
            ),
        )
    ]


def _of_package(project: Project, name: str, asked: Requirement | None, lookup: Lookup) -> list[Job]:
    declared = project.packages[name]
    wanted = stated_requirements.of(project.runtime.stated, name)
    entries = source_entries.read(project.document, project.file, name, lambda path: _is_ours(path, lookup.output))
    wheels, where = left_alone.wheels_pointed_to(wanted, entries)
    if wheels and asked is None:
        return [left_alone.pointing(Job(Target(name), declared), wheels, where, is_named=False)]
    if asked is None and name in project.undeclared:
        return [Job(Target(name), declared, skipped=project.undeclared[name])]
    found = [one for one in project.locked if one.name == name]
    is_named = asked is not None or entries.marker == ""  # what was wrapped for everywhere stays so
    known = indexed_versions.known(project, declared, lookup)
    if not wheels and not (asked and asked.specifier) and known.counts(found):
        told = None if is_named else entries
        return [*_locked_jobs(project, known, [Fork((), one, ()) for one in found], lookup, told)]
    declaration = runtime_versions.matched(declared, known)
    if asked is not None and asked.specifier:
        return [Job(Target(name, requirement=f"{name}{asked.specifier}"), declaration, "named on the command line")]
    if wheels:
        return [left_alone.pointing(Job(Target(name), declaration), wheels, where, is_named=True)]
    stale = ""
    if found:
        stale = f"; {found[0].source} is locked to {found[0].version}, which the project does not allow"
    direct = _direct(project, name, wanted, lookup.output)
    if direct is not None:
        return [Job(direct, declaration, f"pointed to in pyproject.toml{stale}")]
    if project.locked and not wanted and asked is None:
        return [Job(Target(name), declaration, skipped="this project does not depend on it")]
    lock_files.refuse_contradiction(wanted)
    found_here = []
    for choice in lock_files.choices(wanted):
        requirement = f"{name}{choice.specifier}"
        why = "pinned in pyproject.toml" if choice.pin else f"the newest that {requirement} allows"
        target = Target(name, requirement=f"{name}=={choice.pin}" if choice.pin else requirement)
        job = Job(target, declaration, why + stale, choice.marker, is_newest=not choice.pin)
        if not is_named:
            job = left_alone.published(project, job, Requirement(requirement), lookup, entries)
        found_here.append(job)
    return found_here


def _locked_jobs(
    project: Project, known: RuntimeVersions, forks: Sequence[Fork], lookup: Lookup, entries: SourceEntries | None
) -> Iterator[Job]:
    """A job for each version, and for each set of extras that needs an archive of its own.

    :param known: what the project knows, and what indexes say where its lock does not count.
    :param forks: the versions that are locked.
    :param entries: the package's sources; ``None`` if it is to be wrapped whatever wheels there are.
    """
    name = forks[0].locked.name
    said = project.packages[name]
    if project.graph is not None:
        names = {one.name for one in said.requires if one.entry.match_runtime or one.name in known.sources}
        names -= {one.name for one in known.locked if one not in project.locked}
        forks = lock_forks.forks(project.graph, name, names)

    def is_ours(one: Locked) -> bool:
        return one.path is not None and _is_ours(one.path, lookup.output)

    forks = left_alone.upstreams(forks, is_ours, project)
    choices = lock_files.choices(stated_requirements.of(known.stated, name))
    are_pinned = lock_files.are_pinned([_unlabelled(fork.locked) for fork in forks], choices)
    for fork in forks:
        beside = {one.name for one in fork.others}
        here = (*(one for one in known.locked if one.name not in beside), *fork.others)
        declaration = runtime_versions.matched(said, replace(known, locked=here))
        job = replace(_locked_job(project, fork.locked, declaration, lookup), asked_in=fork.asked_in)
        version = canonicalize_version(_unlabelled(fork.locked).version)
        pins = [one for one in choices if canonicalize_version(one.pin) == version]
        # Before there was a lock, the pins said where each version is for; so they do now.
        for marker in [one.marker for one in pins] if are_pinned and not fork.asked_in else [job.marker]:
            one = replace(job, marker=marker)
            if entries is not None:
                one = left_alone.locked(project, one, fork.locked, entries, is_ours=is_ours(fork.locked))
            yield one


def _unlabelled(one: Locked) -> Locked:
    """A version that is locked to an archive of ours, as upstream calls it."""
    if one.path is None:
        return one
    with suppress(AugbackendError, OSError):
        return replace(one, version=str(sdist.origin(one.path).get("version") or one.version))
    return replace(one, version=one.version.partition("+")[0])  # the archive is gone


def _locked_job(project: Project, one: Locked, declaration: Declaration, lookup: Lookup) -> Job:
    pin = Target(one.name, requirement=f"{one.name}=={_unlabelled(one).version}")
    path = lookups.where_now(one.path, lookup.output) if one.path is not None else None
    if path is not None and _is_ours(path, lookup.output):
        target = _before(project, one.name, path) or pin
    elif path is not None:
        target = Target(one.name, path=path, sha256="" if path.is_dir() else one.sha256)
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
    source = uv_sources.before(pyproject.read(project.file)[0], name)
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
