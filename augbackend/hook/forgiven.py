"""``get_requires_for_build_*`` where the wrapped backend fails, since what is declared is not installed yet."""

from __future__ import annotations

import importlib.util
from typing import Optional

from augbackend.errors import say
from augbackend.hook.installed_check import unmet
from augbackend.table import Build, Target


def read_instead(build: Build, target: Target, error: BaseException) -> Optional[list[str]]:
    """What can be read of the tree's requirements, and a note that it was; ``None`` if all that is declared is there.

    :param error: what the wrapped backend raised.
    """
    absent = ", ".join(name for _, name, _ in unmet(build, target))
    if not absent:
        return None
    found = _read(build)
    why = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    going_on = " and ".join(["going on with the declared ones", *([", ".join(found)] if found else [])])
    say(
        "note",
        f"{build.wrapped_backend} could not name its requirements before {absent} is installed ({why}); {going_on}",
    )
    return found


def _read(build: Build) -> list[str]:
    """What stands literally in ``setup.py`` and ``setup.cfg``, and what setuptools itself would have asked for."""
    try:
        from augbackend.standards.setup_files import setup_requires
    except ModuleNotFoundError:
        found = []  # a copy for a tree that says nothing of it
    else:
        found = setup_requires(build.tree)
    try:  # setuptools before 70.1
        is_old = build.wraps_setuptools and importlib.util.find_spec("setuptools.command.bdist_wheel") is None
    except ModuleNotFoundError:
        is_old = False
    return [*found, "wheel"] if is_old else found
