"""Each error of the command line has an id that is its own, and that the manual explains."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import click
import pytest

from augbackend import cli
from augbackend.cli import usage_errors
from augbackend.cli.command import UnknownCommandError
from augbackend.cli.docs import messages, said_errors
from augbackend.cli.model import error_ids, error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.recipe import RecipeError
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.errors import AugbackendError, SettingsError

from ..manual import PAGES

SAID = said_errors.of_command_line()
OF_OTHERS = {  # where an error has the id of another, or its caller's
    "cli/diagnosis/subject.py",
    "cli/edit/patched_files.py",
    "cli/fetch/refusal.py",
    "cli/model/error_report.py",
    "cli/usage_errors.py",
    "cli/wrapping/run.py",
}
SHARED = {  # said in several places, which say the same
    "cannot-copy",
    "cannot-edit-safely",
    "cannot-fetch-repository",
    "credentials-in-url",
    "given-twice",
    "index-does-not-answer",
    "lock-format-not-known",
    "marker-unreadable",
    "member-of-odd-kind",
    "no-folder-for-file",
    "no-git",
    "no-recipe",
    "no-such-recipe",
    "not-a-python-project",
    "not-a-requirement",
    "not-adopted",
    "not-utf8",
    "nothing-declared",
    "sdist-broken",
    "sdist-cut-short",
    "sdist-has-many-members",
    "wrong-sha256",
    "wrong-type",
}
WITHOUT_ID = {"AugbackendError", "BadParameter", "ClickException", "UsageError"}


def test_every_error_says_its_id() -> None:
    assert not [one.place for one in SAID if not one.ident]
    assert {one.place.partition(":")[0] for one in SAID if one.ident == said_errors.PASSED} == OF_OTHERS


def test_no_error_is_made_that_has_none() -> None:
    made = [
        f"{file}:{node.lineno}"
        for file in Path(cli.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in WITHOUT_ID
    ]
    assert not made


def test_an_id_is_of_one_message() -> None:
    places = defaultdict(list)
    for one in SAID:
        places[one.ident].append(one.place)
    del places[said_errors.PASSED]
    assert {ident for ident, those in places.items() if len(those) > 1} == SHARED
    assert not places.keys() & set(error_ids.OF_CLASSES.values())
    assert not [ident for ident in places if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+){0,3}", ident)]


def test_the_manual_explains_each() -> None:
    explained = re.findall(r"^### ([a-z0-9-]+)\n\n- says: ", PAGES["docs/reference/messages.md"], re.MULTILINE)
    idents = {one.ident for one in SAID} - {said_errors.PASSED} | set(error_ids.OF_CLASSES.values())
    assert explained == sorted(idents)
    assert messages.OF_CLASSES.keys() == set(error_ids.OF_CLASSES.values())


@pytest.mark.parametrize(
    ("error", "ident"),
    [
        (CliError("x", id="its-own"), "its-own"),
        (AugbackendError("x"), "build-would-fail"),
        (SettingsError("x", ["y"]), "mistakes-in-settings"),
        (RecipeError("x", ["y"]), "mistakes-in-recipe"),
        (error_report.of_system(OSError(28, "full")), "system-refuses"),
        (error_report.of_system(FileNotFoundError(2, "none")), "file-not-there"),
        (error_report.of_system(PermissionError(13, "no")), "not-permitted"),
        (usage_errors.translated(UsageMistakeError("x", id="its-own")), "its-own"),
        (usage_errors.translated(click.UsageError("x")), "bad-usage"),
        (usage_errors.translated(click.BadParameter("x")), "bad-value"),
        (usage_errors.translated(click.MissingParameter("x", param_type="argument")), "missing-argument"),
        (usage_errors.translated(click.NoSuchOption("x")), "no-such-option"),
        (usage_errors.translated(click.FileError("x")), "bad-usage"),
        (usage_errors.translated(UnknownCommandError("x", [], click.Context(click.Command("y")))), "no-such-command"),
    ],
)
def test_the_id_of_an_error(error: AugbackendError, ident: str) -> None:
    assert error_ids.of(error) == ident
    assert error_report.as_json(error)["id"] == ident
    assert error_report.text(error).partition("\n")[0].endswith(f" [{ident}]")


def test_the_id_stands_before_the_mistakes() -> None:
    text = error_report.text(SettingsError("x", ["y"]))
    assert text.splitlines()[0].endswith("(x) [mistakes-in-settings]")
    assert text.splitlines()[1] == "  y"


HINTS_THAT_ARE_FOUND_OUT = {  # when they are raised: no text of theirs stands in the code
    "backend-makes-no-sdist",
    "backend-not-importable",
    "hunk-does-not-apply",
    "lock-unreadable",
    "no-cli-extra",
}


def test_every_message_says_what_to_do() -> None:
    entries = re.findall(
        r"^### ([a-z0-9-]+)\n\n((?:- .*\n)+)", f"{PAGES['docs/reference/messages.md']}\n", re.MULTILINE
    )
    assert len(entries) > 100
    without = {ident for ident, lines in entries if "\n- hint: " not in lines}
    assert without - HINTS_THAT_ARE_FOUND_OUT == set()
