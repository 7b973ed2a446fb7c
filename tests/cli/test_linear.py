"""No output of a build keeps a pattern busy: each reads it in a time that grows as the output does, not as its square."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import compiler_output, obstacles, proposals
from augbackend.cli.diagnosis.attempt import Attempt, Failure
from augbackend.cli.diagnosis.evidence import Case
from augbackend.cli.diagnosis.static_reading import read
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import confinement
from augbackend.cli.strangers.process import legible
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.knowledge import clues, rows
from augbackend.standards import core_metadata

pytestmark = pytest.mark.once

if sys.version_info >= (3, 11):
    from re import _parser as parser  # type: ignore[attr-defined]
else:
    import sre_parse as parser

KNOWN = rows.load()
GENEROUS = 4.0  # seconds of this process for a megabyte; what is quadratic takes minutes
PIECES = (
    "a/", "/a", "a/:1: ", "0x", "1", "1.1", "tmp", "tmp/", "[ '", "Command '['", "command !", "command gcc ", "gcc ", "-c ",
    "error: ", ": error", "a: fatal error: ", "'a", "a.", "a.h", ".c:1", " /a", '"', "(", "No module named ", "-m pip ",
    "[", "\t", " ", "\r", "\x1b[", "Traceback", "Error", "aError: ", "a.Error", 'File "a/', "set A_B ", "A_", "lib", "\u2018/",
    "\n", "\n ", "\n[", "a:\n", "not found ", "failed ", "'<string>', line 1", 'File "<string>", line 1', "site-packages/",
)  # fmt: skip


def seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def megabyte(piece: str) -> str:
    """A build's output, as it is handed on: lines differ, and none is longer than what is kept of one."""
    line = piece * (4000 // len(piece))
    return legible("\n".join(f"{number}{line}: {number}" for number in range(2**20 // 4000)))


@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_of_one_thing(tmp_path: Path, piece: str) -> None:
    output = megabyte(piece)
    (tmp_path / "setup.py").write_text("import os, evil\nos.environ['ABC_DEF']\n")
    case = Case(tmp_path, read(tmp_path), KNOWN, "3.11", "2020-01-01")
    failures = [
        Failure("wheel", output),
        Failure("install", output),
        Failure("wheel", legible(f"{output}\nerror: {piece * 2000}")),
    ]

    def everything() -> None:
        for failure in failures:
            attempt = Attempt(Declaration(), None, failure, 1.0, {"setuptools": "80.0"}, asked=("a<1",))
            [*proposals.proposed(case, attempt)]
            obstacles.obstacle(case, attempt)
            obstacles.unreachable(failure)
            assert len(failure.headline) < 5000
            assert failure.signature
        confinement.refused(output, tmp_path)
        core_metadata.parse(output.encode())

    assert seconds(everything) < GENEROUS * len(failures)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "an error of a compiler": compiler_output.error,
    "its sources": compiler_output.source_lines,
    "whether it failed": compiler_output.has_failed,
    "whether it runs": compiler_output.compiles,
    "the line that says most": telling_line,
    "an installer's words": obstacles.in_the_words_of_installer,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_long_line(name: str) -> None:
    for piece in PIECES:
        line = piece * (2**18 // len(piece))
        assert seconds(lambda line=line: FUNCTIONS[name](line)) < GENEROUS, piece  # type: ignore[misc]


# --- each pattern, fed with what it looks for ---


def literals(pattern: str) -> list[str]:
    """The pieces of plain text in a pattern."""
    found: list[str] = []

    def walk(parts: object) -> None:
        text = ""
        for kind, value in parts:  # type: ignore[attr-defined]
            if str(kind) == "LITERAL":
                text += chr(value)
                continue
            found.append(text)
            text = ""
            if str(kind) == "BRANCH":
                for one in value[1]:
                    walk(one)
            elif str(kind) in ("SUBPATTERN", "MAX_REPEAT", "MIN_REPEAT", "ASSERT", "ASSERT_NOT"):
                walk(value[-1])
        found.append(text)

    walk(parser.parse(pattern))
    return [*dict.fromkeys(filter(None, found))]


def hard_lines(pattern: str) -> Iterator[str]:
    pieces = literals(pattern)
    for piece in pieces[:12]:
        yield from (piece + more for more in ("", " ", "a"))
    for first, then in zip(pieces, pieces[1:]):
        yield f"{first} {then} "
    yield from (
        f"{first}?{fill}" for first in ["", *pieces[:2]] for fill in ("a", "A_", "1", " ", "'", "/", ".", "[", "!")
    )


WIDE, LINES = 6000, 5  # a line ten times as wide as what is looked at


@pytest.mark.parametrize("says", [row.says for row in KNOWN.symptom])
def test_a_row_with_what_it_looks_for(says: str) -> None:
    pattern = re.compile(says)
    for line in hard_lines(says):
        head, _, fill = line.rpartition("?") if "?" in line else ("", "", line)
        text = "\n".join(f"{head}{fill * (WIDE // len(fill))}{number}" for number in range(LINES))
        assert seconds(lambda text=text: [*pattern.finditer(text)]) < 1, line  # type: ignore[misc]


def test_clues_of_a_megabyte() -> None:
    for piece in PIECES:
        assert seconds(lambda piece=piece: clues.named_in(megabyte(piece)[:150_000], KNOWN)) < GENEROUS, piece  # type: ignore[misc]
