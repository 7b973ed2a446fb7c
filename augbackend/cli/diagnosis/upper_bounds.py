"""Upper bounds of requirements, held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.version import Version

if TYPE_CHECKING:
    from augbackend.cli.model.declaration import Declaration


def is_possible(declaration: Declaration) -> bool:
    """Whether there may be versions as they are asked for: none is at least 22 and below 22."""
    for one in declaration.requires:
        least = max((Version(one.version) for one in one.parsed.specifier if one.operator == ">="), default=None)
        below = _upper_bound(one.parsed)
        if least is not None and below is not None and least >= below:
            return False
    return True


def _upper_bound(requirement: Requirement) -> Version | None:
    """The version below which a requirement asks for."""
    return min((Version(one.version) for one in requirement.specifier if one.operator == "<"), default=None)


def is_below(text: str, other: str) -> bool:
    """Whether one bound leaves out more than another."""
    one, two = _upper_bound(Requirement(text)), _upper_bound(Requirement(other))
    return one is not None and two is not None and one < two
