"""What brings the command line where only the backend is installed: by the tool that made this environment.

uv's tools and what uvx runs have no pip in them, and what pip would put into a pipx environment is lost at the next
upgrade.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import sys
from importlib import metadata
from pathlib import Path

_EXTRA = "augbackend[cli]"


def command(prefix: str = sys.prefix) -> str:
    """The command for a shell.

    :param prefix: of the environment.
    """
    folder, what = Path(prefix), _requirement()
    if (folder / "uv-receipt.toml").is_file():
        words = ["uv", "tool", "install", "--force", what]
    elif (folder / "pipx_metadata.json").is_file():
        runs_once = "venvs" not in folder.parts
        words = ["pipx", "run", "--spec", what, "augbackend"] if runs_once else ["pipx", "install", "--force", what]
    elif _is_uvs_cache(folder):
        words = ["uvx", "--from", what, "augbackend"]
    elif importlib.util.find_spec("pip") is not None:
        words = [sys.executable, "-m", "pip", "install", what]
    else:
        words = ["uv", "pip", "install", "--python", sys.executable, what]
    return " ".join(f'"{one}"' if "[" in one else shlex.quote(one) for one in words)


def _is_uvs_cache(folder: Path) -> bool:
    """Whether uvx has made the environment: it lies in the cache, whose folders name their format (`archive-v0`)."""
    return any(one.startswith(("archive-v", "environments-v")) for one in folder.resolve().parts)


def _requirement() -> str:
    """The package with its extra, from where it was installed from."""
    try:
        said = json.loads(metadata.distribution("augbackend").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError, OSError):
        said = {}
    url = str(said.get("url", ""))
    if url and "vcs_info" in said:
        commit = said["vcs_info"].get("requested_revision") or said["vcs_info"].get("commit_id", "")
        url = f"{said['vcs_info'].get('vcs', 'git')}+{url}@{commit}"
    if url.startswith("file://") and "archive_info" in said and not os.path.exists(url[7:]):  # noqa: PTH110  # no URL
        return _EXTRA
    return f"{_EXTRA} @ {url}" if url else _EXTRA
