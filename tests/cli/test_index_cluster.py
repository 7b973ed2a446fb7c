"""Wheels built by a Dask cluster: two workers that share nothing, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from augbackend.cli.site import wanted_wheels, worker_build
from augbackend.cli.site.wheel_build import WheelBuild
from augbackend.cli.site.worker_build import WorkerTask

from .. import json_outputs
from .test_index import files, ran
from .test_index_writing import check_is_whole
from .wheel_sdists import buildable

NAMES = ("first", "second", "third", "fourth")
BUILD = WheelBuild("demo", "1.0", "demo-1.0.tar.gz", "0", "3.11")
pytestmark = [
    pytest.mark.once,
    pytest.mark.processes,
    pytest.mark.usefixtures("alone"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells what a worker runs"),
]
_LONG = 300.0  # seconds, on a machine that is busy


def started(stack: ExitStack, folder: Path, module: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a part of the cluster, in a folder of its own."""
    folder.mkdir()
    environ = {**os.environ, "TMPDIR": str(folder), "HOME": str(folder), "PYTHONPATH": str(Path(__file__).parents[2])}
    log = stack.enter_context((folder / "log").open("wb"))
    process = subprocess.Popen([sys.executable, "-m", module, *words], cwd=folder, env=environ, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def children(pid: int) -> list[int]:
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == pid and words[0] != "Z":
            found.append(int(file.parent.name))
    return found


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    pytest.importorskip("distributed")
    with ExitStack() as stack:
        file = tmp_path / "scheduler.json"
        where = ("--scheduler-file", str(file))
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        started(stack, tmp_path / "scheduler", "distributed.cli.dask_scheduler", *where, *words)
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        workers = [
            started(stack, tmp_path / f"worker{number}", "distributed.cli.dask_worker", *where, *words)
            for number in range(2)
        ]
        until = time.monotonic() + _LONG
        while not file.is_file():
            assert time.monotonic() < until
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"], workers


@pytest.fixture
def packages(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del alone  # forgets such variables, so comes first
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    for name in NAMES:
        buildable(tmp_path / "sdists", name, "time.sleep(2)")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("packages")
def test_a_worker_that_is_killed_loses_and_doubles_nothing(
    cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, (worker, _) = cluster
    words = ["index", "site", *NAMES, "--variable", "DEMO=1", "--mirror", "none", "--wheels", "--scheduler", address]
    command = [sys.executable, "-m", "augbackend.cli", *words, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ) as running:
        until = time.monotonic() + _LONG
        while not (building := children(worker.pid)):
            assert time.monotonic() < until
            assert running.poll() is None
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        said = json_outputs.read(running.communicate(timeout=_LONG)[0])
    states = {one["project"]: one["state"] or one["reason"] for one in said["wheels"]}
    assert states == dict.fromkeys(NAMES, "built"), said["wheels"]
    assert running.returncode == 0
    for name in NAMES:
        assert [*files(Path("site"), name)] == [f"{name}-1.0+aug-py3-none-any.whl", f"{name}-1.0+aug.tar.gz"]
    assert check_is_whole(Path("site")) == 2 * len(NAMES)
    for one in building:  # what the dead worker was building has ended with it
        while Path(f"/proc/{one}").exists():
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.mark.parametrize(("address", "why"), [("tcp://127.0.0.1:9", "imed out"), ("foo", "missing port number")])
def test_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, why: str) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("augbackend.cli.site.cluster._PATIENCE", 0.5)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    buildable(tmp_path / "sdists", "demo")
    monkeypatch.chdir(tmp_path)
    result = ran("site", "demo", "--variable", "DEMO=1", "--mirror", "none", "--wheels", "--scheduler", address)
    assert result.exit_code == 2
    assert "no scheduler answers" in result.output
    assert why in result.output
    assert f"--scheduler {address}" in result.output


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (WorkerTask(BUILD, 1.0, wanted_wheels.platform(), "0.0"), "0.0 asks it"),
        (WorkerTask(BUILD, 1.0, "win_amd64"), "and not for win_amd64"),
        (WorkerTask(BUILD, 1.0, wanted_wheels.platform()), "sound"),
    ],
)
def test_what_a_worker_refuses(task: WorkerTask, reason: str) -> None:
    answer = worker_build.on_worker(task, b"no archive")
    assert not answer.filename
    assert reason in answer.reason
