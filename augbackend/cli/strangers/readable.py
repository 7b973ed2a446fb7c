"""What other people's code may read of this machine: the system's own folders, and where a build's programs are.

Nothing else: neither the user's home, nor other temporary folders, nor the sockets in them. What strangers have written
leads nowhere: of a program in a folder of theirs, only an installed Python that it links to is followed.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SYSTEM = tuple(
    Path(name)
    for name in (
        *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/opt", "/sys"),
        *("/nix/store", "/gnu/store"),  # their daemons' sockets are beside them
        *("/run/current-system", "/run/opengl-driver"),  # links into the store
    )
)
# Nobody's program needs all of these.
_TOO_MUCH = frozenset(map(Path, ("/", "/home", "/mnt", "/media", "/srv", "/tmp", "/var", "/var/tmp")))  # noqa: S108
_NEVER = tuple(map(Path, ("/proc", "/dev", "/run")))
_OF_PROGRAMS = frozenset(("bin", "sbin", "condabin"))
# What belongs to programs beside their folder. All that a home has beside its bin does not.
_BELONGING = ("lib", "lib32", "lib64", "libexec", "include", "share", "nvvm", "targets")
_ALL_OF_IT = ("pyvenv.cfg", "conda-meta", "Cellar")
_PYTHON = "lib*/py*/os.py"
_PATH_IN_VALUE = re.compile(r"(?:^|[\s:;,=\"']|-[IL]|-isystem)(/[^\s:;,=\"']+)")
_MOST_LINKS, _MOST_ENTRIES = 40, 50_000


class StrangersCommand(NamedTuple):
    """A command that runs other people's code.

    :param words: an interpreter or another program, perhaps a script, and what they are told.
    :param environ: the user's variables that a build may see: ``PATH`` and others name folders to read.
    :param reads: what else may be read.
    :param writes: folders that may be written to. Strangers may have, before.
    """

    words: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    reads: tuple[Path, ...]
    writes: tuple[Path, ...]


def by_full_names(command: StrangersCommand) -> StrangersCommand:
    """The command with folders that are named from the root. Links are not followed: a stranger may have made them."""

    def full(path: Path) -> Path:
        return Path(os.path.normpath(path.absolute()))

    return command._replace(
        cwd=full(command.cwd), reads=tuple(map(full, command.reads)), writes=tuple(map(full, command.writes))
    )


def homes() -> frozenset[Path]:
    """The user's home, by every name that it has."""
    return _homes(os.environ.get("HOME", ""))


@cache
def _homes(home: str) -> frozenset[Path]:
    named = [home]
    with suppress(ImportError, KeyError):
        import pwd

        named.append(pwd.getpwuid(os.getuid()).pw_dir)
    plain = {home for home in map(Path, named) if home.is_absolute()}
    return frozenset({*plain, *map(_real, plain)} - {Path("/")})


def folders(command: StrangersCommand) -> list[Path]:
    """The folders and files that it may read beyond the system's, each by the name that it is asked for.

    :raises AugbackendError: if it would have to read a whole home.
    """
    own = command.writes
    for one in (command.cwd, *command.reads):
        if not is_within(one, own) and is_too_much(one):
            what = "a build that is confined does not see a whole home or system folder"
            raise CliError(
                what, id="folder-shows-too-much", where=str(one), hint="move the project into a folder of its own"
            )
    program, script = (*map(Path, command.words[:2]), Path())[:2]
    found = [command.cwd, *command.reads, *_of_program(program, is_trusted=not is_within(program, own))]
    found += [script] if script.is_absolute() and script.is_file() else []
    users = _of_user(tuple(sorted(command.environ.items())))
    shown = [*filter(_is_hidden_otherwise, dict.fromkeys(found)), *users]
    return [one for one in dict.fromkeys(shown) if not is_within(one, own)]


def of_installed_python(program: Path) -> Iterator[Path]:
    """What belongs to an installed Python, which perhaps no variable names, but only the links of its environments."""
    return filter(_is_hidden_otherwise, _of_program(program, is_trusted=False))


def is_within(path: Path, parents: Iterable[Path]) -> bool:
    """Whether a path, as it is written, is one of some folders or in one."""
    text = f"{path}/"
    return any(text.startswith(f"{parent}/".replace("//", "/")) for parent in parents)


def _is_hidden_otherwise(path: Path) -> bool:
    """Whether something is to be shown that the system's folders do not hold."""
    names = (path, _real(path))
    is_of_system = all(is_within(one, SYSTEM) and not is_within(one, homes()) for one in names)
    try:
        return (path.is_file() or path.is_dir()) and not is_of_system and not is_too_much(path)
    except OSError:  # this user may not look there
        return False


def own_without_links(folder: Path) -> Path:
    """Where a folder to write to is. A link on the way would be a stranger's, to write to what it leads to.

    :raises AugbackendError: if there is one.
    """
    temporary, real = Path(tempfile.gettempdir()), _real(folder)
    is_temporary = folder != temporary and is_within(folder, [temporary])
    if is_temporary and real != _real(temporary) / folder.relative_to(temporary):
        what, hint = (
            "other people's code has put a link there",
            "it tries to write elsewhere: look at its setup.py before you install it",
        )
        raise CliError(what, id="link-by-foreign-code", where=str(folder), hint=hint)
    return real


def name_servers() -> list[Path]:
    """The file that ``/etc/resolv.conf`` links to, where that is elsewhere."""
    file = _real(Path("/etc/resolv.conf"))
    return [file] if file.is_file() and not is_within(file, SYSTEM) else []


def secrets_of_system() -> list[tuple[Path, bool]]:
    """What in ``/etc`` is not for everybody to read, and whether it is a folder. Root could read that, even so."""
    return [(path, is_folder) for path, is_folder in _secrets_of_system() if os.path.lexists(path)]


@cache
def _secrets_of_system() -> tuple[tuple[Path, bool], ...]:
    found = []
    for folder, names, files in os.walk("/etc"):
        for name in [*names, *files]:
            path = Path(folder, name)
            with suppress(OSError):
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode) and not mode & stat.S_IROTH:
                    found.append((path, stat.S_ISDIR(mode)))
                    names[:] = [one for one in names if one != name]
    return tuple(found)


def doors(folder: Path, depth: int) -> list[Path]:
    """Sockets and pipes in a folder: who may only read there could still speak to who listens.

    :param depth: how many levels of folders are looked at.
    """
    return [path for path in _doors(folder, depth) if os.path.lexists(path)]


@cache
def _doors(folder: Path, depth: int) -> tuple[Path, ...]:
    found: list[Path] = []
    level, seen = [folder], 0
    for _ in range(depth):
        below: list[Path] = []
        for place in level:
            with suppress(OSError), os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        below.append(Path(entry.path))
                    elif not entry.is_symlink() and not entry.is_file(follow_symlinks=False):
                        found.append(Path(entry.path))
                    seen += 1
        if seen > _MOST_ENTRIES:
            break
        level = below
    return tuple(found)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def is_too_much(path: Path) -> bool:
    """Whether a folder is, or holds, a home or all that a machine has: nobody's build needs that."""
    return not path.is_absolute() or any(
        one in _TOO_MUCH or is_within(one, _NEVER) or any(is_within(home, [one]) for home in homes())
        for one in {path, _real(path)}
        if not is_within(one, SYSTEM)
    )


@lru_cache(maxsize=8)
def _of_user(environ: tuple[tuple[str, str], ...]) -> tuple[Path, ...]:
    """What the user's variables name."""
    found: list[Path] = []
    for name, value in environ:
        if name == "PATH":
            for folder in map(Path, value.split(os.pathsep)):
                with suppress(OSError):  # this user may not look there
                    found += [*_belonging(folder), *_linked_from(folder)]
        else:
            for path in map(Path, _PATH_IN_VALUE.findall(value)):
                with suppress(OSError):
                    found += _of_program(path) if path.is_file() and path.parent.name in _OF_PROGRAMS else [path]
    return tuple(filter(_is_hidden_otherwise, dict.fromkeys(found)))


def _linked_from(folder: Path) -> Iterator[Path]:
    """Where the programs are that a folder of a home links to, such as those of ``uv tool install``."""
    if not any(is_within(folder, [home]) for home in homes()):
        return
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                yield from _of_program(Path(entry.path))


def _of_program(program: Path, *, is_trusted: bool = True) -> Iterator[Path]:
    """What belongs to a program, and to those that it links to."""
    path = program
    for _ in range(_MOST_LINKS):
        if path.parent.name in _OF_PROGRAMS:
            yield from _belonging(path.parent, is_trusted=is_trusted)
        elif is_trusted:
            yield path
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(_real(path.parent) / path.readlink()))


def _belonging(programs: Path, *, is_trusted: bool = True) -> Iterator[Path]:
    """A folder of programs, and what belongs to them beside it."""
    around = programs.parent
    has_data = around.name == ".local" or is_too_much(around)  # of the user, in ~/.local/share
    if not has_data and any(around.glob(_PYTHON)):
        yield around
    if not is_trusted:
        return
    if not has_data and (programs.name == "shims" or any((around / name).exists() for name in _ALL_OF_IT)):
        yield around
    yield programs
    if programs.name in _OF_PROGRAMS and not is_too_much(around):
        yield from (around / name for name in _BELONGING if not (has_data and name == "share"))
    yield from _base_of(around)


def _base_of(environment: Path) -> Iterator[Path]:
    """The Python that a virtual environment is of."""
    with suppress(OSError, ValueError):
        for line in (environment / "pyvenv.cfg").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                yield from _belonging(Path(value.strip()), is_trusted=False)
