"""Whether setuptools would find the in-tree backend's folder as a package of the project, and ship it.

Its finder of namespace packages takes any folder without a dot in its name. The automatic discovery leaves names with
an underscore out, and the finder of ordinary packages asks for an ``__init__.py``; both leave the copy alone.
"""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from augbackend.standards import setup_files
from augbackend.table import layers, strings

from .backend_copy import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_FINDERS = ("find_namespace_packages", "PEP420PackageFinder")


def takes_the_copy(tree: Path, document: Mapping[str, Any]) -> bool:
    """Whether the copy is shipped, or may be, unless something is done.

    :param document: the tree's ``pyproject.toml``.
    """
    return is_taken_by_table(document) or is_taken_elsewhere(tree)


def is_taken_by_table(document: Mapping[str, Any]) -> bool:
    """Whether ``tool.setuptools.packages.find`` finds it."""
    find = layers.at(document, "tool", "setuptools", "packages", "find", default=None)
    return isinstance(find, dict) and bool(find.get("namespaces", True)) and _includes(find)


def is_taken_elsewhere(tree: Path) -> bool:
    """Whether ``setup.cfg`` or ``setup.py`` find it, or compute what they find."""
    cfg = setup_files.read_cfg(tree / "setup.cfg")
    if cfg.options("options").get("packages", "").strip() == "find_namespace:":
        section = cfg.options("options.packages.find").items()
        if _includes({key: [item for item in re.split(r"[\n,]\s*", value) if item] for key, value in section}):
            return True
    return any(_includes(found) for found in _finders(setup_files.parse(tree / "setup.py").module))


def _finders(module: ast.Module) -> Iterator[dict[str, Any]]:
    """The arguments of each use of a finder of namespace packages, as far as they hold whatever else the file does.

    If the file names our folder, there are none: its author knows of it.
    """
    nodes = list(ast.walk(module))
    if any(isinstance(node, ast.Constant) and isinstance(node.value, str) and FOLDER in node.value for node in nodes):
        return
    literals = setup_files.Literals(module, {node.id for node in nodes if isinstance(node, ast.Name)})
    calls = setup_files.calls(module, _FINDERS[0])
    for call in calls:
        seen = {name: literals.value(node) for name, node in zip(("where", "exclude", "include"), call.args)}
        seen.update(literals.keywords(call))
        # What is excluded stays so if there is more of it; a folder, or what is included, is known as a whole or not.
        yield {name: one.value if name == "exclude" else one.certain for name, one in seen.items()}
    uses = [node for node in nodes if setup_files.dotted(node).rpartition(".")[2] in _FINDERS]
    imported = [alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names]
    if len(uses) > len(calls) or any(one.name in _FINDERS and one.asname for one in imported):
        yield {}


def _includes(find: Mapping[str, Any]) -> bool:
    found = (find.get(key) for key in ("where", "include", "exclude"))
    where, include, exclude = (strings([one] if isinstance(one, str) else one) for one in found)
    if where and not any(folder in (".", "./", "") for folder in where):
        return False
    names = (FOLDER, f"{FOLDER}.augbackend")
    return any(
        any(fnmatchcase(name, pattern) for pattern in include or ["*"])
        and not any(fnmatchcase(name, pattern) for pattern in exclude)
        for name in names
    )
