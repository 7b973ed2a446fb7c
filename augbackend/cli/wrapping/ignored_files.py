"""Archives that git would leave out of a commit: the others in the team would not have them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LIMIT = 30.0  # seconds


def ignored(files: Sequence[Path], project: Path) -> tuple[Path, ...]:
    """The files that git ignores; none where there is no repository, or no git.

    :param project: the folder of the project.
    """
    folder = project.resolve()
    if not files or not any((place / ".git").exists() for place in (folder, *folder.parents)):
        return ()
    named = {str(file.resolve()): file for file in files}
    # Without the repository's own helper for reading its state: nothing of it is to run.
    command = ["git", "-c", "core.fsmonitor=false", "check-ignore", "-z", "--stdin"]
    try:
        ran = subprocess.run(  # noqa: S603  # git, with fixed words; the names are its input
            command, input="\0".join(named).encode(), cwd=folder, capture_output=True, timeout=_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = ran.stdout.decode("utf-8", "replace").split("\0") if ran.returncode == 0 else []
    return tuple(named[one] for one in found if one in named)
