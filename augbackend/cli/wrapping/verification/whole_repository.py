"""An archive that has the whole repository of a package in a subdirectory: what is beside that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from augbackend.cli.fetch import in_repository, repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from augbackend.cli.fetch.git_tree import GitTree

    from .claim import Claim


def is_in(claim: Claim) -> bool:
    """Whether an archive says that it has the whole repository in it."""
    return claim.values.get("build-backend") == in_repository.NAME


def as_packed(tree: GitTree) -> GitTree:
    """The files of a repository by the names that they have in such an archive."""
    files = {f"{in_repository.REPOSITORY}/{name}": file for name, file in tree.files.items()}
    return replace(tree, files=files, submodules=frozenset(f"{in_repository.REPOSITORY}/{x}" for x in tree.submodules))


def is_odd(name: str) -> bool:
    """Whether a member has no business in such an archive."""
    return name != "PKG-INFO" and not name.startswith(f"{in_repository.REPOSITORY}/")


def at_top(claim: Claim) -> Mapping[str, bytes]:
    """The files beside the repository, as they have to be before wrapping.

    :raises AugbackendError: if the package's own ``pyproject.toml`` cannot be edited.
    """
    below = (repository.link(claim.origin.url).subdirectory or "").strip("/")
    head = f"{in_repository.REPOSITORY}/{below}"
    read = {name: claim.wrapped.read(f"{head}/{name}") for name in (*in_repository.READ_AT_TOP, "pyproject.toml")}
    return in_repository.at_top({name: content for name, content in read.items() if content is not None}, below)
