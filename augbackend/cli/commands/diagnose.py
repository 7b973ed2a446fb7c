"""``augbackend diagnose``: find out what a build is missing, and fix it.

::

    what the user named -> an sdist, a folder or a checkout -> Diagnosis -> report; what it advises, done
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.diagnosis import build_output, recipe_text, report, run, static_report, subject
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.diagnosis.next_steps import OwnLines, Where
from augbackend.cli.diagnosis.run import Building
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import upstream
from augbackend.cli.fetch.lookup import OUTPUT, Lookup
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.project import project_kind, project_place
from augbackend.cli.project.jobs import Job
from augbackend.cli.project.project import uv_settings
from augbackend.cli.project.project_root import project_root
from augbackend.cli.strangers import confinement, interpreter, interruption
from augbackend.cli.strangers.interruption import Interrupted
from augbackend.cli.wrapping import adoption, static_adoption
from augbackend.cli.wrapping import run as wrapping
from augbackend.errors import AugbackendError
from augbackend.knowledge import rows
from augbackend.table import layers

from . import diagnosed_project, options, recipe_options
from .diagnosed_project import Asked

if TYPE_CHECKING:
    from augbackend.cli.diagnosis.subject import Source, Subject
    from augbackend.cli.fetch.upstream import Target
    from augbackend.cli.model.source_patch import SourcePatch
    from augbackend.cli.strangers.confinement import Level
    from augbackend.cli.wrapping.adoption import TreePlan

_Given = Mapping[str, bool]  # options, and whether they are given
TIMEOUT = 1800.0
_JOBS = 2


@click.command(cls=CliCommand)
@click.argument("target", metavar="[REQUIREMENT|SDIST|FOLDER|REPOSITORY|LOCK]", required=False)
@click.option("--python", "wanted", metavar="PYTHON", help="The Python to build with, a version or a file.")
@options.timeout(TIMEOUT, "The time for one package; what still runs then is killed.")
@click.option("--no-build", is_flag=True, help="Only read the package; run none of its code.")
@click.option(
    "--apply",
    "is_applied",
    is_flag=True,
    help="Do what is advised: wrap the sdist, or adopt the folder; in a project, declare what is missing, and wrap.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show what the builds print, as it comes, on stderr.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Keep all that the builds print in FILE, written as it comes.",
)
@options.require
@options.remove_require
@options.variable
@options.patch
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=_JOBS,
    show_default=True,
    metavar="N",
    help="Of a project, so many packages at once.",
)
@click.option("--refresh", is_flag=True, help="Of a project, diagnose anew what was diagnosed before.")
@click.option(
    "--knowledge",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of your own, in the form of augbackend/knowledge/rows.toml. Repeatable.",
)
@click.option("--recipe", "is_recipe", is_flag=True, help="Print what is found as a recipe; no recipe is asked then.")
@recipe_options.both
@options.sources
@options.require_confinement
@options.as_json
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Of a project, print a table that can be pasted into an issue."
)
def diagnose(
    target: str | None,
    wanted: str | None,
    timeout: float,
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    variables_: dict[str, str],
    jobs: int,
    files: tuple[Path, ...],
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    log: Path | None,
    recipes_: tuple[str, ...],
    patches: tuple[SourcePatch, ...],
    *,
    is_recipe: bool,
    no_recipes: bool,
    verbose: bool,
    no_build: bool,
    is_applied: bool,
    refresh: bool,
    offline: bool,
    as_json: bool,
    as_markdown: bool,
) -> None:
    """Find out what a build is missing.

    The sdist is read, then built in isolated environments, each time with what the last failure asked for. The result
    is the declaration that makes it build, or the reason why none can. The builds run other people's code: confined,
    without your tokens, and killed in the end.

    Where there is a recipe for the version, it is tried first; what that does not do is searched for.

    How each attempt ended is told on stderr, also with --json: stdout has the JSON alone. Ctrl-C and SIGTERM end the
    builds, and what is known by then is told.

    Without a package, and for a uv.lock, a pylock.toml or a requirements file: all that has no wheel for the
    environments of the project, and all that it builds itself. With --python, only that Python counts.

    Exit status: 0 if it builds as it is, or as it is declared, or if --apply has fixed it; 130 if it was interrupted;
    else 1.

    \b
    Examples:
      augbackend diagnose flash-attn==2.8.3
      augbackend diagnose ./my-project --apply
      augbackend diagnose --apply
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    _check_together(
        is_of_project=target is None or project_place.is_lock(target),
        of_project={"--markdown": as_markdown, "--refresh": refresh},
        of_builds={"--apply": is_applied, "--log": log is not None} if no_build else {},
        alone={"--recipe": is_recipe, "--markdown": as_markdown},
        others=no_build or is_applied or as_json,
    )
    if not no_build:
        confinement.require(require_confinement)  # what holds is said in the end
    declared = Declaration().joined(options.declaration(requirements, removed, variables_))
    declared = replace(declared, patches=patches)
    where = options.places(index_url, extra_index_url, find_links)
    lookup = Lookup(where, caches.Cache(cache_dir or caches.default_folder()), offline, Path(OUTPUT))
    if target is None or project_place.is_lock(target):
        if no_build or declared.size or is_recipe:
            raise UsageMistakeError(
                "of a project nothing is only read, no recipe is made, and its tables say what is declared",
                id="not-for-projects",
            )
        passed = ("--timeout", str(timeout), *(word for file in files for word in ("--knowledge", str(file))))
        passed += (f"--require-confinement={require_confinement}",) if require_confinement else ()
        passed += tuple(word for one in recipes_ for word in ("--recipes", one))
        passed += ("--no-recipes",) if no_recipes else ()
        asked = Asked(
            interpreter.find(wanted) if wanted else None,
            (index_url, extra_index_url, find_links),
            lookup.cache,
            passed,
            files,
            recipe_options.places(recipes_, lookup, no_recipes=no_recipes),
            timeout,
            jobs,
            offline=offline,
            refresh=refresh,
            is_applied=is_applied,
            as_json=as_json,
            as_markdown=as_markdown,
        )
        if not diagnosed_project.run(target, asked):
            raise SystemExit(1)
        return
    python = interpreter.find(wanted) if wanted else interpreter.this()
    completion = recipe_options.completion(recipes_, lookup, no_recipes=no_recipes or is_recipe)
    building = Building(python, where, rows.load(files), timeout, declared, completion)
    diagnosis, of = None, upstream.parse(target)
    with suppress(Interrupted), subject.unpacked(target, of, lookup) as source:
        if no_build:
            _only_read(source, building, as_json)
            return
        with build_output.kept(log, is_shown=verbose) as output:
            diagnosis = run.diagnosed(source, building, Narrator(output))
    if diagnosis is None:
        raise Interrupted  # before anything was known
    places = options.places_given(index_url, extra_index_url, find_links)
    named, found = replace(diagnosis.subject, places=places, recipes=recipes_), diagnosis.found
    plan, then = _folder_plan(named, found.cure)
    is_applied = is_applied and bool(found.cure.size) and not interruption.has_come()
    diagnosis = replace(diagnosis, subject=named, where=replace(then, is_applied=is_applied))
    if is_recipe and found.cure.size:
        click.echo(recipe_text.text(diagnosis, _sha256_of(of, lookup)), nl=False)
        return
    click.echo(terminal.as_json(report.as_json(diagnosis)) if as_json else "\n".join(report.lines(diagnosis)))
    if interruption.has_come():
        raise SystemExit(interruption.STATUS)
    if is_applied:
        job = Job(of if upstream.is_repository(of.url) else upstream.parse(named.target), found.cure)
        click.echo("\n".join(_applied(job, plan, then, lookup)), err=as_json)
    if found.verdict != "builds-as-is" and not is_applied:
        raise SystemExit(1)


def _check_together(*, is_of_project: bool, of_project: _Given, of_builds: _Given, alone: _Given, others: bool) -> None:
    """Refuse options that mean nothing together.

    :param of_project: those that are for a project only.
    :param of_builds: those that mean nothing without a build, if there is to be none.
    :param alone: those that print one thing and nothing else; ``others`` says whether something else is asked for.
    """
    for name in _given_of(of_project):
        if not is_of_project:
            raise UsageMistakeError(f"{name} is for a project, and a package is named", id="only-for-projects")
    for name in _given_of(of_builds):
        raise UsageMistakeError(f"{name} needs a build, and --no-build makes none", id="needs-a-build")
    for name in _given_of(alone):
        if others:
            what = (
                f"{name} prints {'a recipe' if name == '--recipe' else 'a table'} and nothing else, and needs a build"
            )
            raise UsageMistakeError(what, id="prints-nothing-else")


def _given_of(given: _Given) -> list[str]:
    return [name for name, is_given in given.items() if is_given]


def _sha256_of(target: Target, lookup: Lookup) -> str:
    """The sha256 of the sdist that was diagnosed; empty for a folder or a repository."""
    if upstream.is_built(target):
        return ""
    with upstream.fetched(target, Declaration(), lookup) as found:
        return found.sha256


def _folder_plan(subject: Subject, declaration: Declaration) -> tuple[TreePlan | None, Where]:
    """What is to be done in a folder of the user's, and how that is said."""
    if subject.tree is None or not declaration.size:
        return None, Where(is_uv_project=_is_in_uv_project())
    try:
        alone = static_adoption.sufficient(subject.tree, declaration)
        if alone is not None:
            return alone, Where(OwnLines(*static_adoption.own_lines(alone), static_adoption.is_adopted(alone)))
        return adoption.planned(subject.tree, declaration, installed=False), Where()
    except AugbackendError as error:
        return None, Where(refused=error)


def _is_in_uv_project() -> bool:
    root = project_root(Path())
    try:
        document = layers.read_pyproject(root)
        return project_kind.uses_uv(root, document, uv_settings(root / "pyproject.toml", document))
    except AugbackendError:  # there is none, or it is nobody's who asks
        return False


def _applied(job: Job, plan: TreePlan | None, then: Where, lookup: Lookup) -> list[str]:
    """Do what is advised.

    :param job: what is to be wrapped, unless it is a folder.
    :param plan: of a folder.
    :raises AugbackendError: if it cannot be done.
    """
    if then.refused is not None:
        raise then.refused
    if plan is not None:
        adoption.carry_out(plan)
        return ["", f"done: {_done(plan, then)}"]
    result = wrapping.wrapped(job, lookup, check=False, upgrade=False)
    return ["", f"done: {shown_path(result.archive)} is {result.state}"]


def _done(plan: TreePlan, then: Where) -> str:
    if then.own is None:
        return f"{plan.tree} is adopted"
    return f"it stands in {shown_path(plan.tree / 'pyproject.toml')}"


def _only_read(source: Source, building: Building, as_json: bool) -> None:  # noqa: FBT001  # as the option
    case = run.case_of(source, building)
    said = (source.subject, case, static_report.expected(case, building.python.version))
    document = terminal.as_json(static_report.as_json(*said))
    click.echo(document if as_json else "\n".join(static_report.lines(*said)))
