"""Ctrl-C and its like: one exception, one status; what removes strangers' traces is not interrupted, but ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from augbackend.cli.main import group
from augbackend.cli.strangers import interruption
from augbackend.cli.strangers.interruption import Interrupted

from ..conftest import ROOT
from .runner import CliRunner

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself these signals there")
SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"]


def send(name: str = "SIGINT") -> None:
    os.kill(os.getpid(), getattr(signal, name))


@pytest.fixture(autouse=True)
def ordinary() -> None:
    """In the background of a shell, Ctrl-C is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("it is ignored here")


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_is_an_exception_with_one_status(name: str) -> None:
    before = signal.getsignal(getattr(signal, name))
    with pytest.raises(Interrupted) as raised, interruption.as_exception():
        send(name)
    assert raised.value.code == interruption.STATUS
    assert signal.getsignal(getattr(signal, name)) is before


def test_that_it_has_come_is_known_until_the_end() -> None:
    with interruption.as_exception():
        assert not interruption.has_come()
        with pytest.raises(Interrupted):
            send()
        assert interruption.has_come()
    assert not interruption.has_come()


def test_what_is_ignored_stays_so() -> None:
    """As by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruption.as_exception():
            send("SIGHUP")
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_gets_none() -> None:
    seen = []

    def run() -> None:
        with interruption.as_exception(), interruption.delayed():
            seen.append(interruption.has_come())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [False]


def test_one_wish_may_be_sent_twice() -> None:
    """timeout(1) sends it to the process and to its group."""
    with interruption.as_exception():
        with pytest.raises(Interrupted):
            send("SIGTERM")
        send("SIGTERM")


def test_a_removal_comes_to_its_end() -> None:
    done = []
    with interruption.as_exception():
        with pytest.raises(Interrupted), interruption.delayed():
            with interruption.delayed():
                send()
            done.append("the inner one")
        assert done == ["the inner one"]
        with interruption.delayed():  # it has come, and is not told twice
            done.append("what follows")
    assert done == ["the inner one", "what follows"]


TWICE = """
import os, signal, time
from augbackend.cli.strangers import interruption
with interruption.as_exception():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except SystemExit:
        with interruption.delayed():
            time.sleep(0.3)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
"""


@pytest.mark.processes
def test_the_second_one_ends_it_at_once() -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", TWICE], env=environ, capture_output=True, timeout=30, check=False)
    assert done.returncode == interruption.STATUS
    assert done.stderr == b"augbackend: ended at once; temporary folders may be left\n"


def test_a_command_that_has_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augbackend.cli.commands.show.show.callback", lambda **_: send("SIGTERM"))
    found = CliRunner().invoke(group, ["show", "."])
    assert (found.exit_code, found.stdout, found.stderr) == (130, "", "interrupted\n")
