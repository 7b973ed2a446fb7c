"""Which exceptions of an import say that a wheel is broken, and which that this machine lacks something."""

from __future__ import annotations

import pytest

from augbackend.cli.diagnosis import import_failures
from augbackend.knowledge import rows

KNOWN = rows.load()


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        ("SyntaxError", "Missing parentheses in call to 'print'. Did you mean print(...)? (a.py, line 1)", ""),
        ("TabError", "inconsistent use of tabs and spaces in indentation", ""),
        ("ImportError", "cannot import name 'fast' from 'pkg'", "from pkg import fast"),
        ("ImportError", "attempted relative import with no known parent package", "from . import x"),
        ("ValueError", "mutable default <class 'a.B'> for field b is not allowed: use default_factory", "class C:"),
        ("AttributeError", "module 'inspect' has no attribute 'getargspec'", "inspect.getargspec(f)"),
    ],
)
def test_a_wheel_is_broken(kind: str, text: str, line: str) -> None:
    assert import_failures.is_broken(kind, text, line)


@pytest.mark.parametrize(
    ("kind", "text", "line"),
    [
        ("ModuleNotFoundError", "No module named 'torch'", "import torch"),
        ("ImportError", "libcudart.so.12: cannot open shared object file: No such file or directory", "import _c"),
        ("ImportError", "please install torch first", "raise ImportError(text)"),
        ("OSError", "libcuda.so.1: cannot open shared object file", "CDLL('libcuda.so.1')"),
        ("RuntimeError", "Found no NVIDIA driver on your system", ""),
        ("AttributeError", "'NoneType' object has no attribute 'split'", "torch.version.cuda.split('.')"),
        ("KeyError", "'SERVER'", "os.environ['SERVER']"),
        ("ImproperlyConfigured", "settings are not configured", ""),
        ("SystemExit", "1", ""),
    ],
)
def test_this_machine_lacks_something(kind: str, text: str, line: str) -> None:
    assert not import_failures.is_broken(kind, text, line)


@pytest.mark.parametrize(
    ("missing", "python", "is_of_wheel"),
    [("pkg._version", "3.11", True), ("torch", "3.11", False), ("imp", "3.11", False), ("imp", "3.12", True)],
)
def test_a_module_that_no_project_brings(missing: str, python: str, is_of_wheel: bool) -> None:
    assert import_failures.is_of_wheel(missing, ["pkg"], KNOWN, python) is is_of_wheel
