"""Installed distributions in a temporary folder, by links: what RECORD says is theirs, and nothing beside it.

The folder is laid out as an environment is. It is there as long as a hook runs, and in the next hook of the process
under the same name: what was imported from it may import more. A lock says that it is in use, which the system lets go
of with the process: so the next build removes what a killed one has left.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from importlib import invalidate_caches
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import TYPE_CHECKING, Any

from ._lock_if_free import lock_if_free

if TYPE_CHECKING:
    from ._installed_closure import Distribution

_PREFIX = "augbackend-passed-"
_SITE = Path("lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
_DEPTH = len(_SITE.parts)
_made_before: list[Path] = []  # by this process


@contextmanager
def linked(distributions: Iterable[tuple[Distribution, list[str]]]) -> Iterator[tuple[Path, Path]]:
    """Make the folder, and remove it at the end.

    :param distributions: each with the names of its files, as RECORD has them.
    :return: the folder for ``sys.path``, and that of the scripts, which need not exist.
    :raises OSError: where there can be no links or locks.
    """
    sweep(Path(gettempdir()))
    root, handle = _locked_folder()
    try:
        trees: dict[str, dict[str, Any]] = {}
        for one, files in distributions:
            for name in files:
                parts = name.split("/")
                if parts[0] == "..":
                    _link_beside(one.folder, name, root)
                elif parts[0] and ".." not in parts:
                    inner = trees.setdefault(one.folder, {})
                    for part in parts:
                        inner = inner.setdefault(part, {})
        for folder, names in trees.items():
            others = [other for other in trees.values() if other is not names]
            _link(Path(folder), names, root / _SITE, others)
        yield root / _SITE, root / ("Scripts" if os.name == "nt" else "bin")
    finally:
        shutil.rmtree(root, ignore_errors=True)
        os.close(handle)


def _link(folder: Path, names: dict[str, Any], place: Path, others: list[dict[str, Any]]) -> None:
    """Link what the names say, a whole folder by one link where nothing else is in it.

    :param others: the names that come from elsewhere to the same place: never is a link made behind a link.
    """
    place.mkdir(parents=True, exist_ok=True)
    for name, inner in names.items():
        source, target = folder / name, place / name
        beside = [other[name] for other in others if name in other]
        if inner and (beside or target.is_dir() or not _is_theirs(source, inner)):
            _link(source, inner, target, beside)
        elif os.path.lexists(source) and not os.path.lexists(target):
            target.symlink_to(source)


def _is_theirs(folder: Path, names: dict[str, Any]) -> bool:
    """Whether a folder has nothing but these names. A regular package is looked into no further."""
    with suppress(OSError), os.scandir(folder) as entries:
        if not all(entry.name in names or entry.name == "__pycache__" for entry in entries):
            return False
    return "__init__.py" in names or all(_is_theirs(folder / name, inner) for name, inner in names.items() if inner)


def _link_beside(folder: str, name: str, root: Path) -> None:
    """A script, a header, data: where it is in an environment, seen from ``site-packages``."""
    place, source = os.path.normpath(_SITE / name), Path(os.path.normpath(Path(folder, name)))
    if not place.startswith(os.pardir) and len(Path(folder).parts) > _DEPTH and source.exists():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            target.symlink_to(source)


def _locked_folder() -> tuple[Path, int]:
    """A folder, and the lock that is held on it; what sweeps may have been quicker than that."""
    for _ in range(9):
        root = _made()
        try:
            handle = _lock(root)
        except OSError:
            root.rmdir()
            raise
        if handle is not None:
            return root, handle
    raise BlockingIOError(f"{gettempdir()}: folders there cannot be locked")


def _made() -> Path:
    """Make a folder of this process, of those that it had before the first that is free.

    :raises PermissionError: if one is somebody else's now: what was imported from ours would import what is in that.
    """
    for root in _made_before:
        try:
            root.mkdir(mode=0o700)
        except FileExistsError:
            if root.lstat().st_uid != os.getuid():
                raise PermissionError(f"{root} is somebody else's") from None
            continue  # a hook that the wrapped backend calls
        invalidate_caches()  # it was asked for meanwhile, and was not there
        return root
    _made_before.append(Path(mkdtemp(prefix=_PREFIX)))
    return _made_before[-1]


def _lock(folder: Path) -> int | None:
    return lock_if_free(folder, os.O_RDONLY | os.O_DIRECTORY)


def sweep(above: Path) -> None:
    """Remove the folders of builds that were killed, this user's own ones."""
    with suppress(OSError):
        for folder in above.iterdir():
            if folder.name.startswith(_PREFIX) and folder.lstat().st_uid == os.getuid():
                with suppress(OSError):
                    handle = _lock(folder)
                    if handle is not None:
                        shutil.rmtree(folder, ignore_errors=True)
                        os.close(handle)
