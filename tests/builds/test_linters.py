"""What linters and type checkers say of a tree with the backend in it, as they are by default: nothing of the copy.

More of them, and as strict as they can be, are in ``tests/linters``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from augbackend.cli.edit import backend_copy

from ..conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from ..matrix.frontends import Frontends

pytestmark = pytest.mark.builds

# pyright's own package wants npm. This one has pyright in it, and does as pyright does by default when it is told this.
PYPROJECT = """
[project]
name = "plain"
version = "1"

[tool.basedpyright]
typeCheckingMode = "standard"
enableTypeIgnoreComments = true
"""


@pytest.fixture(scope="module")
def adopted(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree whose own files have nothing to complain about."""
    tree = tmp_path_factory.mktemp("linters") / "tree"
    tree.mkdir()
    (tree / "plain.py").write_text("x: int = 1\n", encoding="utf-8")
    (tree / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    options = ("--require", "numpy", "--variable", "A=1", "--feature", "jobs")
    frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), *options, cwd=ROOT)
    assert (tree / backend_copy.FOLDER).is_dir()
    return tree


def test_ruff_leaves_files_alone_that_are_named_to_it(frontends: Frontends, adopted: Path) -> None:
    copy = adopted / backend_copy.FOLDER
    before = {file: file.read_bytes() for file in copy.rglob("*.py")}
    ruff, files = frontends.program("ruff"), [*map(str, before)]
    said = frontends.run(ruff, "check", "--select", "ALL", "--fix", "--unsafe-fixes", *files, cwd=adopted)
    assert said.splitlines()[-1] == "All checks passed!"
    frontends.run(ruff, "format", *files, cwd=adopted)
    assert {file: file.read_bytes() for file in copy.rglob("*.py")} == before


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "."), ("basedpyright",)],
    ids=" ".join,
)
def test_a_copy_is_not_theirs(frontends: Frontends, adopted: Path, arguments: tuple[str, ...]) -> None:
    program = frontends.program(arguments[0])
    said = frontends.run(program, *arguments[1:], cwd=adopted)
    assert backend_copy.FOLDER not in said
