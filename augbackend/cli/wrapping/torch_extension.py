"""Whether ``setup.py`` builds an extension that links against torch: read as syntax, never run."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from augbackend.standards import setup_files

if TYPE_CHECKING:
    from pathlib import Path

_MODULE = "torch.utils.cpp_extension"


def links_against_torch(tree: Path) -> bool:
    """Whether ``setup.py`` imports torch's own extension builder."""
    for node in ast.walk(setup_files.parse(tree / "setup.py").module):
        if isinstance(node, ast.Import) and any(alias.name == _MODULE for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
            if _MODULE in names:
                return True
    return False
