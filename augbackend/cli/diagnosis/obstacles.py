"""Why a package does not build, in words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from augbackend.cli.fetch.build_environment import BUILDING_FAILS
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.knowledge.pythons import at_least

from . import absent_submodules, build_tool_output, compiler_output, failure_clues, torch_without_cuda
from .evidence import Obstacle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augbackend.knowledge.clues import Clue

    from .attempt import Attempt, Failure
    from .evidence import Case

_OF_PYTHON = re.compile(r"\b(?:_?Py[A-Z_]\w|(?:tp|nb|sq|mp|ob|m)_[a-z])")  # names of its C API
_UNREACHABLE = re.compile(
    r"error sending request|dns error|NewConnectionError|ConnectTimeout|Could not connect|Network is unreachable",
    re.IGNORECASE,
)


_PROGRESS = re.compile(r"(?:Using|Resolved|Prepared|Collecting|Downloading|hint)")
_LONGEST = 400  # characters of a message
_OF_FIRST_INDEX = "--index-strategy"  # in uv's hint, which comes last and is long
_MORE_INDEXES = (
    "; of several indexes uv asks the first that has the project: UV_INDEX_STRATEGY=unsafe-best-match asks all"
)
_OF_A_WHEEL: dict[str, str] = {"identity": "", "import": "it does not import: "}


def unreachable(failure: Failure) -> bool:
    """Whether the installer could not reach an index, which says nothing of the sdist."""
    return failure.stage == "install" and _UNREACHABLE.search(failure.output) is not None


def obstacle(case: Case, attempt: Attempt) -> Obstacle:
    """Why an attempt failed, if no proposal helps.

    :raises ValueError: if it did not fail.
    """
    failure = attempt.failure
    if failure is None:
        raise ValueError("a wheel is no obstacle")
    if failure.is_over_time:
        what = {"install": "installing the build requirements", "get_requires": "setup.py", "wheel": "the build"}
        said = f"{what.get(failure.stage, failure.stage)} did not end in {attempt.in_stage:.0f} s and was killed"
        return Obstacle(said, failure.message)
    if failure.stage == "install":
        return Obstacle(f"its build requirements cannot be installed: {in_the_words_of_installer(failure.output)}")
    if lacking := absent_submodules.obstacle(case, failure):
        return lacking
    clues = failure_clues.in_the_way(case, failure)
    found = [one for clue in clues if (one := _obstacle_of(case, attempt, clue))]
    if failure.stage in _OF_A_WHEEL:
        return _of_a_wheel(failure, found)
    if found:
        return found[0]
    if case.reading.problem:
        return Obstacle(f"setup.py is not for this Python: {case.reading.problem}", failure.message, is_of_python=True)
    if compiling := compiler_output.error(failure.output):
        return _does_not_compile(case, compiling)
    elsewhere = next((path for path in attempt.refused if path in failure.message), "")
    if elsewhere:
        reason = f"it may not use {elsewhere} here, which is not a build's to read or change: {failure.message}"
        return Obstacle(reason, failure.message, is_known=False)
    need = failure_clues.named_in_words(case, failure.message)
    reason = (
        f"it needs {need.text}: {failure.message}" if need else f"nothing is known about this error: {failure.message}"
    )
    return Obstacle(reason, failure.message, is_known=False)


def _of_a_wheel(failure: Failure, found: Sequence[Obstacle]) -> Obstacle:
    """There is a wheel, and it is of no use."""
    said = failure.message.removeprefix("error: ")
    reason = f"a wheel is built, and {_OF_A_WHEEL[failure.stage]}{said}"
    if not found:
        return Obstacle(reason, said)
    why = found[0].reason.replace(f" ({found[0].said})", "")
    return replace(found[0], reason=reason if why in reason else f"{reason}; {why}", said=said)


def _does_not_compile(case: Case, line: str) -> Obstacle:
    """Sources do not compile; if they use Python's C API and are older than this Python, that is likely why."""
    if not _OF_PYTHON.search(line):
        return Obstacle(f"its sources do not compile here: {line}", line, is_known=False)
    rows = [row for row in case.knowledge.release if row.project == "python" and case.dated and row.day > case.dated]
    versions = sorted((row.version for row in rows), key=Version)
    gone = next((version for version in versions if at_least(case.python, version)), "")
    since = f", and it was made on {case.dated}, before Python {gone}" if gone else ""
    return Obstacle(
        f"its sources do not compile here{since}: {line}", line, gone, is_of_python=bool(gone), is_known=False
    )


def refused_python(case: Case, version: str) -> Obstacle | None:
    """``Requires-Python`` where it leaves this Python out: no frontend would begin."""
    text = case.reading.requires_python
    try:
        if not text or SpecifierSet(text).contains(version, prereleases=True):
            return None
    except (InvalidSpecifier, InvalidVersion):
        return None
    return Obstacle(f"it requires Python {text}, and this is {version}", is_of_python=True)


def _obstacle_of(case: Case, attempt: Attempt, clue: Clue) -> Obstacle | None:
    found = failure_clues.consequence_of(case, clue)
    if found is None or not found.obstacle:
        return None
    reason = torch_without_cuda.reason(case, attempt, clue) or found.obstacle
    reason = reason if clue.line in reason else f"{reason}: {clue.line}"
    return Obstacle(reason, clue.line, found.gone, is_of_python=found.is_of_python)


def plausible(case: Case, obstacle: Obstacle, version: str) -> bool:
    """Whether the package may build on another Python: by what is gone there, and by what the sdist says of itself."""
    if obstacle.gone and at_least(version, obstacle.gone):
        return False
    try:
        if case.reading.requires_python and version not in SpecifierSet(case.reading.requires_python):
            return False
    except InvalidSpecifier:
        pass
    newest = max((Version(one) for one in case.reading.pythons), default=None)
    return bool(obstacle.gone) or newest is None or Version(version).release[:2] <= newest.release[:2]


def in_the_words_of_installer(output: str) -> str:
    """An installer's message in one line."""
    head, fails, printed = output.partition(BUILDING_FAILS)
    if fails:  # of what a build printed, its last words
        return f"{head}{fails.strip()} {build_tool_output.message(printed) or telling_line(printed)}"[:_LONGEST]
    said = ""
    for line in output.splitlines():
        words = re.sub(r"[^\x20-\x7e]+|^\s*(?:error|ERROR):", " ", line).strip()
        if words and not _PROGRESS.match(words):
            said = f"{said} {' '.join(words.split())}"
        if len(said) > _LONGEST:
            break
    more = _MORE_INDEXES if _OF_FIRST_INDEX in output else ""
    return f"{said[1 : _LONGEST + 1].strip(' x').rstrip('.')}{more}"
