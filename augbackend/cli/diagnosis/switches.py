"""Variables by which a package's own code leaves a part of it out: ``PKG_WITH_FFTW``, on if nothing is set.

First those whose name says the part that the failure is about, then a few others: each may spare it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from .evidence import Proposal, declaring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .attempt import Attempt
    from .evidence import Case
    from .setup_code import Variable

_ON = frozenset({"WITH", "USE", "ENABLE", "ENABLED", "BUILD", "COMPILE", "INCLUDE", "HAVE", "WANT"})
_OFF = frozenset({"NO", "WITHOUT", "DISABLE", "DISABLED", "SKIP", "OMIT", "EXCLUDE", "PURE"})
_NEVER = frozenset(
    {"DEBUG", "COVERAGE", "TEST", "TESTS", "DOCS", "DOCUMENTATION", "VERBOSE"}
)  # nobody's build needs it
_YES = frozenset({"1", "true", "on", "yes", "y"})
_MOST_GUESSES = 3
_LAST_LINES = 30
_SHORTEST = 3  # characters of a word that is looked for


def sparing(
    case: Case, attempt: Attempt, more: Iterable[Variable] = (), *, is_guess: bool = True
) -> Iterator[Proposal]:
    """The variables, each with the value that leaves its part out.

    :param more: that are read on the way to the failure, beside those that ``setup.py`` reads.
    :param is_guess: whether to try also those whose part the failure does not name.
    """
    failure = attempt.failure
    if failure is None or failure.stage == "install":
        return
    # Of the message and what was printed just before: an import of setup.py itself is named in neither.
    said = "\n".join([failure.headline, *failure.output.strip().splitlines()[-_LAST_LINES:]]).lower()
    own = {word.upper() for word in canonicalize_name(case.reading.name).split("-")}
    found = [(one, value) for one in [*case.reading.variables, *more] if (value := _leaves_out(one))]
    related = [(one, value) for one, value in found if _is_about(one.name, own, said)]
    others = [pair for pair in found if pair not in related][:_MOST_GUESSES]
    for one, value in dict.fromkeys([*related, *(others if is_guess and failure.stage == "wheel" else [])]):
        if one.name not in attempt.declaration.variable_values:
            why = f"{one.place} reads it: {value} leaves a part out"
            yield Proposal(declaring(variables={one.name: value}), why, failure.message)


def _words(name: str) -> list[str]:
    return name.upper().split("_")


def _leaves_out(variable: Variable) -> str:
    """The value that turns a part off which is on otherwise; empty if there is none."""
    words, is_on = {*_words(variable.name)}, variable.default.lower() in _YES
    if words & _NEVER:
        return ""
    if words & _OFF:
        return "" if is_on else variable.yes
    return (variable.no or "0") if words & _ON and is_on else ""


def _is_about(name: str, own: Iterable[str], said: str) -> bool:
    """Whether a failure names what a variable's name names, beside the project and what is to be done with it."""
    parts = [word.lower() for word in _words(name) if word not in _ON | _OFF and word not in own]
    return any(len(part) >= _SHORTEST and re.search(rf"(?<![a-z]){re.escape(part)}", said) for part in parts)
