"""The wrapped backend out of its own folders in the tree, as PEP 517 has it ("In-tree build backends")."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from augbackend.hook.unavailable import unavailable
from augbackend.table import Build


class InTreeFinder:
    """Looks for top-level modules in these folders before any other finder.

    A folder without ``__init__.py`` is passed over: with a ``backend-path`` of the tree itself, any folder in it would
    hide an installed package of its name.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = folders

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Called by every import."""
        spec = PathFinder.find_spec(name, self.folders, target) if path is None else None
        return spec if spec is not None and spec.origin is not None else None


def check_before(build: Build, folders: Sequence[Path]) -> None:
    """Before the wrapped backend is imported: it has to be in its folders.

    :raises WrappedBackendUnavailable: if it is not.
    """
    top = build.wrapped_backend.partition(":")[0].partition(".")[0]
    if PathFinder.find_spec(top, [str(folder) for folder in folders]) is None:
        what = f"is not in its backend-path: no module {top!r} there"
        raise unavailable(build, what, f"looked in {', '.join(map(str, folders))}")


def check_after(build: Build, folders: Sequence[Path], backend: Any) -> None:
    """It has to come from its folders, also if a module of its name was imported before.

    :raises WrappedBackendUnavailable: if it does not.
    """
    file = getattr(backend, "__file__", None)
    if file is None or not any(folder in Path(file).resolve().parents for folder in folders):
        hint = f"tool.augbackend.backend-path says {', '.join(map(str, folders))}"
        raise unavailable(build, f"was not found in-tree, but as {file}", hint)
