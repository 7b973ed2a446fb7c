"""``augbackend wrap``: packages that you do not own, repacked so that every frontend builds them.

A run makes a list of jobs, one a package: from the command line, or from what a project says of its dependencies.
Each job is planned, compared with the archive that is there, and written if that differs. Last, in a project, the
packages are pointed to in ``[tool.uv.sources]``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend import sources as tomls
from augbackend.cli.edit import replace_file, uv_sources
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import index, upstream
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project import jobs as job_lists
from augbackend.cli.project import lock_files, runtime_versions
from augbackend.cli.project import project as projects
from augbackend.cli.project.jobs import Job
from augbackend.cli.project.runtime_versions import RuntimeVersions
from augbackend.cli.wrapping import archive as archives
from augbackend.cli.wrapping import plan, report
from augbackend.cli.wrapping.report import Outcome, Result
from augbackend.errors import AugbackendError

from . import options

if TYPE_CHECKING:
    from augbackend.cli.fetch.upstream import Lookup
    from augbackend.cli.project.project import Project
    from augbackend.cli.wrapping.report import State
    from augbackend.settings import Width


FOLDER = "wrapped"  # where archives are written


def carry_out(job: Job, lookup: Lookup, *, check: bool) -> Result:
    """Wrap one package, unless the archive that is there holds just that already.

    :param check: write nothing.
    :raises AugbackendError: if it cannot be had or wrapped; an archive that is there stays as it is.
    """
    with (
        upstream.fetched(job.target, job.declaration, lookup) as found,
        plan.planned(found, job.declaration) as (wrapped, opened),
    ):
        archive = lookup.output / wrapped.filename
        is_current = archives.holds(archive, archives.content(opened, wrapped.files, wrapped.dropped))
        state: State = "unchanged" if is_current else "stale" if archive.exists() else "missing"
        if not is_current and not check:
            lookup.output.mkdir(parents=True, exist_ok=True)
            archives.write(archives.content(opened, wrapped.files, wrapped.dropped), archive)
            state = "written"
        return Result(job, wrapped, archive, found.source, state)


@click.command()
@click.argument("targets", metavar="[REQUIREMENT|SDIST|FOLDER|URL]...", nargs=-1)
@options.require
@options.remove_require
@click.option(
    "--match-runtime",
    "matched",
    multiple=True,
    metavar="REQ",
    callback=options.requirements,
    help="A build requirement in the version that there will be at run time: see --lock. Repeatable.",
)
@click.option(
    "--lock",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="What says which versions that are: a uv.lock, a pylock.toml, a requirements or constraints file."
    " [default, in a project: its own lock]",
)
@click.option(
    "--pin-runtime",
    "pins",
    multiple=True,
    metavar="NAME=WIDTH",
    callback=options.widths,
    help="Let its wheel require the NAME that it was built with: x, x.x, x.x.x, exact or none."
    " [default, for what is matched: x.x] Repeatable.",
)
@options.variable
@click.option(
    "-C",
    "--config-setting",
    "config_settings",
    multiple=True,
    metavar="KEY=VALUE",
    callback=options.config_settings,
    help="For its own backend, underneath what the frontend is given. Repeatable.",
)
@click.option(
    "--local-version",
    default="",
    metavar="LABEL",
    help="Call it 1.0+LABEL, so that it is preferred to upstream's 1.0 wherever both can be had.",
)
@click.option(
    "--requires-dist",
    multiple=True,
    metavar="REQ",
    callback=options.requirements,
    help="A dependency of the package, by your word; name all of them. Repeatable.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Where to write. [default: wrapped]"
)
@click.option("--no-sources", is_flag=True, help="In a project: leave [tool.uv.sources] alone.")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is stale, and name it.")
@click.option("--remove", is_flag=True, help="In a project: undo; the archives and their sources go.")
@options.sources
@options.as_json
def wrap(
    targets: tuple[str, ...],
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    matched: tuple[str, ...],
    lock: Path | None,
    pins: dict[str, Width],
    variables_: dict[str, str],
    config_settings: dict[str, str | list[str]],
    local_version: str,
    requires_dist: tuple[str, ...],
    output: Path | None,
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    *,
    no_sources: bool,
    check: bool,
    remove: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Repack published packages with what their builds need, so that every frontend builds them.

    Without a package, in a project: what uv's tables (or tool.augbackend.packages) say of its dependencies, in the
    versions of its lock. A bare name picks one of those.

    \b
    Examples:
      augbackend wrap
      augbackend wrap flash-attn==2.8.3 --require torch==2.8.0 \\
        --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    given = options.declaration(
        requirements,
        removed,
        variables_,
        matched=matched,
        requires_dist=requires_dist,
        config_settings=config_settings,
        local_version=local_version,
        pin_runtime=pins,
    )
    has_options = given != Declaration(local_version=local_version)
    given = _matched(given, lock)
    output = output or Path(FOLDER)
    if remove:
        _remove(output, alone=not (has_options or targets or check or as_json or no_sources))
        return
    here = projects.read(Path(), lock) if not has_options else None
    if lock and here is None and not matched:
        raise click.UsageError("--lock says versions for --match-runtime, or for a project's tables")
    if here is not None and targets and not here.names_all(targets):
        here = None  # packages that the project says nothing of
    if here is None and not targets:
        _refuse(has_options=has_options)
    where = index.sources(index_url, extra_index_url, find_links, os.environ, here.sources if here else index.NOWHERE)
    lookup = upstream.Lookup(where, caches.Cache(cache_dir or caches.default_folder()), offline, output)
    if here is None:
        jobs = [Job(upstream.parse(text), given) for text in targets]
    else:
        jobs = job_lists.of_project(here, targets, lookup, local_version)
    if here is not None and here.uses_uv and not no_sources:
        _check_editable(here, jobs)
    results = [carry_out(job, lookup, check=check) for job in jobs if not job.skipped]
    outcome = Outcome(here, tuple(results), tuple(job for job in jobs if job.skipped), output)
    is_stale = _point(outcome, check=check) if here is not None and here.uses_uv and not no_sources else False
    if as_json:
        click.echo(json.dumps(report.as_json(outcome, sources_stale=is_stale), indent=2))
    else:
        for line in report.lines(outcome, check=check, sources_stale=is_stale):
            click.echo(line)
    if check and (is_stale or any(result.state != "unchanged" for result in results)):
        raise SystemExit(1)


def _matched(given: Declaration, lock: Path | None) -> Declaration:
    """What ``--match-runtime`` asks for, in the versions of ``--lock``."""
    locked = lock_files.read_file(lock) if lock else ()
    known = RuntimeVersions(locked=locked, overrides=runtime_versions.overrides(os.environ))
    matched = runtime_versions.matched(given, known)
    unknown = [one.name for one in matched.requires if one.entry.match_runtime and not one.entry.locked]
    if lock and unknown:
        hint = f"it has to name one version of it, such as {unknown[0]}==1.0"
        raise AugbackendError(f"it does not say which {unknown[0]}", where=str(lock), hint=hint)
    return matched


def _check_editable(here: Project, jobs: list[Job]) -> None:
    """Make sure that the sources can be written, before anything is."""
    places = {job.target.name: [(f"{FOLDER}/archive.tar.gz", "")] for job in jobs if not job.skipped}
    uv_sources.pointed(here.file.read_bytes().decode("utf-8"), places, FOLDER)


def _point(outcome: Outcome, *, check: bool) -> bool:
    """Point the project's sources to the archives; whether they did not, and were only to be checked."""
    if outcome.project is None:
        return False
    file = outcome.project.file
    archives: dict[str, list[tuple[str, str]]] = {}
    unclear = report.ambiguous(outcome)
    for result in outcome.results:
        if result.wrapped.name in unclear:
            continue
        place = (uv_sources.relative(result.archive, file.parent), result.job.marker)
        archives.setdefault(result.wrapped.name, []).append(place)
    old = file.read_bytes().decode("utf-8")
    new = uv_sources.pointed(old, archives, uv_sources.relative(outcome.output, file.parent))
    if new != old and not check:
        replace_file.replace_file(file, new.encode())
    return new != old and check


def _remove(output: Path, *, alone: bool) -> None:
    if not alone:
        raise click.UsageError("--remove is for a project as a whole")
    file = Path("pyproject.toml")
    tomls.read_pyproject(file.parent)  # says what is wrong with it, if anything is
    for line in uv_sources.undo(file, output):
        click.echo(line)


def _refuse(*, has_options: bool) -> None:
    if has_options:
        raise click.UsageError("the options need a package that they are for")
    raise AugbackendError(
        "nothing says what is to be wrapped",
        where=str(Path("pyproject.toml").resolve()),
        hint="name a package, or fill tool.uv.extra-build-dependencies or tool.augbackend.packages there",
    )
