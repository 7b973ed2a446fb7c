"""Packages wrapped and put into an index: for ``index``.

::

    Job, one an archive -> wrapped in a folder beside the pages -> each project's files and upstream's -> pages
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from augbackend.cli import progress
from augbackend.cli.fetch import project_page
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import error_report
from augbackend.cli.site import distribution, mirror, on_disk, pages, redistribution, writing
from augbackend.cli.site.index_run import IndexEntry, IndexRun, LeftOut, LostEntry
from augbackend.cli.site.site_project import SiteProject
from augbackend.cli.wrapping import run as runs
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile
    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.recipe_completion import RecipeCompletion
    from augbackend.cli.site.mirror import Mirror
    from augbackend.cli.wrapping.run import WrappedPackage


@dataclass(frozen=True)
class IndexChoices:
    """How the index is made.

    :param out: its folder.
    :param check: write nothing.
    :param upgrade: write again what another version of augbackend has written.
    :param prune: take out what was not asked for.
    """

    out: Path
    mirror: Mirror = "link"
    only_redistributable: bool = False
    check: bool = False
    upgrade: bool = False
    prune: bool = False


@dataclass
class _Made:
    """One project while it is put together.

    :param packages: wrapped, by the filenames of their archives.
    :param refused: filenames of what may not be passed on.
    """

    packages: dict[str, WrappedPackage] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)


@dataclass
class _Run:
    """What has been found out so far."""

    made: dict[str, _Made] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)
    failures: list[LostEntry] = field(default_factory=list)
    entries: list[IndexEntry] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def indexed(
    jobs: Sequence[Job],
    project: Project | None,
    lookup: Lookup,
    choices: IndexChoices,
    completion: RecipeCompletion,
) -> IndexRun:
    """Wrap all packages, and let the index tell of them. One that fails does not lose the others.

    :param project: the one that declares them, if there is one.
    :param completion: the recipes that complete what is declared.
    :raises AugbackendError: if the folder holds something else than an index of ours.
    """
    out, run = choices.out, _Run()
    with ExitStack() as stack:
        if not choices.check:
            stack.enter_context(writing.locked(out))
        there = on_disk.read(out)
        staging = stack.enter_context(writing.staged(out, there, check=choices.check))
        beside = Lookup(lookup.where, lookup.cache, lookup.offline, staging)
        for number, job in enumerate(jobs, 1):
            with progress.shown(f"{number} of {len(jobs)}: {_named_by(job)}"):
                _wrap(job, project, beside, choices, completion, run)
        for name, made in sorted(run.made.items()):
            with progress.shown(f"the page of {name}"):
                try:
                    _publish(name, made, there.get(name), beside, choices, run)
                except (AugbackendError, OSError) as error:
                    run.failed.add(name)
                    run.failures.append(LostEntry(name, error_report.of_any(error)))
        removed = _pruned_from(out, there, run, check=choices.check) if choices.prune else []
        if choices.check:
            run.stale += writing.stale_pages(out, "", pages.of_root({*there, *run.made})) if run.made else []
            found = there
        else:
            run.written += writing.list_projects(out)
            found = on_disk.read(out)
    return IndexRun(
        out,
        tuple(run.entries),
        tuple(one.numbers for one in found.values()),
        written=tuple(file.relative_to(out).as_posix() for file in run.written),
        stale=tuple(run.stale),
        removed=tuple(removed),
        left_out=tuple(run.left_out),
        failures=tuple(run.failures),
        notes=tuple(run.notes),
    )


def _named_by(job: Job) -> str:
    target, label = job.target, job.declaration.local_version
    label = f" ({label})" if label and job.error is None else ""
    return (target.requirement or target.name or target.url or str(target.path)) + label


def _wrap(
    job: Job,
    project: Project | None,
    lookup: Lookup,
    choices: IndexChoices,
    completion: RecipeCompletion,
    run: _Run,
) -> None:
    name = job.target.name
    try:
        if job.error is not None:
            raise job.error
        if job.skipped:
            run.left_out.append(LeftOut(_named_by(job), job.skipped))
            run.failed.add(name)
            return
        package = runs.wrapped(
            job,
            lookup,
            check=choices.check,
            upgrade=choices.upgrade,
            project=project,
            completion=completion,
            runtime=project.runtime if project is not None else None,
        )
        why = _why_not_passed_on(package, completion) if choices.only_redistributable else ""
    except (AugbackendError, OSError) as error:
        run.failed.add(name)
        run.failures.append(LostEntry(_named_by(job), error_report.of_any(error)))
        return
    made = run.made.setdefault(package.plan.name, _Made())
    if why:
        run.left_out.append(LeftOut(f"{package.plan.name} {package.plan.version}", why))
        made.refused.add(package.archive.name)
    else:
        made.packages[package.archive.name] = package


def _why_not_passed_on(package: WrappedPackage, completion: RecipeCompletion) -> str:
    said = completion.refusal(package.plan.name, package.plan.version)
    return said or (redistribution.refusal(package.archive) if package.archive.is_file() else "")


def _publish(
    name: str, made: _Made, before: SiteProject | None, lookup: Lookup, choices: IndexChoices, run: _Run
) -> None:
    """Put one project's files and pages in their places, or say what is not as it should be."""
    out = choices.out
    upstream = _upstream_files(name, before, lookup, choices.mirror)
    by_digest = {one.sha256: one for one in upstream if one.sha256}
    kept = _kept_of_before(name, made, before, choices, run)
    files = {one.filename: one for one in kept}
    new: dict[str, Path] = {}
    entries = []
    for filename, package in sorted(made.packages.items()):
        one = None
        if package.state in ("written", "unchanged"):
            one = distribution.of_sdist(package.archive, package.sha256, by_digest.get(package.sha256))
            files[filename], new[filename] = one, package.archive
        entries.append(_entry_of(name, package, one))
    if files and choices.mirror != "none":
        wrapped = {one.made_from for one in kept} | {one.sha256 for one in made.packages.values()}
        for other in mirror.others(upstream, wrapped - {""}):
            if other.filename not in files:
                files[other.filename] = _mirrored(name, other, before, lookup, choices, run, new)
    if before is not None:  # wheels stay as long as the sdist that they were built of
        files.update({one.filename: one for one in before.files if one.kind == "built"})
    page = SiteProject(name, tuple(files.values())).without_orphans()
    run.entries += entries
    run.notes += mirror.newer_than_ours(page)
    if choices.check:
        lacking = [one.filename for one in entries if one.file is None]
        lacking += [one.filename for one in page.ours.values() if not on_disk.is_whole(out, name, one)]
        run.stale += [f"{name}/{one}" for one in dict.fromkeys(lacking)]
        run.stale += writing.stale_pages(out, name, pages.of_project(page))
    elif page.files:
        run.written += writing.publish(out, page, new)
    elif before is not None:
        writing.remove_projects(out, {name})


def _kept_of_before(
    name: str, made: _Made, before: SiteProject | None, choices: IndexChoices, run: _Run
) -> list[PublishedFile]:
    """What stays of an earlier run; with ``--prune`` nothing, unless something of the project could not be had now."""
    if before is None or (choices.prune and name not in run.failed):
        return []
    old = before.sdists.values()
    return [one for one in old if one.filename not in made.refused and one.filename not in made.packages]


def _mirrored(
    name: str,
    other: PublishedFile,
    before: SiteProject | None,
    lookup: Lookup,
    choices: IndexChoices,
    run: _Run,
    new: dict[str, Path],
) -> PublishedFile:
    """What the page says of another file of upstream's.

    :param new: grows by a copy.
    """
    if choices.mirror == "link":
        return other
    there = mirror.there_already(other, before, choices.out)
    if there is not None:
        return there
    if choices.check:
        run.stale.append(f"{name}/{other.filename}")
        return other
    one, path = mirror.copied(name, other, lookup, only_redistributable=choices.only_redistributable)
    if path is not None:
        new[one.filename] = path
    return one


def _entry_of(name: str, package: WrappedPackage, one: PublishedFile | None) -> IndexEntry:
    texts = [text for added in package.plan.requires.added for text in added.texts]
    said = [*texts, *(f"{key}={value}" for key, value in package.job.declaration.variable_values.items())]
    words = f"+ {', '.join(said)}" if said else ""
    version, filename = package.plan.version, package.archive.name
    recipe = package.job.declaration.recipe
    told = recipe.line if recipe is not None else ""
    return IndexEntry(name, version, filename, one, package.state, package.why, words, package.url, told)


def _upstream_files(name: str, before: SiteProject | None, lookup: Lookup, wanted: Mirror) -> Sequence[PublishedFile]:
    """What upstream has of a project; where nobody can be asked, what the page of before says."""
    known = [one for one in (before.files if before is not None else ()) if one.kind in ("linked", "copied")]
    if lookup.offline:
        return known
    try:
        return project_page.files(name, lookup.where)
    except AugbackendError:
        if wanted == "none":
            return known  # only times are taken from there
        raise


def _pruned_from(out: Path, there: Mapping[str, SiteProject], run: _Run, *, check: bool) -> list[str]:
    """Take out the projects that were not asked for, and the files that no page names any more."""
    gone = there.keys() - run.made.keys() - run.failed
    if check:
        return sorted(gone)
    writing.remove_projects(out, set(gone))
    return sorted(gone) + writing.remove_unnamed(out)
