"""`augbackend index --wheels`: which wheels are built, which stay and which go, and parts that are put together."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from augbackend.cli.commands import confined
from augbackend.cli.model.published_file import PublishedFile
from augbackend.cli.site import on_disk, wanted_wheels, wheel_build
from augbackend.cli.site.site_project import SiteProject
from augbackend.cli.site.wheel_build import WheelBuild, WheelBuilder, WheelFailure
from augbackend.cli.strangers import interpreter
from augbackend.cli.strangers.interpreter import Interpreter
from augbackend.cli.strangers.interruption import Interrupted

from .. import json_outputs
from ..builds.conftest import make_wheel
from ..conftest import write
from .archives import content, sdist, sha256
from .test_index import files, made, ran
from .test_index_recipes import BUILT, recipe
from .wheel_sdists import buildable

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = f"cp{HERE.replace('.', '')}"
SITE = Path("site")


class Builds:
    """Stands for real builds: makes a wheel of nothing, and remembers which were asked for."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.contents: dict[str, bytes] = {}  # a second has passed, and zip tells the time
        self.failing: dict[str, BaseException] = {}

    def __call__(self, build: WheelBuild, archive: Path, builder: WheelBuilder, into: Path) -> Path:
        assert sha256(archive) == build.sha256
        assert builder.python.minor == build.python
        self.ids.append(build.id)
        if build.project in self.failing:
            raise self.failing[build.project]
        wheel = into / f"{build.project}-{build.version}-py3-none-any.whl"
        if wheel.name not in self.contents:
            make_wheel(into, build.project, build.version)
            self.contents[wheel.name] = wheel.read_bytes()
        wheel.write_bytes(self.contents[wheel.name])
        return wheel


@pytest.fixture
def builds(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    for name in ("demo", "other"):
        sdist(tmp_path / "sdists", {"LICENSE": "MIT"}, name=name)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = Builds()
    monkeypatch.setattr(wheel_build, "built", found)
    monkeypatch.setattr(confined, "checked", lambda _: None)
    monkeypatch.setattr(interpreter, "find", lambda text: Interpreter(f"/python{text}", f"{text}.1"))
    monkeypatch.setattr(interpreter, "this", lambda: Interpreter(f"/python{HERE}", f"{HERE}.1"))
    return found


NEED = ("demo", "other", "--require", "wheel", "--mirror", "none")


def wheels(*arguments: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(made(SITE, *(arguments or NEED), "--wheels", "--json"))
    return {one["id"]: one for one in said["wheels"]}


def test_a_wheel_is_beside_its_sdist_as_old_as_that(builds: Builds) -> None:
    said = wheels()
    assert builds.ids == [f"demo-1.0+aug-{TAG}", f"other-1.0+aug-{TAG}"]
    assert [one["state"] for one in said.values()] == ["built", "built"]
    found = files(SITE)
    of, one = found["demo-1.0+aug.tar.gz"], found["demo-1.0+aug-py3-none-any.whl"]
    assert (one["_augbackend"], one["_built-from"]) == ("built", of["hashes"]["sha256"])
    assert (one["upload-time"], one["_made-from"]) == (of["upload-time"], of["_made-from"])
    place = SITE / "demo" / one["url"].replace("%2B", "+")
    assert sha256(place.with_name(f"{place.name}.metadata")) == one["core-metadata"]["sha256"]
    assert {one["state"] for one in wheels().values()} == {"cached"}
    assert len(builds.ids) == 2
    assert "wheels: 0 built, 2 cached, 0 failed" in made(SITE, *NEED, "--wheels")
    assert "demo-1.0+aug-py3-none-any.whl" in files(SITE), "--wheels is not needed to keep them"


def test_with_its_sdist_goes_its_wheel(builds: Builds) -> None:
    wheels()
    made(SITE, "demo", "--require", "cython", "--mirror", "none")
    assert [*files(SITE)] == ["demo-1.0+aug.tar.gz"]
    assert len(files(SITE, "other")) == 2
    assert [one["state"] for one in wheels("demo", "--require", "cython", "--mirror", "none").values()] == ["built"]
    made(SITE, "demo", "--require", "cython", "--mirror", "none", "--prune")
    assert [*files(SITE)] == ["demo-1.0+aug-py3-none-any.whl", "demo-1.0+aug.tar.gz"], "what it has stays"
    assert len(builds.ids) == 3


def test_a_harmed_wheel_is_built_again(builds: Builds) -> None:
    wheels()
    next(SITE.rglob("demo-*.whl")).write_bytes(b"")
    assert [one["state"] for one in wheels().values()] == ["built", "cached"]
    assert len(builds.ids) == 3


def test_one_that_fails_does_not_lose_the_others(builds: Builds) -> None:
    builds.failing["demo"] = WheelFailure("No module named 'numpy'", "much\nNo module named 'numpy'")
    result = ran(SITE, *NEED, "--wheels")
    assert result.exit_code == 1
    assert f"demo 1.0+aug, Python {HERE}: failed: No module named 'numpy'" in result.stdout
    assert "wheels: 1 built, 0 cached, 1 failed" in result.stdout
    assert [*files(SITE)] == ["demo-1.0+aug.tar.gz"]
    assert len(files(SITE, "other")) == 2
    assert "  much" in ran(SITE, *NEED, "--wheels", "--verbose").stdout


def test_an_interrupted_run_goes_on(builds: Builds) -> None:
    builds.failing["other"] = Interrupted()
    assert ran(SITE, *NEED, "--wheels").exit_code == 130
    assert len(files(SITE)) == 2
    builds.failing.clear()
    assert [one["state"] for one in wheels().values()] == ["cached", "built"]


def test_check_names_what_is_not_built(builds: Builds) -> None:
    made(SITE, *NEED)
    result = ran(SITE, *NEED, "--wheels", "--check")
    assert result.exit_code == 1
    assert f"stale: the wheel demo-1.0+aug-{TAG}, the wheel other-1.0+aug-{TAG};" in result.stdout
    assert not builds.ids
    wheels()
    assert ran(SITE, *NEED, "--wheels", "--check").exit_code == 0


def test_a_wheel_for_every_python_is_built_once(builds: Builds) -> None:
    said = wheels(*NEED, "--python", "3.11", "--python", "3.12")
    assert builds.ids == ["demo-1.0+aug-cp311", "other-1.0+aug-cp311"]
    assert [one["state"] for one in said.values()] == ["built", "cached"] * 2


@pytest.mark.parametrize(
    ("tags", "python", "is_taken"),
    [
        ("cp311-cp311-PLATFORM", "3.11", True),
        ("cp311-cp311-PLATFORM", "3.12", False),
        ("cp39-abi3-PLATFORM", "3.12", True),
        ("cp312-abi3-PLATFORM", "3.11", False),
        ("py3-none-any", "3.13", True),
        ("py2-none-any", "3.13", False),
        ("cp311-cp311-somewhere_else", "3.11", False),
        ("py3-none-PLATFORM", "3.9", True),
    ],
)
def test_tags(tags: str, python: str, is_taken: bool) -> None:
    name = f"demo-1.0-{tags.replace('PLATFORM', wanted_wheels.platform())}.whl"
    assert wanted_wheels.fits(name, python) == is_taken


def test_no_wheel_for_a_python_that_the_sdist_is_not_for() -> None:
    one = PublishedFile("demo-1.0.tar.gz", "", {"sha256": "0"}, requires_python="<3.12", kind="wrapped")
    found = wanted_wheels.of_project(SiteProject("demo", (one,)), [one.filename], ["3.11", "3.12"])
    assert [build.id for build in found] == ["demo-1.0-cp311"]


def test_no_wheel_for_a_python_that_the_recipe_is_not_for(builds: Builds, tmp_path: Path) -> None:
    checked = BUILT.format(version="1.0", digest="0" * 64)
    write(tmp_path / "mine", {"demo.toml": recipe("demo", more='python = "<3.12"', checked=checked)})
    options = ("--recipes", "--recipes-from", str(tmp_path / "mine"), "--mirror", "none")
    said = wheels(*options, "--python", "3.11", "--python", "3.12")
    assert {name: one["state"] for name, one in said.items()} == {
        "demo-1.0+aug-cp311": "built",
        "demo-1.0+aug-cp312": "left-out",
    }
    assert builds.ids == ["demo-1.0+aug-cp311"]


@pytest.mark.parametrize("called", ["demo-1.0-py3-none-any.whl", "other-1.0+aug-py3-none-any.whl", "demo.whl"])
def test_a_wheel_of_another_name_is_nobodys(tmp_path: Path, called: str) -> None:
    build = WheelBuild("demo", "1.0+aug", "demo-1.0+aug.tar.gz", "0", "3.11")
    with pytest.raises(WheelFailure, match=r"pip refuses it"):
        wheel_build.check(build, tmp_path / called)


def test_a_matrix_its_parts_and_the_whole(builds: Builds, tmp_path: Path) -> None:
    jobs = json_outputs.read(made(SITE, *NEED, "--wheels", "--matrix"))
    assert jobs == {
        "include": [
            {"id": f"{name}-1.0+aug-{TAG}", "project": name, "version": "1.0+aug", "python": HERE}
            for name in ("demo", "other")
        ]
    }
    assert not SITE.exists()
    assert not builds.ids
    for number, job in enumerate(jobs["include"]):
        made(tmp_path / f"part{number}", *NEED, "--wheels", "--only", job["id"])
        assert [*on_disk.read(tmp_path / f"part{number}")] == [job["project"]]
    told = made(SITE, "--merge", tmp_path / "part0", tmp_path / "part1")
    assert "site: 4 added, 0 in conflict" in told
    again = json.loads(made(SITE, "--merge", tmp_path / "part0", tmp_path / "part1", "--json"))
    assert again == {"format": 1, "index": "site", "added": [], "twice": [], "conflicts": []}
    assert json.loads(made(SITE, *NEED, "--wheels", "--matrix")) == {"include": []}
    builds.ids.clear()
    made(tmp_path / "whole", *NEED, "--wheels")
    assert content(tmp_path / "whole") == content(SITE)
    assert ran(SITE, *NEED, "--wheels", "--only", f"demo-2.0-{TAG}").exit_code == 2


def test_parts_that_contradict(builds: Builds, tmp_path: Path) -> None:
    wheels()
    shutil.copytree(SITE, tmp_path / "harmed")
    next((tmp_path / "harmed").rglob("demo-*.whl")).write_bytes(b"")
    made(tmp_path / "unlike", "demo", "--require", "cython", "--mirror", "none", "--wheels")
    shutil.rmtree(SITE)
    result = ran(SITE, "--merge", tmp_path / "harmed", tmp_path / "unlike")
    assert result.exit_code == 1
    assert "demo/demo-1.0+aug.tar.gz: " in result.stdout
    assert "has another than the one that is there" in result.stdout
    assert "harmed is not the one that its page names" in result.stdout
    assert "the sdist that it was built of is another" in result.stdout
    assert [*files(SITE)] == ["demo-1.0+aug.tar.gz"]
    assert len(files(SITE, "other")) == 2
    assert ran(SITE, "--merge", tmp_path / "nowhere").exit_code == 2
    assert ran(SITE, "--merge").exit_code == 2
    del builds


@pytest.mark.parametrize(
    "options",
    [
        ("--python", "3.11"),
        ("--matrix",),
        ("--only", "x"),
        ("--scheduler", "tcp://x"),
        ("--wheels", "--matrix", "--only", "x"),
    ],
)
def test_options_that_need_others(builds: Builds, options: tuple[str, ...]) -> None:
    assert ran(SITE, *NEED, *options).exit_code == 2
    assert not builds.ids


@pytest.mark.once
@pytest.mark.processes
@pytest.mark.usefixtures("alone")
def test_a_real_build_is_confined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = tmp_path / "outside"
    before = f"assert 'MY_TOKEN' not in os.environ; os.system('touch {outside}')"
    monkeypatch.setenv("MY_TOKEN", "secret")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    buildable(tmp_path / "sdists", "demo", before)
    buildable(tmp_path / "sdists", "other", "raise SystemExit('no compiler here')")
    monkeypatch.chdir(tmp_path)
    result = ran(
        SITE, "demo", "other", "--variable", "DEMO=1", "--mirror", "none", "--wheels", "--python", sys.executable
    )
    assert f"other 1.0+aug, Python {HERE}: failed: no compiler here" in result.stdout
    assert "wheels: 1 built, 0 cached, 1 failed" in result.stdout
    assert not outside.exists()
    with ZipFile(next(SITE.rglob("demo-1.0+aug-py3-none-any.whl"))) as wheel:
        assert wheel.read("demo.py") == b"1", "the archive says what its build gets"
