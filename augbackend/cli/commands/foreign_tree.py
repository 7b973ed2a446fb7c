"""What ``show`` says of a tree that augbackend does not build, and of a project that declares something for others.

::

    pyproject.toml -> who builds it, with what; the tables for its dependencies -> a structure -> lines
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project import project as projects
from augbackend.cli.project import project_kind
from augbackend.cli.terminal import wrapped
from augbackend.table import layers, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_DEFAULT = "setuptools.build_meta:__legacy__"  # PEP 517's, where nothing names one
_OF_PACKAGES = "packages"


def is_foreign(document: Mapping[str, Any]) -> bool:
    """Whether augbackend neither builds a tree nor has a table there for its build."""
    ours = layers.at(document, "tool", "augbackend", default=None)
    has_table = ours is not None and (not isinstance(ours, dict) or set(ours) != {_OF_PACKAGES})
    backend = layers.at(document, "build-system", "build-backend", default="")
    is_readable = isinstance(document.get("build-system", {}), dict)
    return backend != "augbackend" and not has_table and is_readable


def gather(tree: Path, document: Mapping[str, Any]) -> dict[str, Any]:
    """Who builds it, with what, and what it declares for its dependencies.

    :raises AugbackendError: if nothing is built there, and nothing declared.
    """
    has_file = (tree / "pyproject.toml").is_file()
    is_built = project_kind.is_installable(tree, document)
    packages = of_packages(tree) if has_file else []
    if not (is_built or packages):
        what = "nothing is built here" if has_file else "it has no pyproject.toml, so augbackend does not build it"
        lists = sorted(file.name for file in tree.glob("requirements*.txt"))
        archives = sorted(tree.glob("*.tar.gz"))
        hint = "name the folder of a package or of a project, or an archive"
        hint = f"name one of its archives: augbackend show {shlex.quote(str(archives[0]))}" if archives else hint
        hint = f"augbackend diagnose {lists[0]} looks at what that installs" if lists else hint
        raise CliError(
            what, id="nothing-built-here", where=str(tree / "pyproject.toml") if has_file else str(tree), hint=hint
        )
    default = _DEFAULT if is_built else None
    return {
        "tree": str(tree.resolve()),
        "build-backend": layers.at(document, "build-system", "build-backend", default=default),
        "named": "build-backend" in layers.at(document, "build-system", default={}),
        "has-pyproject": has_file,
        "build-system-requires": strings(layers.at(document, "build-system", "requires", default=[])),
        "packages": packages,
    }


def of_packages(tree: Path) -> list[dict[str, Any]]:
    """What the tables there come to, a package each; none where there are no such tables.

    :raises SettingsError: for mistakes in them.
    """
    found = projects.read(tree)
    if found is None:
        return []
    sources = layers.at(found.document, "tool", "uv", "sources", default={})
    locked = {one.name: one.version for one in found.locked}
    return [
        {
            "name": name,
            "version": locked.get(name, ""),
            "declared": found.undeclared.get(name) or declared.in_words(),
            "source": str(layers.at(sources, name, "path", default="")),
        }
        for name, declared in sorted(found.packages.items())
    ]


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The text, a line at a time."""
    backend = found["build-backend"]
    if not found["has-pyproject"]:
        yield f"{found['tree']}"
        yield "  it has no pyproject.toml, so augbackend does not build it; setuptools does"
    elif backend is None:
        yield f"{found['tree']}"
        yield "  nothing is built here; its tables are for other packages"
    else:
        default = "" if found["named"] else ", as frontends do where no backend is named"
        yield f"{found['tree']}"
        yield from wrapped(f"{backend} builds this tree, without augbackend{default}", "  ", "    ")
    if found["build-system-requires"]:
        yield from ["", "build-system.requires:"]
        yield from (f"  {text}" for text in found["build-system-requires"])
    yield from lines_of_packages(found["packages"])
    if not found["packages"]:
        yield from ["", "to have augbackend build it, with what it forgot to declare: augbackend adopt"]


def lines_of_packages(packages: list[dict[str, Any]]) -> Iterator[str]:
    """What a project declares for its dependencies."""
    if packages:
        yield from ["", "declared for its dependencies (augbackend wrap does it for every frontend):"]
    for one in packages:
        source = f"  (taken from {one['source']})" if one["source"] else ""
        head = f"{one['name']} {one['version']}".rstrip()
        yield from wrapped(f"{head}: {one['declared']}{source}", "  ", "    ")
