"""What a user waits for: flash-attn installed wrapped, against the other ways of installing it.

Data::

    one folder of downloads -> archives (plain, matched, static) -> ways of installing -> runs, round by round -> ratios

Archives: `plain` names its torch in ``build-system.requires``, `matched` in ``get_requires_for_build_wheel`` only, so
that it can be overridden; `static` is upstream's tree with all of that in a static ``pyproject.toml`` and no wrapper.
Nothing is asked of an index in a counted run, and the wheel of flash-attn is never taken from a cache. Two starts: an
environment that has torch (and, for ``--no-build-isolation``, the build's tools), and an empty one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from .runs import Run, compared, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NAME, VERSION = "flash-attn", "2.8.3"
ARCHIVE = f"flash_attn-{VERSION}.tar.gz"
VARIABLES = {"FLASH_ATTENTION_SKIP_CUDA_BUILD": "TRUE", "FLASH_ATTENTION_FORCE_BUILD": "TRUE"}
TOOLS = ("packaging", "psutil", "ninja")
WRAPPED = ("plain", "matched")
STATIC = """[build-system]
requires = ["setuptools>=40.8.0", "wheel", "{torch}", {tools}]
build-backend = "setuptools.build_meta:__legacy__"
"""
PROJECT = """[project]
name = "consumer"
version = "1"
requires-python = "=={python}.*"
dependencies = ["{torch}", "flash-attn=={version}"]

[tool.uv]
package = false
no-index = true
find-links = ["{links}"]
environments = ["sys_platform == '{platform}'"]
"""
AUGMENTED = """
[tool.uv.extra-build-dependencies]
flash-attn = ["{torch}", {tools}]

[tool.uv.extra-build-variables]
flash-attn = {{ {variables} }}
"""
SOURCE = """
[tool.uv.sources]
flash-attn = {{ path = "{archive}" }}
"""


@dataclass(frozen=True)
class Way:
    """One way of installing.

    :param reset: makes the start of a run.
    :param commands: what is counted, all of it together.
    :param environ: of the commands.
    """

    reset: Callable[[], None]
    commands: Sequence[Sequence[str]]
    folder: Path
    environ: dict[str, str]


@dataclass(frozen=True)
class Downloads:
    """What has been fetched: a folder of archives for ``--find-links``, an environment with pip, our three archives."""

    links: Path
    template: Path
    archives: dict[str, Path]


def figures(folder: Path, rounds: int, torch: str) -> Iterator[str]:
    """All figures.

    :param torch: an exact requirement; a CPU build is enough, since setup.py only imports it.
    """
    uv = shutil.which("uv") or sys.exit("uv is not here")
    downloads = _download(folder, torch)
    for start, prepare, bytecodes in (
        ("into an environment with torch", _pip_upgrades, (True, False)),
        ("torch too, into an empty environment", _pip_wholes, (True,)),
    ):
        ways = prepare(folder, downloads, torch)
        for bytecode in bytecodes:
            runs = taken(ways, rounds, bytecode=bytecode)
            yield f"pip, {start}, bytecode {'' if bytecode else 'not '}kept"
            for mine, theirs in (
                *((kind, "no isolation") for kind in (*WRAPPED, "plain, no isolation") if kind in ways),
                *((kind, "static") for kind in WRAPPED),
            ):
                yield compared(f"  {mine} / {theirs}", runs[mine], runs[theirs])
    for start, is_whole in (("into an environment with torch", False), ("torch too, into an empty environment", True)):
        ways = _uv(uv, folder / f"uv-{'whole' if is_whole else 'upgrade'}", downloads, torch, is_whole=is_whole)
        for bytecode in (True, False):
            runs = taken(ways, rounds, bytecode=bytecode)
            yield f"uv sync, {start}, bytecode {'' if bytecode else 'not '}kept"
            for theirs in ("augmented", "static"):
                for mine in WRAPPED:
                    yield compared(f"  {mine} / {theirs}", runs[mine], runs[theirs])


def taken(ways: dict[str, Way], rounds: int, *, bytecode: bool) -> dict[str, list[Run]]:
    """The runs of each way, round by round; of one with several commands, all of it together."""
    runs: dict[str, list[Run]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            way.reset()
            parts = [measure(command, way.folder, way.environ, bytecode=bytecode) for command in way.commands]
            runs[name].append(
                Run(*(sum(getattr(one, what) for one in parts) for what in ("wall", "cpu", "user", "peak", "written")))
            )
    return runs


def _download(folder: Path, torch: str) -> Downloads:
    """Ask the index for everything, once."""
    template, links, place = folder / "template", folder / "links", folder / "archives"
    python = make_environment(template, "pip")
    names = (torch, "einops", "setuptools", "wheel", *TOOLS)
    subprocess.run([python, "-m", "pip", "download", "--quiet", "--dest", str(links), *names], check=True)
    place.mkdir()
    (place / "lock.txt").write_text(f"{torch}\n")
    name = torch.partition("==")[0]
    archives = {}
    for kind, asked in (("plain", ["--require", torch]), ("matched", ["--match-runtime", name, "--lock", "lock.txt"])):
        tools = [word for tool in TOOLS for word in ("--require", tool)]
        variables = [word for key, value in VARIABLES.items() for word in ("--variable", f"{key}={value}")]
        more = ["--cache-dir", str(folder / "cache"), "--output", kind, *asked, *tools, *variables]
        measure([sys.executable, "-m", "augbackend.cli", "wrap", f"{NAME}=={VERSION}", *more], place)
        archives[kind] = place / kind / ARCHIVE
    upstream = next((folder / "cache").rglob(ARCHIVE))
    shutil.copy(upstream, links)
    archives["static"] = _static(upstream, place / "static", torch)
    return Downloads(links, template, archives)


def make_environment(folder: Path, *requirements: str) -> str:
    """An environment with the newest of some requirements; returns its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([python_of(folder), "-m", "pip", "install", "--quiet", "--upgrade", *requirements], check=True)
    return python_of(folder)


def _static(upstream: Path, folder: Path, torch: str) -> Path:
    """Upstream's tree with a ``pyproject.toml`` that names everything."""
    folder.mkdir()
    shutil.unpack_archive(upstream, folder)
    tree = folder / ARCHIVE[: -len(".tar.gz")]
    tools = ", ".join(f'"{tool}"' for tool in TOOLS)
    (tree / "pyproject.toml").write_text(STATIC.format(torch=torch, tools=tools))
    with tarfile.open(folder / ARCHIVE, "w:gz") as archive:
        archive.add(tree, tree.name)
    return folder / ARCHIVE


def python_of(environment: Path) -> str:
    """The Python of an environment."""
    return str(environment / ("Scripts" if os.name == "nt" else "bin") / "python")


def pip_environ(links: Path) -> dict[str, str]:
    """The environment of a pip that builds anew, of what is in a folder."""
    # Without a cache, since pip keeps the wheels that it builds; all else is in the folder.
    settings = {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "NO_CACHE_DIR": "1", "FIND_LINKS": str(links)}
    return {**os.environ, **{f"PIP_{name}": value for name, value in settings.items()}}


def _pip_ways(
    environment: Path, downloads: Downloads, reset: Callable[[], None], first: Sequence[str], torch: Sequence[str]
) -> dict[str, Way]:
    """Each way of installing by pip.

    :param first: what ``--no-build-isolation`` needs there before it can begin, if it is not there.
    :param torch: what is installed along with a flash-attn that brings its own build requirements.
    """
    pip, environ = [python_of(environment), "-m", "pip", "install"], pip_environ(downloads.links)
    in_two_steps = [*([[*pip, *first]] if first else []), [*pip, "--no-build-isolation", f"{NAME}=={VERSION}"]]
    ways = {"no isolation": Way(reset, in_two_steps, environment, {**environ, **VARIABLES})}
    for kind, archive in downloads.archives.items():
        more = VARIABLES if kind == "static" else {}
        ways[kind] = Way(reset, [[*pip, *torch, str(archive)]], environment, {**environ, **more})
    return ways


def _pip_upgrades(folder: Path, downloads: Downloads, torch: str) -> dict[str, Way]:
    environment = folder / "upgraded"
    shutil.copytree(downloads.template, environment, symlinks=True)
    pip, environ = [python_of(environment), "-m", "pip"], pip_environ(downloads.links)
    measure([*pip, "install", torch, "einops", "setuptools", "wheel", *TOOLS], environment, environ)

    def reset() -> None:
        subprocess.run([*pip, "uninstall", "--quiet", "--yes", NAME], env=environ, check=True, capture_output=True)

    ways = _pip_ways(environment, downloads, reset, (), ())
    command = [*pip, "install", "--no-build-isolation", str(downloads.archives["plain"])]
    return {**ways, "plain, no isolation": Way(reset, [command], environment, environ)}


def _pip_wholes(folder: Path, downloads: Downloads, torch: str) -> dict[str, Way]:
    environment = folder / "whole"

    def reset() -> None:
        shutil.rmtree(environment, ignore_errors=True)
        shutil.copytree(downloads.template, environment, symlinks=True)

    return _pip_ways(environment, downloads, reset, (torch, "setuptools", "wheel", *TOOLS), (torch,))


def _uv(uv: str, folder: Path, downloads: Downloads, torch: str, *, is_whole: bool) -> dict[str, Way]:
    """A project each that leaves it to uv's tables, or has its flash-attn from an archive."""
    settings = {"CACHE_DIR": str(downloads.links.parent / "cache" / "uv"), "OFFLINE": "1", "PYTHON": sys.executable}
    environ = {**os.environ, **{f"UV_{name}": value for name, value in settings.items()}}
    ways = {}
    for kind in ("augmented", *downloads.archives):
        place = folder / kind
        place.mkdir(parents=True)
        text = AUGMENTED if kind == "augmented" else SOURCE
        (place / "pyproject.toml").write_text(
            (PROJECT + text).format(
                torch=torch,
                version=VERSION,
                links=downloads.links.as_posix(),
                tools=", ".join(f'"{tool}"' for tool in TOOLS),
                variables=", ".join(f'{name} = "{value}"' for name, value in VARIABLES.items()),
                archive=downloads.archives.get(kind, place).as_posix(),
                python=f"{sys.version_info[0]}.{sys.version_info[1]}",
                platform=sys.platform,
            )
        )
        more = VARIABLES if kind == "static" else {}
        measure([uv, "sync", "--quiet"], place, {**environ, **more})  # locks, and fills uv's cache

        def reset(environment: Path = place / ".venv") -> None:
            subprocess.run([uv, "cache", "clean", "--quiet", NAME], env=environ, check=True)
            if is_whole:
                shutil.rmtree(environment)

        command = [uv, "sync", "--quiet", "--reinstall-package", NAME]
        ways[kind] = Way(reset, [command], place, {**environ, **more})
    return ways
