"""Other Pythons where this one is the obstacle: what is said of each comes from trying it to the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import other_python
from augbackend.cli.diagnosis.attempt import Attempt
from augbackend.cli.diagnosis.evidence import Case, Obstacle, declaring
from augbackend.cli.diagnosis.search_result import Cut, SearchResult, Verdict
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import interpreter
from augbackend.cli.strangers.interpreter import Interpreter
from augbackend.knowledge import rows

HERE = Interpreter("/usr/bin/python3.13", "3.13.1")
OTHERS = [Interpreter(f"/usr/bin/python3.{minor}", f"3.{minor}.1") for minor in (12, 11, 10)]


def result(verdict: Verdict, cut: Cut = "", declaration: Declaration | None = None) -> SearchResult:
    obstacle = Obstacle("it needs imp", gone="3.13", is_of_python=True)
    nothing = Attempt(Declaration(), None, None, 0.0)
    return SearchResult(verdict, declaration or Declaration(), {}, (), nothing, None, obstacle, cut)


NO, AS_IS = result("not-by-a-declaration"), result("builds-as-is")
OVER_TIME, BY_USER, TOO_MANY = (result("unfinished", cut) for cut in ("time", "user", "attempts"))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    (tmp_path / "setup.py").touch()
    return Case(tmp_path, read(tmp_path), rows.load(), "3.13")


@pytest.mark.parametrize(
    ("ends", "most", "said"),
    [
        ([NO, NO, NO], 9, "it needs imp; Python 3.10.1 does not build it either"),
        ([NO, AS_IS], 9, "it needs imp; Python 3.11.1 builds it"),
        ([result("builds-when-declared", declaration=declaring("six"))], 9, "it needs imp; Python 3.12.1 builds it with six"),
        ([], 0, "it needs imp; Python 3.12.1, 3.11.1, 3.10.1 may do, and there was no time to try it"),
        ([OVER_TIME], 1, "it needs imp; Python 3.12.1, 3.11.1, 3.10.1 may do, and there was no time to try it"),
        ([BY_USER], 1, "it needs imp; Python 3.12.1, 3.11.1, 3.10.1 may do, and there was no time to try it"),
        ([NO, OVER_TIME], 2, "it needs imp; Python 3.12.1 does not build it either; Python 3.11.1, 3.10.1 may do, and there was no time to try it"),
        ([TOO_MANY, TOO_MANY, TOO_MANY], 9, "it needs imp; Python 3.10.1 was not tried to the end"),
    ],
)  # fmt: skip
def test_what_came_of_trying_them(
    monkeypatch: pytest.MonkeyPatch, case: Case, ends: Sequence[SearchResult], most: int, said: str
) -> None:
    """No other Python is called a failure for lack of time."""
    monkeypatch.setattr(interpreter, "others", lambda _: OTHERS)
    left = list(ends)
    found = other_python.added(NO, case, HERE, lambda _: left.pop(0), lambda: len(ends) - len(left) < most)
    assert (found.verdict, left) == ("not-by-a-declaration", [])
    assert found.obstacle is not None
    assert found.obstacle.reason == said


def test_none_is_tried_where_this_one_is_not_the_obstacle(case: Case) -> None:
    found = SearchResult("unfinished", Declaration(), {}, (), NO.attempt, None, None, "user")
    assert other_python.added(found, case, HERE, lambda _: pytest.fail("tried"), lambda: True) == found
