"""A misspelt name, and the one that the project asks for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from .project import Project


def nearest(project: Project, name: str) -> str:
    """What the project depends on by a name that is almost this one; empty if there is nothing like it.

    :param name: canonical.
    """
    names = {one.name for one in project.locked} | {canonicalize_name(one.name) for one in project.runtime.stated}
    return next(iter(difflib.get_close_matches(name, sorted(names - {name}), 1, 0.75)), "")
