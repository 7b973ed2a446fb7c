"""bubblewrap, by which a process has a file system, processes and devices of its own. See bwrap(1)."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from . import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .readable import StrangersCommand

_NOBODY = "65534"
NO_NESTING = "--disable-userns"  # since 0.8: less of the kernel is within reach
_NAMESPACES = (
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    *("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
)
_TEMPORARY = ("/tmp", "/var/tmp", "/run")  # noqa: S108  # a new one each, of which nothing is kept
_GPUS = ("nvidia*", "kfd", "dri")
_DEPTH, _DEPTH_OF_PROGRAMS = 100, 2  # nobody's sockets are deep among programs
_SIGNALLED, _MOST_SIGNALS = 128, 64


class _Mount(NamedTuple):
    """What is to be found by a name inside."""

    source: Path
    name: Path


class Bubblewrap(NamedTuple):
    """A bubblewrap of this machine.

    :param program: its file.
    :param options: those beyond the ones that every version has.
    """

    program: str
    options: tuple[str, ...] = ()


def wrapped(using: Bubblewrap, command: StrangersCommand) -> list[str]:
    """The words that run a command in there.

    :raises AugbackendError: if it would see what is not to be seen, or if a folder is not where it was.
    """
    trees = {command.cwd, *command.reads}
    own = [folder for folder in dict.fromkeys(command.writes) if folder.is_dir()]
    shown = [*readable.folders(command), *readable.name_servers()]
    homes = sorted(str(home) for home in readable.homes() if str(home) not in _TEMPORARY and home.is_dir())
    words = [using.program, *_NAMESPACES, *using.options]
    words += ["--proc", "/proc", "--dev", "/dev", *_of_gpus()]
    words += _of_root() if os.geteuid() == 0 else ()
    words += [word for place in _TEMPORARY for word in ("--tmpfs", place)]
    words += _of_system()
    words += [word for home in homes for word in ("--tmpfs", home)]
    for mount in _mounts(map(_readable_at, shown)):
        words += ["--ro-bind-try", str(mount.source), str(mount.name)]
        for path in readable.doors(mount.source, _DEPTH if mount.name in trees else _DEPTH_OF_PROGRAMS):
            words += ["--ro-bind", "/dev/null", str(mount.name / path.relative_to(mount.source))]
    for mount in _mounts(map(_own_at, own)):
        words += ["--bind", str(mount.source), str(mount.name)]
    words += [word for place in (*homes, "/") for word in ("--remount-ro", place)]
    return [*words, "--chdir", str(command.cwd), "--", *command.words]


def status(code: int) -> int:
    """The exit status of the command inside: bubblewrap tells the number of a signal as shells do."""
    return _SIGNALLED - code if _SIGNALLED < code <= _SIGNALLED + _MOST_SIGNALS else code


def _of_root() -> Iterator[str]:
    """Root's number opens what the kernel gives to root, such as its settings, even without any capability.

    So the programs have another number, and these are read only: bubblewrap itself does so only for itself as root.
    """
    yield from ("--uid", _NOBODY, "--gid", _NOBODY)
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() and not path.is_symlink() and (path.is_dir() or path.stat().st_mode & stat.S_IWUSR):
            yield from ("--ro-bind", str(path), str(path))


def _of_gpus() -> Iterator[str]:
    for path in (path for name in _GPUS for path in Path("/dev").glob(name)):
        yield from ("--dev-bind-try", str(path), str(path))


def _of_system() -> Iterator[str]:
    for path in readable.SYSTEM:
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.exists():
            yield from ("--ro-bind", str(path), str(path))
    for path, is_folder in readable.secrets_of_system():
        yield from ("--tmpfs", str(path)) if is_folder else ("--ro-bind", "/dev/null", str(path))


def _mounts(wanted: Iterable[_Mount]) -> list[_Mount]:
    """Each by the name that it is asked for and by its real one, the outer ones first, none in another one."""
    both = {mount.name: mount for one in wanted for mount in (one, _Mount(one.source, one.source))}
    kept: dict[Path, _Mount] = {}
    for name, mount in sorted(both.items(), key=lambda pair: len(pair[0].parts)):
        is_linked_from_system = name != mount.source and readable.is_within(name, readable.SYSTEM)
        if not is_linked_from_system and not readable.is_within(name, kept):
            kept[name] = mount
    return list(kept.values())


def _readable_at(path: Path) -> _Mount:
    real = Path(os.path.realpath(path))
    return _Mount(real, real if ".." in path.parts else path)


def _own_at(folder: Path) -> _Mount:
    return _Mount(readable.own_without_links(folder), folder)
