"""Environment markers (PEP 508): read, and evaluated for the running interpreter."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple, Union

from . import OPERATOR, InvalidRequirement

Marker = Union["MarkerComparison", "Junction"]

_QUOTED = r"""'[^']*'|"[^"]*\""""
_WORD = rf"{_QUOTED}|{OPERATOR}|[A-Za-z_][A-Za-z0-9_.]*|[^ \t]"
# With the spellings of PEP 345 and of old setuptools, which frontends take as well.
_VARIABLE = (
    r"os[._]name|sys[._]platform|platform[._](version|machine|python_implementation)|platform_(release|system)|"
    r"python_version|python_full_version|python_implementation|implementation_(name|version)|extra"
)
_VERSION_VARIABLES = ("python_version", "python_full_version", "implementation_version", "platform_release")
_OF_PLATFORM = ("machine", "python_implementation", "release", "system", "version")
_DEEPEST = 200  # parentheses in each other; more would exhaust Python's stack


class MarkerComparison(NamedTuple):
    """A part of a marker that compares a variable with a text, such as ``sys_platform == "linux"``.

    Of two variables the right one is a text, its name: so ``packaging`` takes it.
    """

    left: str
    operator: str
    right: str
    variable_first: bool


class Junction(NamedTuple):
    """Markers joined by ``and`` or ``or``, in no order; none of them is itself joined by the same word."""

    word: str
    parts: frozenset[Marker]


def parse_marker(text: str) -> Marker:
    """Parse an environment marker into a tree of comparisons.

    :raises InvalidRequirement: naming the word that does not fit.
    """
    to_read = ["", *reversed(re.findall(_WORD, text))]  # the next word is the last; the empty one is the end
    marker = _parse_junction(to_read, 0)
    if to_read != [""]:
        raise InvalidRequirement(f"{to_read[-1]!r} does not fit into the marker {text.strip()!r}")
    return marker


def _parse_junction(to_read: list[str], depth: int) -> Marker:
    alternatives = [[_parse_part(to_read, depth)]]
    while to_read[-1] in ("and", "or"):
        if to_read.pop() == "or":
            alternatives.append([])
        alternatives[-1].append(_parse_part(to_read, depth))
    return _joined("or", [_joined("and", parts) for parts in alternatives])


def _joined(word: str, parts: Sequence[Marker]) -> Marker:
    of_same_word = (part.parts if isinstance(part, Junction) and part.word == word else {part} for part in parts)
    flat: frozenset[Marker] = frozenset().union(*of_same_word)
    return Junction(word, flat) if len(flat) > 1 else parts[0]


def _parse_part(to_read: list[str], depth: int) -> Marker:
    if to_read[-1] == "(":
        if depth == _DEEPEST:
            raise InvalidRequirement(f"the marker has more than {_DEEPEST} parentheses in each other")
        to_read.pop()
        inner = _parse_junction(to_read, depth + 1)
        if to_read.pop() != ")":
            raise InvalidRequirement("a parenthesis is not closed in the marker")
        return inner
    left, variable_first = _parse_operand(to_read.pop())
    operator = to_read.pop()
    if operator == "not" and to_read[-1] == "in":
        operator += f" {to_read.pop()}"
    if not re.fullmatch(rf"{OPERATOR}|in|not in", operator):
        raise InvalidRequirement(f"expected a comparison before {operator or 'the end'!r} in the marker")
    right, _ = _parse_operand(to_read.pop())
    return MarkerComparison(left, operator, right, variable_first)


def _parse_operand(word: str) -> tuple[str, bool]:
    """The name of a variable or the content of a quoted string, and whether it is a variable."""
    if re.fullmatch(_VARIABLE, word):
        name = word.replace(".", "_")
        return f"platform_{name}" if name == "python_implementation" else name, True
    if not re.fullmatch(_QUOTED, word):
        raise InvalidRequirement(f"{word or 'the end'!r} is not a marker variable or a quoted string")
    if "\\" not in word and word.isprintable():
        return word[1:-1], False
    import ast

    try:
        return str(ast.literal_eval(word)), False
    except (SyntaxError, ValueError):
        raise InvalidRequirement(f"{word} is not a quoted string") from None


def holds(marker: Marker, *, with_any_extra: bool, extra: str = "") -> bool:
    """Whether a marker holds here, with an extra; with ``with_any_extra`` whatever it says of extras does."""
    if isinstance(marker, Junction):
        results = (holds(part, with_any_extra=with_any_extra, extra=extra) for part in marker.parts)
        return all(results) if marker.word == "and" else any(results)
    left, operator, right, variable_first = marker
    variable = left if variable_first else right
    if variable == "extra" and with_any_extra:
        return True
    if variable == "extra" and extra:  # however it is spelled (PEP 685)
        left, right = (re.sub(r"[-_.]+", "-", text).lower() for text in (left, right))
    value = extra if variable == "extra" else _values().get(variable)
    if value is None:
        return False  # two texts, which packaging does not compare
    left, right = (value, right) if variable_first else (left, value)
    if operator in ("in", "not in"):
        return (left in right) == (operator == "in")
    if variable in _VERSION_VARIABLES:
        from . import versions

        with suppress(versions.InvalidVersion):
            bound = versions.checked_bound(operator, right)
            try:
                return versions.satisfies(left, operator, bound)
            except versions.InvalidVersion:
                return False  # what is no version satisfies no specifier
    # Strings have no order that a specification defines, so equality is all that can hold between them.
    return operator in ("==", "!=", "<=", ">=") and (left == right) == (operator != "!=")


@lru_cache
def _values() -> dict[str, str]:
    """The values of the marker variables here (PEP 508); ``platform`` is imported only where a marker needs it."""
    import platform

    implementation = sys.implementation.version
    kind = "" if implementation.releaselevel == "final" else implementation.releaselevel[0] + str(implementation.serial)
    full_version = platform.python_version()
    return {
        **{f"platform_{name}": getattr(platform, name)() for name in _OF_PLATFORM},
        "os_name": os.name,
        "sys_platform": sys.platform,
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        # A build between two releases says 3.14.0a1+, which is not a version.
        "python_full_version": full_version + "local" * full_version.endswith("+"),
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{implementation.major}.{implementation.minor}.{implementation.micro}" + kind,
    }
