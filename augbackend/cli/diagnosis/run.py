"""One package's diagnosis: on this Python; where this Python is the obstacle, on others, too.

::

    a source, read; how it is built -> Search, attempt by attempt -> Diagnosis
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model.declaration import Declaration
from augbackend.cli.project.recipe_completion import NO_RECIPES, RecipeCompletion
from augbackend.cli.strangers import confinement, environment, interruption, temporary_folder
from augbackend.cli.strangers.interruption import Interrupted

from . import (
    attempt,
    notes,
    obstacles,
    other_python,
    runtime_match,
    search,
    silent_losses,
    subject,
    tables_for_uv,
    through_sdist,
    wheel_check,
    wheel_identity,
)
from .attempt import Attempt, Circumstances
from .evidence import Case
from .report import Diagnosis
from .search import Search
from .search_result import SearchResult

if TYPE_CHECKING:
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.strangers.environment import Installer
    from augbackend.cli.strangers.interpreter import Interpreter
    from augbackend.knowledge.rows import Knowledge

    from .narration import Narrator
    from .subject import Source, Subject
    from .through_sdist import Loss
    from .wheel_check import Check


@dataclass(frozen=True)
class Building:
    """How packages are diagnosed.

    :param where: the indexes and folders that build requirements come from.
    :param timeout: seconds for one package, everything included.
    :param declared: what is declared for it already.
    :param completion: the recipes that are tried before anything is searched for.
    """

    python: Interpreter
    where: Sources
    knowledge: Knowledge
    timeout: float
    declared: Declaration = field(default_factory=Declaration)
    completion: RecipeCompletion = NO_RECIPES


def case_of(source: Source, building: Building) -> Case:
    """What is known of a package before anything is built."""
    known = (source.reading, building.knowledge, building.python.minor, source.dated)
    return Case(source.tree, *known, absent=source.absent, declared=building.declared)


def circumstances(source: Source, installer: Installer, deadline: float, workplace: Path) -> Circumstances:
    """What all attempts at a package have in common.

    :param deadline: in seconds of the monotonic clock.
    :param workplace: a folder for everything that is made.
    """
    return Circumstances(
        source.tree,
        source.reading.backend,
        installer,
        deadline,
        workplace,
        source.root,
        source.identity,
        is_folder=source.subject.tree is not None,
    )


def diagnosed(source: Source, building: Building, narrator: Narrator) -> Diagnosis:
    """Find out what a package's build is missing.

    :return: also if the user ends it (:func:`interruption.has_come`): what is known by then.
    :raises Interrupted: if that is nothing.
    :raises AugbackendError: if an index cannot be reached, so that nothing can be found out.
    """
    began = time.monotonic()
    found, name = None, ""
    said: tuple[str, ...] = ()
    try:
        with temporary_folder.temporary() as workplace:
            installer = environment.installer(building.python, building.where, workplace)
            having = circumstances(source, installer, began + building.timeout, workplace)
            case = case_of(source, building)
            recipes = _Recipes(source.subject, building.completion, narrator)
            found, name = runtime_match.matched(_found_out(case, having, narrator, recipes), case), installer.name
            said = (*recipes.remarks(found), *notes.remarks(source, found, having), *_of_the_wheel(case, found, source))
    except Interrupted:  # in the end, while something was removed
        if found is None:
            raise
    narrator.end()
    seconds = time.monotonic() - began
    called = subject.called_by(source.subject, found.attempt.wheel)
    seen = tables_for_uv.seen(source.reading, found)
    return Diagnosis(
        called, found, building.python, name, seconds, confinement.here(), said, seen, timeout=building.timeout
    )


def _of_the_wheel(case: Case, found: SearchResult, source: Source) -> list[str]:
    """What its build did without, and who does not take it."""
    attempt = found.attempt
    if attempt.wheel is None:
        return []
    if source.identity is not None:
        said = source.identity.remark(attempt.wheel)
    else:
        said = wheel_identity.told_otherwise(source.tree, source.reading, attempt.wheel)
    return [*silent_losses.remarks(case, attempt), *([said] if said else [])]


@dataclass(frozen=True)
class _Recipes:
    """The recipes for one package, on each Python that it is built with."""

    subject: Subject
    completion: RecipeCompletion
    narrator: Narrator
    tried: dict[str, Declaration] = field(default_factory=dict)

    def added(self, case: Case, python: str) -> Case:
        """The case with what a recipe says of the package on a Python; a folder of the user's is nobody's release."""
        subject = self.subject
        if subject.tree is not None or not (subject.name and subject.version):
            return case
        asked = replace(self.completion, python=python, is_for_this_build=True)
        said = asked.completed(case.declared, subject.name, subject.version)
        if said.recipe is None:
            return case
        self.narrator.say(f"   tried first: {said.recipe.line}")
        self.tried[python] = replace(Declaration().joined(said), recipe=said.recipe)
        return replace(case, recipe=self.tried[python])

    def remarks(self, found: SearchResult) -> list[str]:
        """What is to be said where a recipe did not do."""
        failed = [one for one in self.tried.values() if search.key(one) != search.key(found.attempt.declaration)]
        return [
            f"the recipe {one.recipe.origin} gives no wheel that works here, so it was searched for"
            for one in failed
            if one.recipe is not None
        ]


def _found_out(case: Case, having: Circumstances, narrator: Narrator, recipes: _Recipes) -> SearchResult:
    here = having.installer.python

    def on(python: Interpreter) -> SearchResult:
        if python != here:
            narrator.say(f"   Python {python.version} may do")
        there = replace(having, installer=replace(having.installer, python=python))
        return _searched(recipes.added(replace(case, python=python.minor), python.version), there, narrator)

    def has_time() -> bool:
        return having.left > 0 and not interruption.has_come()

    return other_python.added(on(here), case, here, on, has_time)


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

    def through(made: Attempt) -> Loss | None:
        with narrator.busy("building it through its sdist"):
            return through_sdist.loss(made, having, os.environ, lambda _: None)

    search = Search(case, try_it, look, lambda: having.left > 0, interruption.has_come)
    return (replace(search, through=through) if having.is_folder else search).run()
