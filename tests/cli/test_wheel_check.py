"""What `diagnose` says of a wheel when the time runs out before it was tried."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.diagnosis import wheel_check
from augbackend.cli.diagnosis.attempt import Circumstances
from augbackend.cli.model.package_sources import Sources
from augbackend.cli.strangers import environment, interpreter
from augbackend.cli.strangers.environment import Environment, Installer
from augbackend.cli.strangers.process import Ran
from augbackend.knowledge import rows

NOT_TRIED = "not tried, since the time ran out"


def checked(folder: Path, seconds: float) -> wheel_check.Check:
    wheel = folder / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo/__init__.py", "")
        archive.writestr("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
    installer = Installer(interpreter.this(), "", Sources(), {}, {}, folder, is_uv=True)
    having = Circumstances(folder, "setuptools.build_meta", installer, time.monotonic() + seconds, folder)
    return wheel_check.check(wheel, having, {}, rows.load())


def test_a_module_that_no_project_is_called_after() -> None:
    assert wheel_check._provider("_nobody", ["otherlib"], rows.load()) == ""
    assert wheel_check._provider("_cffi_backend", ["otherlib", "cffi>=1"], rows.load()) == "cffi>=1"


@pytest.mark.processes
def test_before_it_began(tmp_path: Path) -> None:
    assert checked(tmp_path, 0).problem == NOT_TRIED


@pytest.mark.processes
def test_while_the_environment_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def created(*_: Any) -> Environment:
        raise TimeoutError

    monkeypatch.setattr(environment, "created", created)
    found = checked(tmp_path, 60)
    assert (found.installs, found.problem) == ("", NOT_TRIED)


@pytest.mark.processes
@pytest.mark.parametrize(("status", "installs", "problem"), [(None, "", NOT_TRIED), (1, "it is refused", "")])
def test_while_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, installs: str, problem: str
) -> None:
    monkeypatch.setattr(environment, "created", lambda using, folder, _: Environment(folder, using))
    monkeypatch.setattr(Environment, "install_wheel", lambda *_, **__: Ran(status, "error: it is refused\n", 1.0))
    found = checked(tmp_path, 60)
    assert (found.installs, found.problem) == (installs, problem)
