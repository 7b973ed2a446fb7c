"""C that Cython makes of a ``.pyx``: where it is missing, or too old for this Python, Cython has to make it here."""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.version import Version

from . import compiler_output, failure_clues
from .evidence import Proposal, declaring
from .own_bounds import bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.declaration import Declaration
    from augbackend.knowledge.clues import Clue

    from .attempt import Attempt
    from .evidence import Case

_NEED = "Cython"
_BEFORE_3, _THE_THIRD = "cython<3", Version("3")
_C = r"""[^\s'":]{1,300}\.(?:c|cc|cpp|cxx|C|c\+\+)"""
_MISSING = re.compile(
    rf"""error: (?P<compiler>{_C}): No such file|[Nn]o such file or directory: '(?P<other>{_C})'"""
    rf"""|error: can't copy '(?P<copied>{_C})'|'(?P<listed>{_C})' (?:does not exist|not found|is missing)"""
    r"""|unknown file type '\.pyx' \(from '(?P<pyx>[^']{1,300}\.pyx)'\)"""
)


def proposed(case: Case, attempt: Attempt, found: list[Clue]) -> Iterator[Proposal]:
    """Cython, with the variable that lets ``setup.py`` use it, if it reads one; else an older Cython."""
    if attempt.failure is None:
        return
    stems = {_stem(name): name for name in reversed(case.reading.pyx)}
    missing = _missing(attempt, stems)
    why, line = missing or _refused(case, attempt, stems, found) or ("", "")
    if not why:
        return
    adds = _made_by(attempt, "cython") if _may_be_asked_for(attempt) else None
    for name, value, place in _switches(case, attempt):
        variable = declaring(variables={name: value})
        both = adds.joined(variable) if adds else variable
        yield Proposal(both, f"{why}; {place} reads {name}, which has Cython used", line)
    if adds is not None:
        yield Proposal(adds, why, line)
    elif not missing and _is_of_3(attempt):
        yield Proposal(_made_by(attempt, _BEFORE_3), f"{why}, which may be from before Cython 3", line)


def _missing(attempt: Attempt, stems: dict[str, str]) -> tuple[str, str] | None:
    """Why Cython, and the line that says so, where the C that is missing has its ``.pyx``."""
    for said in attempt.failure.output.splitlines() if attempt.failure else ():
        match = _MISSING.search(said) if "o such file" in said or ".pyx'" in said or "xist" in said else None
        name = next(filter(None, match.groups()), "") if match else ""
        if name and _stem(name) in stems:
            pyx = stems[_stem(name)]
            return f"the sdist has {pyx}, and not the C that Cython makes of it", said.strip()
    return None


def _refused(case: Case, attempt: Attempt, stems: dict[str, str], found: list[Clue]) -> tuple[str, str] | None:
    """The same where C that has its ``.pyx`` does not compile, unless for a header that no Cython brings."""
    if attempt.failure is None or attempt.failure.stage != "wheel":
        return None
    for name, text in compiler_output.source_lines(attempt.failure.output):
        line = text.partition("\n")[0].strip()
        if _stem(name) in stems and "error" in text and not _wants_a_header(case, line, found):
            return f"{name} was made by an older Cython from {stems[_stem(name)]}", line
    return None


def _wants_a_header(case: Case, line: str, found: list[Clue]) -> bool:
    """Whether a line misses a header, and not one that Python itself had once."""
    here = [clue for clue in found if clue.line.endswith(line)]
    followed = [failure_clues.consequence_of(case, clue) for clue in here]
    return any(clue.kind == "header" for clue in here) and not any(one.gone for one in followed if one)


def _switches(case: Case, attempt: Attempt) -> Iterator[tuple[str, str, str]]:
    """The variables that let ``setup.py`` use Cython: name, value, and where each is read."""
    patterns = [row.name for row in case.knowledge.variable if row.need == _NEED]
    for one in case.reading.variables:
        is_set = attempt.declaration.variable_values.get(one.name) == one.yes
        if not is_set and any(fnmatchcase(one.name, pattern) for pattern in patterns):
            yield one.name, one.yes, str(one.place)


def _made_by(attempt: Attempt, text: str) -> Declaration:
    """A Cython, instead of the one that the package bounds."""
    adds = declaring(text)
    return replace(adds, removed=("cython",)) if bound(attempt, "cython") else adds


def _may_be_asked_for(attempt: Attempt) -> bool:
    """Whether Cython is not there yet, or as a bound has it, which makes the same again."""
    if "cython" not in attempt.installed:
        return True
    return "cython" not in attempt.declaration.requirement_texts and bool(bound(attempt, "cython"))


def _is_of_3(attempt: Attempt) -> bool:
    if "<" in attempt.declaration.requirement_texts.get("cython", ""):
        return False
    try:
        return Version(attempt.installed.get("cython", "0")) >= _THE_THIRD
    except ValueError:
        return False


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]
