"""Two torches of a few KB, an extension that runs with the one it was built with, and every way of installing it."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from ..cli.archives import sdist
from .frontends import BIN, EXE, ROOT, BuildFailedError, Frontends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEWEST, OLDER, OTHER_INDEXES = "2.9.0", "2.8.0", "2.8.0+cu128"

# Its setup.py imports what nobody declared, and the wheel remembers the version, as compiled code would.
EXT = {
    "setup.py": """\
import os
import torch
from setuptools import setup
from setuptools.command.build_py import build_py
class Stamped(build_py):
    def run(self):
        build_py.run(self)
        with open(os.path.join(self.build_lib, "ext_stamp.py"), "w") as stamp:
            stamp.write("TORCH = %r\\n" % torch.__version__)
setup(name="ext", version="1.0", packages=["ext"], install_requires=["torch"], cmdclass={"build_py": Stamped})
""",
    "ext/__init__.py": """\
import ext_stamp
import torch
if torch.__version__ != ext_stamp.TORCH:
    raise ImportError("built with %s, running with %s" % (ext_stamp.TORCH, torch.__version__))
""",
}

# uv matches torch only for what says its dependencies before it is built.
STATIC = "Metadata-Version: 2.2\nName: ext\nVersion: 1.0\nRequires-Dist: torch\n"

CONSUMER = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "consumer"
version = "1.0"
requires-python = ">={0.major}.{0.minor}"
dependencies = {1}
scripts = {{ consumer = "consumer:main" }}

[tool.setuptools]
py-modules = ["consumer"]
"""
MAIN = "def main():\n    import ext, torch\n    print(torch.__version__)\n"


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str], *requires: str) -> Path:
    """Write a wheel; returns it."""
    info = f"{name}-{version}.dist-info"
    fields = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    content = {
        **files,
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
        f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *fields, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*content, f"{info}/RECORD"))
    folder.mkdir(parents=True, exist_ok=True)
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for member, text in content.items():
            wheel.writestr(member, text)
    return folder / f"{name}-{version}-py3-none-any.whl"


def make_torch(folder: Path, version: str) -> None:
    """Write a wheel of torch."""
    make_wheel(folder, "torch", version, {"torch/__init__.py": f"__version__ = {version!r}\n{MAIN}"})


def write_consumer(folder: Path, dependencies: list[str], tables: str) -> Path:
    """Write a project with a command; returns its folder."""
    folder.mkdir(exist_ok=True)
    text = CONSUMER.format(sys.version_info, dependencies) + tables
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    (folder / "consumer.py").write_text(MAIN, encoding="utf-8")
    return folder


def write_page(folder: Path) -> None:
    """Write a project's page of a simple index (PEP 503)."""
    links = [
        f'<a href="{quote(file.name)}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>\n'
        for file in sorted(folder.iterdir())
        if file.suffix != ".html"
    ]
    (folder / "index.html").write_text("<!DOCTYPE html><html><body>\n" + "".join(links))


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The address of a folder, served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Keep the requests out of the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class World:
    """All that there is to install from.

    :param url: of the server: ``/simple/`` has both torches, the extension, and what a build needs, ``/cu128/`` a torch
        of its own.
    :param upstream: the extension as most are, without static metadata.
    """

    frontends: Frontends
    url: str
    upstream: Path

    @property
    def simple(self) -> str:
        return f"{self.url}/simple/"

    @property
    def other(self) -> str:
        return f"{self.url}/cu128/"

    def run(self, *command: str, cwd: Path, **variables: str) -> str:
        """Run a command that sees only this world's indexes.

        :raises BuildFailedError: if its exit code is not 0.
        """
        only_here = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "0",
            "PIP_INDEX_URL": self.simple,
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "UV_DEFAULT_INDEX": self.simple,
            "UV_INDEX": "",
            "UV_EXTRA_INDEX_URL": "",
            "UV_FIND_LINKS": "",
            "UV_PYTHON": sys.executable,
        }
        return self.frontends.run(*command, cwd=cwd, **{**only_here, **variables})

    def wrap(self, folder: Path, *options: str) -> Path:
        """Wrap the extension; returns the archive."""
        folder.mkdir(parents=True, exist_ok=True)
        self.augbackend("wrap", str(self.upstream), "--match-runtime", "torch", *options, cwd=folder)
        return folder / "wrapped.d" / "ext-1.0.tar.gz"

    def augbackend(self, *arguments: str, cwd: Path) -> str:
        environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        return self.run(sys.executable, "-m", "augbackend.cli", *arguments, cwd=cwd, **environ)


@contextmanager
def world(frontends: Frontends, folder: Path) -> Iterator[World]:
    """Make the torches and the extension, and serve them."""
    simple = folder / "served" / "simple"
    for version in (OLDER, NEWEST):
        make_torch(simple / "torch", version)
    make_torch(folder / "served" / "cu128" / "torch", OTHER_INDEXES)
    sdist(simple / "ext", {**EXT, "PKG-INFO": STATIC}, name="ext")
    # What builds need, and pipx, from the real index.
    download = (frontends.program("pip"), "download", "--quiet", "--no-deps", "--dest", "real")
    frontends.run(*download, "setuptools", "tomli", "pip", cwd=folder)
    for wheel in (folder / "real").iterdir():
        (simple / wheel.name.partition("-")[0]).mkdir()
        wheel.rename(simple / wheel.name.partition("-")[0] / wheel.name)
    for project in (*simple.iterdir(), folder / "served" / "cu128" / "torch"):
        write_page(project)
    with serving(folder / "served") as url:
        yield World(frontends, url, sdist(folder, EXT, name="ext"))


@dataclass(frozen=True)
class Scene:
    """One installation.

    :param folder: for all that it makes; its caches lie there too.
    :param archive: the wrapped extension.
    :param beside: what is asked for beside it.
    :param there: the version that the environment has before.
    :param told: what the build is told of the version.
    :param caches: another scene's, if they are shared.
    """

    world: World
    folder: Path
    archive: Path
    beside: str = ""
    there: str = ""
    told: str = ""
    caches: Path | None = None

    @property
    def asked(self) -> list[str]:
        """By name, without which pip does not look into its cache of wheels."""
        return [f"ext @ {self.archive.as_uri()}", *filter(None, [self.beside])]

    @property
    def config_settings(self) -> list[str]:
        """For uv, whose cache knows of these, and not of variables."""
        return ["-C", f"augbackend.match-runtime={self.told}"] if self.told else []

    def run(self, *command: str, cwd: Path | None = None, **variables: str) -> str:
        caches = self.caches or self.folder / "caches"
        environ = {
            "PIP_CACHE_DIR": str(caches / "pip"),
            "UV_CACHE_DIR": str(caches / "uv"),
            "POETRY_CACHE_DIR": str(caches / "poetry"),
            "PDM_CACHE_DIR": str(caches / "pdm"),
        }
        if self.told and command[0] != "uv":
            environ["AUGBACKEND_MATCH_RUNTIME"] = self.told
        return self.world.run(*command, cwd=cwd or self.folder, **{**environ, **variables})

    def program(self, name: str, *requirements: str, command: str = "") -> str:
        return self.world.frontends.program(name, *requirements, command=command)

    def pip(self, python: Path, *what: str) -> None:
        self.run(self.program("pip"), "--python", str(python), "install", *what)

    def environment(self, *more: str, name: str = "environment") -> Path:
        """The environment to install into, with the torch that is there already; returns its interpreter."""
        python = self.world.frontends.environment(self.folder / name)
        present = [*more, *([f"torch=={self.there}"] if self.there else [])]
        if present:
            self.run("uv", "pip", "install", "--quiet", "--no-build", "--python", str(python), *present)
        return python

    def consumer(self) -> Path:
        """A project with a command, which depends on the extension, in uv's words."""
        source = f'\n[tool.uv.sources]\next = {{ path = "{self.archive.as_posix()}" }}\n'
        dependencies = ["ext", *filter(None, [self.beside])]
        return write_consumer(self.folder / "consumer", dependencies, source)


# The frontends: each takes a scene and returns the interpreter of the environment that it has installed into.


def pip(scene: Scene, *options: str, more: tuple[str, ...] = (), what: tuple[str, ...] = ()) -> Path:
    """By pip; ``more`` is there before, ``what`` is asked for instead of what the scene asks for."""
    python = scene.environment(*more)
    scene.pip(python, *options, *(what or scene.asked))
    return python


def pip_in_venv(scene: Scene) -> Path:
    try:
        return pip(scene, "--use-feature=venv-isolation")
    except BuildFailedError as error:
        if "invalid choice: 'venv-isolation'" in str(error):
            pytest.skip("this pip has no venv-isolation")
        raise


def pip_without_isolation(scene: Scene) -> Path:
    return pip(scene, "--no-build-isolation", more=("setuptools",))


def build_and_pip(scene: Scene) -> Path:
    scene.run("tar", "xf", str(scene.archive))
    # With a pip beside it, build need not install one into each isolated environment.
    build = scene.program("build", "build", "pip", command="python")
    scene.run(build, "-m", "build", "--wheel", "--outdir", "dist", "ext-1.0")
    (wheel,) = (scene.folder / "dist").iterdir()
    python = scene.environment()
    scene.pip(python, str(wheel), *filter(None, [scene.beside]))
    return python


def pipx(scene: Scene) -> Path:
    folders = {name: str(scene.folder / name) for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    folders["PIPX_SHARED_LIBS"] = str(scene.world.frontends.folder / "pipx-shared")
    before = ["--preinstall", f"torch=={scene.there}"] if scene.there else []
    consumer = make_wheel(scene.folder, "consumer", "1.0", {"consumer.py": MAIN}, *scene.asked)
    options = ("--backend", "pip", "--python", sys.executable, *before)
    scene.run(scene.program("pipx"), "install", *options, str(consumer), cwd=scene.folder, **folders)
    return scene.folder / "PIPX_HOME" / "venvs" / "consumer" / BIN / f"python{EXE}"


def tox(scene: Scene) -> Path:
    first = f"torch=={scene.there}" if scene.there else "\n  ".join(scene.asked)
    # Without pass_env, tox keeps the variable from what it runs.
    settings = f"pass_env = AUGBACKEND_*\ndeps =\n  {first}\ncommands = python --version\n"
    text = f"[testenv:it]\n{settings}"
    (scene.folder / "tox.ini").write_text(text, encoding="utf-8")
    # What deps name is there when the package is installed.
    package = ["--installpkg", str(scene.archive)] if scene.there else []
    scene.run(scene.program("tox", "tox>=4"), "run", "-e", "it", *package)
    return scene.folder / ".tox" / "it" / BIN / f"python{EXE}"


def uv_pip(scene: Scene, *options: str, more: tuple[str, ...] = ()) -> Path:
    python = scene.environment(*more)
    scene.run("uv", "pip", "install", "--python", str(python), *options, *scene.config_settings, *scene.asked)
    return python


def uv_pip_without_isolation(scene: Scene) -> Path:
    return uv_pip(scene, "--no-build-isolation", more=("setuptools",))


def uv_sync(scene: Scene) -> Path:
    consumer = scene.consumer()
    python = scene.environment(name="consumer/.venv")
    scene.run("uv", "sync", "--no-install-project", *scene.config_settings, cwd=consumer)
    return python


def uv_tool(scene: Scene, consumer: Path | None = None) -> Path:
    folders = {"UV_TOOL_DIR": str(scene.folder / "tools"), "UV_TOOL_BIN_DIR": str(scene.folder / "commands")}
    command = ("uv", "tool", "install", *scene.config_settings, str(consumer or scene.consumer()))
    scene.run(*command, cwd=scene.folder, **folders)
    return scene.folder / "tools" / "consumer" / BIN / f"python{EXE}"


def poetry(scene: Scene) -> Path:
    beside = re.sub(r"^torch(.+)$", r'torch = "\1"', scene.beside)
    consumer = f"""\
[tool.poetry]
package-mode = false

[tool.poetry.dependencies]
python = ">=3.9"
ext = {{ path = "{scene.archive.as_posix()}" }}
{beside}

[[tool.poetry.source]]
name = "local"
url = "{scene.world.simple}"
priority = "primary"
"""
    (scene.folder / "pyproject.toml").write_text(consumer, encoding="utf-8")
    python = scene.environment(name=".venv")
    settings = {"POETRY_VIRTUALENVS_IN_PROJECT": "true", "POETRY_KEYRING_ENABLED": "false"}
    scene.run(scene.program("poetry"), "install", "--no-interaction", cwd=scene.folder, **settings)
    return python


def pdm(scene: Scene) -> Path:
    consumer = f"""\
[project]
name = "consumer"
version = "1.0"
requires-python = ">={sys.version_info[0]}.{sys.version_info[1]}"
dependencies = {scene.asked}

[tool.pdm]
distribution = false

[[tool.pdm.source]]
name = "pypi"
url = "{scene.world.simple}"
verify_ssl = false
"""
    (scene.folder / "pyproject.toml").write_text(consumer, encoding="utf-8")
    python = scene.environment(name=".venv")
    # Its own pins: with the newest of all that it requires, its resolver does not start.
    scene.run(scene.program("pdm", "pdm[locked]"), "install", "--no-self", PDM_CHECK_UPDATE="false")
    return python


FRONTENDS: dict[str, Callable[[Scene], Path]] = {
    "pip": pip,
    "pip-in-venv": pip_in_venv,
    "pip-no-isolation": pip_without_isolation,
    "build": build_and_pip,
    "pipx": pipx,
    "tox": tox,
    "uv-pip": uv_pip,
    "uv-pip-no-isolation": uv_pip_without_isolation,
    "uv-sync": uv_sync,
    "uv-tool": uv_tool,
    "poetry": poetry,
    "pdm": pdm,
}

# What a resolver says when torch is the trouble, by the first word of the frontend's name; and what we say.
_OBJECTIONS = {
    "pip": r"conflict[\s\S]*ext 1\.0 depends on torch|No matching distribution found for torch",
    "pipx": r"torch==[\s\S]*consumer==1\.0 because these package versions have conflicting dependencies",
    "tox": r"conflict[\s\S]*ext 1\.0 depends on torch",
    "uv": r"No solution found[\s\S]*ext==1\.0 depends on torch",
    "poetry": r"ext \(1\.0\).* depends on torch [\s\S]*version solving failed",
    "pdm": r"Unable to find a resolution for torch",
}
_REFUSALS = r"augbackend: error: (it is not known which torch|torch \S+ is built against|not installed .*: torch\n)"


def outcome(frontend: str, scene: Scene, install: Callable[[Scene], Path] | None = None) -> str:
    """What came of it: the torch that the extension runs with, or ``objects`` (the resolver), or ``refused`` (we).

    An extension that does not run, or a failure for any other reason, is none of these.

    :param install: instead of what the frontend does in the table.
    """
    try:
        python = (install or FRONTENDS[frontend])(scene)
    except BuildFailedError as error:
        said = str(error).partition("\n")[2]  # without the command, which names torch too
        if re.search(_REFUSALS, said):
            return "refused"
        if re.search(_OBJECTIONS.get(frontend.partition("-")[0], "$^"), said):
            return "objects"
        raise
    return scene.run(str(python), "-c", "import ext, torch; print(torch.__version__)").strip()
