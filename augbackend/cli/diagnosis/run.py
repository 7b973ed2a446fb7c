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
from augbackend.cli.strangers import confinement, environment, temporary_folder

from . import attempt, notes, obstacles, other_python, wheel_check
from .attempt import Attempt, Circumstances
from .evidence import Case
from .report import Diagnosis
from .search import Search, SearchResult

if TYPE_CHECKING:
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.strangers.interpreter import Interpreter
    from augbackend.knowledge.rows import Knowledge

    from .narration import Narrator
    from .subject import Source
    from .wheel_check import Check


@dataclass(frozen=True)
class Building:
    """How packages are diagnosed.

    :param where: the indexes and folders that build requirements come from.
    :param timeout: seconds for one package, everything included.
    :param declared: what is declared for it already.
    """

    python: Interpreter
    where: Sources
    knowledge: Knowledge
    timeout: float
    declared: Declaration = field(default_factory=Declaration)


def case_of(source: Source, building: Building) -> Case:
    """What is known of a package before anything is built."""
    minor = building.python.minor
    return Case(source.tree, source.reading, building.knowledge, minor, source.dated, building.declared)


def diagnosed(source: Source, building: Building, narrator: Narrator) -> Diagnosis:
    """Find out what a package's build is missing.

    :raises AugbackendError: if an index cannot be reached, so that nothing can be found out.
    """
    began = time.monotonic()
    with temporary_folder.temporary() as workplace:
        installer = environment.installer(building.python, building.where, workplace)
        deadline = began + building.timeout
        having = Circumstances(source.tree, source.reading.backend, installer, deadline, workplace)
        found = _found_out(case_of(source, building), having, narrator)
        said = notes.remarks(source, found, having)
    narrator.end()
    seconds = time.monotonic() - began
    return Diagnosis(source.subject, found, building.python, installer.name, seconds, confinement.here(), said)


def _found_out(case: Case, having: Circumstances, narrator: Narrator) -> SearchResult:
    here = having.installer.python

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
