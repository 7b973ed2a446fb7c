"""Whether the build of a package in a subdirectory may read what lies above it: its files are read, nothing runs.

A path that may lead above counts, since to pack too much costs space only, and to pack too little a failed build.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_AT_TOP = ("*.py", "*.toml", "*.cfg", "*.in", "*.json", "Makefile", "*.sh")
_ANYWHERE = (
    *("CMakeLists.txt", "*.cmake", "meson.build", "Cargo.toml", "build.rs", "Makefile", "setup.py", "*.pyx", "*.pxd"),
    *("*.c", "*.cc", "*.cpp", "*.cxx", "*.h", "*.hh", "*.hpp", "*.cu", "*.cuh", "*.inc", "*.i"),
)
_LARGEST = 2**20
# `../`, `..` as a string of its own, several of them in a path or in a row of arguments.
_UP = re.compile(r"(?<![\w.])\.\.(?![\w.])(?:[\s/\\\"',]*(?<![\w.])\.\.(?![\w.]))*")
_BEHIND = re.compile(r"[/\\]{1,2}(\w[\w.-]*)")
_QUOTED = re.compile(r"""["']([^"'\n]{1,300})["']""")
_WORD = re.compile(r"\w[\w.-]{2,}")
_LEVELS_OF_CODE = 2  # what `folder.parent.parent` and its like come to
_PATH = re.compile(r"[\w./\\-]*")
_ABOVE = re.compile(
    r"\bpardir\b|\.parent\.parent\b|\.parents\b|dirname\(\s*[\w.]*dirname\(|show-toplevel|search_parent"
)


def evidence(tree: Path, names: Iterable[str]) -> str:
    """The first file whose text or target leads above the tree, with what it says; empty if there is none."""
    for name in names:
        path, folder = tree / name, posixpath.dirname(name)
        if path.is_symlink():
            target = posixpath.normpath(posixpath.join(folder, Path(path).readlink().as_posix()))
            if target == ".." or target.startswith("../"):
                return f"{name} is a link to {path.readlink()}"
        elif _is_of_build(name, folder) and path.stat().st_size <= _LARGEST:
            found = _leading_up(path.read_bytes().decode("utf-8", "replace"), folder.count("/") + bool(folder))
            if found:
                return f"{name} says {found}"
    return ""


def named_above(tree: Path, names: Iterable[str]) -> frozenset[tuple[int, str]]:
    """What the files of a build may mean above the tree: names, each with how many folders above it.

    Where a path is put together by code, whatever the file has in quotes may be in it.
    """
    found: set[tuple[int, str]] = set()
    for name in names:
        if evidence(tree, [name]):
            path, folder = tree / name, posixpath.dirname(name)
            depth = folder.count("/") + bool(folder)
            content = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found.update(_named_in(content.decode("utf-8", "replace"), depth))
    return frozenset(found)


def _named_in(text: str, depth: int) -> Iterator[tuple[int, str]]:
    ways_up = [(match.group().count("..") - depth, match.end()) for match in _UP.finditer(text)]
    ways_up = [(levels, end) for levels, end in ways_up if levels > 0]
    named = [(levels, _BEHIND.match(text, end)) for levels, end in ways_up]
    yield from ((levels, match[1]) for levels, match in named if match)
    joined = [levels for levels, match in named if not match] + ([_LEVELS_OF_CODE] if _ABOVE.search(text) else [])
    for quoted in _QUOTED.findall(text) if joined else ():
        yield from ((level, word) for word in _WORD.findall(quoted) for level in range(1, max(joined) + 1))


def _is_of_build(name: str, folder: str) -> bool:
    patterns = _ANYWHERE if folder else (*_AT_TOP, *_ANYWHERE)
    return any(fnmatch.fnmatchcase(posixpath.basename(name), pattern) for pattern in patterns)


def _leading_up(text: str, depth: int) -> str:
    """What leads out of a tree, as a file says it that many folders below its top."""
    for found in _UP.finditer(text):
        if found.group().count("..") > depth:
            return _PATH.match(text, found.start()).group() or found.group()  # type: ignore[union-attr]
    above = _ABOVE.search(text) if depth == 0 else None
    return above.group() if above else ""
