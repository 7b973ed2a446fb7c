"""Which versions a frontend will come to, before anything is built: asked of uv, with the archives in hand.

::

    what a command asks for, constraints -> uv pip compile -> Resolution

An archive's metadata is static, so nothing is built for it. Where uv is not there, or says nothing, nothing is known.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend.cli.model.locked_version import Locked, exact_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .frontend_command import FrontendCommand

_LIMIT = 600.0  # seconds
_SAME = (  # where to look, and which versions to choose: uv pip compile knows these, too
    "--index", "--default-index", "--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--index-strategy",
    "--keyring-provider", "--prerelease", "--resolution", "--exclude-newer", "--torch-backend", "--allow-insecure-host",
    "--config-file", "--python-platform",
)  # fmt: skip
_OF_PIPX = ("--index-url", "-i")  # there, -f is --force
_FLAGS = ("--no-index", "--pre", "--no-config", "--offline")


@dataclass(frozen=True)
class Resolution:
    """What uv came to.

    :param locked: the versions; none if it came to nothing.
    :param output: what it said then.
    """

    locked: tuple[Locked, ...] = ()
    output: str = ""


@dataclass(frozen=True)
class Resolver:
    """Asks uv what a command comes to.

    :param uv: the program.
    :param python: the interpreter that it is for.
    """

    uv: str
    command: FrontendCommand
    python: str

    def versions(self, constraints: Path, environ: Mapping[str, str]) -> Resolution:
        """The versions that uv comes to; what is installed where ``uv pip`` installs stays, if it can.

        :param constraints: a file; another is written beside it.
        """
        asked = [*_lines_asked(self.command), f"-c {constraints}"]
        if len(asked) == 1:
            return Resolution()
        there = self._installed(environ)
        known = constraints.with_name("installed.txt")
        known.write_text(there, encoding="utf-8")
        output = ""
        for lines in ([*asked, f"-c {known}"], asked) if there else (asked,):
            done = _ask_uv([self.uv, "pip", "compile", "-", *self._options], environ, "\n".join(lines))
            if done is not None and not done.returncode:
                return Resolution(tuple(_versions_in(done.stdout, _where_from(self.command))))
            output = done.stderr if done is not None else ""
        return Resolution(output=output)

    @property
    def _options(self) -> list[str]:
        same = _OF_PIPX if self.command.frontend == "pipx" else _SAME
        given = [word for name in same for value in self.command.options(name) for word in (name, value)]
        given += [name for name in _FLAGS if self.command.has(name)]
        return ["--quiet", "--no-header", "--no-annotate", "--python", self.python, *given]

    def _installed(self, environ: Mapping[str, str]) -> str:
        """What is in the environment that ``uv pip`` installs into, as lines of constraints."""
        if self.command.frontend != "uv pip":
            return ""
        names = ("--target", "-t", "--prefix", "--python", "-p")
        options = [word for name in names for value in self.command.options(name) for word in (name, value)]
        options += ["--system"] if self.command.has("--system") else []
        done = _ask_uv([self.uv, "pip", "freeze", "--quiet", *options], environ)
        lines = done.stdout.split("\n") if done is not None and not done.returncode else []
        return "\n".join(line for line in lines if "==" in line)


def _lines_asked(command: FrontendCommand) -> Iterator[str]:
    """The requirements of a command, as lines of a requirements file."""
    if command.frontend == "uv tool":
        yield from command.options("--from") or map(_tool_as_requirement, command.named)
    elif command.frontend == "pipx":
        yield from command.options("--spec") or (command.named[-1:] if command.action == "inject" else command.named)
    elif command.frontend == "uv pip" and command.action == "install":
        yield from command.named
    yield from (one for value in command.options("--with", "-w") for one in value.split(","))
    for name in ("-e", "--editable", "--with-editable"):
        yield from (f"-e {value}" for value in command.options(name))
    yield from (f"-r {Path(one).absolute()}" for one in command.requirements_files)
    own = command.options("-c", "--constraint", "--constraints")
    yield from (f"-c {Path(one).absolute()}" for one in own)


def _tool_as_requirement(word: str) -> str:
    """A tool as uvx takes it, ``tool@1.0`` or ``tool@latest``, as a requirement."""
    name, separator, version = word.partition("@")
    if not separator or not re.fullmatch(r"[\w.!+-]+", version):
        return word
    return name if version == "latest" else f"{name}=={version}"


def _ask_uv(
    words: Sequence[str], environ: Mapping[str, str], given: str = ""
) -> subprocess.CompletedProcess[str] | None:
    try:
        return subprocess.run(  # noqa: S603  # uv, with what the user's own command says
            list(words), input=given, env=dict(environ), capture_output=True, text=True, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _versions_in(lines: str, source: str) -> Iterator[Locked]:
    for line in lines.split("\n"):
        try:
            requirement = Requirement(line.partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        version = exact_version(requirement)
        if version:
            yield Locked(canonicalize_name(requirement.name), version, "", "", "", None, (), "", source)


def _where_from(command: FrontendCommand) -> str:
    return f"what uv comes to for {' '.join(command.named) or command.frontend}"
