"""Whether setuptools would find the in-tree backend's folder as a package of the project, and ship it.

Its finder of namespace packages takes any folder. The automatic discovery leaves names with an underscore out, and
the finder of ordinary packages asks for an ``__init__.py``; both pass the copy by.
"""

from __future__ import annotations

import configparser
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from augbackend import sources

from .backend_copy import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EXCLUDE = f"{FOLDER}*"


def takes_the_copy(tree: Path, document: dict[str, Any]) -> str | None:
    """What to write, and where, so that the copy stays out of the wheel; ``None`` if it does anyway.

    :param document: the tree's ``pyproject.toml``.
    """
    find = sources.at(document, "tool", "setuptools", "packages", "find", default=None)
    if isinstance(find, dict) and find.get("namespaces", True) and _includes(find):
        return f'add "{_EXCLUDE}" to tool.setuptools.packages.find.exclude in pyproject.toml'
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(tree / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    if parser.get("options", "packages", fallback="").strip() == "find_namespace:":
        section = dict(parser["options.packages.find"]) if parser.has_section("options.packages.find") else {}
        if _includes({key: [item for item in re.split(r"[\n,]\s*", value) if item] for key, value in section.items()}):
            return f"add {_EXCLUDE} to exclude in [options.packages.find] of setup.cfg"
    try:
        setup_py = (tree / "setup.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # What it is called with can be computed; that the copy is named somewhere has to do.
    call = re.search(r"find_namespace_packages\((.*?)\)", setup_py, re.DOTALL)
    if (
        call
        and FOLDER not in setup_py
        and not re.match(r"\s*(where\s*=\s*)?['\"]\w", call[1])
        and "include" not in call[1]
    ):
        return f'call find_namespace_packages with exclude=["{_EXCLUDE}"] in setup.py'
    return None


def _includes(find: dict[str, Any]) -> bool:
    where, include, exclude = (_list(find.get(key)) for key in ("where", "include", "exclude"))
    if where and not any(folder in (".", "./", "") for folder in where):
        return False
    names = (FOLDER, f"{FOLDER}.augbackend")
    return any(
        any(fnmatchcase(name, pattern) for pattern in include or ["*"])
        and not any(fnmatchcase(name, pattern) for pattern in exclude)
        for name in names
    )


def _list(value: object) -> Sequence[str]:
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, str)]
