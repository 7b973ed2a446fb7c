"""How each frontend is run: every one installed into an environment of its own, with a clean environment around it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .projects import FAKELIB_TREE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 600
BIN, EXE = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")

# What a developer's shell or this very test run would tell a build that it must not hear.
_FOREIGN = frozenset({"PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "MAX_JOBS", "PIP_TARGET"})
_FOREIGN_PREFIXES = ("AUGBACKEND_", "CONDA_", "COVERAGE_", "PDM_", "PIPX_", "POETRY_", "PYTEST_", "TOX_", "UV_PROJECT_")


class BuildFailedError(Exception):
    """A frontend gave up; the text is all that it printed."""


class Frontends:
    """The frontends of this machine, installed when they are first asked for.

    :param folder: theirs; caches of downloads lie there too.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        self.environ = _clean_environment(folder, self.wheels)
        self.refusals: dict[str, str] = {}
        self.wheels.mkdir()
        (folder / "home").mkdir()
        self._bootstrap_uv()
        fakelib = FAKELIB_TREE.write(folder / "fakelib", "direct")
        own = folder / "augbackend"  # a copy, since a build may leave files in its tree
        for name in ("augbackend", "recipes"):
            shutil.copytree(ROOT / name, own / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copyfile(ROOT / name, own / name)
        for tree in (own, fakelib):
            self.run("uv", "build", "--quiet", "--wheel", "--out-dir", str(self.wheels), str(tree), cwd=folder)

    def run(self, *command: str, cwd: Path, **variables: str) -> str:
        """Run a command and return what it printed.

        :raises BuildFailedError: if its exit code is not 0.
        """
        program = command[0]
        if program == "uv":
            program = str(self._program("uv", "uv"))
        finished = subprocess.run(
            [program, *command[1:]],
            cwd=cwd,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        if finished.returncode:
            raise BuildFailedError(f"{' '.join(command)}: exit code {finished.returncode}\n{finished.stdout}")
        return finished.stdout

    def program(self, name: str, *requirements: str, python: str = sys.executable, command: str = "") -> str:
        """The path of a frontend's program; the test is skipped where the frontend cannot be had.

        :param name: of its environment; the same name stands for the same requirements.
        :param command: the program's name, if it is not the environment's.
        """
        if name in self.refusals:
            pytest.skip(self.refusals[name])
        program = self._program(name, command or name)
        if not program.exists():
            try:
                self.environment(self.folder / "programs" / name, python=python)
                self.install(self.folder / "programs" / name, *(requirements or (name,)))
            except BuildFailedError as error:
                self.refusals[name] = f"{name} cannot be installed here: {str(error).splitlines()[-1]}"
                pytest.skip(self.refusals[name])
        return str(program)

    def environment(self, folder: Path, *, python: str = sys.executable) -> Path:
        """Make a virtual environment with nothing in it; returns its interpreter."""
        self.run("uv", "venv", "--quiet", "--no-config", "--python", python, str(folder), cwd=self.folder)
        return folder / BIN / f"python{EXE}"

    def install(self, environment: Path, *requirements: str) -> None:
        """Install finished distributions, nothing that has to be built."""
        python = str(environment / BIN / f"python{EXE}")
        self.run("uv", "pip", "install", "--quiet", "--no-build", "--python", python, *requirements, cwd=self.folder)

    def _program(self, name: str, command: str) -> Path:
        return self.folder / "programs" / name / BIN / f"{command}{EXE}"

    def _bootstrap_uv(self) -> None:
        environment = self.folder / "programs" / "uv"
        try:
            self.run(sys.executable, "-m", "venv", str(environment), cwd=self.folder)
            python = str(environment / BIN / f"python{EXE}")
            self.run(python, "-m", "pip", "install", "--quiet", "--only-binary=:all:", "uv", cwd=self.folder)
        except BuildFailedError as error:
            said = str(error).splitlines()[-1]
            pytest.fail(f"these tests need the network, or an index that pip is told of: {said}", pytrace=False)


def _clean_environment(folder: Path, wheels: Path) -> dict[str, str]:
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    own_programs = str(Path(sys.executable).parent) if sys.prefix != sys.base_prefix else None
    path = [entry for entry in environ.get("PATH", "").split(os.pathsep) if entry != own_programs]
    for variable, default in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")):
        environ.setdefault(variable, str(Path.home() / default))  # rustup's cargo looks below HOME
    return {
        **environ,
        "PATH": os.pathsep.join(path),
        "HOME": str(folder / "home"),
        "XDG_CACHE_HOME": str(folder / "home" / ".cache"),
        "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
        "XDG_DATA_HOME": str(folder / "home" / ".local" / "share"),
        "XDG_STATE_HOME": str(folder / "home" / ".local" / "state"),
        "PIP_CACHE_DIR": str(folder / "home" / "pip"),
        "UV_CACHE_DIR": str(folder / "home" / "uv"),
        # Added to what the machine already has, which may be all that it has.
        "PIP_FIND_LINKS": " ".join([wheels.as_uri(), *environ.get("PIP_FIND_LINKS", "").split()]),
        "UV_FIND_LINKS": ",".join(filter(None, [wheels.as_uri(), environ.get("UV_FIND_LINKS")])),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "0",  # switches compiling off: pip's variables for negative options are falsy to hold
        "CARGO_NET_OFFLINE": "true",
        "COLUMNS": "1000",  # nobody breaks the line that a test looks for
        "NO_COLOR": "1",
        "SOURCE_DATE_EPOCH": "1700000000",
    }


@lru_cache
def oldest_python() -> str:
    """The oldest interpreter from 3.9 on that starts: a shim may be there for one that does not."""
    for minor in range(9, sys.version_info.minor):
        shim = shutil.which(f"python3.{minor}")
        if shim:
            command = [shim, "-c", "import sys; print(sys.executable)"]
            found = subprocess.run(command, capture_output=True, text=True, check=False)
            if found.returncode == 0:
                return found.stdout.strip()
    return sys.executable


# Frontends that build: (frontends, tree, folder for what is built, options).


def pip_wheel(frontends: Frontends, tree: Path, out: Path) -> None:
    """``pip wheel``: no sdist on the way."""
    pip = frontends.program("pip")
    frontends.run(pip, "wheel", "--no-deps", "--wheel-dir", str(out), str(tree), cwd=frontends.folder)


def uv_build(frontends: Frontends, tree: Path, out: Path, *options: str) -> None:
    """``uv build``: the sdist, and the wheel from it, unless the options say otherwise."""
    # A direct uv_build would be uv itself, whose version stands in the wheel.
    command = ["uv", "build", "--force-pep517", "--python", sys.executable, "--out-dir", str(out)]
    frontends.run(*command, *options, str(tree), cwd=frontends.folder)


def build(frontends: Frontends, tree: Path, out: Path, *options: str) -> None:
    """``python -m build``: the sdist, and the wheel from it, unless the options say otherwise."""
    # With a pip beside it, build need not install one into each isolated environment.
    python = frontends.program("build", "build", "pip", command="python")
    frontends.run(python, "-m", "build", "--outdir", str(out), *options, str(tree), cwd=frontends.folder)


def pip_editable(frontends: Frontends, tree: Path, python: Path) -> None:
    """``pip install -e`` into the environment of ``python``."""
    _pip_install(frontends, python, "--editable", str(tree))


def _pip_install(frontends: Frontends, python: Path, *what: str) -> None:
    pip = frontends.program("pip")
    frontends.run(pip, "--python", str(python), "install", "--no-deps", *what, cwd=frontends.folder)


# Frontends that install: each takes (frontends, tree, scratch folder), and returns what the installed command says.


def _from_pip_wheel(frontends: Frontends, tree: Path, scratch: Path) -> str:
    pip_wheel(frontends, tree, scratch / "dist")
    return _greeting_of(frontends, scratch, "*.whl")


def _from_pip_install(frontends: Frontends, tree: Path, scratch: Path) -> str:
    _pip_install(frontends, frontends.environment(scratch / "environment"), str(tree))
    return _greet(frontends, scratch / "environment")


def _from_pip_editable(frontends: Frontends, tree: Path, scratch: Path) -> str:
    pip_editable(frontends, tree, frontends.environment(scratch / "environment"))
    return _greet(frontends, scratch / "environment")


def _from_old_pip(frontends: Frontends, tree: Path, scratch: Path) -> str:
    interpreter = oldest_python()
    if not Path(interpreter).exists() or _minor(interpreter) > _LAST_MINOR_OF_OLD_PIP:
        pytest.skip(f"pip 22.3 runs on Python up to 3.{_LAST_MINOR_OF_OLD_PIP}, and the oldest here is {interpreter}")
    pip = frontends.program("pip-22.3", "pip==22.3", python=interpreter, command="pip")
    python = frontends.environment(scratch / "environment", python=interpreter)
    frontends.run(pip, "--python", str(python), "install", "--no-deps", str(tree), cwd=scratch)
    return _greet(frontends, scratch / "environment")


def _from_build(frontends: Frontends, tree: Path, scratch: Path, *options: str) -> str:
    build(frontends, tree, scratch / "dist", *options)
    return _greeting_of(frontends, scratch, "*.tar.gz" if "--sdist" in options else "*.whl")


def _from_uv_build(frontends: Frontends, tree: Path, scratch: Path) -> str:
    uv_build(frontends, tree, scratch / "dist")
    return _greeting_of(frontends, scratch, "*.whl")


def _from_uv_pip_install(frontends: Frontends, tree: Path, scratch: Path, *options: str) -> str:
    python = frontends.environment(scratch / "environment")
    frontends.run("uv", "pip", "install", "--python", str(python), *options, str(tree), cwd=scratch)
    return _greet(frontends, scratch / "environment")


def _from_uv_tool(frontends: Frontends, tree: Path, scratch: Path) -> str:
    folders = {"UV_TOOL_DIR": str(scratch / "tools"), "UV_TOOL_BIN_DIR": str(scratch / "commands")}
    frontends.run("uv", "tool", "install", "--python", sys.executable, str(tree), cwd=scratch, **folders)
    return frontends.run(str(scratch / "commands" / f"greet{EXE}"), cwd=scratch)


def _from_uvx(frontends: Frontends, tree: Path, scratch: Path) -> str:
    uvx = frontends.program("uv", command="uvx")
    return frontends.run(uvx, "--quiet", "--python", sys.executable, "--from", str(tree), "greet", cwd=scratch)


def _from_pipx(frontends: Frontends, tree: Path, scratch: Path) -> str:
    folders = {name: str(scratch / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    folders["PIPX_SHARED_LIBS"] = str(frontends.folder / "pipx-shared")  # pip and no more
    pipx = frontends.program("pipx")
    # Left alone it takes uv where it finds one, and uv has cells of its own.
    frontends.run(pipx, "install", "--backend", "pip", "--python", sys.executable, str(tree), cwd=scratch, **folders)
    return frontends.run(str(scratch / "PIPX_BIN_DIR" / f"greet{EXE}"), cwd=scratch)


def _from_tox(frontends: Frontends, tree: Path, scratch: Path) -> str:
    configuration = "[tox]\nenv_list = greet\n\n[testenv]\npackage = wheel\ncommands = greet\n"
    (tree / "tox.ini").write_text(configuration, encoding="utf-8")
    tox = frontends.program("tox", "tox>=4")
    return frontends.run(tox, "run", "--workdir", str(scratch / "tox"), cwd=tree)


def _from_poetry(frontends: Frontends, tree: Path, scratch: Path) -> str:
    poetry = frontends.program("poetry")
    with index(frontends) as url:
        consumer = f"""\
[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = ">=3.9"
greeter = {{ path = "{tree.as_posix()}" }}

[[tool.poetry.source]]
name = "local"
url = "{url}"
priority = "primary"
"""
        (scratch / "pyproject.toml").write_text(consumer, encoding="utf-8")
        frontends.environment(scratch / ".venv")
        settings = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_KEYRING_ENABLED": "false"}
        frontends.run(poetry, "install", "--no-interaction", cwd=scratch, **settings)
    return _greet(frontends, scratch / ".venv")


def _from_pdm(frontends: Frontends, tree: Path, scratch: Path) -> str:
    # Its own pins: with the newest of all that it requires, its resolver does not start.
    pdm = frontends.program("pdm", "pdm[locked]")
    consumer = f"""\
[project]
name = "consumer"
version = "1.0"
requires-python = ">={sys.version_info[0]}.{sys.version_info[1]}"
dependencies = ["greeter @ {tree.as_uri()}"]

[tool.pdm]
distribution = false

[[tool.pdm.source]]
name = "local"
type = "find_links"
url = "{frontends.wheels.as_uri()}"
"""
    (scratch / "pyproject.toml").write_text(consumer, encoding="utf-8")
    frontends.environment(scratch / ".venv")
    frontends.run(pdm, "install", "--no-self", cwd=scratch, PDM_CHECK_UPDATE="false")
    return _greet(frontends, scratch / ".venv")


INSTALLERS: dict[str, Callable[[Frontends, Path, Path], str]] = {
    "pip-wheel": _from_pip_wheel,
    "pip-install": _from_pip_install,
    "pip-editable": _from_pip_editable,
    "pip-22.3": _from_old_pip,
    "build-sdist": lambda frontends, tree, scratch: _from_build(frontends, tree, scratch, "--sdist"),
    "build-wheel": lambda frontends, tree, scratch: _from_build(frontends, tree, scratch, "--wheel"),
    "build": _from_build,
    "uv-build": _from_uv_build,
    "uv-pip-install": _from_uv_pip_install,
    "uv-pip-editable": lambda frontends, tree, scratch: _from_uv_pip_install(frontends, tree, scratch, "--editable"),
    "uv-tool": _from_uv_tool,
    "uvx": _from_uvx,
    "pipx": _from_pipx,
    "tox": _from_tox,
    "poetry": _from_poetry,
    "pdm": _from_pdm,
}

_LAST_MINOR_OF_OLD_PIP = 11


def _minor(python: str) -> int:
    command = [python, "-c", "import sys; print(sys.version_info.minor)"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _greet(frontends: Frontends, environment: Path) -> str:
    return frontends.run(str(environment / BIN / f"greet{EXE}"), cwd=environment)


def _greeting_of(frontends: Frontends, scratch: Path, pattern: str) -> str:
    """What the one archive in ``dist`` says once pip has installed it."""
    (archive,) = (scratch / "dist").glob(pattern)
    return _from_pip_install(frontends, archive, scratch)


@contextmanager
def served(root: Path) -> Iterator[str]:
    """The address of a folder, without a slash at its end."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the requests out of the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def index(frontends: Frontends, *more: str) -> Iterator[str]:
    """The address of an index with the wheels that a build needs: poetry knows no folders of wheels.

    :param more: projects that it has from the real index.

    It holds setuptools too, since poetry asks PyPI by an interface that a mirror need not have.
    """
    root = frontends.folder / "index"
    for wheel in frontends.wheels.glob("*.whl"):
        project = root / wheel.name.partition("-")[0]
        project.mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, project)
    for name in ("setuptools", "tomli", *more):
        pip = frontends.program("pip")
        if not (root / name).exists():
            frontends.run(pip, "download", "--quiet", "--no-deps", "--dest", str(root / name), name, cwd=root)

    with served(root) as address:
        yield f"{address}/"
