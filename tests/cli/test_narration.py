"""What is told while a diagnosis goes on, in a pipe; and where the output of builds goes."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import build_output
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.build_output import BuildOutput
from augbackend.cli.diagnosis.evidence import declaring
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import overhearing
from augbackend.cli.strangers.process import clean_environ, run

FAILED = Attempt(Declaration(), None, Failure("get_requires", "ModuleNotFoundError: No module named 'torch'"), 3.14)
BUILT = Attempt(declaring("torch", variables={"A": "\x1b[8m"}), Path("x.whl"), None, 20.0)


def tell(narrator: Narrator) -> None:
    """Two attempts; the first one prints a line that it does not end."""
    for made, printed in ((FAILED, "half a line"), (BUILT, "\x1b[31mred\nline\n")):
        with narrator.attempt(made.declaration, "because") as say:
            say("building the wheel")
            overhearing.ear()(printed.encode())
        narrator.ended(made)
    narrator.end()


@pytest.mark.parametrize("colours", ["", "1"])
def test_one_line_an_attempt(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, colours: str) -> None:
    """And no spinner, whatever FORCE_COLOR says."""
    monkeypatch.setenv("FORCE_COLOR", colours)
    tell(Narrator())
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "1. as it is: 3.1 s, get_requires: ModuleNotFoundError: No module named 'torch'",
        "2. torch, A=\\x1b[8m: 20.0 s, a wheel",
    ]


def test_a_long_line_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    Narrator().ended(Attempt(Declaration(), None, Failure("wheel", f"Error: {'x' * 1000}"), 1.0))
    (line,) = capsys.readouterr().err.splitlines()
    assert (len(line), line[-1]) == (300, "…")


def test_what_builds_print_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Narrator(BuildOutput(is_shown=True)))
    assert capsys.readouterr().err.splitlines() == [
        "1. as it is",
        "   preparing",
        "   building the wheel",
        "half a line",
        "1. as it is: 3.1 s, get_requires: ModuleNotFoundError: No module named 'torch'",
        "2. torch, A=\\x1b[8m",
        "   preparing",
        "   building the wheel",
        "\\x1b[31mred",
        "line",
        "2. torch, A=\\x1b[8m: 20.0 s, a wheel",
    ]


def test_what_builds_print_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a file, each attempt with a heading; all of it is there at once."""
    log = tmp_path / "log"
    with build_output.kept(log) as output:
        tell(Narrator(output))
        assert log.read_text("utf-8").splitlines() == [
            "==== 1. as it is",
            "====    preparing",
            "====    building the wheel",
            "half a line",
            "==== 1. ended after 3.1 s: get_requires: ModuleNotFoundError: No module named 'torch'",
            "==== 2. torch, A=\\x1b[8m",
            "====    preparing",
            "====    building the wheel",
            "\\x1b[31mred",
            "line",
            "==== 2. ended after 20.0 s: a wheel",
        ]
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is full")
def test_a_log_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """No build waits for it, and it is said."""
    with build_output.kept(Path("/dev/full")) as output:
        tell(Narrator(output))
    said = capsys.readouterr().err
    assert "1. as it is: 3.1 s" in said
    assert "/dev/full does not hold everything: [Errno 28]" in said


def test_stderr_that_nobody_reads_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    BuildOutput(is_shown=True).hear("x\n")


@pytest.mark.processes
def test_output_is_heard_as_it_comes(tmp_path: Path) -> None:
    """Before the process has ended; a character may come in two pieces, and every end of a line is one."""
    go_on = tmp_path / "go on"
    heard: list[str] = []
    is_there = threading.Event()

    def listen(text: str) -> None:
        heard.append(text)
        if "\u00e4" in "".join(heard):
            is_there.set()

    def let_go() -> None:
        if is_there.wait(20):
            go_on.touch()

    code = (
        "import os, time\n"
        "os.write(1, b'a\\r'); time.sleep(0.1); os.write(1, b'\\nb\\rc \\xc3'); time.sleep(0.1); os.write(1, b'\\xa4')\n"
        f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
        "os.write(2, b' \\xff')\n"
    )
    waiting = threading.Thread(target=let_go)
    waiting.start()
    with overhearing.by(listen):
        ran = run([sys.executable, "-S", "-c", code], tmp_path, clean_environ(os.environ, tmp_path), 30)
    waiting.join()
    assert ran.status == 0
    assert "".join(heard) == "a\nb\nc \u00e4 \ufffd"
