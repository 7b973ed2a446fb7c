"""The line of an output that is shown, and that advice is looked up for."""

from __future__ import annotations

import pytest

from augbackend.cli.strangers.telling_line import telling_line

MISSING = "ModuleNotFoundError: No module named 'torch'"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (f"Traceback\n  x\n{MISSING}\n\nnote: see above\n", MISSING),
        (f"{MISSING}\nerror.c:12: note: declared here", MISSING),
        (f"{MISSING}\nError-prone plugin loaded", MISSING),
        (f"{MISSING}\nUserWarning: it goes on", MISSING),
        ("error in demo setup command: use_2to3 is invalid.\n", "error in demo setup command: use_2to3 is invalid."),
        ("NotImplementedError\nbye", "NotImplementedError"),
        ("pkg.errors.Strange: x\nsetuptools.Deprecated\nUserWarning: it stops\nbye", "UserWarning: it stops"),
        ("one\ntwo\n\n", "two"),
        ("pkg.Strange: x\naugbackend: raised in setuptools.build_meta, hook build_wheel\n", "pkg.Strange: x"),
        ("\n", "it says nothing"),
    ],
)
def test_the_line(output: str, line: str) -> None:
    assert telling_line(output) == line
