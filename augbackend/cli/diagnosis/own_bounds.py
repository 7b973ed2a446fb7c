"""The bounds that a package itself puts on what it asks for, and how they give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

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


def giving_way(name: str, text: str = "") -> Declaration:
    """Any version of a project, instead of the one that the package asks for.

    :param text: a requirement that is asked for instead.
    """
    return declaring(text or name, removed=[name])


def up_to_the_next_major(text: str) -> str:
    """A requirement that allows more of the same major versions than a bounded one does; empty if it allows all."""
    requirement = requirement_of(text)
    if requirement is None:
        return ""
    upper = [one for one in requirement.specifier if one.operator in ("<", "<=", "==", "~=")]
    versions = [Version(one.version.removesuffix(".*")) for one in upper]
    is_of_a_major = any(one.operator == "<" and not any(version.release[1:]) for one, version in zip(upper, versions))
    if not versions or is_of_a_major:
        return ""
    return f"{canonicalize_name(requirement.name)}<{min(versions).major + 1}"


def bound(attempt: Attempt, name: str) -> str:
    """The requirement by which the package bounds a project; empty if it does not, or does no longer."""
    if name in attempt.declaration.removed:
        return ""
    return next((text for text in attempt.asked if is_bounded(text, name)), "")
