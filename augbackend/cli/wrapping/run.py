"""Packages wrapped one after the other: each fetched, decided, then written where that differs from what is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Optional

from augbackend import __version__
from augbackend.cli.fetch import patched_sdist, sdist, upstream
from augbackend.cli.fetch.absence import NoProjectError, OnlyWheelsError
from augbackend.cli.model import error_ids, error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project import nearest_name, version_entries
from augbackend.cli.project.recipe_completion import NO_RECIPES, RecipeCompletion
from augbackend.errors import AugbackendError

from . import archive, earlier_folder, ignored_files, plan, project_sources, staleness, uv_entries
from .earlier_folder import Moves  # noqa: TC001  # the type of a field
from .project_sources import ArchivePlace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.fetch.upstream import Upstream
    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.runtime_versions import RuntimeVersions

    from .constraints_file import Constraints
    from .plan import ArchivePlan
    from .uv_entries import UvEntry

State = Literal["written", "unchanged", "stale", "missing"]


@dataclass(frozen=True)
class WrappedPackage:
    """What became of one job.

    :param source: where upstream's sdist came from, in a few words.
    :param url: of upstream's sdist; empty if it was on a disk only.
    :param sha256: of upstream's sdist; empty if it was made from a source tree.
    :param why: what differs from the archive that was there, where that is stale or was replaced; empty otherwise.
    :param setup_code: its ``setup.py``; empty if it has none, or one that is too large to be read.
    :param members: the names of upstream's, below the top folder.
    """

    job: Job
    plan: ArchivePlan
    archive: Path
    source: str
    url: str
    sha256: str
    state: State
    why: str
    setup_code: bytes
    members: tuple[str, ...]

    @property
    def place(self) -> ArchivePlace:
        """Where the project is to take it."""
        return ArchivePlace(self.plan.name, self.archive, self.job.marker, self.job.asked_in, self.job.beside)


@dataclass(frozen=True)
class LostPackage:
    """A job that came to nothing."""

    job: Job
    error: AugbackendError


@dataclass(frozen=True)
class WrapRun:
    """What became of all jobs.

    :param project: the one that said what to wrap; ``None`` if the command line did.
    :param skipped: packages that need not be wrapped.
    :param failures: packages that could not be had or wrapped. Their sources are left as they are.
    :param ignored: archives that git would leave out of a commit.
    :param sources_are_stale: whether the project's sources lead elsewhere, and were only to be checked.
    :param moved: entries of ``[tool.uv]`` that have moved to our table, or have to; those that cannot are in
        :attr:`in_the_way`.
    :param in_the_way: entries that make uv fail, for the user to move.
    :param moves: archives that were in the folder of before.
    :param unbuildable: names of packages whose builds are sure to miss something.
    :param constraints: the file that has lines for the packages, if one was asked for.
    """

    project: Optional[Project]
    packages: tuple[WrappedPackage, ...]
    skipped: tuple[Job, ...]
    failures: tuple[LostPackage, ...]
    output: Path
    ignored: tuple[Path, ...]
    sources_are_stale: bool
    moved: tuple[UvEntry, ...] = ()
    in_the_way: tuple[UvEntry, ...] = ()
    moves: Moves = earlier_folder.NONE
    unbuildable: frozenset[str] = frozenset()
    constraints: Optional[Constraints] = None

    @property
    def is_lacking(self) -> bool:
        """Whether some of what was asked for could not be had."""
        return bool(self.failures or (self.constraints and self.constraints.left_out))

    @property
    def is_current(self) -> bool:
        """Whether everything was as it should be before the run."""
        is_content = all(package.state == "unchanged" for package in self.packages)
        is_constrained = self.constraints is None or self.constraints.is_current
        are_placed = not self.sources_are_stale and not self.moves.archives
        return is_content and is_constrained and are_placed and not self.failures


def wrapped(
    job: Job,
    lookup: Lookup,
    *,
    check: bool,
    upgrade: bool,
    project: Project | None = None,
    completion: RecipeCompletion = NO_RECIPES,
    runtime: RuntimeVersions | None = None,
) -> WrappedPackage:
    """Wrap one package, unless the archive that is there holds just that already.

    :param check: write nothing.
    :param upgrade: whether an archive with the same declaration and another version's backend is written again.
    :param project: the one that declares it, if there is one.
    :param completion: the recipes that complete what is declared.
    :param runtime: the versions of what a recipe matches to run time.
    :raises AugbackendError: if it cannot be had or wrapped; an archive that is there stays as it is.
    """
    at_first = version_entries.expected(job.declaration, job.target.name, project)
    with upstream.fetched(job.target, at_first, lookup) as found, sdist.opened(found.path) as opened:
        if job.declaration.by_version:
            name, version = job.target.name, plan.identified(opened, found)[1]
            job = replace(job, declaration=version_entries.for_version(job.declaration, name, version, project))
        if completion.places.places or completion.is_frozen:
            name, version = plan.identified(opened, found)
            said = completion.completed(job.declaration, name, version, runtime)
            job = replace(job, declaration=said)
        with patched_sdist.patched(opened, job.declaration.patches) as patched:
            return _wrapped_archive(job, found, patched, lookup.output, check=check, upgrade=upgrade)


def _wrapped_archive(
    job: Job, found: Upstream, opened: Sdist, output: Path, *, check: bool, upgrade: bool
) -> WrappedPackage:
    """Write a package's archive, unless the one that is there holds just that already.

    :param opened: upstream's sdist, patched.
    """
    planned = plan.planned(opened, found, job.declaration)
    target = output / planned.filename
    is_current = archive.holds(target, archive.content(opened, planned.files, planned.dropped, planned.top)) or (
        not upgrade and _is_of_another_version(target, opened, planned)
    )
    state: State = "unchanged" if is_current else "stale" if target.exists() else "missing"
    why = staleness.reason(target, opened, planned) if state == "stale" else ""  # before it is replaced
    if not is_current and not check:
        output.mkdir(parents=True, exist_ok=True)
        archive.write(archive.content(opened, planned.files, planned.dropped, planned.top), target)
        state = "written"
    came = (found.source, found.url, found.sha256)
    return WrappedPackage(job, planned, target, *came, state, why, _setup_code(opened), tuple(opened.names))


def _setup_code(opened: Sdist) -> bytes:
    try:
        return opened.read("setup.py") or b""
    except AugbackendError:
        return b""


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
    project: Project | None,
    jobs: Sequence[Job],
    lookup: Lookup,
    *,
    check: bool,
    upgrade: bool,
    with_sources: bool,
    is_asked: bool,
    completion: RecipeCompletion = NO_RECIPES,
    runtime: RuntimeVersions | None = None,
) -> WrapRun:
    """Wrap all packages, and point the project's sources to them. One that cannot be had does not lose the others.

    :param check: write nothing.
    :param upgrade: see :func:`wrapped`.
    :param with_sources: whether the project's sources are to be changed, if uv reads them.
    :param completion: see :func:`wrapped`.
    :param runtime: the versions that count where there is no project.
    :param is_asked: whether the user named the packages: then having only wheels is no reason to skip one.
    :raises AugbackendError: if the one package that the user named cannot be wrapped, or the project's file cannot be
        edited.
    """
    wanted = [job for job in jobs if not job.skipped]
    edited = project if with_sources and project is not None and project.uses_uv else None
    if edited is not None:
        project_sources.check_editable(edited, [job.target.name for job in wanted], lookup.output)
    packages, skipped, failures = [], [job for job in jobs if job.skipped], []
    for job in wanted:
        try:
            if job.error is not None:
                raise job.error  # of one package, as those below
            packages.append(
                wrapped(
                    job,
                    lookup,
                    check=check,
                    upgrade=upgrade,
                    project=project,
                    completion=completion,
                    runtime=runtime if project is None else project.runtime,
                )
            )
        except OnlyWheelsError as error:
            if is_asked:
                failures.append(LostPackage(job, error))
            else:
                skipped.append(replace(job, skipped=f"there is nothing to build it from: {error.what}"))
        except AugbackendError as error:
            failures.append(LostPackage(job, _with_nearest(error, job, project)))
        except OSError as error:
            failures.append(LostPackage(job, error_report.of_system(error)))
    if failures and len(wanted) == 1 and is_asked:
        raise failures[0].error
    failed = {failure.job.target.name for failure in failures}
    places = [
        package.place
        for package in packages
        if package.plan.name not in failed  # half of its versions would lead astray
    ]
    read = [(one.plan.name, one.plan.is_read_without_build) for one in packages if one.plan.name not in failed]
    entries = tuple(uv_entries.in_the_way(project, read)) if project is not None else ()
    moved = entries if edited is not None and uv_entries.can_be_moved(edited) else ()
    is_stale = edited is not None and not project_sources.point(edited, places, moved, lookup.output, check=check)
    archives = [] if check or project is None else [package.archive for package in packages]
    ignored = ignored_files.ignored(archives, project.file.parent) if project is not None else ()
    return WrapRun(
        project,
        tuple(packages),
        tuple(skipped),
        tuple(failures),
        lookup.output,
        ignored,
        is_stale,
        moved,
        entries if not moved else (),
    )


def _with_nearest(error: AugbackendError, job: Job, project: Project | None) -> AugbackendError:
    """An error that also names the project that is meant, where a name is misspelt."""
    near = nearest_name.nearest(project, job.target.name) if project and isinstance(error, NoProjectError) else ""
    if not near:
        return error
    hint = f"this project asks for {near}: is that meant? Then spell it so in the table that says {job.target.name}"
    return CliError(error.what, id=error_ids.of(error), where=error.where, hint=hint)
