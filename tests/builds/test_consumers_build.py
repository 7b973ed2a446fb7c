"""What `augbackend wrap` leaves beside a project is no part of the project's own wheel, and need not be of its sdist."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..cli.archives import sdist, wrapped
from ..conftest import leaving_to_ci, write
from ..matrix.frontends import Frontends, uv_build

pytestmark = pytest.mark.builds

PROJECT = '[project]\nname = "greeter"\nversion = "1.0"\ndescription = "Greets."\ndependencies = ["demo==1.0"]\n'
TABLES = '[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\n'
MODULE = {"greeter.py": "x = 1\n"}
PACKAGE = {"greeter/__init__.py": "x = 1\n"}
IN_SRC = {"src/greeter/__init__.py": "x = 1\n"}
MESON = "project('greeter', version: '1.0')\nimport('python').find_installation().install_sources('greeter.py')\n"
BY_SCM = PROJECT.replace('version = "1.0"', 'dynamic = ["version"]') + "[tool.setuptools_scm]\n"
FIND = '[tool.setuptools.packages.find]\nwhere = ["."]\n'


@dataclass(frozen=True)
class Consumer:
    """A project.

    :param grows: whether its sdist would hold the archives.
    """

    backend: str
    requires: str
    files: dict[str, str]
    rest: str = PROJECT
    grows: bool = False


SETUPTOOLS = "setuptools.build_meta"
CONSUMERS = {
    "setuptools": Consumer(SETUPTOOLS, "setuptools", PACKAGE),
    "setuptools, src": Consumer(SETUPTOOLS, "setuptools", IN_SRC),
    "setuptools, find": Consumer(SETUPTOOLS, "setuptools", PACKAGE, PROJECT + FIND),
    "setuptools, module": Consumer(SETUPTOOLS, "setuptools", MODULE),
    "setuptools-scm": Consumer(SETUPTOOLS, 'setuptools", "setuptools-scm', PACKAGE, BY_SCM + FIND, grows=True),
    "MANIFEST.in": Consumer(SETUPTOOLS, "setuptools", {**MODULE, "MANIFEST.in": "graft .\n"}, grows=True),
    "hatchling": Consumer("hatchling.build", "hatchling", PACKAGE, grows=True),
    "flit": Consumer("flit_core.buildapi", "flit_core", PACKAGE),
    "poetry-core": Consumer("poetry.core.masonry.api", "poetry-core", PACKAGE),
    "pdm-backend": Consumer("pdm.backend", "pdm-backend", PACKAGE),
    "uv_build": Consumer("uv_build", "uv_build", IN_SRC),
    "meson-python": Consumer("mesonpy", "meson-python", {**MODULE, "meson.build": MESON}, grows=True),
    "scikit-build-core": Consumer(
        "scikit_build_core.build",
        "scikit-build-core",
        PACKAGE,
        PROJECT + "[tool.scikit-build]\nwheel.cmake = false\n",
        grows=True,
    ),
}


def commit(tree: Path) -> None:
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.org")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "x"), ("tag", "-f", "v1.0")):
        subprocess.run([*git, *command], cwd=tree, check=True, capture_output=True)


def built(frontends: Frontends, tree: Path, place: Path, kind: str) -> list[str]:
    """The names of what the project's own backend puts into a wheel or an sdist."""
    copy = shutil.copytree(tree, place / "copy")
    uv_build(frontends, copy, place / "out", f"--{kind}")
    if kind == "wheel":
        (wheel,) = (place / "out").glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return sorted(archive.namelist())
    (archive_of_sources,) = (place / "out").glob("*.tar.gz")
    with tarfile.open(archive_of_sources) as tar:
        return sorted(one.name for one in tar if one.isreg())


@pytest.mark.parametrize("name", leaving_to_ci(CONSUMERS, ("setuptools", "setuptools-scm", "hatchling")))
def test_a_consumer(frontends: Frontends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    consumer, tree = CONSUMERS[name], tmp_path / "tree"
    system = f'[build-system]\nrequires = ["{consumer.requires}"]\nbuild-backend = "{consumer.backend}"\n'
    write(tree, {**consumer.files, "pyproject.toml": system + consumer.rest + TABLES})
    commit(tree)
    before = {kind: built(frontends, tree, tmp_path / f"before-{kind}", kind) for kind in ("wheel", "sdist")}
    monkeypatch.setenv("PIP_FIND_LINKS", str(sdist(tmp_path / "links").parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tree)
    said = wrapped().stdout
    commit(tree)
    assert built(frontends, tree, tmp_path / "wheel", "wheel") == before["wheel"]
    grown = [one for one in built(frontends, tree, tmp_path / "sdist", "sdist") if one not in before["sdist"]]
    assert bool(grown) == consumer.grows == ("to leave it out, add to" in said), said
    if not grown:
        return
    _, _, advice = said.partition("to leave it out, add to ")
    file, *lines = advice.partition("\n\n")[0].split("\n")
    with (tree / file.removesuffix(":")).open("a") as stream:
        stream.write("".join(f"{line.strip()}\n" for line in lines))
    commit(tree)
    left = [one for one in built(frontends, tree, tmp_path / "cured", "sdist") if one not in before["sdist"]]
    assert not any("wrapped.d" in one for one in left)
    assert "to leave it out" not in wrapped().stdout
