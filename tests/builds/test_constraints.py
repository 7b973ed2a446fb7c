"""What only a dependency asks for: reached by real uv and pip in the ways that `wrap` prints, and by an index of ours."""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path
from zipfile import ZipFile

import pytest

from augbackend.cli.site.server import SiteServer

from .. import json_outputs
from ..cli.archives import sdist
from ..conftest import write
from ..matrix import frontends as matrix
from ..matrix.frontends import BIN, EXE, BuildFailedError, Frontends
from .test_wrapped import augbackend

pytestmark = pytest.mark.builds

SETUP = "import scanner\nfrom setuptools import setup\nsetup(name='needy', version='1.0', py_modules=['needy'])\n"
APP = """[project]
name = "app"
version = "1"
dependencies = ["needytool"]

[project.scripts]
app = "needytool:main"

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
py-modules = []

[tool.uv]
{}
[tool.augbackend.packages.needy]
extra-build-dependencies = ["scanner"]
"""


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``needytool``, a wheel that needs ``needy``, whose sdist does not say what its build needs."""
    folder = tmp_path_factory.mktemp("links")
    sdist(folder, {"setup.py": SETUP, "needy.py": ""}, name="needy")
    info = "needytool-1.0.dist-info"
    with ZipFile(folder / "needytool-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("needytool.py", "def main():\n    import needy\n    print('it runs')\n")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: needytool\nVersion: 1.0\nRequires-Dist: needy\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nneedytool = needytool:main\n")
        wheel.writestr(f"{info}/RECORD", f"needytool.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return folder


@pytest.fixture
def environ(frontends: Frontends, links: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "UV_FIND_LINKS": ",".join(filter(None, [frontends.environ.get("UV_FIND_LINKS"), str(links)])),
        "PIP_FIND_LINKS": " ".join(filter(None, [frontends.environ.get("PIP_FIND_LINKS"), str(links)])),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "commands"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "UV_PYTHON": sys.executable,
    }


def wrapped(frontends: Frontends, environ: dict[str, str], cwd: Path, *arguments: str) -> list[str]:
    """Wrap, and return the commands that are printed."""
    frontends.environ["PIP_FIND_LINKS"], kept = environ["PIP_FIND_LINKS"], frontends.environ["PIP_FIND_LINKS"]
    try:
        text = augbackend(frontends, "wrap", *arguments, "--json", cwd=cwd)
    finally:
        frontends.environ["PIP_FIND_LINKS"] = kept
    found: list[str] = json_outputs.read(text[text.index("{") :])["commands"]
    return found


def pip(frontends: Frontends, environ: dict[str, str], folder: Path, *arguments: str) -> str:
    """Install by pip into a new environment, and return what it prints, then what the tool does."""
    python = frontends.environment(folder / "environment")
    command = (frontends.program("pip"), "--python", str(python), "install", *arguments)
    printed = frontends.run(*command, cwd=folder, **environ)
    return printed + frontends.run(str(folder / "environment" / BIN / f"needytool{EXE}"), cwd=folder)


def test_a_published_tool(frontends: Frontends, environ: dict[str, str], tmp_path: Path) -> None:
    wrapped(frontends, environ, tmp_path, "needy==1.0", "--require", "scanner", "--constraints", "c.txt")
    with pytest.raises(BuildFailedError, match="scanner"):
        frontends.run("uv", "tool", "install", "needytool", cwd=tmp_path, **environ)
    constrained = {**environ, "UV_CONSTRAINT": "c.txt", "PIP_CONSTRAINT": str(tmp_path / "c.txt")}
    frontends.run("uv", "tool", "install", "needytool", cwd=tmp_path, **constrained)
    assert frontends.run(str(tmp_path / "commands" / f"needytool{EXE}"), cwd=tmp_path) == "it runs\n"
    (tmp_path / "other").mkdir()
    (tmp_path / "again").mkdir()
    first = pip(frontends, constrained, tmp_path / "other", "needytool")
    assert ("Building wheel for needy" in first, first.endswith("it runs\n")) == (True, True)
    again = pip(frontends, constrained, tmp_path / "again", "needytool")
    assert ("Building wheel for needy" in again, again.endswith("it runs\n")) == (False, True)


@pytest.mark.parametrize("is_constrained", [False, True])
def test_a_project(frontends: Frontends, environ: dict[str, str], tmp_path: Path, is_constrained: bool) -> None:
    here = write(tmp_path / "app", {"pyproject.toml": APP.format('constraint-dependencies = ["needy==1.0"]')})
    arguments = ("--constraints", "c.txt") if is_constrained else ()
    commands = wrapped(frontends, environ, here, *arguments)
    assert len(commands) == 4 + is_constrained
    for at, command in enumerate(commands):
        words = command.split()
        place = frontends.environment(tmp_path / f"environment-{at}").parent.parent
        program = {"pip": frontends.program("pip"), "uvx": str(Path(frontends.program("uv")).parent / f"uvx{EXE}")}
        more = ["--python", str(place / BIN / f"python{EXE}")] if words[0] == "pip" else []
        variables = {**environ, **({"UV_PYTHON": str(place)} if words[:2] == ["uv", "pip"] else {})}
        printed = frontends.run(program.get(words[0], words[0]), *more, *words[1:], cwd=here, **variables)
        where = {"sync": here / ".venv" / BIN, "tool": tmp_path / "commands"}.get(words[1], place / BIN)
        ran = printed if words[0] == "uvx" else frontends.run(str(where / f"app{EXE}"), cwd=here)
        assert ran.endswith("it runs\n"), command


def test_a_recipe_folder(frontends: Frontends, environ: dict[str, str], tmp_path: Path) -> None:
    entries = '[[tool.augbackend.packages.needy]]\nversions = "{}"\nextra-build-dependencies = ["{}"]\n'
    text = entries.format(">=2", "nonsense") + entries.format("<2", "scanner")
    here = write(tmp_path / "recipes", {"pyproject.toml": text})
    commands = wrapped(frontends, environ, here)
    assert [command.split()[-1] for command in commands] == ["./wrapped.d/needy-1.0.tar.gz"] * 2
    for at, command in enumerate(commands):
        place = frontends.environment(tmp_path / f"environment-{at}").parent.parent
        variables = {**environ, "UV_PYTHON": str(place)}
        words = command.split()
        program = frontends.program("pip") if words[0] == "pip" else "uv"
        more = ["--python", str(place / BIN / f"python{EXE}")] if words[0] == "pip" else []
        frontends.run(program, *more, *words[1:], cwd=here, **variables)
        frontends.run(str(place / BIN / f"python{EXE}"), "-c", "import needy", cwd=here)


def test_an_index_is_the_only_setting(
    frontends: Frontends, environ: dict[str, str], links: Path, tmp_path: Path
) -> None:
    with matrix.index(frontends) as upstream:
        for file in links.iterdir():
            folder = frontends.folder / "index" / file.name.partition("-")[0]
            folder.mkdir(exist_ok=True)
            shutil.copy(file, folder)
        only = {"UV_FIND_LINKS": "", "PIP_FIND_LINKS": "", "UV_DEFAULT_INDEX": upstream, "PIP_INDEX_URL": upstream}
        made = ("index", "site", "needy==1.0", "--require", "scanner", "--index-url", upstream)
        augbackend(frontends, *made, cwd=tmp_path)
        with pytest.raises(BuildFailedError, match="scanner"):
            frontends.run("uv", "tool", "install", "needytool", cwd=tmp_path, **{**environ, **only})
        with SiteServer(tmp_path / "site", "127.0.0.1", 0) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            ours = {**environ, **only, "UV_INDEX": server.url, "PIP_EXTRA_INDEX_URL": server.url}
            frontends.run("uv", "tool", "install", "needytool", cwd=tmp_path, **ours)
            (tmp_path / "by-pip").mkdir()
            assert pip(frontends, ours, tmp_path / "by-pip", "needytool").endswith("it runs\n")
            app = write(
                tmp_path / "app", {"pyproject.toml": APP.format("package = false\n").partition("[build-system]")[0]}
            )
            frontends.run("uv", "lock", cwd=app, **ours)
            locked = (app / "uv.lock").read_text()
            frontends.run("uv", "lock", "--upgrade", cwd=app, **ours)
            frontends.run("uv", "sync", "--frozen", cwd=app, **environ)
            server.shutdown()
    assert (app / "uv.lock").read_text() == locked
    assert "needy-1.0%2Baug.tar.gz" in locked
    assert frontends.run(str(tmp_path / "commands" / f"needytool{EXE}"), cwd=tmp_path) == "it runs\n"
    assert frontends.run(str(app / ".venv" / BIN / f"needytool{EXE}"), cwd=app) == "it runs\n"
