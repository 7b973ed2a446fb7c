"""Which Python a build is tried on, and which others are on this machine."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from python_discovery import PythonInfo

# The library warns of every Python 2 that it meets. Nobody asked for one.
logging.getLogger("python_discovery").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Interpreter:
    """One that runs.

    :param path: of the installed program, even if it was found through a virtual environment or a shim.
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
    from python_discovery import PythonInfo

    return _as_interpreter(PythonInfo.current_system())


def find(wanted: str) -> Interpreter:
    """The interpreter that a user names: a version, a program, a file.

    :raises AugbackendError: if there is none.
    """
    from python_discovery import get_interpreter

    try:
        found = get_interpreter(shutil.which(wanted) or wanted, env=_environment())
    except RuntimeError:  # a file that is not an interpreter
        found = None
    if found is None:
        hint = "name a version that is on PATH or known to uv or pyenv (3.11), or a file"
        raise CliError("there is no such Python here", id="no-such-python", where=f"--python {wanted}", hint=hint)
    return _as_interpreter(found)


def others(but: Interpreter) -> list[Interpreter]:
    """Those of other minor versions on this machine, the newest first."""
    from python_discovery import iter_interpreters

    found = iter_interpreters(env=_environment(), predicate=_is_ordinary)
    oldest_first = map(_as_interpreter, sorted(found, key=lambda one: one.version_info))
    newest = {one.minor: one for one in oldest_first}
    newest.pop(but.minor, None)
    return list(newest.values())[::-1]


def uv() -> str | None:
    """The uv on this machine: the one on PATH, or beside this interpreter."""
    beside = Path(sys.executable).with_name("uv.exe" if sys.platform == "win32" else "uv")
    return shutil.which("uv") or (str(beside) if beside.is_file() else None)


def _as_interpreter(info: PythonInfo) -> Interpreter:
    return Interpreter(str(info.system_executable or info.executable), info.version_str)


def _is_ordinary(info: PythonInfo) -> bool:
    """Whether it is what a wheel of ``cp311`` is for, in a released version."""
    return info.implementation == "CPython" and info.version_info.releaselevel == "final" and not info.free_threaded


def _environment() -> dict[str, str]:
    """The variables to search with: all of pyenv's versions are on PATH, not only the one that is switched on."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    newest_first = sorted(root.glob("versions/*/bin"), key=_numbers_in_name, reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, newest_first)])
    # What is set for this interpreter (PYTHONPATH, PYTHONHOME) would break another one.
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}, "PATH": path}


def _numbers_in_name(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.parent.name)]
