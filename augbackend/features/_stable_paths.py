"""The build environment by a path that comes from its content: the same in every build, so that compiler caches hit.

::

    sys.path -> the environment's roots -> a digest of their RECORDs, the project's name -> a folder of links in the
    user's cache, this process's alone -> sys.path, sys.prefix, sysconfig, PATH and PYTHONPATH through these links

Of several builds of a project with one content each has a folder of its own, since the environment of one may end
before the other does: the first has number 0, the next number 1. A lock says which are taken, and the system lets go of
it with the process. What was imported through a link may import more as long as the process lives, so a link is never
taken away; and if somebody else does that, it is made again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib import invalidate_caches
from importlib.machinery import ModuleSpec, PathFinder
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from ._user_cache import user_cache

_ROOT = re.compile(r"(.+?)[/\\](?:(?:local[/\\])?lib(?:64)?[/\\]python[\d.]+t?|Lib)[/\\](?:site|dist)-packages$")
_PASSED_OVER = re.compile(rb'"?\.\.|[^,]*\.dist-info/|[^,]*\.pyc,')  # of a RECORD: a line begins with the path
_MOST = 64  # folders of links that are kept
_STEP, _LONGEST = 32, 160  # a folder's name has at most 255 bytes
_taken: dict[str, Links] = {}  # by this process: what it imported stays where it was


class Links(NamedTuple):
    """The links of one build.

    :param folder: that holds them.
    :param roots: the environment's folders, and where that is none of them the interpreter's, each with its link.
    :param prefix: of the interpreter, with a link that has the same name whichever frontend builds.
    """

    folder: Path
    roots: tuple[tuple[str, str], ...]
    prefix: tuple[tuple[str, str], ...]

    def through(self, path: str) -> str:
        """A path of the environment as the links lead to it; any other as it is."""
        return _replaced(path, self.roots)

    @property
    def every(self) -> tuple[tuple[str, str], ...]:
        """All links, each with the folder that it leads to."""
        return tuple(dict.fromkeys((*self.roots, *self.prefix)))

    def make(self) -> None:
        """Let the links lead to their folders.

        :raises OSError: where they cannot.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for root, link in self.every:
            _point(link, root)


class _Again:
    """The last finder of modules, which has nothing of its own: if the links are gone, it makes them and asks again."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """As :pep:`451` has it."""
        if all(os.path.exists(link) for _, link in self._links.every):  # noqa: PTH110  # each failing import asks
            return None
        with suppress(OSError):
            self._links.make()
        invalidate_caches()
        return PathFinder.find_spec(name, path, target)


def _replaced(path: str, links: Iterable[tuple[str, str]]) -> str:
    for root, link in links:
        if path == root or path.startswith(root + os.sep):
            return link + path[len(root) :]
    return path


def links(project: str = "") -> Links | None:
    """Make the links to this process's build environment; ``None`` if nothing is installed in one.

    :param project: its name; of several that are built at once each has its own links, the same in every build.
    :raises OSError: where links or locks cannot be had.
    """
    ours = str(cache_folder())  # what an earlier hook of this process has imported through a link
    paths = [path for path in map(os.path.abspath, sys.path) if _ROOT.match(path) and not path.startswith(ours)]
    folders = [path for path in paths if Path(path).is_dir()]
    roots = list(dict.fromkeys(match[1] for match in map(_ROOT.match, folders) if match))
    if not roots:
        return None
    digest = _digest_at(tuple((folder, Path(folder).stat().st_mtime_ns) for folder in folders))
    has_prefix = sys.prefix != sys.base_prefix
    name = _as_long_as([*roots, *([sys.prefix] if has_prefix else [])], digest, folder_suffix(project))
    key = os.pathsep.join([name, *roots, *([sys.prefix] if has_prefix else [])])
    if key not in _taken:
        above = _own_cache()
        sweep(above, _MOST)
        folder = first_free(above, name)
        prefix = ((sys.prefix, str(folder / "python")),) if has_prefix else ()
        numbered = [(root, str(folder / str(number))) for number, root in enumerate(roots)]
        found = Links(folder, (*numbered, *prefix), prefix)  # in what is in both, the first counts
        found.make()
        _taken[key] = found
    return _taken[key]


def _as_long_as(roots: Iterable[str], digest: str, suffix: str) -> str:
    """The name of the folder of links, so long that each has the room of what it leads to, see :mod:`._paths_in_wheel`.

    In steps, since random names need not all have the same length.
    """
    room = len(os.fsencode(cache_folder() / f"{digest}{suffix}.0" / "0"))
    missing = max(len(os.fsencode(root)) for root in roots) - room
    return digest + "_" * min(_STEP * -(-max(missing, 0) // _STEP), _LONGEST) + suffix


@contextmanager
def through(found: Links) -> Iterator[None]:
    """Lead this process and those that it starts through the links.

    ``os.environ`` and ``sys.path`` are the caller's to put back.
    """
    sys.path[:] = [found.through(path) for path in sys.path]
    for name in ("PATH", "PYTHONPATH", "VIRTUAL_ENV"):
        if name in os.environ:
            paths = os.environ[name].split(os.pathsep)
            if name == "PATH":  # should the links be swept away, programs are found without them
                found_too = [other for path in paths for other in (found.through(path), path)]
                os.environ[name] = os.pathsep.join(dict.fromkeys(found_too))
            else:
                os.environ[name] = os.pathsep.join(map(found.through, paths))
    # A script of the environment begins with the path that its interpreter really has.
    searched = [path for path in sys.path if path.startswith(str(found.folder))]
    os.environ["PYTHONPATH"] = os.pathsep.join([*searched, *filter(None, [os.environ.get("PYTHONPATH")])])
    names = ("prefix", "exec_prefix", "executable")
    before = {name: getattr(sys, name) for name in names}
    again: Any = _Again(found)
    known, config = sysconfig.get_config_vars(), dict(sysconfig.get_config_vars())
    try:
        for name in names:
            setattr(sys, name, _replaced(before[name], found.prefix))
        known.update(
            {name: _replaced(known[name], found.prefix) for name in ("base", "platbase", "prefix", "exec_prefix")}
        )
        sys.meta_path.append(again)
        yield
    finally:
        sys.meta_path.remove(again)
        known.update({name: config[name] for name in ("base", "platbase", "prefix", "exec_prefix")})
        for name, value in before.items():
            setattr(sys, name, value)


@lru_cache(maxsize=1)  # a hook is looked for, then called
def _digest_at(folders: tuple[tuple[str, int], ...]) -> str:
    """The digest of folders, each with the time of its last change: whatever is installed there changes it."""
    return _digest(folder for folder, _ in folders)


def _digest(folders: Iterable[str]) -> str:
    """What is installed: every file of every RECORD with its sum, less what holds random paths or is made anew."""
    digest = hashlib.sha256(sys.version.encode())
    for folder in folders:
        for record in sorted(Path(folder).glob("*.dist-info/RECORD")):
            with suppress(OSError):
                lines = [line for line in record.read_bytes().splitlines() if not _PASSED_OVER.match(line)]
                digest.update(b"\n".join([record.parent.name.encode(), *sorted(lines), b"\n"]))
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where the folders of links are."""
    return user_cache(os.environ) / "environments"


def folder_suffix(project: str) -> str:
    """What the names of a project's folders have after the digest."""
    return "-" + re.sub(r"\W+", "_", project, flags=re.ASCII).lower() if project else ""


def _own_cache() -> Path:
    """The same, made if need be, and nobody else's: who may write there decides what is imported.

    :raises OSError: if it cannot be made, or is somebody else's.
    """
    above = cache_folder()
    above.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in (above.parent, above):
        owners = {folder.stat().st_uid, folder.lstat().st_uid}  # of a link, and of what it leads to
        if owners != {os.geteuid()} or folder.stat().st_mode & stat.S_IWOTH:
            raise PermissionError(f"{folder} is somebody else's, or others may write there")
    return above


def first_free(above: Path, name: str) -> Path:
    """The first folder of this name that no other process has, locked for as long as this process lives."""
    folders = (above / f"{name}.{number}" for number in count())
    return next(folder for folder in folders if _is_locked(folder))


def _is_locked(folder: Path) -> bool:
    """Lock a folder, unless another process has."""
    from ._lock_if_free import lock_if_free

    folder.mkdir(exist_ok=True, mode=0o700)
    with suppress(FileNotFoundError):  # swept away meanwhile
        os.utime(folder)
    # A file in it: where a home folder is on a network, only what can be written to can be locked.
    return lock_if_free(folder / "lock", os.O_RDWR | os.O_CREAT) is not None  # the handle stays open


def _point(link: str, root: str) -> None:
    """Let a link lead to a folder, from one moment to the next."""
    beside = Path(f"{link}.{os.getpid()}")
    with suppress(FileNotFoundError):
        beside.unlink()
    beside.symlink_to(root)
    beside.replace(link)


def sweep(above: Path, most: int) -> None:
    """Remove the folders that were not used for longest, if there are more than that, and no build has them."""
    folders = []
    for folder in above.iterdir():
        with suppress(FileNotFoundError):  # another build sweeps as well
            folders.append((folder.lstat().st_mtime, folder))
    for _, folder in sorted(folders, reverse=True)[most:]:
        with suppress(OSError):
            if _is_locked(folder):
                shutil.rmtree(folder)
