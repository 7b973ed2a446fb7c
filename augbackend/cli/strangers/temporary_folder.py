"""Temporary folders for other people's code. It may leave files that cannot be removed; that is no reason to fail."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.errors import say

from . import interruption, tree_removal

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def temporary(within: Path | None = None) -> Iterator[Path]:
    """A new folder, removed afterwards, whatever strangers left there.

    :param within: where to make it; by default where this system has its temporary folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="augbackend-", dir=within))
    try:
        yield folder
    finally:
        with interruption.delayed():
            is_gone = tree_removal.remove(folder)
        if not is_gone and within is None:  # what is in such a folder is tried again with it
            say("warning", f"what a build left in {folder} cannot be removed")
