"""``passthrough`` by real frontends: pip builds against what is installed, uv against a copy of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ..conftest import ROOT, write
from ..matrix.frontends import Frontends
from .conftest import make_wheel

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no links for everybody on Windows"),
]
NAME = "passedlib"
VERSION = "1.0+here"  # a local version cannot be on an index, so that nobody's project of that name is taken for ours
# Its own backend needs nothing of an index, and imports what is passed through where it is looked for as well.
PYPROJECT = f"""\
[build-system]
requires = ["tomli; python_version < '3.11'"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
extra-build-dependencies = [{{ requirement = "{NAME}>=1", match-runtime = true, passthrough = true }}]
"""
INNER = f"""\
import os, subprocess, sys
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile
try:
    import {NAME}
except ImportError:  # uv has not installed it yet
    {NAME} = None

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    child = [sys.executable, "-c", "import os, {NAME}; print(os.path.realpath({NAME}.__file__))"]
    told = subprocess.run(child, capture_output=True, text=True, check=True).stdout.strip()
    found = [os.path.realpath({NAME}.__file__), told, version("{NAME}")]
    name, info = "demo-1-py3-none-any.whl", "demo-1.dist-info"
    files = {{
        "demo.py": f"found = {{found!r}}",
        f"{{info}}/METADATA": "Metadata-Version: 2.1\\nName: demo\\nVersion: 1\\n",
        f"{{info}}/WHEEL": "Wheel-Version: 1.0\\nGenerator: inner\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files[f"{{info}}/RECORD"] = "".join(f"{{one}},,\\n" for one in (*files, f"{{info}}/RECORD"))
    with ZipFile(Path(wheel_directory, name), "w") as wheel:
        for one, text in files.items():
            wheel.writestr(one, text)
    return name
"""


def test_what_is_built_against(frontends: Frontends, tmp_path: Path) -> None:
    make_wheel(frontends.wheels, NAME, VERSION)
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "_inner/inner.py": INNER})
    own = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), cwd=tmp_path, **own)
    python = frontends.environment(tmp_path / "environment")
    frontends.install(tmp_path / "environment", f"{NAME}=={VERSION}")
    ask = [
        str(python),
        "-c",
        f"import demo, os, {NAME}; print(*demo.found, os.path.realpath({NAME}.__file__), sep='\\n')",
    ]

    # Both wheels' modules may have one size, and be installed within one second: then bytecode of the first would count.
    said = frontends.run(frontends.program("pip"), "--python", str(python), "install", "-v", str(tree), cwd=tmp_path)
    assert f"augbackend: note: {NAME} {VERSION} is not installed for the build: the one in " in said
    mine, child, version, place = frontends.run(
        *ask, cwd=tmp_path, PYTHONPYCACHEPREFIX=str(tmp_path / "by-pip")
    ).splitlines()
    assert (mine, child, version) == (place, place, VERSION)

    install = ["uv", "pip", "install", "--python", str(python), "--reinstall-package", "demo", str(tree)]
    frontends.run(*install, cwd=tmp_path)
    mine, child, version, _ = frontends.run(
        *ask, cwd=tmp_path, PYTHONPYCACHEPREFIX=str(tmp_path / "by-uv")
    ).splitlines()
    assert (child, version) == (mine, VERSION)
    assert mine != place
