"""Two builds of one tree at once; a tree that cannot be written to; a hook that is killed half way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.cli.edit import backend_copy

from ..conftest import write
from ..matrix import frontends as run
from ..matrix.frontends import Frontends

pytestmark = pytest.mark.builds

PYPROJECT = """
[build-system]
requires = ["{backend}", "tomli; python_version < '3.11'"]
build-backend = "augbackend"
backend-path = ["_augbackend"]
[tool.augbackend]
build-backend = "{hooks}"
extra-build-dependencies = ["otherlib"]
[project]
name = "p"
version = "1.0"
description = "A project"
"""
# Two setuptools at once in one tree tread on each other here: each finds the other's mark.
SETUP_PY = """
import os, time, otherlib
from setuptools import setup
mark = os.path.join("build", "mark")
os.makedirs("build", exist_ok=True)
open(mark, "x").close()
try:
    time.sleep(0.5)
    setup()
finally:
    os.remove(mark)
"""


def tree_of(folder: Path, backend: str, hooks: str, files: dict[str, str | bytes]) -> Path:
    write(folder, {"pyproject.toml": PYPROJECT.format(backend=backend, hooks=hooks), **files})
    backend_copy.write_copy(folder, backend_copy.for_tree(folder))
    return folder


def ours(tree: Path) -> set[str]:
    """What is in the tree, but for what Python and the wrapped backend put there by themselves."""
    theirs = ("__pycache__", "build", "p.egg-info")
    return {
        str(file.relative_to(tree)) for file in tree.rglob("*") if not set(theirs) & set(file.relative_to(tree).parts)
    }


def test_two_builds_of_one_tree_at_once(frontends: Frontends, tmp_path: Path) -> None:
    tree = tree_of(tmp_path / "tree", "setuptools", "setuptools.build_meta", {"setup.py": SETUP_PY, "p.py": "x = 1"})
    before = ours(tree)
    frontends.program("pip")  # installed once, before three ask for it
    with ThreadPoolExecutor() as pool:
        builds = [pool.submit(run.pip_wheel, frontends, tree, tmp_path / str(at)) for at in range(3)]
        for build in builds:
            build.result()
    members = set()
    for at in range(3):
        (wheel,) = (tmp_path / str(at)).glob("*.whl")
        members.add(tuple(ZipFile(wheel).namelist()))
    assert len(members) == 1
    assert "p.py" in members.pop()
    assert ours(tree) == before


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="permissions of another kind")
def test_read_only_tree(frontends: Frontends, tmp_path: Path) -> None:
    """flit writes nothing into its tree, so neither does the whole build."""
    tree = tree_of(tmp_path / "tree", "flit_core", "flit_core.buildapi", {"p.py": '"""Doc."""\nx = 1\n'})
    before = ours(tree)
    command = run.pip_wheel
    for path in [tree, *tree.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    immutable = os.geteuid() == 0  # permissions do not bind root; then it is compared instead
    try:
        command(frontends, tree, tmp_path / "out")
    finally:
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert ours(tree) == before
    assert immutable or not list(tree.rglob("__pycache__"))


@pytest.mark.skipif(os.name == "nt", reason="processes are killed in another way there")
@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist", "get_requires_for_build_wheel"])
def test_hook_killed_half_way(tmp_path: Path, hook: str) -> None:
    inner = f"""
import os, time
def {hook}(*arguments):
    open(os.path.join(os.environ["MARKS"], "started"), "w").close(); time.sleep(600)
def build_wheel2(*arguments): ...
"""
    tree = tmp_path / "tree"
    text = "[tool.augbackend]\nbuild-backend = 'inner'\nbackend-path = ['_inner']\n"
    write(tree, {"pyproject.toml": text, "_inner/inner.py": inner})
    backend_copy.write_copy(tree, backend_copy.for_tree(tree))
    before = ours(tree)
    code = (
        f"import augbackend; augbackend.{hook}('.')"
        if hook.startswith("build")
        else f"import augbackend; augbackend.{hook}()"
    )
    environ = {**os.environ, "PYTHONPATH": str(tree / "_augbackend"), "MARKS": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tree, env=environ)
    for _ in range(600):
        if (tmp_path / "started").exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / "started").exists()
    assert ours(tree) == before
