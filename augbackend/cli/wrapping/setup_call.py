"""The arguments of ``setup()`` that hold whatever the build does, and the imports of ``setup.py``; it is never run."""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit.pyproject import LEGACY_REQUIRES
from augbackend.standards import setup_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# What setuptools and distutils themselves understand. Any other keyword belongs to a plugin, which may do anything.
_KEYWORDS = frozenset(
    """
    author author_email bugtrack_url classifiers cmdclass command_options command_packages data_files
    dependency_links description distclass download_url eager_resources entry_points exclude_package_data
    ext_modules ext_package extras_require headers include_dirs include_package_data install_requires keywords
    libraries license license_expression license_file license_files long_description long_description_content_type
    maintainer maintainer_email name namespace_packages obsoletes obsoletes_dist options package_data package_dir
    packages password platforms project_urls provides provides_dist provides_extras py_modules python_requires
    requires script_args script_name scripts setup_requires test_loader test_suite tests_require url use_2to3
    use_scm_version version zip_safe
    """.split()  # noqa: SIM905  # as a list, it takes a line each
)
_METADATA_COMMANDS = frozenset(["egg_info", "dist_info", "install_egg_info"])  # they may write any metadata
_SETUPTOOLS = ("setuptools", "distutils.core", "numpy.distutils.core", "skbuild")  # modules that have a `setup`


def arguments(tree: Path) -> dict[str, Any] | None:
    """The arguments of the one ``setup()`` call in ``setup.py`` (certain): values, or :data:`setup_files.COMPUTED`.

    :return: ``None`` if the file cannot be relied upon: it is not Python, does not call setuptools' ``setup`` exactly
        once and unconditionally, or passes what only a plugin understands. Empty if there is no file.
    """
    if not (tree / "setup.py").exists():
        return {}
    module = setup_files.parse(tree / "setup.py").module
    nodes = list(ast.walk(module))
    names = _names_of_setup(nodes)
    found = [node for node in nodes if isinstance(node, ast.Call) and setup_files.dotted(node.func) in names]
    is_unconditional = any(
        isinstance(node, ast.Expr) and node.value in found for node in setup_files.unconditional(module.body)
    )
    if len(found) != 1 or not is_unconditional or found[0].args:
        return None
    (call,) = found
    if not {keyword.arg for keyword in call.keywords} <= _KEYWORDS:  # `**rest` has the name None
        return None
    seen = setup_files.Literals(module, _settled(nodes)).keywords(call)
    commands = seen["cmdclass"].value if "cmdclass" in seen else {}
    if isinstance(commands, dict) and not _METADATA_COMMANDS.isdisjoint(commands):
        return None
    return {name: one.certain for name, one in seen.items()}


def assumed_requires(tree: Path) -> list[str]:
    """What a frontend installs without a ``[build-system]``; and ``wheel``, if ``setup.py`` imports it.

    Frontends used to install ``wheel`` as well, and trees of that time rely on it.
    """
    nodes = list(ast.walk(setup_files.parse(tree / "setup.py").module))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    needs_wheel = any(name.partition(".")[0] == "wheel" for name in imported)
    return [LEGACY_REQUIRES, *(["wheel"] if needs_wheel else [])]


def _names_of_setup(nodes: Iterable[ast.AST]) -> set[str]:
    """What a file calls setuptools' ``setup`` by: ``setup``, ``setuptools.setup``."""
    found = set()
    for node in nodes:
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            known = alias.asname or alias.name
            if isinstance(node, ast.ImportFrom) and alias.name == "setup" and node.module in _SETUPTOOLS:
                found.add(known)
            elif isinstance(node, ast.Import) and alias.name in _SETUPTOOLS:
                found.add(f"{known}.setup")
    return found


def _settled(nodes: Sequence[ast.AST]) -> set[str]:
    """The names that are bound once and read once: a list that is read again may be changed, ``requires.append(…)``."""
    names = [node for node in nodes if isinstance(node, ast.Name)]
    read = Counter(node.id for node in names if isinstance(node.ctx, ast.Load))
    bound = Counter(node.id for node in names if not isinstance(node.ctx, ast.Load))
    for node in nodes:  # imports, definitions, `except … as`, `global`
        others = [getattr(node, "asname", None) or getattr(node, "name", None), *getattr(node, "names", ())]
        bound.update(other.partition(".")[0] for other in others if isinstance(other, str))
    return {name for name, count in bound.items() if count == 1 and read[name] == 1}
