"""Whether an adopted tree is as ``adopt`` would leave it. Nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject, tree_declaration
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import Declaration
from augbackend.features._two_places import differing
from augbackend.features.extra_build_dependencies import entries
from augbackend.hook import declared

from . import adoption, copy_difference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def findings(tree: Path) -> list[str]:
    """What is not as it should be, a line each.

    :raises AugbackendError: if augbackend does not build the tree, or a hook would refuse what is declared.
    """
    plan = adoption.planned(tree, Declaration(), installed=False)
    document = pyproject.parse(plan.old or "", str(tree / "pyproject.toml"))
    if pyproject.backend(document) != "augbackend":
        hint = f"augbackend adopt {tree}"
        raise CliError(
            "augbackend does not build this tree", id="not-adopted", where=str(tree / "pyproject.toml"), hint=hint
        )
    found = [
        f"pyproject.toml: {text!r} stands in build-system.requires and in tool.augbackend.extra-build-dependencies"
        for text in tree_declaration.in_both_places(document)
    ]
    if plan.copy == "write":
        found.append(f"{plan.folder}: {copy_difference.in_words(plan) or 'files are left over'}")
    if plan.new != plan.old and not found:
        found.append("pyproject.toml: it does not say all that adopt writes; --dry-run shows what it lacks")
    found += [f"{name}: it does not name {plan.folder}" for name in plan.others]
    return [*found, *contradictions(tree)]


def contradictions(tree: Path) -> Iterator[str]:
    """The projects that stand in both places with different bounds, each with both lines."""
    build = declared.read(tree, environ={})
    for entry in entries(build):
        other = differing(build, entry)
        if other is not None:
            text, is_hopeless = other
            yield (
                f"pyproject.toml: build-system.requires says {text!r}, tool.augbackend.extra-build-dependencies says"
                f" {entry.text!r}{'; no version satisfies both' if is_hopeless else ''}"
            )
