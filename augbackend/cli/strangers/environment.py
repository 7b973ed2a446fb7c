"""An isolated environment of any Python, made and filled by uv where there is one, else by pip."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
import venv
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.model.requirement import requirement_of
from augbackend.errors import AugbackendError

from . import interpreter, process
from .telling_line import telling_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from packaging.utils import NormalizedName
    from packaging.version import Version

    from augbackend.cli.model.package_sources import Sources

    from .interpreter import Interpreter
    from .process import Ran

# Variables that an installer needs to find distributions, its passwords included; none that is for publishing.
_OF_INSTALLERS = re.compile(
    r"(?:PIP|UV)_(?:(?:DEFAULT_|EXTRA_)?INDEX(?:_.*)?|FIND_LINKS|NO_INDEX|CERT|CLIENT_CERT|TRUSTED_HOST|INSECURE_HOST|CACHE_DIR|"
    r"CONFIG_FILE|(?:BUILD_)?CONSTRAINT|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|HTTP_TIMEOUT|(?:SYSTEM_CERTS|NATIVE_TLS)|OFFLINE|"
    r"LINK_MODE|KEYRING_PROVIDER|PRERELEASE|EXCLUDE_NEWER|TORCH_BACKEND|CONCURRENT_.*)|NETRC|XDG_.*"
)
_HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP")
_CACHES = ("UV_CACHE_DIR", "PIP_CACHE_DIR")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")
_SECRET = re.compile(r"NETRC|.*_(?:USERNAME|PASSWORD)|PIP_CLIENT_CERT")


@dataclass(frozen=True)
class Installer:
    """What installs into environments of one Python.

    :param program: uv, or an interpreter that has pip.
    :param environ: its variables, which say where to look, and may hold passwords for that. Nothing else gets them.
    :param constraints: names → the version that is on this machine already, so that it is taken.
    :param scratch: a folder for its own files.
    """

    python: Interpreter
    program: str
    is_uv: bool
    environ: Mapping[str, str]
    constraints: Mapping[str, str]
    scratch: Path

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

    def install(self, requirements: Iterable[str], limit: float, *, of_wheels: Iterable[str] = ()) -> Ran:
        """Install into it: wheels only, and if those are not enough, also what has to be built from source.

        Building runs other people's code. That must not see the passwords of an index. Once such code has run in an
        environment, nothing more may be installed into it with this method: the code could have left something there
        that an installer executes.

        :param limit: in seconds.
        :param of_wheels: projects that are never built from source.
        """
        began = time.monotonic()
        ran = self._install(requirements, limit, "--only-binary", ":all:")
        if ran.status in (0, None):
            return ran
        left = limit - (time.monotonic() - began)
        more = [word for name in of_wheels for word in ("--only-binary", name)]
        return self._install(requirements, left, *more, is_confined=True)

    def install_confined(self, requirements: Iterable[str], limit: float, *options: str) -> Ran:
        """Install wheels into an environment where other people's code may have run: confined, without passwords."""
        return self._install(requirements, limit, "--only-binary", ":all:", *options, is_confined=True)

    def _install(self, requirements: Iterable[str], limit: float, *options: str, is_confined: bool = False) -> Ran:
        wanted = list(dict.fromkeys(requirements))
        installer = self.installer
        lines = [text for name, text in installer.constraints.items() if not _is_excluded(name, text, wanted)]
        with tempfile.TemporaryDirectory(prefix="augbackend-") as name:
            folder = Path(name)
            environ = _for_strangers(installer, folder / "home") if is_confined else dict(installer.environ)
            caches = [Path(environ[name]) for name in _CACHES if name in environ]
            constraints = folder / "constraints.txt"
            constraints.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            for variable in ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT", "PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"):
                if lines:
                    environ[variable] = " ".join(filter(None, [environ.get(variable, ""), str(constraints)]))
            arguments = ["install", *options, *wanted]
            if installer.is_uv:
                head = [installer.program, "pip", arguments[0], "--python", self.python_executable]
                head += ["--color", "never", "--no-progress"]
            else:
                head = [installer.program, "-m", "pip", "--python", self.python_executable, arguments[0]]
                head += ["--no-input", "--no-color", "--progress-bar", "off", "--no-warn-script-location"]
            confined_to = [self.folder, folder, *caches] if is_confined else None
            return process.run([*head, *arguments[1:]], folder, environ, limit, confined_to)


def installer(python: Interpreter, where: Sources, scratch: Path) -> Installer:
    """The installer for a Python.

    :param where: the indexes and folders to look in.
    :param scratch: a folder for a pip of our own, if there is no other.
    """
    environ = {
        **process.clean_environ(os.environ, scratch),
        **{name: value for name, value in os.environ.items() if _OF_INSTALLERS.fullmatch(name.upper())},
        **{name: os.environ[name] for name in _HOMES if name in os.environ},
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **_told(where),
    }
    at_hand = dict(_at_hand(where, python))
    program = interpreter.uv()
    if program is not None:
        return Installer(python, program, is_uv=True, environ=environ, constraints=at_hand, scratch=scratch)
    if PathFinder.find_spec("pip") is not None:  # setuptools has a finder of its own that warns
        return Installer(python, sys.executable, is_uv=False, environ=environ, constraints=at_hand, scratch=scratch)
    folder = scratch / "pip"
    venv.create(folder, with_pip=True)
    own = Installer(python, "", is_uv=False, environ=environ, constraints=at_hand, scratch=scratch)
    return replace(own, program=Environment(folder, own).python_executable)


def _for_strangers(using: Installer, home: Path) -> dict[str, str]:
    """The installer's variables for building from source: the same indexes, no passwords, and another home.

    It uses the user's caches, so that what was built once is not built again.
    """
    environ = {name: _CREDENTIALS.sub("", value) for name, value in using.environ.items() if not _SECRET.match(name)}
    own = Path(using.environ.get("HOME", home))
    config, cache = own / ".config", Path(environ.pop("XDG_CACHE_HOME", own / ".cache"))
    if config.is_dir():
        environ.setdefault("XDG_CONFIG_HOME", str(config))
    for name, folder in zip(_CACHES, ("uv", "pip")):
        environ.setdefault(name, str(cache / folder if (cache / folder).is_dir() else home / folder))
        with suppress(OSError):
            Path(environ[name]).mkdir(parents=True, exist_ok=True)
    home.mkdir(exist_ok=True)
    return {**environ, **dict.fromkeys([name for name in _HOMES if name in environ], str(home))}


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
        raise AugbackendError(what, where=using.python.path, hint="name another with --python")
    return environment


def filled(using: Installer, within: Path, requirements: Collection[str], limit: float) -> Environment:
    """Make an environment with requirements in it, in a folder that strangers may write to.

    :param limit: in seconds, for all of it.
    :raises AugbackendError: if they cannot be installed.
    :raises TimeoutError: if there was no time.
    """
    began = time.monotonic()
    environment = created(using, within, limit)
    if requirements:
        ran = environment.install(requirements, limit - (time.monotonic() - began))
        if ran.status is None:
            raise TimeoutError
        if ran.status != 0:
            what = f"the build requirements cannot be installed: {', '.join(sorted(requirements))}"
            raise AugbackendError(what, hint=telling_line(ran.output, "run a frontend to see why"))
    return environment


def _told(where: Sources) -> dict[str, str]:
    """Both installers' names for the places to look in."""
    told: dict[str, str] = {}
    if where.index_url:
        told.update(dict.fromkeys(("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), where.index_url))
    if where.extra_index_urls:
        told.update(dict.fromkeys(("PIP_EXTRA_INDEX_URL", "UV_INDEX"), " ".join(where.extra_index_urls)))
    if where.find_links:
        # As a URL, since a path may have a space in it.
        links = [Path(link).resolve().as_uri() if Path(link).exists() else link for link in where.find_links]
        told.update(PIP_FIND_LINKS=" ".join(links), UV_FIND_LINKS=",".join(links))
    if where.no_index:
        told.update(dict.fromkeys(("PIP_NO_INDEX", "UV_NO_INDEX"), "1"))
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


def _is_excluded(name: str, pin: str, wanted: Iterable[str]) -> bool:
    """Whether a requirement asks for another version than the one that is on this machine."""
    version = pin.partition("==")[2]
    asked = [one for one in map(requirement_of, wanted) if one and canonicalize_name(one.name) == name]
    return not all(one.specifier.contains(version, prereleases=True) for one in asked)
