"""The published sdists of flash-attn with the real torch, a CPU build: wrapped they build, as they are they do not."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT, write
from ..matrix import frontends as run
from ..matrix.frontends import BIN, EXE, BuildFailedError, Frontends
from .real_torch import VERSION

pytestmark = pytest.mark.flash_attn

TORCH = f"torch=={VERSION}"

CONSUMER = """
[build-system]
requires = ["flit_core>=3.11"]
build-backend = "flit_core.buildapi"

[project]
name = "flash-attn-repro"
version = "0.1.0"
description = "An application that depends on flash-attn"
requires-python = ">={python}"
dependencies = ["{flash_attn}", "{torch}"]

[project.scripts]
flash-attn-repro = "flash_attn_repro:main"
{sources}
"""
MODULE = """
from importlib.metadata import version

def main():
    print("Hello from flash-attn-repro!", version("flash-attn"), version("torch"))
"""


@pytest.fixture(scope="module", params=["2.8.3", "2.5.0"])
def trees(request: pytest.FixtureRequest, frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist as published (`upstream`), and wrapped: the archive, and unpacked (`wrapped`)."""
    folder = tmp_path_factory.mktemp(f"flash-attn-{request.param}")
    requires = [argument for name in (TORCH, "packaging", "psutil", "ninja") for argument in ("--require", name)]
    # A CPU build of torch has no CUDA version, which flash-attn would put into the name of a wheel to download.
    variables = [
        argument for name in ("SKIP_CUDA", "FORCE") for argument in ("--variable", f"FLASH_ATTENTION_{name}_BUILD=TRUE")
    ]
    command = ["wrap", f"flash-attn=={request.param}", "--output", str(folder), *requires, *variables]
    environ = {"PYTHONPATH": str(ROOT), "PIP_FIND_LINKS": ""}
    frontends.run(sys.executable, "-m", "augbackend.cli", *command, cwd=folder, **environ)
    archive = folder / f"flash_attn-{request.param}.tar.gz"
    said = frontends.run(sys.executable, "-m", "augbackend.cli", "verify", str(archive), cwd=folder, **environ)
    assert said.splitlines()[0].endswith("nothing else differs")
    frontends.run("tar", "xf", str(archive), cwd=folder)
    (folder / f"flash_attn-{request.param}").rename(folder / "wrapped")
    shutil.copytree(
        folder / "wrapped", folder / "upstream", ignore=shutil.ignore_patterns("pyproject.toml", "_augbackend")
    )
    return folder


@pytest.mark.parametrize("builder", [run.pip_wheel, run.uv_build, run.build])
def test_as_published_it_does_not_build(frontends: Frontends, trees: Path, tmp_path: Path, builder: object) -> None:
    assert callable(builder)
    with pytest.raises(BuildFailedError, match="No module named 'torch'"):
        builder(frontends, trees / "upstream", tmp_path / "out")


@pytest.mark.parametrize(
    ("builder", "options"), [(run.pip_wheel, ()), (run.uv_build, ("--wheel",)), (run.build, ("--wheel",))]
)
def test_wrapped_it_builds(
    frontends: Frontends,
    trees: Path,
    tmp_path: Path,
    builder: object,
    options: tuple[str, ...],
) -> None:
    assert callable(builder)
    builder(frontends, trees / "wrapped", tmp_path / "out", *options)
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert wheel.name.startswith("flash_attn-2.")


def consumer(folder: Path, flash_attn: str, sources: str = "") -> Path:
    python = ".".join(map(str, sys.version_info[:2]))
    pyproject = CONSUMER.format(python=python, flash_attn=flash_attn, torch=TORCH, sources=sources)
    return write(folder / "consumer", {"pyproject.toml": pyproject, "flash_attn_repro.py": MODULE})


def test_consumer_as_a_tool_of_uv(frontends: Frontends, trees: Path, tmp_path: Path) -> None:
    (archive,) = trees.glob("flash_attn-*.tar.gz")
    sources = f'[tool.uv.sources]\nflash-attn = {{ path = "{archive.as_posix()}" }}\n'
    tree = consumer(tmp_path, "flash-attn", sources)
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "commands")}
    frontends.run("uv", "tool", "install", "--python", sys.executable, str(tree), cwd=tmp_path, **folders)
    said = frontends.run(str(tmp_path / "commands" / f"flash-attn-repro{EXE}"), cwd=tmp_path)
    assert said.startswith("Hello from flash-attn-repro! 2.")
    uvx = frontends.program("uv", command="uvx")
    said = frontends.run(uvx, "--quiet", "--python", sys.executable, "--from", ".", "flash-attn-repro", cwd=tree)
    assert said.startswith("Hello from flash-attn-repro! 2.")


def test_consumer_by_pip(frontends: Frontends, trees: Path, tmp_path: Path) -> None:
    tree = consumer(tmp_path, f"flash-attn @ {next(trees.glob('flash_attn-*.tar.gz')).as_uri()}")
    python = frontends.environment(tmp_path / "environment")
    pip = frontends.program("pip")
    frontends.run(pip, "--python", str(python), "install", str(tree), cwd=tmp_path)
    said = frontends.run(str(tmp_path / "environment" / BIN / f"flash-attn-repro{EXE}"), cwd=tmp_path)
    assert said.startswith("Hello from flash-attn-repro! 2.")


def test_consumer_of_the_published_one_fails(frontends: Frontends, trees: Path, tmp_path: Path) -> None:
    sources = f'[tool.uv.sources]\nflash-attn = {{ path = "{(trees / "upstream").as_posix()}" }}\n'
    tree = consumer(tmp_path, "flash-attn", sources)
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "commands")}
    with pytest.raises(BuildFailedError, match="No module named 'torch'"):
        frontends.run("uv", "tool", "install", "--python", sys.executable, str(tree), cwd=tmp_path, **folders)
