"""What a source tree says of its build, read as syntax: nothing of it is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from augbackend.cli.fetch import sdist_identity
from augbackend.cli.strangers import hook_call
from augbackend.standards import core_metadata, setup_files
from augbackend.table import layers, strings

from .setup_code import Called, Files, Import, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.standards.core_metadata import Document

_LARGEST = 8 * 2**20  # bytes of a PKG-INFO that are read
_MINOR = re.compile(r"^Programming Language :: Python :: ([0-9]{1,3}\.[0-9]{1,3})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Reading:
    """What was read.

    :param modules: importable names at the tree's top and in ``src``.
    :param pyx: Cython's sources, relative to the tree.
    :param requires: ``build-system.requires``, or what a frontend assumes.
    :param asks_for: the same, and literal ``setup_requires``.
    :param is_static: whether its dependencies are known without a build.
    :param problem: why ``setup.py`` cannot be read, in Python's words.
    """

    name: str = ""
    version: str = ""
    backend: str = ""
    requires: tuple[str, ...] = ()
    asks_for: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    variables: tuple[Variable, ...] = ()
    called: tuple[Called, ...] = ()
    modules: frozenset[str] = frozenset()
    pyx: tuple[str, ...] = ()
    requires_python: str = ""
    pythons: tuple[str, ...] = ()
    requires_dist: tuple[str, ...] = ()
    is_static: bool = False
    problem: str = ""


def read(tree: Path, filename: str = "") -> Reading:
    """Read a tree.

    :param filename: of the sdist that it was in.
    :raises AugbackendError: if its ``pyproject.toml`` is none that a frontend takes, or there is no project.
    """
    system = hook_call.build_system(tree)
    document = layers.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    info = _pkg_info(tree)
    tables = (layers.at(document, *keys, default={}) for keys in (("project",), ("tool", "poetry")))
    project = next((one for one in tables if one and isinstance(one, dict)), {})
    files = Files(tree)
    files.follow("setup.py")
    paths = [PurePosixPath(path) for path in system.backend_path]
    # A path that leads out of the tree is one that frontends refuse (PEP 517, in-tree build backends).
    inside = [path for path in paths if not path.is_absolute() and ".." not in path.parts]
    folders = tuple(f"{path}/" if path.parts else "" for path in inside)
    if folders:
        files.enter(system.backend.partition(":")[0], 1, folders=folders)
    classifiers = [*info.values("classifier"), *strings(project.get("classifiers"))]
    name, version = sdist_identity.stated(tree, document, info, filename)
    return Reading(
        name=name,
        version=version,
        backend=system.backend,
        requires=system.requires,
        asks_for=(*system.requires, *(one for one in setup_files.setup_requires(tree) if one not in system.requires)),
        imports=tuple(dict.fromkeys(files.imports)),
        variables=tuple({one.name: one for one in reversed(files.variables)}.values())[::-1],
        called=tuple(files.called),
        modules=frozenset(_importable(tree)),
        pyx=tuple(sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.pyx"))),
        requires_python=info.value("requires-python") or str(project.get("requires-python", "")),
        pythons=tuple(_MINOR.findall("\n".join(classifiers))),
        requires_dist=tuple(info.values("requires-dist")),
        is_static=info.is_static or _is_stated(document),
        problem=files.problem,
    )


def _is_stated(document: Mapping[str, Any]) -> bool:
    """Whether a ``[project]`` table says, itself and for good, what the package depends on."""
    project = layers.at(document, "project", default={})
    computed = {*strings(layers.at(project, "dynamic", default=[]))}
    return bool(project) and computed.isdisjoint(
        ("version", "dependencies", "optional-dependencies", "requires-python")
    )


def _pkg_info(tree: Path) -> Document:
    file = tree / "PKG-INFO"
    content = b""
    if file.is_file():
        with file.open("rb") as stream:
            content = stream.read(_LARGEST)  # what is behind that is a text for readers
    return core_metadata.parse(content.decode("utf-8", "replace").encode())


def _importable(tree: Path) -> Iterator[str]:
    for folder in (tree, tree / "src"):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                yield path.stem
