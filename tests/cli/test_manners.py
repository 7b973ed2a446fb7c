"""What all commands have in common: how they are called, how they fail, how loud they are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from augbackend import __version__, cli
from augbackend.cli import loudness, terminal
from augbackend.cli.main import COMMANDS, group

from ..conftest import write
from .archives import sdist
from .runner import CliRunner, Result


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(group, [*map(str, words)])


def every(command: click.Command, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Each command that can be called, with the words that call it."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, one in command.commands.items():
        found = getattr(import_module(f"augbackend.cli.commands.{name}"), name) if command is group else one
        yield from every(found, f"{path} {name}".strip())


EVERY = dict(every(group))


def test_the_version() -> None:
    for flag in ("-V", "--version"):
        assert (run(flag).exit_code, run(flag).stdout) == (0, f"augbackend {__version__}\n")


@pytest.mark.processes
def test_as_a_module() -> None:
    for module in ("augbackend", "augbackend.cli"):
        ran = subprocess.run([sys.executable, "-m", module, "-V"], capture_output=True, text=True, check=True)
        assert ran.stdout == f"augbackend {__version__}\n"


@pytest.mark.parametrize("path", EVERY)
def test_every_command_knows_quiet_and_verbose(path: str) -> None:
    known = {one for parameter in EVERY[path].params for one in parameter.opts}
    assert known >= {"-q", "--quiet", "-v", "--verbose"}


@pytest.mark.parametrize("path", [(), ("recipes",)])
def test_summaries_are_whole_at_80_columns(path: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = run(*path, "--help").stdout
    assert "..." not in shown.partition("Commands:")[2]
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("path", EVERY)
def test_help_breaks_no_word(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = run(*path.split(), "--help").stdout.splitlines()
    assert not [line for line in lines if line.endswith("-") or len(line) > 80]


@pytest.mark.parametrize(
    ("typed", "what", "hint", "ident"),
    [
        ("wrapp", "no such command 'wrapp'", "did you mean 'wrap'?", "no-such-command"),
        ("wrap --offlne", "no such option '--offlne'", "did you mean '--offline'?", "no-such-option"),
        ("verify", "missing argument", "augbackend verify [OPTIONS] ARCHIVE|FOLDER...", "missing-argument"),
        ("--nothing", "no such option '--nothing'", "augbackend --help", "no-such-option"),
        ("show -q -v .", "-q and -v exclude each other", "augbackend show --help", "quiet-and-verbose"),
        (
            "wrap demo --require a=1",
            "invalid value for '--require': 'a=1'",
            "augbackend wrap --help",
            "not-a-requirement",
        ),
        ("serve x --port a", "invalid value for '--port'", "augbackend serve --help", "bad-value"),
        ("show ./nowhere", "invalid value for", "is the path right? Here is ", "bad-value"),
        (
            "serve ./nowhere",
            "there is no such folder",
            "make one: augbackend index nowhere NAME==VERSION",
            "no-index-there",
        ),
        ("index demo==1.0", "the folder comes first: augbackend index ./site demo==1.0", "--help", "nothing-to-index"),
        ("completion", "missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish", "comp", "missing-argument"),
        ("-q cache", "no such option '-q'", "comes after the command: augbackend COMMAND -q", "no-such-option"),
    ],
)
def test_one_form_of_errors(typed: str, what: str, hint: str, ident: str) -> None:
    found = run(*typed.split())
    assert (found.exit_code, found.stdout) == (2, "")
    first, *_, last = found.stderr.splitlines()
    assert first.startswith(f"augbackend: error: {what}")
    assert first.endswith(f" [{ident}]")
    assert last.startswith("  hint: ")
    assert hint in last


@pytest.mark.parametrize(
    ("options", "ident"),
    [
        ("--variable A=1 --variable A=2", "given-twice"),
        ("--variable A=1 --variable A=1", "given-twice"),
        ("--require wheel --require wheel", "given-twice"),
        ("--output a --output b", "given-twice"),
        ("--require wheel==1 --require Wheel==2", "requirements-contradict"),
        ("--match-runtime torch==2.8.0 --match-runtime torch==2.9.0", "requirements-contradict"),
        ("--pin-runtime torch=x --pin-runtime torch=x.x", "given-twice"),
        ("--preflight cuda=torch --preflight cuda=no", "given-twice"),
        ("--find-links ./nowhere", "find-links-not-there"),
        ("--remove-require a\tb", "not-a-name"),
        ("--variable A\tB=1", "not-a-name"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, ident: str) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("wrap", "demo==1.0", *options.split(" "))
    assert (found.exit_code, f" [{ident}]\n" in found.stderr) == (2, True), found.stderr
    assert options.split(" ", maxsplit=1)[0] in found.stderr


@pytest.mark.parametrize(
    ("typed", "ident"),
    [
        ("diagnose demo --markdown", "only-for-projects"),
        ("diagnose --markdown --json", "prints-nothing-else"),
        ("diagnose demo --refresh", "only-for-projects"),
        ("diagnose demo --no-build --log x", "needs-a-build"),
        ("run --dry-run --keep x pip install demo", "keep-and-dry-run"),
    ],
)
def test_options_of_another_kind_of_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, ident: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run(*typed.split())
    assert (found.exit_code, f" [{ident}]\n" in found.stderr) == (2, True), found.stderr


@pytest.mark.usefixtures("no_index")
def test_quiet_drops_notes_and_verbose_tells_what_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sdist(write(tmp_path / "links", {}))
    words = ("wrap", "demo[more]==1.0", "--find-links", "links", "--require", "wheel")
    usual, quiet, verbose = (run(*words, "-o", one, *flag) for one, flag in (("a", ()), ("b", ("-q",)), ("c", ("-v",))))
    assert usual.exit_code == 0, usual.stderr
    assert (usual.exit_code, "augbackend: note: " in usual.stderr, "fetching" in usual.stderr) == (0, True, False)
    assert (quiet.exit_code, quiet.stderr, "demo 1.0" in quiet.stdout) == (0, "", True)
    assert "augbackend: fetching file://" in verbose.stderr


def test_no_password_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with loudness.of(quiet=False, verbose=True):
        loudness.detail("pip --index-url https://me:secret@host/simple")
    assert capsys.readouterr().err == "augbackend: pip --index-url https://host/simple\n"
    loudness.detail("told to nobody")
    assert capsys.readouterr().err == ""


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
@pytest.mark.parametrize("words", ["wrap --json", "recipes list", "wrapp", "--help"])
def test_a_closed_pipe_is_no_news(tmp_path: Path, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "augbackend", *words.split()]
    ran = subprocess.run(command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert "Traceback" not in ran.stderr
    assert "Broken" not in ran.stderr


@pytest.mark.usefixtures("no_index")
def test_a_second_wrap_says_what_it_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(write(tmp_path / "links", {}))
    run("wrap", archive, "--require", "wheel")
    found = run("wrap", archive, "--require", "cython")
    assert "  what was there is replaced: extra-build-dependencies: - wheel, + cython;" in found.stdout
    assert json.loads(run("wrap", archive, "--require", "wheel", "--json").stdout)["packages"][0]["why"]
    assert "replaced" not in run("wrap", archive, "--require", "wheel").stdout


@pytest.mark.processes
@pytest.mark.parametrize("key", ["extra-build-dependency", "extra_build_dependencies", "extra-build-deps"])
def test_a_misspelt_table_of_uvs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.chdir(write(tmp_path, {"pyproject.toml": f"[tool.uv.{key}]\ndemo = ['wheel']\n"}))
    for command in ("wrap", "show"):
        assert f"tool.uv.{key}: uv has no such table; is extra-build-dependencies meant?" in run(command).stderr


def test_adopt_takes_the_folder_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {"setup.py": "from setuptools import setup\nsetup(name='x')\n"}))
    assert run("adopt", "--require", "wheel", "--dry-run").exit_code == 0
    assert not (tmp_path / "pyproject.toml").exists()


def test_prose_breaks_no_word() -> None:
    url = f"https://example.org/{'long-' * 30}name.tar.gz"
    for line in terminal.wrapped(f"it is at {url}, and nowhere-else-at-all", "  ", "    ", width=20):
        assert line.strip() in ("it is at", f"{url},", "and", "nowhere-else-at-all")


def test_the_names_of_commands_are_modules() -> None:
    assert all((Path(cli.__file__).parent / "commands" / f"{name}.py").is_file() for name in COMMANDS)
