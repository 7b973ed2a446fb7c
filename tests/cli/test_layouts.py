"""The copy in each layout of setuptools: the wheel is the same, member by member, before and after ``adopt``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from augbackend.cli.edit import backend_copy
from augbackend.cli.main import group
from augbackend.table.layers import read_pyproject

from ..conftest import write

pytestmark = pytest.mark.processes

PROJECT = '[project]\nname = "demo"\nversion = "1"\n'
SYSTEM = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
PACKAGE = {"demo/__init__.py": "", "demo/data.txt": "data", "demo/deep/module.py": "A = 1\n"}
SETUP = "from setuptools import *\nsetup(name='demo', version='1', packages="

LAYOUTS: dict[str, dict[str, str]] = {
    "one package, found": {"pyproject.toml": SYSTEM + PROJECT, **PACKAGE},
    "src, found": {"pyproject.toml": SYSTEM + PROJECT, **{f"src/{name}": text for name, text in PACKAGE.items()}},
    "one module": {"pyproject.toml": SYSTEM + PROJECT, "demo.py": "A = 1\n"},
    "find": {"pyproject.toml": f"{SYSTEM}{PROJECT}[tool.setuptools.packages.find]\n", **PACKAGE},
    "find, where": {"pyproject.toml": f'{SYSTEM}{PROJECT}[tool.setuptools.packages.find]\nwhere = ["."]\n', **PACKAGE},
    "find, inline": {
        "pyproject.toml": f'{SYSTEM}{PROJECT}[tool.setuptools]\npackages = {{ find = {{ where = ["."] }} }}\n',
        **PACKAGE,
    },
    "find, dotted": {"pyproject.toml": f'{SYSTEM}{PROJECT}[tool.setuptools]\npackages.find.where = ["."]\n', **PACKAGE},
    "setup.cfg, find": {
        "setup.py": "from setuptools import setup\nsetup()\n",
        "setup.cfg": "[metadata]\nname = demo\nversion = 1\n[options]\npackages = find:\n",
        **PACKAGE,
    },
    "setup.cfg, find_namespace": {
        "pyproject.toml": SYSTEM,
        "setup.cfg": "[metadata]\nname = demo\nversion = 1\n[options]\npackages = find_namespace:\n",
        **PACKAGE,
    },
    "setup.py, find_packages": {"setup.py": f"{SETUP}find_packages())\n", **PACKAGE},
    "setup.py, find_namespace_packages": {"setup.py": f"{SETUP}find_namespace_packages())\n", **PACKAGE},
    "setup.py, computed": {
        "setup.py": f"import os\n{SETUP}find_namespace_packages(include=[p + '*' for p in sorted(os.listdir('.'))]))\n",
        **PACKAGE,
    },
    "setup.py, by another name": {
        "setup.py": f"from setuptools import find_namespace_packages as find\n{SETUP}find('.'))\n",
        **PACKAGE,
    },
    "the top is the package": {
        "setup.py": f"{SETUP}['demo'], package_dir={{'demo': '.'}}, include_package_data=True)\n",
        "MANIFEST.in": "global-include *.txt *.json\n",
        "__init__.py": "",
        "data.txt": "data",
    },
}


def built(tree: Path, path: str, backend: str) -> tuple[str, dict[str, bytes]]:
    """The wheel of a copy of a tree, by a backend that is imported from a folder of it."""
    code = (
        "import functools, sys; from importlib import import_module as it; name, _, more = sys.argv[1].partition(':')\n"
    )
    code += "found = it(name); print(getattr(getattr(found, more) if more else found, 'build_wheel')(sys.argv[2]))"
    copied = Path(shutil.copytree(tree, tree.with_name(f"{tree.name}-{len(path)}")))
    out = copied.with_name(f"{copied.name}-out")
    out.mkdir()
    environ = {**os.environ, "PYTHONPATH": str(copied / path) if path else "", "SOURCE_DATE_EPOCH": "1700000000"}
    command = [sys.executable, "-c", code, backend, str(out)]
    subprocess.run(command, cwd=copied, env=environ, check=True, capture_output=True)
    (found,) = out.glob("*.whl")
    with ZipFile(found) as archive:
        return found.name, {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_wheel_is_the_same(tmp_path: Path, layout: str) -> None:
    tree = write(tmp_path / "tree", {**LAYOUTS[layout]})
    backend = "setuptools.build_meta" if (tree / "pyproject.toml").exists() else "setuptools.build_meta:__legacy__"
    expected = built(tree, "", backend)
    result = CliRunner().invoke(group, ["adopt", str(tree), "--feature", "pin-runtime"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    folder = backend_copy.folder_of(read_pyproject(tree)) or ""
    assert built(tree, folder, "augbackend") == expected
