"""What a source tree says of its build, read as syntax: nothing of it is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from augbackend.cli.edit import pyproject
from augbackend.errors import AugbackendError
from augbackend.standards import setup_files, setup_identity
from augbackend.table import layers

from .setup_code import Called, Files, Import, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Reading:
    """What was read.

    :param modules: importable names at the tree's top and in ``src``.
    :param pyx: Cython's sources, relative to the tree.
    :param asks_for: ``build-system.requires``, or what a frontend assumes, and literal ``setup_requires``.
    :param problem: why ``setup.py`` cannot be read, in Python's words.
    """

    name: str = ""
    version: str = ""
    backend: str = ""
    asks_for: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    variables: tuple[Variable, ...] = ()
    called: tuple[Called, ...] = ()
    modules: frozenset[str] = frozenset()
    pyx: tuple[str, ...] = ()
    requires_python: str = ""
    pythons: tuple[str, ...] = ()
    requires_dist: tuple[str, ...] = ()
    problem: str = ""


def read(tree: Path) -> Reading:
    """Read a tree.

    :raises AugbackendError: if its ``pyproject.toml`` is none that a frontend takes, or there is no project.
    """
    document = layers.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    if not (tree / "pyproject.toml").is_file() and not (tree / "setup.py").is_file():
        hint = "it holds neither pyproject.toml nor setup.py, and frontends want one of them"
        raise AugbackendError("no Python project here", where=str(tree), hint=hint)
    pyproject.check_shape(document)
    fields = _pkg_info(tree)
    project = layers.at(document, "project", default={})
    project = project if isinstance(project, dict) else {}
    asked = layers.at(document, "build-system", "requires", default=[pyproject.LEGACY_REQUIRES])
    files = Files(tree)
    files.follow("setup.py")
    paths = [PurePosixPath(path) for path in layers.at(document, "build-system", "backend-path", default=[])]
    # A path that leads out of the tree is one that frontends refuse (PEP 517, in-tree build backends).
    inside = [path for path in paths if not path.is_absolute() and ".." not in path.parts]
    folders = tuple(f"{path}/" if path.parts else "" for path in inside)
    if folders:
        files.enter((pyproject.backend(document) or "").partition(":")[0], 1, folders=folders)
    stated = project.get("classifiers", ())
    classifiers = [*fields.get("classifier", ()), *(map(str, stated) if isinstance(stated, list) else ())]
    literal_name, literal_version = setup_identity.identity(tree)
    return Reading(
        name=next(filter(None, [*fields.get("name", ()), str(project.get("name", "")), literal_name]), ""),
        version=next(filter(None, [*fields.get("version", ()), str(project.get("version", "")), literal_version]), ""),
        backend=pyproject.backend(document) or pyproject.LEGACY_BACKEND,
        asks_for=(*asked, *(text for text in setup_files.setup_requires(tree) if text not in asked)),
        imports=tuple(dict.fromkeys(files.imports)),
        variables=tuple({one.name: one for one in reversed(files.variables)}.values())[::-1],
        called=tuple(files.called),
        modules=frozenset(_importable(tree)),
        pyx=tuple(sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.pyx"))),
        requires_python=next(iter(fields.get("requires-python", ())), str(project.get("requires-python", ""))),
        pythons=tuple(
            re.findall(r"^Programming Language :: Python :: (\d+\.\d+)\s*$", "\n".join(classifiers), re.MULTILINE)
        ),
        requires_dist=tuple(fields.get("requires-dist", ())),
        problem=files.problem,
    )


def _pkg_info(tree: Path) -> Mapping[str, list[str]]:
    try:
        text = (tree / "PKG-INFO").read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    for name, value in HeaderParser().parsestr(text).items():
        found.setdefault(name.lower(), []).append(str(value))
    return found


def _importable(tree: Path) -> Iterator[str]:
    for folder in (tree, tree / "src"):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                yield path.stem
