"""One run of a command, and pairs of runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Run:
    """Seconds of one process and its children.

    :param peak: bytes of memory that the largest of them had; at least what we ourselves have, who start it.
    :param written: bytes that they wrote to a disk, as far as the system counts.
    """

    wall: float
    cpu: float
    user: float
    peak: int = 0
    written: int = 0


def measure(
    command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None, *, bytecode: bool = True
) -> Run:
    """Run a command to its end, which has to be a good one.

    :param bytecode: whether what it imports is compiled for the next process, as where nobody says otherwise.
    """
    clean = {name: value for name, value in (environ or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    clean.update({} if bytecode else {"PYTHONDONTWRITEBYTECODE": "1"})
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=clean, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall, process.returncode = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)}\n{said.read().decode(errors='replace')}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_utime, peak, usage.ru_oublock * 512)


def compared(what: str, mine: Sequence[Run], theirs: Sequence[Run]) -> str:
    """A line: medians of both sides, and the medians of the ratios pair by pair."""
    cells = []
    for kind in ("user", "cpu", "wall"):  # the system's share is the linking of torch's files, the same on both sides
        pairs = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(mine, theirs)]
        ratio = statistics.median(a / b for a, b in pairs)
        medians = [statistics.median(side) for side in zip(*pairs)]
        cells.append(f"{kind} {medians[0]:6.2f} s / {medians[1]:6.2f} s = {ratio:.2f}")
    return f"{what:<72} {'   '.join(cells)}"
