"""``jobs.exclusive``: the second build waits and says so, a killed one lets go, and none waits for itself."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from augbackend.features import _one_at_a_time, jobs
from augbackend.features._one_at_a_time import turn
from augbackend.features.jobs import Jobs
from augbackend.hook import wrapped_backend
from augbackend.standards import file_locks
from augbackend.table import Build

from ..conftest import ROOT

HOLD = f"""
import os, sys, time; sys.path.insert(0, {str(ROOT)!r})
from augbackend.features._one_at_a_time import turn
with turn(os.environ):
    print("held", flush=True)
    time.sleep(float(sys.argv[1]))
"""
# A build, the variables of which somebody has taken away, inside a build.
NESTED = f"""
import os, subprocess, sys; sys.path.insert(0, {str(ROOT)!r})
from augbackend.features._one_at_a_time import turn
with turn(os.environ):
    environ = {{name: value for name, value in os.environ.items() if not name.startswith("_AUGBACKEND")}}
    print(len(os.environ) - len(environ), flush=True)
    subprocess.run([sys.executable, "-c", sys.argv[1], "0"], env=environ, check=True, timeout=60)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def held(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.processes
def test_the_second_waits_until_the_first_is_killed(cache: Path) -> None:
    first = held(run(HOLD, 600))
    second = run(HOLD, 0)
    assert second.stderr is not None
    who = f"process {first.pid}" if hasattr(os, "pread") else "another process"
    said = f"augbackend: note: waiting for an exclusive build to end ({who}, jobs.exclusive)\n"
    assert second.stderr.readline() == said
    assert second.poll() is None
    first.kill()
    first.communicate()
    assert second.communicate(timeout=60) == ("held\n", "")
    assert [file.name for file in (cache / "augbackend").iterdir()] == [f"exclusive-{platform.node()}.lock"]


@pytest.mark.processes
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no system else shows who started a process")
def test_a_build_inside_a_build_does_not_wait() -> None:
    assert run(NESTED, HOLD).communicate(timeout=60) == ("1\nheld\n", "")


@pytest.mark.processes
def test_a_build_that_this_one_starts_does_not_wait() -> None:
    with turn(os.environ), turn(os.environ):
        assert run(HOLD, 0).communicate(timeout=60) == ("held\n", "")
    assert not any(name.startswith("_AUGBACKEND") for name in os.environ)


@pytest.mark.parametrize("is_written", [True, False])
def test_it_says_once_that_it_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, is_written: bool
) -> None:
    answers = iter([False] * 20 + [True])
    monkeypatch.setattr(file_locks, "is_acquired", lambda _handle, _place: next(answers))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(_one_at_a_time, "_above", lambda: iter(()))
    if not is_written:

        def full(_handle: int, _size: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "ftruncate", full)
    with turn(os.environ):
        assert next(answers, "no more") == "no more"
    said = "augbackend: note: waiting for an exclusive build to end (another process, jobs.exclusive)\n"
    assert capsys.readouterr().err == said


def test_a_folder_that_cannot_be_written(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache.write_text("")
    with turn(os.environ):
        pass
    said = capsys.readouterr().err
    assert said.startswith("augbackend: note: jobs.exclusive has no effect: ")
    assert said.count("\n") == 1


def test_a_file_system_without_locks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def no_locks(_handle: int, _place: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(file_locks, "_lock", no_locks)
    with turn(os.environ):
        pass
    assert "jobs.exclusive has no effect: [Errno 38] Function not implemented\n" in capsys.readouterr().err


def test_who_started_this_process() -> None:
    above = [*_one_at_a_time._above()]
    assert above[0] == str(os.getppid())
    assert "0" not in above


def test_no_system_that_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_arguments: object, **_more: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", unreadable)
    assert [*_one_at_a_time._above()] == [str(os.getppid())]


@pytest.mark.parametrize(
    ("hook", "setting", "is_taken"),
    [
        ("build_wheel", Jobs(exclusive=True), True),
        ("build_editable", Jobs(exclusive=True), True),
        ("prepare_metadata_for_build_wheel", Jobs(exclusive=True), False),
        ("build_wheel", Jobs(), False),
    ],
)
def test_what_is_free_is_looked_at_when_the_turn_has_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str, setting: Jobs, *, is_taken: bool
) -> None:
    build = Build(tmp_path, {"jobs": setting}, {}, (jobs.FEATURE,))
    order: list[str] = []
    resolved = wrapped_backend.resolved

    def looked(one: Build) -> object:
        order.append("taken" if "_AUGBACKEND_EXCLUSIVE" in os.environ else "free")
        return resolved(one)

    monkeypatch.setattr(wrapped_backend, "resolved", looked)
    monkeypatch.delenv("MAX_JOBS", raising=False)
    with wrapped_backend.surrounded(build, hook):
        assert os.environ["MAX_JOBS"].isdigit()
    with wrapped_backend.surrounded(build, hook, is_called=False):  # only looked for
        pass
    assert order == ["taken" if is_taken else "free", "free"]
    assert "_AUGBACKEND_EXCLUSIVE" not in os.environ


def test_a_relative_cache_folder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with turn({"XDG_CACHE_HOME": "relative"}):
        assert [one.name for one in tmp_path.iterdir()] == ["home"]
