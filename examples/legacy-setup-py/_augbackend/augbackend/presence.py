"""Which hooks exist: presence is the protocol (PEP 517), and the wrapped backend decides it."""

from __future__ import annotations

from pathlib import Path

from .errors import AugbackendError, WrappedBackendUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .reading import Build

# Ours to answer, whether or not the wrapped backend has something to add.
_ALWAYS = ("get_requires_for_build_wheel", "get_requires_for_build_sdist")
_MISSING: Any = object()


def lookup(name: str) -> Any:
    """The attribute of the ``augbackend`` module that a frontend asks for.

    :param name: a hook's, or ``UnsupportedOperation``.
    :raises AttributeError: if the wrapped backend does not have it.
    :raises ImportError: if the wrapped backend cannot be imported, so that nobody concludes that it lacks the hook.
    """
    from . import hooks

    if name in _ALWAYS:
        return getattr(hooks, name)
    try:
        found = _in_wrapped(name)
    except WrappedBackendUnavailable:
        raise
    except AugbackendError:
        # A mistake in the declaration: the hook itself reports it in plain words, a lookup could not.
        found = _MISSING if name == "UnsupportedOperation" else None
    except AttributeError as error:
        raise ImportError(f"augbackend: error: importing the wrapped backend failed: {error}") from error
    if found is _MISSING:
        raise AttributeError(f"the wrapped backend has no {name!r}")
    return found if name == "UnsupportedOperation" else getattr(hooks, name)


def _in_wrapped(name: str) -> Any:
    from . import wrapped
    from .call import surrounded
    from .reading import read

    build = read(Path.cwd())
    if name.startswith("prepare_metadata") and not has_safe_metadata(build):
        return _MISSING
    with surrounded(build):
        # PEP 660: without `build_editable`, its `get_requires` has no meaning.
        wanted = "build_editable" if name == "get_requires_for_build_editable" else name
        return getattr(wrapped.load(build), wanted, _MISSING)


def has_safe_metadata(build: Build) -> bool:
    """Hatchling cannot promise that its metadata hook and its wheel agree where dependencies are dynamic.

    uv skips ``prepare_metadata`` then, if the backend is called ``hatchling.build``; ours is not.
    """
    dynamic = {"dependencies", "optional-dependencies"} & set(build.dynamic)
    return not (dynamic and build.settings.build_backend == "hatchling.build")
