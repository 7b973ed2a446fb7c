"""What keeps the archives out of the sdist of the project that uses them, for backends that would take them along.

Only what was tried is said: flit_core, poetry-core, pdm-backend and uv_build take what they are told to, and setuptools
what is in its packages or what ``MANIFEST.in`` or a plugin that asks git names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.requirement import project_of
from augbackend.table import LEGACY_BACKEND, layers, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ASKING_GIT = frozenset({"setuptools-scm", "setuptools-git", "setuptools-svn", "setuptools-hg"})  # for files


@dataclass(frozen=True)
class Exclusion:
    """What keeps a folder out of an sdist.

    :param file: where it is to be written.
    :param lines: what is to be written there.
    """

    file: str
    lines: tuple[str, ...]


def exclusion(document: Mapping[str, Any], project: Path, folder: str) -> Exclusion | None:
    """What is to be written; ``None`` if the sdist does not have the folder anyway.

    :param document: the project's ``pyproject.toml``.
    :param project: its folder.
    :param folder: of the archives, relative to the project.
    """
    system = _table_of(document, ("build-system",))
    if folder.startswith(("..", "/")):
        return None  # it lies elsewhere
    backend = str(system.get("build-backend", LEGACY_BACKEND)).partition(":")[0]
    if backend == "augbackend":
        backend = str(layers.at(document, "tool", "augbackend", "build-backend", default=LEGACY_BACKEND))
        backend = backend.partition(":")[0]
    if backend == "setuptools.build_meta":
        asks_git = any(project_of(text) in _ASKING_GIT for text in strings(system.get("requires")))
        is_in = _manifest_takes(project / "MANIFEST.in", f"{folder}/a-1.0.tar.gz", takes=asks_git)
        return Exclusion("MANIFEST.in", (f"prune {folder}",)) if is_in else None
    if backend == "hatchling.build":
        return _of_hatchling(document, folder)
    if backend == "scikit_build_core.build":
        path = ("tool", "scikit-build", "sdist")
        return _by_patterns(path, _table_of(document, path), _table_of(document, path).get("exclude"), folder)
    if backend == "mesonpy":
        attributes = project / ".gitattributes"
        known = attributes.read_text("utf-8", "replace") if attributes.is_file() else ""
        is_out = any(line.split()[:2] == [folder, "export-ignore"] for line in known.splitlines())
        return None if is_out else Exclusion(".gitattributes", (f"{folder} export-ignore",))
    return None


def lines(found: Exclusion | None, folder: str) -> Iterator[str]:
    """The same for a reader."""
    if found is not None:
        yield f"an sdist of this project would hold {folder}; to leave it out, add to {found.file}:"
        yield from (f"  {line}" for line in found.lines)
        yield ""


def _of_hatchling(document: Mapping[str, Any], folder: str) -> Exclusion | None:
    path = ("tool", "hatch", "build", "targets", "sdist")
    tables = _table_of(document, path), _table_of(document, path[:3])
    if any(strings(one.get(key)) for one in tables for key in ("only-include", "include", "packages")):
        return None  # it takes what these name
    excluded = [pattern for one in tables for pattern in strings(one.get("exclude"))]
    return _by_patterns(path, tables[0], excluded, folder)


def _by_patterns(path: tuple[str, ...], table: Mapping[str, Any], excluded: Any, folder: str) -> Exclusion | None:
    """What to write into the table of a backend that takes every file that git does not ignore."""
    if any(_is_excluded_by(pattern, folder) for pattern in strings(excluded)):
        return None
    name, pattern = ".".join(path), f'"/{folder}"'
    if "exclude" in table:
        return Exclusion("pyproject.toml", (f"{pattern} to {name}.exclude",))
    if table:
        return Exclusion("pyproject.toml", (f"exclude = [{pattern}] to [{name}]",))
    return Exclusion("pyproject.toml", (f"[{name}]", f"exclude = [{pattern}]"))


def _table_of(document: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    found = layers.at(document, *path, default={})
    return found if isinstance(found, dict) else {}


def _is_excluded_by(pattern: str, folder: str) -> bool:
    """Whether a pattern, as in ``.gitignore``, names the folder or all archives in it."""
    plain = pattern.strip("/").removesuffix("/**").removesuffix("/*").removeprefix("**/")
    return any(fnmatchcase(name, plain) for name in (folder, "a-1.0.tar.gz", f"{folder}/a-1.0.tar.gz"))


def _manifest_takes(manifest: Path, path: str, *, takes: bool) -> bool:
    """Whether a ``MANIFEST.in``, whose last word counts, takes a file.

    :param takes: whether it is taken where nothing is said.
    """
    text = manifest.read_text("utf-8", "replace") if manifest.is_file() else ""
    for line in text.replace("\\\n", " ").splitlines():
        words = line.partition("#")[0].split()
        command, patterns = (words[0], words[1:]) if words else ("", [])
        name = path.rpartition("/")[2]
        if command in {"include", "exclude"}:
            is_meant = any(_is_named_by(path, pattern) for pattern in patterns)
        elif command in {"global-include", "global-exclude"}:
            is_meant = any(fnmatchcase(name, pattern) for pattern in patterns)
        elif command in {"recursive-include", "recursive-exclude"} and patterns:
            is_meant = _lies_below(path, patterns[0]) and any(fnmatchcase(name, pattern) for pattern in patterns[1:])
        else:
            is_meant = command in {"graft", "prune"} and any(_lies_below(path, pattern) for pattern in patterns)
        takes = "include" in command or command == "graft" if is_meant else takes
    return takes


def _is_named_by(path: str, pattern: str) -> bool:
    """Whether a pattern names a path; its ``*`` holds no slash."""
    parts, patterns = path.split("/"), pattern.strip("/").split("/")
    return len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def _lies_below(path: str, folder: str) -> bool:
    folder = folder.strip("/")
    parts = path.split("/")
    return folder in {"", "."} or any(_is_named_by("/".join(parts[:end]), folder) for end in range(1, len(parts)))
