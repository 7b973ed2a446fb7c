"""``augbackend index``: a folder that any web server can serve as an index, of wrapped packages.

::

    options, files, the project here, recipes -> Job, one an archive -> IndexRun -> lines
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from augbackend.cli import terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import upstream
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import package_sources
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.usage_mistake import UsageMistakeError, ValueMistakeError
from augbackend.cli.project import build_constraints
from augbackend.cli.project import project as projects
from augbackend.cli.project.project_root import project_root
from augbackend.cli.site import entries, matrix, merging, report, variants
from augbackend.cli.site.entries import AskedFor
from augbackend.cli.site.mirror import Mirror
from augbackend.errors import say

from . import confined, indexed, indexed_wheels, options, recipe_options, wheel_options
from .indexed import IndexChoices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augbackend.cli.project.jobs import Job
    from augbackend.cli.project.project import Project
    from augbackend.cli.project.recipe_completion import RecipeCompletion
    from augbackend.cli.site.variants import Variant
    from augbackend.cli.strangers.confinement import Level
    from augbackend.features.compiler_cache import CacheName
    from augbackend.features.pin_runtime import Width

    from .wheel_options import WheelsAsked

_LABEL = "aug"


def _variants(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> list[Variant]:
    try:
        return [one for value in values for one in variants.parse(value)]
    except ValueError as error:
        raise ValueMistakeError(str(error), id="bad-variant") from None


@click.command(cls=CliCommand)
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.argument("targets", metavar="[REQUIREMENT|SDIST|FOLDER|URL]...", nargs=-1)
@click.option(
    "-r",
    "--requirements-file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of a requirements file, what something is declared for. Repeatable.",
)
@click.option(
    "--lock",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The same of a uv.lock or a pylock.toml, in its versions.",
)
@click.option(
    "--recipes",
    "with_recipes",
    is_flag=True,
    help="Every version that a recipe was checked with by a build; with --for, also those built against that project"
    " that nobody has built yet.",
)
@recipe_options.recipes_from
@recipe_options.no_recipes_option
@options.require
@options.remove_require
@options.variable
@options.pin_runtime(" [default, with --for: x.x]")
@options.compiler_cache
@options.config_setting("A setting for the package's own backend; a frontend's -C wins.")
@click.option(
    "--for",
    "variants_",
    multiple=True,
    metavar="NAME==V1,V2",
    callback=_variants,
    help="Of what is built against NAME, one archive for each version, called 1.0+NAMEV1: torch==2.8.0,2.9.0 makes"
    " 1.0+torch2.8 and 1.0+torch2.9. Repeatable.",
)
@click.option(
    "--local-version",
    "label",
    default=_LABEL,
    show_default=True,
    metavar="LABEL",
    help="Call the others 1.0+LABEL, which frontends prefer to upstream's 1.0; an empty one for no label.",
)
@click.option(
    "--mirror",
    type=click.Choice(get_args(Mirror)),
    default="link",
    show_default=True,
    help="Upstream's other files of the same projects: link to them, so that uv sees newer versions, too; copy them;"
    " or none.",
)
@click.option(
    "--only-redistributable",
    is_flag=True,
    help="Leave out what its recipe or its metadata does not let you pass on.",
)
@wheel_options.wheels
@click.option(
    "--merge",
    is_flag=True,
    help="Put parts of an index, each made elsewhere, into OUT: their folders are the arguments.",
)
@click.option("--prune", is_flag=True, help="Take out what is not asked for now, and files that no page names.")
@click.option("--upgrade", is_flag=True, help="Also write again what another version of augbackend has written.")
@click.option("--check", is_flag=True, help="Write nothing; name what is stale, and exit with 1 if anything is.")
@click.option("-v", "--verbose", is_flag=True, help="Tell all, however long it is; also what is fetched and started.")
@options.sources
@options.require_confinement
@options.as_json
def index(
    out: Path,
    targets: tuple[str, ...],
    files: tuple[Path, ...],
    lock: Path | None,
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    variables_: dict[str, str],
    pins: dict[str, Width],
    compiler_cache: CacheName | None,
    config_settings: dict[str, str | list[str]],
    variants_: list[Variant],
    label: str,
    mirror: Mirror,
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    recipes_: tuple[str, ...],
    *,
    wheels: WheelsAsked,
    merge: bool,
    with_recipes: bool,
    no_recipes: bool,
    only_redistributable: bool,
    prune: bool,
    upgrade: bool,
    check: bool,
    verbose: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Make OUT an index of wrapped packages, for any web server.

    The packages are wrapped as by augbackend wrap. Every frontend then installs them by one setting
    (PIP_EXTRA_INDEX_URL, UV_INDEX). What a package needs is said by options, by the project here, or by recipes.
    Without a package: all that the project here declares something for.
    A second run adds, and touches only what has changed; readers never see half of it.

    Exit status: 0 if all is there, 1 if some of it could not be had or --check finds it stale, 2 for an error.

    \b
    Examples:
      augbackend index ./site html5lib==1.1 --require 'setuptools<82'
      augbackend index ./site flash-attn==2.8.3 --require torch \\
        --for torch==2.8.0,2.9.0 \\
        --variable FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE
      augbackend index ./site --recipes --wheels
      augbackend serve ./site
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if merge:
        _put_together(out, targets, as_json=as_json)
        return
    given = options.declaration(
        requirements,
        removed,
        variables_,
        config_settings=config_settings,
        pin_runtime=pins,
        compiler_cache=compiler_cache,
    )
    has_options = given != Declaration()
    if has_options and (files or lock or with_recipes or not targets):
        raise UsageMistakeError(
            "options that declare something are for the packages named on the command line",
            id="options-need-named-packages",
        )
    given = replace(given, build_constraints=build_constraints.of_environment(os.environ))
    cache = caches.Cache(cache_dir or caches.default_folder())
    at_first = Lookup(options.places(index_url, extra_index_url, find_links), cache, offline, out)
    completion = recipe_options.completion(recipes_, at_first, no_recipes=no_recipes)
    asks_for_all = not (targets or files or with_recipes)
    root = project_root(Path())
    project = projects.read(root, lock) if not has_options else None
    if project is None and asks_for_all and not has_options:
        project = completion.alone(root, lock)
    if project is None and asks_for_all and not lock:
        is_package = "==" in out.name and not out.exists()
        raise UsageMistakeError(
            f"the folder comes first: augbackend index ./site {out}"
            if is_package
            else "name packages, a file of them (-r, --lock), or run it in a project that declares some",
            id="nothing-to-index",
        )
    added: frozenset[str] = frozenset()
    if project is not None:
        completion = completion.on(project)
        project, added = completion.in_project(project, with_others=asks_for_all)
    said_there = project.sources if project else package_sources.NOWHERE
    where = options.places(index_url, extra_index_url, find_links, said_there)
    lookup = replace(at_first, where=where)
    against = frozenset(one.name for one in variants_)
    asked = AskedFor(tuple(map(upstream.parse, targets)), given, files, lock, with_recipes, against, has_options)
    found = entries.wanted(asked, project, lookup, completion)
    jobs = [
        one for one in variants.expanded(found.jobs, variants_, label) if not (one.skipped and one.target.name in added)
    ]
    if not jobs:
        what = "nothing is declared for what was asked for: no table here, no recipe"
        raise CliError(
            what, id="nothing-declared", hint="find out what a package needs: augbackend diagnose NAME==VERSION"
        )
    if wheels.only:
        jobs = matrix.that_may_be(jobs, wheels.only)
    builds_here = wheels.is_asked and not (wheels.scheduler or wheels.is_matrix or check)
    if builds_here or any(upstream.is_built(job.target) for job in jobs):
        confined.checked(require_confinement)
    choices = IndexChoices(out, mirror, only_redistributable, check, upgrade, prune)
    if wheels.is_matrix:
        _print_matrix(jobs, project, lookup, choices, completion, wheels)
        return
    run = indexed.indexed(jobs, project, lookup, choices, completion)
    run = replace(run, passed_over=found.passed_over, notes=(*found.notes, *run.notes))
    if wheels.is_asked:
        run = indexed_wheels.run_with(run, wheels.choices(), completion, where, check=check)
    click.echo(
        terminal.as_json(run.as_json()) if as_json else "\n".join(report.lines(run, check=check, verbose=verbose))
    )
    if run.is_lacking or (check and (run.stale or run.removed)):
        raise SystemExit(1)


def _print_matrix(
    jobs: Sequence[Job],
    project: Project | None,
    lookup: Lookup,
    choices: IndexChoices,
    completion: RecipeCompletion,
    wheels: WheelsAsked,
) -> None:
    """Wrap all of it somewhere else, since only that says which sdists have their wheels already."""
    with tempfile.TemporaryDirectory(prefix="augbackend-") as scratch:
        elsewhere = replace(choices, out=Path(scratch) / "site", mirror="none", check=False, prune=False)
        run = indexed.indexed(jobs, project, lookup, elsewhere, completion)
        builds = indexed_wheels.to_build(choices.out, run, wheels.choices(), completion)
    for one in run.failures:
        say("warning", f"{one.what}: {one.error.what}")
    click.echo(matrix.as_json(builds))
    if run.failures:
        raise SystemExit(1)


def _put_together(out: Path, parts: Sequence[str], *, as_json: bool) -> None:
    if not parts:
        raise UsageMistakeError(
            "name the folders to put together: augbackend index OUT --merge DIR…", id="nothing-to-merge"
        )
    run = merging.merged(out, [Path(one) for one in parts])
    click.echo(terminal.as_json(run.as_json()) if as_json else "\n".join(run.lines()))
    if run.conflicts:
        raise SystemExit(1)
