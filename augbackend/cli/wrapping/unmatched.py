"""Requirements with ``match-runtime`` whose version the archive does not name: who finds it out, and how to tell uv.

pip's builds see what is installed where they install to; uv's do not, and would put the newest version there.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from augbackend.cli.model.shown_path import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import WrappedPackage


def names(package: WrappedPackage) -> list[str]:
    """The projects whose versions are not known."""
    added = package.plan.requires.added
    return [one.name for one in added if one.entry.match_runtime and not one.entry.locked]


def lines(package: WrappedPackage, *, is_in_project: bool) -> Iterator[str]:
    """What is not known, and what to do."""
    unknown = names(package)
    if not unknown:
        return
    cure = "lock the project, then run this again" if is_in_project else "name it with --lock FILE"
    yield f"{package.plan.name}: the version of {' and '.join(unknown)} at run time is not known; {cure}"
    if is_in_project:
        return
    versions = ",".join(f"{name}==<yours>" for name in unknown)
    archive = shlex.quote(f"{shown_path(package.archive)}{package.job.target.extras}")
    yield "  with pip: a build takes what is installed where it installs to"
    yield f"  with uv, which does not look there: uv pip install -C augbackend.match-runtime={versions} {archive}"
