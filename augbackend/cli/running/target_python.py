"""Which Python a frontend's command is for: the one that it names, or the one that the frontend itself runs on."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.strangers import interpreter
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.cli.strangers.interpreter import Interpreter

    from .frontend_command import FrontendCommand

_LIMIT = 60.0  # seconds


def found(command: FrontendCommand, environ: Mapping[str, str]) -> Interpreter:
    """The interpreter that is built for; the one that runs this where nothing says another."""
    named = command.options("--python", "-p")[-1:] or [environ.get("UV_PYTHON", "")]
    if command.frontend.startswith("uv"):
        wanted = _found_by_uv(command, named[0], environ)
    elif command.frontend in ("pip", "pipx") and named[0] and command.has("--python"):
        wanted = named[0]
    else:
        wanted = _runs_on(command.words[0])
    try:
        return interpreter.find(wanted) if wanted else interpreter.this()
    except AugbackendError:
        return interpreter.this()


def _found_by_uv(command: FrontendCommand, named: str, environ: Mapping[str, str]) -> str:
    """What uv itself finds, as it would for this command."""
    uv = interpreter.uv()
    if uv is None:
        return named
    is_alone = command.frontend != "uv pip" or command.has("--system")
    words = [
        uv,
        "python",
        "find",
        "--quiet",
        *(["--system", "--no-project"] if is_alone else []),
        *filter(None, [named]),
    ]
    try:
        done = subprocess.run(  # noqa: S603  # uv, with what the user's own command says
            words, env=dict(environ), capture_output=True, text=True, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return named
    return done.stdout.strip() or named


def _runs_on(program: str) -> str:
    """The interpreter that a program is, or is written for."""
    place = shutil.which(program)
    if place is None or re.fullmatch(r"(?i)(python|pypy)[\d.]*t?(\.exe)?", Path(place).name):
        return place or ""
    try:
        with Path(place).open("rb") as file:
            first = file.read(512)
    except OSError:
        return ""
    if first[:2] == b"#!":
        # An installer writes `#!/bin/sh` and the interpreter in the next line, where its path is long or has blanks.
        quoted = re.search(rb"^'''exec' (?P<path>\"[^\"]+\"|\S+)", first, re.MULTILINE)
        line = quoted["path"].strip(b'"') if quoted else first[2:].split(b"\n", 1)[0].strip()
        path = line.decode("utf-8", errors="replace")
        return path if Path(path).is_file() else ""
    beside = Path(place).with_name("python.exe")
    return str(beside) if beside.is_file() else ""
