"""The project builds itself with itself, in-tree; and the lists of what it ships are what they should be."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.cli.edit import backend_copy

from ..conftest import ROOT
from ..matrix import frontends as run
from ..matrix.frontends import Frontends

pytestmark = pytest.mark.builds

BACKEND = sorted(file.name for file in (ROOT / "augbackend").glob("*.py"))
ROWS = "augbackend/knowledge/rows.toml"


@pytest.fixture(scope="module")
def dist(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist and the wheel of a fresh clone, built by ``python -m build``."""
    folder = tmp_path_factory.mktemp("self")
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    run.build(frontends, clone, folder / "dist")
    return folder / "dist"


def test_wheel(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = archive.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    top = {name.partition("/")[2] for name in names if name.count("/") == 1 and name.startswith("augbackend/")}
    assert top == {*BACKEND, "py.typed"}
    assert ROWS in names
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if not name.startswith(("augbackend/", "augbackend-"))]
    assert "augbackend=augbackend.cli:main" in entry_points.replace(" ", "")


def test_sdist(dist: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {ROWS, *(f"augbackend/{name}" for name in BACKEND)} <= set(names)
    assert {
        "pyproject.toml",
        "LICENSE",
        "CHANGELOG.md",
        "tox.ini",
        "toxfile.py",
        "tests/conftest.py",
        ".ci/run",
        "PKG-INFO",
    } <= set(names)
    assert {"CONTRIBUTING.md", "SECURITY.md", "docs/conf.py", "docs/index.md"} <= set(names)
    assert "examples/legacy-setup-py/_augbackend/augbackend/errors.py" in names
    assert len(names) == len(set(names))
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_adopt_from_the_installed_wheel(frontends: Frontends, dist: Path, tmp_path: Path) -> None:
    """As a user has it: the copy comes out of site-packages, licence included."""
    (wheel,) = dist.glob("*.whl")
    python = frontends.environment(tmp_path / "environment")
    frontends.install(tmp_path / "environment", f"augbackend[cli] @ {wheel.as_uri()}")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "setup.py").write_text("from setuptools import setup\nsetup(name='p', version='1')\n")
    frontends.run(str(python), "-m", "augbackend.cli", "adopt", str(tree), cwd=tmp_path)
    copied = backend_copy.files_in(tree)
    assert sorted(copied) == sorted(backend_copy.for_tree(tree))
    assert copied["LICENSE"] == (ROOT / "LICENSE").read_bytes()
    run.pip_wheel(frontends, tree, tmp_path / "out")


def test_without_its_extra_the_command_line_says_what_to_install(
    frontends: Frontends, dist: Path, tmp_path: Path
) -> None:
    (wheel,) = dist.glob("*.whl")
    frontends.environment(tmp_path / "environment")
    frontends.install(tmp_path / "environment", str(wheel))
    command = str(tmp_path / "environment" / run.BIN / f"augbackend{run.EXE}")
    with pytest.raises(run.BuildFailedError, match=r'hint: uv pip install .* "augbackend\[cli\] @ file:') as caught:
        frontends.run(command, cwd=tmp_path)
    assert "Traceback" not in str(caught.value)


def test_the_example_carries_the_backend_of_today() -> None:
    example = ROOT / "examples" / "legacy-setup-py"

    assert backend_copy.is_current(example, backend_copy.for_tree(example)), (
        "run: augbackend adopt examples/legacy-setup-py"
    )
