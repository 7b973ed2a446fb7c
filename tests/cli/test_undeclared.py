"""`augbackend wrap`: what a package's ``setup.py`` imports and nothing asks for is said first, with the line to add."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..conftest import write
from .archives import own_table, report, sdist, wrap, wrapped
from .test_wrap_project import PROJECT, project

pytestmark = pytest.mark.usefixtures("no_index")

SETUP = "import os\nimport torch\nfrom setuptools import setup\nsetup(name='demo', version='1.0')\n"
UV = '[tool.uv.extra-build-variables]\ndemo = { A = "1" }\n'
SAID = "demo: its setup.py imports what nothing asks for: torch (line 2)\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    sdist(tmp_path / "links", {"setup.py": SETUP})
    return folder


def test_of_a_package_that_is_named(here: Path) -> None:
    assert here.is_dir()
    said = wrapped("demo==1.0").stdout
    assert said.startswith(f"{SAID}  to declare it: --require torch\n\nwrapped.d/demo-1.0.tar.gz: written\n")
    assert "pip install" not in said  # since it fails
    found = report("demo==1.0")
    where = {"name": "demo", "requirement": "torch", "module": "torch", "where": "setup.py, line 2"}
    assert (found["undeclared"], found["commands"]) == ([where], [])
    assert wrapped("demo==1.0", "--require", "torch").stdout.startswith("wrapped.d/demo-1.0.tar.gz: written")
    assert report("demo==1.0", "--match-runtime", "torch")["undeclared"] == []


def test_what_may_come_along(here: Path) -> None:
    """Whether scipy brings torch is not known here: it is said, and the commands may work."""
    sdist(here.parent / "links", {"setup.py": SETUP.replace("name", "setup_requires=['scipy'], name")})
    found = report("demo==1.0")
    assert ([one["requirement"] for one in found["undeclared"]], len(found["commands"])) == (["torch"], 2)


UV_TABLE = '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }]\n'


@pytest.mark.parametrize(
    ("text", "files", "lines"),
    [
        (PROJECT + UV, {}, UV_TABLE),
        (PROJECT.replace(', "torch==2.8.0"', "") + UV, {}, '[tool.uv.extra-build-dependencies]\ndemo = ["torch"]\n'),
        (
            f'{PROJECT}[tool.uv.extra-build-dependencies]\nDemo = ["ninja"]\n',
            {},
            '[tool.uv.extra-build-dependencies] Demo: also { requirement = "torch", match-runtime = true }\n',
        ),
        (
            f'{PROJECT}{UV}[tool.uv.extra-build-dependencies]\nother = ["ninja"]\n',
            {},
            '[tool.uv.extra-build-dependencies] demo = [{ requirement = "torch", match-runtime = true }]\n',
        ),
        (
            f"{PROJECT}[tool.augbackend.packages.demo]\n",
            {},
            '[tool.augbackend.packages.demo]\nextra-build-dependencies = [{ requirement = "torch", match-runtime = true }]\n',
        ),
        (
            PROJECT,
            {"uv.toml": '[extra-build-variables]\ndemo = { A = "1" }\n'},
            UV_TABLE.replace("tool.uv.", ""),
        ),
    ],
)
def test_in_a_project(here: Path, text: str, files: dict[str, str | bytes], lines: str) -> None:
    write(project(here, text), files)
    file = next(iter(files), "pyproject.toml")
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    said = wrap().stdout
    assert said.startswith(f"{SAID}  to declare it, write in {file}, then run this again:\n{indented}\n"), said
    assert "uv sync" not in said
    if "also" not in lines and "] demo" not in lines:
        place = here / file
        place.write_text(f"{place.read_text()}{lines}".replace("[tool.augbackend.packages.demo]\n", "", 1))
        assert "next:\n" in wrapped().stdout
        assert own_table(here / "wrapped.d" / "demo-1.0.tar.gz")["extra-build-dependencies"]
        assert "nothing asks for" not in wrapped().stdout


@pytest.mark.parametrize(
    "setup",
    [
        "import sys, distutils.core, packaging.version, helper, own\n",
        "try:\n    import torch\nexcept ImportError:\n    pass\n",
        "def later():\n    import torch\n",
    ],
)
def test_nothing_is_said_of_a_package_without_findings(here: Path, setup: str) -> None:
    files: dict[str, str | bytes] = {"setup.py": setup + SETUP.replace("import torch\n", ""), "helper.py": ""}
    sdist(here.parent / "links", {**files, "src/own/__init__.py": "import torch\n"})
    assert report("demo==1.0")["undeclared"] == []
    assert "nothing asks for" not in wrapped("demo==1.0").stdout


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("setuptools", ["setuptools<82"]),
        ("setuptools>=40.8", ["setuptools<82"]),
        ("setuptools<99", ["setuptools<82"]),
        ("setuptools<60", []),
        ("setuptools==57.5", []),
        ("setuptools~=80.0", []),
    ],
)
def test_what_later_releases_do_not_have(here: Path, asked: str, missing: list[str]) -> None:
    system = f'[build-system]\nrequires = ["{asked}"]\nbuild-backend = "setuptools.build_meta"\n'
    sdist(here.parent / "links", {"setup.py": "import pkg_resources\n" + SETUP[19:], "pyproject.toml": system})
    assert [one["requirement"] for one in report("demo==1.0")["undeclared"]] == missing


def test_another_backend_does_not_run_it(here: Path) -> None:
    text = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "demo"\nversion = "1.0"\n'
    sdist(here.parent / "links", {"setup.py": SETUP, "pyproject.toml": text})
    assert report("demo==1.0")["undeclared"] == []


def test_check_is_of_what_is_there(here: Path) -> None:
    assert here.is_dir()
    wrapped("demo==1.0")
    assert "nothing asks for" not in wrapped("demo==1.0", "--check").stdout
    assert json.loads(wrapped("demo==1.0", "--check", "--json").stdout)["undeclared"] == []
