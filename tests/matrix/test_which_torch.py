"""No frontend gives a wheel that was built with one torch to somebody who runs another, without a word."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import torches
from .frontends import BIN, EXE, Frontends
from .torches import FRONTENDS, NEWEST, OLDER, OTHER_INDEXES, Scene, World, outcome

pytestmark = pytest.mark.matrix


@dataclass(frozen=True)
class State:
    """What is known of torch, and where; as in :class:`.torches.Scene`."""

    is_locked: bool = False
    beside: str = ""
    there: str = ""
    told: str = ""


STATES = {
    "locked": State(is_locked=True, beside="torch>=2.7"),
    "installed": State(there=OLDER),
    "both": State(beside=f"torch=={OLDER}"),  # asked for at once, in an empty environment
    "told": State(beside=f"torch=={OLDER}", told=f"torch=={OLDER}"),
    "nothing": State(),
}

# The torch that the extension then runs with; "objects": the resolver; "refused": we. "own": no such state, since the
# environment is of the frontend's own making. Without isolation, an empty environment has nothing to build with; build
# and poetry have wheels made without asking first what they will require.
TABLE = """\
frontend             locked   installed  both     told     nothing
pip                  2.8.0    2.8.0      objects  2.8.0    2.9.0
pip-in-venv          2.8.0    2.9.0      objects  2.8.0    2.9.0
pip-no-isolation     refused  2.8.0      refused  refused  refused
build                2.8.0    refused    refused  2.8.0    refused
pipx                 2.8.0    2.8.0      objects  2.8.0    2.9.0
tox                  2.8.0    2.9.0      objects  2.8.0    2.9.0
uv-pip               2.8.0    2.9.0      objects  2.8.0    2.9.0
uv-pip-no-isolation  refused  2.8.0      refused  refused  refused
uv-sync              2.8.0    2.9.0      objects  2.8.0    2.9.0
uv-tool              2.8.0    own        objects  2.8.0    2.9.0
poetry               2.8.0    refused    objects  2.8.0    refused
pdm                  2.8.0    2.8.0      objects  2.8.0    2.9.0
"""
HEAD, *ROWS = [line.split() for line in TABLE.splitlines()]
CELLS = [(row[0], state, cell) for row in ROWS for state, cell in zip(HEAD[1:], row[1:]) if cell != "own"]

LOCK = """\
[project]
name = "locked"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["torch==2.8.0"]
"""


@pytest.fixture(scope="module")
def world(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with torches.world(frontends, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def unlocked(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.wrap(tmp_path_factory.mktemp("unlocked"))


@pytest.fixture(scope="module")
def requirements(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lock of each kind."""
    folder = tmp_path_factory.mktemp("locked") / "requirements"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(LOCK)
    world.run("uv", "lock", "--quiet", cwd=folder)
    world.run("uv", "export", "--quiet", "--format", "pylock.toml", "--output-file", "pylock.toml", cwd=folder)
    (folder / "constraints.txt").write_text("# for the team\ntorch==2.8.0\n")
    return folder


@pytest.fixture(scope="module")
def locked(world: World, requirements: Path) -> Path:
    return world.wrap(requirements.parent, "--lock", "requirements/uv.lock")


def test_the_table_is_whole() -> None:
    assert [row[0] for row in ROWS] == list(FRONTENDS)
    assert HEAD[1:] == list(STATES)


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_no_silent_mismatch(
    world: World, unlocked: Path, locked: Path, tmp_path: Path, cell: tuple[str, str, str]
) -> None:
    frontend, state, expected = cell
    it = STATES[state]
    archive = locked if it.is_locked else unlocked
    assert outcome(frontend, Scene(world, tmp_path, archive, it.beside, it.there, it.told)) == expected


MEETS_ANOTHER = {"pip": OLDER, "pip-no-isolation": NEWEST, "uv-pip": OLDER, "uv-pip-no-isolation": "refused"}


@pytest.mark.parametrize("frontend", MEETS_ANOTHER)
def test_locked_to_one_where_the_other_is_installed(world: World, locked: Path, tmp_path: Path, frontend: str) -> None:
    assert outcome(frontend, Scene(world, tmp_path, locked, there=NEWEST)) == MEETS_ANOTHER[frontend]


def test_locked_by_constraints(world: World, requirements: Path, tmp_path: Path) -> None:
    constraints = str(requirements / "constraints.txt")
    archive = world.wrap(tmp_path / "wrap", "--lock", constraints)
    scene = Scene(world, tmp_path, archive, "torch")
    assert outcome("pip", scene, lambda scene: torches.pip(scene, "--constraint", constraints)) == OLDER


def test_locked_by_pylock(world: World, requirements: Path, tmp_path: Path) -> None:
    archive = world.wrap(tmp_path / "wrap", "--lock", str(requirements / "pylock.toml"))
    assert outcome("pip", Scene(world, tmp_path, archive, "torch")) == OLDER


# What is taken from a cache brings the torch that it was built with, into an environment that had the other.


@pytest.mark.parametrize("frontend", ["pip", "uv-pip"])
def test_a_wheel_from_the_cache(world: World, unlocked: Path, tmp_path: Path, frontend: str) -> None:
    for there in (NEWEST, OLDER):
        (tmp_path / there).mkdir()
        scene = Scene(world, tmp_path / there, unlocked, there=there, caches=tmp_path / "caches")
        assert outcome(frontend, scene) == NEWEST


def test_a_variant_from_the_cache(world: World, unlocked: Path, tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("first", "second"))
    first.mkdir()
    second.mkdir()

    def into_a_variant(scene: Scene) -> Path:
        wheel = f"torch @ {world.other}torch/torch-2.8.0%2Bcu128-py3-none-any.whl"
        return torches.pip(scene, "--extra-index-url", world.other, more=(wheel,))

    assert outcome("pip", Scene(world, first, unlocked), into_a_variant) == OTHER_INDEXES
    assert outcome("pip", Scene(world, second, unlocked, there=OLDER, caches=first / "caches")) == "objects"


def test_a_lock_that_is_older_than_the_newest(world: World, unlocked: Path, tmp_path: Path) -> None:
    told = Scene(world, tmp_path, unlocked, told=f"torch=={OLDER}")
    consumer = told.consumer()
    told.run("uv", "lock", *told.config_settings, cwd=consumer)

    def sync(scene: Scene) -> Path:
        scene.run("uv", "sync", "--frozen", "--no-install-project", cwd=consumer)
        return consumer / ".venv" / BIN / f"python{EXE}"

    untold = Scene(world, tmp_path, unlocked, caches=tmp_path / "others")
    assert outcome("uv-sync", untold, sync) == "refused"


# A project locked to a torch that only one of its indexes has, the one for torch alone.


@pytest.fixture(scope="module")
def project(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It is locked by uv, and its extension, whose source is the index, is wrapped."""
    folder = tmp_path_factory.mktemp("project")
    tables = f"""
[tool.uv.sources]
torch = {{ index = "cu128" }}

[[tool.uv.index]]
name = "cu128"
url = "{world.other}"
explicit = true

[tool.uv.extra-build-dependencies]
ext = [{{ requirement = "torch", match-runtime = true }}]
"""
    torches.write_consumer(folder, ["ext==1.0", "torch>=2.7"], tables)
    world.run("uv", "lock", "--quiet", cwd=folder)
    world.augbackend("wrap", cwd=folder)
    return folder


@pytest.fixture
def scene(world: World, project: Path, tmp_path: Path) -> Scene:
    """A clone of the project, and nothing in the caches."""
    shutil.copytree(project, tmp_path / "consumer")
    return Scene(world, tmp_path, tmp_path / "consumer" / "wrapped.d" / "ext-1.0.tar.gz")


def by_uv_sync(scene: Scene) -> Path:
    scene.run("uv", "sync", cwd=scene.folder / "consumer")
    return scene.folder / "consumer" / ".venv" / BIN / f"python{EXE}"


def by_uv_tool(scene: Scene) -> Path:
    return torches.uv_tool(scene, scene.folder / "consumer")


def by_pip(scene: Scene, *options: str) -> Path:
    return torches.pip(scene, *options, what=(str(scene.folder / "consumer"), str(scene.archive)))


def by_pip_that_knows_it(scene: Scene) -> Path:
    return by_pip(scene, "--extra-index-url", scene.world.other)


INSTALLS = {
    "uv-sync": (by_uv_sync, OTHER_INDEXES),
    "uv-tool": (by_uv_tool, OTHER_INDEXES),
    "pip": (by_pip_that_knows_it, OTHER_INDEXES),
    "pip-without-it": (by_pip, "objects"),
}


@pytest.mark.parametrize("frontend", INSTALLS)
def test_another_index(scene: Scene, frontend: str) -> None:
    install, expected = INSTALLS[frontend]
    assert outcome(frontend, scene, install) == expected
