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
    from augbackend.cli.site.mirror import Mirror
    from augbackend.cli.wrapping.run import WrappedPackage


@dataclass(frozen=True)
class IndexChoices:
    """How the index is made.

    :param check: write nothing.
    :param upgrade: write again what another version of augbackend has written.
    :param prune: take out what was not asked for.
    """

    mirror: Mirror = "link"
    only_redistributable: bool = False
    check: bool = False
    upgrade: bool = False
    prune: bool = False


@dataclass
class _Made:
    """One project while it is put together.

    :param archives: wrapped sdists, by filename.
    :param refused: filenames of what may not be passed on.
    """

    archives: dict[str, tuple[WrappedPackage, Path]] = field(default_factory=dict)
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


def indexed(
    jobs: Sequence[Job],
    project: Project | None,
    lookup: Lookup,
    choices: IndexChoices,
    not_redistributable: Mapping[str, str],
) -> IndexRun:
    """Wrap all packages, and let the index in ``lookup.output`` tell of them. One that fails does not lose the others.

    :param project: the one that declares them, if there is one.
    :param not_redistributable: why some may not be passed on, by project.
    :raises AugbackendError: if the folder holds something else than an index of ours.
    """
    out, run = lookup.output, _Run()
    with ExitStack() as stack:
        if not choices.check:
            stack.enter_context(writing.locked(out))
        there = on_disk.read(out)
        staging = stack.enter_context(writing.staged(out, there, check=choices.check))
        beside = Lookup(lookup.where, lookup.cache, lookup.offline, staging)
        for number, job in enumerate(jobs, 1):
            with progress.shown(f"{number} of {len(jobs)}: {_asked_for(job)}"):
                _wrap(job, project, beside, choices, not_redistributable, run)
        for name, made in sorted(run.made.items()):
            with progress.shown(f"the page of {name}"):
                try:
                    _publish(name, made, there.get(name), beside, out, choices, run)
                except (AugbackendError, OSError) as error:
                    run.failed.add(name)
                    own = error if isinstance(error, AugbackendError) else error_report.of_system(error)
                    run.failures.append(LostEntry(name, own))
        removed = _pruned(out, there, run, check=choices.check) if choices.prune else []
        if choices.check:
            run.stale += writing.stale_pages(out, "", pages.of_root({*there, *run.made})) if run.made else []
            found = there
        else:
            run.written += writing.list_projects(out)
            found = on_disk.read(out)
    return IndexRun(
        out,
        tuple(run.entries),
        tuple(_numbers(one) for one in found.values()),
        written=tuple(file.relative_to(out).as_posix() for file in run.written),
        stale=tuple(run.stale),
        removed=tuple(removed),
        left_out=tuple(run.left_out),
        failures=tuple(run.failures),
    )


def _asked_for(job: Job) -> str:
    target = job.target
    label = f" ({job.declaration.local_version})" if job.declaration.local_version else ""
    return (target.requirement or target.name or target.url or str(target.path)) + label


def _wrap(
    job: Job,
    project: Project | None,
    lookup: Lookup,
    choices: IndexChoices,
    not_redistributable: Mapping[str, str],
    run: _Run,
) -> None:
    name = job.target.name
    try:
        if job.error is not None:
            raise job.error
        if job.skipped:
            run.left_out.append(LeftOut(_asked_for(job), job.skipped))
            run.failed.add(name)
            return
        package = runs.wrapped(job, lookup, check=choices.check, upgrade=choices.upgrade, project=project)
        why = _why_not_passed_on(package, not_redistributable) if choices.only_redistributable else ""
    except (AugbackendError, OSError) as error:
        run.failed.add(name)
        own = error if isinstance(error, AugbackendError) else error_report.of_system(error)
        run.failures.append(LostEntry(_asked_for(job), own))
        return
    made = run.made.setdefault(package.plan.name, _Made())
    if why:
        run.left_out.append(LeftOut(f"{package.plan.name} {package.plan.version}", why))
        made.refused.add(package.archive.name)
    else:
        made.archives[package.archive.name] = (package, package.archive)


def _why_not_passed_on(package: WrappedPackage, not_redistributable: Mapping[str, str]) -> str:
    said = not_redistributable.get(package.plan.name, "")
    return said or (redistribution.refusal(package.archive) if package.archive.is_file() else "")


def _publish(
    name: str, made: _Made, before: SiteProject | None, lookup: Lookup, out: Path, choices: IndexChoices, run: _Run
) -> None:
    """Put one project's files and pages in their places, or say what is not as it should be."""
    upstream = _upstreams(name, before, lookup, choices.mirror)
    by_digest = {one.sha256: one for one in upstream if one.sha256}
    files: dict[str, PublishedFile] = {}
    new: dict[str, Path] = {}
    old = before.ours if before is not None else {}
    if not choices.prune:
        files.update({one.filename: one for one in old.values() if one.kind in ("wrapped", "built")})
    for filename in made.refused:
        files.pop(filename, None)
    entries = []
    for filename, (package, archive) in sorted(made.archives.items()):
        one = None
        if archive.is_file() and package.state not in ("stale", "missing"):
            one = files[filename] = distribution.of_sdist(archive, by_digest.get(package.sha256))
            new[filename] = archive
        said = ", ".join(text for added in package.plan.requires.added for text in added.texts)
        entries.append(
            IndexEntry(
                name,
                package.plan.version,
                filename,
                one,
                package.state,
                package.why,
                f"+ {said}" if said else "",
                package.url,
            )  # fmt: skip
        )
    wrapped = {package.sha256 for package, _ in made.archives.values()}
    others = [one for one in mirror.others(upstream, wrapped) if one.filename not in files]
    if choices.mirror == "copy" and files:
        others, copies = mirror.copied(
            SiteProject(name, tuple(others)), before, out, lookup, only_redistributable=choices.only_redistributable
        )
        new.update(copies)
    page = SiteProject(name, (*files.values(), *(others if choices.mirror != "none" and files else ())))
    run.entries += entries
    if choices.check:
        run.stale += [f"{name}/{one.filename}" for one in entries if one.file is None]
        run.stale += writing.stale_pages(out, name, pages.of_project(page))
        run.stale += [
            f"{name}/{one.filename}"
            for one in page.ours.values()
            if one.is_ours and not on_disk.is_whole(out, name, one)
        ]
    elif page.files:
        run.written += writing.publish(out, page, new)
    elif before is not None:
        writing.remove_projects(out, {name})


def _upstreams(name: str, before: SiteProject | None, lookup: Lookup, wanted: Mirror) -> Sequence[PublishedFile]:
    """What upstream has of a project; where nobody can be asked, what the page of before says."""
    known = [one for one in (before.files if before is not None else ()) if one.kind == "linked"]
    if lookup.offline:
        return known
    try:
        return project_page.files(name, lookup.where)
    except AugbackendError:
        if wanted == "none":
            return known  # only times are taken from there
        raise


def _pruned(out: Path, there: Mapping[str, SiteProject], run: _Run, *, check: bool) -> list[str]:
    """Take out the projects that were not asked for, and the files that no page names any more."""
    gone = there.keys() - run.made.keys() - run.failed
    if check:
        return sorted(gone)
    writing.remove_projects(out, set(gone))
    return sorted(gone) + writing.remove_unnamed(out)


def _numbers(one: SiteProject) -> tuple[str, int, int]:
    own = len(one.ours)
    return one.name, own, len(one.files) - own
