"""How long the command line takes to say something, against an interpreter that imports click and rich, in turn."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .runs import Run, compared, measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WITHIN = 2.5
IMPORTS = [sys.executable, "-c", "import click, rich"]
COMMANDS = ("", "adopt", "cache", "diagnose", "show", "verify", "wrap")


def figures(folder: Path, rounds: int) -> Iterator[str]:
    """A line for each command's ``--help``, and for that of all."""
    for command in COMMANDS:
        words = [sys.executable, "-m", "augbackend.cli", *filter(None, [command]), "--help"]
        runs: dict[str, list[Run]] = {"mine": [], "theirs": []}
        for at in range(rounds + 1):
            for side, one in (("mine", words), ("theirs", IMPORTS)):
                run = measure(one, folder)
                runs[side] += [run] if at else []  # the first round compiles what is imported
        within = "" if command else f" (within {WITHIN})"
        yield compared(f"augbackend {command} --help / import click, rich{within}", runs["mine"], runs["theirs"])
