"""How other people's code is kept in its place here: by bubblewrap, else by Landlock, else not at all.

What holds is a value, so that it can be said, and refused where it is too little.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Literal

from augbackend.cli.model.cli_error import CliError
from augbackend.errors import AugbackendError

from . import bubblewrap, landlock, readable, restricted_thread
from .bubblewrap import Bubblewrap
from .readable import StrangersCommand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Level = Literal["any", "full"]
_EVERYWHERE = (
    "the network and this machine's own servers",
    "reading the system's files",
    "using up memory and disk",
)
_ABSTRACT = "reaching abstract Unix sockets"
_SIGNALS = "signals to your other processes"
_NOT_BY_LANDLOCK = (
    "reaching the sockets of your programs, such as ssh-agent's and docker's",
    "changing the mode, owner, times and attributes of your files",
    "reading the command lines of your processes, and slowing them",
    "shared memory",
)
_FILES = "reading, changing and deleting what you can, your home included"
_PROBE = 10.0  # seconds
_MOST_REFUSED = 1000  # files that are looked for
# Devices that programs open to write, those of GPUs included. The user's terminal is none of them.
_DEVICES = ("null", "zero", "full", "random", "urandom", "shm", "nvidia*", "kfd", "dri")
_QUOTES, _UNSEEN = "'\"\u2018\u2019", "\x00-\x1f\x7f"
_ABSENT = "No such file or directory"
_WHY = f"(Permission denied|Read-only file system|{_ABSENT})"
_REFUSED = re.compile(
    f"{_WHY}: [{_QUOTES}](/[^{_QUOTES}{_UNSEEN}]{{1,200}})[{_QUOTES}]"  # Python
    f"|[ {_QUOTES}](/[^:\\s{_QUOTES}{_UNSEEN}]{{1,200}})[{_QUOTES}]?: {_WHY}"  # programs and shells
)


@dataclass(frozen=True)
class Confinement:
    """What holds on this machine.

    :param by: what does it.
    :param does_not_stop: in words, each of which could end the sentence "it does not stop …".
    """

    by: Literal["bubblewrap", "landlock", "none"]
    does_not_stop: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Whether it stops all that can be stopped."""
        return self.does_not_stop == _EVERYWHERE

    def as_json(self) -> dict[str, Any]:
        """For a script."""
        return {"by": self.by, "does-not-stop": list(self.does_not_stop)}

    def in_words(self) -> str:
        """For a report."""
        names = {"bubblewrap": "confined by bubblewrap", "landlock": "confined by Landlock", "none": "not confined"}
        return f"{names[self.by]}; not stopped: {'; '.join(self.does_not_stop)}"


def here() -> Confinement:
    """What holds here: asked of this system, not guessed."""
    if _bwrap() is not None:
        return Confinement("bubblewrap", _EVERYWHERE if landlock.is_scoped() else (*_EVERYWHERE, _ABSTRACT))
    if landlock.version():
        unscoped = () if landlock.is_scoped() else (_ABSTRACT, _SIGNALS)
        return Confinement("landlock", (*_EVERYWHERE, *_NOT_BY_LANDLOCK, *unscoped))
    return Confinement("none", (*_EVERYWHERE, _FILES, *_NOT_BY_LANDLOCK, _ABSTRACT, _SIGNALS))


def require(level: Level | None) -> None:
    """Refuse to run other people's code where too little holds.

    :param level: ``full`` for all that can be stopped; ``None`` if the user asks for nothing.
    :raises AugbackendError: if so.
    """
    found = here()
    if level is None or found.is_full or (level == "any" and found.by != "none"):
        return
    kind = "full " if level == "full" else ""
    hint = (
        "install bubblewrap, on a Linux of version 6.12 or later" if level == "full" else "install bubblewrap, on Linux"
    )
    missing = "; ".join(one for one in found.does_not_stop if one not in _EVERYWHERE)
    what = f"{kind}confinement is required, and nothing here stops: {missing}"
    raise CliError(what, id="too-little-confinement", where="--require-confinement", hint=hint)


@contextmanager
def started(
    start: Callable[[Sequence[str], Path], subprocess.Popen[bytes]], command: StrangersCommand
) -> Iterator[subprocess.Popen[bytes]]:
    """Start other people's code, as confined as can be here. With bubblewrap, it ends with the context.

    :param start: starts a process of some words in a folder.
    :param command: a folder to write to that does not exist is passed over.
    :raises AugbackendError: if the system refuses to confine it, though it could.
    """
    bwrap = _bwrap()
    if bwrap is not None:
        inside = bubblewrap.wrapped(bwrap, command)
        with restricted_thread.starting(_give_up_for_bwrap, lambda: start(inside, Path("/"))) as process:
            yield process
    elif landlock.version():
        shown = [*readable.SYSTEM, Path("/proc"), *readable.name_servers(), *readable.folders(command)]
        writable = [readable.own_without_links(folder) for folder in command.writes]
        devices = [path for name in _DEVICES for path in Path("/dev").glob(name)]

        def restrict() -> None:
            restricted_thread.give_up_privileges()
            restricted_thread.give_up_capabilities()
            landlock.restrict_files(shown, [*writable, *devices])

        with restricted_thread.starting(restrict, lambda: start(command.words, command.cwd)) as process:
            yield process
    else:
        yield start(command.words, command.cwd)


def status(code: int) -> int:
    """The exit status of a command that was started so: below 0 if a signal ended it."""
    return bubblewrap.status(code) if _bwrap() else code


def refused(output: str, own: Path) -> list[str]:
    """The files outside of a folder that an output says it cannot use, because they are kept from it."""
    found: dict[str, None] = {}
    for one in islice(_REFUSED.finditer(output), _MOST_REFUSED):
        why, path = (one[1], one[2]) if one[2] else (one[4], one[3])
        is_ours = Path(os.path.realpath(path)).is_relative_to(own.resolve())
        if not is_ours and (why != _ABSENT or _is_hidden(Path(path))):
            found[path] = None
    return list(found)


def _is_hidden(path: Path) -> bool:
    """Whether what is absent for other people's code is here, or its folder is."""
    return os.path.lexists(path) or (path.parent.is_dir() and not readable.is_within(path, readable.SYSTEM))


def _give_up_for_bwrap() -> None:
    restricted_thread.give_up_privileges()
    landlock.restrict_scope()


def _bwrap() -> Bubblewrap | None:
    """bubblewrap, if it is on PATH and works here."""
    program = shutil.which("bwrap") if landlock.is_linux() else None
    return _working(os.path.realpath(program)) if program else None


@cache
def _working(program: str) -> Bubblewrap | None:
    """How bubblewrap does here what it is asked for; kernels and containers may forbid it."""
    tried = (Bubblewrap(program, (bubblewrap.NO_NESTING,)), Bubblewrap(program))
    return next((one for one in tried if _works(one)), None)


def _works(one: Bubblewrap) -> bool:
    def start() -> subprocess.Popen[bytes]:
        command = StrangersCommand([one.program, "--version"], Path("/usr"), {}, (), ())
        words = bubblewrap.wrapped(one, command)
        null = subprocess.DEVNULL
        return subprocess.Popen(words, stdin=null, stdout=null, stderr=null)  # noqa: S603  # its own options

    try:
        with restricted_thread.starting(_give_up_for_bwrap, start) as process:
            return process.wait(_PROBE) == 0
    except (OSError, subprocess.TimeoutExpired, AugbackendError):
        return False
