"""The backend as a folder of files in somebody's tree: ``_augbackend/augbackend/``.

What is copied is the core, the files of the features that the tree's table uses, and what these import; the licence; a
manifest. Nothing of what is known about builds that fail, and nothing that only the command line reads.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import augbackend
from augbackend import __version__, features
from augbackend.hook import overrides
from augbackend.table import LEGACY_BACKEND
from augbackend.table.layers import TOMLI, at, read_pyproject

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

FOLDER = "_augbackend"
HIDDEN = ".augbackend"  # with a dot in its name it is no package to any tool, so that nothing ships it by mistake
MANIFEST = overrides.COPY.name
_LICENCE = "MIT"
# Where each tool looks: a word behind which it takes no other, or a line of its own. `noqa` is ruff's as well.
_HEAD = """\
# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend {version}, copied by `{command}`; \
not to be edited here.  SPDX-License-Identifier: {licence}
# flake8: noqa
# SPDX-FileCopyrightText: {holder}
"""
# Of files that take no comments, the licence stands beside them.
_SPDX = "SPDX-FileCopyrightText: {holder}\nSPDX-License-Identifier: {licence}\n"
# Files that are named to ruff are looked at, whatever is excluded: it is to find nothing, and lines of their length.
_FOR_RUFF = """\
# SPDX-FileCopyrightText: {holder}
# SPDX-License-Identifier: {licence}
exclude = ["*"]  # code of others: not for the rules of this tree
cache-dir = "../../.ruff_cache"  # the tree's: a folder in here would be packed into sdists
line-length = 120
lint.per-file-ignores."*" = ["ALL"]
"""
PACKAGE = Path(augbackend.__file__).parent
_BESIDE = ".augbackend-"
_OF_THE_CORE = ("build-backend", "dynamic-requires")  # which backend is wrapped, and how it is asked
_NEVER = ("augbackend.cli", "augbackend.knowledge")
# What edits a wheel or METADATA is imported only where a feature, or a backend that is not setuptools, wants an edit.
_EDITS = ("augbackend.hook.edited_metadata", "augbackend.hook.edited_wheel")
# Imported only as `needs_readers` says.
_READERS = ("augbackend.standards.setup_files", "augbackend.standards.setup_identity")
# Keys that have no requirement and no marker, not even where a variable or an option says them.
_WITHOUT_MARKERS = {*_OF_THE_CORE, "backend-path", "config-settings", "jobs", "preflight"}
_IN_TREE = ("augbackend.hook.in_tree",)  # the wrapped backend, of the key backend-path
_MARKERS = ("augbackend.standards.markers",)


def used_keys(document: Mapping[str, Any]) -> set[str]:
    """The keys with files of their own that a ``pyproject.toml`` sets, those of inner tables too."""
    return _keys(at(document, "tool", "augbackend", default={})) & {*features.known_keys()}


def _keys(value: Any) -> set[str]:
    inner: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {*(value if isinstance(value, dict) else ())}.union(*map(_keys, inner))


def needs_readers(tree: Path, document: Mapping[str, Any]) -> bool:
    """Whether a hook may have to read ``setup.py`` or ``setup.cfg``: for what the tree needs, or what it is called."""
    files = [file for file in (tree / "setup.py", tree / "setup.cfg") if file.is_file()]
    is_named = "metadata" not in used_keys(document) or (tree / "PKG-INFO").is_file()
    return not is_named or any(b"setup_requires" in file.read_bytes() for file in files)


def backend_files(
    document: Mapping[str, Any], command: str, more: Collection[str] = (), *, has_readers: bool = True
) -> dict[str, bytes]:
    """The files of the copy, by their names in the package, as bytes.

    :param document: the ``pyproject.toml`` that they are for.
    :param command: the one that writes them, for whoever reads them.
    :param more: keys that the table does not use.
    :param has_readers: whether the readers of ``setup.py`` and ``setup.cfg`` are among them, see :func:`needs_readers`.
    """
    licence = _licence()
    said = {"version": __version__, "command": command, "licence": _LICENCE, "holder": _holder(licence)}
    head = _HEAD.format_map(said).encode()
    keys = {*_OF_THE_CORE, *used_keys(document), *more}
    modules = _modules(keys, document, has_readers=has_readers)
    files = {name: head + (PACKAGE / name).read_bytes() for name in sorted(modules)}
    files["LICENSE"], files["ruff.toml"] = licence, _FOR_RUFF.format_map(said).encode()
    files[f"{MANIFEST}.license"] = _SPDX.format_map(said).encode()
    manifest = {
        "augbackend": __version__,
        "command": command,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        "keys": list(features.known_keys()),
        "more": sorted(more),
    }
    files[MANIFEST] = (json.dumps(manifest, indent=1) + "\n").encode()
    return files


def _modules(keys: Collection[str], document: Mapping[str, Any], *, has_readers: bool) -> set[str]:
    """The modules of a copy, as paths in the package: the core, features, and what they import."""
    used = [feature for key in keys if (feature := features.find(key))]
    backend = str(at(document, "tool", "augbackend", "build-backend", default=LEGACY_BACKEND))
    is_edited = any(one.edits_wheel for one in used)
    left_out = (*_NEVER, *(() if is_edited or not backend.startswith("setuptools.") else _EDITS))
    left_out += () if has_readers else _READERS
    left_out += () if "backend-path" in keys else _IN_TREE
    left_out += () if _may_meet_markers(keys, document) else _MARKERS
    found: set[str] = set()
    waiting = ["augbackend.hook.exposed", *(f"augbackend.hook.{module}" for module in augbackend.HOOKS.values())]
    waiting += [f"augbackend.features.{key.replace('-', '_')}" for key in keys]
    while waiting:
        module = waiting.pop()
        path = _path(module)
        if path and path not in found and not module.startswith(left_out):
            found.add(path)
            waiting += [module.rpartition(".")[0], *_imports(module, PACKAGE / path)]
    return found


def _may_meet_markers(keys: Collection[str], document: Mapping[str, Any]) -> bool:
    """Whether a hook may have to read a marker."""
    listed = at(document, "build-system", "requires", default=())
    lines = listed if isinstance(listed, list) else ()
    return not _WITHOUT_MARKERS.issuperset(keys) or any(";" in str(line) for line in lines if line != TOMLI)


@cache
def _path(module: str) -> str | None:
    """Where a module of ours lies in the package; ``None`` if there is no such module."""
    name = "/".join(module.split(".")[1:])
    candidates = (f"{name}.py", f"{name}/__init__.py".lstrip("/"))
    return next((path for path in candidates if (PACKAGE / path).is_file()), None)


@cache
def _imports(module: str, file: Path) -> tuple[str, ...]:
    """The modules that a module imports when it runs, and the names in them, which may be modules as well.

    Read once: a run may write a copy for each of many packages.
    """
    found = []
    waiting: list[ast.AST] = [ast.parse(file.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:  # of a sibling: no module of ours climbs higher
                package = module if file.name == "__init__.py" else module.rpartition(".")[0]
                source = ".".join(filter(None, [package, source]))
            found += [source, *(f"{source}.{one.name}" for one in node.names)]
        is_for_types = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        waiting += [] if is_for_types else ast.iter_child_nodes(node)
    return tuple(name for name in found if name.partition(".")[0] == "augbackend")


def folder_of(document: Mapping[str, Any]) -> str | None:
    """The folder of the copy that a tree's ``pyproject.toml`` builds with; ``None`` if it is not one of ours."""
    paths = at(document, "build-system", "backend-path", default=())
    is_ours = at(document, "build-system", "build-backend", default="") == "augbackend"
    return next((folder for folder in (FOLDER, HIDDEN) if is_ours and folder in paths), None)


def manifest(tree: Path, folder: str = FOLDER) -> dict[str, Any]:
    """The manifest of the tree's copy; empty if there is none that can be read."""
    file = tree / folder / "augbackend" / MANIFEST
    return manifest_of(file.read_bytes() if file.is_file() else b"")


def manifest_of(content: bytes) -> dict[str, Any]:
    """What a manifest says; empty if it cannot be read."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def more_keys(manifest: Mapping[str, Any]) -> set[str]:
    """The keys whose files a copy was asked to have though its table did not use them, as its manifest says."""
    said = manifest.get("more")
    return {*map(str, said if isinstance(said, list) else ())} & {*features.known_keys()}


def for_tree(tree: Path) -> dict[str, bytes]:
    """The files of the copy that a tree's own table wants."""
    document = read_pyproject(tree)
    return backend_files(document, "augbackend adopt", has_readers=needs_readers(tree, document))


def whole() -> dict[str, bytes]:
    """All files of the backend half but what is known about builds that fail: for asking a backend on this machine."""
    return backend_files({}, "augbackend show", features.known_keys())


def files_in(tree: Path, folder: str = FOLDER) -> dict[str, bytes]:
    """The files of the tree's copy, as :func:`backend_files` has them."""
    copy = tree / folder / "augbackend"
    found = [file for file in copy.rglob("*") if file.is_file() and file.parent.name != "__pycache__"]
    return {file.relative_to(copy).as_posix(): file.read_bytes() for file in found}


def is_current(tree: Path, files: Mapping[str, bytes], folder: str = FOLDER) -> bool:
    """Whether the tree's copy is these files, and nothing is left over beside it."""
    return files_in(tree, folder) == files and not list((tree / folder).glob(f"{_BESIDE}*"))


def looks_ours(folder: Path) -> bool:
    """Whether ``folder`` holds a copy of the backend, of whatever version, and nothing else."""
    names = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    left_over = {name for name in names if name.startswith(_BESIDE)}  # by a run that was stopped
    marks = (f"augbackend/{MANIFEST}", "augbackend/presence.py")  # the second: before copies had a manifest
    has_copy = any((folder / mark).is_file() for mark in marks)
    return names - left_over == ({"augbackend"} if has_copy else set())


def write_copy(tree: Path, files: Mapping[str, bytes], folder: str = FOLDER) -> None:
    """Put the backend into ``tree``, or bring its copy up to date: written beside, then renamed."""
    place = tree / folder
    place.mkdir(exist_ok=True)
    for left_over in place.glob(f"{_BESIDE}*"):
        shutil.rmtree(left_over)
    beside = Path(tempfile.mkdtemp(prefix=_BESIDE, dir=place))
    try:
        for name, content in files.items():
            (beside / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / "new" / name).write_bytes(content)
        target = place / "augbackend"
        if target.exists():
            target.rename(beside / "old")
        (beside / "new").rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def remove_copy(tree: Path, folder: str = FOLDER) -> None:
    """Take the copy out again, and its folder if nothing else is in it."""
    place = tree / folder
    if (place / "augbackend").exists():
        shutil.rmtree(place / "augbackend")
    shutil.rmtree(place / "__pycache__", ignore_errors=True)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()


def _licence() -> bytes:
    beside = PACKAGE.parent / "LICENSE"  # in a checkout
    if beside.is_file() and (PACKAGE.parent / "pyproject.toml").is_file():
        return beside.read_bytes()
    installed = metadata.distribution("augbackend").read_text("licenses/LICENSE") or ""
    return installed.encode()


def _holder(licence: bytes) -> str:
    """Year and name, as the licence's own line has them."""
    found = re.search(r"Copyright \(c\) (.+)", licence.decode())
    return found[1].strip() if found else "The augbackend authors"
