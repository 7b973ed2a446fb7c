"""What a build is said to need where its own backend cannot say it yet."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from augbackend.hook import requires

from ..conftest import write

TABLE = """
[tool.augbackend]
build-backend = "setuptools_of_a_test"
backend-path = ["."]
extra-build-dependencies = ["nowhere"]
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"pyproject.toml": TABLE, "setuptools_of_a_test.py": "import nowhere\n"}
    monkeypatch.chdir(write(tmp_path, {**files, "setup.cfg": "[options]\nsetup_requires = cython\n"}))
    return tmp_path


@pytest.mark.usefixtures("tree")
def test_what_can_be_read_instead() -> None:
    assert requires.get_requires_for_build_wheel() == ["cython", "nowhere"]


@pytest.mark.usefixtures("tree")
def test_a_copy_without_readers_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "augbackend.standards.setup_files", None)
    assert requires.get_requires_for_build_sdist() == ["nowhere"]


@pytest.mark.parametrize("is_there", [True, False])
def test_an_old_setuptools_asks_for_wheel(tree: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool) -> None:
    def find_spec(name: str) -> None:
        assert name == "setuptools.command.bdist_wheel"
        if not is_there:
            raise ModuleNotFoundError(name="setuptools")

    text = TABLE.replace("setuptools_of_a_test", "setuptools.build_meta").replace('backend-path = ["."]\n', "")
    write(tree, {"pyproject.toml": text})
    broken = ModuleType("setuptools.build_meta")
    monkeypatch.setitem(sys.modules, "setuptools", ModuleType("setuptools"))
    monkeypatch.setitem(sys.modules, "setuptools.build_meta", broken)
    monkeypatch.setattr(broken, "get_requires_for_build_editable", lambda _: 1 / 0, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    wheel = ["wheel"] if is_there else []
    assert requires.get_requires_for_build_editable() == ["cython", *wheel, "nowhere"]
