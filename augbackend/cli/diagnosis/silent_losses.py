"""What a build that gave a wheel says that it did without.

::

    its output -> clues of the rows that are silent -> proposals, and a remark where none of them gave another wheel
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from augbackend.knowledge import clues
from augbackend.knowledge.pythons import is_standard

from . import proposals
from .evidence import Proposal, declaring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration

    from .attempt import Attempt
    from .evidence import Case
    from .wheel_check import Check


def proposed(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """What would bring what the build did without."""
    known = replace(case.knowledge, symptom=tuple(row for row in case.knowledge.symptom if row.silent))
    seen: list[Declaration] = []
    for clue in clues.named_in(attempt.output, known):
        top = _imported_as(case, clue.name) if clue.kind == "module" else ""
        adds = proposals.requiring_module(case, top) if top else declaring(*clue.symptom.require)
        if adds is None or not adds.size or (top and top in attempt.importable) or adds in seen:
            continue
        seen.append(adds)
        yield Proposal(adds, clue.symptom.because or f"its build says: {clue.line}", clue.line, is_certain=True)


def _imported_as(case: Case, word: str) -> str:
    """The module that a message means: one that ``setup.py`` imports; empty if it is a word of prose."""
    word = word.lower().partition(".")[0]
    tops = dict.fromkeys(one.module.partition(".")[0] for one in case.reading.imports)
    named = (top for top in tops if top.lower() in (word, word.removeprefix("py")))
    return next((top for top in named if not is_standard(top) and top not in case.reading.modules), "")


def is_another(attempt: Attempt, check: Check, before: Attempt, check_before: Check) -> bool:
    """Whether a wheel has what another did without: its name or version, what it holds or requires is another."""

    def of(one: Attempt, seen: Check) -> tuple[object, ...]:
        return (one.wheel.name if one.wheel else "", seen.modules, seen.is_compiled, seen.requires_dist)

    return of(attempt, check) != of(before, check_before)


def remarks(case: Case, attempt: Attempt) -> list[str]:
    """What the build of the wheel said that it did without, each with what may bring it."""
    return [
        f"its build says “{one.said}”: with {one.adds.in_words()} declared, the wheel may hold more"
        for one in proposed(case, attempt)
    ]
