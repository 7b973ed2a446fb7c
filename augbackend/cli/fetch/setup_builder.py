"""Whether ``setup.py`` builds with a module of another project, such as torch's: read as syntax, never run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from augbackend.standards import setup_files

if TYPE_CHECKING:
    from pathlib import Path


def builds_with(tree: Path, module: str) -> bool:
    """Whether ``setup.py`` imports a module, such as ``torch.utils.cpp_extension``."""
    for node in ast.walk(setup_files.parse(tree / "setup.py").module):
        if isinstance(node, ast.Import) and any(alias.name == module for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            if module in names:
                return True
    return False
