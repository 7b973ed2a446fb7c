"""Every command of the README is run, word for word; every table in it is read."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from augbackend import reading, variables

from ..conftest import ROOT
from ..matrix.frontends import BIN, Frontends

pytestmark = pytest.mark.builds

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:<!-- tested: ([a-z-]+) -->\n)?```console\n(.*?)```", README, re.DOTALL)
TABLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


def commands(scenario: str) -> list[str]:
    lines = [line for name, block in BLOCKS if name == scenario for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [line[2:] for line in lines]


@pytest.fixture
def clone(frontends: Frontends, tmp_path: Path) -> Path:
    """A fresh clone, and beside it a fresh virtual environment."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "clone")], check=True)
    frontends.run(sys.executable, "-m", "venv", str(tmp_path / "environment"), cwd=tmp_path)
    return tmp_path / "clone"


def run(frontends: Frontends, command: str, folder: Path) -> str:
    uv = Path(frontends.program("uv")).parent
    activated = f'export PATH="{folder.parent / "environment" / BIN}:{uv}:$PATH"; {command}'
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("the commands are for a POSIX shell")
    home = {"UV_TOOL_DIR": str(folder.parent / "tools"), "UV_TOOL_BIN_DIR": str(folder.parent / "commands")}
    return frontends.run(shell, "-e", "-c", activated, cwd=folder, **home)


def test_every_block_has_a_scenario() -> None:
    assert {name for name, _ in BLOCKS} == {"clone", "ci", "my-package", "flash-attn"}


def test_ci_runs_the_test_command() -> None:
    (command,) = commands("ci")
    assert command == "python -m pip install tox && tox"
    lines = [line.strip() for line in (ROOT / ".ci" / "run").read_text().splitlines()]
    assert any(line.endswith("-m pip install --quiet --disable-pip-version-check tox") for line in lines)
    assert "tox" in lines


def test_in_a_fresh_clone(frontends: Frontends, clone: Path) -> None:
    said = [run(frontends, command, clone) for command in commands("clone")]
    assert said[0].endswith("Hello  from augexample-legacy\n")
    assert said[-1].endswith("Hello from augexample-consumer!\n")


def test_with_a_package_of_ones_own(frontends: Frontends, clone: Path, tmp_path: Path) -> None:
    package = tmp_path / "my-package"
    package.mkdir()
    shutil.copy(clone / "examples" / "legacy-setup-py" / "setup.py", package)
    run(frontends, f'python -m pip install --quiet build "{clone}[cli]"', clone)
    before = {file.name: file.read_bytes() for file in package.iterdir()}
    said = {}
    for command in commands("my-package"):
        said[command] = run(frontends, f"cd {tmp_path}; {command}", clone)
        if "Ahoy" in command:
            assert "Ahoy" in (package / "augexample_legacy.py").read_text()
    assert any("+ tabulate  (declared; also in build-system.requires" in text for text in said.values())
    assert (package / "setup.py").read_bytes() == before["setup.py"]
    assert not (package / "_augbackend").exists()
    assert not (package / "pyproject.toml").exists()


@pytest.mark.parametrize("table", TABLES)
def test_tables(tmp_path: Path, table: str) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    build = reading.read(tmp_path, environ={})
    variables.resolve(build.settings, {})
