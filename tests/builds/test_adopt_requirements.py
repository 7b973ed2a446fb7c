"""By real frontends: what stands in `build-system.requires` alone, in both places, or nowhere; a promise; pre-commit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from ..conftest import ROOT, leaving_to_ci, write
from ..matrix import frontends as run
from ..matrix.frontends import BuildFailedError, Frontends
from .conftest import make_wheel

pytestmark = pytest.mark.builds

Builder = Callable[[Frontends, Path, Path], object]
SETUP_PY = "import otherlib\nfrom setuptools import setup\nsetup(name='demo', version='1.0', py_modules=['demo'])\n"
BUILDERS = leaving_to_ci([run.pip_wheel, run.uv_build, run.build], [run.pip_wheel, run.uv_build])


def adopt(frontends: Frontends, tree: Path, *arguments: str) -> str:
    command = (sys.executable, "-m", "augbackend.cli", "adopt", str(tree), *arguments)
    return frontends.run(*command, cwd=tree, PYTHONPATH=str(ROOT))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree", {"setup.py": SETUP_PY, "demo.py": ""})


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("how", ["--variable=A=1", "--static"])
def test_in_one_place(frontends: Frontends, tree: Path, tmp_path: Path, how: str, builder: Builder) -> None:
    adopt(frontends, tree, "--require", "otherlib", how)
    assert (tree / "_augbackend").exists() == (how != "--static")
    assert (tree / "pyproject.toml").read_text().count("otherlib") == (1 if how == "--static" else 2)  # remembered
    builder(frontends, tree, tmp_path / "out")
    assert list((tmp_path / "out").glob("demo-1.0-*.whl"))


@pytest.mark.parametrize("builder", BUILDERS)
def test_both_lines_are_named_where_no_version_satisfies_both(
    frontends: Frontends, tree: Path, tmp_path: Path, builder: Builder
) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(frontends.wheels, "twofold", version)
    adopt(frontends, tree, "--require", "twofold==1.0")
    with (tree / "pyproject.toml").open("a") as file:
        file.write('extra-build-dependencies = ["twofold==2.0"]\n')
    adopt(frontends, tree, "--feature", "extra-build-dependencies")
    said = "build-system.requires says 'twofold==1.0', tool.augbackend.extra-build-dependencies says 'twofold==2.0'"
    with pytest.raises(BuildFailedError, match=said):
        builder(frontends, tree, tmp_path / "out")


def test_without_isolation_all_that_is_missing_in_one_message(frontends: Frontends, tree: Path, tmp_path: Path) -> None:
    adopt(frontends, tree, "--require", "otherlib")
    python = frontends.environment(tmp_path / "environment")
    for command in (
        ("uv", "pip", "install", "--python", str(python)),
        (frontends.program("pip"), "--python", str(python), "install"),
    ):
        with pytest.raises(BuildFailedError) as caught:
            frontends.run(*command, "--no-build-isolation", str(tree), cwd=tmp_path)
        said = str(caught.value)
        assert "augbackend: error: not installed in the build environment: setuptools, otherlib\n" in said
        assert "pip install 'setuptools>=40.8.0' otherlib\n" in said
        assert "Traceback" not in said


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_broken_promise_is_told_before_anything_is_built(
    frontends: Frontends, tmp_path: Path, builder: Builder
) -> None:
    setup = (
        "from setuptools import setup\nfrom setuptools.command.build_py import build_py\n"
        "class compile(build_py):\n    def run(self):\n        raise SystemExit('compiled for hours')\n"
        "setup(name='demo', version='1.0', py_modules=['demo'], install_requires=['otherlib>=1'],"
        " cmdclass={'build_py': compile})\n"
    )
    tree = write(tmp_path / "tree", {"setup.py": setup, "demo.py": ""})
    adopt(frontends, tree)
    text = (tree / "pyproject.toml").read_text()
    table = 'metadata = { requires-dist = ["otherlib"] }\n'
    (tree / "pyproject.toml").write_text(text.replace("[tool.augbackend]\n", f"[tool.augbackend]\n{table}"))
    adopt(frontends, tree)
    with pytest.raises(BuildFailedError) as caught:
        builder(frontends, tree, tmp_path / "out")
    assert "Requires-Dist: promised otherlib, built otherlib>=1" in str(caught.value)
    assert 'hint: write requires-dist = ["otherlib>=1"] in [tool.augbackend.metadata]' in str(caught.value)
    assert "compiled for hours" not in str(caught.value)


def test_a_hook_of_pre_commit(frontends: Frontends, tree: Path, tmp_path: Path) -> None:
    program = frontends.program("pre-commit")
    hooks = tmp_path / "augbackend"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(hooks)], check=True)
    for name in (".pre-commit-hooks.yaml", "pyproject.toml"):  # as they are here, committed or not
        (hooks / name).write_bytes((ROOT / name).read_bytes())
    adopt(frontends, tree, "--require", "otherlib")
    for place in (hooks, tree):
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--allow-empty", "--message=x")):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *words], cwd=place, check=True)
    found = subprocess.run(["git", "rev-parse", "HEAD"], cwd=hooks, check=True, capture_output=True, text=True)
    (tree / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks.as_posix()}\n  rev: {found.stdout.strip()}\n  hooks:\n  - id: augbackend-check\n"
    )
    frontends.run(program, "run", "--all-files", cwd=tree)
    (tree / "_augbackend" / "augbackend" / "errors.py").write_text("mine\n")
    with pytest.raises(BuildFailedError, match=r"_augbackend: edited: errors\.py"):
        frontends.run(program, "run", "--all-files", cwd=tree)
