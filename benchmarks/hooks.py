"""What wrapping costs where frontends meet it: a fresh tree without bytecode of ours, three hooks in three processes.

Round by round, each variant has a fresh copy of its tree, and its hooks run in it one after the other, as Python does
by default: the first compiles what the others find compiled. CPU seconds, medians, and the median of the ratios pair by
pair, since a machine whose speed drifts slows all variants of a round alike.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING

from augbackend.cli.edit import backend_copy
from augbackend.table.layers import toml

from .runs import measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = '[project]\nname = "p"\nversion = "1.0"\n'
DIRECT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
WRAPPED = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "augbackend"\nbackend-path = ["_augbackend"]\n'
TABLE = '[tool.augbackend]\nbuild-backend = "setuptools.build_meta"\nextra-build-dependencies = ["packaging"]\n'
RAPIDS = (
    '[build-system]\nrequires = []\nbuild-backend = "rapids_build_backend.build"\n'
    '[tool.rapids-build-backend]\nbuild-backend = "setuptools.build_meta"\nrequires = []\ndisable-cuda = true\n'
    'commit-files = []\ndependencies-file = "none.yaml"\n'
)
VARIANTS = {  # name → module, pyproject.toml
    "direct": ("setuptools.build_meta", DIRECT),
    "wrapped": ("augbackend", WRAPPED + TABLE),
    "rapids": ("rapids_build_backend.build", RAPIDS),
}
HOOKS = {
    "get_requires": "get_requires_for_build_wheel({})",
    "prepare_metadata": "prepare_metadata_for_build_wheel('metadata', {})",
    "build_wheel": "build_wheel('out', {}, None)",
}
WITHIN = {"get_requires": 1.12, "prepare_metadata": 1.04, "build_wheel": 1.04}
LOADED = "; print(*(name for name in sys.modules if name.startswith('augbackend')))"


def environment(folder: Path) -> tuple[str, list[str]]:
    """An environment with the backends, compiled, and the variants that can be had in it; the index is asked once."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--upgrade"]
    subprocess.run([*install, "setuptools", "packaging", "tomli"], check=True)
    has_rapids = subprocess.run([*install, "rapids-build-backend"], check=False, capture_output=True).returncode == 0
    subprocess.run([python, "-m", "compileall", "-q", str(folder)], check=False, stdout=subprocess.DEVNULL)
    return python, [name for name in VARIANTS if has_rapids or name != "rapids"]


def tree(folder: Path, pyproject: str) -> Path:
    """A trivial project, with a copy of the backend if that is named."""
    for name in ("p", "out", "metadata"):
        (folder / name).mkdir(parents=True)
    (folder / "p" / "__init__.py").write_text("")
    # The folders beside the package would be packages as well.
    more = '[tool.setuptools]\npackages = ["p"]\n'
    (folder / "pyproject.toml").write_text(pyproject + PROJECT + more)
    if "_augbackend" in pyproject:
        files = backend_copy.backend_files(toml(pyproject), "augbackend adopt", has_readers=False)
        backend_copy.write_copy(folder, files)
    return folder


def command(python: str, module: str, hook: str, *, more: str = "") -> list[str]:
    """The hook as frontends call it: a process that imports the backend, looks for the hook and calls it."""
    return [python, "-c", f"import sys; sys.path.insert(0, '_augbackend'); import {module} as b; b.{HOOKS[hook]}{more}"]


def hooks(python: str, variants: list[str], folder: Path, rounds: int) -> Iterator[str]:
    """The table of hooks."""
    runs: dict[tuple[str, str], list[float]] = {(variant, hook): [] for variant in variants for hook in HOOKS}
    for at in range(rounds + 1):
        # Who comes first in a round changes, so that nobody always follows the same.
        for variant in variants[at % len(variants) :] + variants[: at % len(variants)]:
            module, pyproject = VARIANTS[variant]
            fresh = tree(folder / f"{variant}-{at}", pyproject)
            for hook in HOOKS:
                one = measure(command(python, module, hook), fresh)
                runs[variant, hook] += [one.cpu] if at else []  # the first round warms the system's caches up
            shutil.rmtree(fresh)
    yield f"{'hook':<17} {'variant':<8} {'cpu ms':>8} {'of direct':>10} {'within':>7}"
    for hook in HOOKS:
        for variant in variants:
            mine = runs[variant, hook]
            ratio = statistics.median(one / direct for one, direct in zip(mine, runs["direct", hook]))
            within = f"{WITHIN[hook]:7.2f}" if variant == "wrapped" else ""
            yield f"{hook:<17} {variant:<8} {statistics.median(mine) * 1e3:8.1f} {ratio:10.3f} {within}"


def modules(python: str, folder: Path) -> Iterator[str]:
    """How many modules of ours are loaded where no table is."""
    place = tree(folder / "empty", WRAPPED)
    for hook in HOOKS:
        run = [*command(python, "augbackend", hook, more=LOADED)]
        done = subprocess.run(run, cwd=place, check=True, capture_output=True, text=True)
        loaded = done.stdout.splitlines()[-1].split()
        yield f"modules that {hook} loads for an empty table (at most 12): {len(loaded)}"


def size() -> Iterator[str]:
    """How much there is to read before trusting it."""
    files = backend_copy.backend_files(toml(VARIANTS["wrapped"][1]), "augbackend adopt", has_readers=False)
    lines = sum(content.count(b"\n") for name, content in files.items() if name.endswith(".py"))
    yield f"the copy: {len(files)} files, {lines} lines of Python, {sum(map(len, files.values())) / 1000:.0f} kB"


def figures(folder: Path, rounds: int) -> Iterator[str]:
    """All tables."""
    python, variants = environment(folder / "environment")
    (folder / "trees").mkdir()
    yield from hooks(python, variants, folder / "trees", rounds)
    yield from modules(python, folder / "trees")
    yield from size()
