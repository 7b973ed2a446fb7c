"""What `augbackend wrap` says in the end: what is to be committed, what git leaves out, what is misspelt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ..conftest import write
from .archives import report, sdist, wrap, wrapped
from .test_wrap import git
from .test_wrap_failures import TABLE
from .test_wrap_project import PROJECT, locked, project, uv_lock

pytestmark = pytest.mark.usefixtures("no_index")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIP_FIND_LINKS", str(sdist(tmp_path / "links", {"data": os.urandom(200_000)}).parent))
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return project(folder, PROJECT + TABLE + 'demo = ["ninja"]\n')


@pytest.mark.processes
def test_what_git_ignores(here: Path) -> None:
    git(here, "init", "-q")
    marker = here.parent / "ran"
    git(here, "config", "core.fsmonitor", f"touch {marker}")
    write(here, {".gitignore": "*.tar.gz\n"})
    found = wrapped()
    size = (here / "wrapped.d" / "demo-1.0.tar.gz").stat().st_size / 1e6
    assert f"commit these:\n  wrapped.d/demo-1.0.tar.gz  ({size:.1f} MB)\n  git ignores wrapped.d/demo" in found.stdout
    assert "git add --force wrapped.d/demo-1.0.tar.gz" in found.stdout
    assert report()["ignored-by-git"] == ["wrapped.d/demo-1.0.tar.gz"]
    assert not marker.exists()
    write(here, {".gitignore": ""})
    assert report()["ignored-by-git"] == []
    assert "commit these" not in wrapped().output  # nothing was written


@pytest.mark.processes
def test_a_broken_repository(here: Path) -> None:
    write(here, {".git": "gitdir: nowhere\n"})
    assert report()["ignored-by-git"] == []


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("extra-build-dependancies", "extra-build-dependencies"),
        ("extra_build_dependencies", "extra-build-dependencies"),
        ("extra-build-variable", "extra-build-variables"),
        ("dependency-metdata", "dependency-metadata"),
    ],
)
@pytest.mark.parametrize("others", ["", '[tool.uv.config-settings-package]\ndemo = { a = "b" }\n'])
def test_a_misspelt_table(here: Path, found: str, meant: str, others: str) -> None:
    before = project(here, f'{PROJECT}[tool.uv.{found}]\ndemo = ["ninja"]\n{others}').joinpath("pyproject.toml")
    text = before.read_text()
    said = wrap()
    assert (said.exit_code, f"tool.uv.{found}: uv has no such table; is {meant} meant?" in said.output) == (2, True)
    assert before.read_text() == text


def test_tables_of_uvs_with_similar_names(here: Path) -> None:
    more = "dev-dependencies = []\noverride-dependencies = []\nconfig-settings = {}\nconstraint-dependencies = []\n"
    project(here, PROJECT + "[tool.uv]\n" + more + TABLE + 'demo = ["ninja"]\n')
    wrapped()


def test_the_lock_after_remove(here: Path) -> None:
    wrapped()
    assert "uv lock" not in wrapped("--remove").output
    wrapped()
    (here / "uv.lock").write_text(uv_lock(locked(source={"path": "wrapped.d/demo-1.0.tar.gz"})))
    assert wrapped("--remove").output.endswith("next:\n  uv lock\n")
    assert "uv lock" not in wrap("--remove").output


def test_a_version_that_only_the_user_knows(here: Path, tmp_path: Path) -> None:
    """uv's builds do not see what is installed, so that its bare command would build against another version."""
    write(here, {"pyproject.toml": ""})
    place = "./wrapped.d/demo-1.0.tar.gz"
    found = wrapped("demo==1.0", "--match-runtime", "torch", "--match-runtime", "numpy").output
    versions = "torch==<yours>,numpy==<yours>"
    assert f"uv pip install -C augbackend.match-runtime={versions} {place}\n" in found
    assert f"next:\n  pip install {place}\n" in found
    assert "  uv pip" not in found
    assert report("demo==1.0", "--match-runtime", "torch")["commands"] == [f"pip install {place}"]
    lock = write(tmp_path, {"lock/requirements.txt": "torch==2.8.0\n"}) / "lock" / "requirements.txt"
    assert "<yours>" not in wrapped("demo==1.0", "--match-runtime", "torch", "--lock", lock).output
    assert len(report("demo==1.0", "--match-runtime", "torch", "--lock", lock)["commands"]) == 2


@pytest.mark.processes
def test_what_would_be_in_the_projects_own_sdist(here: Path) -> None:
    system = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    project(here, PROJECT + TABLE + 'demo = ["ninja"]\n' + system)
    text = 'add to pyproject.toml:\n  [tool.hatch.build.targets.sdist]\n  exclude = ["/wrapped.d"]\n\ncommit these:'
    assert text in wrapped().output
    assert "to leave it out" not in wrapped("--check").output
    git(here, "init", "-q")
    write(here, {".gitignore": "*.tar.gz\n"})  # which hatchling obeys
    assert "to leave it out" not in wrapped().output
