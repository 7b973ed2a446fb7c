"""Colours: on a terminal, as the variables say, and of our own words only."""

from __future__ import annotations

import io
import json

import pytest

from augbackend.cli import colours
from augbackend.cli.terminal import as_json


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "on_terminal", "in_pipe"),
    [
        ({"TERM": "xterm", "WT_SESSION": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "", "FORCE_COLOR": "", "WT_SESSION": "1"}, True, False),
    ],
)
def test_where(environ: dict[str, str], on_terminal: bool, in_pipe: bool) -> None:
    assert colours.are_wanted(Terminal(), environ) is on_terminal
    assert colours.are_wanted(io.StringIO(), environ) is in_pipe


def test_what() -> None:
    shown = colours.coloured("augbackend: error: it failed\n  where: here\n  + wheel  (declared)\nnext:\n")
    assert shown == (
        "\x1b[1;31maugbackend: error:\x1b[0m it failed\n\x1b[2m  where:\x1b[0m here\n"
        "\x1b[32m  + wheel\x1b[0m  (declared)\n\x1b[1mnext:\x1b[0m\n"
    )


def test_what_a_program_reads_has_none() -> None:
    text = as_json({"hint": "next:", "list": ["  + wheel", "augbackend: error:"]})
    assert colours.coloured(text) == text
    assert json.loads(text)["hint"] == "next:"
