"""`augbackend run` by real frontends: published tools of which a dependency does not build; with the right torch."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from ..conftest import write
from ..matrix.frontends import BIN, EXE, ROOT, BuildFailedError, Frontends
from . import fake_torch

pytestmark = pytest.mark.builds

SETUP = "import scanner\nfrom setuptools import setup\nsetup(name='needy', version='1.0', py_modules=['needy'])\n"
BUILT_WITH = """import torch
from setuptools import setup
open("torchy.py", "w").write(f"BUILT = {torch.__version__!r}")
setup(name="torchy", version="1.0", py_modules=["torchy"], install_requires=["torch"])
"""
RECIPES: dict[str, str | bytes] = {
    "needy.toml": 'project = "needy"\n[[entries]]\nversions = ">=0"\nextra-build-dependencies = ["scanner"]\n',
    "torchy.toml": 'project = "torchy"\n[[entries]]\nversions = ">=0"\n'
    'extra-build-dependencies = [{ requirement = "torch", match-runtime = true }]\n',
}
MAIN = "def main():\n    import needy\n    print('it runs')\n"
COMPARES = "def main():\n    import torch, torchy\n    print(torchy.BUILT, torch.__version__)\n"


def published(folder: Path, name: str, main: str, *requires: str) -> None:
    """A tool's wheel, with a command of its name."""
    info = f"{name}-1.0.dist-info"
    with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", main)
        needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Links to what is published, and recipes."""
    folder = tmp_path_factory.mktemp("run")
    links = folder / "links"
    sdist(links, {"setup.py": SETUP, "needy.py": ""}, name="needy")
    sdist(links, {"setup.py": BUILT_WITH}, name="torchy")
    for version in ("2.8.0", "2.9.0"):
        fake_torch.make(links, version)
    published(links, "middle", "", "needy")
    published(links, "needytool", MAIN, "middle")
    published(links, "torchtool", COMPARES, "torchy", "torch<2.9", "needy")
    write(folder / "recipes", RECIPES)
    return folder


@pytest.fixture
def environ(frontends: Frontends, place: Path, tmp_path: Path) -> dict[str, str]:
    links = str(place / "links")
    return {
        "UV_FIND_LINKS": ",".join(filter(None, [frontends.environ.get("UV_FIND_LINKS"), links])),
        "PIP_FIND_LINKS": " ".join(filter(None, [frontends.environ.get("PIP_FIND_LINKS"), links])),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "commands"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_NO_CACHE_DIR": "1",
        "UV_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": f"{Path(frontends.program('uv')).parent}:{frontends.environ['PATH']}",
    }


def run(frontends: Frontends, place: Path, environ: dict[str, str], cwd: Path, *words: str) -> str:
    own = ("--recipes-from", str(place / "recipes"), "--cache-dir", str(place / "cache"), "--no-diagnose")
    return frontends.run(sys.executable, "-m", "augbackend.cli", "run", *own, "--", *words, cwd=cwd, **environ)


def test_a_published_tool_by_uv(frontends: Frontends, place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    printed = run(frontends, place, environ, tmp_path, "uv", "tool", "install", "needytool")
    assert "the command works with 1 wrapped package" in printed
    assert frontends.run(str(tmp_path / "commands" / f"needytool{EXE}"), cwd=tmp_path) == "it runs\n"
    again = run(frontends, place, environ, tmp_path, "uv", "tool", "run", "needytool")
    assert again.endswith("it runs\n"), again


def test_the_torch_that_the_tool_will_have(
    frontends: Frontends, place: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """Two packages do not build; while uv is asked which torch there will be, the second one is in the way."""
    printed = run(frontends, place, environ, tmp_path, "uv", "tool", "install", "torchtool")
    assert "built against torch 2.8.0+fake" in printed
    ran = frontends.run(str(tmp_path / "commands" / f"torchtool{EXE}"), cwd=tmp_path)
    assert ran == "2.8.0+fake 2.8.0+fake\n"


def test_by_pip(frontends: Frontends, place: Path, environ: dict[str, str], tmp_path: Path) -> None:
    python = frontends.environment(tmp_path / "environment")
    pip = [frontends.program("pip"), "--python", str(python), "install"]
    frontends.run(*pip, "torch==2.8.0", cwd=tmp_path, **environ)
    with pytest.raises(BuildFailedError, match="needy"):
        frontends.run(*pip, "needytool", cwd=tmp_path, **environ)
    printed = run(frontends, place, environ, tmp_path, *pip, "needytool", "torchtool")
    assert "the command works with 2 wrapped packages" in printed
    ran = frontends.run(str(tmp_path / "environment" / BIN / f"torchtool{EXE}"), cwd=tmp_path)
    assert ran == "2.8.0+fake 2.8.0+fake\n"
