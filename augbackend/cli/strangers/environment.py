"""An isolated environment of any Python, made and filled by uv where there is one, else by pip."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import venv
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.model.cli_error import CliError

from . import interpreter, pip_alone, process, readable, temporary_folder
from .telling_line import telling_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from augbackend.cli.model.package_sources import Sources

    from .interpreter import Interpreter
    from .process import Ran

# Variables that an installer needs to find distributions, its passwords included; none that is for publishing.
_OF_INSTALLERS = re.compile(
    r"(?:PIP|UV)_(?:(?:DEFAULT_|EXTRA_)?INDEX(?:_.*)?|FIND_LINKS|CERT|CLIENT_CERT|TRUSTED_HOST|INSECURE_HOST|CACHE_DIR|"
    r"CONFIG_FILE|(?:BUILD_)?CONSTRAINT|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|HTTP_TIMEOUT|(?:SYSTEM_CERTS|NATIVE_TLS)|OFFLINE|"
    r"KEYRING_PROVIDER|PRERELEASE|EXCLUDE_NEWER|TORCH_BACKEND|CONCURRENT_.*)|NETRC|XDG_.*"
)
_HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP")
# A build can write into its environment: no file there may be a link to one of uv's cache. "clone" makes links, too,
# where a file system cannot clone.
_COPIED = {"UV_LINK_MODE": "copy"}
_OFFLINE = {"UV_OFFLINE": "1", "UV_NO_CONFIG": "1", "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": os.devnull}


@dataclass(frozen=True)
class Installer:
    """What installs into environments of one Python.

    :param program: uv, or the folder of the package pip.
    :param where: the indexes and folders to look in.
    :param environ: its variables, which say where to look, and may hold passwords for that. Nothing else gets them.
    :param constraints: names → the version that is on this machine already, so that it is taken.
    :param built: a folder for wheels that had to be built; looked in beside ``where``.
    """

    python: Interpreter
    program: str
    where: Sources
    environ: Mapping[str, str]
    constraints: Mapping[str, str]
    built: Path
    is_uv: bool

    @property
    def name(self) -> str:
        """For a report."""
        return "uv" if self.is_uv else "pip"


@dataclass(frozen=True)
class Environment:
    """An isolated environment, in a folder of its own."""

    folder: Path
    installer: Installer

    @property
    def python_executable(self) -> str:
        """Its interpreter."""
        return str(self._scripts / ("python.exe" if os.name == "nt" else "python"))

    def make_extra_environ(self) -> Mapping[str, str]:
        """Variables of a process in it, beside the clean ones."""
        path = os.environ.get("PATH", os.defpath)
        return {"PATH": f"{self._scripts}{os.pathsep}{path}", "VIRTUAL_ENV": str(self.folder)}

    @property
    def _scripts(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    def install(self, requirements: Iterable[Requirement], limit: float) -> Ran:
        """Install wheels into it, once: with the user's own installer, which may know passwords, so nothing is built.

        What was installed may hold code that runs as soon as this environment's interpreter starts. So nothing is
        installed a second time.

        :param requirements: read as such, since an installer takes other texts for options and for paths.
        :param limit: in seconds.
        """
        using = self.installer
        wanted = list(dict.fromkeys(requirements))
        lines = [text for name, text in using.constraints.items() if not _is_excluded(name, text, wanted)]
        with temporary_folder.temporary() as folder:
            # An installer that is killed leaves its own temporary files.
            environ = {**using.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))}
            constraints = folder / "constraints.txt"
            constraints.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            for variable in ("UV_CONSTRAINT", "PIP_CONSTRAINT") if lines else ():
                environ[variable] = " ".join(filter(None, [environ.get(variable, ""), str(constraints)]))
            options = ["--only-binary", ":all:", *(["--no-index"] if using.where.no_index else [])]
            command = self._command(*options, "--", *map(str, wanted))
            return process.run(command, folder, environ, limit)

    def install_wheel(self, wheel: Path, limit: float) -> Ran:
        """Install a wheel that other people's code has made, without what it requires: confined, and offline.

        :param wheel: in a folder of its own, since all of that folder can be read.
        :param limit: in seconds.
        """
        home = self.folder.with_name("home-of-installer")
        home.mkdir(exist_ok=True)
        environ = process.clean_environ(os.environ, home)
        environ |= {"UV_CACHE_DIR": str(home / "cache"), **_OFFLINE, **_COPIED}
        command = self._command("--no-index", "--no-deps", "--", str(wheel))
        program = Path(self.installer.program)  # pip is searched for in the folder that it is in
        reads = [wheel.parent, program if self.installer.is_uv else program.parent, Path(pip_alone.__file__)]
        reads += readable.of_installed_python(Path(self.installer.python.path))  # uv starts it, by a link
        return process.run(command, home, environ, limit, [self.folder.parent], reads=reads)

    def _command(self, *arguments: str) -> list[str]:
        using = self.installer
        if using.is_uv:
            quiet = ["--color", "never", "--no-progress"]
            return [using.program, "pip", "install", "--python", self.python_executable, *quiet, *arguments]
        quiet = ["--no-input", "--no-color", "--progress-bar", "off", "--no-warn-script-location"]
        return [self.python_executable, "-I", pip_alone.__file__, using.program, "install", *quiet, *arguments]


def installer(python: Interpreter, where: Sources, scratch: Path) -> Installer:
    """The installer for a Python.

    :param where: the indexes and folders to look in.
    :param scratch: a folder that no other people's code may write to: for a pip of our own, if there is no other, and
        for wheels that had to be built.
    """
    environ = {
        **process.clean_environ(os.environ, scratch),
        **{name: value for name, value in os.environ.items() if _OF_INSTALLERS.fullmatch(name.upper())},
        **{name: os.environ[name] for name in _HOMES if name in os.environ},
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **_COPIED,
    }
    built = Path(tempfile.mkdtemp(prefix="built-", dir=scratch))
    links = [*where.find_links, str(built)]
    environ.update(_told(where, links))
    at_hand = dict(_at_hand(where, python))
    program = interpreter.uv()
    if program is not None:
        return Installer(python, program, where, environ, at_hand, built, is_uv=True)
    found = PathFinder.find_spec("pip")  # setuptools has a finder of its own that warns
    if found is None:
        venv.create(scratch / "pip", with_pip=True)
        found = PathFinder.find_spec("pip", [*map(str, (scratch / "pip").glob("[Ll]ib*/**/site-packages"))])
    if found is None or not found.submodule_search_locations:
        raise CliError(
            "there is neither uv nor pip here", id="neither-uv-nor-pip", where=sys.executable, hint="put uv on PATH"
        )
    return Installer(python, found.submodule_search_locations[0], where, environ, at_hand, built, is_uv=False)


def created(using: Installer, within: Path, limit: float) -> Environment:
    """Make an empty environment without pip. Its name is new, so no code can have put anything there before.

    :param within: the folder that it is made in.
    :raises AugbackendError: if that Python makes none.
    :raises TimeoutError: if there was no time.
    """
    folder = Path(tempfile.mkdtemp(prefix="environment-", dir=within)) / "environment"
    if using.is_uv:
        command = [using.program, "venv", "--no-project", "--no-config", "--python", using.python.path, str(folder)]
    else:
        command = [using.python.path, "-I", "-m", "venv", "--without-pip", str(folder)]
    ran = process.run(command, folder.parent, using.environ, limit)
    environment = Environment(folder, using)
    if ran.status is None:
        raise TimeoutError
    if ran.status or not Path(environment.python_executable).exists():
        what = f"no environment can be made with it: {telling_line(ran.output)}"
        raise CliError(what, id="no-environment-made", where=using.python.path, hint="name another with --python")
    return environment


def _told(where: Sources, links: Iterable[str]) -> dict[str, str]:
    """Both installers' names for the places to look in."""
    # As URLs, since a path may have a space in it.
    urls = [Path(link).resolve().as_uri() if Path(link).exists() else link for link in links]
    told = {"PIP_FIND_LINKS": " ".join(urls), "UV_FIND_LINKS": ",".join(urls)}
    if where.index_url:
        told.update(dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), where.index_url))
    if where.extra_index_urls:
        told.update(dict.fromkeys(("PIP_EXTRA_INDEX_URL", "UV_INDEX"), " ".join(where.extra_index_urls)))
    return told


def _at_hand(where: Sources, python: Interpreter) -> Iterator[tuple[str, str]]:
    """What the folders of find-links have for this Python. Taking it from there may save a download of gigabytes."""
    tag = f"cp{python.minor.replace('.', '')}"
    newest: dict[NormalizedName, Version] = {}
    for link in where.find_links:
        folder = Path(url2pathname(urlsplit(link).path) if link.startswith("file:") else link)
        for wheel in sorted(folder.glob("*.whl")) if folder.is_dir() else ():
            try:
                name, version, _, tags = parse_wheel_filename(wheel.name)
            except InvalidWheelFilename:
                continue
            fits = any(one.interpreter in (tag, "py3", "py2.py3") or one.abi == "abi3" for one in tags)
            if fits and (name not in newest or version > newest[name]):
                newest[name] = version
    yield from ((name, f"{name}=={version}") for name, version in newest.items())


def _is_excluded(name: str, pin: str, wanted: Iterable[Requirement]) -> bool:
    """Whether a requirement asks for another version than the one that is on this machine."""
    version = pin.partition("==")[2]
    asked = [one for one in wanted if canonicalize_name(one.name) == name]
    return not all(one.specifier.contains(version, prereleases=True) for one in asked)
