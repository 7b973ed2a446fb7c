"""`augbackend index` and recipes: all that were built, what is named, what a recipe says of passing on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ..conftest import write
from .archives import own_table, sdist
from .test_index import files, made, ran

BUILT = """
[[entries.checked]]
version = "{version}"
date = 2026-01-02
how = "built-and-imported"
python = "3.11.7"
without = "No module named 'wheel'"
sdist = "sha256:{digest}"
build-environment = ["setuptools==80.0"]
"""
READ = '[[entries.checked]]\nversion = "{version}"\ndate = 2026-01-02\nhow = "read-only"\n'
ENTRY = """
[[entries]]
versions = "{versions}"
extra-build-dependencies = [{requires}]
why = [{{ message = "No module named 'wheel'" }}]
{more}
"""


def recipe(name: str, *, requires: str = '"wheel"', versions: str = "<3", more: str = "", checked: str = "") -> str:
    entry = ENTRY.format(versions=versions, requires=requires, more=more)
    return f'project = "{name}"\n{entry}{checked}'


@pytest.fixture
def mine(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sdists of three projects, each in versions 1.0 and 2.0; recipes for them."""
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    for name in ("demo", "other", "kernel"):
        for version in ("1.0", "2.0"):
            sdist(tmp_path / "sdists", {"LICENSE": "MIT"}, name=name, version=version)
    built = BUILT.format(version="1.0", digest="0" * 64)
    torch = '{ requirement = "torch", match-runtime = true }'
    write(
        tmp_path / "mine",
        {
            "demo.toml": recipe("demo", checked=built),
            "other.toml": recipe("other", checked=built, more="redistributable = false"),
            "kernel.toml": recipe("kernel", requires=torch, checked=READ.format(version="2.0")),
        },
    )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "mine"


def indexed(mine: Path, *arguments: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(made("site", "--mirror", "none", "--recipes-from", mine, *arguments, "--json"))
    return said


def names(said: dict[str, Any]) -> list[str]:
    return [one["filename"] for one in said["entries"]]


def test_all_versions_that_were_built(mine: Path) -> None:
    said = indexed(mine, "--recipes")
    assert names(said) == ["demo-1.0+aug.tar.gz", "other-1.0+aug.tar.gz"]
    assert said["entries"][0]["recipe"].startswith("recipe demo <3, the folder mine: wheel; 1.0 was built and imported")
    assert own_table(next(Path("site").rglob("demo-1.0+aug.tar.gz")))["extra-build-dependencies"] == ["wheel"]
    assert "1 of the recipes' projects were only read, never built, and are left out (kernel)" in said["notes"][0]
    assert "nothing has changed" in made("site", "--mirror", "none", "--recipes", "--recipes-from", mine)


def test_what_was_only_read_is_there_for_what_it_is_built_against(mine: Path) -> None:
    said = indexed(mine, "--recipes", "--for", "torch==2.8.0,2.9.0")
    assert names(said) == [
        "demo-1.0+aug.tar.gz",
        "kernel-2.0+torch2.8.tar.gz",
        "kernel-2.0+torch2.9.tar.gz",
        "other-1.0+aug.tar.gz",
    ]
    assert not said["notes"]


@pytest.mark.parametrize(
    ("named", "filename"),
    [
        ("demo", "demo-2.0+aug.tar.gz"),
        ("demo<2", "demo-1.0+aug.tar.gz"),
        ("demo==1.0", "demo-1.0+aug.tar.gz"),
        ("../sdists/demo-1.0.tar.gz", "demo-1.0+aug.tar.gz"),
    ],
)
def test_what_is_named_takes_its_recipe(mine: Path, named: str, filename: str) -> None:
    assert names(indexed(mine, named)) == [filename]
    assert own_table(next(Path("site").rglob(filename)))["extra-build-dependencies"] == ["wheel"]


def test_options_come_before_a_recipe(mine: Path) -> None:
    indexed(mine, "kernel", "--require", "cython", "--for", "torch==2.8.0")
    table = own_table(next(Path("site").rglob("kernel-2.0+torch2.8.tar.gz")))
    assert table["extra-build-dependencies"] == ["cython", "torch==2.8.0"]


def test_a_file_names_what_has_a_recipe_and_what_has_none(mine: Path) -> None:
    Path("requirements.txt").write_text("demo==1.0\nelse==1.0\n")
    said = indexed(mine, "-r", "requirements.txt")
    assert (names(said), said["passed-over"]) == (["demo-1.0+aug.tar.gz"], ["else"])


def test_a_recipe_says_what_may_not_be_passed_on(mine: Path) -> None:
    said = indexed(mine, "other==1.0", "demo==1.0", "--only-redistributable", "--require", "wheel")
    why = "its recipe says that it may not be passed on (other <3)"
    assert said["left-out"] == [{"what": "other 1.0+aug", "why": why}]
    assert names(said) == ["demo-1.0+aug.tar.gz"]


def test_no_recipes(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.cli.fetch.recipe_places.own_folder", lambda: mine)
    assert "no recipe" in ran("site", "demo", "--no-recipes").stdout
    made("site", "demo", "--mirror", "none")
    assert [*files(Path("site"))] == ["demo-2.0+aug.tar.gz"]
