"""One hook call: read the settings, prepare the process, load the wrapped backend, put everything back.

The one way by which hooks reach the wrapped backend::

    pyproject.toml, -C, environment -> Build -> variables set -> check -> import -> lock -> hook -> put back
"""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from . import metadata, pin_runtime, requirements, variables, wrapped
from .errors import AugbackendError, reported
from .reading import read
from .surroundings import put_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from .reading import Build
    from .settings import Target


def surrounded(build: Build) -> AbstractContextManager[None]:
    """The process as the wrapped backend is to find it, from its import on; put back at the end."""
    resolved = variables.resolve(build.settings, os.environ, str(build.tree / "pyproject.toml"))
    values = {one.name: one.value for one in resolved if one.value is not None}
    return put_back(values, wrapped.folders(build))


@contextmanager
def wrapped_hook(name: str, config_settings: Mapping[str, Any] | None) -> Iterator[tuple[Callable[..., str], Build]]:
    """The wrapped backend's hook ``name``, for the length of one call; our own errors end the process."""
    with _around(name, config_settings) as build:
        if name != "build_sdist":
            requirements.check(build, _target(name))
        hook = getattr(wrapped.load(build), name, None)
        if hook is None:
            raise AugbackendError(
                f"the wrapped backend {build.settings.build_backend!r} has no hook {name!r}",
                where=build.origins.get("build-backend", "the default of tool.augbackend.build-backend"),
                hint="ask the frontend for something that does not need this hook",
            )
        with _lock(build):
            yield hook, build


def get_requires(name: str, config_settings: Mapping[str, Any] | None) -> list[str]:
    """The answer to the hook ``get_requires_for_build_<target>``, whether the wrapped backend has it or not."""
    with _around(name, config_settings) as build:

        def ask() -> Any:
            hook = getattr(wrapped.load(build), name, None)
            with _lock(build):
                return hook(build.config_settings) if hook else ()

        return requirements.answer(build, _target(name), ask)


def prepare_metadata(name: str, metadata_directory: str, config_settings: Mapping[str, Any] | None) -> str:
    """The answer to ``prepare_metadata_for_build_<target>``: what the tree promises, or the wrapped backend's own."""
    if name == "prepare_metadata_for_build_wheel":
        with reported():
            build = read(Path.cwd(), config_settings, warn=False)
            promise = metadata.promised(build)
            if promise is not None and metadata.is_answer(promise):
                if build.settings.pin_runtime:
                    requirements.check(build, "wheel")
                return metadata.write(pin_runtime.pinned(promise, pin_runtime.used(build)), metadata_directory)
    with wrapped_hook(name, config_settings) as (hook, build):
        folder = hook(metadata_directory, build.config_settings)
        if not build.changes_metadata:
            return folder
        from . import finish

        return finish.finish_metadata(metadata_directory, folder, build)


def build_wheel(
    name: str, wheel_directory: str, config_settings: Mapping[str, Any] | None, metadata_directory: str | None
) -> str:
    """The answer to ``build_wheel`` and ``build_editable``: the wrapped backend's wheel, finished."""
    from . import build_folder, finish

    with wrapped_hook(name, config_settings) as (hook, build):
        target = _target(name)
        before = finish.before_wheel(build, target, is_answered=metadata_directory is not None)
        is_ours = before.promise is not None or build.changes_metadata
        given = None if is_ours else metadata_directory  # only what the wrapped backend wrote
        with build_folder.fresh(build, target):
            wheel = hook(wheel_directory, build.config_settings, given)
        file = Path(wheel_directory) / wheel if isinstance(wheel, str) else None
        if file is None or not file.is_file():
            return wheel  # the frontend's to complain about
        return finish.finish_wheel(file, build, target, before)


@contextmanager
def _around(name: str, config_settings: Mapping[str, Any] | None) -> Iterator[Build]:
    with reported():
        build = read(Path.cwd(), config_settings)
        with surrounded(build):
            try:
                yield build
            except AugbackendError:
                raise
            except (Exception, SystemExit) as error:
                wrapped.explain(error, build, name)
                raise


def _lock(build: Build) -> AbstractContextManager[None]:
    """The tree's lock, where the wrapped backend writes into the tree."""
    if wrapped.module_name(build).partition(".")[0] != "setuptools":
        return nullcontext()
    from .tree_lock import locked

    return locked(build.tree)


def _target(hook: str) -> Target:
    return cast("Target", hook.rpartition("_")[2])
