"""The literal arguments of ``setup()``: what holds whatever the build does, read as syntax, never run.

Stricter than the backend's reading of ``setup_requires``, which takes what it can see: here a value counts only if
nothing else in the file can change it.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit.pyproject import LEGACY_REQUIRES

if TYPE_CHECKING:
    from pathlib import Path

COMPUTED: Any = type("Computed", (), {"__repr__": lambda _: "computed"})()
# What setuptools and distutils themselves understand. Any other keyword belongs to a plugin, which may do anything.
_KEYWORDS = frozenset(
    [
        "author",
        "author_email",
        "bugtrack_url",
        "classifiers",
        "cmdclass",
        "command_options",
        "command_packages",
        "data_files",
        "dependency_links",
        "description",
        "distclass",
        "download_url",
        "eager_resources",
        "entry_points",
        "exclude_package_data",
        "ext_modules",
        "ext_package",
        "extras_require",
        "headers",
        "include_dirs",
        "include_package_data",
        "install_requires",
        "keywords",
        "libraries",
        "license",
        "license_expression",
        "license_file",
        "license_files",
        "long_description",
        "long_description_content_type",
        "maintainer",
        "maintainer_email",
        "name",
        "namespace_packages",
        "obsoletes",
        "obsoletes_dist",
        "options",
        "package_data",
        "package_dir",
        "packages",
        "password",
        "platforms",
        "project_urls",
        "provides",
        "provides_dist",
        "provides_extras",
        "py_modules",
        "python_requires",
        "requires",
        "script_args",
        "script_name",
        "scripts",
        "setup_requires",
        "test_loader",
        "test_suite",
        "tests_require",
        "url",
        "use_2to3",
        "use_scm_version",
        "version",
        "zip_safe",
    ]
)
_OF_METADATA = ("egg_info", "dist_info", "install_egg_info")  # commands that may write what they like
_SOURCES = ("setuptools", "distutils.core", "numpy.distutils.core", "skbuild")


def arguments(file: Path) -> dict[str, Any] | None:
    """The keywords of the one ``setup()`` call of a ``setup.py``: literal values, or :data:`COMPUTED`.

    :return: ``None`` if the file cannot be relied upon: it is not Python, does not call setuptools' ``setup`` exactly
        once and unconditionally, or hands it what only a plugin understands. Empty if there is no file.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    nodes = list(ast.walk(tree))
    spellings = _spellings(nodes)
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) in spellings]
    unconditional = [node.value for node in _unconditional(tree.body) if isinstance(node, ast.Expr)]
    if len(calls) != 1 or calls[0] not in unconditional or calls[0].args:
        return None
    keywords = {keyword.arg: keyword.value for keyword in calls[0].keywords}
    if not keywords.keys() <= _KEYWORDS:  # `**rest` has the name None
        return None
    commands = keywords.get("cmdclass")
    if isinstance(commands, ast.Dict) and any(
        isinstance(key, ast.Constant) and key.value in _OF_METADATA for key in commands.keys
    ):
        return None
    literals = _Literals(tree)
    return {str(name): literals.value(node) for name, node in keywords.items()}


def assumed_requires(tree: Path) -> list[str]:
    """What a frontend installs without a ``[build-system]``; and ``wheel``, where ``setup.py`` imports it.

    ``wheel`` used to be installed as well, and trees of that time rely on it.
    """
    try:
        nodes = list(ast.walk(ast.parse((tree / "setup.py").read_bytes())))
    except (OSError, SyntaxError, ValueError, RecursionError):
        nodes = []
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    needs_wheel = any(name.partition(".")[0] == "wheel" for name in imported)
    return [LEGACY_REQUIRES, *(["wheel"] if needs_wheel else [])]


def _unconditional(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that run whenever the file does; ``__name__`` is ``__main__`` for a build backend, too."""
    found = []
    for node in body:
        is_main = isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"
        if is_main or isinstance(node, ast.With):
            found += _unconditional(node.body)  # type: ignore[attr-defined]  # both have one
        else:
            found.append(node)
    return found


def _spellings(nodes: list[ast.AST]) -> set[str]:
    """What a file calls ``setup`` by, having imported it."""
    found = set()
    for node in nodes:
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            known = alias.asname or alias.name
            if isinstance(node, ast.ImportFrom) and alias.name == "setup" and node.module in _SOURCES:
                found.add(known)
            elif isinstance(node, ast.Import) and alias.name in _SOURCES:
                found.add(f"{known}.setup")
    return found


class _Literals:
    """Values of expressions that are literal, and of names that hold one literal and are used for nothing else."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        nodes = list(ast.walk(tree))
        self._stored = Counter(node.id for node in nodes if isinstance(node, ast.Name) and not _is_read(node))
        self._read = Counter(node.id for node in nodes if isinstance(node, ast.Name) and _is_read(node))
        self._elsewhere = {name for node in nodes for name in _bound_otherwise(node)}

    def value(self, node: ast.expr) -> Any:
        """The value, or :data:`COMPUTED`."""
        used: Counter[str] = Counter()
        found = self._value(node, used)
        # A name that is read once more may be changed there: `requires.append(…)`.
        return found if all(self._read[name] == count for name, count in used.items()) else COMPUTED

    def _value(self, node: ast.expr, used: Counter[str]) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            assigned = self._assigned(node.id)
            used[node.id] += 1
            return COMPUTED if assigned is None else self._value(assigned, used)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [self._value(item, used) for item in node.elts]
            return COMPUTED if any(item is COMPUTED for item in items) else items
        if isinstance(node, ast.Dict):
            keys = [COMPUTED if key is None else self._value(key, used) for key in node.keys]
            values = [self._value(item, used) for item in node.values]
            if all(isinstance(key, str) for key in keys) and all(value is not COMPUTED for value in values):
                return dict(zip(keys, values))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left, used), self._value(node.right, used)
            if type(left) is type(right) and isinstance(left, (list, str)):
                return left + right
        return COMPUTED

    def _assigned(self, name: str) -> ast.expr | None:
        """What a name is given once, at the top of the file, and never again."""
        if self._stored[name] != 1 or name in self._elsewhere:
            return None
        for node in _unconditional(self._tree.body):
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
                return node.value
        return None


def _is_read(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _bound_otherwise(node: ast.AST) -> list[str]:
    """Names that a node binds without naming them in a ``Name``."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return list(node.names)
    return []
