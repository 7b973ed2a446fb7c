"""What other people's tools do to a copy, by default and as strict as they can be: they say nothing, and change nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from augbackend import features
from augbackend.cli.edit import backend_copy

from ..conftest import ROOT, write
from ..matrix.frontends import BuildFailedError, Frontends

pytestmark = pytest.mark.builds

SPDX = "# SPDX-FileCopyrightText: 2026 The owner\n# SPDX-License-Identifier: MIT\n"
FILES: dict[str, str | bytes] = {
    "src/plain/__init__.py": f'{SPDX}"""Plain."""\n\nVALUE = 1\n',
    "src/plain/py.typed": "",
    "src/plain/py.typed.license": SPDX,
    "MANIFEST.in": f"{SPDX}recursive-include LICENSES *.txt\nglobal-include .gitignore *.license\n",
    ".gitignore": f"{SPDX}*.egg-info\n",
    "pyproject.toml": f"""\
{SPDX}[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "plain"
version = "1"

[tool.basedpyright]
ignore = ["_augbackend"]
""",
}
CONFIGURATION = """\
exclude: ^_augbackend/
repos:
  - repo: local
    hooks:
      - {id: upgrade, name: upgrade, language: system, types: [python], entry: PYUPGRADE --py310-plus}
      - {id: spell, name: spell, language: system, entry: CODESPELL --builtin clear,rare,informal,usage,code,names,en-GB_to_en-US}
"""

# As it is run by hand, and with every rule. `FILES` are those of the copy, one by one.
QUIET = [
    "ruff check .",
    "ruff check --select ALL --preview FILES",
    "ruff check --select ALL --preview --fix --unsafe-fixes FILES",
    "ruff format --check .",
    "ruff format FILES",
    "flake8 .",
    "flake8 --max-complexity 3 --max-doc-length 60 FILES",
    "black --check .",
    "black --line-length 60 --preview FILES",
    "isort .",
    "isort --line-length 60 --force-single-line FILES",
    "mypy .",
    "mypy --strict --warn-unused-ignores --enable-error-code ignore-without-code --disallow-any-expr FILES",
    "basedpyright",
    "basedpyright FILES",
    "pylint src/plain _augbackend/augbackend",
    "pylint --load-plugins=pylint.extensions.docparams --enable=all --disable=file-ignored FILES",
    "codespell .",
    "codespell --skip=*_augbackend/* --builtin clear,rare,informal,usage,code,names,en-GB_to_en-US FILES",
    "reuse lint",
    "autopep8 --in-place --aggressive FILES",
    "yapf --in-place FILES",
    "autoflake --in-place --remove-all-unused-imports FILES",
]


def git(tree: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
    return subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def adopted(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed tree with the whole backend in it. Its own files have nothing to complain about."""
    tree = write(tmp_path_factory.mktemp("linters") / "tree", FILES)
    (tree / "LICENSES").mkdir()
    (tree / "LICENSES" / "MIT.txt").write_bytes((ROOT / "LICENSE").read_bytes())
    git(tree, "init", "-q")
    keys = [word for key in features.known_keys() for word in ("--feature", key)]
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), "--require", "numpy", *keys, cwd=ROOT)
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "x")
    return tree


@pytest.mark.parametrize("line", QUIET)
def test_says_and_changes_nothing(frontends: Frontends, adopted: Path, names: list[str], line: str) -> None:
    program, *words = line.split()
    command = [frontends.program(program), *(more for word in words for more in (names if word == "FILES" else [word]))]
    try:
        said = frontends.run(*command, cwd=adopted)
    except BuildFailedError as error:
        said = str(error).partition("\n")[2]
        assert "FILES" not in words, said
    assert backend_copy.FOLDER not in said
    assert git(adopted, "status", "--porcelain", "--untracked-files=no") == ""


def test_reuse_finds_a_licence_in_every_file(frontends: Frontends, adopted: Path) -> None:
    frontends.run(frontends.program("reuse"), "lint", cwd=adopted)


def test_check_manifest(frontends: Frontends, adopted: Path) -> None:
    said = frontends.run(frontends.program("check-manifest"), cwd=adopted)
    assert said == "lists of files in version control and sdist match\n"


def test_pre_commit_with_the_line_that_adopt_prints(frontends: Frontends, adopted: Path, tmp_path: Path) -> None:
    tree = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(adopted), str(tree)], check=True)
    configuration = CONFIGURATION
    for name in ("pyupgrade", "codespell"):
        configuration = configuration.replace(name.upper(), frontends.program(name))
    (tree / ".pre-commit-config.yaml").write_text(configuration, encoding="utf-8")
    said = frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), "--require", "scipy", cwd=ROOT)
    assert "exclude: ^_augbackend/" not in said  # it is there
    git(tree, "add", "-A")
    frontends.run(frontends.program("pre-commit"), "run", "--all-files", cwd=tree)
