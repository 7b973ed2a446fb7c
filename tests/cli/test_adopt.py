"""`augbackend adopt`: what it writes, what it keeps, what it refuses; and that it can be undone."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.edit import adopted_pyproject, backend_copy
from augbackend.cli.main import group
from augbackend.cli.model import declaration
from augbackend.errors import AugbackendError
from augbackend.hook import declared

from ..conftest import run_hook, write
from ..manual import PAGES
from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Tree = Callable[[dict[str, "str | bytes"]], Path]

SETUP_PY = "from setuptools import setup\nsetup(name='x', version='1')\n"
TOMLI = "tomli>=1.1; python_version < '3.11'"

DOCUMENTS = {
    "setuptools": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    "no backend": '[build-system]\nrequires = ["setuptools", "wheel"]\n',
    "in-tree": '[build-system]\nrequires = []\nbuild-backend = "be:x.y"\nbackend-path = ["_be"]\n# end\n',
    "no table": '[project]\nname = "x"\n\n[[tool.uv.index]]\nname = "a"\n',
    "empty": "",
    "comments": """# hi
[build-system]  # why
requires = [
    "hatchling",   # the builder
    "hatch-vcs",
]
build-backend = "hatchling.build"  # not ours

[project]
name = "x"

[tool.black]
line-length = 3

[project.urls]
a = "b"
""",
    "windows": '[build-system]\r\nrequires = ["x",\r\n  "y"]\r\n\r\n[tool.z]\r\na = 1\r\n',
    "dotted": 'build-system.requires = ["x"]\ntool.z.a = 1\n',
    "inline": "tool = { z = { a = 1 } }\n",
    "tool": "[tool]\nz = { a = 1 }\n",
}
UNEDITABLE = {"inline"}


def adopt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["adopt", *map(str, arguments)], catch_exceptions=False)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def table(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_bytes().decode())


def test_legacy_tree(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    result = adopt(
        folder, "--require", "torch==2.8.0", "--require", "ninja", "--variable", "A=b=c", "--variable", "B=$HOME"
    )
    assert result.exit_code == 0
    assert "augbackend now wraps setuptools.build_meta:__legacy__" in result.output
    assert table(folder) == {
        "build-system": {
            "requires": ["setuptools>=40.8.0", TOMLI, "torch==2.8.0", "ninja"],
            "build-backend": "augbackend",
            "backend-path": ["_augbackend"],
        },
        "tool": {
            "augbackend": {
                "build-backend": "setuptools.build_meta:__legacy__",
                "extra-build-variables": {"A": "b=c", "B": "$HOME"},
            }
        },
    }
    copied = {file.name for file in (folder / "_augbackend" / "augbackend").iterdir()}
    assert {"__init__.py", "errors.py", "LICENSE"} <= copied
    assert "cli" not in copied
    assert b"Permission is hereby granted" in (folder / "_augbackend" / "augbackend" / "LICENSE").read_bytes()


def test_the_command_to_try_names_a_path_not_a_project(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree({"setup.py": SETUP_PY})
    monkeypatch.chdir(folder.parent)
    assert adopt("tree").output.endswith(f"try it: python -m pip wheel --no-deps .{os.sep}tree\n")


@pytest.mark.processes
def test_the_adopted_tree_answers(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "torch==2.8.0")
    copy = {"PYTHONPATH": str(folder / "_augbackend")}
    answer = run_hook(
        folder, "get_requires_for_build_wheel", {"augbackend.dynamic-requires": "never"}, environ=copy
    ).answer
    assert answer == []  # the frontend has installed what stands in build-system.requires


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("from wheel.bdist_wheel import bdist_wheel", True),
        ("import wheel.wheelfile as w", True),
        ("try:\n    import wheel\nexcept ImportError: pass", True),
        ("import wheelhouse", False),
        ("print 'not Python 3'; import wheel", False),
    ],
)
def test_wheel_is_assumed_where_setup_py_imports_it(tree: Tree, line: str, wanted: bool) -> None:
    folder = tree({"setup.py": f"{line}\n{SETUP_PY}"})
    adopt(folder)
    assert ("wheel" in table(folder)["build-system"]["requires"]) == wanted


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - UNEDITABLE))
def test_adopt_again_and_remove(tree: Tree, name: str) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS[name], "setup.py": SETUP_PY, "_be/be.py": "class x: y = None"})
    before = content(folder)
    old = table(folder)
    arguments = (folder, "--require", "torch==2.8.0", "--variable", "A=1")
    assert adopt(*arguments).exit_code == 0
    once = content(folder)
    new = table(folder)
    assert new["build-system"]["build-backend"] == "augbackend"
    for key in set(old) - {"build-system", "tool"}:
        assert new[key] == old[key]
    assert {key: new["tool"][key] for key in new["tool"] if key != "augbackend"} == old.get("tool", {})
    assert adopt(*arguments).output == f"{folder}: nothing to change\n"
    assert content(folder) == once
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


def test_remove_deletes_the_file_that_adopt_created(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "x")
    assert not (folder / "pyproject.toml").read_bytes().endswith(b"\n\n")
    adopt(folder, "--remove")
    assert content(folder) == {"setup.py": SETUP_PY.encode()}


def test_comments_and_formatting_are_kept(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["comments"]})
    adopt(folder, "--require", "torch")
    text = (folder / "pyproject.toml").read_text()
    for line in DOCUMENTS["comments"].splitlines():
        assert line.replace('"hatchling.build"', '"augbackend"') in text.splitlines()
    assert '    "torch",\n]\n' in text


def test_line_endings_are_kept(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["windows"]})
    adopt(folder, "--require", "torch")
    written = (folder / "pyproject.toml").read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n") > 10


def test_declaring_more_later(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "a", "--variable", "A=1")
    adopt(folder, "--require", "b", "--variable", "A=2", "--variable", "B=1")
    assert table(folder)["build-system"]["requires"] == ["setuptools>=40.8.0", TOMLI, "a", "b"]
    assert table(folder)["tool"]["augbackend"]["extra-build-variables"] == {"A": "2", "B": "1"}


def test_a_requirement_that_is_declared_already_stays_the_users(tree: Tree) -> None:
    folder = tree({"pyproject.toml": '[build-system]\nrequires = ["setuptools", "numpy"]\n'})
    before = content(folder)
    adopt(folder, "--require", "numpy")
    assert "extra-build-dependencies" not in table(folder)["tool"]["augbackend"]
    adopt(folder, "--remove")
    assert content(folder) == before


def test_installed(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["in-tree"], "_be/be.py": ""})
    adopt(folder, "--installed", "--require", "torch")
    system = {"requires": ["augbackend", "torch"], "build-backend": "augbackend", "backend-path": []}
    assert table(folder)["build-system"] == system
    assert table(folder)["tool"]["augbackend"]["backend-path"] == ["_be"]
    assert not (folder / "_augbackend").exists()
    assert adopt(folder, "--installed", "--variable", "A=1").exit_code == 0
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == DOCUMENTS["in-tree"]


def test_update_of_an_old_copy(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "x")
    text = (folder / "pyproject.toml").read_bytes()
    copy = folder / "_augbackend" / "augbackend"
    (copy / "errors.py").write_text("old")
    (copy / "gone.py").write_text("of an old version")
    assert "copy: _augbackend/augbackend/" in adopt(folder).output
    assert {
        file.relative_to(copy).as_posix(): file.read_bytes() for file in copy.rglob("*") if file.is_file()
    } == backend_copy.for_tree(folder)
    assert (folder / "pyproject.toml").read_bytes() == text
    assert [entry.name for entry in (folder / "_augbackend").iterdir()] == ["augbackend"]


def test_a_run_stopped_half_way_can_be_repeated(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    backend_copy.write_copy(folder, backend_copy.whole())
    (folder / "_augbackend" / ".augbackend-1234" / "new").mkdir(parents=True)
    assert adopt(folder).exit_code == 0
    assert [entry.name for entry in (folder / "_augbackend").iterdir()] == ["augbackend"]


def test_dry_run_prints_the_diff_and_writes_nothing(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["setuptools"]})
    before = content(folder)
    result = adopt(folder, "--require", "torch", "--dry-run")
    assert content(folder) == before
    assert {'+build-backend = "augbackend"', '+build-backend = "setuptools.build_meta"'} & set(
        result.output.splitlines()
    )
    assert '+backend-path = ["_augbackend"]' in result.output.splitlines()
    (last,) = [line for line in result.output.splitlines() if line.startswith("# ")]
    adopt(folder, "--require", "torch")
    assert last == f"# write _augbackend/augbackend/ ({len(backend_copy.for_tree(folder))} files)"
    assert adopt(folder, "--remove", "--dry-run").output.endswith("files)\n")
    assert (folder / "_augbackend").is_dir()


REFUSED: dict[str, tuple[dict[str, str | bytes], str]] = {
    "nothing to build": ({"README": ""}, "no Python project here"),
    "not TOML": ({"pyproject.toml": "x ="}, "it is not TOML"),
    "not UTF-8": ({"pyproject.toml": b"# \xff"}, "it is not UTF-8"),
    "no requires": ({"pyproject.toml": "[build-system]\nbuild-backend='x'\n"}, "no list of build requirements"),
    "build-system is no table": ({"pyproject.toml": "build-system = 3\n"}, "found 3, expected a table"),
    "tool is no table": ({"pyproject.toml": "tool = 3\n"}, "found 3, expected a table"),
    "inline": ({"pyproject.toml": DOCUMENTS["inline"], "setup.py": ""}, "it cannot be edited safely"),
    "half a declaration": (
        {"pyproject.toml": "[tool.augbackend]\nbuild-backend = 'hatchling.build'\n"},
        "it already names a wrapped backend",
    ),
    "table with mistakes": ({"pyproject.toml": "[tool.augbackend]\njobs = 3\n"}, "tool.augbackend.jobs: found 3"),
    "folder of others": ({"setup.py": "", "_augbackend/theirs.py": ""}, "it is not empty, and not ours"),
    "file in the way": ({"setup.py": "", "_augbackend": ""}, "it is a file"),
    "requires is no list": (
        {"pyproject.toml": "[build-system]\nrequires = 'x'\n"},
        "found 'x', expected a list of strings",
    ),
    "backend-path is no list": (
        {"pyproject.toml": "[build-system]\nrequires = []\nbackend-path = 5\n"},
        "found 5, expected a list",
    ),
    "adopted, and then broken": (
        {
            "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'augbackend'\n"
            "[tool.augbackend]\nextra-build-dependencies = 'x'\n"
        },
        "tool.augbackend.extra-build-dependencies: found 'x'",
    ),
    "no package": ({"pyproject.toml": "[tool.ruff]\nline-length = 3\n"}, "no package is described here"),
    "no package, it says": (
        {"pyproject.toml": "[project]\nname = 'x'\n[tool.uv]\npackage = false\n"},
        "it says that it is no package",
    ),
    "the root of a workspace": (
        {
            "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n",
            "packages/a/pyproject.toml": "[project]\nname = 'a'\n",
        },
        "name a member: packages/a",
    ),
    "another copy": (
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "augbackend"\nbackend-path = ["."]\n'},
        "another copy of augbackend builds this tree",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_untouched(tree: Tree, case: str) -> None:
    files, expected = REFUSED[case]
    folder = tree(files)
    before = content(folder)
    result = adopt(folder, "--require", "x")
    assert (result.exit_code, content(folder)) == (2, before)
    assert expected in result.output
    assert result.output.startswith("augbackend: error: ")


PROJECT = "[project]\nname = 'x'\n"
FIND = f"{PROJECT}[tool.setuptools.packages.find]\n"
CFG = "[options]\npackages = find_namespace:\n"


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": f"{FIND}where = ['src']\n"},
        {"pyproject.toml": f"{FIND}namespaces = false\n"},
        {"pyproject.toml": f"{FIND}exclude = ['_*']\n"},
        {"pyproject.toml": f"{FIND}include = ['my*']\n"},
        {"pyproject.toml": f"{PROJECT}[tool.setuptools]\npackages = ['my']\n"},
        {"setup.py": "", "setup.cfg": f"{CFG}[options.packages.find]\nwhere = src\n"},
        {"setup.py": "setup(packages=find_namespace_packages('src'))"},
        {"setup.py": "setup(packages=find_packages())"},
        {"setup.py": "where = 'src'\nsetup(packages=find_namespace_packages(where=where))"},
        {"setup.py": "setup(packages=find_namespace_packages(include=['demo*']))"},
        {"setup.py": "setup(packages=find_namespace_packages('.', ['_*']))"},
        {"setup.py": "left_out = ['_augbackend*']\nsetup(packages=find_namespace_packages(exclude=left_out + more))"},
    ],
)
def test_discovery_that_passes_the_copy_by(tree: Tree, files: dict[str, str | bytes]) -> None:
    folder = tree(files)
    assert adopt(folder).exit_code == 0
    assert (folder / "_augbackend").is_dir()
    assert "_augbackend*" not in (folder / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "", "setup.cfg": CFG},
        {"setup.py": "setup(packages=find_namespace_packages())"},
        {"setup.py": f"x = 0x{'f' * 6000}\nsetup(packages=find_namespace_packages(where(), exclude=['tests'] + more))"},
        {"setup.py": "setup(packages=find_namespace_packages(include=[f'{name}*']))"},
        {"setup.py": "setup(packages=find_namespace_packages(include=ours()))"},
        {"setup.py": "from setuptools import find_namespace_packages as find\nsetup(packages=find('src'))"},
        {"setup.py": "from setuptools import PEP420PackageFinder\nsetup(packages=PEP420PackageFinder.find())"},
        {"pyproject.toml": f"{PROJECT}[tool.setuptools]\npackages = {{ find = {{ where = ['.'] }} }}\n"},
    ],
)
def test_a_folder_that_no_discovery_takes(tree: Tree, files: dict[str, str | bytes]) -> None:
    """Where no exclusion can be written, a dot in the name keeps it out, whatever is computed."""
    folder = tree(files)
    before = content(folder)
    assert "  copy: .augbackend/augbackend/ of" in adopt(folder).output
    assert table(folder)["build-system"]["backend-path"] == [".augbackend"]
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


def test_discovery_that_takes_the_copy_later(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    (folder / "setup.py").write_text("setup(packages=find_namespace_packages())")
    result = adopt(folder)
    assert (result.exit_code, "exclude '_augbackend*' in setup.py" in result.output) == (2, True)
    (folder / "setup.py").write_text("setup(packages=find_namespace_packages(exclude=['_augbackend*']))")
    assert adopt(folder).exit_code == 0


@pytest.mark.parametrize(
    "find",
    [
        "",
        "where = ['.']\n",
        "where = ['.']\nexclude = ['tests*']  # ours\n",
        "exclude = [\n    'tests*',\n]\nwhere = ['.']\n",
        "exclude = []\n\n[tool.z]\n",
        "\n[tool.z]\na = 1\n",
    ],
)
def test_discovery_gets_an_exclusion_and_loses_it(tree: Tree, find: str) -> None:
    folder = tree({"pyproject.toml": FIND + find})
    before = content(folder)
    assert adopt(folder).exit_code == 0
    assert table(folder)["tool"]["setuptools"]["packages"]["find"]["exclude"][-1] == "_augbackend*"
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "x"\n'


@pytest.mark.parametrize(
    "more",
    [
        "",
        "[tool.flit.module]\nname = 'y'\n",
        "[tool.flit.sdist]\nexclude = ['docs']\n",
        "[tool.flit.sdist]\ninclude = ['docs']\n[tool.z]\na = 1\n",
        "[tool.flit]\n[tool.z]\na = 1\n",
        "[tool.flit]\nsdist.exclude = ['docs']\n",
    ],
)
def test_flit_packs_the_copy(tree: Tree, more: str) -> None:
    folder = tree({"pyproject.toml": FLIT + more, "x.py": '"""X."""\n__version__ = "1"\n'})
    before = content(folder)
    assert adopt(folder).exit_code == 0
    assert table(folder)["tool"]["flit"]["sdist"]["include"][-1] == "_augbackend/"
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'


@pytest.mark.parametrize(
    "more",
    [
        "[project]\nname = 'x'\n",
        "[tool.poetry]\nname = 'x'\n",
        "[tool.poetry]\nname = 'x'\n\n[tool.poetry.dependencies]\npython = '*'\n",
        "[tool.poetry]\ninclude = ['docs']\nname = 'x'\n",
        "[tool.poetry]\ninclude = [\n    { path = 'docs', format = 'sdist' },\n    'more',\n]  # ours\nname = 'x'\n",
        "[tool.poetry.group.x]\na = 1\n",
    ],
)
def test_poetry_packs_the_copy(tree: Tree, more: str) -> None:
    folder = tree({"pyproject.toml": POETRY + more})
    before = content(folder)
    assert adopt(folder).exit_code == 0
    assert table(folder)["tool"]["poetry"]["include"][-1] == {"path": "_augbackend", "format": "sdist"}
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


@pytest.mark.parametrize(
    "text", [None, "", "include README\n", "include README", "include README\r\nprune docs\r\n", "\n\n", "# x"]
)
def test_setup_py_sdist_packs_the_copy(tree: Tree, text: str | None) -> None:
    files: dict[str, str | bytes] = {} if text is None else {"MANIFEST.in": text.encode()}
    folder = tree({"setup.py": SETUP_PY, **files})
    before = content(folder)
    assert "+recursive-include _augbackend" in adopt(folder, "--dry-run").output
    adopt(folder)
    written = (folder / "MANIFEST.in").read_text().splitlines()
    assert written[-1] == "recursive-include _augbackend *.py *.json *.license *.toml LICENSE"
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    assert adopt(folder, "--remove").exit_code == 0
    assert content(folder) == before


@pytest.mark.parametrize("backend", ["hatchling.build", "setuptools.build_meta"])
def test_manifest_in_is_left_alone_where_nothing_reads_it(tree: Tree, backend: str) -> None:
    """Another backend's tree; and one without ``setup.py``, which is built by hooks alone."""
    files: dict[str, str | bytes] = {} if backend.startswith("setuptools") else {"setup.py": SETUP_PY}
    folder = tree({"pyproject.toml": f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n', **files})
    adopt(folder)
    assert not (folder / "MANIFEST.in").exists()


@pytest.mark.parametrize(
    ("requires", "more", "wanted"),
    [
        ("", "requires-python = '>=3.9'", True),
        ("", "", True),
        ("", "requires-python = '>=3.10.5'", True),
        ("", "requires-python = '>=3.11'", False),
        ("", "requires-python = '>=3.12,<4'", False),
        ("", "requires-python = 'what'", True),
        ("", "[tool.poetry.dependencies]\npython = '^3.11'", False),
        ("", "[tool.poetry.dependencies]\npython = '^3.9'", True),
        ('"tomli"', "", False),
        ("\"tomli ; python_version < '3.11'\"", "requires-python = '>=3.9'", False),
        ("\"Tomli; python_version < '3.10'\"", "requires-python = '>=3.9'", True),
        ("\"Tomli; python_version < '3.10'\"", "requires-python = '<3.10'", False),
    ],
)
def test_tomli_where_it_is_needed(tree: Tree, requires: str, more: str, wanted: bool) -> None:
    text = f'[build-system]\nrequires = [{requires}]\nbuild-backend = "a"\n[project]\nname = "x"\n{more}'
    folder = tree({"pyproject.toml": f"{text.strip()}\n"})
    before = content(folder)
    adopt(folder)
    assert (TOMLI in table(folder)["build-system"]["requires"]) == wanted
    adopt(folder, "--remove")
    assert content(folder) == before


def test_separators_of_other_alphabets_in_a_comment(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "# a\u2028b\u0085c\n" + DOCUMENTS["setuptools"]})
    before = content(folder)
    assert adopt(folder).exit_code == 0
    adopt(folder, "--remove")
    assert content(folder) == before


def test_a_requirement_of_its_own_is_dropped(tree: Tree) -> None:
    text = '[build-system]\nrequires = [\n  "setuptools",  # kept\n  "NumPy==1.17.3",\n  "numpy-extra",\n]\n'
    folder = tree({"pyproject.toml": text, "setup.py": SETUP_PY})
    arguments = (folder, "--remove-require", "numpy", "--require", "numpy<2")
    result = adopt(*arguments)
    assert result.exit_code == 0
    written = table(folder)
    assert written["build-system"]["requires"] == ["setuptools", "numpy-extra", TOMLI, "numpy<2"]
    assert written["tool"]["augbackend"]["remove-build-dependencies"] == ["numpy"]
    assert '"setuptools",  # kept' in (folder / "pyproject.toml").read_text()
    assert declared.read(folder, environ={}).values["remove-build-dependencies"] == ("numpy",)
    assert adopt(*arguments).output == f"{folder}: nothing to change\n"


def test_what_was_dropped_does_not_come_back(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["no backend"], "setup.py": SETUP_PY})
    adopt(folder, "--remove-require", "wheel")
    assert adopt(folder, "--remove").exit_code == 0
    assert table(folder) == {"build-system": {"requires": ["setuptools"]}}


TOOLS: dict[str, tuple[dict[str, str], str]] = {
    "pre-commit": ({".pre-commit-config.yaml": "repos: []\n"}, "exclude: ^_augbackend/  # at the top of"),
    "codespell": ({"pyproject.toml": f"{PROJECT}[tool.codespell]\n"}, 'skip = "*_augbackend/*"  # in [tool.codespell]'),
    "codespell's own file": (
        {".codespellrc": "[codespell]\n"},
        "skip = *_augbackend/*  # in [codespell] of .codespellrc",
    ),
    "codespell in setup.cfg": ({"setup.cfg": "[codespell]\nskip = x\n"}, "skip = *_augbackend/*  # in [codespell] of"),
    "pyright": (
        {"pyproject.toml": f"{PROJECT}[tool.pyright]\nenableTypeIgnoreComments = false\n"},
        'ignore = ["_augbackend"]  # in [tool.pyright]',
    ),
    "pyright's own file": ({"pyrightconfig.json": '{"enableTypeIgnoreComments": false}'}, '"ignore": ["_augbackend"]'),
    "pyright complains of it": (
        {"pyproject.toml": f"{PROJECT}[tool.pyright]\nreportUnnecessaryTypeIgnoreComment = true\n"},
        'ignore = ["_augbackend"]  # in [tool.pyright]',
    ),
    "basedpyright": (
        {"pyproject.toml": f"{PROJECT}[tool.basedpyright]\n"},
        'ignore = ["_augbackend"]  # in [tool.basedpyright]',
    ),
    "reuse": ({"LICENSES/Apache-2.0.txt": ""}, "cp _augbackend/augbackend/LICENSE LICENSES/MIT.txt"),
}
QUIET: dict[str, dict[str, str]] = {
    "nothing": {},
    "pyright": {"pyproject.toml": f"{PROJECT}[tool.pyright]\nstrict = ['src']\n"},
    "pyright's own file": {"pyrightconfig.json": "{}"},
    "basedpyright": {"pyproject.toml": f"{PROJECT}[tool.basedpyright]\nignore = ['_augbackend']\n"},
    "reuse": {"LICENSES/MIT.txt": ""},
    "pre-commit": {".pre-commit-config.yaml": "exclude: ^_augbackend/\n"},
    "codespell": {"pyproject.toml": f"{PROJECT}[tool.codespell]\nskip = '*_augbackend/*'\n"},
}


@pytest.mark.parametrize("case", TOOLS)
def test_a_line_for_a_tool_that_the_project_uses(tree: Tree, case: str) -> None:
    files, line = TOOLS[case]
    said = adopt(tree({"pyproject.toml": PROJECT, **files})).output
    assert f"  for tools of this project:\n    {line}" in said


@pytest.mark.parametrize("case", QUIET)
def test_no_line_for_a_tool_that_needs_none(tree: Tree, case: str) -> None:
    assert "for tools" not in adopt(tree({"pyproject.toml": PROJECT, **QUIET[case]})).output


def test_what_git_has_not_is_not_in_an_sdist_of_mesons(tree: Tree) -> None:
    said = adopt(tree({"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "mesonpy"\n'})).output
    assert "meson-python packs what git has committed, so commit before you build one" in said


WORKSPACE: dict[str, str | bytes] = {
    "pyproject.toml": f"{PROJECT}[tool.uv.workspace]\nmembers = ['packages/*']\n",
    "packages/a/pyproject.toml": "[project]\nname = 'a'\n",
    "packages/b/pyproject.toml": "[project]\nname = 'b'\n",
    "other/pyproject.toml": "[project]\nname = 'other'\n",
}


@pytest.mark.parametrize(
    ("first", "second", "named"), [("packages/a", "packages/b", "../a"), ("", "packages/a", "../..")]
)
@pytest.mark.parametrize("reverse", [False, True])
def test_one_copy_in_a_workspace(tree: Tree, first: str, second: str, named: str, reverse: bool) -> None:
    folder = tree(WORKSPACE)
    if reverse:
        first, second, named = second, first, os.path.relpath(second, first or ".")
    assert adopt(folder / first, "--require", "torch").exit_code == 0
    before = content(folder)
    result = adopt(folder / second, "--require", "torch")
    assert (result.exit_code, content(folder)) == (2, before)
    assert f"this workspace has a copy of the backend already, in {named.replace('/', os.sep)} [" in result.output
    assert "--installed" in result.output
    assert adopt(folder / second, "--require", "torch", "--installed").exit_code == 0
    assert adopt(folder / first, "--require", "ninja").exit_code == 0
    assert adopt(folder / "other").exit_code == 0


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("git") is None, reason="it asks git")
@pytest.mark.parametrize(
    ("ignore", "said"),
    [
        ("_*/\n", "git ignores _augbackend/,"),
        ("*.json\n", "git ignores _augbackend/augbackend/copy.json,"),
        ("/*\n!*.toml\n!.gitignore\n", "git ignores _augbackend/,"),
        ("*\n!*.toml\n!.gitignore\n", "git ignores _augbackend/,"),
    ],
)
def test_a_copy_that_git_ignores(tree: Tree, ignore: str, said: str) -> None:
    folder = tree({"pyproject.toml": PROJECT, ".gitignore": ignore})
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    for _ in range(3):
        result = adopt(folder)
        if result.exit_code == 0:
            break
        assert said in result.output
        assert not (folder / "_augbackend").exists()
        with (folder / ".gitignore").open("a") as file:
            file.write(result.output.rstrip().rpartition("then run this again: ")[2].replace("  ", "\n") + "\n")
    subprocess.run([*git, "add", "-A"], check=True)
    tracked = subprocess.run([*git, "ls-files"], check=True, capture_output=True, text=True).stdout.split()
    wanted = [f"_augbackend/augbackend/{name}" for name in backend_copy.for_tree(folder)]
    assert sorted(name for name in tracked if name.startswith("_augbackend/")) == sorted(wanted)


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("git") is None, reason="it asks git")
def test_a_tree_that_git_ignores_is_nobodys_commit(tree: Tree) -> None:
    folder = tree({"sub/pyproject.toml": PROJECT, ".gitignore": "sub/\n"})
    subprocess.run(["git", "-C", str(folder), "init", "-q"], check=True)
    assert adopt(folder / "sub").exit_code == 0


@pytest.mark.processes
def test_a_requirement_that_is_only_asked_for_dynamically_is_dropped_as_well(tree: Tree) -> None:
    folder = tree({"setup.py": "from setuptools import setup\nsetup(name='x', version='1', setup_requires=['cffi'])\n"})
    adopt(folder, "--remove-require", "cffi", "--require", "torch")
    copy = {"PYTHONPATH": str(folder / "_augbackend")}
    answer = run_hook(
        folder, "get_requires_for_build_wheel", {"augbackend.dynamic-requires": "never"}, environ=copy
    ).answer
    assert answer == []


def test_dropping_later(tree: Tree) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["no backend"], "setup.py": SETUP_PY})
    adopt(folder, "--require", "torch")
    adopt(folder, "--remove-require", "wheel")
    assert table(folder)["build-system"]["requires"] == ["setuptools", TOMLI, "torch"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--remove", "--remove-require", "x"], "--remove takes no other option than --dry-run"),
        (["--remove-require", "numpy<2"], "expected only the name of a project, such as 'numpy'"),
        (["--remove-require", "num py"], "num py"),
        (["--require", "to rch"], "to rch"),
        (["--variable", "A"], "expected NAME=VALUE"),
        (["--variable", "=1"], "expected NAME=VALUE"),
        (["--variable", "A=$(x)"], "commands are not run"),
        (["--remove", "--require", "x"], "--remove takes no other option than --dry-run"),
        (["--remove"], "augbackend does not build this tree"),
        (["--check"], "augbackend does not build this tree"),
        (["--check", "--require", "x"], "--check takes no other option"),
        (["--check", "--dry-run"], "--check takes no other option"),
        (["--static"], "--static takes --require and --remove-require alone"),
        (["--static", "--require", "x", "--variable", "A=1"], "--static takes --require and --remove-require alone"),
        (["--static", "--remove"], "--remove takes no other option than --dry-run"),
        (["--remove-variable", "A"], "not declared: A"),
        (["--require", "torch>=2", "--require", "Torch<3"], "'torch>=2' and 'Torch<3'; write them as one"),
        (["--require", "torch==2", "--match-runtime", "torch"], "'torch==2' and 'torch'; write them as one"),
        (["--require", "a; os_name == 'x'", "--match-runtime", "a; os_name == 'y'"], "one project, twice"),
        (["--pin-runtime", "torch=y"], "expected NAME=WIDTH"),
    ],
)
def test_misused(tree: Tree, arguments: list[str], expected: str) -> None:
    folder = tree({"setup.py": SETUP_PY})
    result = adopt(folder, *arguments)
    assert (result.exit_code, content(folder)) == (2, {"setup.py": SETUP_PY.encode()})
    assert expected in result.output


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("backend-path = 5", "found 5, expected a list of strings"),
        ("extra-build-dependencies = 'torch'", "found 'torch', expected a list"),
    ],
)
def test_a_broken_table_is_not_removed_half(tree: Tree, table: str, expected: str) -> None:
    text = f"[build-system]\nrequires = []\nbuild-backend = 'augbackend'\n[tool.augbackend]\n{table}\n"
    folder = tree({"pyproject.toml": text})
    result = adopt(folder, "--remove")
    assert (result.exit_code, expected in result.output) == (2, True)
    assert (folder / "pyproject.toml").read_text() == text


@pytest.mark.parametrize(
    "table", ["setuptools = 3", "setuptools = { packages = 3 }", "setuptools = { packages = { find = 3 } }"]
)
def test_tables_of_others_may_be_broken(tree: Tree, table: str) -> None:
    assert adopt(tree({"pyproject.toml": f"[tool]\n{table}\n", "setup.py": SETUP_PY})).exit_code == 0


def test_installed_after_in_tree(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    result = adopt(folder, "--installed")
    assert (result.exit_code, "run it with --remove first" in result.output) == (2, True)


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_links_out_of_the_tree(tree: Tree, tmp_path: Path) -> None:
    folder = tree({"setup.py": SETUP_PY})
    (tmp_path / "elsewhere").mkdir()
    (folder / "_augbackend").symlink_to(tmp_path / "elsewhere")
    assert "it is a link" in adopt(folder).output
    (folder / "_augbackend").unlink()
    (tmp_path / "pyproject.toml").write_text("")
    (folder / "pyproject.toml").symlink_to(tmp_path / "pyproject.toml")
    assert "it is a link that leads out of the tree" in adopt(folder).output
    assert (tmp_path / "pyproject.toml").read_text() == ""


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_a_link_inside_the_tree_stays_one(tree: Tree) -> None:
    folder = tree({"real.toml": DOCUMENTS["setuptools"]})
    (folder / "pyproject.toml").symlink_to(folder / "real.toml")
    assert adopt(folder).exit_code == 0
    assert (folder / "pyproject.toml").is_symlink()
    assert "augbackend" in (folder / "real.toml").read_text()


def test_a_failed_write_leaves_the_old_file(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree({"pyproject.toml": DOCUMENTS["setuptools"]})

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = adopt(folder)
    assert (result.exit_code, "No space left on device" in result.output) == (2, True)
    assert (folder / "pyproject.toml").read_text() == DOCUMENTS["setuptools"]
    assert not [file for file in folder.iterdir() if file.name.startswith(".pyproject")]


LINES = st.lists(
    st.sampled_from(
        [
            "[build-system]", 'requires = ["a"]', 'requires = [\n  "a", # c\n]', "requires = []", 'build-backend = "x.y"',
            'backend-path = ["be"]', "[tool.a]", "[tool.a.b]", "x = 1", "# comment", "", "[[tool.l]]", "[tool]", "[project]",
            "tool.k = 1", 'extra-build-dependencies = ["z"]', "[tool.augbackend]", "[tool.augbackend.extra-build-variables]",
            'A = "1"', "y = { a = 1 }", "build-system.requires = []",
        ]
    ),
    max_size=8,
)  # fmt: skip


@given(lines=LINES)
def test_any_document_is_edited_faithfully_or_refused(lines: list[str]) -> None:
    text = "\n".join([*lines, ""])
    try:
        old = tomllib.loads(text)
        new_text = adopted_pyproject.adopted(
            text, declaration.of(["torch"], "", (), {"B": "1"}), folder="_augbackend", assumed_requires=["s"]
        )
    except (tomllib.TOMLDecodeError, AugbackendError):
        return
    new = tomllib.loads(new_text)
    assert new["build-system"]["build-backend"] == "augbackend"
    for key in set(old) - {"build-system", "tool"}:
        assert new[key] == old[key]
    for key in set(old.get("tool", {})) - {"augbackend"}:
        assert new["tool"][key] == old["tool"][key]
    if "augbackend" not in old.get("tool", {}):
        restored = adopted_pyproject.restored(new_text)
        assert restored is not None
        assert tomllib.loads(restored) == {key: value for key, value in old.items() if (key, value) != ("tool", {})}


def test_reading_what_was_written(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--require", "torch==2.8.0 ; sys_platform == 'linux'", "--variable", 'Q="quoted"')
    build = declared.read(folder, environ={})
    assert build.values["extra-build-variables"]["Q"].value == '"quoted"'
    assert "torch==2.8.0 ; sys_platform == 'linux'" in build.requires


def test_the_manual_shows_what_is_written(tmp_path: Path) -> None:
    page = PAGES["docs/how-to/your-own-package.md"]
    typed = re.search(r"after\n`augbackend (adopt \. [^`]+)`:\n\n```toml\n(.+?)```", page, re.DOTALL)
    assert typed is not None
    write(tmp_path, {"setup.py": "from setuptools import setup\nsetup(name='x', version='1')\n"})
    words = shlex.split(typed[1])
    words[1] = str(tmp_path)
    assert CliRunner().invoke(group, words).exit_code == 0
    assert (tmp_path / "pyproject.toml").read_text("utf-8") == typed[2]
