"""What wrapping costs: each hook in a fresh process, wrapped and direct in turn, medians and the ratio pair by pair.

Data: cases (backend, hook) x variants (direct, wrapped, rapids-build-backend) -> runs of (wall, CPU) seconds,
taken round by round so that a machine whose speed drifts slows all variants alike -> one table.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.edit import backend_copy

from .runs import Run, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = '[project]\nname = "p"\nversion = "1.0"\n'
DIRECT = '[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n' + PROJECT
WRAPPED = (
    '[build-system]\nrequires = []\nbuild-backend = "augbackend"\nbackend-path = ["_augbackend"]\n'
    '[tool.augbackend]\nbuild-backend = "{backend}"\nextra-build-dependencies = ["packaging"]\n'
    'extra-build-variables = {{ A = "1" }}\n' + PROJECT
)
NEVER = WRAPPED.replace("[tool.augbackend]\n", '[tool.augbackend]\ndynamic-requires = "never"\n')
RAPIDS = (
    '[build-system]\nrequires = []\nbuild-backend = "rapids_build_backend.build"\n'
    '[tool.rapids-build-backend]\nbuild-backend = "{backend}"\nrequires = []\ndisable-cuda = true\ncommit-files = []\n'
    'dependencies-file = "none.yaml"\n' + PROJECT
)
BACKENDS = {"setuptools": "setuptools.build_meta", "hatchling": "hatchling.build"}
HOOKS = {
    "get_requires": "get_requires_for_build_wheel({{}})",
    "prepare_metadata": "prepare_metadata_for_build_wheel({out!r}, {{}})",
    "build_wheel": "build_wheel({out!r}, {{}}, None)",
}
VARIANTS = {
    "direct": (DIRECT, ""),
    "wrapped": (WRAPPED, "augbackend"),
    "never": (NEVER, "augbackend"),
    "rapids": (RAPIDS, "rapids_build_backend.build"),
}


@dataclass(frozen=True)
class Case:
    """One hook of one wrapped backend."""

    backend: str
    hook: str


def environment(folder: Path) -> str:
    """An environment with the backends, and everything compiled; the index is asked once."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    requirements = ["setuptools", "hatchling", "rapids-build-backend", "packaging", "tomli"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", *requirements], check=True)
    subprocess.run([python, "-m", "compileall", "-q", str(folder)], check=True, stdout=subprocess.DEVNULL)
    return python


def tree(folder: Path, variant: str, backend: str) -> Path:
    """A trivial project."""
    (folder / "p").mkdir(parents=True)
    (folder / "p" / "__init__.py").write_text("")
    text = VARIANTS[variant][0].format(backend=BACKENDS[backend], requires=backend)
    (folder / "pyproject.toml").write_text(text)
    if VARIANTS[variant][1] == "augbackend":
        backend_copy.write_copy(folder, backend_copy.for_tree(folder))
    return folder


def command(python: str, variant: str, case: Case, out: Path) -> list[str]:
    """The hook as uv calls it: a script that imports the backend, looks for the hook and calls it."""
    module = VARIANTS[variant][1] or BACKENDS[case.backend]
    paths = "import sys; sys.path.insert(0, '_augbackend')\n" if module == "augbackend" else ""
    hook = HOOKS[case.hook].format(out=str(out))
    return [python, "-c", f"{paths}import {module} as backend\nbackend.{hook}"]


def hooks(python: str, folder: Path, rounds: int) -> list[str]:
    """The table of hooks."""
    cases = [Case(backend, hook) for backend in BACKENDS for hook in HOOKS]
    runs: dict[tuple[Case, str], list[Run]] = {(case, variant): [] for case in cases for variant in VARIANTS}
    trees = {(b, v): tree(folder / f"{b}-{v}", v, b) for b in BACKENDS for v in VARIANTS}
    for at in range(rounds + 1):
        for (case, variant), some in runs.items():
            out = Path(tempfile.mkdtemp(dir=folder))
            one = measure(command(python, variant, case, out), trees[case.backend, variant])
            shutil.rmtree(out)
            if at:  # the first round warms caches up
                some.append(one)
    rows = [f"{'backend':<11} {'hook':<17} {'variant':<8} {'wall ms':>8} {'cpu ms':>8} {'ratio':>10} {'over ms':>12}"]
    for (case, variant), some in runs.items():
        pairs = list(zip(some, runs[case, "direct"]))
        ratio = statistics.median(mine.cpu / direct.cpu for mine, direct in pairs)
        over = statistics.median(mine.cpu - direct.cpu for mine, direct in pairs)
        wall, cpu = (statistics.median(getattr(one, what) for one in some) for what in ("wall", "cpu"))
        figures = f"{wall * 1e3:8.1f} {cpu * 1e3:8.1f} {ratio:10.3f} {over * 1e3:12.1f}"
        rows.append(f"{case.backend:<11} {case.hook:<17} {variant:<8} {figures}")
    return rows


def imports(python: str, folder: Path, rounds: int) -> list[str]:
    """What importing costs over the bare interpreter."""
    backend_copy.write_copy(folder, backend_copy.for_tree(folder))
    path = f"import sys; sys.path.insert(0, {str(folder / backend_copy.FOLDER)!r})"
    variants = {"bare interpreter": path, "import augbackend": f"{path}; import augbackend"}
    runs: dict[str, list[Run]] = {name: [] for name in variants}
    for at in range(rounds + 1):
        for name, code in variants.items():
            one = measure([python, "-c", code], folder)
            runs[name] += [one] if at else []
    pairs = list(zip(runs["import augbackend"], runs["bare interpreter"]))
    over = [statistics.median(getattr(a, what) - getattr(b, what) for a, b in pairs) * 1e3 for what in ("wall", "cpu")]
    return [f"import augbackend, over the bare interpreter: {over[0]:.1f} ms wall, {over[1]:.1f} ms cpu"]


def size() -> list[str]:
    """How much there is to read before trusting it."""
    modules = {name: content for name, content in backend_copy.backend_files().items() if name.endswith(".py")}
    lines = sum(content.count(b"\n") for content in modules.values())
    return [f"vendored copy: {len(modules)} modules, {lines} lines, {sum(map(len, modules.values())) / 1024:.0f} KiB"]


def figures(folder: Path, rounds: int) -> Iterator[str]:
    """All tables."""
    python = environment(folder / "environment")
    (folder / "trees").mkdir()
    yield from (*hooks(python, folder / "trees", rounds), *imports(python, folder, rounds), *size())
