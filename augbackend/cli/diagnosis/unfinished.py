"""A diagnosis that something ended: how far it came, in words, and how much time to give it the next time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import so_far

if TYPE_CHECKING:
    from .attempt import Attempt, Stage
    from .search_result import SearchResult

_DOING: dict[Stage, str] = {
    "install": "installing the build requirements",
    "get_requires": "asking its backend what it requires",
    "wheel": "building the wheel",
}
_TIMES_AS_LONG = 4  # of what had not ended: nobody knows how much of it is left
_ROUND = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 4 * 3600, 8 * 3600)  # seconds
_DAY = 24 * 3600


def why(found: SearchResult) -> str:
    """What ended it."""
    return {
        "time": "the time ran out",
        "attempts": f"{len(found.attempts)} builds are the most that are made",
        "user": "you ended it",
        "": "",
    }[found.cut]


def reason(found: SearchResult) -> str:
    """What ended it, how far the last build came, and what stands in the way by then."""
    return "; ".join(filter(None, [why(found), _last_build(found), so_far.reason(found)]))


def _last_build(found: SearchResult) -> str:
    if not found.attempts:
        return "nothing was built yet"
    last = found.attempts[-1]
    words = f", with {last.declaration.in_words()}," if last.declaration.size else ""
    if last.failure is None:
        text = "made a wheel, and nobody knows yet whether it installs and imports"
    elif last.failure.is_cut_short:
        text = f"was ended {last.in_stage:.0f} s into {_DOING[last.failure.stage]}"
    else:
        is_told = found.obstacle is not None and found.attempt is last
        text = f"ended after {last.seconds:.0f} s{'' if is_told else f': {last.failure.headline}'}"
    return f"the last build{words} {text}"


def timeout(found: SearchResult, seconds: float, given: float) -> int | None:
    """A limit for the next time, in seconds, by what was measured; ``None`` if the one that was given may do.

    :param seconds: of all of the diagnosis.
    :param given: the limit of this one.
    """
    if found.cut not in ("time", "user") or not found.attempts:
        return None
    last = found.attempts[-1]
    longest = last.in_stage if _is_cut_short(last) else max(one.seconds for one in found.attempts)
    wanted = seconds - longest + _TIMES_AS_LONG * longest
    if found.cut == "user" and wanted <= given:
        return None
    wanted = max(wanted, 2 * given)
    days = int(-(-wanted // _DAY))
    return next((one for one in _ROUND if one >= wanted), days * _DAY)


def as_json(found: SearchResult, seconds: float, given: float) -> dict[str, Any] | None:
    """For a script: ``None`` where nothing was left to do."""
    if found.verdict != "unfinished":
        return None
    last = found.attempts[-1] if found.attempts else None
    built = {
        "declared": last.declaration.in_words(),
        "stage": last.failure.stage if last.failure else "import",
        "seconds": round(last.in_stage, 1),
    } if last else None  # fmt: skip
    return {"ended-by": found.cut, "last-build": built, "try-timeout": timeout(found, seconds, given)}


def advice(found: SearchResult, seconds: float, given: float) -> str:
    """What to do next."""
    if found.cut == "attempts":
        return "to go on from there, declare it, and diagnose that" if found.declaration.size else ""
    limit = timeout(found, seconds, given)
    return f"try again with --timeout {limit}" if limit else "try again: the same command has the time"


def _is_cut_short(attempt: Attempt) -> bool:
    return attempt.failure is not None and attempt.failure.is_cut_short
