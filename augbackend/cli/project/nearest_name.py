"""A misspelt name, and the one that the project asks for."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from . import lock_files

if TYPE_CHECKING:
    from .project import Project


def nearest(project: Project, name: str) -> str:
    """What the project depends on by a name that is almost this one; empty if there is nothing like it.

    :param name: canonical.
    """
    names = {one.name for one in project.locked} | set(lock_files.asked_names(project.document))
    return next(iter(difflib.get_close_matches(name, sorted(names - {name}), 1, 0.75)), "")
