"""Wrapped sdists, by real frontends: the published flash-attn with a torch of a few KB, and what wrapping must not leave."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from ..conftest import ROOT, leaving_to_ci
from ..matrix import frontends as run
from ..matrix.frontends import BIN, EXE, BuildFailedError, Frontends
from . import fake_torch

pytestmark = pytest.mark.builds

OPTIONS = ("--require", "torch==2.8.0", "--variable", "FLASH_ATTENTION_SKIP_CUDA_BUILD=TRUE")
CONSUMER = (ROOT / "examples" / "flash-attn-repro" / "pyproject.toml").read_text()
GREETING = "Hello from flash-attn-repro!\n"


def augbackend(frontends: Frontends, *arguments: str, cwd: Path) -> str:
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return frontends.run(sys.executable, "-m", "augbackend.cli", *arguments, cwd=cwd, **environ)


@pytest.fixture(scope="module")
def wrapped(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consumer of the example, its flash-attn wrapped."""
    fake_torch.make(frontends.wheels, "2.8.0")
    folder = tmp_path_factory.mktemp("consumer") / "flash-attn-repro"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(CONSUMER)
    (folder / "flash_attn_repro.py").write_bytes(
        (ROOT / "examples" / "flash-attn-repro" / "flash_attn_repro.py").read_bytes()
    )
    augbackend(frontends, "wrap", cwd=folder)
    return folder


def by_pip(frontends: Frontends, consumer: Path, scratch: Path) -> str:
    python, pip = frontends.environment(scratch / "environment"), frontends.program("pip")
    archive = str(consumer / "wrapped.d" / "flash_attn-2.8.3.tar.gz")
    log = {"FAKE_TORCH_LOG": str(scratch / "log")}
    frontends.run(pip, "--python", str(python), "install", "--no-cache-dir", str(consumer), archive, cwd=scratch, **log)
    return str(scratch / "environment" / BIN / f"flash-attn-repro{EXE}")


def by_uv_tool(frontends: Frontends, consumer: Path, scratch: Path) -> str:
    environ = {
        "UV_TOOL_DIR": str(scratch / "tools"),
        "UV_TOOL_BIN_DIR": str(scratch / "commands"),
        "UV_CACHE_DIR": str(scratch / "cache"),
        "FAKE_TORCH_LOG": str(scratch / "log"),
    }
    frontends.run("uv", "tool", "install", "--python", sys.executable, str(consumer), cwd=scratch, **environ)
    return str(scratch / "commands" / f"flash-attn-repro{EXE}")


def by_uv_pip(frontends: Frontends, consumer: Path, scratch: Path) -> str:
    python = frontends.environment(scratch / "environment")
    environ = {"UV_CACHE_DIR": str(scratch / "cache"), "FAKE_TORCH_LOG": str(scratch / "log")}
    frontends.run("uv", "pip", "install", "--python", str(python), str(consumer), cwd=scratch, **environ)
    return str(scratch / "environment" / BIN / f"flash-attn-repro{EXE}")


@pytest.mark.parametrize("install", leaving_to_ci([by_pip, by_uv_tool, by_uv_pip], [by_pip, by_uv_tool]))
def test_setup_py_runs_once(frontends: Frontends, wrapped: Path, tmp_path: Path, install: object) -> None:
    assert callable(install)
    assert frontends.run(install(frontends, wrapped, tmp_path), cwd=tmp_path) == GREETING
    assert fake_torch.imports(tmp_path / "log") == 1


def test_setup_py_runs_once_with_build(frontends: Frontends, wrapped: Path, tmp_path: Path) -> None:
    frontends.run("tar", "xf", str(wrapped / "wrapped.d" / "flash_attn-2.8.3.tar.gz"), cwd=tmp_path)
    frontends.environ["FAKE_TORCH_LOG"] = str(tmp_path / "log")
    try:
        run.build(frontends, tmp_path / "flash_attn-2.8.3", tmp_path / "out", "--wheel")
    finally:
        del frontends.environ["FAKE_TORCH_LOG"]
    assert fake_torch.imports(tmp_path / "log") == 1


def test_without_us_it_fails(frontends: Frontends, wrapped: Path, tmp_path: Path) -> None:
    consumer = tmp_path / "consumer"
    consumer.mkdir()
    (consumer / "pyproject.toml").write_text(CONSUMER)
    (consumer / "flash_attn_repro.py").write_bytes((wrapped / "flash_attn_repro.py").read_bytes())
    with pytest.raises(BuildFailedError, match="No module named 'torch'"):
        by_uv_tool(frontends, consumer, tmp_path)


@pytest.mark.parametrize("version", leaving_to_ci(["2.8.3", "2.5.0"], ["2.8.3"]))
def test_resolving_builds_nothing(frontends: Frontends, tmp_path: Path, version: str) -> None:
    fake_torch.make(frontends.wheels, "2.8.0")
    (tmp_path / "pyproject.toml").write_text(CONSUMER.replace("flash-attn==2.8.3", f"flash-attn=={version}"))
    environ = {
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "FAKE_TORCH_LOG": str(tmp_path / "log"),
        "UV_PYTHON": sys.executable,
    }
    augbackend(frontends, "wrap", cwd=tmp_path)
    said = frontends.run("uv", "--verbose", "lock", cwd=tmp_path, **environ)
    assert "Calling `" not in said
    first = (tmp_path / "uv.lock").read_bytes()
    augbackend(frontends, "wrap", cwd=tmp_path)
    frontends.run("uv", "lock", "--check", cwd=tmp_path, **environ)
    assert (tmp_path / "uv.lock").read_bytes() == first
    assert fake_torch.imports(tmp_path / "log") == 0
    said = frontends.run(
        "uv", "--verbose", "pip", "compile", "--python", sys.executable, "pyproject.toml", cwd=tmp_path, **environ
    )
    assert "Calling `" not in said


def test_from_a_repository(frontends: Frontends, wrapped: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    frontends.run("git", "init", "-q", str(clone), cwd=tmp_path)
    for name in ("pyproject.toml", "flash_attn_repro.py", "wrapped.d/flash_attn-2.8.3.tar.gz"):
        (clone / name).parent.mkdir(exist_ok=True)
        (clone / name).write_bytes((wrapped / name).read_bytes())
    frontends.run("git", "add", ".", cwd=clone)
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    frontends.run("git", *who, "commit", "-qm", "wrapped", cwd=clone)
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "commands")}
    url = f"git+{clone.as_uri()}"
    frontends.run("uv", "tool", "install", "--python", sys.executable, url, cwd=tmp_path, **folders)
    assert frontends.run(str(tmp_path / "commands" / f"flash-attn-repro{EXE}"), cwd=tmp_path) == GREETING


def test_by_a_hosted_folder(frontends: Frontends, wrapped: Path, tmp_path: Path) -> None:
    python = frontends.environment(tmp_path / "environment")
    folder = str(wrapped / "wrapped.d")
    command = ("pip", "install", "--python", str(python), "--find-links", folder, "--find-links", str(frontends.wheels))
    frontends.run("uv", *command, "torch==2.8.0", "flash-attn==2.8.3", cwd=tmp_path)
    listed = frontends.run("uv", "pip", "list", "--quiet", "--python", str(python), "--format", "json", cwd=tmp_path)
    assert {"name": "torch", "version": "2.8.0+fake"} in json.loads(listed)


GREEDY = {
    "setuptools": (
        "from setuptools import setup, find_namespace_packages as fnp\nsetup(name='demo', version='1.0', packages=fnp())\n",
        "",
    ),
    "hatchling": (
        "",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "demo"\nversion = "1.0"\n[tool.hatch.build.targets.wheel]\ninclude = ["**/*.py"]\n',
    ),
}


@pytest.mark.parametrize("backend", GREEDY)
def test_the_backend_stays_out_of_the_wheel(frontends: Frontends, tmp_path: Path, backend: str) -> None:
    setup, pyproject = GREEDY[backend]
    files = {"demo/__init__.py": "x = 1\n", **({"setup.py": setup} if setup else {"pyproject.toml": pyproject})}
    augbackend(frontends, "wrap", str(sdist(tmp_path / "in", files)), cwd=tmp_path)
    archive = tmp_path / "wrapped.d" / "demo-1.0.tar.gz"
    frontends.run(frontends.program("pip"), "wheel", "--no-deps", str(archive), cwd=tmp_path)
    frontends.run("uv", "build", "--wheel", "--python", sys.executable, "--out-dir", "uv", str(archive), cwd=tmp_path)
    for wheel in (*tmp_path.glob("*.whl"), *(tmp_path / "uv").glob("*.whl")):
        with ZipFile(wheel) as opened:
            assert opened.testzip() is None
            assert [name for name in opened.namelist() if "augbackend/" in name] == []
            assert "augbackend/" not in opened.read("demo-1.0.dist-info/RECORD").decode()
            assert "demo/__init__.py" in opened.namelist()
        python = frontends.environment(wheel.parent / "environment")
        frontends.install(wheel.parent / "environment", str(wheel))
        assert frontends.run(str(python), "-c", "import demo; print(demo.x)", cwd=python.parent) == "1\n"


def test_a_broken_promise(frontends: Frontends, tmp_path: Path) -> None:
    files = {"setup.py": "from setuptools import setup\nimport os\nsetup(name='demo', version='1.0', py_modules=[])\n"}
    archive = sdist(tmp_path / "in", files)
    augbackend(frontends, "wrap", str(archive), "--requires-dist", "six", cwd=tmp_path)
    pip = frontends.program("pip")
    with pytest.raises(BuildFailedError, match="Requires-Dist: promised six, built none"):
        frontends.run(pip, "wheel", "--no-deps", "wrapped.d/demo-1.0.tar.gz", cwd=tmp_path)
    assert not list(tmp_path.glob("*.whl"))
    assert [file.name for file in (tmp_path / "wrapped.d").iterdir()] == ["demo-1.0.tar.gz"]
