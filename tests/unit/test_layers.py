"""Layers, one direction: hook, features, table, standards. The linter holds it as well, by `.ci/layers`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import augbackend

PACKAGE = Path(augbackend.__file__).parent
MAY_IMPORT = {
    "errors.py": (),
    "standards": ("standards",),
    "table": ("table", "standards", "errors"),
    "features": ("features", "table", "standards", "errors", "__version__"),
    "knowledge": ("knowledge", "table", "standards", "errors"),
    "hook": ("hook", "features", "table", "standards", "errors", "HOOKS", "ALWAYS"),
    "__init__.py": ("hook",),
}
LAZILY = {"explanation.py": "augbackend.knowledge.hints"}


def imported(file: Path) -> set[str]:
    """Every module that a file imports, wherever in it; of `from package import name` both."""
    found: set[str] = set()
    package = ".".join(file.relative_to(PACKAGE.parent).parent.parts)
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, [package if node.level else "", node.module or ""]))
            assert node.level < 2, f"{file}: an import from above its own package"
            found |= {f"{source}.{one.name}" for one in node.names}
    return found


def files(layer: str) -> list[Path]:
    return [PACKAGE / layer] if layer.endswith(".py") else sorted((PACKAGE / layer).rglob("*.py"))


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_none_above_it(layer: str) -> None:
    for file in files(layer):
        ours = {name for name in imported(file) if name.partition(".")[0] == "augbackend"}
        lazy = {name for name in ours if name.startswith(LAZILY.get(file.name, "-"))}
        assert {name for name in ours - lazy if name.split(".")[1] not in MAY_IMPORT[layer]} == set(), file


@pytest.mark.skipif(sys.version_info < (3, 10), reason="there is no list of the standard library's modules")
def test_nothing_but_the_standard_library_and_tomli() -> None:
    known = {*sys.stdlib_module_names, "augbackend", "tomllib", "tomli", "distutils", "msvcrt"}
    for layer in MAY_IMPORT:
        for file in files(layer):
            assert {name.partition(".")[0] for name in imported(file)} <= known, file


def test_a_new_folder_has_its_place_in_the_layers() -> None:
    folders = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").is_file()}
    modules = {file.name for file in PACKAGE.glob("*.py")} - {"__main__.py"}  # of the command line
    assert folders | modules == {*MAY_IMPORT, "cli"}


def test_nothing_outside_of_the_command_line_imports_it() -> None:
    """No file, whether it belongs to a layer or, as ``__main__``, to none."""
    outside = [file for file in PACKAGE.rglob("*.py") if PACKAGE / "cli" not in file.parents]
    assert not [file for file in outside if any(name.startswith("augbackend.cli") for name in imported(file))]
