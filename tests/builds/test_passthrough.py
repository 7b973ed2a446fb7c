"""``passthrough`` by real frontends: pip builds against the torch that is installed, uv against one of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT, write
from ..matrix.frontends import Frontends
from . import fake_torch

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no links for everybody on Windows"),
]
PYPROJECT = """\
[build-system]
requires = ["setuptools", "tomli; python_version < '3.11'"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "setuptools.build_meta:__legacy__"
extra-build-dependencies = [{ requirement = "torch", match-runtime = true, passthrough = true }]
"""
SETUP = """\
import json, os, subprocess, sys
from importlib.metadata import version
import torch
from setuptools import setup
code = "import os, torch; print(os.path.realpath(torch.__file__))"
child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
found = [os.path.realpath(torch.__file__), child, version("torch")]
with open("found.py", "w") as file:
    file.write("found = " + repr(json.dumps(found)))
setup(name="demo", version="1", py_modules=["found"], install_requires=["torch"])
"""


def test_what_is_built_against(frontends: Frontends, tmp_path: Path) -> None:
    version = fake_torch.make(frontends.wheels, "2.8.0")
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "setup.py": SETUP})
    own = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), cwd=tmp_path, **own)
    python, pip = frontends.environment(tmp_path / "environment"), frontends.program("pip")
    install = [pip, "--python", str(python), "install", "--no-cache-dir", "-v"]
    frontends.run(*install, f"torch=={version}", cwd=tmp_path)
    said = frontends.run(*install, str(tree), cwd=tmp_path)
    assert f"augbackend: note: torch {version} is not installed for the build: the one in " in said
    asked = [str(python), "-c", "import found, torch; print(found.found); print(torch.__file__)"]
    found, place = frontends.run(*asked, cwd=tmp_path).splitlines()
    place = str(Path(place).resolve())
    assert json.loads(found) == [place, place, version]
    frontends.run(
        "uv", "pip", "install", "--reinstall-package", "demo", "--python", str(python), str(tree), cwd=tmp_path
    )
    mine, child, other = json.loads(frontends.run(*asked, cwd=tmp_path).splitlines()[0])
    assert (mine, other) == (child, version)
    assert mine != place
