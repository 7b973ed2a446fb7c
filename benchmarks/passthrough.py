"""What ``passthrough`` saves: flash-attn installed by pip into an environment that has torch.

Data::

    one folder of downloads -> archives (matched; the same with passthrough) -> ways of installing -> runs -> ratios

Beside them: upstream's own archive without build isolation, where the build's tools are installed as well. Nothing is
asked of an index in a counted run, nothing is taken from a cache, and every run begins with the same environment.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from .installs import NAME, TOOLS, VARIABLES, VERSION, Way, make_environment, pip_environ, taken
from .runs import compared, measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .runs import Run

KINDS = {"with": ["--passthrough"], "without": []}


def figures(folder: Path, rounds: int, torch: str) -> Iterator[str]:
    """All figures.

    :param torch: an exact requirement; a CPU build is enough, since setup.py only imports it.
    """
    links, cache = folder / "links", folder / "cache"
    python = make_environment(folder / "target", "pip")
    needed = (torch, "einops", "setuptools", "wheel", *TOOLS)
    subprocess.run([python, "-m", "pip", "download", "--quiet", "--dest", str(links), *needed], check=True)
    environ = pip_environ(links)
    measure([python, "-m", "pip", "install", *needed], folder, environ)
    archives = {}
    for kind, more in KINDS.items():
        asked = ["--match-runtime", torch.partition("==")[0], *more]
        asked += [word for tool in TOOLS for word in ("--require", tool)]
        asked += [word for name, value in VARIABLES.items() for word in ("--variable", f"{name}={value}")]
        place = ["--cache-dir", str(cache), "--output", str(folder / kind)]
        measure([sys.executable, "-m", "augbackend.cli", "wrap", f"{NAME}=={VERSION}", *place, *asked], folder)
        archives[kind] = next((folder / kind).glob("*.tar.gz"))
    plain = next(cache.rglob("flash_attn-*.tar.gz"))

    def reset() -> None:
        command = [python, "-m", "pip", "uninstall", "--quiet", "--yes", NAME]
        subprocess.run(command, env=environ, check=True, capture_output=True)

    install = [python, "-m", "pip", "install"]
    ways = {kind: Way(reset, [[*install, str(archive)]], folder, environ) for kind, archive in archives.items()}
    bare = [*install, "--no-build-isolation", str(plain)]
    ways["no isolation"] = Way(reset, [bare], folder, {**environ, **VARIABLES})
    taken({"with": ways["with"]}, 1, bytecode=True)  # compiles what torch imports, as any use of it has
    for bytecode in (True, False):
        runs = taken(ways, rounds, bytecode=bytecode)
        yield f"pip, into an environment with torch, bytecode {'' if bytecode else 'not '}kept"
        yield compared("  passthrough / upstream's, no isolation", runs["with"], runs["no isolation"])
        yield compared("  passthrough / without it", runs["with"], runs["without"])
        yield f"  bytes written, passthrough / without it: {_written(runs['with'], runs['without'])}"
        yield f"  bytes written, passthrough / no isolation: {_written(runs['with'], runs['no isolation'])}"
        yield f"  the same, beyond what no isolation writes too: {_written_beyond(runs)}"
        yield f"  spread of wall seconds: {_spread(runs)}"
    shutil.rmtree(links)


def _written(mine: list[Run], theirs: list[Run]) -> str:
    medians = [statistics.median(one.written for one in side) for side in (mine, theirs)]
    ratio = f" = {medians[0] / medians[1]:.3f}" if medians[1] else ""  # not every file system counts
    return f"{medians[0] / 1e6:.1f} MB / {medians[1] / 1e6:.1f} MB{ratio}"


def _written_beyond(runs: dict[str, list[Run]]) -> str:
    """What isolation itself writes: the archive's own tree and wheel are written on every side."""
    medians = {name: statistics.median(one.written for one in side) for name, side in runs.items()}
    mine, theirs = (medians[name] - medians["no isolation"] for name in ("with", "without"))
    ratio = f" = {mine / theirs:.3f}" if theirs else ""
    return f"{mine / 1e6:.1f} MB / {theirs / 1e6:.1f} MB{ratio}"


def _spread(runs: dict[str, list[Run]]) -> str:
    found = {name: sorted(one.wall for one in side) for name, side in runs.items()}
    return ", ".join(f"{name} {walls[0]:.1f} to {walls[-1]:.1f}" for name, walls in found.items())
