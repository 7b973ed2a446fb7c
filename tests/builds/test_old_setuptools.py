"""METADATA that features edit, around setuptools of all ages: what is said before a build is what is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest

from ..conftest import leaving_to_ci, write
from ..matrix import frontends as run
from ..matrix.frontends import BIN, EXE, Frontends
from ..matrix.projects import FAKELIB

pytestmark = pytest.mark.builds

# Below 62 the folder that the metadata hook makes has no version in its name. 40.8, the first that wraps setup.py, does
# not start on Python 3.9, the oldest that we support; 44.1 does.
SETUPTOOLS = ["44.1.1", "57.5.0", "60.10.0", "newest"]
SETUP_PY = """
from setuptools import setup
setup(name="My-Demo", version="1.0", py_modules=["my_demo"], install_requires=["fakelib"])
"""
TABLES = {
    "label": """local-version = "team"
""",
    "pin": """pin-runtime = { fakelib = "x.x" }
""",
    "promise": """local-version = "team"
[tool.augbackend.metadata]
requires-dist = ["fakelib"]
""",
    "all": """local-version = "team"
provenance = true
extra-build-dependencies = [{ requirement = "fakelib", match-runtime = true }]
pin-runtime = { fakelib = "x.x" }
""",
}
TOLD = """
from importlib.metadata import distribution
import json
one = distribution("my-demo")
print(json.dumps([one.metadata["Name"], one.version, one.requires]))
"""
PINNED = ("fakelib<1.1,>=1.0", "fakelib>=1.0,<1.1", "fakelib (<1.1,>=1.0", "fakelib (>=1.0,<1.1")
# What a resolver sees: the metadata hook's answer.
PREPARED = """
import json, sys
from build.util import project_wheel_metadata
found = project_wheel_metadata(sys.argv[1])
print(json.dumps([found["Name"], found["Version"], found.get_all("Requires-Dist")]))
"""


def _of_the_oldest(frontends: Frontends) -> str:
    """A Python with pip and build that run on it."""
    return frontends.program("build-of-the-oldest", "build", "pip", python=run.oldest_python(), command="python")


def _by_pip(frontends: Frontends, tree: Path, scratch: Path) -> list[str]:
    python = frontends.environment(scratch / "environment", python=run.oldest_python())
    # The newest pip does not support the oldest Python.
    frontends.run(_of_the_oldest(frontends), "-m", "pip", "--python", str(python), "install", str(tree), cwd=scratch)
    return [frontends.run(str(python), "-c", TOLD, cwd=scratch)]


def _by_uv(frontends: Frontends, tree: Path, scratch: Path) -> list[str]:
    python = frontends.environment(scratch / "environment", python=run.oldest_python())
    frontends.run("uv", "pip", "install", "--python", str(python), str(tree), cwd=scratch)
    return [frontends.run(str(python), "-c", TOLD, cwd=scratch)]


def _by_build(frontends: Frontends, tree: Path, scratch: Path) -> list[str]:
    oldest, python = run.oldest_python(), _of_the_oldest(frontends)
    prepared = frontends.run(python, "-c", PREPARED, str(tree), cwd=scratch)
    # It asks for no metadata before it builds, so that nothing has told what will be there at run time.
    match = {"AUGBACKEND_MATCH_RUNTIME": FAKELIB}
    frontends.run(python, "-m", "build", "--outdir", str(scratch / "dist"), str(tree), cwd=scratch, **match)
    (wheel,) = (scratch / "dist").glob("*.whl")
    (sdist,) = (scratch / "dist").glob("*.tar.gz")
    assert sdist.name.endswith(f"-{wheel.name.split('-')[1]}.tar.gz")
    frontends.environment(scratch / "environment", python=oldest)
    frontends.install(scratch / "environment", str(wheel))
    installed = frontends.run(str(scratch / "environment" / BIN / f"python{EXE}"), "-c", TOLD, cwd=scratch)
    return [prepared, installed]


BUILDERS: dict[str, Callable[[Frontends, Path, Path], list[str]]] = {"pip": _by_pip, "uv": _by_uv, "build": _by_build}
# All keys at once by everybody; of each key alone, every setuptools by one frontend and every frontend at least once.
CASES = [("all", setuptools, builder) for setuptools in SETUPTOOLS for builder in BUILDERS] + [
    (table, setuptools, [*BUILDERS][(at + of) % len(BUILDERS)])
    for of, table in enumerate(TABLES)
    for at, setuptools in enumerate(SETUPTOOLS)
    if table != "all"
]


@pytest.mark.parametrize(
    ("table", "setuptools", "builder"),
    leaving_to_ci(CASES, [one for one in CASES if one[1] == "newest"] + [("all", "44.1.1", "uv")]),
)
def test_edited_metadata(frontends: Frontends, tmp_path: Path, table: str, setuptools: str, builder: str) -> None:
    wanted = "setuptools" if setuptools == "newest" else f"setuptools=={setuptools}"
    requires = [wanted, "augbackend", *([FAKELIB] if table == "pin" else [])]
    head = f"""[build-system]
requires = {json.dumps(requires)}
build-backend = "augbackend"

[tool.augbackend]
"""
    tree = write(
        tmp_path / "tree", {"pyproject.toml": head + TABLES[table], "setup.py": SETUP_PY, "my_demo.py": "x = 1\n"}
    )
    for said in BUILDERS[builder](frontends, tree, tmp_path):
        name, version, (dependency,) = json.loads(said.strip().splitlines()[-1])
        assert name == "My-Demo"
        assert version == ("1.0" if table == "pin" else "1.0+team")
        assert dependency == "fakelib" if table in ("label", "promise") else dependency.startswith(PINNED)
