"""Why the wrapped backend, or a hook of it, cannot be had."""

from __future__ import annotations

from typing import Optional

from augbackend.errors import AugbackendError, WrappedBackendUnavailable
from augbackend.table import Build


def without(build: Build, found: object, attribute: str) -> WrappedBackendUnavailable:
    """What stands behind the colon is not there."""
    hint = f"mend the part after the colon; {build.wrapped_backend.partition(':')[0]} is importable"
    return unavailable(build, f"has no {attribute!r}: {found!r}", hint)


def not_importable(build: Build, error: ModuleNotFoundError) -> Optional[WrappedBackendUnavailable]:
    """It is not installed, or misspelt; ``None`` if it is there, and what it imports is not.

    :raises AugbackendError: if a build requirement is not installed either.
    """
    name = build.wrapped_backend.partition(":")[0]
    if error.name is None or not f"{name}.".startswith(f"{error.name}."):
        return None
    parent, _, child = error.name.rpartition(".")
    hint = f"{parent!r} is there, but has no module {child!r}: misspelt?"
    if not parent:
        from augbackend.hook.absent import refuse_absent
        from augbackend.hook.installed_check import unmet

        refuse_absent(unmet(build, "wheel"))
        hint = f"misspelt, or the project that provides {child!r} is not in build-system.requires"
    return unavailable(build, f"cannot be imported: {error}", hint)


def no_hook(build: Build, name: str) -> AugbackendError:
    """It has no such hook."""
    what = f"the wrapped backend {build.wrapped_backend!r} has no hook {name!r}"
    return AugbackendError(
        what, where=_place(build), hint="ask the frontend for something that does not need this hook"
    )


def unavailable(build: Build, what: str, hint: str) -> WrappedBackendUnavailable:
    """The error, with the place that names the wrapped backend."""
    where = f"{_place(build)}: {build.wrapped_backend!r}"
    return WrappedBackendUnavailable(f"the wrapped backend {what}", where=where, hint=hint)


def _place(build: Build) -> str:
    return build.origins.get("build-backend", "the default of tool.augbackend.build-backend")
