"""What is known where nothing was found that builds: the attempt that came furthest, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .attempt import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .attempt import Attempt, Stage
    from .search_result import SearchResult

_NEEDS = "it needs "


def reached(attempt: Attempt, asked_at: Mapping[int, Stage]) -> int:
    """How far an attempt came: the number of its last stage.

    :param asked_at: attempts, by their identity, that were cut short → the stage of the failure that asked for what is
        new in them: they are that far, whatever they were doing.
    """
    if attempt.failure is None:
        return len(STAGES)
    stages = [attempt.failure.stage, *([asked_at[id(attempt)]] if id(attempt) in asked_at else [])]
    return max(map(STAGES.index, stages))


def furthest(attempts: Iterable[Attempt], asked_at: Mapping[int, Stage]) -> list[Attempt]:
    """Those that came furthest, in the order that they are given in."""
    numbers = [(reached(one, asked_at), one) for one in attempts]
    most = max((number for number, _ in numbers), default=0)
    return [one for number, one in numbers if number == most]


def reason(found: SearchResult) -> str:
    """Why it does not build, beside what is declared by then."""
    said = found.obstacle.reason if found.obstacle else ""
    first = found.attempts[0].failure if found.attempts else None
    if not found.declaration.size or not said or (first and first.stage == "install"):
        return said  # the last begins with why it cannot be built as it is
    with_it = f"with {found.declaration.in_words()} declared"
    return f"{with_it}, it then needs {said[len(_NEEDS) :]}" if said.startswith(_NEEDS) else f"{with_it}, {said}"
