"""``augbackend diagnose``: find out what a build is missing, and fix it.

::

    what the user named -> an sdist or a folder -> a pristine copy -> Reading -> Search -> Diagnosis -> report
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from augbackend import knowledge as knowledges
from augbackend import metadata
from augbackend.errors import AugbackendError
from augbackend.settings import BuildDependency

from . import adopt as adopting
from . import cache as caches
from . import declaration as declarations
from . import index, isolated_environment, options, sdist, upstream
from . import wrap as wrapping
from .augmentation import Augmentation, Extra
from .diagnosis import attempt, environment, interpreter, report, rules, source_reading, wheel_check
from .diagnosis.narration import Narrator, in_words
from .diagnosis.report import Diagnosis, Subject
from .diagnosis.rules import Case
from .diagnosis.search import Found, Search
from .project import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.knowledge import Knowledge

    from .diagnosis.attempt import Circumstances, Declaration, Outcome
    from .diagnosis.rules import Obstacle
    from .diagnosis.source_reading import Reading
    from .diagnosis.wheel_check import Check
    from .upstream import Lookup, Target

TIMEOUT = 1800.0
_LEFT_OUT = shutil.ignore_patterns(".git", ".hg", ".tox", ".venv", "__pycache__", "node_modules")


@dataclass(frozen=True)
class Source:
    """What is diagnosed, unpacked.

    :param dated: when its newest file was written, ``2021-09-04``; empty if that says nothing.
    """

    subject: Subject
    tree: Path
    reading: Reading
    dated: str


@contextmanager
def unpacked(text: str, target: Target, lookup: Lookup) -> Iterator[Source]:
    """Have what the user named as a tree of files that nobody builds in.

    :raises AugbackendError: if it cannot be had, or is no project.
    """
    if upstream.is_repository(target.url):
        hint = "clone it, and name the folder"
        raise AugbackendError("a repository is diagnosed as a folder", where=text, hint=hint)
    with tempfile.TemporaryDirectory(prefix="augbackend-", ignore_cleanup_errors=True) as place:
        if target.path is not None and target.path.is_dir():
            tree = Path(shutil.copytree(target.path, Path(place) / "tree", symlinks=True, ignore=_LEFT_OUT))
            reading = source_reading.read(tree)
            name = canonicalize_name(reading.name or target.path.resolve().name)
            yield Source(Subject(text, target.path, name, reading.version), tree, reading, "")
            return
        with upstream.fetched(target, Augmentation(), lookup) as found, sdist.opened(found.path) as opened:
            tree = sdist.unpack(opened, Path(place))
            day = datetime.fromtimestamp(opened.newest, timezone.utc).strftime("%Y-%m-%d")
            reading = source_reading.read(tree)
            try:
                name, version = map(str, parse_sdist_filename(found.path.name))
            except InvalidSdistFilename:
                name, version = canonicalize_name(reading.name), reading.version
        words = f"{name}=={version}" if target.requirement else text
        dated = day if day > "2000" else ""
        yield Source(Subject(words, None, canonicalize_name(name), version), tree, replace(reading, version=version), dated)


def diagnosed(source: Source, having: Circumstances, knowledge: Knowledge, narrator: Narrator) -> Found:
    """Find out.

    :raises AugbackendError: if that cannot be found out here.
    """
    python = having.installer.python
    case = Case(source.tree, source.reading, knowledge, python.minor, source.dated)
    refused = rules.refused_python(case, python.version)
    if refused is not None:
        nothing = attempt.Outcome(attempt.Declaration(), None, None, 0.0)
        return Found("not-by-a-declaration", attempt.Declaration(), {}, (), nothing, None, refused)

    def try_it(declaration: Declaration, why: str) -> Outcome:
        with narrator.attempt(declaration, why) as told:
            told.append(attempt.attempt(declaration, having, os.environ))
        return told[0]

    def look(outcome: Outcome) -> Check:
        if outcome.wheel is None:
            raise ValueError("there is a wheel, or there is nothing to look at")
        with narrator.busy(f"   installing and importing {outcome.wheel.name}"):
            return wheel_check.check(outcome.wheel, having, os.environ, knowledge)

    return Search(case, try_it, look, lambda: having.left > 0).run()


def on_another_python(source: Source, found: Found, having: Circumstances, knowledge: Knowledge, narrator: Narrator) -> Found:
    """The same, with what a Python does that may do where this one does not: tried, where it is on this machine."""
    obstacle, here = found.obstacle, having.installer.python
    if obstacle is None or not obstacle.is_of_python:
        return found
    case = Case(source.tree, source.reading, knowledge, here.minor, source.dated)
    others = [one for one in interpreter.others(here) if rules.plausible(case, obstacle, one.minor)]
    said = _which_could(case, obstacle)
    if others and having.left > 0:
        narrator.say(f"   Python {others[0].version} may do")
        there = replace(having, installer=replace(having.installer, python=others[0]))
        again = diagnosed(source, there, knowledge, narrator)
        ending = {"builds-as-is": "builds it", "builds-when-declared": f"builds it with {in_words(again.declaration)}"}
        said = f"Python {others[0].version} {ending.get(again.verdict, 'does not build it either')}"
    return replace(found, obstacle=replace(obstacle, reason=f"{obstacle.reason}; {said}"))


def _which_could(case: Case, obstacle: Obstacle) -> str:
    """In words, where none that may do is on this machine."""
    if obstacle.gone:
        return f"a Python before {obstacle.gone} may do, and none is here"
    if case.reading.requires_python:
        return f"one that {case.reading.requires_python} allows may do, and none is here"
    named = [one for one in case.reading.pythons if "." in one]
    return f"it names Python {', '.join(named)}, and none of them is here" if named else "an older one may do"


@click.command()
@click.argument("target", metavar="REQUIREMENT|SDIST|FOLDER")
@click.option("--python", "wanted", metavar="PYTHON", help="A version, or an interpreter. [default: the one in use]")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="For all of it; what runs then is killed.",
)
@click.option("--no-build", is_flag=True, help="Only read; run nothing of it.")
@click.option("--apply", "is_applied", is_flag=True, help="Do what is advised: wrap the sdist, or adopt the folder.")
@click.option(
    "--knowledge",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of rows of your own, as augbackend/knowledge.toml. Repeatable.",
)
@options.sources
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
    *,
    no_build: bool,
    is_applied: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Find out what a build is missing: the declaration that makes it build, or why nothing can.

    The sdist is read, then built in isolated environments, each time with what the last failure asked for. It is other
    people's code that runs there: in processes of its own, without your environment variables, and killed in the end.

    Exit status: 0 if it builds as it is, or was fixed by --apply; 1 if something is to be declared, or nothing helps.

    \b
    Examples:
      augbackend diagnose flash-attn==2.8.3
      augbackend diagnose ./my-project --apply
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if no_build and is_applied:
        raise click.UsageError("--no-build finds nothing to apply")
    began = time.monotonic()
    knowledge, narrator = knowledges.load(files), Narrator()
    where = index.sources(index_url, extra_index_url, find_links, os.environ)
    cache = caches.Cache(cache_dir or caches.default_folder())
    lookup = upstream.Lookup(where, cache, offline, Path("wrapped"))
    with unpacked(target, upstream.parse(target), lookup) as source:
        if no_build:
            _read_only(source, as_json=as_json)
            return
        python = interpreter.find(wanted) if wanted else interpreter.this()
        with tempfile.TemporaryDirectory(prefix="augbackend-", ignore_cleanup_errors=True) as place:
            workplace = Path(place)
            installer = environment.installer(python, where, workplace)
            having = attempt.Circumstances(source.tree, source.reading.backend, installer, began + timeout, workplace)
            found = diagnosed(source, having, knowledge, narrator)
            found = on_another_python(source, found, having, knowledge, narrator)
            remarks = _remarks(source, found, having)
        diagnosis = Diagnosis(source.subject, found, python, installer.name, time.monotonic() - began, remarks)
        if as_json:
            click.echo(json.dumps(report.as_json(diagnosis), indent=2))
        else:
            for line in report.lines(diagnosis):
                click.echo(line)
        if is_applied and found.declaration.size:
            for line in _applied(source.subject, found.declaration, lookup):
                click.echo(line, err=as_json)
    if found.verdict != "builds-as-is" and not (is_applied and found.declaration.size):
        raise SystemExit(1)


def _remarks(source: Source, found: Found, having: Circumstances) -> tuple[str, ...]:
    remarks = []
    at_hand = having.installer.constraints
    used = found.outcome.installed
    remarks += [f"{name} {used[name]} is the one at hand here" for name in sorted(at_hand) if name in used]
    return tuple(remarks)


def _applied(subject: Subject, declaration: Declaration, lookup: Lookup) -> list[str]:
    return []


def _read_only(source: Source, *, as_json: bool) -> None:
    click.echo(json.dumps(report.reading_as_json(source.subject, source.reading), indent=2))
