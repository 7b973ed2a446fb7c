"""Folders for a while: what strangers left in them may refuse to go, which is no reason to fail."""

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
    """A new folder, gone afterwards.

    :param within: where; the system's place for such, if it is not said.
    """
    folder = Path(tempfile.mkdtemp(prefix="augbackend-", dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, onerror=_made_writable)
        shutil.rmtree(folder, ignore_errors=True)


def _made_writable(_function: object, path: str, _error: object) -> None:
    """A folder that was made read-only keeps its content: its owner may change that."""
    for one in (Path(path).parent, Path(path)):
        try:
            one.chmod(0o700)
        except OSError:
            continue
