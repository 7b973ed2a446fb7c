"""``remove-build-dependencies``: what the wrapped backend asks for and is not to get."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend.standards import requirements

from . import Feature

if TYPE_CHECKING:
    from augbackend.table import Build


def check_project_name(text: str) -> None:
    """Complain of a text that is not just the name of a project."""
    requirement = requirements.parse_requirement(text)
    if requirement.clauses or requirement.extras or requirement.url or requirement.marker:
        raise ValueError(f"expected only the name of a project, such as {requirement.name!r}")


def is_removed(build: Build, text: str) -> bool:
    """Whether the project that a requirement begins with is dropped, whatever follows its name."""
    dropped = map(requirements.canonical_name, build.values.get("remove-build-dependencies", ()))
    head = re.match(requirements.NAME, text.strip())
    return head is not None and requirements.canonical_name(head[0]) in {*dropped}


FEATURE = Feature(
    tuple[str, ...],
    "Projects dropped from what the wrapped backend asks for.",
    (),
    check_project_name,
    removes=is_removed,
)
