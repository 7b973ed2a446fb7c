"""What stands in ``setup.py`` and ``setup.cfg`` literally: read as syntax, never run.

Needed where ``setup.py`` cannot run yet, or need not. What is computed there cannot be seen here.
"""

from __future__ import annotations

import ast
import configparser
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_UNKNOWN: Any = object()


def setup_requires(tree: Path) -> list[str]:
    """The literal ``setup_requires`` of a source tree, in the order setuptools reads them: cfg, then py."""
    found = [*_from_cfg(tree / "setup.cfg"), *_from_py(tree / "setup.py")]
    return list(dict.fromkeys(found))


def identity(tree: Path) -> tuple[str, str]:
    """The project's name and version; empty where they are not literals, or something else has a say in them."""
    try:
        calls = _setup_calls(_parsed(tree / "setup.py"))
    except FileNotFoundError:
        calls = []
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return "", ""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(tree / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return "", ""
    keywords = {keyword.arg: keyword.value for call in calls for keyword in call.keywords}
    if len(calls) > 1 or None in keywords or any(call.args for call in calls):
        return "", ""
    found = []
    for key in ("name", "version"):
        value: Any = parser.get("metadata", key, fallback="")
        if key in keywords:
            node = keywords[key]
            value = node.value if isinstance(node, ast.Constant) else ""
        found.append(value if isinstance(value, str) and not value.startswith(("attr:", "file:")) else "")
    return found[0], found[1]


def is_tagged(tree: Path) -> bool:
    """Whether ``setup.cfg`` has setuptools add something to the version."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(tree / "setup.cfg", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return True
    return any(parser.has_option("egg_info", f"tag{joint}{what}") for joint in "-_" for what in ("build", "date"))


def _parsed(file: Path) -> ast.Module:
    """The file's syntax; what Python warns of in it is said when the file is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(file.read_bytes())


def _setup_calls(module: ast.Module) -> list[ast.Call]:
    return [node for node in ast.walk(module) if isinstance(node, ast.Call) and _name(node.func) == "setup"]


def _from_cfg(file: Path) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        value = parser.get("options", "setup_requires", fallback=parser.get("options", "setup-requires", fallback=""))
    except (configparser.Error, UnicodeDecodeError):
        return []
    # As setuptools: one a line, or, on a single line, separated by semicolons.
    items = value.splitlines() if "\n" in value else value.split(";")
    return _requirements(items)


def _from_py(file: Path) -> list[str]:
    try:
        module = _parsed(file)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    try:
        return _literal_setup_requires(module)
    except RecursionError:
        return []


def _literal_setup_requires(module: ast.Module) -> list[str]:
    known: dict[str, Any] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name):
                known[target.id] = _literal(statement.value, known)
    found: list[str] = []
    for call in _setup_calls(module):
        found += _requirements(_keywords(call, known).get("setup_requires", ()))
    return found


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _keywords(call: ast.Call, known: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for keyword in call.keywords:
        value = _literal(keyword.value, known)
        if keyword.arg is not None:
            arguments[keyword.arg] = value
        elif isinstance(value, dict):
            arguments.update(value)
    return arguments


def _literal(node: ast.expr, known: dict[str, Any]) -> Any:
    """The value of an expression of literals, names of such, and sums of such; else ``_UNKNOWN``.

    In a list, an entry that cannot be read is left out: the others are worth having.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id, _UNKNOWN)
    if isinstance(node, (ast.List, ast.Tuple)):
        return [item for item in (_literal(item, known) for item in node.elts) if item is not _UNKNOWN]
    if isinstance(node, ast.Dict):
        keys = [_literal(key, known) if key is not None else _UNKNOWN for key in node.keys]
        return {key: _literal(item, known) for key, item in zip(keys, node.values) if isinstance(key, str)}
    if isinstance(node, ast.Call) and _name(node.func) == "dict" and not node.args:
        return _keywords(node, known)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, known), _literal(node.right, known)
        if isinstance(left, list) and isinstance(right, list):
            return left + right
        return left if isinstance(left, list) else right if isinstance(right, list) else _UNKNOWN
    return _UNKNOWN


def _requirements(value: Any) -> list[str]:
    """What setuptools takes for requirements: a string of lines, or a list of strings."""
    items = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    lines = [item.partition(" #")[0].strip() for item in items if isinstance(item, str)]
    return [line for line in lines if line and not line.startswith("#")]
