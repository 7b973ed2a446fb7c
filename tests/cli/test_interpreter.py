"""The Pythons of a machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from augbackend.cli.strangers import interpreter
from augbackend.errors import AugbackendError


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pyenv with some versions, and no other Python on PATH."""
    for name in ("3.2.1", "3.2.10", "3.3.0", "2.7.18", "pypy3.9-7.3", "3.4-dev", "env"):
        program = tmp_path / "versions" / name / "bin" / "python"
        program.parent.mkdir(parents=True)
        program.symlink_to(sys.executable)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(interpreter, "uv", lambda: None)
    return tmp_path


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="pyenv is none of Windows")
def test_those_of_pyenv_are_found(pyenv: Path) -> None:
    """The newest of each minor version, whether pyenv has switched it on or not."""
    found = interpreter.others(interpreter.this())
    assert [one.version for one in found] == ["3.3.0", "3.2.10"]
    assert found[0].path == str(pyenv / "versions" / "3.3.0" / "bin" / "python")
    assert interpreter.find("3.2").version == "3.2.10"
    with pytest.raises(AugbackendError, match="no such Python"):
        interpreter.find("3.1")
