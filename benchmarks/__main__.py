"""Figures, as ratios measured side by side in one run: ``python -m benchmarks hooks`` or ``wrap``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import hooks, wrap

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["hooks", "wrap"])
    parser.add_argument("--rounds", type=int, default=0, help="counted runs of each variant")
    parser.add_argument("--torch", default="torch", help="wrap: the torch to build against, as a requirement")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        lines = (
            hooks.figures(folder, arguments.rounds or 15)
            if arguments.what == "hooks"
            else wrap.figures(folder, arguments.rounds or 5, arguments.torch)
        )
        for line in lines:
            print(line, flush=True)
