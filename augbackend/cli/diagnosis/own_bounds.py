"""The bounds that a package itself puts on what it asks for, and how they give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.model.requirement import requirement_of

from .evidence import declaring

if TYPE_CHECKING:
    from augbackend.cli.model.declaration import Declaration

    from .attempt import Attempt


def is_bounded(text: str, name: str) -> bool:
    """Whether a requirement excludes the newest releases of a project."""
    requirement = requirement_of(text)
    if requirement is None or canonicalize_name(requirement.name) != name:
        return False
    return any(one.operator in ("<", "<=", "==", "~=", "===") for one in requirement.specifier)


def giving_way(name: str) -> Declaration:
    """Any version of a project, instead of the one that the package asks for."""
    return declaring(name, removed=[name])


def bound(attempt: Attempt, name: str) -> str:
    """The requirement by which the package bounds a project; empty if it does not, or does no longer."""
    if name in attempt.declaration.removed:
        return ""
    return next((text for text in attempt.asked if is_bounded(text, name)), "")
