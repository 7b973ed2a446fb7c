# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""Archives under another name while they are written, beside their places."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_NAME = r"\..+\.(?:whl|tar\.gz)\.([0-9]{1,9})\.(?:tmp|old)"


def beside(file: Path, ending: str = "tmp") -> Path:
    """The name that a file has meanwhile: this process's own."""
    return file.with_name(f".{file.name}.{os.getpid()}.{ending}")


def sweep(folder: Path) -> None:
    """Delete what processes have left that were killed."""
    with suppress(OSError):
        for name in os.listdir(folder):
            found = re.fullmatch(_NAME, name)
            if found and not _is_running(int(found[1])):
                (folder / name).unlink()


def _is_running(process: int) -> bool:
    if os.name == "nt":
        return False  # files that are open cannot be deleted there
    try:
        os.kill(process, 0)
        return True
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # it may be somebody else's
