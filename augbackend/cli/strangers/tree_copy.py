"""A copy of a source tree to work on: a build writes into the tree that it runs in."""

from __future__ import annotations

import shutil
from pathlib import Path

from augbackend.errors import AugbackendError

# `.git` is copied, too: a build may read its version from there.
_LEFT_OUT = shutil.ignore_patterns(".tox", ".nox", ".venv", "__pycache__", "node_modules")


def copied(tree: Path, to: Path) -> Path:
    """Copy a tree into a new folder; links stay links.

    :raises AugbackendError: if something in it cannot be copied.
    """
    try:
        return Path(shutil.copytree(tree, to, symlinks=True, ignore=_LEFT_OUT))
    except shutil.Error as error:
        where, _, why = error.args[0][0]
        raise AugbackendError(f"it cannot be copied: {why}", where=str(where), hint="move it elsewhere") from None
