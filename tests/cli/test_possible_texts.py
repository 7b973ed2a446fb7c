"""What the manual's generator reads from code: what a message may be."""

from __future__ import annotations

import ast

import pytest

from augbackend.cli.docs import possible_texts


def said(code: str) -> list[str]:
    """What the argument of the only call of `error` may be."""
    ((call, names),) = [
        (call, names) for call, names in possible_texts.calls(ast.parse(code)) if ast.unparse(call.func) == "error"
    ]
    return possible_texts.texts(call.args[0], names)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("error('a')", ["a"]),
        ("error(f'{x}{y} is {z!r}')", ["… is …"]),
        ("error('a' if x else f'b {x}')", ["a", "b …"]),
        ("error('a' + 'b')", ["ab"]),
        ("error(x or 'a')", ["…", "a"]),
        ("error(x())", ["…"]),
        ("error('')", []),
        ("def f():\n    error(A)\nA = 'a'", ["a"]),
        ("what, hint = 'a', 'b'\nerror(what)", ["a"]),
        ("what = 'a'\nerror(what)\nwhat = 'b'", ["a"]),
        ("what = 'it is'\nerror(f'so {what}')", ["so it is"]),
        ("name = 'x'\nerror(f'so {name}')", ["so …"]),
        ("if x:\n    what = 'a'\nelse:\n    what = 'b'\nerror(what)", ["a", "b"]),
        ("what = 'a'\nif x:\n    what = 'b'\nerror(what)", ["a", "b"]),
        ("if x:\n    what = 'a'\n    raise y\nwhat = 'b'\nif z:\n    error(what)", ["b"]),
        ("def f():\n    what = 'a'\n    if x:\n        what = 'b'\n        return\n    error(what)", ["a"]),
        ("def f():\n    try:\n        what = 'a'\n    except X:\n        error(what)\n    what = 'b'", ["…"]),
        ("with x:\n    for y in z:\n        what = 'a'\n        error(what)", ["a"]),
        ("def f():\n    what = 'a'\ndef g():\n    error(what)", ["…"]),
        ("class C:\n    def f(self):\n        if (x := 1):\n            return error('a')", ["a"]),
    ],
)
def test_what_a_message_may_be(code: str, expected: list[str]) -> None:
    assert sorted(said(code)) == sorted(expected)
