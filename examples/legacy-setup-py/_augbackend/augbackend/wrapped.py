"""The wrapped backend: finding it, importing it, and saying precisely why that failed."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from .errors import WrappedBackendUnavailable, add_note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .reading import Build


def module_name(build: Build) -> str:
    """The module part of the wrapped backend's object path."""
    return build.settings.build_backend.partition(":")[0]


def folders(build: Build) -> list[Path]:
    """The wrapped backend's own in-tree folders, absolute."""
    return [(build.tree / folder).resolve() for folder in build.settings.backend_path]


def load(build: Build) -> Any:
    """Import the wrapped backend and return the object that holds its hooks (PEP 517, "Source trees").

    Only to be called with the declared variables set: what it imports may read them.

    :raises WrappedBackendUnavailable: if it is not there. Whatever else its import raises is its own.
    """
    name, _, attributes = build.settings.build_backend.partition(":")
    place = build.origins.get("build-backend", "the default of tool.augbackend.build-backend")
    try:
        backend: Any = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        where = f"{place}: {build.settings.build_backend!r}"
        raise WrappedBackendUnavailable(
            f"the wrapped backend cannot be imported: {error}", where=where, hint=_missing_hint(build, str(error.name))
        ) from None
    if folders(build):
        _check_origin(backend, folders(build), f"{place}: {build.settings.build_backend!r}")
    for attribute in filter(None, attributes.split(".")):
        if not hasattr(backend, attribute):
            raise WrappedBackendUnavailable(
                f"the wrapped backend has no {attribute!r}: {backend!r}",
                where=f"{place}: {build.settings.build_backend!r}",
                hint=f"mend the part after the colon; {name} is importable",
            )
        backend = getattr(backend, attribute)
    return backend


def _missing_hint(build: Build, missing: str) -> str:
    if build.settings.backend_path:
        return f"no {missing!r} in tool.augbackend.backend-path ({', '.join(build.settings.backend_path)})"
    if "." in missing:
        return f"{missing.rpartition('.')[0]!r} is there, but has no module {missing.rpartition('.')[2]!r}: misspelt?"
    return f"misspelt, or the project that provides {missing!r} is not in build-system.requires"


def _check_origin(module: Any, wanted: Sequence[Path], where: str) -> None:
    """PEP 517, "In-tree build backends": the backend must come from its ``backend-path``."""
    file = getattr(module, "__file__", None)
    if file is None or not any(folder in Path(file).resolve().parents for folder in wanted):
        raise WrappedBackendUnavailable(
            f"the wrapped backend was not found in-tree, but as {file}",
            where=where,
            hint=f"tool.augbackend.backend-path says {', '.join(map(str, wanted))}",
        )


def explain(error: BaseException, build: Build, hook: str) -> None:
    """Add to somebody else's exception which hook of which backend raised it, and the cure where it is plain.

    A missing module becomes the line to write into the table.
    """
    note = f"augbackend: raised in {build.settings.build_backend}, hook {hook}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        project = error.name.partition(".")[0]
        entries = [*(entry.text for entry in build.settings.extra_build_dependencies), project]
        quoted = ", ".join('"' + entry.replace("\\", "\\\\").replace('"', '\\"') + '"' for entry in entries)
        note += (
            f"\naugbackend: the build needs {error.name!r}, which nothing declares; if the project of that name has"
            f" it, write into pyproject.toml:\n  [tool.augbackend]\n  extra-build-dependencies = [{quoted}]"
        )
    add_note(error, note)
