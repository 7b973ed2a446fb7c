"""What few trees do, through the hooks."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import Callable
from zipfile import ZipFile

import pytest

from ..conftest import ROOT, run_hook, write
from .test_pin_runtime import install, seen

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "{backend}"
"""
INNER = """
import io, tarfile
from zipfile import ZipFile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {wheel}

def build_editable(wheel_directory, config_settings=None, metadata_directory=None): ...

def prepare_metadata_for_build_editable(metadata_directory, config_settings=None): return "of the editable"

def build_sdist(sdist_directory, config_settings=None):
    with tarfile.open(f"{{sdist_directory}}/demo-1.0.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("demo-1.0/setup.py"))
    return "demo-1.0.tar.gz"
"""


def project(tree: Tree, wheel: str = "return 'w'", table: str = "") -> Path:
    text = PYPROJECT.format(backend="inner") + f'backend-path = ["_inner"]\n{table}\n'
    return tree({"pyproject.toml": text, "_inner/inner.py": INNER.format(wheel=wheel)})


def test_metadata_of_an_editable(tree: Tree) -> None:
    assert run_hook(project(tree), "prepare_metadata_for_build_editable", "x").answer == "of the editable"


@pytest.mark.parametrize(
    ("code", "status", "said"), [("3", 3, ""), ("'no CUDA'", 1, "raised in inner, hook build_wheel")]
)
def test_a_backend_that_exits(tree: Tree, code: str, status: int, said: str) -> None:
    """Who exits with a number has said why."""
    outcome = run_hook(project(tree, f"raise SystemExit({code})"), "build_wheel", "x")
    assert (outcome.status, said in outcome.stderr, bool(outcome.stderr)) == (status, True, bool(said))


def test_a_wheel_that_is_none(tree: Tree) -> None:
    empty = "open(f'{wheel_directory}/demo-1.0-py3-none-any.whl', 'w').close(); return 'demo-1.0-py3-none-any.whl'"
    folder = project(tree, empty, "local-version = 'team'")
    assert run_hook(folder, "build_wheel", str(folder)).answer == "demo-1.0-py3-none-any.whl"


PACKING = """
    with ZipFile(f"{wheel_directory}/demo-1.0-py3-none-any.whl", "w") as wheel:
        for name in ("demo.py", "_augbackend/augbackend/__init__.py", "demo-1.0.data/", "demo-1.0.dist-info/METADATA"):
            wheel.writestr(name, "Name: demo\\nVersion: 1.0\\n" if name.endswith("METADATA") else "")
        wheel.writestr("demo-1.0.dist-info/RECORD", "")
    return "demo-1.0-py3-none-any.whl"
"""


@pytest.mark.parametrize("table", ["", "local-version = 'team'"])
def test_an_in_tree_copy_goes_with_the_sdist_and_not_with_the_wheel(tree: Tree, tmp_path: Path, table: str) -> None:
    folder = project(tree, PACKING.strip(), table)
    own = folder / "_augbackend"
    shutil.copytree(ROOT / "augbackend", own / "augbackend", ignore=shutil.ignore_patterns("cli", "__pycache__"))
    text = (folder / "pyproject.toml").read_text()
    text = text.replace("requires = []", 'requires = []\nbackend-path = ["_augbackend"]')
    (folder / "pyproject.toml").write_text(text)
    environ = {"PYTHONPATH": str(own)}
    sdist = run_hook(folder, "build_sdist", str(tmp_path), environ=environ)
    assert sdist.status == 0, sdist.stderr
    with tarfile.open(tmp_path / sdist.answer) as tar:
        top = f"demo-1.0{'+team' if table else ''}"
        assert {f"{top}/pyproject.toml", f"{top}/_augbackend/augbackend/__init__.py"} <= {*tar.getnames()}
    wheel = run_hook(folder, "build_wheel", str(tmp_path), environ=environ)
    assert wheel.status == 0, wheel.stderr
    assert wheel.answer == f"demo-1.0{'+team' if table else ''}-py3-none-any.whl"
    with ZipFile(tmp_path / wheel.answer) as opened:
        assert not [name for name in opened.namelist() if "augbackend" in name]


def test_what_is_installed_has_no_version_to_pin(tree: Tree, tmp_path: Path) -> None:
    table = "extra-build-dependencies = ['torch']\npin-runtime = { torch = 'x.x' }"
    folder = project(tree, "return 'w'", table)
    outcome = run_hook(folder, "build_wheel", "x", environ=seen(install(tmp_path / "site", torch="odd-one")))
    assert outcome.status == 1
    assert "tool.augbackend.pin-runtime.torch: what is installed in the build environment" in outcome.stderr
    assert outcome.stderr.endswith('hint: pin-runtime = { torch = "none" } leaves it alone\n')


@pytest.mark.parametrize(
    ("table", "environ", "expected"),
    [
        ("origin = { url = 'https://host/x', sha256 = 'short' }", {}, "tool.augbackend.origin.sha256: found 'short': expected 64 hexadecimal digits"),
        ("extra-build-dependencies = [{ requirement = 'x', unless-command = ' x' }]", {}, "unless-command: found ' x': expected the name of a command"),
        ("", {"AUGBACKEND_REMOVE_BUILD_DEPENDENCIES": "[x"}, "AUGBACKEND_REMOVE_BUILD_DEPENDENCIES: not a TOML value"),
    ],
)  # fmt: skip
def test_a_mistake(tree: Tree, table: str, environ: dict[str, str], expected: str) -> None:
    outcome = run_hook(project(tree, table=table), "build_wheel", "x", environ=environ)
    assert expected in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.skipif(os.name == "nt", reason="every name and value is Unicode there")
def test_a_value_that_the_system_cannot_hold(tree: Tree) -> None:
    folder = project(tree, table='extra-build-variables = { A = "\u2026" }')
    outcome = run_hook(
        folder, "build_wheel", "x", environ={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    )
    assert "tool.augbackend.extra-build-variables.A: this system cannot hold the value" in outcome.stderr


def setuptools_project(tree: Tree, setup: str, table: str = "") -> Path:
    text = PYPROJECT.format(backend="setuptools.build_meta") + f"{table}\n"
    return write(tree({"pyproject.toml": text}), {"setup.py": setup})


def test_setuptools_that_cannot_be_asked_yet(tree: Tree) -> None:
    """A new one would not have asked for wheel; what its setup.py says in plain words is read."""
    setup = "import no_such_thing\nsetup(setup_requires=['cython'])\n"
    outcome = run_hook(
        setuptools_project(tree, setup, "extra-build-dependencies = ['no-such-thing']"), "get_requires_for_build_wheel"
    )
    assert [text for text in outcome.answer if text != "wheel"] == ["cython", "no-such-thing"]


def test_a_module_beside_setup_py(tree: Tree) -> None:
    folder = write(
        setuptools_project(tree, "import sys\nsys.path[:] = filter(None, sys.path)\nimport own\n"), {"own.py": ""}
    )
    outcome = run_hook(folder, "build_wheel", str(folder))
    assert "it is with tool.augbackend.build-backend = 'setuptools.build_meta:__legacy__'" in outcome.stderr
