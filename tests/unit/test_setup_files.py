"""`setup.py` and `setup.cfg` read as text."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from augbackend.standards.setup_files import (
    COMPUTED,
    LONGEST,
    Literals,
    calls,
    parse,
    read_cfg,
    setup_requires,
)
from augbackend.standards.setup_identity import identity, is_tagged

Tree = Callable[[dict[str, "str | bytes"]], Path]

SETUP_PY = {
    "list": ("setup(setup_requires=['a', 'b>=1'])", ["a", "b>=1"]),
    "tuple": ("setuptools.setup(setup_requires=('a',))", ["a"]),
    "string": ("setup(setup_requires='a\\n# comment\\nb # why\\n')", ["a", "b"]),
    "name": ("NEEDS = ['a']\nsetup(setup_requires=NEEDS)", ["a"]),
    "sum": ("NEEDS = ['a']\nsetup(setup_requires=NEEDS + ['b'] + computed())", ["a", "b"]),
    "keywords": ("kw = dict(name='x', setup_requires=['a'])\nsetup(**kw)", ["a"]),
    "keywords that cannot be seen": ("setup(**more, setup_requires=['a'])", ["a"]),
    "dictionary": ("setup(**{'setup_requires': ['a']})", ["a"]),
    "inside a function": ("def main():\n    setup(setup_requires=['a'])\nmain()", ["a"]),
    "starred": ("setup(setup_requires=['a', *more])", ["a"]),
    "set": ("setup(setup_requires={'a'})", ["a"]),
    "sum of texts": ("setup(setup_requires='a\\n' + 'b')", ["a", "b"]),
    "sum with what is computed": ("setup(setup_requires=computed() + ['a'])", ["a"]),
    "sum of numbers": ("setup(setup_requires=1 + 2)", []),
    "product": ("setup(setup_requires=['a'] * 2)", []),
    "name that is changed": ("NEEDS = ['a']\nNEEDS = NEEDS + ['b']\nsetup(setup_requires=NEEDS)", ["a", "b"]),
    "name in the main block": (
        "if '__main__' == __name__: NEEDS = ['c']\n"
        "if __name__ == '__main__':\n    NEEDS = ['a']\n    setup(setup_requires=NEEDS)",
        ["a"],
    ),
    "name in a condition": ("if x:\n    NEEDS = ['a']\nsetup(setup_requires=NEEDS)", []),
    "keywords of keywords": ("a = {'setup_requires': ['a'], 1: 2, **b}\nc = dict(**a)\nsetup(**c)", ["a"]),
    "two calls": ("setup(setup_requires=['a'])\nsetup(setup_requires=['b', 'a'])", ["a", "b"]),
    "result of a call": ("factory().setup(setup_requires=['a'])", ["a"]),
    "partly computed": ("setup(setup_requires=['a', f'b{x}'])", ["a"]),
    "computed": ("setup(setup_requires=find())", []),
    "none": ("setup(name='x')", []),
    "another call": ("configure(setup_requires=['a'])", []),
    "not Python 3": ("print 'hello'\nsetup(setup_requires=['a'])", []),
    "NUL": ("setup()\0", []),
}


@pytest.mark.parametrize("case", SETUP_PY)
def test_setup_py(tree: Tree, case: str) -> None:
    source, expected = SETUP_PY[case]
    assert setup_requires(tree({"setup.py": f"import torch\n{source}\n"})) == expected


def test_latin1_setup_py(tree: Tree) -> None:
    source = "# -*- coding: latin-1 -*-\n# caf\xe9\nsetup(setup_requires=['a'])\n".encode("latin-1")
    assert setup_requires(tree({"setup.py": source})) == ["a"]


@pytest.mark.parametrize("value", ["a;b", "\n  a\n  b", "\n  a\n  # comment\n  b"])
def test_setup_cfg(tree: Tree, value: str) -> None:
    assert setup_requires(tree({"setup.cfg": f"[options]\nsetup_requires = {value}\n"})) == ["a", "b"]


def test_broken_setup_cfg(tree: Tree) -> None:
    assert setup_requires(tree({"setup.cfg": "no section\n"})) == []


def test_both(tree: Tree) -> None:
    files: dict[str, str | bytes] = {
        "setup.cfg": "[options]\nsetup_requires = a\n",
        "setup.py": "setup(setup_requires=['b', 'a'])",
    }
    assert setup_requires(tree(files)) == ["a", "b"]


def test_nothing_there(tree: Tree) -> None:
    assert setup_requires(tree({})) == []


@pytest.mark.parametrize("name", ["setup_requires", "setup-requires", "Setup-Requires"])
def test_spellings_of_an_option(tree: Tree, name: str) -> None:
    assert setup_requires(tree({"setup.cfg": f"[options]\n{name} = a\n"})) == ["a"]


def test_a_list_that_doubles_again_and_again(tree: Tree) -> None:
    source = "a = ['x']\n" + "a = a + a\n" * 60 + "setup(setup_requires=a)\n"
    assert setup_requires(tree({"setup.py": source})) == ["x"]


# --- the files -------------------------------------------------------------------------------------------------------


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "Python 2": (b"print 'hello'", "SyntaxError: Missing parentheses"),
    "not decodable": (b"x = '\xe9'", "SyntaxError: "),
    "too long": (b"#" * (LONGEST + 1), "longer than 262144 bytes"),
    "nested too deep": (b"x = " + b"-" * 100_000 + b"1", "Error"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_that_cannot_be_parsed(tree: Tree, case: str) -> None:
    content, problem = UNREADABLE[case]
    found = parse(tree({"setup.py": content}) / "setup.py")
    assert found.module.body == []
    assert problem in found.problem


@pytest.mark.parametrize(
    "content",
    [b"[a]\n" + b"#" * LONGEST, b"[a]\nx = 1" + b" " * 201 + b"\n", b"[a]\nx" + b"\t \x0b" * 100 + b"y\n"],
    ids=["too long", "blanks", "tabs"],
)
def test_a_setup_cfg_that_takes_too_long(tree: Tree, content: bytes) -> None:
    found = read_cfg(tree({"setup.cfg": content}) / "setup.cfg")
    assert (found.problem, found.sections) == ("it is longer than 262144 characters, or has a gap of 200", {})


def test_an_honest_setup_cfg_may_have_blanks_and_empty_lines(tree: Tree) -> None:
    content = b"[a]\n" + b"\n" * 500 + b"x =" + b" " * 199 + b"1\n"
    assert read_cfg(tree({"setup.cfg": content}) / "setup.cfg").sections == {"a": {"x": "1"}}


def test_files_that_are_not_there(tree: Tree) -> None:
    folder = tree({})
    assert (parse(folder / "setup.py").module.body, parse(folder / "setup.py").problem) == ([], "")
    assert (read_cfg(folder / "setup.cfg").sections, read_cfg(folder / "setup.cfg").problem) == ({}, "")


def test_a_folder_in_the_place_of_a_file(tree: Tree) -> None:
    folder = tree({"setup.py/x": "", "setup.cfg/x": ""})
    assert "Error: " in parse(folder / "setup.py").problem
    assert read_cfg(folder / "setup.cfg").problem == ""


def test_nothing_is_warned_of(tree: Tree, recwarn: pytest.WarningsRecorder) -> None:
    assert parse(tree({"setup.py": "x = '\\d' is 'y'\n"}) / "setup.py").module.body
    assert not list(recwarn)


def test_the_last_of_several_files_wins(tree: Tree) -> None:
    folder = tree({"a.cfg": "[build]\nbuild_base = a\nx = 100%\n", "b.cfg": "[build]\nbuild_base = b\n"})
    found = read_cfg(folder / "a.cfg", folder / "absent.cfg", folder / "b.cfg")
    assert found.options("build") == {"build_base": "b", "x": "100%"}
    assert found.options("absent") == {}


BROKEN_CFG = {
    "no section": b"name = x\n",
    "a section twice": b"[metadata]\n[metadata]\n",
    "another encoding": b"[metadata]\nname = caf\xe9\n",
}


@pytest.mark.parametrize("case", BROKEN_CFG)
def test_a_setup_cfg_that_cannot_be_read(tree: Tree, case: str) -> None:
    folder = tree({"setup.cfg": BROKEN_CFG[case], "setup.py": "setup(name='x', version='1')"})
    found = read_cfg(folder / "setup.cfg")
    assert (bool(found.problem), found.sections) == (True, {})
    assert (identity(folder), is_tagged(folder), setup_requires(folder)) == (("", ""), True, [])


# --- name and version ------------------------------------------------------------------------------------------------


IDENTITIES: dict[str, tuple[str, str, tuple[str, str]]] = {
    "setup.py": ("setup(name='x', version='1')", "", ("x", "1")),
    "in a function": ("def main():\n    setup(name='x', version='1')", "", ("x", "1")),
    "setup.cfg": ("setup()", "[metadata]\nname = x\nversion = 1\n", ("x", "1")),
    "both": ("setup(name='x')", "[metadata]\nname = y\nversion = 1\n", ("x", "1")),
    "computed over setup.cfg": ("setup(version=f())", "[metadata]\nname = x\nversion = 1\n", ("x", "")),
    "a file": ("setup(name='x')", "[metadata]\nversion = file: VERSION\n", ("x", "")),
    "a number": ("setup(name='x', version=1.0)", "", ("x", "")),
    "a name that may change": ("V = '1'\nsetup(name='x', version=V)", "", ("x", "")),
    "parts that are computed": ("setup(name='x', version='1.' + minor())", "", ("x", "")),
    "stars": ("setup(name='x', version='1', **more)", "", ("", "")),
    "not by keyword": ("setup(more, name='x', version='1')", "", ("", "")),
    "two calls": ("setup(name='x', version='1')\nsetup(name='x', version='1')", "", ("", "")),
    "not Python": ("print 'x'", "[metadata]\nname = x\nversion = 1\n", ("", "")),
}


@pytest.mark.parametrize("case", IDENTITIES)
def test_name_and_version(tree: Tree, case: str) -> None:
    setup, cfg, expected = IDENTITIES[case]
    assert identity(tree({"setup.py": setup, "setup.cfg": cfg})) == expected


@pytest.mark.parametrize("option", ["tag_build = dev", "tag-build = dev", "tag_date = 1", "tag-date = 0"])
def test_a_tag(tree: Tree, option: str) -> None:
    assert is_tagged(tree({"setup.cfg": f"[egg_info]\n{option}\n"}))


def test_no_tag(tree: Tree) -> None:
    assert not is_tagged(tree({"setup.cfg": "[egg_info]\negg_base = x\n"}))


# --- values ----------------------------------------------------------------------------------------------------------


VALUES = {
    "['a', f()]": (["a"], False),
    "[['a'], [f()]]": ([["a"], []], False),
    "{'a': f(), 'b': 1}": ({"a": COMPUTED, "b": 1}, False),
    "{f(): 1, 'b': 1}": ({"b": 1}, False),
    "{1: 1, 'b': 1}": ({"b": 1}, False),
    "{**f(), 'b': 1}": ({"b": 1}, False),
    "{'a': ['b'], 'c': None}": ({"a": ["b"], "c": None}, True),
    "dict(a=1)": ({"a": 1}, False),
    "dict({'a': 1})": (COMPUTED, False),
    "('a', 'b') + ('c',)": (["a", "b", "c"], True),
    "'a' + 'b'": ("ab", True),
    "'a' + f()": (COMPUTED, False),
    "[f()] + ['a']": (["a"], False),
    "['a'] + [f()]": (["a"], False),
    "['a'] + 'b'": (["a"], False),
    "1 + 1": (COMPUTED, False),
    "name": (COMPUTED, False),
    " + ".join(["'a'"] * 1000): (COMPUTED, False),
}


@pytest.mark.parametrize("expression", VALUES)
def test_values(tree: Tree, expression: str) -> None:
    module = parse(tree({"setup.py": f"setup({expression})"}) / "setup.py").module
    (call,) = calls(module, "setup")
    seen = Literals(module).value(call.args[0])
    assert (seen.value, seen.is_certain) == VALUES[expression]
    assert seen.certain == (seen.value if seen.is_certain else COMPUTED)
