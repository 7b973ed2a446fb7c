"""Our folder in the user's cache, as builds know it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def user_cache(environ: Mapping[str, str]) -> Path:
    """The folder, which need not be there. A relative ``XDG_CACHE_HOME`` does not count, as its specification says.

    :raises RuntimeError: if there is no home.
    """
    stated = Path(environ.get("XDG_CACHE_HOME", ""))
    return (stated if stated.is_absolute() else Path("~/.cache").expanduser()) / "augbackend"
