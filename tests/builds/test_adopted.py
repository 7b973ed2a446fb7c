"""A repository's owner adopts the backend: every frontend builds what it built before, and there is a way back."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from augbackend.cli.edit import backend_copy
from augbackend.table.layers import read_pyproject

from ..conftest import ROOT, leaving_to_ci
from ..matrix.frontends import BIN, EXE, Frontends, build, pip_editable, pip_wheel, uv_build
from . import fake_torch
from .repositories import REPOSITORIES, Repository, commit

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(not (shutil.which("git") and shutil.which("cc")), reason="they are repositories, some with C"),
]
KINDS = leaving_to_ci(REPOSITORIES, ("versioneer", "hatchling-hook", "uv-workspace"))


@dataclass
class Adopted:
    """A repository before and after.

    :param direct: the folder with sdist and wheel of the repository as it was.
    :param origin: the repository, adopted and committed.
    """

    repository: Repository
    direct: Path
    origin: Path

    def clone(self, place: Path) -> Path:
        """What another developer has: only what was committed. Returns the project in it."""
        subprocess.run(["git", "clone", "-q", str(self.origin), str(place)], check=True)
        return place / self.repository.folder


def adopt(frontends: Frontends, tree: Path, *options: str) -> str:
    return frontends.run(sys.executable, "-m", "augbackend.cli", "adopt", str(tree), *options, cwd=ROOT)


@pytest.fixture(scope="module")
def adopted(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Adopted]:
    """Each repository once; each test clones it."""
    fake_torch.make(frontends.wheels, "2.8.0")
    made: dict[str, Adopted] = {}

    def of(kind: str) -> Adopted:
        if kind not in made:
            repository = REPOSITORIES[kind]
            place = tmp_path_factory.mktemp(kind)
            before = repository.make(place / "direct", direct=True)
            uv_build(frontends, before / repository.folder, place / "dist")
            origin = repository.make(place / "origin")
            adopt(frontends, origin / repository.folder, *repository.options)
            commit(origin)
            made[kind] = Adopted(repository, place / "dist", origin)
        return made[kind]

    return of


def wheel(folder: Path) -> tuple[str, dict[str, bytes]]:
    """The wheel's name and its members; of what was compiled, only the names, and RECORD's names."""
    (found,) = folder.glob("*.whl")
    with ZipFile(found) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in [name for name in members if name.endswith((".so", ".pyd"))]:
        members[name] = b""
    (record,) = (name for name in members if name.endswith(".dist-info/RECORD"))
    members[record] = b"\n".join(sorted(line.partition(b",")[0] for line in members[record].splitlines()))
    return found.name, members


def sdist(folder: Path) -> tuple[str, dict[str, bytes]]:
    """The sdist's name and its files, by their names in the tree."""
    (found,) = folder.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        files = [(one.name.partition("/")[2], archive.extractfile(one)) for one in archive.getmembers()]
        members = [(name, content.read()) for name, content in files if content]
    assert len(dict(members)) == len(members), "a member stands in the sdist twice"
    return found.name, dict(members)


def check_sdist(one: Adopted, folder: Path) -> None:
    """It is the one of before, and the copy, and what ``adopt`` wrote."""
    name, before = sdist(one.direct)
    found, after = sdist(folder)
    tree = one.origin / one.repository.folder
    copied = backend_copy.folder_of(read_pyproject(tree)) or ""
    copy = {f"{copied}/augbackend/{file}": text for file, text in backend_copy.files_in(tree, copied).items()}
    assert copy.items() <= after.items()
    ours = {*copy, "pyproject.toml", "MANIFEST.in", "pyproject.toml.orig"}
    lists = {file for file in before if file.endswith("SOURCES.txt")}  # setuptools' own list of files
    assert {*after} - ours == {*before} - ours
    assert [file for file in before if file not in ours | lists and after[file] != before[file]] == []
    assert found == name


@pytest.mark.parametrize("kind", KINDS)
def test_pip_builds_the_same_wheel(
    frontends: Frontends, adopted: Callable[[str], Adopted], kind: str, tmp_path: Path
) -> None:
    one = adopted(kind)
    pip_wheel(frontends, one.clone(tmp_path / "clone"), tmp_path / "dist")
    assert wheel(tmp_path / "dist") == wheel(one.direct)


@pytest.mark.parametrize("kind", KINDS)
def test_uv_builds_the_same_wheel_from_an_sdist(
    frontends: Frontends, adopted: Callable[[str], Adopted], kind: str, tmp_path: Path
) -> None:
    one = adopted(kind)
    uv_build(frontends, one.clone(tmp_path / "clone"), tmp_path / "dist")
    check_sdist(one, tmp_path / "dist")
    assert wheel(tmp_path / "dist") == wheel(one.direct)


@pytest.mark.parametrize("kind", KINDS)
def test_build_makes_the_same_sdist(
    frontends: Frontends, adopted: Callable[[str], Adopted], kind: str, tmp_path: Path
) -> None:
    one = adopted(kind)
    build(frontends, one.clone(tmp_path / "clone"), tmp_path / "dist", "--sdist")
    check_sdist(one, tmp_path / "dist")


@pytest.mark.parametrize("kind", KINDS)
def test_editable(frontends: Frontends, adopted: Callable[[str], Adopted], kind: str, tmp_path: Path) -> None:
    one = adopted(kind)
    tree = one.clone(tmp_path / "clone")
    if one.repository.workspace:
        frontends.run("uv", "sync", "--quiet", "--python", sys.executable, cwd=tmp_path / "clone")
        python = tmp_path / "clone" / ".venv" / BIN / f"python{EXE}"
    else:
        python = frontends.environment(tmp_path / "environment")
        pip_editable(frontends, tree, python)
    program = f"import {one.repository.package} as it; print(it.value())"
    assert frontends.run(str(python), "-c", program, cwd=tmp_path).split() == [one.repository.value]


@pytest.mark.parametrize("kind", KINDS)
def test_the_way_back(frontends: Frontends, kind: str, tmp_path: Path) -> None:
    repository = REPOSITORIES[kind]
    top = repository.make(tmp_path / "repository")
    tree = top / repository.folder
    adopt(frontends, tree, *repository.options)
    assert "nothing to change" in adopt(frontends, tree, *repository.options)
    adopt(frontends, tree, "--remove")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=top, check=True, capture_output=True, text=True)
    assert status.stdout == ""
