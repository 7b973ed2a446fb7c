"""Figures, as ratios measured side by side in one run: ``python -m benchmarks hooks``, or another of the tables."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import cache, diagnose, hooks, index, installs, metadata, passthrough, startup, wheels, wrap

ROUNDS = {
    "cache": 3,
    "diagnose": 1,
    "hooks": 15,
    "index": 1,
    "installs": 5,
    "metadata": 15,
    "passthrough": 5,
    "startup": 7,
    "wheels": 3,
    "wrap": 5,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=sorted(ROUNDS))
    parser.add_argument("--rounds", type=int, default=0, help="counted runs of each variant")
    parser.add_argument("--torch", default="torch", help="the torch to build against, as a requirement")
    parser.add_argument("--cases", type=Path, default=Path("cases.json"), help="for diagnose: a JSON list, see there")
    parser.add_argument("--cache", choices=("ccache", "sccache"), default="ccache", help="for cache: which one")
    parser.add_argument("--redis", default="", help="for cache: the address of a Redis that sccache keeps it in")
    parser.add_argument("--only", action="append", default=[], help="for cache: a word of the projects' names")
    arguments = parser.parse_args()
    rounds, torch = arguments.rounds or ROUNDS[arguments.what], arguments.torch
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        lines = {
            "cache": lambda: cache.figures(
                folder, rounds, torch, only=arguments.only, kind=arguments.cache, redis=arguments.redis
            ),
            "diagnose": lambda: diagnose.figures(arguments.cases),
            "hooks": lambda: hooks.figures(folder, rounds),
            "index": lambda: index.figures(folder),
            "installs": lambda: installs.figures(folder, rounds, torch),
            "metadata": lambda: metadata.figures(folder, rounds, torch),
            "passthrough": lambda: passthrough.figures(folder, rounds, torch),
            "startup": lambda: startup.figures(folder, rounds),
            "wheels": lambda: wheels.figures(folder, rounds),
            "wrap": lambda: wrap.figures(folder, rounds, torch),
        }[arguments.what]()
        for line in lines:
            print(line, flush=True)
