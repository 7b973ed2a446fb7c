"""``get_requires_for_build_*``: what the wrapped backend asks for, and what is declared."""

from __future__ import annotations

from functools import partial

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
        from augbackend.hook.forgiven import read_instead

        found = read_instead(build, target, error) if is_forgiven else None
        if found is None:
            raise
        return found
