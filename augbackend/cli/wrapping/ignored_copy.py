"""Whether git would leave the backend's copy out of a commit: a fresh clone could not be built then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.model.cli_error import CliError

from . import ignored_files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def check(tree: Path, folder: str, names: Iterable[str]) -> None:
    """Refuse a copy that git ignores, unless the project itself is ignored.

    :param names: of the copy's files.
    :raises AugbackendError: with the line that lets git have them.
    """
    own = [tree / name for name in ("pyproject.toml", "setup.py", "setup.cfg")]
    if ignored_files.ignored([file for file in own if file.is_file()], tree):
        return
    files = {tree / folder / "augbackend" / name: f"{folder}/augbackend/{name}" for name in names}
    found = ignored_files.ignored(list(files), tree)
    if not found:
        return
    file = tree / ".gitignore"
    line = f"!/{folder}/"
    is_there = file.is_file() and line in file.read_text(encoding="utf-8", errors="replace").splitlines()
    lines = [f"!/{files[one]}" for one in found]
    if len(found) == len(files):  # the folder; or, where that does not help, all that is in it
        lines = [f"{line}**" if is_there else line]
    what = f"git ignores {folder}/" if len(found) == len(files) else f"git ignores {files[found[0]]}"
    raise CliError(
        f"{what}, so a fresh clone could not be built",
        id="git-ignores-copy",
        where=str(file),
        hint=f"add at its end, then run this again: {'  '.join(lines)}",
    )
