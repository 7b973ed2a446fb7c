"""Figures, as ratios measured side by side in one run: ``python -m benchmarks hooks``, or another of the tables."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import diagnose, hooks, index, installs, metadata, wheels, wrap

ROUNDS = {"diagnose": 1, "hooks": 15, "index": 1, "installs": 5, "metadata": 15, "wheels": 3, "wrap": 5}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=sorted(ROUNDS))
    parser.add_argument("--rounds", type=int, default=0, help="counted runs of each variant")
    parser.add_argument("--torch", default="torch", help="the torch to build against, as a requirement")
    parser.add_argument("--cases", type=Path, default=Path("cases.json"), help="for diagnose: a JSON list, see there")
    arguments = parser.parse_args()
    rounds, torch = arguments.rounds or ROUNDS[arguments.what], arguments.torch
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        lines = {
            "diagnose": lambda: diagnose.figures(arguments.cases),
            "hooks": lambda: hooks.figures(folder, rounds),
            "index": lambda: index.figures(folder),
            "installs": lambda: installs.figures(folder, rounds, torch),
            "metadata": lambda: metadata.figures(folder, rounds, torch),
            "wheels": lambda: wheels.figures(folder, rounds),
            "wrap": lambda: wrap.figures(folder, rounds, torch),
        }[arguments.what]()
        for line in lines:
            print(line, flush=True)
