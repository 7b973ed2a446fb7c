"""The answer to ``get_requires_for_build_*`` (PEP 517): what the wrapped backend asks for, and what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from augbackend.errors import say
from augbackend.hook.wrapped_backend import declared, explained, load, lock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.table import Build, Target


def answer(target: Target, config_settings: Mapping[str, Any] | None) -> list[str]:
    """What to install, whether the wrapped backend has the hook or not. Markers are the frontend's to evaluate."""
    name = f"get_requires_for_build_{target}"
    with declared(config_settings) as build, explained(build, name):
        mode = build.values.get("dynamic-requires", "auto")
        theirs = _asked(build, target, is_forgiven=mode == "auto") if mode != "never" else []
        return combined(build, target, theirs)


def combined(build: Build, target: Target, theirs: list[str]) -> list[str]:
    """What the wrapped backend asks for, less what is dropped; then what is declared."""
    removing = [feature.removes for feature in build.features if feature.removes]
    kept = [text for text in theirs if not any(removes(build, text) for removes in removing)]
    ours = [text for one in build.features if one.requires for text in one.requires(build, target)]
    return [*kept, *(text for text in dict.fromkeys(ours) if text not in kept)]


def _asked(build: Build, target: Target, *, is_forgiven: bool) -> list[str]:
    """The wrapped backend's own answer; where it cannot run yet, what can be read instead.

    :param is_forgiven: whether it may fail before the declared requirements are installed.
    """
    try:
        hook = getattr(load(build), f"get_requires_for_build_{target}", None)
        with lock(build):
            return [str(text) for text in (hook(build.config_settings) if hook else ()) or ()]
    except (Exception, SystemExit) as error:
        from augbackend.hook.installed_check import unmet

        absent = [name for _, name, _ in unmet(build, target)] if is_forgiven else []
        if not absent:
            raise
        found = _read(build)
        first_line = str(error).strip().partition("\n")[0]
        say(
            "note",
            f"{build.wrapped_backend} could not name its requirements before {', '.join(absent)} is installed"
            f" ({type(error).__name__}: {first_line}); going on with the declared ones"
            f"{' and ' + ', '.join(found) if found else ''}",
        )
        return found


def _read(build: Build) -> list[str]:
    """What stands literally in ``setup.py`` and ``setup.cfg``, and what setuptools itself would have asked for."""
    from importlib.util import find_spec

    try:
        from augbackend.standards.setup_files import setup_requires
    except ImportError:  # a copy in a tree that says nothing of setup_requires
        found = []
    else:
        found = setup_requires(build.tree)
    try:
        needs_wheel = (
            build.wraps_setuptools and find_spec("setuptools.command.bdist_wheel") is None
        )  # setuptools before 70.1
    except ModuleNotFoundError:
        needs_wheel = False
    return [*found, "wheel"] if needs_wheel else found
