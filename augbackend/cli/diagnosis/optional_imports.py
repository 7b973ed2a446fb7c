"""What ``setup.py`` imports if it is there: without it, a wheel may lack a part, and the build says nothing of that."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING

from augbackend.cli.model.declaration import Declaration
from augbackend.knowledge.pythons import is_standard

from . import failure_clues, proposals
from .evidence import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .attempt import Attempt
    from .evidence import Case
    from .wheel_check import Check

_MOST_GUESSES = 3
_EXTENDS = re.compile(r"\b(?:ext|cffi)_modules\b")


def proposed(case: Case, good: Attempt, check: Check) -> Iterator[Proposal]:
    """What may bring the part that a wheel lacks."""
    reading = case.reading
    if check.is_compiled:
        return
    optional = [one for one in reading.imports if one.kind == "if it is there"]
    tops = {one.module.partition(".")[0]: one for one in reversed(optional)}
    absent = {
        top: one
        for top, one in tops.items()
        if not (top in good.importable or top in reading.modules or top.startswith("_") or is_standard(top))
    }
    found = {top: proposals.requiring_module(case, top) for top in absent}
    brings = {top: adds for top, adds in found.items() if adds is not None}
    if reading.pyx and "Cython" in absent:
        why = f"{absent['Cython'].place} does without Cython, and the wheel then lacks {reading.pyx[0]}"
        yield Proposal(reduce(Declaration.joined, brings.values()), why)
    elif _is_own(check) and _EXTENDS.search(failure_clues.setup_py(case)):
        for top, adds in list(brings.items())[:_MOST_GUESSES]:
            why = f"{absent[top].place} does without {top}, and the wheel then holds nothing compiled"
            yield Proposal(adds, why)


def _is_own(check: Check) -> bool:
    """Whether what an import misses may be the wheel's own: it names nothing, or that."""
    named = re.findall(r"'(\w+)(?:\.[\w.]*)?'", check.problem)
    return bool(check.problem) and (not named or any(name in check.modules for name in named))
