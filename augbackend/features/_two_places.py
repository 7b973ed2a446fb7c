"""One project in two places: ``build-system.requires`` and ``extra-build-dependencies``."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Optional

from augbackend.errors import AugbackendError, say
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement

if TYPE_CHECKING:
    from augbackend.table import Build

    from .extra_build_dependencies import BuildDependency


def differing(build: Build, entry: BuildDependency) -> Optional[tuple[str, bool]]:
    """The line of ``build-system.requires`` that asks for the same project here, and bounds it otherwise.

    :return: that text, and whether no version satisfies both for certain; ``None`` if there is no such line.
    """
    wanted = entry.parsed
    for text in build.requires:
        with suppress(InvalidRequirement):
            other = parse_requirement(text)
            is_bound = other.name == wanted.name and other.clauses and wanted.clauses
            if is_bound and other.clauses != wanted.clauses and other.applies() and wanted.applies():
                pairs = ((other, wanted), (wanted, other))
                exact = [(bound, of) for one, of in pairs for operator, bound in one.clauses if operator == "=="]
                return text, any(not bound.endswith(".*") and not of.accepts(bound) for bound, of in exact)
    return None


def complain(build: Build, entry: BuildDependency) -> None:
    """Warn of such a line.

    :raises AugbackendError: if no version satisfies both.
    """
    other, is_hopeless = differing(build, entry) or ("", False)
    what = f"build-system.requires says {other!r}, tool.augbackend.extra-build-dependencies says {entry.text!r}"
    if is_hopeless:
        hint = "take one of the two out, or adopt the tree with --require and what it is to be"
        where = str(build.tree / "pyproject.toml")
        raise AugbackendError(f"no version satisfies both: {what}", where=where, hint=hint)
    if other:
        say("warning", f"one project in two places: {what}")
