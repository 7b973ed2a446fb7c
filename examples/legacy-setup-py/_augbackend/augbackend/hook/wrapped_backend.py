# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""The one way to the wrapped backend: prepare the process, import it, call its hook, put everything back.

::

    Build -> variables set -> declared requirements checked -> import -> tree locked -> hook -> put back

All of it belongs to the process, so of several threads one has it at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from augbackend.errors import reported
from augbackend.hook.declared import read
from augbackend.hook.process_state import put_back
from augbackend.table import Build, ConfigSettings, Target

if TYPE_CHECKING:
    from augbackend.features.extra_build_variables import Resolved


ALONE = RLock()  # for a lookup, or for a hook; a wrapped backend may call another hook of ours


@contextmanager
def declared(config_settings: ConfigSettings, folder: str = "") -> Iterator[Build]:
    """What is declared, for one hook call; our own errors end the process.

    :param folder: where the result goes.
    """
    with ALONE, reported(folder):
        yield read(Path.cwd(), config_settings)


def resolved(build: Build, environ: Mapping[str, str] | None = None) -> list[Resolved]:
    """What becomes of each environment variable that a feature has a say in."""
    found: list[Resolved] = []
    for feature in build.features:
        if feature.variables:
            found += feature.variables(build, os.environ if environ is None else environ, found)
    return found


@contextmanager
def surrounded(build: Build, hook: str = "", *, is_called: bool = True) -> Iterator[Build]:
    """The process as the wrapped backend is to find it, from its import on; put back at the end.

    :param is_called: whether the hook is called; else it is looked for.
    :return: the build, with what is there to be imported.
    """
    is_built = hook in ("build_wheel", "build_editable")
    with ExitStack() as stack:
        for feature in build.features if is_built and is_called else ():
            if feature.turn:
                stack.enter_context(feature.turn(build))
        variables = {one.name: one.value for one in resolved(build) if one.value is not None}
        stack.enter_context(put_back(variables, _folders(build)))
        for feature in build.features:
            if feature.shown:
                build = stack.enter_context(feature.shown(build, hook))
        for feature in build.features if is_built and is_called else ():
            if feature.ready:
                feature.ready(build)
        for feature in build.features if is_built else ():
            if feature.around:
                stack.enter_context(feature.around(build, is_called))
        yield build


@contextmanager
def explained(build: Build, hook: str) -> Iterator[None]:
    """Add to an error that the wrapped backend raises what is known of it. Nothing of ours runs inside."""
    try:
        yield
    except (Exception, SystemExit) as error:
        from augbackend.hook.explanation import explain

        explain(error, build, hook)
        raise


@contextmanager
def wrapped_hook(name: str, build: Build) -> Iterator[tuple[Callable[..., str], Build]]:
    """The wrapped backend's hook ``name``, for the length of one call, and the build as that finds it."""
    with surrounded(build, name) as seen:
        if name != "build_sdist" and build.features:
            from augbackend.hook.installed_check import check_installed

            check_installed(seen, cast("Target", name.rpartition("_")[2]))
        with explained(build, name):
            hook = getattr(load(build), name, None)
        if hook is None:
            from augbackend.hook.unavailable import no_hook

            raise no_hook(build, name)
        with lock(build):
            yield explained(build, name)(hook), seen


def lock(build: Build) -> AbstractContextManager[None]:
    """The tree's lock, where the wrapped backend writes into the tree."""
    if not build.wraps_setuptools:
        return nullcontext()
    from augbackend.hook.tree_lock import locked

    return locked(build.tree)


def load(build: Build) -> Any:
    """Import the wrapped backend and return the object that holds its hooks (PEP 517, "Source trees").

    Only to be called with the declared variables set: what it imports may read them.

    :raises WrappedBackendUnavailable: if it is not there. Whatever else its import raises is its own.
    """
    name, _, attributes = build.wrapped_backend.partition(":")
    in_tree = _folders(build)
    if in_tree:
        from augbackend.hook.in_tree import check_before

        check_before(build, in_tree)
    try:
        backend: Any = import_module(name)
    except ModuleNotFoundError as error:
        from augbackend.hook.unavailable import not_importable

        why = not_importable(build, error)
        if why is None:
            raise
        raise why from None
    if in_tree:
        from augbackend.hook.in_tree import check_after

        check_after(build, in_tree, backend)
    for attribute in filter(None, attributes.split(".")):
        if not hasattr(backend, attribute):
            from augbackend.hook.unavailable import without

            raise without(build, backend, attribute)
        backend = getattr(backend, attribute)
    return backend


def _folders(build: Build) -> list[Path]:
    """The wrapped backend's own in-tree folders, absolute."""
    return [folder for name in build.values.get("backend-path", ()) if (folder := build.folder(name))]
