"""Tools of the project's own that would complain of the copy, or rewrite it, and know no word in a file against it.

Each is named only where the project uses it, with the line that its configuration needs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from augbackend.standards import setup_files
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_PYRIGHT_DISOBEYS = ("enableTypeIgnoreComments", "reportUnnecessaryTypeIgnoreComment")


def lines(tree: Path, document: Mapping[str, Any], folder: str) -> list[str]:
    """What is to be written where, each in one line; what names the folder already is left out.

    :param document: the tree's ``pyproject.toml``.
    """
    return [
        *_of_pre_commit(tree, folder),
        *_of_codespell(tree, document, folder),
        *_of_pyright(tree, document, folder),
        *_of_reuse(tree, folder),
    ]


def _of_pre_commit(tree: Path, folder: str) -> Iterator[str]:
    here = tree.resolve()
    top = next((place for place in (here, *here.parents) if (place / ".git").exists()), here)
    file = top / ".pre-commit-config.yaml"
    if file.is_file() and folder not in _content_of(file):
        path = "/".join((*here.relative_to(top).parts, folder, ""))
        yield f"exclude: ^{re.escape(path)}  # at the top of {file.name}: some hooks rewrite whatever they are given"


def _of_codespell(tree: Path, document: Mapping[str, Any], folder: str) -> Iterator[str]:
    skip = f"*{folder}/*"  # files are named in several ways: by a walk, or one by one
    table = layers.at(document, "tool", "codespell", default=None)
    if table is not None and folder not in str(table):
        yield f'skip = "{skip}"  # in [tool.codespell], after what is there and a comma'
    for name in (".codespellrc", "setup.cfg"):
        section = setup_files.read_cfg(tree / name).sections.get("codespell")
        if section is not None and folder not in str(section):
            yield f"skip = {skip}  # in [codespell] of {name}, after what is there and a comma"


def _of_pyright(tree: Path, document: Mapping[str, Any], folder: str) -> Iterator[str]:
    """Pyright obeys the copy's own word unless it is told not to, or to complain of it; basedpyright is as if told."""
    file = tree / "pyrightconfig.json"
    if folder not in _content_of(file) and any(word in _content_of(file) for word in _PYRIGHT_DISOBEYS):
        yield f'"ignore": ["{folder}"]  # in {file.name}'
    for name in ("pyright", "basedpyright"):
        table = layers.at(document, "tool", name, default=None)
        disobeys = isinstance(table, dict) and (
            name == "basedpyright" or not table.keys().isdisjoint(_PYRIGHT_DISOBEYS)
        )
        if disobeys and folder not in str(table):
            yield f'ignore = ["{folder}"]  # in [tool.{name}]'


def _of_reuse(tree: Path, folder: str) -> Iterator[str]:
    if (tree / "LICENSES").is_dir() and not (tree / "LICENSES" / "MIT.txt").exists():
        yield f"cp {folder}/augbackend/LICENSE LICENSES/MIT.txt  # for `reuse lint`"


def _content_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
