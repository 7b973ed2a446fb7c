"""Whether a wheel is its sdist's. What is expected here was seen with uv 0.13 and pip 26."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.diagnosis import wheel_identity
from augbackend.cli.diagnosis.static_reading import read

Tree = Callable[[dict[str, "str | bytes"]], Path]


@pytest.mark.parametrize(
    ("filename", "wheel", "is_taken"),
    [
        ("aa-2.5.tar.gz", "aa-2.5", True),
        ("aa-2.5.tar.gz", "aa-0.0.0", False),
        ("aa-2.5.tar.gz", "bb-2.5", False),
        ("aa-1.0.zip", "aa-1.0.0", True),
        ("Aa.B-1.0.tar.bz2", "aa_b-1.0", True),
        ("aa-1.0.post1.tgz", "aa-1.0", False),
        ("aa-1.0.tar.gz", "aa-1.0+cpu", True),
        ("aa-1.0.0.tar.gz", "aa-1.0+cpu", True),
        ("aa-1.0+cu1.tar.gz", "aa-1.0", False),
        ("aa-1.0+cu1.tar.gz", "aa-1.0+cpu", False),
    ],
)
def test_a_wheel_and_the_file_name_of_its_sdist(filename: str, wheel: str, is_taken: bool) -> None:
    identity = wheel_identity.of_file(filename)
    assert identity is not None
    said = identity.differing(Path(f"{wheel}-py3-none-any.whl"))
    assert (not said) is is_taken
    assert is_taken or "uv refuses such a wheel" in said


@pytest.mark.parametrize("filename", ["main.tar.gz", "v2.5.tar.gz", "proj-main.zip", "legver-2004d.tar.gz"])
def test_a_file_that_is_not_called_as_an_sdist(filename: str) -> None:
    assert wheel_identity.of_file(filename) is None


def test_a_version_with_a_hyphen_of_a_project_that_was_asked_for() -> None:
    identity = wheel_identity.of_file("dashpost-1.0-1.tar.gz", "dashpost")
    assert identity is not None
    assert (identity.name, str(identity.version)) == ("dashpost", "1.0.post1")


def test_what_only_uv_takes_is_said() -> None:
    identity = wheel_identity.of_file("aa-1.0.tar.gz")
    assert identity is not None
    assert "from an index, pip refuses that" in identity.remark(Path("aa-1.0+cpu-py3-none-any.whl"))
    assert identity.remark(Path("aa-1.0.0-py3-none-any.whl")) == ""


def test_a_folder_that_was_an_sdist(tree: Tree) -> None:
    folder = tree({"setup.py": "", "PKG-INFO": "Metadata-Version: 1.2\nName: aa\nVersion: 2.5\n"})
    identity = wheel_identity.of_folder(folder, read(folder))
    assert identity is not None
    assert "it is called aa 0.0.0, and the sdist aa 2.5" in identity.differing(Path("aa-0.0.0-py3-none-any.whl"))


def test_any_other_folder(tree: Tree) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='aa', version='1')\n"})
    assert wheel_identity.of_folder(folder, read(folder)) is None


def test_tables_that_nothing_may_have_read(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[tool.poetry]\nversion = '1'\n[tool.black]\n"})
    assert [*wheel_identity.unread_tables(folder)] == [
        "pyproject.toml has [tool.poetry], and there is no [build-system]",
        "pyproject.toml has [tool.black], and there is no [build-system]",
    ]


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("dashpost-1.0-1.tar.gz", "dashpost", "1.0.post1"),
        ("aa-2.6.tar.gz", "aa", "2.6"),
        ("renamed_pkg-9.tar.gz", "aa", "2.5"),
    ],
)
def test_a_file_that_is_called_otherwise_than_its_project(tree: Tree, filename: str, name: str, version: str) -> None:
    stated = "dashpost" if name == "dashpost" else "aa"
    folder = tree({"setup.py": "", "PKG-INFO": f"Metadata-Version: 1.2\nName: {stated}\nVersion: 2.5\n"})
    identity = wheel_identity.of_local_file(filename, folder, read(folder))
    assert identity is not None
    assert (identity.name, str(identity.version)) == (name, version)


def test_a_version_that_no_backend_has_read(tree: Tree) -> None:
    folder = tree({"pyproject.toml": '[tool.poetry]\nname = "aa"\nversion = "2.0"\n'})
    said = wheel_identity.told_otherwise(folder, read(folder), Path("aa-0.0.0-py3-none-any.whl"))
    assert said.startswith("its files say version 2.0, and the wheel is 0.0.0: pyproject.toml has [tool.poetry], and")
    assert wheel_identity.told_otherwise(folder, read(folder), Path("aa-2.0+cpu-py3-none-any.whl")) == ""
