"""``augbackend diagnose``: find out what a build is missing, and fix it.

::

    what the user named -> an sdist or a folder -> a pristine copy -> Reading -> Search -> Diagnosis -> report
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import terminal
from augbackend.cli.diagnosis import (
    attempt,
    notes,
    obstacles,
    other_python,
    report,
    static_report,
    subject,
    wheel_check,
)
from augbackend.cli.diagnosis.attempt import Attempt, Circumstances
from augbackend.cli.diagnosis.evidence import Case
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.diagnosis.report import Diagnosis
from augbackend.cli.diagnosis.search import Search, SearchResult
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import index, upstream
from augbackend.cli.fetch.lookup import OUTPUT, Lookup
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.project.jobs import Job
from augbackend.cli.strangers import confinement, environment, interpreter, temporary_folder
from augbackend.cli.wrapping import adoption, run, static_adoption
from augbackend.knowledge import rows

from . import options

if TYPE_CHECKING:
    from augbackend.cli.diagnosis.subject import Source, Subject
    from augbackend.cli.diagnosis.wheel_check import Check
    from augbackend.cli.strangers.confinement import Level
    from augbackend.cli.strangers.interpreter import Interpreter
    from augbackend.cli.wrapping.adoption import TreePlan
    from augbackend.knowledge.rows import Knowledge

TIMEOUT = 1800.0


@click.command()
@click.argument("target", metavar="REQUIREMENT|SDIST|FOLDER")
@click.option("--python", "wanted", metavar="PYTHON", help="The Python to build with, a version or a file.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="The time for everything; what still runs then is killed.",
)
@click.option("--no-build", is_flag=True, help="Only read the package; run none of its code.")
@click.option("--apply", "is_applied", is_flag=True, help="Do what is advised: wrap the sdist, or adopt the folder.")
@click.option(
    "--knowledge",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of your own, in the form of augbackend/knowledge/rows.toml. Repeatable.",
)
@options.sources
@options.require_confinement
@options.as_json
def diagnose(
    target: str,
    wanted: str | None,
    timeout: float,
    files: tuple[Path, ...],
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    *,
    no_build: bool,
    is_applied: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Find out what a build is missing.

    The sdist is read, then built in isolated environments, each time with what the last failure asked for. The result
    is the declaration that makes it build, or the reason why none can. The builds run other people's code: confined,
    without your tokens, and killed in the end.

    Exit status: 0 if it builds as it is, or if --apply has fixed it; else 1.

    \b
    Examples:
      augbackend diagnose flash-attn==2.8.3
      augbackend diagnose ./my-project --apply
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if no_build and is_applied:
        raise click.UsageError("--apply needs a build, and --no-build makes none")
    if not no_build:
        confinement.require(require_confinement)  # what holds is said in the end
    began = time.monotonic()
    knowledge, narrator = rows.load(files), Narrator()
    where = options.places(index_url, extra_index_url, find_links)
    cache = caches.Cache(cache_dir or caches.default_folder())
    lookup = Lookup(where, cache, offline, Path(OUTPUT))
    with subject.unpacked(target, upstream.parse(target), lookup) as source:
        python = interpreter.find(wanted) if wanted else interpreter.this()
        if no_build:
            _only_read(
                source, Case(source.tree, source.reading, knowledge, python.minor, source.dated), python, as_json
            )
            return
        with temporary_folder.temporary() as workplace:
            installer = environment.installer(python, where, workplace)
            having = Circumstances(source.tree, source.reading.backend, installer, began + timeout, workplace)
            found = _found_out(source, having, knowledge, narrator)
            said = notes.remarks(source, found, having)
        narrator.end()
        given = [("--index-url", index_url or ""), *(("--extra-index-url", url) for url in extra_index_url)]
        given += [("--find-links", link) for link in find_links]
        places = tuple((option, index.shown(value)) for option, value in given if value)
        alone = static_adoption.sufficient(source.subject.tree, found.declaration) if source.subject.tree else None
        diagnosis = Diagnosis(
            replace(source.subject, places=places),
            found,
            python,
            installer.name,
            time.monotonic() - began,
            confinement.here(),
            said,
            static_adoption.line(alone) if alone else "",
        )
        click.echo(terminal.as_json(report.as_json(diagnosis)) if as_json else "\n".join(report.lines(diagnosis)))
        if is_applied and found.declaration.size:
            click.echo("\n".join(_applied(source.subject, found.declaration, alone, lookup)), err=as_json)
    if found.verdict != "builds-as-is" and not (is_applied and found.declaration.size):
        raise SystemExit(1)


def _found_out(source: Source, having: Circumstances, knowledge: Knowledge, narrator: Narrator) -> SearchResult:
    """Search on this Python; if this Python is the obstacle, on others, too."""
    here = having.installer.python
    case = Case(source.tree, source.reading, knowledge, here.minor, source.dated)

    def on(python: Interpreter) -> SearchResult:
        if python != here:
            narrator.say(f"   Python {python.version} may do")
        there = replace(having, installer=replace(having.installer, python=python))
        return _searched(replace(case, python=python.minor), there, narrator)

    return other_python.added(on(here), case, here, on)


def _searched(case: Case, having: Circumstances, narrator: Narrator) -> SearchResult:
    refused = obstacles.refused_python(case, having.installer.python.version)
    if refused is not None:
        nothing = Attempt(Declaration(), None, None, 0.0)
        return SearchResult("not-by-a-declaration", Declaration(), {}, (), nothing, None, refused)

    def try_it(declaration: Declaration, why: str) -> Attempt:
        with narrator.attempt(declaration, why) as tell:
            made = attempt.attempt(declaration, having, os.environ, tell)
        narrator.ended(made)
        return made

    def look(made: Attempt) -> Check:
        with narrator.busy("installing the wheel and importing it"):
            return wheel_check.check(made.wheel or Path(), having, os.environ, case.knowledge)

    return Search(case, try_it, look, lambda: having.left > 0).run()


def _applied(subject: Subject, declaration: Declaration, alone: TreePlan | None, lookup: Lookup) -> list[str]:
    """Do what is advised.

    :param alone: for a tree that needs no backend of ours.
    """
    if alone is not None:
        adoption.carry_out(alone)
        return ["", f"done: it stands in {shown_path(alone.tree / 'pyproject.toml')}"]
    if subject.tree is not None:
        adoption.carry_out(adoption.planned(subject.tree, declaration, installed=False))
        return ["", f"done: {subject.tree} is adopted"]
    result = run.wrapped(Job(upstream.parse(subject.target), declaration), lookup, check=False, upgrade=False)
    return ["", f"done: {shown_path(result.archive)} is {result.state}"]


def _only_read(source: Source, case: Case, python: Interpreter, as_json: bool) -> None:  # noqa: FBT001  # as the option
    said = (source.subject, case, static_report.expected(case, python.version))
    document = terminal.as_json(static_report.as_json(*said))
    click.echo(document if as_json else "\n".join(static_report.lines(*said)))
