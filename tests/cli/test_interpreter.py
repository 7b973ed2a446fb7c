"""The Pythons of a machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from augbackend.cli.strangers import interpreter
from augbackend.errors import AugbackendError

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.name == "nt", reason="programs are scripts here, and pyenv is none of Windows"),
]

PROGRAM = f"""#!{interpreter.this().path}
import collections, platform, runpy, sys
sys.version_info = collections.namedtuple("Version", "major minor micro releaselevel serial")({{}})
platform.python_implementation = lambda: "{{}}"
sys.executable = sys._base_executable = sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def program(path: Path, version: str, kind: str = "CPython") -> Path:
    """An interpreter that says it is of another version."""
    release, _, is_dev = version.partition("-")
    numbers = ", ".join([*release.split("."), "0"][:3])
    path.parent.mkdir(parents=True)
    path.write_text(PROGRAM.format(f"{numbers}, '{'alpha' if is_dev else 'final'}', 0", kind))
    path.chmod(0o755)
    return path


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pyenv with some versions, and no other Python on PATH."""
    names = {name: name for name in ("3.20.1", "3.20.10", "3.30.0", "2.7.18", "3.40-dev")}
    for name, version in {**names, "pypy3.50-7.3": "3.50.1", "env": "3.20.1"}.items():
        minor = ".".join(version.partition("-")[0].split(".")[:2])
        kind = "PyPy" if "pypy" in name else "CPython"
        path = program(tmp_path / "versions" / name / "bin" / f"python{minor}", version, kind)
        path.with_name("python").symlink_to(path.name)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


def test_those_of_pyenv_are_found(pyenv: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The newest of each minor version, whether pyenv has switched it on or not."""
    found = interpreter.others(interpreter.this())
    assert [one.version for one in found] == ["3.30.0", "3.20.10"]
    assert Path(found[0].path).parent == pyenv / "versions" / "3.30.0" / "bin"
    assert interpreter.find("3.20").version == "3.20.10"
    with pytest.raises(AugbackendError, match="no such Python"):
        interpreter.find("3.1")
    assert capfd.readouterr().err == ""


def test_those_of_uv_are_found(pyenv: Path) -> None:
    program(pyenv / "uv" / "cpython-3.60.1-linux-x86_64-gnu" / "bin" / "python", "3.60.1")
    assert interpreter.others(interpreter.this())[0].version == "3.60.1"
    assert interpreter.find("3.60").version == "3.60.1"


def test_one_on_path_comes_first(pyenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(pyenv / "bin" / "python3.20", "3.20.5")
    monkeypatch.setenv("PATH", str(path.parent))
    assert interpreter.find("3.20") == interpreter.find("python3.20") == interpreter.Interpreter(str(path), "3.20.5")


@pytest.mark.parametrize("says", ["exit 1", "echo 3.30.1", "exec /no/such/python"])
def test_programs_that_do_not_run(pyenv: Path, monkeypatch: pytest.MonkeyPatch, says: str) -> None:
    """As the shims of pyenv refuse for what is not switched on, and as versions are that lack a library by now."""
    for path in (pyenv / "shims" / "python3.30", pyenv / "versions" / "3.30.1" / "bin" / "python"):
        program(path, "3.30.1").write_text(f"#!/bin/sh\n{says}\n")
    monkeypatch.setenv("PATH", str(pyenv / "shims"))
    assert [one.version for one in interpreter.others(interpreter.this())] == ["3.30.0", "3.20.10"]
    assert interpreter.find("3.30").version == "3.30.0"
    for wanted in ("python3.30", str(pyenv / "shims" / "python3.30"), str(pyenv), str(pyenv / "nothing")):
        with pytest.raises(AugbackendError, match="no such Python"):
            interpreter.find(wanted)


def test_the_program_behind_a_virtual_environment() -> None:
    assert interpreter.find(sys.executable) == interpreter.this()
    assert not Path(interpreter.this().path).is_relative_to(sys.prefix) or sys.prefix == sys.base_prefix


def test_variables_for_this_interpreter_are_not_for_others(pyenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", str(pyenv))
    assert interpreter.find("3.30").version == "3.30.0"
