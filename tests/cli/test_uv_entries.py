"""A project's file through `wrap`, `--check`, `wrap` and `--remove`: what stands in uv's way moves, and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from .archives import report, sdist, wrap, wrapped
from .test_moved_entries import MATCHES, METADATA
from .test_wrap_project import PROJECT, archive, here, project

__all__ = ["here"]  # a fixture

COMPUTED = "import torch\nfrom setuptools import setup\nsetup(install_requires=[*map(str, ['six'])])\n"
MATCHED = MATCHES["table"].replace("six", "torch")
STATED = "[tool.uv.extra-build-dependencies]\ndemo = ['ninja']\n\n" + METADATA["table"]
WHOLE = {
    "sources as dotted keys": PROJECT + "[tool.uv]\nsources.demo.index = 'x'\nsources.other = { index = 'y' }\n" + MATCHED,
    "a source as a table": PROJECT + MATCHED + "[tool.uv.sources.other]\nindex = 'y'\n\n[tool.ruff]\nindent-width = 4\n",
    "sources in a value": PROJECT + "[tool.uv]\nsources = { other = { index = 'y' } }  # tail\npackage = false\n" + MATCHED,
    "tables out of order": f"{MATCHED}\n[tool.ruff]\n\n{PROJECT}\n[tool.uv]\npackage = false\n\n# Of black.\n[tool.black]\n",
    "comments in arrays": PROJECT + MATCHED.replace("['ninja', ", "[\n  # first\n  'ninja', # [tool.uv]\n\n  ").replace("}]", "},\n  # last\n]  # tail"),
    "tabs": PROJECT + MATCHED.replace("demo", "\tdemo\t") + "\t# tail\n\n\t[tool.ruff]\n",
    "only uv, last": PROJECT + "\n\n# The end.\n\n[tool.uv]\nextra-build-dependencies = { demo = [{ requirement = 'torch', match-runtime = true }] }\n\n\n",
    "nothing of uv but this": PROJECT + "[tool.uv]\nextra-build-dependencies.demo = [{ requirement = 'torch', match-runtime = true }]",
    "stated": PROJECT + STATED + "[tool.ruff]\n",
    "stated, alone in a value": PROJECT + MATCHED + "[tool.uv]\ndependency-metadata = [{ name = 'demo', version = '1' }]",
}  # fmt: skip


def computed(here: Path) -> None:
    sdist(here.parent / "links", {"setup.py": COMPUTED})


@pytest.mark.parametrize("is_static", [True, False])
def test_only_what_stands_in_the_way_moves(here: Path, is_static: bool) -> None:
    if not is_static:
        computed(here)
    text = (
        PROJECT
        + MATCHES["table"].replace("six", "torch")
        + "[[tool.uv.dependency-metadata]]\nname = 'other'\nversion = '1'\n"
    )
    before = project(here, text).joinpath("pyproject.toml").read_bytes()
    wrapped()
    new, made = (here / "pyproject.toml").read_text(), archive(here).read_bytes()
    assert ("# augbackend wrap moved this to tool.augbackend.packages.demo" in new) is not is_static
    assert "other" not in new.partition("[tool.augbackend.packages")[2]
    assert wrapped("--check").output.endswith("everything is up to date\n")
    assert "moved" not in wrapped().output
    assert ((here / "pyproject.toml").read_text(), archive(here).read_bytes()) == (new, made)
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == before


@pytest.mark.parametrize("form", ["lines", "CRLF", "no newline", "byte order mark", "CRLF, byte order mark"])
@pytest.mark.parametrize("layout", WHOLE)
def test_there_and_back(here: Path, layout: str, form: str) -> None:
    computed(here)
    text = WHOLE[layout].rstrip("\n") if "no newline" in form else WHOLE[layout]
    text = text.replace("\n", "\r\n") if "CRLF" in form else text
    before = f"{chr(0xFEFF) if 'mark' in form else ''}{text}".encode()
    file = here / "pyproject.toml"
    file.write_bytes(before)
    wrapped()
    new, made = file.read_bytes(), archive(here).read_bytes()
    assert b"# augbackend wrap moved this to tool.augbackend.packages.demo" in new
    assert wrapped("--check").output.endswith("everything is up to date\n")
    wrapped()
    assert (file.read_bytes(), archive(here).read_bytes()) == (new, made)
    wrapped("--remove")
    assert file.read_bytes() == before
    # Of what has moved the archive is the same as of what has not.
    wrapped("--no-sources")
    assert (file.read_bytes(), archive(here).read_bytes()) == (before, made)


def test_what_cannot_be_moved_is_left_as_it_is(here: Path) -> None:
    two = METADATA["table"] + METADATA["table"].replace("1.0", "2.0")
    before = project(here, PROJECT + MATCHED + two).joinpath("pyproject.toml").read_bytes()
    result = wrap()
    assert result.exit_code == 2
    assert "entries of demo for 1.0 and 2.0" in result.output
    assert "nothing was changed" in result.output
    assert (here / "pyproject.toml").read_bytes() == before
    assert not (here / "wrapped.d").exists()


def test_what_stands_in_another_file_is_said(here: Path) -> None:
    computed(here)
    text = (MATCHED + METADATA["table"]).replace("tool.uv.", "")
    before = project(here, PROJECT, **{"uv.toml": text}).joinpath("uv.toml").read_bytes()
    result = wrapped()
    for key in ("since uv takes an entry with a version", "as version, requires-dist and override = true"):
        assert key in result.output
    assert "uv sync" not in report()["commands"]
    assert (here / "uv.toml").read_bytes() == before
    assert "written by" not in (here / "pyproject.toml").read_text()


def test_uv_builds_upstreams_own_of_what_is_no_direct_dependency(here: Path) -> None:
    text = PROJECT.replace("demo==1.0", "other") + STATED
    project(here, text)
    wrapped("demo")
    assert "moved" not in (here / "pyproject.toml").read_text()


def test_what_is_stated_for_a_version_is_for_that_version(here: Path) -> None:
    project(here, PROJECT + STATED)
    assert report()["packages"][0]["metadata-from"] == "as you state them"
    file = here / "pyproject.toml"
    file.write_text(file.read_text().replace("demo==1.0", "demo==1.1"))
    found = report()["packages"]
    assert [(one["version"], one["metadata-from"] == "as you state them") for one in found] == [("1.1", False)]
