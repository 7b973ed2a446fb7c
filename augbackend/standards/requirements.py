"""Reading requirements and markers (PEP 508), with nothing installed.

A build environment need not have ``packaging``, and adding it to one changes that environment. What is here
is what the backend asks of a declared requirement: is it well formed, does its marker hold here, does the
installed version satisfy it, is it the same requirement as that other string. The tests hold every answer
against ``packaging``'s own.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Optional

from . import SPACE, InvalidRequirement

if TYPE_CHECKING:
    from .markers import Marker

# Patterns are compiled by `re` when they are first used, which in most builds is never.
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?"
_EXTRAS = rf"\[[ \t]*(?:{NAME}[ \t]*(?:,[ \t]*{NAME}[ \t]*)*)?\]"
_HEAD = rf"[ \t]*(?P<name>{NAME})[ \t]*(?P<extras>{_EXTRAS})?[ \t]*"


class Requirement(NamedTuple):  # its types are no texts: those would be compiled, in every build
    """One parsed requirement; two that mean the same compare equal, however they were spelled.

    ``name`` is canonical (PEP 503), ``clauses`` are the version specifiers as (operator, version) pairs.
    """

    name: str
    extras: frozenset[str]
    clauses: frozenset[tuple[str, str]]
    url: str
    marker: Optional["Marker"]

    def applies(self, *, with_any_extra: bool = False, extra: str = "") -> bool:
        """Whether the marker holds for the running interpreter (PEP 508).

        :param with_any_extra: whatever the marker says of extras is taken to hold.
        :param extra: the canonical name of the extra that is asked for.
        """
        if self.marker is None:
            return True
        from .markers import holds

        return holds(self.marker, with_any_extra=with_any_extra, extra=extra)

    def accepts(self, version: str) -> bool:
        """Whether an installed ``version`` satisfies this requirement (PEP 440).

        A pre-release that is already installed counts, and a version that PEP 440 cannot read is let pass:
        both are for the resolver to judge, not for us.
        """
        if not self.clauses:
            return True
        from .versions import InvalidVersion, satisfies

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


def project_of(text: str) -> str:
    """The canonical name that a requirement begins with, told without a parser; empty if it begins with none."""
    text = text.lstrip(SPACE)
    end = next((at for at, letter in enumerate(text) if not (letter.isalnum() or letter in "-_.")), len(text))
    return canonical_name(text[:end])


@lru_cache(maxsize=1024)
def parse_requirement(text: str) -> Requirement:
    """Parse a PEP 508 requirement.

    :raises InvalidRequirement: naming what could not be read.
    """
    if text.isascii() and text.isalnum():  # the most frequent one: a name and nothing else
        return Requirement(text.lower(), frozenset(), frozenset(), "", None)
    head = re.match(_HEAD, text)
    if head is None:
        raise InvalidRequirement(f"{text!r} does not begin with a project name")
    rest, url = text[head.end() :], ""
    if rest.startswith("@"):
        # A marker after a URL is separated by a space, since a URL may hold a semicolon.
        location = re.match(r"@[ \t]*(\S+)(?:[ \t]+|\Z)", rest)
        if location is None:
            raise InvalidRequirement("no URL after '@'")
        url, rest = location[1], rest[location.end() :]
    specifiers, semicolon, marker = rest.partition(";")
    if url and specifiers:
        raise InvalidRequirement(f"{specifiers!r} is not a marker (which begins with ';')")
    clauses: frozenset[tuple[str, str]] = frozenset()
    if specifiers.strip(SPACE):
        from .versions import parse_clauses  # most declarations never need it

        clauses = frozenset(parse_clauses(specifiers.strip(SPACE)))
    return Requirement(
        canonical_name(head["name"]),
        frozenset(map(canonical_name, re.findall(NAME, head["extras"] or ""))),
        clauses,
        url,
        parse_marker(marker) if semicolon else None,
    )


def parse_marker(text: str) -> "Marker":
    """Parse an environment marker into a tree of comparisons.

    :raises InvalidRequirement: naming the word that does not fit.
    """
    try:
        from .markers import parse_marker as read  # most declarations have none
    except ModuleNotFoundError:  # a copy for a tree without any
        raise InvalidRequirement("augbackend adopt brings what reads markers") from None
    return read(text)
