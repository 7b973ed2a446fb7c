"""What strangers print, name or declare cannot drive the terminal that it is shown on."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from augbackend import errors
from augbackend.cli import progress, terminal
from augbackend.cli.diagnosis.evidence import declaring
from augbackend.cli.diagnosis.narration import Narrator
from augbackend.cli.main import group
from augbackend.cli.terminal import as_json

from ..conftest import write
from .archives import sdist
from .runner import CliRunner, Result

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
EVIL = "a\x1b[8mhidden\x1b[0m\x1b]8;;http://x\x07link\x1b]8;;\x07\x7f\x9b2J\u202egnp.exe\u2066\u2028"
TOML = json.dumps(EVIL)[1:-1].replace("\x7f", "\\u007f")  # JSON's escapes are TOML's
PYPROJECT = f"""
[build-system]
requires = ["setuptools", "{TOML}"]
build-backend = "{TOML}"
[project]
name = "{TOML}"
version = "1.0"
description = "{TOML}"
[tool."{TOML}"]
"{TOML}" = "{TOML}"
"""
TABLE = f"""
[build-system]
requires = ["augbackend"]
build-backend = "augbackend"
[tool.augbackend]
"{TOML}" = 5
extra-build-dependencies = ["{TOML}"]
extra-build-variables = {{ "{TOML}" = "{TOML}" }}
"""
SETUP = f"import os, evil\nos.environ['ABC_DEF']\n# {EVIL}\nraise RuntimeError({EVIL!r})\n"
METADATA = f"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: {EVIL[:-1]}\nRequires-Dist: {EVIL[:-1]}\nRequires-Python: {EVIL[:-1]}\n"
TREES: dict[str, dict[str, str | bytes]] = {
    "project": {"pyproject.toml": PYPROJECT, "setup.py": SETUP},
    "legacy": {"setup.py": SETUP, "PKG-INFO": METADATA, "setup.cfg": f"[metadata]\nname = {EVIL[:-1]}\n"},
    "table": {"pyproject.toml": TABLE, "setup.py": SETUP},
    "broken": {"pyproject.toml": f"x = {EVIL}"},
    "lock": {"pyproject.toml": PYPROJECT, "uv.lock": f"version = 1\n[[package]]\nname = '{EVIL[:1]}'\nx = {EVIL}"},
    "requirements": {"requirements.txt": f"{EVIL}\n-r {EVIL}\n", "pyproject.toml": PYPROJECT},
}
COMMANDS = (
    "diagnose --no-build TREE",
    "diagnose --no-build --json TREE",
    "diagnose --no-build SDIST",
    "diagnose --no-build --json SDIST",
    "show TREE",
    "show --json TREE",
    "adopt TREE --require wheel",
    "adopt TREE --require wheel --check",
    "adopt TREE --remove",
    "wrap SDIST --require wheel",
    "wrap SDIST --require wheel --json",
    "wrap --check",
    "wrap",
    f"wrap {EVIL}",
    f"diagnose {EVIL}",
    f"verify {EVIL}",
    f"{EVIL} TREE",
    "verify SDIST",
    "verify SDIST --json",
)


def run(*words: str) -> Result:
    return CliRunner().invoke(group, list(words))


@pytest.mark.processes
@pytest.mark.usefixtures("no_index", "quick")
@pytest.mark.parametrize("kind", TREES)
def test_no_command_passes_on_what_a_tree_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(write(tmp_path / "tree", TREES[kind]))
    for command in COMMANDS:
        tree = write(tmp_path / "tree", TREES[kind])
        archive = sdist(tmp_path, TREES[kind])
        ran = run(*(word.replace("TREE", str(tree)).replace("SDIST", str(archive)) for word in command.split(" ")))
        assert ran.exception is None or isinstance(ran.exception, SystemExit), command
        assert CONTROL.search(ran.output) is None, command
        if "--json" in command and ran.stdout:
            json.loads(ran.stdout)


@given(st.text())
def test_any_text(text: str) -> None:
    shown = terminal.visible(text)
    assert CONTROL.search(shown.replace("\r\n", "")) is None
    assert not {one for one in map(unicodedata.category, shown) if one in ("Zl", "Zp")}
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\n", "a\tb\n"),
        ("a\r\n", "a\r\n"),
        ("a\rb", "a\\x0db"),
        ("\x1b[8m", "\\x1b[8m"),
        ("\u202e", "\\u202e"),
        ("\U000e0041", "\\U000e0041"),
        ("h\u00e9 \u65e5\u672c", "h\u00e9 \u65e5\u672c"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    assert terminal.visible(text) == shown


def test_json_is_ascii_without_control_characters_and_says_the_same() -> None:
    text = as_json({EVIL: [EVIL]})
    assert text.isascii()
    assert CONTROL.search(text) is None
    assert json.loads(text) == {"format": 1, EVIL: [EVIL]}


def test_the_streams_are_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", output)
    with terminal.visible_output():
        sys.stdout.write(f"{EVIL} \u65e5")
        sys.stdout.writelines([EVIL])
        click.echo(EVIL, color=True)
        with terminal.visible_output():
            sys.stdout.write("\x1b")
    assert sys.stdout is output
    output.seek(0)
    assert CONTROL.search(output.read()) is None


def test_a_note_of_the_backend_half(capsys: pytest.CaptureFixture[str]) -> None:
    with terminal.visible_output():
        errors.say("warning", EVIL)
    assert CONTROL.search(capsys.readouterr().err) is None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own colours are there; of strangers' words, brackets are no markup, and escapes are none."""
    monkeypatch.setenv("TERM", "xterm")
    drawn = Terminal()
    monkeypatch.setattr(sys, "stderr", drawn)
    words = f"{EVIL} [/x] [bold]loud[/bold]"
    with terminal.visible_output():
        with progress.shown(words):
            pass
        with progress.downloading(words) as report:
            report(1, 2)
        narrator = Narrator()
        narrator.say(words)
        with narrator.attempt(declaring(variables={"A": words}), words) as tell:
            tell(words)
    said = drawn.getvalue()
    assert "\x1b[" in said
    assert "[bold]loud" in said
    assert "\\x1b[8mhidden" in said
    ours = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", said)
    assert CONTROL.search(ours) is None
    assert "\x1b[8m" not in said


def test_a_sentence_ends_between_words_and_a_command_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow(Terminal):
        def fileno(self) -> int:
            return 2

    command = "  hint: augbackend wrap demo==1.0 --require wheel"
    told = f"augbackend: error: it is not there, and https://example.org/{'x' * 40} is not either\n{command}\n"
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size((30, 24)))
    drawn = Narrow()
    monkeypatch.setattr(sys, "stderr", drawn)
    with terminal.visible_output():
        click.echo(told, err=True, nl=False)
    lines = drawn.getvalue().splitlines()
    assert lines[0] == "augbackend: error: it is not"
    assert f"  https://example.org/{'x' * 40}" in lines
    assert lines[-1] == command


def test_a_terminal_without_a_size_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    class Sizeless(Terminal):
        def fileno(self) -> int:
            return 2

    monkeypatch.setattr(os, "get_terminal_size", lambda _descriptor: os.terminal_size((0, 0)))
    monkeypatch.setenv("NO_COLOR", "1")
    drawn = Sizeless()
    monkeypatch.setattr(sys, "stderr", drawn)
    with terminal.visible_output():
        click.echo("augbackend: error: it is not there", err=True)
    assert drawn.getvalue() == "augbackend: error: it is not there\n"


def test_every_console_is_made_in_one_place() -> None:
    """Elsewhere it would draw past what makes strangers' words visible, or through it."""
    folder = Path(terminal.__file__).parent
    making = [
        file.name for file in folder.rglob("*.py") if re.search(r"Console\(|\bRich\w+\(", file.read_text("utf-8"))
    ]
    assert making == ["terminal.py"]
    assert isinstance(terminal.console(), Console)
