"""The manual's table of mistakes: each is made, and gets the message that stands there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from augbackend.cli.main import group

from ..conftest import write
from ..manual import PAGES
from .archives import sdist
from .runner import CliRunner

pytestmark = pytest.mark.usefixtures("alone")

ROWS = re.findall(
    r"^\| ([^|]+) \| `augbackend ([^`]+)` \| (.+) \| \[([a-z0-9-]+)\]\(messages\.md#\4\) \|$",
    PAGES["docs/reference/mistakes.md"],
    re.MULTILINE,
)
AT_LEAST = 25
TREES: dict[str, str | bytes] = {
    "my-package/setup.py": "from setuptools import setup\nsetup(name='my-package', version='1', py_modules=[])\n",
    "empty/notes.txt": "",
    "broken/pyproject.toml": "[project\n",
    "wrong/pyproject.toml": '[tool.augbackend]\nextra-build-dependencys = ["a"]\njobs = 3\n',
    "links/onlywheel-1.0-py3-none-any.whl": b"",
    "notes.txt": "notes",
}


def test_there_are_enough() -> None:
    assert len(ROWS) >= AT_LEAST


ASKING = ("diagnose", "show")  # what can confine other people's code: they start a process for that


@pytest.mark.parametrize(
    ("typed", "message", "ident"),
    [
        pytest.param(
            typed, message, ident, id=mistake, marks=[pytest.mark.processes] if typed.startswith(ASKING) else []
        )
        for mistake, typed, message, ident in ROWS
    ],
)
def test_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, message: str, ident: str) -> None:
    sdist(write(tmp_path / "here", TREES) / "links", name="demo")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "here" / "links"))
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    found = CliRunner().invoke(group, shlex.split(typed))
    assert found.exit_code in (1, 2), found.output
    assert message in found.output
    assert f" [{ident}]\n" in found.output
    assert "Traceback" not in found.output
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
