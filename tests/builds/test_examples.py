"""Each example builds with augbackend, and plainly fails without it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..conftest import ROOT, leaving_to_ci
from ..matrix import frontends as run
from ..matrix.frontends import BuildFailedError, Frontends

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytestmark = pytest.mark.builds

FAILS_WITH = {
    "legacy-setup-py": "No module named 'tabulate'",
    "setup-requires": "No module named 'tabulate'",
    "platform-requirement": "No module named 'tabulate'",
}


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples", tmp_path / "examples"))


def without_us(tree: Path) -> None:
    """Leave the wrapped backend alone in the tree."""
    table = tomllib.loads((tree / "pyproject.toml").read_text())
    requires = [text for text in table["build-system"]["requires"] if text not in ("augbackend", "tabulate")]
    backend = table["tool"]["augbackend"]["build-backend"]
    text = (tree / "pyproject.toml").read_text()
    kept = text[text.index("[project]") : text.index("[tool.augbackend]")] if "[project]" in text else ""
    (tree / "pyproject.toml").write_text(f'[build-system]\nrequires = {requires}\nbuild-backend = "{backend}"\n{kept}')


@pytest.mark.parametrize(
    "builder", leaving_to_ci([run.pip_wheel, run.uv_build, run.build], [run.pip_wheel, run.uv_build])
)
@pytest.mark.parametrize("name", FAILS_WITH)
def test_example(frontends: Frontends, examples: Path, tmp_path: Path, name: str, builder: object) -> None:
    assert callable(builder)
    builder(frontends, examples / name, tmp_path / "out")
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with ZipFile(wheel) as archive:
        metadata = archive.read(next(member for member in archive.namelist() if member.endswith("METADATA"))).decode()
    assert "\nVersion: 1.0\n" in metadata


@pytest.mark.parametrize("name", FAILS_WITH)
def test_example_without_us(frontends: Frontends, examples: Path, tmp_path: Path, name: str) -> None:
    if name == "platform-requirement" and sys.platform != "linux":
        pytest.skip("it needs nothing more here")
    without_us(examples / name)
    with pytest.raises(BuildFailedError, match=FAILS_WITH[name]):
        run.pip_wheel(frontends, examples / name, tmp_path / "out")


def test_requirement_of_one_platform_only(frontends: Frontends, examples: Path, tmp_path: Path) -> None:
    run.pip_wheel(frontends, examples / "platform-requirement", tmp_path / "out")
    (wheel,) = (tmp_path / "out").glob("*.whl")
    with ZipFile(wheel) as archive:
        drawn = archive.read("augexample_platform/table.txt").decode()
    assert drawn == ("Hello from  augexample-platform!\n" if sys.platform == "linux" else "plain\n")


def test_consumer_as_a_tool(frontends: Frontends, examples: Path, tmp_path: Path) -> None:
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "commands")}
    consumer = str(examples / "consumer")
    frontends.run("uv", "tool", "install", "--python", sys.executable, consumer, cwd=tmp_path, **folders)
    greeting = ["Hello  from augexample-legacy", "Hello from augexample-consumer!"]
    said = frontends.run(str(tmp_path / "commands" / f"augexample-consumer{run.EXE}"), cwd=tmp_path)
    assert said.splitlines() == greeting
    uvx = frontends.program("uv", command="uvx")
    said = frontends.run(
        uvx, "--quiet", "--python", sys.executable, "--from", consumer, "augexample-consumer", cwd=tmp_path
    )
    assert said.splitlines() == greeting


def test_consumer_as_a_tool_without_us(frontends: Frontends, examples: Path, tmp_path: Path) -> None:
    without_us(examples / "legacy-setup-py")
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "commands")}
    with pytest.raises(BuildFailedError, match="No module named 'tabulate'"):
        frontends.run(
            "uv", "tool", "install", "--python", sys.executable, str(examples / "consumer"), cwd=tmp_path, **folders
        )
