"""Archives that are being written: beside their places, under names of this process's own."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_NAME = r"\..+\.(?:whl|tar\.gz)\.([0-9]{1,9})\.tmp"


def beside(file: Path) -> Path:
    """The name that a file has meanwhile."""
    return file.with_name(f".{file.name}.{os.getpid()}.tmp")


def sweep(folder: Path) -> None:
    """Delete what processes have left that were killed. On Windows nobody can ask for them: to signal is to end."""
    with suppress(OSError):
        for name in os.listdir(folder) if os.name != "nt" else ():
            found = re.fullmatch(_NAME, name)
            try:
                os.kill(int(found[1]) if found else os.getpid(), 0)
            except ProcessLookupError:
                (folder / name).unlink()
            except PermissionError:  # it runs, and is somebody else's
                continue
