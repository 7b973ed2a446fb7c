"""What a build by pip would take from the environment that is active here, instead of a copy; and why not."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.features import extra_build_dependencies, passthrough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.table import Build

_UNKNOWN = "no environment is active here, so it is not known what pip would install into"


def gather(build: Build) -> list[dict[str, Any]]:
    """A row for each requirement that says ``passthrough``, as JSON knows it.

    What the build environment will have itself is not known, and is not left out.
    """
    names = {one.parsed.name for one in extra_build_dependencies.entries(build) if one.passthrough}
    folders, why = _target_folders()
    if not build.values.get("passthrough", True):
        folders, why = [], f"passthrough is false ({build.origins['passthrough']})"
    found = passthrough.plan(build._replace(path=()), "wheel", folders)
    return [
        {
            "name": name,
            "environment": folders[0] if folders else "",
            "version": found.named[name].version if name in found.named else "",
            "with": [f"{one.name} {one.version}" for one, _ in found.files] if name in found.named else [],
            "why-not": "" if name in found.named else found.refused.get(name, why or "a build here does not want it"),
        }
        for name in sorted(names)
    ]


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The same as text."""
    for row in rows:
        if row["why-not"]:
            yield f"  {row['name']} is installed for the build: {row['why-not']}"
        else:
            yield f"  {row['name']} {row['version']} is that of {row['environment']},"
            yield f"    with what is not in the build environment of: {', '.join(row['with'])}"


def _target_folders() -> tuple[list[str], str]:
    """Where the active environment keeps what is installed, for this Python; or why that is not known."""
    prefix = os.environ.get("VIRTUAL_ENV")
    if not prefix:
        return [], _UNKNOWN
    values = {"base": prefix, "platbase": prefix}
    scheme = "nt" if os.name == "nt" else "posix_prefix"  # of all virtual environments
    paths = [sysconfig.get_path(kind, scheme, values) for kind in ("purelib", "platlib")]
    if not Path(paths[0]).is_dir():
        version = ".".join(map(str, sys.version_info[:2]))
        return [], f"{prefix} is not for Python {version}, which runs this command"
    return list(dict.fromkeys(paths)), ""
