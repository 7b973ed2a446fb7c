"""What wrapping itself costs, and what it spares ``uv lock``, against uv's own augmentation, in turn.

Data: two projects that differ in their tables only -> the same uv command in each, round by round -> ratios.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from .installs import VARIABLES
from .runs import Run, compared, measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = """[project]
name = "consumer"
version = "1"
requires-python = "=={python}.*"
dependencies = ["{torch}", "flash-attn=={version}"]

[tool.uv]
package = false
environments = ["sys_platform == '{platform}'"]

[tool.uv.extra-build-dependencies]
flash-attn = ["{torch}", {more}]

[tool.uv.extra-build-variables]
flash-attn = {{ {variables} }}
"""


def figures(folder: Path, rounds: int, torch: str) -> Iterator[str]:
    """All figures.

    :param torch: the requirement; a CPU build is enough, since setup.py only imports it.
    """
    uv = shutil.which("uv") or sys.exit("uv is not here")
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    yield from _locked(uv, folder, rounds, torch, environ)
    yield from _wrapped(folder, rounds, torch, environ)


def _projects(folder: Path, version: str, torch: str, environ: dict[str, str]) -> dict[str, Path]:
    """One that leaves it to uv's tables, and one whose flash-attn is wrapped, without the tables."""
    found = {}
    for kind in ("augmented", "wrapped"):
        place = folder / f"{kind}-{version}"
        place.mkdir()
        text = PROJECT.format(
            torch=torch,
            version=version,
            more='"packaging", "ninja"',
            variables=", ".join(f'{name} = "{value}"' for name, value in VARIABLES.items()),
            python=f"{sys.version_info[0]}.{sys.version_info[1]}",
            platform=sys.platform,
        )
        (place / "pyproject.toml").write_text(text)
        if kind == "wrapped":
            measure([sys.executable, "-m", "augbackend.cli", "wrap"], place, environ)
        found[kind] = place
    return found


def _locked(uv: str, folder: Path, rounds: int, torch: str, environ: dict[str, str]) -> Iterator[str]:
    projects = _projects(folder, "2.5.0", torch, environ)
    runs: dict[str, list[Run]] = {kind: [] for kind in projects}
    for at in range(rounds + 1):
        for kind, place in projects.items():
            subprocess.run([uv, "cache", "clean", "--quiet", "flash-attn"], env=environ, check=True)
            (place / "uv.lock").unlink(missing_ok=True)
            one = measure([uv, "lock", "--quiet"], place, environ)
            runs[kind] += [one] if at else []
    yield compared("uv lock with flash-attn 2.5.0: wrapped / augmented", runs["wrapped"], runs["augmented"])


def _wrapped(folder: Path, rounds: int, torch: str, environ: dict[str, str]) -> Iterator[str]:
    """Wrapping from the cache, and compressing the same tar with gzip's own default level."""
    place = folder / "wrap"
    place.mkdir()
    command = [sys.executable, "-m", "augbackend.cli", "wrap", "flash-attn==2.8.3", "--require", torch]
    measure(command, place, environ)
    archive = next((place / "wrapped").iterdir())
    tar = place / "same.tar"
    tar.write_bytes(gzip.decompress(archive.read_bytes()))
    program = shutil.which("gzip") or sys.exit("gzip is not here")
    wraps, gzips = [], []
    for _ in range(rounds):
        archive.unlink()
        wraps.append(measure(command, place, environ))
        gzips.append(measure([program, "--keep", "--force", str(tar)], place, environ))
    yield compared("wrap flash-attn 2.8.3 from the cache / gzip its tar", wraps, gzips)
    start = time.perf_counter()
    gzip.compress(tar.read_bytes())
    yield f"  (Python's gzip at its default level: {time.perf_counter() - start:.2f} s)"
