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

from augbackend.cli import loudness, terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import upstream
from augbackend.cli.fetch.lookup import EARLIER, OUTPUT, Lookup
from augbackend.cli.model import package_sources
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.project import build_constraints, jobs, lock_files, runtime_versions
from augbackend.cli.project import project as projects
from augbackend.cli.project.project_root import project_root
from augbackend.cli.project.runtime_versions import RuntimeVersions
from augbackend.cli.strangers import confinement
from augbackend.cli.wrapping import constraints_file, earlier_folder, removal, report

from . import confined, options, recipe_options, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augbackend.cli.fetch.upstream import Target
    from augbackend.cli.model.source_patch import SourcePatch
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.recipe_completion import RecipeCompletion
    from augbackend.cli.strangers.confinement import Level
    from augbackend.features.compiler_cache import CacheName
    from augbackend.features.pin_runtime import Width


@click.command(cls=CliCommand)
@click.argument("targets", metavar="[REQUIREMENT|SDIST|FOLDER|URL]...", nargs=-1)
@options.require
@options.remove_require
@options.match_runtime("; see --lock")
@options.passthrough
@click.option(
    "--lock",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The file with these versions: a uv.lock, a pylock.toml, a requirements or constraints file."
    " [default, in a project: its own lock]",
)
@options.pin_runtime(" [default, for what is matched: x.x]")
@options.variable
@options.compiler_cache
@options.memory_per_job
@options.patch
@options.preflight
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
@click.option(
    "--sources/--no-sources",
    "with_sources",
    default=None,
    help="In a project: point [tool.uv.sources] to the archives, or leave it alone. [default: if the project uses uv]",
)
@click.option(
    "--constraints",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write lines for pip's and uv's constraints, which reach what only a dependency asks for. FILE keeps its"
    " other lines, and is for this machine.",
)
@options.feature
@recipe_options.both
@click.option(
    "--frozen", is_flag=True, help="Pin each build to the versions that the recipe records for one that succeeded."
)
@click.option("--upgrade", is_flag=True, help="Also write again what another version of augbackend has written.")
@click.option("--check", is_flag=True, help="Write nothing; name what is stale, and exit with 1 if anything is.")
@click.option(
    "--remove", is_flag=True, help="In a project: undo. Delete the archives, and take them out of [tool.uv.sources]."
)
@click.option("-v", "--verbose", is_flag=True, help="Tell all, however long it is; also what is fetched and started.")
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
    compiler_cache: CacheName | None,
    memory_per_job: str,
    preflight_: dict[str, str | list[str] | dict[str, str]],
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
    constraints: Path | None,
    recipes_: tuple[str, ...],
    patches: tuple[SourcePatch, ...],
    *,
    passthrough: bool,
    no_recipes: bool,
    frozen: bool,
    with_sources: bool | None,
    upgrade: bool,
    check: bool,
    remove: bool,
    verbose: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Repack published packages with what their builds need.

    Every frontend can then build them. In a project, without a package: wrap all dependencies that uv's tables or
    tool.augbackend.packages name, in the versions of the project's lock. A bare name, here or of anything else, is
    wrapped in the version that the project uses.

    What you leave open, a recipe fills in where there is one for the version: augbackend recipes list. In a project,
    that goes for all of its lock that has no wheel.

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
        matched=options.matched_entries(matched, is_passed=passthrough),
        requires_dist=requires_dist,
        config_settings=config_settings,
        local_version=local_version,
        pin_runtime=pins,
        compiler_cache=compiler_cache,
        memory_per_job=memory_per_job,
        preflight=preflight_,
    )
    given = replace(given, patches=patches)
    has_options = given != Declaration(local_version=local_version)
    constrained = build_constraints.of_environment(os.environ)
    given = replace(given, features=feature, build_constraints=constrained)
    root = project_root(Path())
    named = [upstream.parse(text) for text in targets]
    if remove:
        if has_options or targets or check or as_json or with_sources is not None:
            raise UsageMistakeError(
                "--remove takes no other options than --output and --constraints", id="remove-takes-nothing-else"
            )
        _remove(root, output, constraints)
        return
    cache = caches.Cache(cache_dir or caches.default_folder())
    at_first = Lookup(options.places(index_url, extra_index_url, find_links), cache, offline, root / OUTPUT)
    completion = recipe_options.completion(recipes_, at_first, no_recipes=no_recipes, frozen=frozen)
    project = _declaring_project(root, lock, targets, completion) if not has_options else None
    if lock and project is None and not matched and not any(map(jobs.is_bare, named)):
        raise UsageMistakeError(
            "--lock needs --match-runtime, a bare name, or a project whose tables name packages", id="lock-not-used"
        )
    if project is None and not targets:
        _refuse(root, has_options=has_options)
    moves = earlier_folder.NONE
    if project is not None and output is None and with_sources is not False:
        moves = earlier_folder.moved(project.file, root / OUTPUT, check=check)
        project = projects.read(root, lock) if moves.is_done else project
    if project is not None and with_sources:
        project = _with_uv(project)
    project, completion, added = _completed(project, completion, targets)
    output = output or (root if project else Path()) / OUTPUT
    said_there = project.sources if project else package_sources.NOWHERE
    lookup = replace(at_first, where=options.places(index_url, extra_index_url, find_links, said_there), output=output)
    wanted = (
        jobs.of_project(project, targets, lookup, local_version)
        if project is not None
        else jobs.of_targets(named, given, _matched_to_lock(given, lock), lock, lookup, completion=completion)
    )
    wanted = [job for job in wanted if not (job.skipped and job.target.name in added)]
    if constraints:
        constraints_file.check_agrees(constraints, wanted, project)  # before anything is written
    builds = any(upstream.is_built(job.target) for job in wanted)
    if builds:
        confined.checked(require_confinement)
    for target in named:
        _say_what_is_dropped(target)
    done = wrapped.wrapped(
        project,
        wanted,
        lookup,
        moves=moves,
        constraints=constraints,
        check=check,
        upgrade=upgrade,
        with_sources=with_sources is not False,
        is_asked=project is None or bool(targets),
        completion=completion,
        runtime=None if project is not None else _versions_here(root, lock, named),
    )
    run = done.run
    if as_json:
        confined_how = confinement.here().as_json() if builds else None
        said = {"undeclared": [item for one in done.lacking for item in one.as_json()], "confinement": confined_how}
        told = terminal.as_json({**report.as_json(run, check=check), **said})
    else:
        told = "\n".join(done.lines(check=check, verbose=verbose))
    click.echo(told)
    if run.is_lacking or (check and not run.is_current):
        raise SystemExit(1)


def _remove(root: Path, output: Path | None, constraints: Path | None) -> None:
    folders = [output] if output else [root / OUTPUT, root / EARLIER]
    click.echo("\n".join(removal.undo(root / "pyproject.toml", folders, constraints)))


def _completed(
    project: Project | None, completion: RecipeCompletion, targets: Sequence[str]
) -> tuple[Project | None, RecipeCompletion, frozenset[str]]:
    """The project with what recipes add; with the names of packages that only they name."""
    if project is None:
        return None, completion, frozenset()
    completion = completion.on(project)
    whole, added = completion.in_project(project, with_others=not targets)
    return whole, completion, added


def _declaring_project(
    root: Path, lock: Path | None, targets: Sequence[str], completion: RecipeCompletion
) -> Project | None:
    """The project whose tables or recipes say what is to be wrapped; ``None`` if nothing of what is named."""
    project = projects.read(root, lock)
    if project is None and not targets:
        return completion.alone(root, lock)
    if project is None or (targets and not project.names_all(targets)):
        return None
    if project.lock_differs:
        loudness.note(f"uv.lock is older than pyproject.toml ({project.lock_differs}); run uv lock, then this again")
    return project


def _say_what_is_dropped(target: Target) -> None:
    """What a requirement says beside the package: an archive holds neither extras nor a marker."""
    if target.extras:
        loudness.note(
            f"the archive of {target.name} is the same for all extras; ask for {target.extras} where you install it",
        )
    if target.marker:
        loudness.note(
            f"the archive of {target.name} is for every environment; write {target.marker} where you ask for it"
        )


def _with_uv(project: Project) -> Project:
    """A project whose sources are to be written though nothing in it speaks of uv."""
    if project.is_recipe:
        hint = "leave out --sources; the archives can be installed by their paths, or with --constraints FILE"
        what = "it has no [project] table, so no source in it would be read"
        raise CliError(what, id="no-project-table", where=str(project.file), hint=hint)
    return replace(project, uses_uv=True)


def _matched_to_lock(given: Declaration, lock: Path | None) -> Declaration:
    """What ``--match-runtime`` asks for, in the versions of ``--lock``."""
    locked = lock_files.read_file(lock).packages if lock else ()
    known = RuntimeVersions(locked=locked, overrides=runtime_versions.overrides(os.environ))
    matched = runtime_versions.matched(given, known)
    unknown = [one.name for one in matched.requires if one.entry.match_runtime and not one.entry.locked]
    if lock and unknown:
        hint = f"add one, such as {unknown[0]}==1.0, or name another file"
        raise CliError(
            f"it does not name one version of {unknown[0]}", id="lock-without-version", where=str(lock), hint=hint
        )
    return matched


def _versions_here(root: Path, lock: Path | None, named: Sequence[Target]) -> RuntimeVersions:
    """What says the versions of what a recipe matches to run time: for a bare name the project here, else the lock."""
    if any(map(jobs.is_bare, named)):
        return projects.stating(root, lock, {}).runtime
    locked = lock_files.read_file(lock).packages if lock else ()
    return RuntimeVersions(locked=locked, overrides=runtime_versions.overrides(os.environ))


def _refuse(root: Path, *, has_options: bool) -> None:
    if has_options:
        raise UsageMistakeError("name the package that the options are for", id="options-without-package")
    raise CliError(
        "there is no package to wrap",
        id="nothing-to-wrap",
        where=str((root / "pyproject.toml").resolve()),
        hint="name a package, or fill tool.uv.extra-build-dependencies or tool.augbackend.packages there",
    )
