"""Without the `cli` extra: the hint is for the tool that made the environment."""

from __future__ import annotations

import shlex
import sys
from importlib import metadata
from pathlib import Path

import pytest

from augbackend.cli import install_hint

from ..conftest import write

PYTHON = shlex.quote(sys.executable)


@pytest.fixture(autouse=True)
def installed_from(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the installer wrote down of where the package is from."""
    said = {"direct_url.json": ""}

    class Found:
        def read_text(self, name: str) -> str:
            return said[name]

    monkeypatch.setattr(metadata, "distribution", lambda _name: Found())
    return said


@pytest.mark.parametrize(
    ("folder", "file", "command"),
    [
        ("share/uv/tools/augbackend", "uv-receipt.toml", 'uv tool install --force "augbackend[cli]"'),
        ("cache/archive-v0/x", "pyvenv.cfg", 'uvx --from "augbackend[cli]" augbackend'),
        ("pipx/venvs/augbackend", "pipx_metadata.json", 'pipx install --force "augbackend[cli]"'),
        ("cache/pipx/1a2b", "pipx_metadata.json", 'pipx run --spec "augbackend[cli]" augbackend'),
        ("venv", "pyvenv.cfg", f'{PYTHON} -m pip install "augbackend[cli]"'),
    ],
)
def test_each_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, file: str, command: str) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    write(tmp_path, {f"{folder}/{file}": ""})
    assert install_hint.command(str(tmp_path / folder)) == command


def test_an_environment_of_uvs_has_no_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert install_hint.command(str(tmp_path)) == f'uv pip install --python {PYTHON} "augbackend[cli]"'


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ('{"url": "file:///src", "dir_info": {}}', " @ file:///src"),
        ('{"url": "https://h/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', " @ git+https://h/r@abc"),
        ('{"url": "file:///gone.whl", "archive_info": {}}', ""),
        ("{", ""),
    ],
)
def test_from_where_it_was_installed(tmp_path: Path, installed_from: dict[str, str], said: str, place: str) -> None:
    installed_from["direct_url.json"] = said
    write(tmp_path, {"uv-receipt.toml": ""})
    assert install_hint.command(str(tmp_path)) == f'uv tool install --force "augbackend[cli]{place}"'
