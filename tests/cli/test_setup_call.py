"""The arguments of `setup()` that are certain: held against what running the file says, and against the lenient level."""

from __future__ import annotations

import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from augbackend.cli.wrapping import setup_call
from augbackend.standards import setup_files, setup_identity
from augbackend.standards.setup_files import COMPUTED

from ..conftest import write

NAMES = st.sampled_from("abc")
TEXTS = st.sampled_from(["'x'", "'y>=1\\nz'", "''"])
EXPRESSIONS = st.recursive(
    TEXTS | NAMES | st.sampled_from(["f()", "None", "1", "[]", "{}"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(TEXTS, inner), max_size=2).map(
            lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"
        ),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} + {pair[1]})"),
        inner.map(lambda item: f"dict(x={item})"),
    ),
    max_leaves=6,
)
STATEMENTS = st.tuples(
    st.sampled_from(
        [
            "{name} = {value}",
            "{name} += {value}",
            "{name}.append({value})",
            "{name}['x'] = {value}",
            "if f(): {name} = {value}",
            "if not f(): {name} = {value}",
            "if __name__ == '__main__': {name} = {value}",
            "with context(): {name} = {value}",
            "for {name} in [{value}]: pass",
            "def g({name}): {name}.append('changed')\ng({value})",
            "def {name}(): pass",
            "import sys as {name}",
            "(lambda: {name}.append({value}))()",
        ]
    ),
    NAMES,
    EXPRESSIONS,
).map(lambda parts: parts[0].format(name=parts[1], value=parts[2]))
KEYWORDS = ("name", "version", "setup_requires", "install_requires")


def executed(source: str) -> dict[str, Any] | None:
    """What a file of ours passes to `setup()` when it runs; `None` if it fails."""
    passed: list[dict[str, Any]] = []
    setuptools = ModuleType("setuptools")
    setuptools.setup = lambda **keywords: passed.append(keywords)  # type: ignore[attr-defined]
    with mock.patch.dict(sys.modules, {"setuptools": setuptools}):
        try:
            exec(source, {"__name__": "__main__", "f": list, "context": nullcontext})  # noqa: S102  # written here
        except (TypeError, NameError, AttributeError, KeyError):
            return None
    (found,) = passed
    return found


@given(st.lists(STATEMENTS, max_size=5), st.tuples(*[EXPRESSIONS] * len(KEYWORDS)), st.lists(STATEMENTS, max_size=1))
@example(["a = ['x']", "b = a", "b.append('y')"], ("'n'", "'1'", "a", "b"), [])
@example(["a = ['x']", "if __name__ == '__main__': b = ['y']"], ("'n'", "'1'", "a + b", "'x'"), [])
@settings(deadline=None)
def test_what_is_certain_is_what_running_it_says(before: list[str], values: tuple[str, ...], after: list[str]) -> None:
    keywords = ", ".join(f"{name}={value}" for name, value in zip(KEYWORDS, values))
    source = "\n".join(["from setuptools import setup", *before, f"setup({keywords})", *after, ""])
    with tempfile.TemporaryDirectory() as place:
        tree = write(Path(place), {"setup.py": source})
        certain = setup_call.arguments(tree)
        assert certain is not None
        seen = setup_files.setup_requires(tree)
        name, version = setup_identity.identity(tree)
    said = certain["setup_requires"]
    assert said is COMPUTED or seen == list(dict.fromkeys(setup_files.requirements(said)))
    passed = executed(source)
    if passed is None:
        return
    assert {key: passed[key] for key, value in certain.items() if value is not COMPUTED} == {
        key: value for key, value in certain.items() if value is not COMPUTED
    }
    assert name in ("", passed["name"])
    assert version in ("", passed["version"])


SETTLED = {
    "only there": ("r = ['x']", ["x"]),
    "read elsewhere": ("r = ['x']\nprint(r)", COMPUTED),
    "bound twice": ("r = ['x']\nr = ['x']", COMPUTED),
    "deleted": ("r = ['x']\nif f():\n    del r", COMPUTED),
    "an import": ("r = ['x']\nimport r.s", COMPUTED),
    "another name of an import": ("r = ['x']\nimport s as r", COMPUTED),
    "a function": ("r = ['x']\ndef r(): pass", COMPUTED),
    "a class": ("r = ['x']\nclass r: pass", COMPUTED),
    "global": ("r = ['x']\ndef g():\n    global r", COMPUTED),
    "an exception": ("r = ['x']\ntry:\n    pass\nexcept E as r:\n    pass", COMPUTED),
    "annotated": ("r: list = ['x']", COMPUTED),
    "two at once": ("r = s = ['x']", COMPUTED),
    "unpacked": ("r, = [['x']]", COMPUTED),
}


@pytest.mark.parametrize("case", SETTLED)
def test_names(tmp_path: Path, case: str) -> None:
    statements, expected = SETTLED[case]
    source = f"from setuptools import setup\n{statements}\nsetup(install_requires=r)\n"
    assert setup_call.arguments(write(tmp_path, {"setup.py": source})) == {"install_requires": expected}


CALLS = {
    "by the module": ("import setuptools\nsetuptools.setup(name='x')", {"name": "x"}),
    "by another name": ("from distutils.core import setup as s\ns(name='x')", {"name": "x"}),
    "a command of its own": ("from setuptools import setup\nsetup(cmdclass={'build_ext': B})", {"cmdclass": COMPUTED}),
    "a command that writes metadata": ("from setuptools import setup\nsetup(cmdclass={'egg_info': E})", None),
    "such a command by a name": ("from setuptools import setup\nc = dict(dist_info=D)\nsetup(cmdclass=c)", None),
    "not by keyword": ("from setuptools import setup\nsetup(x, name='x')", None),
    "another object's": ("import setuptools\nf().setuptools.setup(name='x')", None),
    "another main": ("from setuptools import setup\nif __name__ != '__main__':\n    setup(name='x')", None),
    "in a deep condition": (f"from setuptools import setup\nif {'-' * 900}1:\n    setup(name='x')", None),
    "empty": ("", None),
}


@pytest.mark.parametrize("case", CALLS)
def test_the_call(tmp_path: Path, case: str) -> None:
    source, expected = CALLS[case]
    assert setup_call.arguments(write(tmp_path, {"setup.py": source})) == expected


def test_no_setup_py(tmp_path: Path) -> None:
    assert setup_call.arguments(tmp_path) == {}
