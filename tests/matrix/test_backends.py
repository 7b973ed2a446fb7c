"""A wrapped backend builds what it builds on its own, member by member, whoever asks."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from augbackend.cli.edit import backend_copy
from augbackend.table.layers import read_pyproject

from ..conftest import leaving_to_ci
from .frontends import EXE, Frontends, build, pip_editable, pip_wheel, uv_build
from .projects import BACKENDS, GREETING, Form

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.matrix

FRONTENDS = {"pip": pip_wheel, "uv": uv_build, "build": build}
MAKING_SDISTS = ["uv", "build"]
CASES = leaving_to_ci(BACKENDS, ("setuptools-legacy", "hatchling", "uv-build"))


@dataclass
class Builds:
    """What frontends made of the projects, each made once."""

    frontends: Frontends
    folder: Path

    def of(self, frontend: str, backend: str, form: Form) -> Path:
        """The folder with what ``frontend`` builds by default: a wheel, and the sdist that it comes from."""
        project = BACKENDS[backend]
        missing = project.missing_commands()
        if missing:
            pytest.skip(f"{backend} needs {', '.join(missing)}, which this machine does not have")
        out = self.folder / frontend / backend / form
        done = out.with_name(f"{form}.done")
        if not done.exists():
            tree = project.write(self.tree(frontend, backend, form), form)
            FRONTENDS[frontend](self.frontends, tree, out)
            done.touch()
        return out

    def tree(self, frontend: str, backend: str, form: Form) -> Path:
        """The source tree that a build was made from."""
        return self.folder / "trees" / frontend / backend / form


@pytest.fixture(scope="session")
def builds(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Builds:
    return Builds(frontends, tmp_path_factory.mktemp("builds"))


def one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def wheel_members(folder: Path) -> tuple[str, list[tuple[str, bytes]]]:
    """The wheel's name and its members, in their order."""
    wheel = one(folder, "*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return wheel.name, [(name, archive.read(name)) for name in archive.namelist()]


def sdist_members(folder: Path) -> tuple[str, dict[str, bytes]]:
    """The sdist's name and its files, by their names in the tree."""
    sdist = one(folder, "*.tar.gz")
    files = {}
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            if content is not None:
                name = str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))
                assert name not in files, "a member stands in the sdist twice"
                files[name] = content.read()
    return sdist.name, files


def check_sdist(builds: Builds, frontend: str, backend: str, form: Form, tmp_path: Path) -> None:
    """The wrapped form's sdist is the direct one's but for ``pyproject.toml`` and the in-tree backend."""
    name, expected = sdist_members(builds.of("uv", backend, "direct"))
    found_name, found = sdist_members(builds.of(frontend, backend, form))
    pyproject = BACKENDS[backend].pyproject(form).encode()
    assert expected.pop("pyproject.toml") != pyproject
    # Some backends write pyproject.toml anew; what it says stays. uv_build keeps the old text beside it.
    if "pyproject.toml.orig" in expected:
        expected["pyproject.toml.orig"] = pyproject
    assert parsed(found.pop("pyproject.toml"), tmp_path) == parsed(pyproject, tmp_path)
    if form == "in-tree":
        copy = backend_copy.files_in(builds.tree(frontend, backend, form))
        assert "__init__.py" in copy
        expected.update({f"{backend_copy.FOLDER}/augbackend/{name}": content for name, content in copy.items()})
    assert sorted(found) == sorted(expected)
    assert [file for file in found if found[file] != expected[file]] == []
    assert found_name == name


def parsed(pyproject: bytes, folder: Path) -> dict[str, Any]:
    (folder / "pyproject.toml").write_bytes(pyproject)
    return read_pyproject(folder)


# One baseline, made by uv: not only is a wrapped form to be built as the direct one, but the same by each frontend.


@pytest.mark.parametrize("frontend", FRONTENDS)
@pytest.mark.parametrize("backend", CASES)
def test_wheel_is_the_same(builds: Builds, backend: str, frontend: str) -> None:
    direct = wheel_members(builds.of("uv", backend, "direct"))
    assert wheel_members(builds.of(frontend, backend, "in-tree")) == direct


@pytest.mark.parametrize("backend", CASES)
def test_wheel_is_the_same_with_augbackend_installed(builds: Builds, backend: str) -> None:
    direct = wheel_members(builds.of("uv", backend, "direct"))
    assert wheel_members(builds.of("uv", backend, "installed")) == direct


@pytest.mark.parametrize("frontend", MAKING_SDISTS)
@pytest.mark.parametrize("backend", CASES)
def test_sdist_is_the_same_and_the_backend(builds: Builds, backend: str, frontend: str, tmp_path: Path) -> None:
    check_sdist(builds, frontend, backend, "in-tree", tmp_path)


@pytest.mark.parametrize("backend", CASES)
def test_sdist_is_the_same_with_augbackend_installed(builds: Builds, backend: str, tmp_path: Path) -> None:
    check_sdist(builds, "uv", backend, "installed", tmp_path)


@pytest.mark.parametrize("backend", CASES)
def test_unpacked_sdist_builds_the_same_wheel(builds: Builds, backend: str, tmp_path: Path) -> None:
    sdist = one(builds.of("build", backend, "in-tree"), "*.tar.gz")
    builds.frontends.run(sys.executable, "-m", "tarfile", "--extract", str(sdist), str(tmp_path), cwd=tmp_path)
    out = tmp_path / "dist"
    uv_build(builds.frontends, tmp_path / sdist.name[: -len(".tar.gz")], out, "--wheel")
    assert wheel_members(out) == wheel_members(builds.of("uv", backend, "direct"))


@pytest.mark.parametrize("backend", CASES)
def test_editable_installation(builds: Builds, backend: str, tmp_path: Path) -> None:
    direct = dict(wheel_members(builds.of("uv", backend, "direct"))[1])
    tree = BACKENDS[backend].write(tmp_path / "tree", "in-tree")
    python = builds.frontends.environment(tmp_path / "environment")
    pip_editable(builds.frontends, tree, python)
    greet = python.with_name(f"greet{EXE}")
    assert builds.frontends.run(str(greet), cwd=tmp_path).splitlines() == [GREETING]
    (installed,) = (tmp_path / "environment").rglob("greeter-1.0.dist-info")
    for name in ("METADATA", "entry_points.txt"):
        assert (installed / name).exists() == (f"{installed.name}/{name}" in direct)
        assert not (installed / name).exists() or (installed / name).read_bytes() == direct[f"{installed.name}/{name}"]
    assert b'"editable": true' in (installed / "direct_url.json").read_bytes()
    modules = [*tree.glob("greeter.py"), *tree.rglob("greeter/__init__.py")] if BACKENDS[backend].in_place else []
    for module in modules:
        module.write_text(module.read_text(encoding="utf-8").replace(GREETING, "edited"), encoding="utf-8")
        assert builds.frontends.run(str(greet), cwd=tmp_path).splitlines()[-1] == "edited"
