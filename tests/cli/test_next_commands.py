"""What `wrap` prints to be run next follows from the project: what its sources reach, and what they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..conftest import write
from .archives import report, sdist, wrap, wrapped
from .test_wrap_project import NINJA, PROJECT, archive, here, locked, project, uv_lock, uv_sources

__all__ = ["here"]  # a fixture

SCRIPTS = '\n[project.scripts]\napp = "app:main"\n'
MID = PROJECT.replace("demo==1.0", "mid") + SCRIPTS
OURS = '[tool.augbackend.packages.demo]\nextra-build-dependencies = ["ninja"]\n'
LOCK = uv_lock(locked())
WITH = ["uv tool install . --with ./wrapped.d/demo-1.0.tar.gz", "uvx --from . --with ./wrapped.d/demo-1.0.tar.gz app"]
PIP = "pip install . ./wrapped.d/demo-1.0.tar.gz"


def commands(*arguments: str) -> list[str]:
    found: list[str] = report(*arguments)["commands"]
    return found


def test_a_direct_dependency(here: Path) -> None:
    project(here, PROJECT + SCRIPTS + NINJA)
    assert commands() == ["uv sync", "uv tool install .", "uvx --from . app", PIP]
    assert "only a dependency" not in wrapped().output
    # A constraint beside a source would be another URL to uv as soon as the project is moved.
    assert commands("--constraints", "c.txt") == [
        "uv sync", "uv tool install .", "uvx --from . app", "pip install -c c.txt .",
    ]  # fmt: skip


def test_a_dependency_by_a_url(here: Path) -> None:
    """pip takes what the project's metadata names, whatever archive is beside it."""
    url = (here.parent / "links" / "demo-1.0.tar.gz").as_uri()
    project(here, PROJECT.replace("demo==1.0", f"demo @ {url}") + SCRIPTS + NINJA)
    assert commands() == ["uv sync", "uv tool install .", "uvx --from . app"]


def test_a_transitive_one(here: Path) -> None:
    project(here, MID + NINJA, LOCK)
    found = wrapped().output
    assert "demo: only a dependency asks for it, and uv's sources do not reach that; --constraints FILE" in found
    assert "pip compiles an archive that is given by its path every time" in found
    assert commands() == ["uv sync", *WITH, PIP]
    found = wrapped("--constraints", "c.txt").output
    assert "; --constraints" not in found
    assert "pip compiles" not in found
    assert commands("--constraints", "c.txt") == [
        "uv sync", "uv tool install . -c c.txt", "uvx --from . -c c.txt app", "pip install -c c.txt .",
        "uv pip install -c c.txt .",
    ]  # fmt: skip


def test_a_transitive_one_that_only_our_table_names(here: Path) -> None:
    project(here, MID + OURS + "[tool.uv]\n", LOCK)
    assert 'demo: for uv sync, add "demo" to tool.uv.constraint-dependencies' in wrapped().output
    assert commands() == [*WITH, PIP]
    project(here, MID + OURS + '[tool.uv]\nconstraint-dependencies = ["Demo"]\n', LOCK)
    assert "for uv sync, add" not in wrapped().output
    assert commands() == ["uv sync", *WITH, PIP]


def test_a_transitive_one_in_a_version_that_nobody_says(here: Path) -> None:
    project(here, MID + NINJA)
    found = wrapped().output
    assert "demo: only a dependency asks for it, in a version that is not known here; lock the project" in found
    assert "augbackend wrap demo==2.0" in found
    assert commands() == []
    assert commands("demo==1.0") == ["uv sync", *WITH, PIP]


def test_direct_and_transitive(here: Path) -> None:
    sdist(here.parent / "links", name="other")
    text = PROJECT.replace('"torch', '"mid", "torch') + SCRIPTS + NINJA + 'other = ["ninja"]\n'
    project(here, text, uv_lock(locked(), locked(name="other")))
    with_other = "--with ./wrapped.d/other-1.0.tar.gz"
    for arguments in ((), ("--constraints", "c.txt")):
        assert commands(*arguments)[1:3] == [f"uv tool install . {with_other}", f"uvx --from . {with_other} app"]


def test_dynamic_dependencies_are_known_from_the_lock(here: Path) -> None:
    text = f'[project]\nname = "app"\nversion = "1"\ndynamic = ["dependencies"]\n{SCRIPTS}{NINJA}'
    own: dict[str, Any] = {"name": "app", "version": "1", "source": {"editable": "."}}
    project(here, text, uv_lock(locked(), {**own, "dependencies": [{"name": "demo"}]}))
    assert commands()[:2] == ["uv sync", "uv tool install ."]
    project(here, text, uv_lock(locked(), {**own, "dependencies": [{"name": "mid"}]}))
    assert commands()[1:3] == WITH


def workspace(here: Path, dependency: str, root: str = "") -> None:
    members = '[tool.uv.workspace]\nmembers = ["packages/*"]\n'
    member = f'[project]\nname = "member"\nversion = "1"\ndependencies = ["{dependency}"]\n{SCRIPTS}'
    project(here, root + members + NINJA, LOCK)
    write(here, {"packages/member/pyproject.toml": member})


def test_a_workspace(here: Path) -> None:
    workspace(here, "demo==1.0")
    assert commands() == [
        "uv sync --all-packages", "uv tool install ./packages/member", "uvx --from ./packages/member app",
    ]  # fmt: skip
    workspace(here, "mid", root='[project]\nname = "root"\nversion = "1"\n')
    assert commands() == ["uv sync", *(one.replace(" . ", " ./packages/member ") for one in WITH)]


def test_a_dependency_of_a_group_only(here: Path) -> None:
    project(here, '[dependency-groups]\ndev = ["demo==1.0"]\n' + NINJA)
    assert commands() == ["uv sync"]
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}


@pytest.mark.parametrize("table", [NINJA, OURS])
def test_a_recipe_folder(here: Path, table: str) -> None:
    file = project(here, table).joinpath("pyproject.toml")
    before = file.read_bytes()
    assert commands("demo==1.0") == [f"{name} install ./wrapped.d/demo-1.0.tar.gz" for name in ("pip", "uv pip")]
    assert commands() == [f"{name} install ./wrapped.d/demo-2.0.tar.gz" for name in ("pip", "uv pip")]
    assert file.read_bytes() == before
    assert wrapped("--check").exit_code == 0
    assert "it has no [project] table" in wrap("--sources").output


@pytest.mark.parametrize(
    "files",
    [{"setup.py": ""}, {"setup.cfg": ""}],
)
def test_a_folder_that_is_a_package_without_a_project_table(here: Path, files: dict[str, str]) -> None:
    project(here, OURS, **files)
    assert "only a dependency asks for it" in wrapped().output
    project(here, OURS + "[tool.poetry]\nname = 'app'\n[tool.poetry.dependencies]\ndemo = '1.0'\n")
    assert commands() == [PIP]


def test_sources_of_a_project_that_does_not_speak_of_uv(here: Path) -> None:
    file = project(here, PROJECT + SCRIPTS + OURS).joinpath("pyproject.toml")
    before = file.read_bytes()
    assert (commands(), uv_sources(here)) == ([PIP], None)
    assert commands("--no-sources") == [PIP]
    assert commands("--sources") == ["uv sync", "uv tool install .", "uvx --from . app", PIP]
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}
    assert commands()[0] == "uv sync"
    wrapped("--remove")
    assert file.read_bytes() == before
    assert wrap("--remove", "--sources").exit_code == 2


def test_versions_of_a_transitive_one_that_markers_tell_apart(here: Path) -> None:
    forks = {"1.0": "os_name == 'nt'", "1.1": "os_name != 'nt'"}
    packages: list[dict[str, Any]] = [locked(one) for one in forks]
    lock = uv_lock(*({**one, "resolution-markers": [forks[one["version"]]]} for one in packages))
    project(here, MID + NINJA, lock)
    assert commands() == ["uv sync"]  # two versions by their paths would be a conflict
    assert "uv tool install . -c c.txt" in commands("--constraints", "c.txt")
    assert archive(here, "1.1").is_file()
