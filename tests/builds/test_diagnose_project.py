"""``augbackend diagnose`` of a whole project: from a project that uv cannot even lock to one that installs, by one command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.strangers import confinement

from ..conftest import write
from ..matrix.frontends import EXE, BuildFailedError, Frontends
from .strange_sdists import CALLS_PIP, NEEDS_A_VARIABLE, NEEDS_OTHERLIB, NEEDS_PKG_RESOURCES, SETUP, files, sdist
from .test_diagnose import Machine

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(confinement.here().by == "none", reason="this system confines nothing"),
]

BROKEN: Mapping[str, Mapping[str, str]] = {
    "badmodule": NEEDS_OTHERLIB,
    "badresources": NEEDS_PKG_RESOURCES,
    "badinstaller": CALLS_PIP,
    "badvariable": NEEDS_A_VARIABLE,
}
GOOD = ("goodone", "goodtwo", "goodthree", "goodfour")
APP = """[project]
name = "app"  # it stays
version = "1"
requires-python = ">=3.9"
dependencies = [{}]

[project.scripts]
app = "app:main"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = ["app"]
"""


def renamed(content: Mapping[str, str], name: str) -> dict[str, str]:
    return {
        file.replace("demo", name): text.replace("demo", name) if file != "pyproject.toml" else text
        for file, text in content.items()
    }


@pytest.fixture
def links(machine: Machine, tmp_path: Path) -> Path:
    folder = tmp_path / "links"
    for name in GOOD:
        sdist(folder, renamed(files(SETUP), name), stem=f"{name}-1.0")
    for name, content in BROKEN.items():
        sdist(folder, renamed(content, name), stem=f"{name}-1.0")
    for wheel in machine.wheels.glob("otherlib-*"):
        (folder / wheel.name).write_bytes(wheel.read_bytes())
    return folder


@pytest.fixture(scope="module")
def machine(frontends: Frontends, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return Machine(frontends, tmp_path_factory.mktemp("wheels"))


def test_a_project_that_cannot_be_locked_installs_after_one_command(
    machine: Machine, links: Path, tmp_path: Path
) -> None:
    names = [*GOOD, *BROKEN]
    app = tmp_path / "app"
    imports = "".join(f"    import {name}\n" for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    write(app, {"pyproject.toml": APP.format(listed), "app.py": f"def main():\n{imports}    print('it runs')\n"})
    here = {"UV_FIND_LINKS": links.as_uri(), "PIP_FIND_LINKS": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    uv = machine.frontends.program("uv", "uv")
    with pytest.raises(BuildFailedError):
        machine.frontends.run(uv, "sync", cwd=app, **here)

    said = machine.augbackend("diagnose", "--apply", cwd=app, within=600, **here)
    assert said.status == 0, said.stdout + said.stderr
    table = dict(_verdicts(said.stdout))
    assert table == {
        "app": "builds as it is",
        **dict.fromkeys(GOOD, "builds as it is"),
        **dict.fromkeys(BROKEN, "builds when declared"),
    }
    assert len(said.stderr.splitlines()) == len(table)  # a line a package, and nothing else in a pipe
    text = (app / "pyproject.toml").read_text(encoding="utf-8")
    assert text.startswith(APP.format(listed))
    assert 'badmodule = ["otherlib"]' in text

    tools = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    machine.frontends.run(uv, "tool", "install", ".", cwd=app, **here, **tools)
    assert machine.frontends.run(str(tmp_path / "bin" / f"app{EXE}"), cwd=tmp_path).strip().endswith("it runs")
    machine.frontends.run(uv, "sync", cwd=app, **here)


def _verdicts(table: str) -> Any:
    """Name and verdict of each row, from the columns that the head says."""
    lines = table.split("\n\n", maxsplit=1)[0].splitlines()
    first, last = (lines[0].index(word) for word in ("verdict", "declared"))
    return [(line.split()[0], line[first:last].strip()) for line in lines[1:]]
