"""tox finds every interpreter of pyenv, whose shims start only those that are switched on.

tox reads this file by its name before it looks for interpreters; `.ci/run` asks it for the same PATH.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path


def path() -> str:
    """PATH, and before it the interpreters of pyenv from 3.9 on, the newest first."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    found = [folder for folder in versions.glob("3.*") if re.fullmatch(r"3\.(9|1[0-9])\.[0-9]+", folder.name)]
    found.sort(key=lambda folder: [int(part) for part in folder.name.split(".")], reverse=True)
    there = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*(place for folder in found if (place := str(folder / "bin")) not in there), *there])


if __name__ == "__main__":
    sys.stdout.write(path())
else:
    os.environ["PATH"] = path()
