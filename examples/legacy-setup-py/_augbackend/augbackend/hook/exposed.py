# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Which hooks exist: presence is the protocol (PEP 517), and the wrapped backend decides it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from augbackend import ALWAYS, HOOKS
from augbackend.errors import AugbackendError, WrappedBackendUnavailable
from augbackend.hook.declared import read
from augbackend.hook.wrapped_backend import ALONE, load, surrounded
from augbackend.table import Build

_MISSING: Any = object()


def lookup(name: str) -> Any:
    """The attribute of the ``augbackend`` module that a frontend asks for: a hook, or ``UnsupportedOperation``.

    :raises AttributeError: if the wrapped backend does not have it.
    :raises ImportError: if the wrapped backend cannot be imported. AttributeError would mean that it lacks the hook.
    """
    with ALONE:
        found = _in_wrapped(name)
    if found is _MISSING:
        raise AttributeError(f"the wrapped backend has no {name!r}")
    return found if name not in HOOKS else getattr(import_module(f"augbackend.hook.{HOOKS[name]}"), name)


def _in_wrapped(name: str) -> Any:
    """The wrapped backend's attribute; of a hook, only whether it is missing."""
    build, is_hook = None, name in HOOKS
    try:
        build = read(Path.cwd(), warn=False)
        if _is_promised(build, name):
            return None
        with surrounded(build, name, is_called=False):
            backend = load(build)
            if is_hook:
                return None if is_exposed(build, name, backend) else _MISSING
            return getattr(backend, name, _MISSING)
    except WrappedBackendUnavailable:
        raise
    except AugbackendError:
        # A mistake in the declaration: the hook itself reports it in plain words, a lookup could not.
        return None if is_hook else _MISSING
    except Exception as error:
        # Before the declared requirements are installed, an import may well fail: the hook says what is missing.
        if build is not None and is_hook and _lacks_requirements(build):
            return None
        what = f"importing the wrapped backend {build.wrapped_backend!r} failed" if build else "a lookup failed"
        raise ImportError(f"augbackend: error: {what}: {type(error).__name__}: {error}") from error


def is_exposed(build: Build, name: str, backend: object) -> bool:
    """Whether the hook ``name`` exists around ``backend``, the wrapped one, imported."""
    if name in ALWAYS or _is_promised(build, name):
        return True
    # PEP 660: without `build_editable`, its `get_requires` has no meaning.
    wanted = "build_editable" if name == "get_requires_for_build_editable" else name
    if name.startswith("prepare_metadata") and build.wrapped_backend == "hatchling.build":
        # With dynamic dependencies, hatchling's metadata and wheel may differ. uv knows that of hatchling, not of us.
        return hasattr(backend, wanted) and not {"dependencies", "optional-dependencies"} & set(build.dynamic)
    return hasattr(backend, wanted)


def _is_promised(build: Build, name: str) -> bool:
    """Whether the hook answers from what the sdist promises, so that the wrapped backend is not even imported."""
    if name != "prepare_metadata_for_build_wheel" or not any(feature.promise for feature in build.features):
        return False
    from augbackend.hook.edited_metadata import is_answer, promised

    return is_answer(promised(build))


def _lacks_requirements(build: Build) -> bool:
    from augbackend.hook.installed_check import unmet

    return any(unmet(build, target) for target in ("wheel", "sdist", "editable"))
