"""Temporary folders for other people's code. It may leave files that cannot be removed; that is no reason to fail."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def temporary(within: Path | None = None) -> Iterator[Path]:
    """A new folder, removed afterwards.

    :param within: where to make it; by default where this system has its temporary folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="augbackend-", dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, onerror=_made_writable)
        shutil.rmtree(folder, ignore_errors=True)


def _made_writable(_function: object, path: str, _error: object) -> None:
    """Make a read-only folder writable, since nothing can be removed from it before."""
    for one in (Path(path).parent, Path(path)):
        try:
            one.chmod(0o700)
        except OSError:
            continue
