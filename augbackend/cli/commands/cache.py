"""``augbackend cache``: where the caches are, how large they are, and how often compilers found something there."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import click

from augbackend.cli import terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.fetch import cache as caches
from augbackend.features import _stable_paths as stable_paths

from . import options

if TYPE_CHECKING:
    from pathlib import Path

# What each says of itself: its folder and settings, then its counts.
_COMPILERS = {"ccache": (("--get-config", "cache_dir"), ("--show-stats",)), "sccache": ((), ("--show-stats",))}
_CLEARED_BY = {"ccache": "ccache --clear", "sccache": "sccache --stop-server, then delete its folder"}
_SECONDS = 20


@click.command(cls=CliCommand)
@click.option("--clear", is_flag=True, help="Delete augbackend's own; what a build uses just now stays.")
@options.as_json
def cache(*, clear: bool, as_json: bool) -> None:
    """Print where the caches are, how large, and what they hit.

    \b
    Example:
      augbackend cache --clear
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    downloads, paths = caches.default_folder(), stable_paths.cache_folder()
    ours = [one for one in (downloads.iterdir() if downloads.is_dir() else ()) if one != paths]
    if clear:
        for one in ours:
            shutil.rmtree(one, ignore_errors=True)
        if paths.is_dir():
            stable_paths.sweep(paths, 0)
    found: dict[str, Any] = {
        "downloads": {"folder": str(downloads), "bytes": sum(map(_bytes_in, ours))},
        "environments": {"folder": str(paths), "count": len([*paths.iterdir()]) if paths.is_dir() else 0},
        "compilers": {name: said for name in _COMPILERS if (said := _compiler(name))},
    }
    click.echo(terminal.as_json(found) if as_json else "\n".join(_as_text(found)))


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _compiler(name: str) -> dict[str, str]:
    """What a compiler cache says of itself; empty if it is not on PATH."""
    program = shutil.which(name)
    asked = [_own_words(program, *arguments) if arguments else "" for arguments in _COMPILERS[name]] if program else []
    return {"program": str(program), "folder": asked[0], "statistics": asked[1]} if asked else {}


def _own_words(program: str, *arguments: str) -> str:
    try:
        ran = subprocess.run(  # noqa: S603  # the user's own program
            [program, *arguments], capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (ran.stdout or ran.stderr).strip()


def _as_text(found: dict[str, Any]) -> list[str]:
    megabytes = found["downloads"]["bytes"] / 1e6
    lines = [f"downloads: {found['downloads']['folder']} ({megabytes:.1f} MB)"]
    count = found["environments"]["count"]
    folders = "1 folder" if count == 1 else f"{count} folders"
    lines.append(f"links to build environments: {found['environments']['folder']} ({folders})")
    if not found["compilers"]:
        lines.append("compiler caches: neither ccache nor sccache is on PATH")
    for name, one in found["compilers"].items():
        folder = f", {one['folder']}" if one["folder"] else ""
        lines += ["", f"{name}: {one['program']}{folder} (cleared by: {_CLEARED_BY[name]})"]
        lines += [f"  {line}" for line in one["statistics"].splitlines()]
    return lines
