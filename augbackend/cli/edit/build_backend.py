"""The build backend of a ``pyproject.toml``: the old one moves into ``[tool.augbackend]``, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from augbackend.cli.model.cli_error import CliError
from augbackend.table import LEGACY_BACKEND
from augbackend.table.layers import TOMLI

from . import pyproject, tomli_requirement

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

IN_TREE_REQUIRES = TOMLI
INSTALLED_REQUIRES = "augbackend"
ASSUMED = "what a frontend assumes"


def move_in(
    document: MutableMapping[str, Any], assumed_requires: Sequence[str], *, folder: str | None, created: str
) -> None:
    """Make augbackend the build backend; what was there is the wrapped one from now on.

    :param assumed_requires: what a frontend installs where there is no ``[build-system]``.
    :param folder: of an in-tree backend; ``None`` if it is installed.
    :param created: the comment at a ``[build-system]`` that was not there.
    :raises AugbackendError: if the table names a wrapped backend already.
    """
    build_system = document.get("build-system")
    if build_system is None:
        build_system = pyproject.new_table(document, created)
        build_system["requires"] = list(assumed_requires)
        document["build-system"] = build_system
        build_system = document["build-system"]
    table = own_table(document)
    if "build-backend" in table or "backend-path" in table:
        raise CliError(
            "it already names a wrapped backend, but augbackend is not the build backend",
            id="wrapped-backend-named-already",
            where="pyproject.toml, tool.augbackend",
            hint="remove build-backend and backend-path there, then run this again",
        )
    old_backend, old_path = build_system.get("build-backend"), build_system.get("backend-path")
    table["build-backend"] = LEGACY_BACKEND if old_backend is None else _as_written(old_backend)
    if old_path is not None:
        table["backend-path"] = old_path  # the value as it is written, with its comments
    if old_backend is None and hasattr(table["build-backend"], "comment"):
        table["build-backend"].comment(ASSUMED)
    build_system["build-backend"] = "augbackend"
    point_to(document, folder)


def point_to(document: MutableMapping[str, Any], folder: str | None) -> None:
    """Say where the backend is: in a folder of the tree, or installed.

    A key that is there stays, since it keeps its place for the wrapped backend's own; an empty list says nothing.
    """
    build_system = document["build-system"]
    if folder is not None or "backend-path" in build_system:
        build_system["backend-path"] = [] if folder is None else [folder]
    if folder is None:
        pyproject.append(build_system, "requires", INSTALLED_REQUIRES)
    elif tomli_requirement.is_needed(document):
        pyproject.append(build_system, "requires", IN_TREE_REQUIRES)


def move_out(document: MutableMapping[str, Any], *, whole_table: bool, only_assumed: bool) -> None:
    """Give the wrapped backend its place back, and remove our table.

    :param whole_table: whether there was no ``[build-system]``.
    :param only_assumed: whether it named no backend.
    """
    build_system, table = document["build-system"], document["tool"]["augbackend"]
    # tomlkit loses its way in dotted keys when one is set after another was taken out.
    if not only_assumed:
        build_system["build-backend"] = _as_written(table.get("build-backend", LEGACY_BACKEND))
    if "backend-path" in table:
        build_system["backend-path"] = table["backend-path"]
    else:
        build_system.pop("backend-path", None)
    if only_assumed:
        build_system.pop("build-backend")
    if whole_table:
        document.pop("build-system")
    document["tool"].pop("augbackend")
    if not document["tool"]:
        document.pop("tool")


def own_table(document: MutableMapping[str, Any]) -> Any:
    """``[tool.augbackend]``, made if need be."""
    if "tool" not in document:
        document["tool"] = tomlkit.table(is_super_table=True) if isinstance(document, tomlkit.TOMLDocument) else {}
    tool = document["tool"]
    if "augbackend" not in tool:
        tool["augbackend"] = pyproject.new_table(document)
    return tool["augbackend"]


def _as_written(value: Any) -> Any:
    """A value in its own quotes, without what stands beside it in the line."""
    return tomlkit.value(value.as_string()) if hasattr(value, "as_string") else value
