"""Why a compiler cache would not find again what a build of a tree compiles: read, before anything is built.

::

    the tree, the caller's environment, the cache that was chosen -> sentences, the first what is in the way most
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.features import _stable_paths as stable_paths
from augbackend.features import compiler_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.table import Build

_FLAGS = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS")
_SOURCES = {".c", ".cc", ".cpp", ".cxx", ".cu", ".cuh", ".h", ".hh", ".hpp", ".hxx", ".pyx"}
_CLOCK = re.compile(rb"\b__(DATE|TIME|TIMESTAMP)__\b")
_MOST_FILES, _MOST_BYTES = 5000, 2**20
_SECONDS = 20


def obstacles(build: Build, program: str, environ: Mapping[str, str]) -> Iterator[str]:
    """What is in the way, a sentence each.

    :param program: the cache; nothing is in its way if there is none.
    """
    if program:
        yield from _unwritable(program, environ)
        yield from _random_flags(environ)
        yield from _clocks(build.tree, environ)
        name = compiler_cache.project_name(build)
        if name and not _was_here(name):
            yield "no build of this project was here yet: the first one compiles everything"


def _unwritable(program: str, environ: Mapping[str, str]) -> Iterator[str]:
    folders = [stable_paths.cache_folder()]
    if Path(program).name == "ccache":
        asked = [program, "--get-config", "cache_dir"]
        try:
            said = subprocess.run(  # noqa: S603  # the user's own program
                asked, env=dict(environ), capture_output=True, text=True, check=False, timeout=_SECONDS
            ).stdout.strip()
            folders += [Path(said)] if said else []
        except (OSError, subprocess.TimeoutExpired) as error:
            yield f"{program} does not run: {error}"
    for folder in folders:
        there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
        if not os.access(there, os.W_OK):
            yield f"{folder} cannot be written"


def _random_flags(environ: Mapping[str, str]) -> Iterator[str]:
    temporary = tempfile.gettempdir() + os.sep
    for name in _FLAGS:
        if temporary in environ.get(name, ""):
            yield f"{name} names a folder in {temporary}: if that is another one each time, nothing hits"


def _clocks(tree: Path, environ: Mapping[str, str]) -> Iterator[str]:
    if "SOURCE_DATE_EPOCH" in environ:
        return
    found = sorted(_with_clock(tree))
    if found:
        more = f" and {len(found) - 1} more" if found[1:] else ""
        yield f"{found[0]}{more} says the time (__DATE__, __TIME__): set SOURCE_DATE_EPOCH, or it is compiled anew"


def _with_clock(tree: Path) -> Iterator[str]:
    count = 0
    for folder, names, files in os.walk(tree):
        names[:] = sorted(name for name in names if not name.startswith((".", "_augbackend")))
        for file in (Path(folder, name) for name in sorted(files)):
            count += 1
            if count > _MOST_FILES:
                return
            is_read = file.suffix in _SOURCES and file.is_file() and file.stat().st_size <= _MOST_BYTES
            if is_read and _CLOCK.search(file.read_bytes()):
                yield file.relative_to(tree).as_posix()


def _was_here(project: str) -> bool:
    folder, end = stable_paths.cache_folder(), stable_paths.folder_suffix(project)
    if not folder.is_dir():
        return False
    return any(re.fullmatch(rf"[0-9a-f]+_*{re.escape(end)}\.\d+", one.name) for one in folder.iterdir())
