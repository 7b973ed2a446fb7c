"""Where a package does not build on this Python: the others of this machine, tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from augbackend.cli.strangers import interpreter

from . import obstacles

if TYPE_CHECKING:
    from augbackend.cli.strangers.interpreter import Interpreter

    from .evidence import Case, Obstacle
    from .search_result import SearchResult

_NEXT = 3  # older ones that are tried: each is a diagnosis of its own


def added(
    found: SearchResult,
    case: Case,
    here: Interpreter,
    diagnosed: Callable[[Interpreter], SearchResult],
    has_time: Callable[[], bool],
) -> SearchResult:
    """The same result; if another Python may help, with what came of trying it.

    :param diagnosed: searches on another Python.
    :param has_time: whether there is time for that.
    """
    obstacle = found.obstacle
    if obstacle is None or not obstacle.is_of_python:
        return found
    others = [one for one in interpreter.others(here) if obstacles.plausible(case, obstacle, one.version)]
    said = "" if others else _in_words(case, obstacle)
    untried = []
    for python in _spread(others, here):
        again = diagnosed(python) if has_time() else None
        if again is None or (again.verdict == "unfinished" and again.cut != "attempts"):
            untried.append(python.version)
            continue
        ending = {
            "builds-as-is": "builds it",
            "builds-when-declared": f"builds it with {again.declaration.in_words()}",
            "not-by-a-declaration": "does not build it either",
            "unfinished": "was not tried to the end",
        }
        said = f"Python {python.version} {ending[again.verdict]}"
        if again.verdict.startswith("builds"):
            untried = []
            break
    left = f"Python {', '.join(untried)} may do, and there was no time to try it" if untried else ""
    return replace(found, obstacle=replace(obstacle, reason="; ".join(filter(None, [obstacle.reason, said, left]))))


def _spread(others: list[Interpreter], here: Interpreter) -> list[Interpreter]:
    """Which to try: the next older ones, the oldest, and the next newer one, where there are any."""
    older = [one for one in others if _number(one) < _number(here)]
    newer = [one for one in others if _number(one) > _number(here)]
    return list(dict.fromkeys([*older[:_NEXT], *older[-1:], *newer[-1:]]))


def _number(python: Interpreter) -> tuple[int, ...]:
    return tuple(int(part) for part in python.minor.split("."))


def _in_words(case: Case, obstacle: Obstacle) -> str:
    """Which Python may help, where none such is on this machine."""
    if obstacle.gone:
        return f"a Python before {obstacle.gone} may do, and none was found here"
    if case.reading.requires_python:
        return f"one that {case.reading.requires_python} allows may do, and none was found here"
    named = [one for one in case.reading.pythons if "." in one]
    return f"it names Python {', '.join(named)}, and none of them was found here" if named else "an older one may do"
