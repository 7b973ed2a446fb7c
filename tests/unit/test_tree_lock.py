"""One setuptools build of a tree at a time; and a process that dies lets go."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from augbackend.hook.tree_lock import lock_file, locked

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


def hold(tree: Path, seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(tree), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.processes
def test_the_second_waits_and_says_so(tmp_path: Path) -> None:
    first = hold(tmp_path, 1.5)
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    second = hold(tmp_path, 0)
    out, err = second.communicate(timeout=60)
    assert first.poll() == 0 or first.wait(1) == 0
    assert out == "held\nreleased\n"
    assert err == f"augbackend: note: waiting for another build of {tmp_path}\n"
    first.communicate()


@pytest.mark.processes
def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    first = hold(tmp_path, 600)
    assert first.stdout is not None
    first.stdout.readline()
    first.kill()
    first.communicate()
    started = time.monotonic()
    with locked(tmp_path):
        assert time.monotonic() - started < 30


@pytest.mark.processes
def test_a_build_inside_a_build_does_not_wait(tmp_path: Path) -> None:
    with locked(tmp_path):
        inner = hold(tmp_path, 0)
        assert inner.communicate(timeout=60) == ("held\nreleased\n", "")


def test_trees_do_not_wait_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


def test_the_lock_is_not_in_the_tree(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert tmp_path not in lock_file(tmp_path).parents
        assert list(tmp_path.iterdir()) == []


def test_no_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.hook.tree_lock.lock_file", lambda _tree: tmp_path / "nowhere" / "lock")
    with locked(tmp_path):
        pass


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_handle: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("augbackend.hook.tree_lock._try_to_lock", no_locks)
    with locked(tmp_path):
        pass


def test_it_says_once_that_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter([BlockingIOError, PermissionError, None])

    def busy(_handle: int) -> None:
        answer = next(answers)
        if answer:
            raise answer

    monkeypatch.setattr("augbackend.hook.tree_lock._try_to_lock", busy)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with locked(tmp_path):
        assert next(answers, "no more") == "no more"
    assert capsys.readouterr().err == f"augbackend: note: waiting for another build of {tmp_path}\n"
