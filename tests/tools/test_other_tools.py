"""What the manual says of other tools: its files are written, its commands are run, word for word."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from ..conftest import ROOT
from ..manual import BLOCKS, commands
from ..matrix.frontends import BIN, Frontends

pytestmark = pytest.mark.tools
PAGES = ("docs/how-to/other-tools.md", "docs/how-to/published-tool.md")
PROGRAMS = {
    "pip-tools": ("pip-tools", "pip-compile"),
    "pip-tools-labelled": ("pip-tools", "pip-compile"),
    "published-tool": ("uv", "uv"),
    "pylock": ("uv", "uv"),
}
SCENARIOS = sorted({block.scenario for block in BLOCKS if block.page in PAGES and block.scenario})
SEEN = 'import html5lib; print("seen", html5lib.__version__)'


@pytest.fixture(scope="session")
def frontends(tmp_path_factory: pytest.TempPathFactory) -> Frontends:
    return Frontends(tmp_path_factory.mktemp("frontends"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_words_that_work(frontends: Frontends, tmp_path: Path, scenario: str) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("the commands are for a POSIX shell")
    name, command = PROGRAMS.get(scenario, (scenario, scenario))
    program = frontends.program(name, command=command)
    environment, project = tmp_path / "environment", tmp_path / "project"
    frontends.run("uv", "venv", "--quiet", "--seed", "--python", sys.executable, str(environment), cwd=tmp_path)
    python = str(environment / BIN / "python")
    frontends.run("uv", "pip", "install", "--quiet", "--python", python, f"{ROOT}[cli]", cwd=tmp_path)
    project.mkdir()
    wrap = ("wrap", "html5lib==1.1", "--require", "setuptools<82", "--output", "wrapped.d")
    if not scenario.endswith("-labelled"):
        frontends.run(str(environment / BIN / "augbackend"), *wrap, cwd=project)
    for block in BLOCKS:
        if block.page in PAGES and block.scenario == scenario and block.language != "console":
            name, _, text = block.text.partition("\n")
            (project / name.removeprefix("# ")).write_text(text)
    path = f'export PATH="{environment / BIN}:$PATH:{Path(program).parent}"'
    frontends.run("git", "init", "--quiet", cwd=project)
    frontends.run("git", "add", "--all", cwd=project)
    variables = {"UV_PYTHON": python, "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_YES": "1"}
    script = "\n".join(["set -x", path, *commands(scenario)])
    said = frontends.run(shell, "-e", "-c", script, cwd=project, **variables)
    if scenario == "published-tool":
        frontends.run(python, "-c", "import flatdict", cwd=tmp_path)
        shown = [
            line
            for block in BLOCKS
            if (block.page, block.language) == ("README.md", "text")
            for line in block.text.splitlines()
        ]
        assert [line for line in shown if line[0] != "$" and line not in said] == []
    if scenario.startswith(("pip-tools", "pylock")):
        assert frontends.run(python, "-c", SEEN, cwd=tmp_path).startswith("seen 1.1")
