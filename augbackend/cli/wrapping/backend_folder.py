"""The folder of a wrapped sdist that the backend is copied into."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import backend_copy, package_discovery, pyproject
from augbackend.cli.fetch import sdist
from augbackend.cli.fetch.refusal import refusal
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from augbackend.cli.fetch.sdist import Sdist

    from .top_files import TopFiles


def chosen(opened: Sdist, top: TopFiles) -> tuple[str, frozenset[str]]:
    """The folder's name, and what of upstream's makes room for it: an older copy of the backend that its build uses.

    :raises AugbackendError: if every name is taken.
    """
    used: Sequence[str] = layers.at(top.document, "build-system", "backend-path", default=())
    is_link = any(member.issym() for member in opened.members if sdist.relative(member.name) == backend_copy.FOLDER)
    if pyproject.backend(top.document) == "augbackend" and backend_copy.FOLDER in used and not is_link:
        return backend_copy.FOLDER, frozenset({f"{backend_copy.FOLDER}/augbackend"})
    hidden = backend_copy.HIDDEN
    is_shipped = package_discovery.takes_the_copy(top.folder, top.document)
    candidates = [] if is_shipped else [backend_copy.FOLDER]
    for candidate in [*candidates, hidden, *(f"{hidden}-{count}" for count in range(2, 100))]:
        if not any(name == candidate or name.startswith(f"{candidate}/") for name in opened.names):
            return candidate, frozenset()
    raise refusal(opened.path, "there is no name left for the backend's folder", id="no-folder-name-left")
