"""``get_requires_for_build_*``: what the wrapped backend asks for, and what is declared."""

from __future__ import annotations

from functools import partial

from augbackend.errors import say
from augbackend.hook.wrapped_backend import declared, explained, load, lock, surrounded
from augbackend.table import Build, ConfigSettings, Target


def _answer(target: Target, config_settings: ConfigSettings = None) -> list[str]:
    """What to install beyond ``build-system.requires``. Markers are the frontend's to evaluate."""
    with declared(config_settings) as found, surrounded(found, f"get_requires_for_build_{target}") as build:
        mode = build.values.get("dynamic-requires", "auto")
        with explained(build, f"get_requires_for_build_{target}"):
            theirs = _asked(build, target, is_forgiven=mode == "auto") if mode != "never" else []
        return combined(build, target, theirs)


get_requires_for_build_wheel = partial(_answer, "wheel")  # PEP 517
get_requires_for_build_sdist = partial(_answer, "sdist")
get_requires_for_build_editable = partial(_answer, "editable")  # PEP 660


def combined(build: Build, target: Target, theirs: list[str]) -> list[str]:
    """What the wrapped backend asks for, less what is dropped; then what is declared."""
    removing = [feature.removes for feature in build.features if feature.removes]
    kept = [text for text in theirs if not any(removes(build, text) for removes in removing)]
    ours = [text for one in build.features if one.requires for text in one.requires(build, target)]
    return [*kept, *(text for text in dict.fromkeys(ours) if text not in kept)]


def _asked(build: Build, target: Target, *, is_forgiven: bool) -> list[str]:
    """The wrapped backend's own answer; what can be read instead if it fails before the declared is installed."""
    try:
        hook = getattr(load(build), f"get_requires_for_build_{target}", None)
        with lock(build):
            return [str(text) for text in (hook(build.config_settings) if hook else ()) or ()]
    except (Exception, SystemExit) as error:
        from augbackend.hook.installed_check import unmet

        absent = ", ".join(name for _, name, _ in unmet(build, target)) if is_forgiven else ""
        if not absent:
            raise
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
    from importlib.util import find_spec

    try:
        from augbackend.standards.setup_files import setup_requires
    except ModuleNotFoundError:
        found = []  # a copy for a tree that says nothing of it
    else:
        found = setup_requires(build.tree)
    try:  # setuptools before 70.1
        is_old = build.wraps_setuptools and find_spec("setuptools.command.bdist_wheel") is None
    except ModuleNotFoundError:
        is_old = False
    return [*found, "wheel"] if is_old else found
