"""One setuptools build of a tree at a time; and a process that dies lets go, as does nobody else's file."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from augbackend.hook.tree_lock import locked

from ..conftest import ROOT

HOLD = f"""
import sys, time; sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from augbackend.hook.tree_lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
print("released", flush=True)
"""
# Every kind of lock, on the whole of a file: what somebody does who wants others to wait.
SQUAT = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(handle, fcntl.LOCK_EX)
fcntl.lockf(handle, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def lock_file(temporary: Path) -> Path:
    return temporary / f"augbackend-{os.getuid() if hasattr(os, 'getuid') else ''}.lock"


def run(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def held(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.processes
def test_the_second_waits_and_says_so(tmp_path: Path) -> None:
    first = held(run(HOLD, tmp_path, 600))
    second = run(HOLD, tmp_path, 0)
    assert second.stderr is not None
    assert second.stderr.readline() == f"augbackend: note: waiting for another build of {tmp_path}\n"
    assert second.poll() is None
    first.kill()
    first.communicate()
    assert second.communicate(timeout=60) == ("held\nreleased\n", "")


@pytest.mark.processes
def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    first = held(run(HOLD, tmp_path, 600))
    first.kill()
    first.communicate()
    started = time.monotonic()
    with locked(tmp_path):
        assert time.monotonic() - started < 30


@pytest.mark.processes
def test_a_build_inside_a_build_does_not_wait(tmp_path: Path) -> None:
    with locked(tmp_path):
        inner = run(HOLD, tmp_path, 0)
        assert inner.communicate(timeout=60) == ("held\nreleased\n", "")


@pytest.mark.processes
def test_trees_do_not_wait_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = held(run(HOLD, tmp_path / "a", 600))
    second = run(HOLD, tmp_path / "b", 0)
    assert second.communicate(timeout=60) == ("held\nreleased\n", "")
    first.kill()
    first.communicate()


def test_one_file_for_all_trees_and_none_in_them(tmp_path: Path, temporary: Path) -> None:
    for name in "abcdefgh":
        (tmp_path / name).mkdir()
        with locked(tmp_path / name):
            assert list((tmp_path / name).iterdir()) == []
    assert list(temporary.iterdir()) == [lock_file(temporary)]
    assert not any(name.startswith("_AUGBACKEND") for name in os.environ)


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="there, everybody has a temporary folder")
@pytest.mark.parametrize("kind", ["open to others", "link", "FIFO", "folder"])
def test_what_others_put_there_holds_nobody_up(tmp_path: Path, temporary: Path, kind: str) -> None:
    file, target = lock_file(temporary), tmp_path / "target"
    target.touch(0o600)
    if kind == "open to others":
        file.touch()
        file.chmod(0o604)
    elif kind == "link":
        file.symlink_to(target)
    elif kind == "FIFO":
        os.mkfifo(file, 0o600)
    else:
        file.mkdir()
    squatter = held(run(SQUAT, file)) if kind != "folder" else None
    build = run(HOLD, tmp_path, 0)
    assert build.communicate(timeout=60) == ("held\nreleased\n", "")
    if squatter:
        squatter.kill()
        squatter.communicate()
    assert target.read_bytes() == b""


@pytest.mark.processes
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be somebody else")
def test_a_file_of_somebody_else(tmp_path: Path, temporary: Path) -> None:
    file = lock_file(temporary)
    file.touch(0o600)
    os.chown(file, 12345, 12345)
    squatter = held(run(SQUAT, file))
    assert run(HOLD, tmp_path, 0).communicate(timeout=60) == ("held\nreleased\n", "")
    squatter.kill()
    squatter.communicate()


def test_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with locked(tmp_path):
        pass


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_handle: int, _place: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("augbackend.standards.file_locks._lock", no_locks)
    with locked(tmp_path):
        pass


def test_it_says_once_that_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([*[BlockingIOError, PermissionError] * 10, None])

    def busy(_handle: int, _place: int) -> None:
        answer = next(answers)
        if answer:
            raise answer

    monkeypatch.setattr("augbackend.standards.file_locks._lock", busy)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with locked(tmp_path):
        assert next(answers, "no more") == "no more"
    assert capsys.readouterr().err == f"augbackend: note: waiting for another build of {tmp_path}\n"
