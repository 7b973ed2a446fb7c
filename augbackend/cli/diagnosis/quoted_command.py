"""The Python that a build tool quotes when it says that a command failed, and prints nothing of what that said.

::

    Command `python -c 'import numpy; …'` failed with status 1.  -> the code
    Command `python gen.py` failed with status 1.                -> the file of the tree
                                                                    -> what that imports and the environment lacks
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from augbackend.knowledge.pythons import is_standard

from .setup_code import Files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .attempt import Attempt

_FAILED = re.compile(r"ERROR: Command `")
_COMMAND = re.compile(r"ERROR: Command `([^`]{1,2000})` failed")
_CODE = re.compile(r"\S*python[\d.]* -c '(?P<code>.*)'", re.DOTALL)
_FILE = re.compile(r"(?:^|[\s/])(?P<file>\w[\w\-]*(?:/[\w\-]+)*\.py)(?=\s|$)")
_DEEPEST = 4  # folders below the tree that a script is looked for in


def absent_imports(attempt: Attempt, tree: Path) -> Iterator[tuple[str, str]]:
    """The modules that the last such command imports and its environment lacks, each with where that stands."""
    failure = attempt.failure
    if failure is None or not _FAILED.search(failure.message):
        return
    quoted = _COMMAND.findall(failure.output)
    for module, where in _imports_of_command(quoted[-1], tree) if quoted else ():
        top = module.partition(".")[0]
        is_own = (tree / top).exists() or (tree / f"{top}.py").exists()
        if not (is_standard(top) or is_own or top in attempt.importable or top.startswith("_")):
            yield module, where


def _imports_of_command(words: str, tree: Path) -> Iterator[tuple[str, str]]:
    code = _CODE.match(words)
    if code is not None:
        yield from ((module, "the command that failed") for module in _imports_of_code(code["code"]))
        return
    for name in dict.fromkeys(match["file"] for match in _FILE.finditer(words)):
        for path in _below(tree, name):
            files = Files(tree)
            files.follow(path)
            yield from ((one.module, str(one.place)) for one in files.imports if one.kind == "always")


def _below(tree: Path, name: str) -> list[str]:
    """Where a script of a build is: its name is relative to the folder of the file that calls it."""
    patterns = [f"{'*/' * depth}{name}" for depth in range(_DEEPEST)]
    found = (sorted(tree.glob(pattern)) for pattern in patterns)
    return next(([one.relative_to(tree).as_posix() for one in some[:1]] for some in found if some), [])


def _imports_of_code(code: str) -> list[str]:
    """The modules that a piece of code imports."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
