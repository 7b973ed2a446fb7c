"""Where a project asks for a package: among its dependencies, in an extra, or in a dependency group."""

from __future__ import annotations

from typing import Literal, NamedTuple


class AskedIn(NamedTuple):
    """One list of requirements of a project.

    :param kind: empty for the dependencies that are always installed.
    :param project: the canonical name of the project, which may be a member of a workspace.
    """

    kind: Literal["", "extra", "group"] = ""
    name: str = ""
    project: str = ""
