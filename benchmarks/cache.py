"""What a compiler cache saves: projects that compile, built by each frontend, each time at another path.

Data::

    projects, a folder of wheels -> a build (seconds, hits, misses, the wheel) -> ratios of the second to the first

The cache is empty before each first build. What has to be so is told if it is not: the second build compiles nothing
and gives the same bytes, no path of the cache or of an environment is in them, the names and the metadata are those of
a build without a cache, another header is compiled anew, and a changed line compiles one file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Protocol
from zipfile import ZipFile

from .compiled_projects import REQUIRED, REQUIRED_OTHERS, Project, all_of
from .installs import make_environment
from .runs import Run, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FRONTENDS = ("uv", "pip", "build")


@dataclass(frozen=True)
class Built:
    """One build: what it took, what the cache had of it, and what it gave."""

    run: Run
    hits: int
    misses: int
    wheel: Path


class Cache(Protocol):
    """A compiler cache with a place of its own."""

    name: str
    environ: dict[str, str]

    def clear(self) -> None:
        """Forget everything."""

    def counted(self) -> tuple[int, int]:
        """Hits and misses so far."""


class Ccache:
    """ccache in a folder."""

    name = "ccache"

    def __init__(self, folder: Path) -> None:
        self.environ = {"CCACHE_DIR": str(folder / "ccache")}

    def clear(self) -> None:
        """Forget everything."""
        shutil.rmtree(self.environ["CCACHE_DIR"], ignore_errors=True)

    def counted(self) -> tuple[int, int]:
        """Hits and misses so far."""
        said = _said(["ccache", "--print-stats"], self.environ)
        counts = {name: int(number) for name, number in re.findall(r"(\w+)\t(\d+)", said)}
        return counts["direct_cache_hit"] + counts["preprocessed_cache_hit"], counts["cache_miss"]


class Sccache:
    """sccache with a server of its own, on this disk or in a Redis.

    Its server calls the compiler, so the CPU seconds of a first build are not all counted.
    """

    def __init__(self, folder: Path, redis: str) -> None:
        self.name = "sccache in Redis" if redis else "sccache"
        self._folder = folder / "sccache"
        self._folder.mkdir()
        place = {"SCCACHE_REDIS_ENDPOINT": redis} if redis else {"SCCACHE_DIR": str(self._folder / "objects")}
        self.environ = {**place, "SCCACHE_SERVER_UDS": str(self._folder / "socket"), "SCCACHE_IDLE_TIMEOUT": "0"}
        self.environ["SCCACHE_DIRECT"] = "false"  # its preprocessor cache compares options that hold the tree's path
        self._redis = redis

    def clear(self) -> None:
        """Forget everything."""
        self.stop()
        shutil.rmtree(self._folder / "objects", ignore_errors=True)
        if self._redis:
            port = self._redis.rpartition(":")[2].strip("/")
            subprocess.run(
                ["redis-cli", "-p", port, "flushall"],  # noqa: S607  # the one on PATH
                check=True,
                stdout=subprocess.DEVNULL,
            )
        _said(["sccache", "--start-server"], self.environ)

    def stop(self) -> None:
        """End the server, if there is one."""
        subprocess.run(
            ["sccache", "--stop-server"],  # noqa: S607  # the one on PATH
            env={**os.environ, **self.environ},
            check=False,
            capture_output=True,
        )
        sleep(1)  # it lets go of its socket a little later

    def counted(self) -> tuple[int, int]:
        """Hits and misses so far."""
        stats = json.loads(_said(["sccache", "--show-stats", "--stats-format=json"], self.environ))["stats"]
        return sum(stats["cache_hits"]["counts"].values()), sum(stats["cache_misses"]["counts"].values())


def figures(  # noqa: PLR0913  # what is measured, and with what
    folder: Path, rounds: int, torch: str, *, only: Sequence[str], kind: str, redis: str
) -> Iterator[str]:
    """All figures.

    :param torch: an exact requirement; a CPU build is enough.
    :param only: words of the names of projects, all if empty.
    :param kind: of the cache.
    :param redis: the address of one that sccache is to use.
    """
    uv = shutil.which("uv") or sys.exit("uv is not here")
    wheels = folder / "wheels"
    python = make_environment(folder / "frontends", "pip", "build")
    for names in ((torch, *REQUIRED), REQUIRED_OTHERS):
        subprocess.run([python, "-m", "pip", "download", "--quiet", "--dest", str(wheels), *names], check=True)
    cache = Ccache(folder) if kind == "ccache" else Sccache(folder, redis)
    machine = _Machine(folder, cache, uv, python)
    try:
        for project in all_of(folder, wheels, torch):
            if not only or any(word in project.name for word in only):
                yield from _of_project(machine, project, rounds)
    finally:
        if isinstance(cache, Sccache):
            cache.stop()


class _Machine:
    """Builds trees, each at a path of its own, with a cache that the user does not know."""

    def __init__(self, folder: Path, cache: Cache, uv: str, python: str) -> None:
        self.folder, self.cache, self._count = folder, cache, 0
        (folder / "temporary").mkdir()
        (folder / "home").mkdir()
        links, own = str(folder / "wheels"), ("SOURCE_DATE_EPOCH", "AUGBACKEND_COMPILER_CACHE")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "CCACHE_"))}
        self._environ = {name: value for name, value in clean.items() if name not in own}
        self._environ.update({"HOME": str(folder / "home"), "TMPDIR": str(folder / "temporary"), "MAX_JOBS": "2"})
        self._environ.update({"XDG_CACHE_HOME": str(folder / "home" / "cache"), "SOURCE_DATE_EPOCH": "1700000000"})
        pip = {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": links, "NO_CACHE_DIR": "1"}
        uv_ = {"NO_CONFIG": "1", "OFFLINE": "1", "NO_INDEX": "1", "FIND_LINKS": links, "CACHE_DIR": str(folder / "uv")}
        self._environ.update({f"PIP_{name}": value for name, value in pip.items()})
        self._environ.update({f"UV_{name}": value for name, value in uv_.items()})
        self._environ.update({"AUGBACKEND_COMPILER_CACHE": cache.name.split()[0], **cache.environ})
        self._commands = {
            "uv": [uv, "build", "--wheel", "--python", sys.executable, "--out-dir"],
            "pip": [python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir"],
            "build": [python, "-m", "build", "--wheel", "--outdir"],
        }

    def build(
        self, project: Project, by: str, changed: Mapping[str, str] | None = None, *, is_cached: bool = True
    ) -> Built:
        """Build it.

        :param changed: files with their new text.
        """
        self._count += 1
        place = self.folder / f"place-{self._count}"
        tree = shutil.copytree(project.tree, place / "tree")
        for name, text in (changed or {}).items():
            (tree / name).write_text(text)
        before = self.cache.counted()
        environ = {**self._environ, **({} if is_cached else {"AUGBACKEND_COMPILER_CACHE": "none"})}
        run = measure([*self._commands[by], str(place / "out"), "."], tree, environ)
        hits, misses = (now - then for now, then in zip(self.cache.counted(), before))
        if is_cached and isinstance(self.cache, Sccache):  # counts the hook's own try of the compiler
            hits, misses = (hits - 1, misses) if sum(before) else (hits, misses - 1)
        shutil.rmtree(tree)
        took = f"{run.wall:.1f} s, cpu {run.cpu:.1f} s, {hits} hits, {misses} misses"
        print(f"{project.name} by {by}, {self._count}: {took}", file=sys.stderr, flush=True)
        (wheel,) = (place / "out").glob("*.whl")
        return Built(run, hits, misses, wheel)


def _of_project(machine: _Machine, project: Project, rounds: int) -> Iterator[str]:
    text, (mine, other) = (project.tree / "pyproject.toml").read_text(), project.changed
    line = (project.tree / project.source).read_text() + project.line
    first, second, nothing = (defaultdict[str, "list[Run]"](list) for _ in range(3))
    wrong: list[str] = []
    machine.cache.clear()
    plain = machine.build(project, "uv", is_cached=False)
    for number in range(rounds):
        for by in FRONTENDS:
            machine.cache.clear()
            one, two = machine.build(project, by), machine.build(project, by)
            wrong += _of_counts(f"{by}, first", one, project.compiled, project.checked)
            wrong += _of_counts(f"{by}, second", two, 0, 0)
            wrong += _of_wheels(machine, one.wheel, two.wheel, plain.wheel)
            first[by].append(one.run)
            second[by].append(two.run)
            if project.nothing:
                nothing[by].append(machine.build(project, by, project.nothing).run)
            if not number:
                built = machine.build(project, by, {project.source: line})
                wrong += _of_counts(f"{by}, a changed line", built, 1, 0)
    built = machine.build(project, "uv", {"pyproject.toml": text.replace(mine, other)})
    wrong += _of_counts("uv, another header", built, project.compiled, project.checked)
    for by in FRONTENDS:
        yield f"{machine.cache.name}: {project.name} by {by}"
        yield _ratios("  second / first", second[by], first[by])
        if project.nothing:
            yield _ratios("  second / nothing to compile", second[by], nothing[by])
    right = "second: nothing compiled; a changed line: 1; another header: all; wheels equal, without a path"
    yield from (f"  {line}" for line in dict.fromkeys(wrong) or [right])


def _of_counts(what: str, built: Built, compiled: int, checked: int) -> Iterator[str]:
    """What is wrong with the number of files that were compiled; CMake's own checks may be, or not."""
    if not compiled <= built.misses <= compiled + checked:
        yield f"{what}: {built.hits} hits, {built.misses} compiled, where {compiled} are right"


def _of_wheels(machine: _Machine, one: Path, two: Path, plain: Path) -> Iterator[str]:
    """What differs between two wheels, and from the one that was built without a cache."""
    if one.read_bytes() != two.read_bytes():
        yield "the second build gives other bytes"
    paths = (str(machine.folder).encode(), b"augbackend-", b"/augbackend/environments")
    with ZipFile(one) as built, ZipFile(plain) as theirs:
        found = [(name, path) for name in built.namelist() for path in paths if path in built.read(name)]
        if found:
            yield f"a path is in the wheel: {found}"
        metadata = [name for name in theirs.namelist() if ".dist-info/" in name and not name.endswith("RECORD")]
        if built.namelist() != theirs.namelist() or any(built.read(name) != theirs.read(name) for name in metadata):
            yield "names or metadata are not those of a build without a cache"


def _said(command: Sequence[str], environ: dict[str, str]) -> str:
    return subprocess.run(
        command, env={**os.environ, **environ}, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ).stdout


def _ratios(what: str, mine: Sequence[Run], theirs: Sequence[Run]) -> str:
    cells = []
    for kind in ("wall", "cpu"):
        pairs = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(mine, theirs)]
        ratios = sorted(a / b for a, b in pairs)
        medians = [statistics.median(side) for side in zip(*pairs)]
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        cells.append(f"{kind} {medians[0]:6.2f} s / {medians[1]:6.2f} s = {spread}")
    return f"{what:<32} {'   '.join(cells)}"
