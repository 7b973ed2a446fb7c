"""What a script reads: one numbered format for all commands, errors included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.main import group

from ..conftest import write
from .archives import sdist, wrapped
from .runner import CliRunner

pytestmark = [pytest.mark.usefixtures("alone", "no_index"), pytest.mark.processes]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    upstream = sdist(tmp_path / "in")
    wrapped(upstream, "--output", "out")
    mistakes = '[tool.augbackend]\njobs = 3\nwrong = 1\n[build-system]\nrequires = []\nbuild-backend = "augbackend"\n'
    write(tmp_path, {"tree/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "augbackend"\n'})
    write(tmp_path, {"wrong/pyproject.toml": mistakes})
    return tmp_path


def said(*arguments: str) -> tuple[int, dict[str, Any], str]:
    """The exit status, the JSON on stdout, and what a reader sees on stderr."""
    found = CliRunner().invoke(group, arguments)
    return found.exit_code, json.loads(found.stdout), found.stderr


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("wrap ./in/demo-1.0.tar.gz --json", 0),
        ("wrap ./in/demo-1.0.tar.gz --json --check", 1),
        ("show tree --json", 0),
        ("verify out/demo-1.0.tar.gz --upstream in/demo-1.0.tar.gz --json", 0),
        ("wrap lost==1.0 --json", 2),
        ("wrap --json", 2),
        ("wrap --remove --json", 2),
        ("wrap ./lost.tar.gz --json", 2),
        ("wrap tree --json", 2),
        ("wrap demo --lost --json", 2),
        ("wrap demo --require x/y --json", 2),
        ("show wrong --json", 2),
        ("show lost --json", 2),
        ("verify --json", 2),
        ("verify in/demo-1.0.tar.gz --json", 2),
        ("diagnose lost==1.0 --no-build --json", 2),
        ("diagnose --json", 2),
        ("diagnose lost --apply --no-build --json", 2),
    ],
)
def test_each_command(here: Path, command: str, status: int) -> None:
    code, document, stderr = said(*command.split())
    assert (code, document["format"]) == (status, 1)
    error = document.get("error")
    assert bool(error) == (status == 2)
    if error:
        assert error["what"]
        assert error["what"] in stderr  # a reader of the log sees it, too
        assert set(error) == {"id", "what", "where", "hint", "mistakes"}
    assert here.is_dir()


def test_all_mistakes(here: Path) -> None:
    assert len(said("show", "wrong", "--json")[1]["error"]["mistakes"]) == 2
    assert here.is_dir()


def test_without_json_stdout_has_none(here: Path) -> None:
    found = CliRunner().invoke(group, ["wrap", "lost==1.0"])
    assert (found.exit_code, found.stdout) == (2, "")
    assert here.is_dir()
