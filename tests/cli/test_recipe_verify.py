"""`augbackend recipes verify`: what each pair of builds says of an entry, and what is written down. Nothing is built."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from augbackend.cli.commands import confined
from augbackend.cli.diagnosis import attempt as attempts
from augbackend.cli.diagnosis import recipe_verification as verification
from augbackend.cli.diagnosis import wheel_check
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.wheel_check import Check
from augbackend.cli.edit import recipe_checks
from augbackend.cli.main import group
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.recipe_entry import RecipeCheck
from augbackend.cli.strangers import environment, interpreter
from augbackend.cli.strangers.interpreter import Interpreter

from ..conftest import write
from .archives import sdist, sha256
from .runner import CliRunner, Result

RECIPE = """# kept
project = "demo"

[[entries]]
versions = "<2"  # kept, too
extra-build-dependencies = ["cython"]
why = [{ message = "No module named 'Cython'" }]
"""
GOOD, PURE = Check(("demo",), is_compiled=True, requires_dist=()), Check(("demo",), is_compiled=False, requires_dist=())
FAILED = Failure("wheel", "Traceback (most recent call last):\nModuleNotFoundError: No module named 'Cython'")


@pytest.fixture
def folder(no_index: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sdist of demo 1.0 to be found, its recipe in `recipes`, which is in the current folder."""
    del no_index
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    sdist(tmp_path / "sdists")
    write(tmp_path, {"recipes/demo.toml": RECIPE})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(interpreter, "this", lambda: Interpreter("python", "3.11.7"))
    monkeypatch.setattr(environment, "installer", lambda *_: None)
    monkeypatch.setattr(confined, "checked", lambda _: None)
    return tmp_path


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """How the builds end: without the declaration, with it; and what is found of the wheels."""

    def set_up(without: Failure | None, given: Failure | None, *checks: Check) -> None:
        def made(declaration: Declaration, *_: Any) -> Attempt:
            failure = given if declaration.size else without
            wheel = None if failure else Path("demo-1.0-py3-none-any.whl")
            return Attempt(declaration, wheel, failure, 1.0, {"setuptools": "82.0.1", "cython": "3.2.1", "pip": "26.3"})

        found = list(checks)
        monkeypatch.setattr(attempts, "attempt", made)
        monkeypatch.setattr(wheel_check, "check", lambda *_: found.pop(0))

    return set_up


def verify(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["recipes", "verify", *arguments], catch_exceptions=False)


def test_what_holds_is_written_down_once(folder: Path, build: Callable[..., None]) -> None:
    build(FAILED, None, GOOD)
    result = verify("demo")
    assert result.exit_code == 0, result.output
    assert "demo 1.0, Python 3.11.7: verified" in result.stderr
    assert "1 verified" in result.stdout
    text = (folder / "recipes" / "demo.toml").read_text()
    assert text.startswith(RECIPE)
    assert "without = \"ModuleNotFoundError: No module named 'Cython'\"" in text
    assert f'sdist = "sha256:{sha256(folder / "sdists" / "demo-1.0.tar.gz")}"' in text
    assert 'build-environment = ["cython==3.2.1", "setuptools==82.0.1"]' in text
    build(FAILED, None, GOOD)
    assert verify("demo").exit_code == 0
    assert (folder / "recipes" / "demo.toml").read_text() == text
    assert CliRunner().invoke(group, ["recipes", "check"]).exit_code == 0


@pytest.mark.parametrize(
    ("without", "given", "checks", "outcome", "reason"),
    [
        (None, None, (GOOD, GOOD), "builds-without", "it builds without what the recipe declares"),
        (None, None, (GOOD, PURE), "verified", "it builds, and leaves its compiled modules out"),
        (None, None, (GOOD, replace(GOOD, problem="import demo: x")), "verified", "it builds, and import demo: x"),
        (None, None, (GOOD, replace(GOOD, untried="no time")), "not-found-out", "without it, no time"),
        (FAILED, FAILED, (), "fails", "with it, wheel: ModuleNotFoundError: No module named 'Cython'"),
        (FAILED, None, (replace(GOOD, problem="import demo: x"),), "fails", "with it, import demo: x"),
        (FAILED, None, (Check((), is_compiled=False, requires_dist=()),), "fails", "holds nothing"),
        (replace(FAILED, is_over_time=True), None, (GOOD,), "not-found-out", "without it, killed"),
        (FAILED, replace(FAILED, is_over_time=True), (), "not-found-out", "with it, wheel: killed"),
    ],
)  # fmt: skip
def test_outcomes(  # noqa: PLR0913, PLR0917  # a case has so many parts
    folder: Path, build: Callable[..., None], without: Any, given: Any, checks: Any, outcome: str, reason: str
) -> None:
    build(without, given, *checks)
    result = verify("demo", "--json", "--dry-run")
    (one,) = json.loads(result.stdout)["recipes"]
    assert (one["outcome"], reason in one["reason"]) == (outcome, True), one
    assert result.exit_code == (0 if outcome == "verified" else 1)
    assert (folder / "recipes" / "demo.toml").read_text() == RECIPE


def test_what_is_left_out(folder: Path, build: Callable[..., None]) -> None:
    read = RECIPE + '\n[[entries.checked]]\nversion = "1.0"\ndate = 2026-11-25\nhow = "read-only"\n'
    write(folder, {"recipes/demo.toml": read})
    build(FAILED, None, GOOD)
    assert "left out after 0 s; it is marked as read only" in verify("demo").stderr
    assert "verified" in verify("demo==1.0", "--dry-run").stdout
    write(folder, {"recipes/demo.toml": RECIPE.replace("\nwhy", '\npython = ">=3.12"\nwhy')})
    assert "it is for Python >=3.12" in verify("demo").stderr


def test_what_cannot_be_verified(folder: Path) -> None:
    del folder
    assert "there is no nope.toml to verify" in verify("nope").stderr
    assert "no entry is for demo 3.0: the versions there are <2" in verify("demo==3.0").stderr
    assert "it is neither a name" in verify("demo>1").stderr
    assert verify("absent.toml").exit_code == 2


def test_the_versions_that_were_built_are_built_again() -> None:
    text = RECIPE + "".join(
        f'[[entries.checked]]\nversion = "{one}"\ndate = 2026-11-25\nhow = "built-and-imported"\n'
        for one in ("1.0", "1.1")
    )
    recipe = recipes.read(text.encode(), "", "demo")
    assert [one.target for one in verification.to_verify(recipe)] == ["demo==1.0", "demo==1.1"]
    assert [one.target for one in verification.to_verify(recipes.read(RECIPE.encode(), "", "demo"))] == ["demo<2"]


def test_tables_are_written_with_a_blank_line_between() -> None:
    def check(version: str) -> RecipeCheck:
        return RecipeCheck(version, "built-and-imported", "2026-11-25", "3.11.7", "e", "sha256:00", ("a==1",))

    text = '[[entries]]\nversions = "==1"\nwhy = []\n\n[[entries]]\nversions = "==2"\nwhy = []\n'
    for at, version in ((0, "1"), (0, "1.1"), (1, "2"), (1, "2.1"), (0, "1")):
        text = recipe_checks.with_check(text, at, check(version))
    assert [block.partition("\n")[0] for block in text.rstrip("\n").split("\n\n")] == [
        "[[entries]]",
        "[[entries.checked]]",
        "[[entries.checked]]",
    ] * 2
    assert "\n\n\n" not in text
