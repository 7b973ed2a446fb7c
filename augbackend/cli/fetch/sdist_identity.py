"""What an sdist or a source tree says that it is, and the file name that goes with it.

Its metadata counts before the name of its file: anybody may call a file anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidSdistFilename, parse_sdist_filename
from packaging.version import Version

from augbackend.standards import setup_identity
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from augbackend.standards.core_metadata import Document


def stated(tree: Path, document: Mapping[str, Any], info: Document | None, filename: str = "") -> tuple[str, str]:
    """The project's name and version: as ``PKG-INFO``, a table, ``setup()`` or else the file's name has them.

    :param tree: holds its ``setup.py`` and ``setup.cfg``.
    :param document: its ``pyproject.toml``.
    :param filename: of an sdist; empty for a tree.
    :return: as they are spelled there; empty where nothing says it.
    """
    said = [(info.value("name"), info.value("version"))] if info is not None else []
    tables = (layers.at(document, *keys, default={}) for keys in (("project",), ("tool", "poetry")))
    said += [_said_in(table) for table in tables if isinstance(table, dict)]
    name, version = setup_identity.identity(tree)
    said += [(name, "" if setup_identity.is_tagged(tree) else version), _of_file(filename)]
    return next((one for one, _ in said if one), ""), next((one for _, one in said if one), "")


def normal(version: str) -> str:
    """A version in its canonical spelling; as it is, if it is none (PEP 440)."""
    try:
        return str(Version(version))
    except ValueError:
        return version


def stem(name: str, version: str) -> str:
    """The name of an sdist and of the folder in it (PEP 625).

    :param name: canonical.
    """
    return f"{name.replace('-', '_')}-{version}"


def _said_in(table: Mapping[str, Any]) -> tuple[str, str]:
    name, version = table.get("name", ""), table.get("version", "")
    return name if isinstance(name, str) else "", version if isinstance(version, str) else ""


def _of_file(filename: str) -> tuple[str, str]:
    try:
        name, version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return "", ""
    return str(name), str(version)
