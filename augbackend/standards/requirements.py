"""Reading requirements and markers (PEP 508), with nothing installed.

A build environment need not have ``packaging``, and adding it to one changes that environment. What is here
is what the backend asks of a declared requirement: is it well formed, does its marker hold here, does the
installed version satisfy it, is it the same requirement as that other string. The tests hold every answer
against ``packaging``'s own.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from .versions import InvalidVersion, checked_bound, satisfies

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Optional, Union

    Operand = tuple[bool, str]  # (is it a variable?, its name or the literal)
    Marker = Union["Comparison", "Junction"]

# Patterns are compiled by `re` when they are first used, which in most builds is never.
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT = rf"\s*(?P<name>{NAME})\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
_CLAUSE = r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;()]+)\s*"
_TOKEN = (
    r"""\s*(?:(?P<string>'[^']*'|"[^"]*")|(?P<op>===|~=|==|!=|<=|>=|<|>|\(|\))|(?P<word>[A-Za-z_][A-Za-z0-9_.]*))"""
)
_VARIABLES = (
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
    "extra",
)
# Spellings of PEP 345 and of old setuptools, which frontends take as well.
_ALIASES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
_VERSION_VARIABLES = ("python_version", "python_full_version", "implementation_version", "platform_release")


class InvalidRequirement(ValueError):
    """The text is not a requirement or a marker; the message says what is wrong with it."""


class Comparison(NamedTuple):
    """A leaf of a marker, such as ``sys_platform == "linux"``."""

    left: Operand
    operator: str
    right: Operand


class Junction(NamedTuple):
    """Two markers joined by ``and`` or ``or``."""

    word: str
    left: Marker
    right: Marker


class Requirement(NamedTuple):
    """One parsed requirement; two that mean the same compare equal, however they were spelled.

    ``name`` is canonical (PEP 503), ``clauses`` are the version specifiers as (operator, version) pairs.
    """

    name: str
    extras: frozenset[str]
    clauses: frozenset[tuple[str, str]]
    url: str
    marker: Optional[Marker]

    def applies(self, *, with_any_extra: bool = False) -> bool:
        """Whether the marker holds for the running interpreter (PEP 508).

        :param with_any_extra: whatever the marker says of extras is taken to hold.
        """
        return self.marker is None or _holds(self.marker, with_any_extra=with_any_extra)

    def accepts(self, version: str) -> bool:
        """Whether an installed ``version`` satisfies this requirement (PEP 440).

        A pre-release that is already installed counts, and a version that PEP 440 cannot read is let pass:
        both are for the resolver to judge, not for us.
        """
        try:
            return all(satisfies(version, operator, bound) for operator, bound in self.clauses)
        except InvalidVersion:
            return True


def canonical_name(name: str) -> str:
    """Normalise a project name as PEP 503 does."""
    name = name.lower().replace("_", "-").replace(".", "-")
    while "--" in name:
        name = name.replace("--", "-")
    return name


def parse_requirement(text: str) -> Requirement:
    """Parse a PEP 508 requirement.

    :raises InvalidRequirement: naming what could not be read.
    """
    if text.isascii() and text.isalnum():  # the most frequent one: a name and nothing else
        return Requirement(text.lower(), frozenset(), frozenset(), "", None)
    head = re.match(_REQUIREMENT, text)
    if head is None:
        raise InvalidRequirement(f"{text!r} does not begin with a project name")
    extras = [extra.strip() for extra in (head["extras"] or "").split(",")] if (head["extras"] or "").strip() else []
    for extra in extras:
        if not re.fullmatch(NAME, extra):
            raise InvalidRequirement(f"{extra!r} is not the name of an extra")
    rest, url, clauses = text[head.end() :], "", set()
    if rest.startswith("@"):
        # PEP 508: a marker after a URL is separated by a space, since a URL may hold a semicolon.
        url, _, rest = rest[1:].strip().partition(" ")
        if not url or url.startswith(";"):
            raise InvalidRequirement("no URL after '@'")
    else:
        parenthesised = rest.startswith("(")
        rest = rest[1:] if parenthesised else rest
        while clause := re.match(_CLAUSE, rest):
            clauses.add(_checked_clause(*clause.groups()))
            rest = rest[clause.end() :]
            if not rest.startswith(","):
                break
            rest = rest[1:]
        if parenthesised:
            if not rest.lstrip().startswith(")"):
                raise InvalidRequirement(f"a parenthesis is not closed before {rest!r}")
            rest = rest.lstrip()[1:]
    rest = rest.strip()
    if rest and not rest.startswith(";"):
        raise InvalidRequirement(f"{rest!r} is neither a version specifier nor a marker (which begins with ';')")
    marker = parse_marker(rest[1:]) if rest else None
    return Requirement(
        canonical_name(head["name"]), frozenset(map(canonical_name, extras)), frozenset(clauses), url, marker
    )


def _checked_clause(operator: str, bound: str) -> tuple[str, str]:
    try:
        return operator, checked_bound(operator, bound)
    except InvalidVersion as error:
        raise InvalidRequirement(str(error)) from None


def parse_marker(text: str) -> Marker:
    """Parse an environment marker into a tree of comparisons.

    :raises InvalidRequirement: naming the word that does not fit.
    """
    tokens = list(_tokens(text))
    marker, end = _parse_or(tokens, 0)
    if tokens[end] != ("end", ""):
        raise InvalidRequirement(f"{tokens[end][1]!r} does not fit at the end of marker {text.strip()!r}")
    return marker


def unordered(marker: Optional[Marker]) -> Any:
    """A marker without the order and the parentheses that it was written with, for comparing."""
    if not isinstance(marker, Junction):
        return marker
    parts: set[Any] = set()
    for side in (unordered(marker.left), unordered(marker.right)):
        same = isinstance(side, tuple) and side[0] == marker.word
        parts |= side[1] if same else {side}
    return marker.word, frozenset(parts)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        token = re.match(_TOKEN, text[at:])
        if token is None:
            raise InvalidRequirement(f"{text[at:].strip()!r} is not part of a marker")
        at += token.end()
        yield str(token.lastgroup), token[str(token.lastgroup)]
    yield "end", ""


def _parse_or(tokens: list[tuple[str, str]], at: int) -> tuple[Marker, int]:
    left, at = _parse_and(tokens, at)
    while tokens[at] == ("word", "or"):
        right, at = _parse_and(tokens, at + 1)
        left = Junction("or", left, right)
    return left, at


def _parse_and(tokens: list[tuple[str, str]], at: int) -> tuple[Marker, int]:
    left, at = _parse_atom(tokens, at)
    while tokens[at] == ("word", "and"):
        right, at = _parse_atom(tokens, at + 1)
        left = Junction("and", left, right)
    return left, at


def _parse_atom(tokens: list[tuple[str, str]], at: int) -> tuple[Marker, int]:
    if tokens[at] == ("op", "("):
        inner, at = _parse_or(tokens, at + 1)
        if tokens[at] != ("op", ")"):
            raise InvalidRequirement("a parenthesis is not closed in the marker")
        return inner, at + 1
    left, at = _parse_operand(tokens, at)
    kind, operator = tokens[at]
    if tokens[at : at + 2] == [("word", "not"), ("word", "in")]:
        operator, at = "not in", at + 1
    elif not (kind == "op" and operator not in "()") and operator != "in":
        raise InvalidRequirement(f"expected a comparison before {operator or 'the end'!r} in the marker")
    right, at = _parse_operand(tokens, at + 1)
    return Comparison(left, operator, right), at


def _parse_operand(tokens: list[tuple[str, str]], at: int) -> tuple[Operand, int]:
    kind, text = tokens[at]
    if kind == "string":
        return (False, text[1:-1]), at + 1
    name = _ALIASES.get(text, text)
    if kind == "word" and name in _VARIABLES:
        return (True, name), at + 1
    raise InvalidRequirement(f"{text or 'the end'!r} is not a marker variable or a quoted string")


def _holds(marker: Marker, *, with_any_extra: bool = False) -> bool:
    if isinstance(marker, Junction):
        left_holds = _holds(marker.left, with_any_extra=with_any_extra)
        if left_holds == (marker.word == "and"):
            return _holds(marker.right, with_any_extra=with_any_extra)
        return left_holds
    if with_any_extra and (True, "extra") in (marker.left, marker.right):
        return True
    (left_is_variable, left), (right_is_variable, right) = marker.left, marker.right
    lhs = _variable(left) if left_is_variable else left
    rhs = _variable(right) if right_is_variable else right
    if marker.operator in ("in", "not in"):
        return (lhs in rhs) == (marker.operator == "in")
    if (left if left_is_variable else right) in _VERSION_VARIABLES and _is_bound(marker.operator, rhs):
        try:
            return satisfies(lhs, marker.operator, rhs)
        except InvalidVersion:
            return False  # what is no version satisfies no specifier
    if "extra" in (left, right):
        lhs, rhs = canonical_name(lhs), canonical_name(rhs)
    # Strings have no order that a specification defines, so equality is all that can hold between them.
    return marker.operator in ("==", "!=", "<=", ">=") and (lhs == rhs) == (marker.operator != "!=")


def _is_bound(operator: str, text: str) -> bool:
    try:
        return bool(checked_bound(operator, text))
    except InvalidVersion:
        return False


@lru_cache
def _variable(name: str) -> str:
    """The value of a marker variable here (PEP 508); ``platform`` is imported only where one needs it."""
    import platform

    implementation = sys.implementation.version
    kind = "" if implementation.releaselevel == "final" else implementation.releaselevel[0] + str(implementation.serial)
    values: dict[str, Any] = {
        "os_name": os.name,
        "sys_platform": sys.platform,
        "platform_machine": platform.machine,
        "platform_python_implementation": platform.python_implementation,
        "platform_release": platform.release,
        "platform_system": platform.system,
        "platform_version": platform.version,
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "python_full_version": platform.python_version,
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{implementation.major}.{implementation.minor}.{implementation.micro}" + kind,
        "extra": "",
    }
    value = values[name]
    return str(value() if callable(value) else value)
