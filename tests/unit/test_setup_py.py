"""`setup_requires` read as syntax."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from augbackend.standards.setup_files import setup_requires

Tree = Callable[[dict[str, "str | bytes"]], Path]

SETUP_PY = {
    "list": ("setup(setup_requires=['a', 'b>=1'])", ["a", "b>=1"]),
    "tuple": ("setuptools.setup(setup_requires=('a',))", ["a"]),
    "string": ("setup(setup_requires='a\\n# comment\\nb # why\\n')", ["a", "b"]),
    "name": ("NEEDS = ['a']\nsetup(setup_requires=NEEDS)", ["a"]),
    "sum": ("NEEDS = ['a']\nsetup(setup_requires=NEEDS + ['b'] + computed())", ["a", "b"]),
    "keywords": ("kw = dict(name='x', setup_requires=['a'])\nsetup(**kw)", ["a"]),
    "dictionary": ("setup(**{'setup_requires': ['a']})", ["a"]),
    "inside a function": ("def main():\n    setup(setup_requires=['a'])\nmain()", ["a"]),
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
