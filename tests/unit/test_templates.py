from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.table import templates

VALUES = {"HOME": "/home/x", "EMPTY": "", "A": "1"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("$HOME/lib", "/home/x/lib"),
        ("${HOME}lib", "/home/xlib"),
        ("${NONE:-fall back}", "fall back"),
        ("${NONE:-$HOME/cuda}", "/home/x/cuda"),
        ("${NONE:-$$5}", "$5"),
        ("${EMPTY:-fallback}", "fallback"),
        ("${NONE:-}", ""),
        ("$EMPTY", ""),
        ("cost: $$5", "cost: $5"),
        ("$$HOME", "$HOME"),
        ("$A$A${A}", "111"),
        ("a}b{c", "a}b{c"),
        ("${A:-x}-$A.", "1-1."),
        ("line\n$A\n", "line\n1\n"),
    ],
)
def test_expand(template: str, expected: str) -> None:
    assert templates.expand(template, VALUES) == expected


def test_undefined_name() -> None:
    with pytest.raises(templates.UndefinedNameError) as caught:
        templates.expand("x $NONE", VALUES)
    assert caught.value.args == ("NONE",)


@pytest.mark.parametrize(
    "template", ["$(date)", "$", "a $ b", "${", "${}", "${A", "${A:+x}", "$1", "${A:-{}}", "`$(x)`"]
)
def test_no_template(template: str) -> None:
    with pytest.raises(ValueError, match=r"commands are not run|expected \$NAME"):
        templates.parse(template)


@given(st.text(alphabet="ab$", max_size=12))
def test_doubled_dollars_come_back_single(text: str) -> None:
    assert templates.expand(text.replace("$", "$$"), {}) == text


@given(st.text(max_size=40))
def test_any_text_expands_or_is_refused(text: str) -> None:
    with suppress(ValueError, templates.UndefinedNameError):
        templates.expand(text, VALUES)
