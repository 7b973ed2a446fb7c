"""Puts augbackend in front of other backends, in a virtual environment where a ``.pth`` file imports this.

``THROUGH_HOOKS`` names backends (object paths, separated by spaces) that tests import and call themselves: as
soon as such a module is imported, each of its hooks becomes one that asks augbackend, which calls the original.
``THROUGH_FRONTENDS``, if set, does the same for what pyproject-hooks calls in a process of its own: it is told
that the backend is called augbackend. ``THROUGH_LOG`` is a file that gets a line for each hook reached by us.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any, Optional

BACKENDS = os.environ.get("THROUGH_HOOKS", "").split()
_inside: list[str] = []


class _Finder(MetaPathFinder):
    """Finds nothing of its own; adds a step to the import of the modules in ``THROUGH_HOOKS``, reloads included."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        backends = [backend for backend in BACKENDS if backend.partition(":")[0] == fullname]
        spec = PathFinder.find_spec(fullname, path, target) if backends else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_replace(module: ModuleType) -> None:
            execute(module)
            for backend in backends:
                attribute = backend.partition(":")[2]
                _replace_hooks(getattr(module, attribute) if attribute else module, backend)

        spec.loader.exec_module = execute_and_replace  # type: ignore[method-assign]
        return spec


def _replace_hooks(holder: Any, backend: str) -> None:
    from augbackend import HOOKS

    for name in HOOKS:
        if hasattr(holder, name):
            setattr(holder, name, _through(getattr(holder, name), name, backend))


def _through(original: Callable[..., Any], name: str, backend: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def hook(*arguments: Any, **keywords: Any) -> Any:
        # A backend's hook that calls another one, or the wrapped backend's own as augbackend calls it.
        if _inside:
            return original(*arguments, **keywords)
        import augbackend

        _log(f"{backend} {name}")
        _inside.append(backend)
        # Set and taken away by name: restoring the whole environment would hide what augbackend leaves behind.
        os.environ["AUGBACKEND_BUILD_BACKEND"] = backend
        try:
            with _pyproject(backend):
                return getattr(augbackend, name)(*arguments, **keywords)
        finally:
            _inside.pop()
            os.environ.pop("AUGBACKEND_BUILD_BACKEND", None)

    return hook


def _log(line: str) -> None:
    with Path(os.environ["THROUGH_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


@contextmanager
def _pyproject(backend: str) -> Iterator[None]:
    """Trees of setuptools' tests may lack the file; one that names augbackend as its backend cannot."""
    file = Path("pyproject.toml").absolute()
    write = backend.startswith("setuptools.") and not file.exists()
    if write:
        file.write_text('[build-system]\nrequires = ["setuptools"]\n', encoding="utf-8")
    try:
        yield
    finally:
        if write:
            file.unlink()


def _through_frontends() -> None:
    """Rename the backend in what pyproject-hooks tells the process that is about to call a hook."""
    backend = os.environ.get("_PYPROJECT_HOOKS_BUILD_BACKEND", "augbackend")
    if backend == "augbackend" or not Path("pyproject.toml").exists():
        return
    os.environ["_PYPROJECT_HOOKS_BUILD_BACKEND"] = "augbackend"
    os.environ["AUGBACKEND_BUILD_BACKEND"] = backend
    folders = json.loads(os.environ.pop("_PYPROJECT_HOOKS_BACKEND_PATH_JSON", "[]"))
    if folders:
        os.environ["AUGBACKEND_BACKEND_PATH"] = "\n".join(os.path.relpath(folder) for folder in folders)
    _log(f"{backend} in {Path.cwd().name}")


if BACKENDS:
    sys.meta_path.insert(0, _Finder())
if os.environ.get("THROUGH_FRONTENDS"):
    _through_frontends()
