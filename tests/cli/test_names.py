"""One name, one meaning: of classes in the whole package, of private functions in the command line."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import augbackend

ROOT = Path(augbackend.__file__).parent
# Functions that do mean the same, each with the reason why they are not one.
ALLOWED: dict[str, str] = {}


def names_of(kind: type[ast.ClassDef | ast.FunctionDef], folder: Path) -> dict[str, list[str]]:
    """Where the names at the top of modules are defined."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(folder.rglob("*.py")):
        for node in ast.parse(file.read_bytes()).body:
            if isinstance(node, kind):
                found[node.name].append(file.relative_to(ROOT).as_posix())
    return found


def test_no_class_name_stands_twice() -> None:
    found = names_of(ast.ClassDef, ROOT)
    assert not {name: files for name, files in found.items() if len(files) > 1}


def test_no_private_function_of_the_command_line_stands_twice() -> None:
    found = names_of(ast.FunctionDef, ROOT / "cli")
    twice = {name: files for name, files in found.items() if name.startswith("_") and len(files) > 1}
    assert twice.keys() == ALLOWED.keys(), twice
