"""What a static promise spares: ``prepare_metadata_for_build_wheel`` answered from it, against running ``setup.py``.

Data: trees (flash-attn, whose ``setup.py`` imports torch; one with a trivial ``setup.py``) x variants (promised; the
same tree without the promise; setuptools without us), each call a fresh process, round by round -> one table.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.edit import backend_copy

from .installs import ARCHIVE, NAME, TOOLS, VARIABLES, VERSION, make_environment
from .runs import Run, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "setuptools.build_meta:__legacy__"
dynamic-requires = "never"
metadata = { pkg-info = true }
"""
PROMISE = "metadata = { pkg-info = true }\n"
OURS = "import sys; sys.path.insert(0, '_augbackend')\nimport augbackend as backend\n"
SETUPTOOLS = "from setuptools.build_meta import __legacy__ as backend\n"
VARIANTS = {"promised": OURS, "not promised": OURS, "setuptools": SETUPTOOLS}


def figures(folder: Path, rounds: int, torch: str) -> Iterator[str]:
    """The table."""
    python = make_environment(folder / "environment", torch, "setuptools", "wheel", *TOOLS)
    trees = {"trivial": _trivial(folder), "flash-attn": _flash_attn(folder, torch)}
    places = {(what, variant): _copy(tree, variant) for what, tree in trees.items() for variant in VARIANTS}
    runs: dict[tuple[str, str], list[Run]] = {key: [] for key in places}
    for at in range(rounds + 1):
        for (what, variant), place in places.items():
            out = Path(tempfile.mkdtemp(dir=folder))
            code = f"{VARIANTS[variant]}backend.prepare_metadata_for_build_wheel({str(out)!r}, {{}})"
            one = measure([python, "-c", code], place, {**os.environ, **VARIABLES})
            shutil.rmtree(out)
            runs[what, variant] += [one] if at else []  # the first round compiles what is imported
    yield f"{'setup.py':<11} {'variant':<13} {'wall ms':>8} {'cpu ms':>8} {'ratio':>8}"
    for (what, variant), some in runs.items():
        ratio = statistics.median(mine.cpu / direct.cpu for mine, direct in zip(some, runs[what, "setuptools"]))
        wall, cpu = (statistics.median(getattr(one, what) for one in some) * 1e3 for what in ("wall", "cpu"))
        yield f"{what:<11} {variant:<13} {wall:8.1f} {cpu:8.1f} {ratio:8.3f}"


def _trivial(folder: Path) -> Path:
    tree = folder / "trivial"
    tree.mkdir()
    (tree / "setup.py").write_text("from setuptools import setup\n\nsetup(name='p', version='1.0', py_modules=[])\n")
    (tree / "PKG-INFO").write_text("Metadata-Version: 2.2\nName: p\nVersion: 1.0\n")
    (tree / "pyproject.toml").write_text(PYPROJECT)
    backend_copy.write_copy(tree, backend_copy.for_tree(tree))
    return tree


def _flash_attn(folder: Path, torch: str) -> Path:
    requires = [word for name in (torch, *TOOLS) for word in ("--require", name)]
    variables = [word for key, value in VARIABLES.items() for word in ("--variable", f"{key}={value}")]
    command = [sys.executable, "-m", "augbackend.cli", "wrap", f"{NAME}=={VERSION}", *requires, *variables]
    measure(command, folder)
    shutil.unpack_archive(folder / "wrapped" / ARCHIVE, folder)
    return folder / ARCHIVE[: -len(".tar.gz")]


def _copy(tree: Path, variant: str) -> Path:
    place = tree.with_name(f"{tree.name} {variant}")
    shutil.copytree(tree, place)
    file = place / "pyproject.toml"
    text = file.read_text()
    if PROMISE not in text:
        sys.exit(f"{file} promises nothing")
    if variant == "not promised":
        file.write_text(text.replace(PROMISE, ""))
    elif variant == "setuptools":
        file.unlink()
    return place
