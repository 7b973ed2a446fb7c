"""``versions`` of ``[tool.augbackend.packages]``, and several tables for one package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..conftest import write
from .archives import own_table, report, sdist, wrap, wrapped
from .test_wrap import TREE
from .test_wrap_project import PROJECT, archive, here, locked, project, uv_lock

__all__ = ["here"]  # a fixture

TWO = """
[[tool.augbackend.packages.demo]]
versions = ">=2"
extra-build-dependencies = ["cmake"]

[[tool.augbackend.packages.Demo]]
versions = "<2"
extra-build-dependencies = ["ninja"]
local-version = "old"
"""


def tables(text: str = TWO, version: str = "1.0") -> str:
    return PROJECT.replace("demo==1.0", f"demo=={version}") + text.replace("Demo", "demo")


@pytest.mark.parametrize(("version", "expected", "label"), [("1.0", "ninja", "+old"), ("2.0", "cmake", "")])
def test_the_entry_that_fits(here: Path, version: str, expected: str, label: str) -> None:
    project(here, tables(version=version))
    found = report()["packages"][0]
    why = f"tool.augbackend.packages.demo[{int(version == '1.0')}]"
    assert (found["version"], found["build-requirements"]) == (
        f"{version}{label}",
        [{"requirement": expected, "why": why}],
    )
    assert wrapped("--check").exit_code == 0


def test_the_first_that_fits_counts(here: Path) -> None:
    project(here, tables(TWO.replace('">=2"', '">=1"')))
    wrapped()
    assert own_table(archive(here))["extra-build-dependencies"] == ["cmake"]


def test_what_uvs_table_says_is_added(here: Path) -> None:
    project(here, tables("[tool.uv.extra-build-dependencies]\ndemo = ['numpy']\n" + TWO))
    wrapped()
    assert own_table(archive(here, "1.0+old"))["extra-build-dependencies"] == ["numpy", "ninja"]


def test_a_pre_release_is_contained(here: Path) -> None:
    sdist(here.parent / "links", version="2.1rc1")
    project(here, tables(version="2.1rc1"))
    wrapped()
    assert own_table(archive(here, "2.1rc1"))["extra-build-dependencies"] == ["cmake"]


def test_match_runtime_of_an_entry(here: Path) -> None:
    torch = "[{ requirement = 'torch', match-runtime = true }]"
    project(here, tables(TWO.replace('["ninja"]', torch)))
    wrapped()
    assert own_table(archive(here, "1.0+old"))["extra-build-dependencies"][0]["locked"] == ["torch==2.8.0"]


def test_no_entry_for_the_version(here: Path) -> None:
    before = project(here, tables(TWO.replace('"<2"', '"<1.0"'))).joinpath("pyproject.toml").read_text()
    found = wrap()
    assert found.exit_code == 1
    assert "nothing is declared for demo 1.0: the versions there are >=2; <1.0" in found.output
    assert "tool.augbackend.packages.demo" in found.output
    assert not archive(here).exists()
    assert (here / "pyproject.toml").read_text() == before


def test_one_table_for_some_versions(here: Path) -> None:
    project(here, tables('[tool.augbackend.packages.demo]\nversions = ">=2"\nextra-build-dependencies = ["cmake"]\n'))
    assert "nothing is declared for demo 1.0" in wrap().output
    project(here, tables('[tool.augbackend.packages.demo]\nversions = "<2"\nextra-build-dependencies = ["cmake"]\n'))
    assert report()["packages"][0]["build-requirements"][0]["requirement"] == "cmake"


def test_each_version_of_a_lock_has_its_entry(here: Path) -> None:
    forks = {"1.0": "sys_platform == 'linux'", "2.0": "sys_platform != 'linux'"}
    packages: list[dict[str, Any]] = [locked(version) for version in forks]
    lock = uv_lock(*({**one, "resolution-markers": [forks[one["version"]]]} for one in packages))
    project(here, tables(version="1.0").replace("demo==1.0", "demo"), lock)
    found = {one["version"]: one["build-requirements"][0]["requirement"] for one in report()["packages"]}
    assert found == {"1.0+old": "ninja", "2.0": "cmake"}


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_source_tree_is_built_with_the_entry_of_its_locked_version(here: Path) -> None:
    write(here / "demo", {**TREE, "VERSION": ""})
    entries = TWO.replace('["cmake"]', '[]\nextra-build-variables = { DEMO_VERSION = "2.0" }')
    source = "[tool.uv.sources]\ndemo = { path = 'demo' }\n"
    project(here, tables(source + entries.replace('["ninja"]', '[]\nextra-build-variables = { DEMO_VERSION = "1.0" }')))
    (here / "uv.lock").write_text(uv_lock(locked("1.0", source={"directory": "demo"})))
    assert [one["version"] for one in report()["packages"]] == ["1.0+old"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[tool.augbackend.packages.demo]]\n[[tool.augbackend.packages.demo]]\nversions = "new"\n', "demo[1].versions: found 'new': this is no version specifier (PEP 440)"),
        ('[[tool.augbackend.packages.demo]]\nvariables = "1"\n', "tool.augbackend.packages.demo[0].variables"),
        ("[tool.augbackend.packages]\ndemo = 1\n", "demo: found 1 (an integer), expected a table or an array, each entry a table"),
    ],
)  # fmt: skip
def test_mistakes(here: Path, text: str, expected: str) -> None:
    project(here, PROJECT + text)
    found = wrap()
    assert (found.exit_code, expected in found.output) == (2, True), found.output
