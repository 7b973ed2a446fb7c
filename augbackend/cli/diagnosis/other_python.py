"""Where this Python is what is in the way: one that may do, tried where it is on this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable

from augbackend.cli.strangers import interpreter

from . import obstacles
from .attempt import in_words

if TYPE_CHECKING:
    from augbackend.cli.strangers.interpreter import Interpreter

    from .evidence import Case, Obstacle
    from .search import SearchResult

_NEXT = 3  # older ones that are tried: each is a diagnosis of its own


def added(
    found: SearchResult, case: Case, here: Interpreter, diagnosed: Callable[[Interpreter], SearchResult]
) -> SearchResult:
    """The same, with what a Python does that may do where this one does not.

    :param diagnosed: finds out on another one.
    """
    obstacle = found.obstacle
    if obstacle is None or not obstacle.is_of_python:
        return found
    others = [one for one in interpreter.others(here) if obstacles.plausible(case, obstacle, one.version)]
    said = _in_words(case, obstacle)
    for python in _spread(others, here):
        again = diagnosed(python)
        ending = {"builds-as-is": "builds it", "builds-when-declared": f"builds it with {in_words(again.declaration)}"}
        said = f"Python {python.version} {ending.get(again.verdict, 'does not build it either')}"
        if again.verdict in ending:
            break
    return replace(found, obstacle=replace(obstacle, reason=f"{obstacle.reason}; {said}"))


def _spread(others: list[Interpreter], here: Interpreter) -> list[Interpreter]:
    """The next older ones, the oldest, the next newer one: as far as there are any."""
    older = [one for one in others if _number(one) < _number(here)]
    newer = [one for one in others if _number(one) > _number(here)]
    return list(dict.fromkeys([*older[:_NEXT], *older[-1:], *newer[-1:]]))


def _number(python: Interpreter) -> tuple[int, ...]:
    return tuple(int(part) for part in python.minor.split("."))


def _in_words(case: Case, obstacle: Obstacle) -> str:
    """In words, where none that may do is on this machine."""
    if obstacle.gone:
        return f"a Python before {obstacle.gone} may do, and none was found here"
    if case.reading.requires_python:
        return f"one that {case.reading.requires_python} allows may do, and none was found here"
    named = [one for one in case.reading.pythons if "." in one]
    return f"it names Python {', '.join(named)}, and none of them was found here" if named else "an older one may do"
