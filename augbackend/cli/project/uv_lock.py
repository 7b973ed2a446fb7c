"""``uv.lock`` as the graph that it is: its packages, and the edges that lead from one to another.

::

    uv.lock -> UvLock: Entry, one a [[package]] -> Edge, each under a marker

uv writes the choice of an extra or group that conflicts with another into markers, as extras that no project can have:
``extra == 'extra-3-app-cpu'`` is the extra ``cpu`` of ``app``, whose name has three letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urldefrag, urlsplit

from packaging.utils import canonicalize_name

from augbackend.cli.fetch import index
from augbackend.cli.model.asked_in import AskedIn
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import Locked, Wheel
from augbackend.standards.markers import parse_marker

from . import marker_choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.standards.markers import Marker

_Kind = TypeVar("_Kind")
_OLDEST_FORMAT = 1
_ROOTS = ("editable", "virtual", "directory")  # sources that a project or a member of its workspace has


@dataclass(frozen=True, eq=False)
class Edge:
    """That a package needs another.

    :param version: of that one, and ``source`` its place; empty where there is only one.
    :param marker: where, and for which choices; ``None`` for always.
    """

    name: str
    version: str
    source: Mapping[str, Any]
    marker: Marker | None


@dataclass(frozen=True, eq=False)
class Entry:
    """One ``[[package]]``.

    :param source: as the lock has it.
    :param edges: what it needs, by where it asks for that. Of a package that is no project, extras are all there is.
    :param metadata: what it asked for when it was locked, as the lock has it; ``None`` if the lock does not say.
    """

    locked: Locked
    source: Mapping[str, Any]
    edges: Mapping[AskedIn, tuple[Edge, ...]]
    metadata: Mapping[str, Any] | None

    def is_meant(self, edge: Edge) -> bool:
        """Whether an edge leads here."""
        is_it = edge.name == self.locked.name and edge.version in ("", self.locked.version)
        return is_it and (not edge.source or edge.source == self.source)


@dataclass(frozen=True)
class UvLock:
    """A whole lock.

    :param conflicts: sets of choices of which one at most is taken, each choice by its name in markers.
    :param environments: markers of the only environments that it is for; empty for all.
    :param manifest: what uv was told beside the projects' own requirements, as the lock has it.
    """

    file: Path
    entries: tuple[Entry, ...]
    conflicts: tuple[frozenset[str], ...]
    environments: tuple[str, ...]
    requires_python: str
    manifest: Mapping[str, Any]

    @property
    def locked(self) -> tuple[Locked, ...]:
        """All packages, without what leads to them."""
        return tuple(entry.locked for entry in self.entries)

    @property
    def roots(self) -> list[Entry]:
        """The project, or the members of the workspace."""
        members = set(map(canonicalize_name, only(str, self.manifest.get("members"))))
        found = [one for one in self.entries if one.source.keys() & set(_ROOTS)]
        return [one for one in found if (one.locked.name in members if members else _place_of(one.source) == ".")]

    def reached(self, name: str) -> set[str]:
        """The names of all packages that one needs, directly or not, whatever is chosen."""
        found, left = set[str](), [name]
        while left:
            needed = {
                edge.name
                for entry in self.entries
                if entry.locked.name == left[-1]
                for edge in entry.edges[AskedIn(project=entry.locked.name)]
            }
            left[-1:] = needed - found
            found |= needed
        return found


def choice(asked: AskedIn) -> str:
    """The name that the choice of an extra or group, or of a whole project, has in markers."""
    kind, name = asked.kind or "project", f"-{asked.name}" if asked.name else ""
    return f"{kind}-{len(asked.project)}-{asked.project}{name}"


def read(file: Path, document: Mapping[str, Any], called: str = "uv.lock") -> UvLock:
    """What a lock says.

    :param called: what a reader is told of where it is said; its file's name is in it.
    :raises AugbackendError: if it is of another format, or has a marker that cannot be read.
    """
    if document.get("version", _OLDEST_FORMAT) != _OLDEST_FORMAT:
        what = f"its format is {document['version']}, and {_OLDEST_FORMAT} is the one known here"
        raise CliError(what, id="lock-format-not-known", where=str(file), hint="a newer augbackend may know it")
    conflicts = document.get("conflicts")
    return UvLock(
        file,
        tuple(_read_entry(package, file, called) for package in only(dict, document.get("package"))),
        tuple(
            frozenset(choice(_conflicting(item)) for item in only(dict, items))
            for items in (conflicts if isinstance(conflicts, list) else ())
        ),
        tuple(only(str, document.get("supported-markers"))),
        str(document.get("requires-python", "")),
        table_or_empty(document.get("manifest")),
    )


def only(kind: type[_Kind], value: Any) -> list[_Kind]:
    """The items of a list that are of one kind; none if it is not a list."""
    return [item for item in value if isinstance(item, kind)] if isinstance(value, list) else []


def table_or_empty(value: Any) -> dict[str, Any]:
    """A table; an empty one instead of anything else."""
    return value if isinstance(value, dict) else {}


def _read_entry(package: Mapping[str, Any], file: Path, called: str) -> Entry:
    name = canonicalize_name(str(package.get("name")))
    lists = {AskedIn(project=name): package.get("dependencies")}
    for kind, key in (("extra", "optional-dependencies"), ("group", "dev-dependencies")):
        tables = table_or_empty(package.get(key)).items()
        lists |= {AskedIn(kind, one, name): listed for one, listed in tables}  # type: ignore[arg-type]  # both are
    edges = {asked: tuple(_read_edges(listed, f"{file}, {name}")) for asked, listed in lists.items()}
    metadata = package.get("metadata")
    source = table_or_empty(package.get("source"))
    locked = _as_locked(package, source, file, called)
    return Entry(locked, source, edges, metadata if isinstance(metadata, dict) else None)


def _read_edges(listed: Any, where: str) -> Iterator[Edge]:
    for one in only(dict, listed):
        name, version = canonicalize_name(str(one.get("name"))), str(one.get("version", ""))
        yield Edge(name, version, table_or_empty(one.get("source")), _read_marker(str(one.get("marker", "")), where))


@lru_cache(maxsize=4096)
def _read_marker(text: str, where: str) -> Marker | None:
    try:
        return parse_marker(text) if text else None
    except ValueError as error:
        raise CliError(
            f"its marker cannot be read: {error}", id="marker-unreadable", where=where, hint="lock it again"
        ) from None


def _conflicting(item: Mapping[str, Any]) -> AskedIn:
    project = canonicalize_name(str(item.get("package", "")))
    if "extra" in item:
        return AskedIn("extra", str(item["extra"]), project)
    return AskedIn("group", str(item["group"]), project) if "group" in item else AskedIn(project=project)


def _as_locked(package: Mapping[str, Any], source: Mapping[str, Any], file: Path, called: str) -> Locked:
    sdist, path = table_or_empty(package.get("sdist")), _place_of(source)
    url = str(sdist.get("url") or source.get("url") or "")
    if "git" in source:
        url = _git_url(str(source["git"]), file)
    markers = only(str, package.get("resolution-markers"))
    either = " or ".join(f"({marker})" if len(markers) > 1 else marker for marker in markers)
    return Locked(
        name=canonicalize_name(str(package.get("name"))),
        version=str(package.get("version", "")),
        marker=marker_choices.without_extras(either, f"{file}, {package.get('name')}"),
        url=url,
        sha256=_digest(sdist.get("hash")),
        path=None if path is None else file.parent / path,
        wheels=tuple(_as_wheel(wheel) for wheel in only(dict, package.get("wheels"))),
        registry=str(source.get("registry", "")),
        source=called,
    )


def _place_of(source: Mapping[str, Any]) -> str | None:
    return next((str(source[key]) for key in ("path", *_ROOTS) if key in source), None)


def _git_url(text: str, file: Path) -> str:
    """``https://host/path?rev=…&subdirectory=…#commit``, as uv writes it, as the URL that pip and uv take."""
    plain, commit = urldefrag(text)
    try:
        parts = urlsplit(plain)
    except ValueError as error:
        raise CliError(
            f"{text!r} is not a URL: {error}", id="lock-has-bad-url", where=str(file), hint="lock it again"
        ) from None
    asked = dict(part.partition("=")[::2] for part in parts.query.split("&") if part)
    subdirectory = f"#subdirectory={asked['subdirectory']}" if asked.get("subdirectory") else ""
    return f"git+{parts._replace(query='').geturl()}@{commit}{subdirectory}"


def _as_wheel(wheel: Mapping[str, Any]) -> Wheel:
    url = str(wheel.get("url", ""))
    name = wheel.get("filename") or index.filename(url or str(wheel.get("path", "")))
    return Wheel(str(name), url, _digest(wheel.get("hash")))


def _digest(text: Any) -> str:
    """The digest of ``sha256:…``; empty if it is of another kind."""
    name, _, digest = str(text or "").partition(":")
    return digest if name == "sha256" else ""
