"""``augbackend wrap``: packages that you do not own, repacked so that every frontend builds them.

::

    options, the project here -> Declaration and Job, one a package -> run -> lines
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import terminal
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import upstream
from augbackend.cli.fetch.lookup import OUTPUT, Lookup
from augbackend.cli.model import package_sources
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project import build_constraints, jobs, lock_files, runtime_versions
from augbackend.cli.project import project as projects
from augbackend.cli.project.project_root import project_root
from augbackend.cli.project.runtime_versions import RuntimeVersions
from augbackend.cli.strangers import confinement
from augbackend.cli.wrapping import removal, report
from augbackend.cli.wrapping import run as runs
from augbackend.errors import AugbackendError, say

from . import confined, options

if TYPE_CHECKING:
    from augbackend.cli.fetch.upstream import Target
    from augbackend.cli.strangers.confinement import Level
    from augbackend.features.pin_runtime import Width


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
    help="A build requirement in the version that will be there at run time; see --lock. Repeatable.",
)
@click.option(
    "--lock",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The file with these versions: a uv.lock, a pylock.toml, a requirements or constraints file."
    " [default, in a project: its own lock]",
)
@click.option(
    "--pin-runtime",
    "pins",
    multiple=True,
    metavar="NAME=WIDTH",
    callback=options.widths,
    help="Let the wheel require the NAME that it was built with, as WIDTH says: x, x.x, x.x.x, exact or none."
    " [default, for what is matched: x.x] Repeatable.",
)
@options.variable
@options.config_setting("A setting for the package's own backend; a frontend's -C wins.")
@click.option(
    "--local-version",
    default="",
    metavar="LABEL",
    help="Call it 1.0+LABEL, which frontends prefer to upstream's 1.0.",
)
@click.option(
    "--requires-dist",
    multiple=True,
    metavar="REQ",
    callback=options.requirements,
    help="A dependency of the package, so that no build has to tell. Name all of them. Repeatable.",
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help=f"Where to write. [default: {OUTPUT}]"
)
@click.option("--no-sources", is_flag=True, help="In a project: leave [tool.uv.sources] alone.")
@options.feature
@click.option("--upgrade", is_flag=True, help="Also write again what another version of augbackend has written.")
@click.option("--check", is_flag=True, help="Write nothing; name what is stale, and exit with 1 if anything is.")
@click.option(
    "--remove", is_flag=True, help="In a project: undo. Delete the archives, and take them out of [tool.uv.sources]."
)
@options.sources
@options.require_confinement
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
    feature: tuple[str, ...],
    require_confinement: Level | None,
    *,
    no_sources: bool,
    upgrade: bool,
    check: bool,
    remove: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Repack published packages with what their builds need.

    Every frontend can then build them. In a project, without a package: wrap all dependencies that uv's tables or
    tool.augbackend.packages name, in the versions of the project's lock. A bare name, here or of anything else, is
    wrapped in the version that the project uses.

    Exit status: 0 if all is wrapped, 1 if some of it could not be had or --check finds it stale, 2 for an error.

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
    given = replace(_matched_to_lock(given, lock), features=feature)
    given = replace(given, build_constraints=build_constraints.of_environment(os.environ))
    root = project_root(Path())
    named = [upstream.parse(text) for text in targets]
    if remove:
        if has_options or targets or check or as_json or no_sources:
            raise click.UsageError("--remove takes no other option than --output")
        for line in removal.undo(root / "pyproject.toml", output or root / OUTPUT):
            click.echo(line)
        return
    project = projects.read(root, lock) if not has_options else None
    if lock and project is None and not matched and not any(map(jobs.is_bare, named)):
        raise click.UsageError("--lock needs --match-runtime, a bare name, or a project whose tables name packages")
    if project is not None and project.lock_differs:
        say("note", f"uv.lock is older than pyproject.toml ({project.lock_differs}); run uv lock, then this again")
    if project is not None and targets and not project.names_all(targets):
        project = None  # it says nothing of these packages
    if project is None and not targets:
        _refuse(root, has_options=has_options)
    output = output or (root if project else Path()) / OUTPUT
    named_there = project.sources if project else package_sources.NOWHERE
    where = options.places(index_url, extra_index_url, find_links, named_there)
    lookup = Lookup(where, caches.Cache(cache_dir or caches.default_folder()), offline, output)
    if project is None:
        wanted = jobs.of_targets(named, given, lock, lookup)
    else:
        wanted = jobs.of_project(project, targets, lookup, local_version)
    builds = any(upstream.is_built(job.target) for job in wanted)
    if builds:
        confined.checked(require_confinement)
    for target in named:
        _say_what_is_dropped(target)
    run = runs.run(
        project,
        wanted,
        lookup,
        check=check,
        upgrade=upgrade,
        with_sources=not no_sources,
        is_asked=project is None or bool(targets),
    )
    confined_how = confinement.here().as_json() if builds else None
    document = {**report.as_json(run, check=check), "confinement": confined_how}
    click.echo(terminal.as_json(document) if as_json else "\n".join(report.lines(run, check=check)))
    if run.failures or (check and not run.is_current):
        raise SystemExit(1)


def _say_what_is_dropped(target: Target) -> None:
    """What a requirement says beside the package: an archive holds neither extras nor a marker."""
    if target.extras:
        say(
            "note",
            f"the archive of {target.name} is the same for all extras; ask for {target.extras} where you install it",
        )
    if target.marker:
        say(
            "note", f"the archive of {target.name} is for every environment; write {target.marker} where you ask for it"
        )


def _matched_to_lock(given: Declaration, lock: Path | None) -> Declaration:
    """What ``--match-runtime`` asks for, in the versions of ``--lock``."""
    locked = lock_files.read_file(lock).packages if lock else ()
    known = RuntimeVersions(locked=locked, overrides=runtime_versions.overrides(os.environ))
    matched = runtime_versions.matched(given, known)
    unknown = [one.name for one in matched.requires if one.entry.match_runtime and not one.entry.locked]
    if lock and unknown:
        hint = f"add one, such as {unknown[0]}==1.0, or name another file"
        raise AugbackendError(f"it does not name one version of {unknown[0]}", where=str(lock), hint=hint)
    return matched


def _refuse(root: Path, *, has_options: bool) -> None:
    if has_options:
        raise click.UsageError("name the package that the options are for")
    raise AugbackendError(
        "there is no package to wrap",
        where=str((root / "pyproject.toml").resolve()),
        hint="name a package, or fill tool.uv.extra-build-dependencies or tool.augbackend.packages there",
    )
