"""Whether setuptools would find the in-tree backend's folder as a package of the project, and ship it.

Its finder of namespace packages takes any folder. The automatic discovery leaves names with an underscore out, and
the finder of ordinary packages asks for an ``__init__.py``; both leave the copy alone.
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
    from collections.abc import Iterator
    from pathlib import Path

_EXCLUDE = f"{FOLDER}*"


def takes_the_copy(tree: Path, document: dict[str, Any]) -> str | None:
    """What to write, and where, so that the copy stays out of the wheel; ``None`` if it stays out already.

    :param document: the tree's ``pyproject.toml``.
    """
    find = layers.at(document, "tool", "setuptools", "packages", "find", default=None)
    if isinstance(find, dict) and find.get("namespaces", True) and _includes(find):
        return f'add "{_EXCLUDE}" to tool.setuptools.packages.find.exclude in pyproject.toml'
    cfg = setup_files.read_cfg(tree / "setup.cfg")
    if cfg.options("options").get("packages", "").strip() == "find_namespace:":
        section = cfg.options("options.packages.find").items()
        if _includes({key: [item for item in re.split(r"[\n,]\s*", value) if item] for key, value in section}):
            return f"add {_EXCLUDE} to exclude in [options.packages.find] of setup.cfg"
    module = setup_files.parse(tree / "setup.py").module
    if any(_includes(found) for found in _finders(module)):
        return f'call find_namespace_packages with exclude=["{_EXCLUDE}"] in setup.py'
    return None


def _finders(module: ast.Module) -> Iterator[dict[str, Any]]:
    """The arguments of each call of ``find_namespace_packages``, as far as they can be seen.

    A call whose ``include`` is computed is left out. If the file names our folder, all are: its author knows of it.
    """
    constants = (node.value for node in ast.walk(module) if isinstance(node, ast.Constant))
    if any(FOLDER in value for value in constants if isinstance(value, str)):
        return
    literals = setup_files.Literals(module)
    for call in setup_files.calls(module, "find_namespace_packages"):
        found = {name: literals.value(node).value for name, node in zip(("where", "exclude", "include"), call.args)}
        found.update({name: seen.value for name, seen in literals.keywords(call).items()})
        if found.get("include", "*") not in ([], setup_files.COMPUTED):
            yield found


def _includes(find: dict[str, Any]) -> bool:
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
