"""Commands that write sdists of their own and call no hook: what they write of an adopted tree can be built."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from augbackend.cli.edit.backend_copy import FOLDER

from ..conftest import ROOT, write
from ..matrix.frontends import Frontends, uv_build

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.builds

PROJECT = '[project]\nname = "demo"\nversion = "1"\ndescription = "A demo"\n'
SYSTEM = '[build-system]\nrequires = ["{}"]\nbuild-backend = "{}"\n'

COMMANDS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "flit": (
        ("flit", "build", "--format", "sdist", "--no-use-vcs"),
        {"pyproject.toml": SYSTEM.format("flit_core", "flit_core.buildapi") + PROJECT, "demo.py": ""},
    ),
    "pdm": (
        ("pdm", "build", "--no-wheel"),
        {"pyproject.toml": SYSTEM.format("pdm-backend", "pdm.backend") + PROJECT, "demo/__init__.py": ""},
    ),
    "setuptools": (
        ("python", "setup.py", "sdist"),
        {
            "setup.py": "from setuptools import setup\nsetup(name='demo', version='1', py_modules=['demo'])\n",
            "demo.py": "",
        },
    ),
}


@pytest.mark.parametrize("tool", COMMANDS)
def test_the_sdist_can_be_built(frontends: Frontends, tmp_path: Path, tool: str) -> None:
    (command, *words), files = COMMANDS[tool]
    tree = write(tmp_path / "tree", dict[str, "str | bytes"](files))
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), cwd=ROOT)
    program = frontends.program(tool, "pdm[locked]" if tool == "pdm" else tool, command=command)
    frontends.run(program, *words, cwd=tree)
    (sdist,) = (tree / "dist").glob("*.tar.gz")
    assert ".pyc" not in frontends.run(sys.executable, "-m", "tarfile", "--list", str(sdist), cwd=tree)
    uv_build(frontends, sdist, tmp_path / "out", "--wheel")
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert FOLDER not in frontends.run(sys.executable, "-m", "zipfile", "--list", str(wheel), cwd=tree)
