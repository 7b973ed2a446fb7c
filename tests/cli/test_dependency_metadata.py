"""`[[tool.uv.dependency-metadata]]`: it overrides what a package says of itself, and says nothing of its build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.main import group

from .archives import own_table, report, sdist, table_of, wrapped
from .runner import CliRunner
from .test_wrap import fields
from .test_wrap_project import NINJA, PROJECT, archive, here, project

__all__ = ["here"]  # a fixture

ENTRY = '[[tool.uv.dependency-metadata]]\nname = "Demo"\n{}\n'


def dependencies(here: Path) -> list[str]:
    names = {"Requires-Dist", "Requires-Python", "Provides-Extra"}
    return sorted(value for key, value in fields(archive(here)) if key in names)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('requires-dist = ["attrs", "rich; extra == \'x\'"]', ["attrs", "rich; extra == 'x'", "x"]),
        ("requires-dist = []", []),
        ("", []),
        ('version = "1.0"\nrequires-dist = ["attrs"]\nrequires-python = ">=3.8"', [">=3.8", "attrs"]),
    ],
)
def test_it_is_an_override(here: Path, entry: str, expected: list[str]) -> None:
    project(here, PROJECT + NINJA + ENTRY.format(entry))
    wrapped()
    assert own_table(archive(here))["metadata"] == {"pkg-info": True, "override": True}
    assert dependencies(here) == expected


def test_it_is_for_one_version(here: Path) -> None:
    project(here, PROJECT + NINJA + ENTRY.format('version = "9"\nrequires-dist = ["attrs"]'))
    wrapped()
    assert own_table(archive(here))["metadata"] == {"pkg-info": True}
    assert dependencies(here) == ["six"]


def test_what_our_own_table_states_is_a_promise_unless_it_overrides(here: Path) -> None:
    ours = '[tool.augbackend.packages.demo]\nrequires-dist = ["rich"]\n'
    for more, expected in (("", {"pkg-info": True}), ("override = true\n", {"pkg-info": True, "override": True})):
        project(here, PROJECT + NINJA + ENTRY.format('requires-dist = ["attrs"]') + ours + more)
        wrapped()
        assert own_table(archive(here))["metadata"] == expected
        assert dependencies(here) == ["rich"]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (ENTRY.format('requires-dist = ["attrs"]'), "tool.uv.dependency-metadata"),
        (ENTRY.format('version = "1.0"'), "tool.uv.dependency-metadata"),
        ('[tool.uv]\nno-build-isolation-package = ["Demo"]\n', "tool.uv.no-build-isolation-package"),
    ],
)
def test_alone_it_is_no_reason_to_wrap(here: Path, table: str, key: str) -> None:
    before = project(here, PROJECT + table).joinpath("pyproject.toml").read_bytes()
    for arguments in ([], ["--check"]):
        result = wrapped(*arguments)
        assert f"demo: not wrapped, since {key} does not say what its build needs" in result.output
        assert "augbackend diagnose --no-build demo" in result.output
    assert not (here / "wrapped.d").exists()
    assert (here / "pyproject.toml").read_bytes() == before
    wrapped("demo")  # who names it has said enough
    assert archive(here).is_file()


def test_others_are_wrapped(here: Path) -> None:
    others = ENTRY.replace("Demo", "other").format("") + ENTRY.replace("Demo", "third").format("")
    project(here, PROJECT + NINJA + others)
    found: dict[str, Any] = report()
    assert [one["name"] for one in found["packages"]] == ["demo"]
    assert [one["name"] for one in found["skipped"]] == ["other", "third"]


STATED = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.7"  # theirs
dependencies = ["six"]
{}
"""


@pytest.mark.parametrize(
    "extras",
    ["", "optional-dependencies = { x = ['wheel'], y = ['six'] }", "[project.optional-dependencies]\ny = ['wheel']"],
)
def test_a_table_that_a_resolver_reads_says_the_same(here: Path, extras: str) -> None:
    made = sdist(here.parent / "links", {"pyproject.toml": STATED.format(extras), "setup.py": b""})
    entry = 'requires-dist = ["attrs", "rich; extra == \'x\' and os_name != \'nt\'"]\nrequires-python = ">=3.8"'
    project(here, PROJECT + NINJA + ENTRY.format(entry))
    wrapped()
    stated = table_of(archive(here))["project"]
    rich = "rich; extra == 'x' and os_name != 'nt'"
    assert (stated["dependencies"], stated["optional-dependencies"]) == (["attrs"], {"x": [rich]})
    assert stated["requires-python"] == ">=3.8"
    assert dependencies(here) == [">=3.8", "attrs", rich, "x"]
    found = CliRunner().invoke(group, ["verify", "--offline", str(archive(here)), "--upstream", str(made)])
    assert found.exit_code == 0, found.output
    for line in ("project.dependencies: attrs", "project.dependencies: without six", "project.requires-python: >=3.8"):
        assert line in found.output


def test_a_table_that_says_that_something_is_computed_stays(here: Path) -> None:
    text = STATED.format('dynamic = ["optional-dependencies"]')
    sdist(here.parent / "links", {"pyproject.toml": text})
    project(here, PROJECT + NINJA + ENTRY.format('requires-dist = ["attrs"]'))
    wrapped()
    assert table_of(archive(here))["project"]["dependencies"] == ["six"]
    assert dependencies(here) == ["attrs"]
