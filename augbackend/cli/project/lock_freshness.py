"""Whether a ``uv.lock`` is of the project as it stands: what the lock remembers of it against what is written there.

::

    requires-dist, requires-dev, [manifest] of the lock     }
    dependencies, extras, groups, overrides, constraints    } -> what differs, in words

uv itself is not asked: it may run the ``setup.py`` of dependencies. Markers are compared by evaluating them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from augbackend.cli.edit import uv_sources
from augbackend.cli.model.asked_in import AskedIn
from augbackend.cli.model.requirement import requirement_of
from augbackend.table import layers, strings

from . import build_sources, project_root, target_environments
from .uv_lock import only, table_or_empty

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .target_environments import TargetEnvironment
    from .uv_lock import Entry, UvLock

    Stated = Mapping[AskedIn, Sequence["_Required"]]

_UNKNOWN = ("index", "")  # of a name that is in no table
_PLACES = ("path", "directory", "editable", "virtual", "workspace")


class _Required(NamedTuple):
    """A requirement, in the terms that both sides have.

    :param source: kind and address of where it is taken from.
    :param is_open: whether that need not be what the lock has: a wrapped archive, or an index that a variable names.
    """

    name: str
    extras: frozenset[str]
    specifier: SpecifierSet
    markers: tuple[str, ...]
    unless: tuple[str, ...] = ()
    source: tuple[str, str] = ("", "")
    is_open: bool = False


class _Context(NamedTuple):
    """What a project's requirements are read with: its sources, and the indexes that they name."""

    sources: Mapping[str, Any]
    indexes: Mapping[str, str]
    folder: Path


def difference(lock: UvLock, document: Mapping[str, Any], uv: Mapping[str, Any]) -> str | None:
    """What a project says otherwise than when it was locked; empty for nothing, ``None`` if the lock does not tell.

    :param document: the ``pyproject.toml`` beside the lock.
    :param uv: the settings of uv that count there.
    """
    roots, folder = lock.roots, lock.file.parent
    if not any(root.metadata is not None for root in roots):
        return None
    all_environments = target_environments.of(lock.requires_python, lock.environments).possible()
    tables = [one for one in only(dict, uv.get("index")) if "name" in one]
    indexes = {str(one["name"]): str(one.get("url", "")) for one in tables}
    of_root = _sources_of(document)
    found = [_unknown_member(lock, document)]
    for root in roots:
        place = folder / next(str(value) for value in root.source.values())
        if not (place / "pyproject.toml").is_file():
            found.append(f"{root.locked.name} is gone")
            continue
        own = document if place.resolve() == folder.resolve() else layers.read_pyproject(place)
        context = _Context({**of_root, **_sources_of(own)}, indexes, folder)
        found.append(_in_root(root, own, context, all_environments))
    for key, in_lock in (("override-dependencies", "overrides"), ("constraint-dependencies", "constraints")):
        texts = uv.get(key, [])
        if all(isinstance(one, str) for one in texts):  # uv may know other forms
            here = [*_written(texts, AskedIn(), _Context(of_root, indexes, folder))]
            there = [*_when_locked(lock.manifest.get(in_lock))]
            names = _differing(here, there, all_environments, "")
            found.append(f"tool.uv.{key}: {', '.join(names)}" if names else "")
    return "; ".join(filter(None, found))


def _unknown_member(lock: UvLock, document: Mapping[str, Any]) -> str:
    known = {root.locked.name for root in lock.roots}
    for member in project_root.members(lock.file.parent, document):
        name = str(layers.at(layers.read_pyproject(member), "project", "name", default=""))
        if name and canonicalize_name(name) not in known:
            return f"the member {name} is new"
    return ""


def _in_root(
    root: Entry, document: Mapping[str, Any], context: _Context, all_environments: Sequence[TargetEnvironment]
) -> str:
    """What one project says otherwise."""
    metadata = root.metadata or {}
    found = []
    dynamic = set(strings(layers.at(document, "project", "dynamic", default=[])))
    if not dynamic & {"dependencies", "optional-dependencies"}:  # else only a build knows
        tables = table_or_empty(layers.at(document, "project", "optional-dependencies", default={}))
        extras: dict[str, Any] = {canonicalize_name(key): listed for key, listed in tables.items()}
        base = [*_written(layers.at(document, "project", "dependencies", default=[]), AskedIn(), context)]
        there = [*_when_locked(metadata.get("requires-dist"))]
        for extra in dict.fromkeys(("", *extras, *strings(metadata.get("provides-extras")))):
            here = [*base, *_written(extras.get(extra, []), AskedIn("extra", extra), context)]
            key = f"project.optional-dependencies.{extra}" if extra else "project.dependencies"
            found += [(key, name) for name in _differing(here, there, all_environments, extra)]
    locked_groups = table_or_empty(metadata.get("requires-dev"))
    groups = _dependency_groups(document)
    for group in dict.fromkeys((*groups, *locked_groups)):
        here = [*_written(groups.get(group, []), AskedIn("group", group), context)]
        names = _differing(here, [*_when_locked(locked_groups.get(group))], all_environments, "")
        found += [(f"dependency-groups.{group}", name) for name in names]
    first = {name: key for key, name in reversed(found)}
    return ", ".join(f"{key}: {name}" for name, key in sorted(first.items()))


def _dependency_groups(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """The dependency groups with what they include (PEP 735), and uv's older list."""
    listed_by_name = table_or_empty(document.get("dependency-groups"))
    tables: dict[str, Any] = {canonicalize_name(key): value for key, value in listed_by_name.items()}

    def texts(name: str, above: tuple[str, ...] = ()) -> Iterator[str]:
        listed = tables.get(name, [])
        for one in listed if isinstance(listed, list) and name not in above else ():
            if isinstance(one, str):
                yield one
            elif isinstance(one, dict) and "include-group" in one:
                yield from texts(canonicalize_name(str(one["include-group"])), (*above, name))

    found: dict[str, list[str]] = {name: [*texts(name)] for name in tables}
    older = strings(layers.at(document, "tool", "uv", "dev-dependencies", default=[]))
    return {**found, "dev": [*found.get("dev", []), *older]} if older else found


def _written(texts: Iterable[Any], asked: AskedIn, context: _Context) -> Iterator[_Required]:
    """Requirements as they are written, each divided among the sources that it has."""
    for text in texts if isinstance(texts, list) else ():
        one = requirement_of(text) if isinstance(text, str) else None
        if one is None:
            continue
        name = canonicalize_name(one.name)
        markers = (str(one.marker),) if one.marker else ()
        plain = _Required(name, frozenset(map(canonicalize_name, one.extras)), one.specifier, markers)
        if one.url:
            kind, _, rest = one.url.partition("+") if one.url.startswith("git+") else ("url", "", one.url)
            yield plain._replace(specifier=SpecifierSet(), source=(kind, _address(rest)))
            continue
        unless: tuple[str, ...] = ()
        for source in uv_sources.tables(context.sources.get(name)):
            if not _is_source_for(source, asked):
                continue
            marker = str(source.get("marker", ""))
            place = _source_of(source, context.indexes)
            specifier = one.specifier if place[0] in ("", "index") else SpecifierSet()
            is_open = place == _UNKNOWN or build_sources.is_ours(source, context.folder)
            yield plain._replace(
                specifier=specifier, markers=(*markers, marker), unless=unless, source=place, is_open=is_open
            )
            unless = (*unless, marker)
        yield plain._replace(unless=unless)


def _when_locked(listed: Any) -> Iterator[_Required]:
    """Requirements as a lock has them."""
    for one in only(dict, listed):
        try:
            specifier = SpecifierSet(str(one.get("specifier", "")))
        except InvalidSpecifier:
            specifier = SpecifierSet()
        yield _Required(
            canonicalize_name(str(one.get("name"))),
            frozenset(map(canonicalize_name, only(str, one.get("extras")))),
            specifier,
            tuple(filter(None, [str(one.get("marker", ""))])),
            source=_source_of(one),
        )


def _differing(
    here: Sequence[_Required], there: Sequence[_Required], among: Sequence[TargetEnvironment], extra: str
) -> list[str]:
    """The names that are not required alike in every environment.

    :param extra: the one that is chosen.
    """
    by_name: dict[str, tuple[list[_Required], list[_Required]]] = {}
    for side, requirements in enumerate((here, there)):
        for one in requirements:
            by_name.setdefault(one.name, ([], []))[side].append(one)
    return sorted(name for name, (mine, theirs) in by_name.items() if not _are_alike(mine, theirs, among, extra))


def _are_alike(
    here: Sequence[_Required], there: Sequence[_Required], among: Sequence[TargetEnvironment], extra: str
) -> bool:
    """Whether two sides ask for one project alike."""
    if any(one.is_open for one in here):
        return bool(there)
    has_markers = any(one.markers or one.unless for one in (*here, *there))
    return all(
        {_terms(one) for one in here if _holds(one, environment, extra)}
        == {_terms(one) for one in there if _holds(one, environment, extra)}
        for environment in (among if has_markers else among[:1])
    )


def _terms(one: _Required) -> tuple[Any, ...]:
    return one.extras, one.specifier, one.source


def _holds(one: _Required, environment: TargetEnvironment, extra: str) -> bool:
    return all(environment.fulfils(marker, extra) for marker in one.markers) and not any(
        environment.fulfils(marker, extra) for marker in one.unless
    )


def _sources_of(document: Mapping[str, Any]) -> dict[str, Any]:
    table = table_or_empty(layers.at(document, "tool", "uv", "sources", default={}))
    return {canonicalize_name(key): value for key, value in table.items()}


def _is_source_for(source: Mapping[str, Any], asked: AskedIn) -> bool:
    """Whether a source applies to an extra, to a group, or to all the rest."""
    return all(
        kind not in source or (asked.kind == kind and canonicalize_name(str(source[kind])) == asked.name)
        for kind in ("extra", "group")
    )


def _source_of(table: Mapping[str, Any], indexes: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Kind and address of a source; of a place on this machine the kind only.

    :param indexes: URLs by name; a lock has the URLs themselves.
    """
    if "index" in table:
        url = str(table["index"]) if indexes is None else indexes.get(str(table["index"]), "")
        return ("index", _address(url)) if "://" in url else _UNKNOWN
    if "url" in table:
        return "url", _address(str(table["url"]))
    if "git" in table:
        return "git", _address(str(table["git"]))
    return ("path", "") if any(key in table for key in _PLACES) else ("", "")


def _address(url: str) -> str:
    """A URL without what uv leaves out of its lock, or writes otherwise: credentials, queries, a last slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
