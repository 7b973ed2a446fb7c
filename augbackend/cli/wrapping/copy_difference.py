"""In which files the backend's copy in a tree is another than the one that belongs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend import __version__
from augbackend.cli.edit import backend_copy

if TYPE_CHECKING:
    from .adoption import TreePlan


def in_words(plan: TreePlan) -> str:
    """The files that somebody has edited, deleted or added; for a copy of another version, that; empty if all is well.

    :param plan: what :func:`.adoption.planned` wants to be there.
    """
    there, files = backend_copy.files_in(plan.tree, plan.folder), plan.files
    if there and plan.old_version != __version__:
        return f"what is there is of {f'augbackend {plan.old_version}' if plan.old_version else 'an unknown version'}"
    changed = [name for name in files if name in there and there[name] != files[name]]
    kinds = {
        "edited": [name for name in changed if name != backend_copy.MANIFEST] or changed,
        "missing": [name for name in files if name not in there],
        "not of it": [name for name in there if name not in files],
    }
    return "; ".join(f"{kind}: {', '.join(sorted(names))}" for kind, names in kinds.items() if names)
