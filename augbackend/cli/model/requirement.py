"""Requirements that somebody else wrote: a text may be one, or not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_EQUALS_SIGN = re.compile(r"\s*([\w.-]+(?:\[[^]]*\])?)\s*=\s*(\w.*)")


@lru_cache(maxsize=4096)
def requirement_of(text: str) -> Requirement | None:
    """The requirement that a text is (PEP 508); ``None`` if it is none.

    Parsed once, not to be changed: the same texts are looked through for each package of a project.
    """
    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError):  # the parentheses of a marker may be nested
        return None


def applies(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    """Whether a requirement's marker holds where some variables are others than here.

    :raises ValueError: if the marker compares what cannot be compared.
    """
    try:
        return requirement.marker is None or requirement.marker.evaluate(dict(environment))
    except (LookupError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def project_of(text: str) -> str:
    """The project that a text requires, canonical; empty if the text is no requirement."""
    requirement = requirement_of(text)
    return canonicalize_name(requirement.name) if requirement else ""


def why_none(text: str, error: InvalidRequirement) -> str:
    """Why a text is no requirement, in the words of somebody who has mistyped one."""
    mistyped = _ONE_EQUALS_SIGN.fullmatch(text)
    meant = "{}=={}".format(*mistyped.groups()) if mistyped else ""
    if requirement_of(meant) is not None:
        return f"write it with two equals signs: {meant}"
    return str(error).splitlines()[0]
