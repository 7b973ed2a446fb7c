"""What a project says of its dependencies' builds comes true in the archive, by real frontends."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from ..matrix.frontends import BuildFailedError, Frontends
from .conftest import make_wheel
from .test_wrapped import augbackend

pytestmark = pytest.mark.builds

PROJECT = """[project]
name = "app"
version = "1"
dependencies = ["demo==1.0"]
[tool.uv]
find-links = ["{}"]
{}
[tool.uv.extra-build-dependencies]
demo = ["limited"]
"""
SETUP = """import importlib.metadata
from setuptools import setup
assert importlib.metadata.version("limited") == "1.0", "another one"
setup(name="demo", version="1.0", py_modules=[], install_requires=[*map(str, ["limited"])])
"""
LIMIT = 'build-constraint-dependencies = ["limited<2"]'


def wheels(frontends: Frontends, folder: Path, said: str) -> list[str]:
    """METADATA of the wheels that pip and uv build of the archive."""
    for version in ("1.0", "2.0"):
        make_wheel(frontends.wheels, "limited", version)
    (folder / "app").mkdir()
    sdist(folder / "in", {"setup.py": SETUP})
    (folder / "app" / "pyproject.toml").write_text(PROJECT.format((folder / "in").as_uri(), said))
    augbackend(frontends, "wrap", cwd=folder / "app")
    archive = str(folder / "app" / "wrapped.d" / "demo-1.0.tar.gz")
    frontends.run(frontends.program("pip"), "wheel", "--no-deps", archive, cwd=folder)
    frontends.run("uv", "build", "--wheel", "--python", sys.executable, "--out-dir", "uv", archive, cwd=folder)
    found = []
    for wheel in (*folder.glob("*.whl"), *(folder / "uv").glob("*.whl")):
        with ZipFile(wheel) as opened:
            found.append(opened.read("demo-1.0.dist-info/METADATA").decode())
    return found


def test_a_build_constraint_is_taken_along(frontends: Frontends, tmp_path: Path) -> None:
    found = wheels(frontends, tmp_path, LIMIT)
    assert ["Requires-Dist: limited\n" in text for text in found] == [True, True]


def test_without_the_constraint_it_fails(frontends: Frontends, tmp_path: Path) -> None:
    with pytest.raises(BuildFailedError, match="another one"):
        wheels(frontends, tmp_path, "")


def test_the_wheel_says_what_overrides_it(frontends: Frontends, tmp_path: Path) -> None:
    entry = "[[tool.uv.dependency-metadata]]\nname = 'demo'\nrequires-dist = ['six', \"attrs; extra == 'x'\"]"
    for text in wheels(frontends, tmp_path, f"{LIMIT}\n{entry}"):
        stated = [line for line in text.splitlines() if line.startswith(("Requires-Dist", "Provides-Extra"))]
        assert stated == ["Requires-Dist: six", "Requires-Dist: attrs; extra == 'x'", "Provides-Extra: x"]
