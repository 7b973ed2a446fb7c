"""Which Python a build is tried on, and which others are on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from augbackend.errors import AugbackendError

_OLDEST, _NEWEST = 6, 20  # minor versions of Python 3 that are looked for
_ASK = """
import json, os, platform, sys
print(json.dumps([getattr(sys, "_base_executable", sys.executable) or sys.executable, platform.python_version()]))
"""


@dataclass(frozen=True)
class Interpreter:
    """One that runs.

    :param version: such as ``3.11.7``.
    """

    path: str
    version: str

    @property
    def minor(self) -> str:
        """Such as ``3.11``."""
        return ".".join(self.version.split(".")[:2])


def this() -> Interpreter:
    """The one that runs this."""
    found = _asked(sys.executable)
    return found or Interpreter(sys.executable, ".".join(map(str, sys.version_info[:3])))


def find(wanted: str) -> Interpreter:
    """The interpreter that a user names: a version, a program, a file.

    :raises AugbackendError: if there is none.
    """
    is_version = re.fullmatch(r"\d+(\.\d+)*", wanted)
    candidates = [f"python{wanted}", "python3", "python"] if is_version else [wanted]
    found = [one for name in candidates if (one := _asked(shutil.which(name) or name))]
    found += [one for one in [_of_uv(wanted), *reversed(_all_of_pyenv())] if one] if is_version else []
    for one in found:
        if not is_version or f"{one.version}.".startswith(f"{wanted}."):
            return one
    hint = "name a version that is on PATH or known to uv or pyenv (3.11), or a file"
    raise AugbackendError("there is no such Python here", where=f"--python {wanted}", hint=hint)


def others(but: Interpreter) -> list[Interpreter]:
    """Those of other minor versions on this machine, the newest first."""
    names = [f"3.{minor}" for minor in range(_NEWEST, _OLDEST - 1, -1)]
    found = [_asked(path) for name in names if name != but.minor and (path := shutil.which(f"python{name}"))]
    known = {one.minor: one for one in [*_all_of_pyenv(), *_all_of_uv()]}
    known.update({one.minor: one for one in found if one})
    rest = [one for one in known.values() if one.minor != but.minor]
    return sorted(rest, key=lambda one: [int(part) for part in one.minor.split(".")], reverse=True)


def uv() -> str | None:
    """The uv on this machine: the one on PATH, or beside this interpreter."""
    beside = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")
    return shutil.which("uv") or (str(beside) if beside.is_file() else None)


def _of_uv(wanted: str) -> Interpreter | None:
    program = uv()
    if program is None:
        return None
    command = [program, "python", "find", "--no-python-downloads", "--no-project", wanted]
    return _asked(_output(command).strip())


def _all_of_uv() -> list[Interpreter]:
    program = uv()
    if program is None:
        return []
    text = _output([program, "python", "list", "--only-installed", "--no-python-downloads", "--output-format", "json"])
    try:
        rows = json.loads(text)
        found = [(str(row["path"]), str(row["version"])) for row in rows if row["implementation"] == "cpython"]
    except (ValueError, KeyError, TypeError):
        return []
    return [Interpreter(path, version) for path, version in reversed(found) if re.fullmatch(r"[\d.]+", version)]


def _all_of_pyenv() -> list[Interpreter]:
    """Those of pyenv, whose programs on PATH run only what is switched on; the newest last."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [path for path in root.glob("versions/3.*/bin/python") if re.fullmatch(r"[\d.]+", path.parts[-3])]
    versions = sorted((Version(path.parts[-3]), str(path)) for path in found)
    return [Interpreter(path, str(version)) for version, path in versions]


def _asked(program: str) -> Interpreter | None:
    text = _output([program, "-I", "-c", _ASK]) if program else ""
    try:
        path, version = json.loads(text)
    except (ValueError, TypeError):
        return None
    return Interpreter(path, version)


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL, timeout=60)  # noqa: S603  # the user's own interpreters
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout
