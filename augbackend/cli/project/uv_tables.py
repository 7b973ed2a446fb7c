"""What a project's tables declare for its dependencies: ``[tool.uv]`` and ``[tool.augbackend.packages]``."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

from augbackend.cli.fetch import index
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model import package as packages
from augbackend.cli.model import source_patch
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.package_sources import Sources
from augbackend.cli.model.source_patch import SourcePatch
from augbackend.errors import AugbackendError
from augbackend.table import strings
from augbackend.table.complaints import found_instead
from augbackend.table.convert import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from augbackend.cli.model.package import Entries

# uv's keys, and ours that mean the same.
_UV_KEYS = {
    "extra-build-dependencies": "extra-build-dependencies",
    "extra-build-variables": "extra-build-variables",
    "config-settings-package": "config-settings",
}
_READ = (*_UV_KEYS, "dependency-metadata", "build-constraint-dependencies", "no-build-isolation-package")
_BEGIN_SO = ("extra-build-", "build-constraint", "no-build-isolation-", "config-settings-")  # no others of uv's do
_LIKE_THEM = frozenset((  # keys of uv's with names so like these that they could be taken for them
    "config-settings", "dev-dependencies", "constraint-dependencies", "override-dependencies", "exclude-dependencies",
    "dependency-groups", "no-build-isolation", "no-build-package", "no-binary-package",
))  # fmt: skip


class NamedIndex(NamedTuple):
    """One of uv's indexes.

    :param is_flat: whether it is one page or folder of files, and no simple index.
    """

    url: str
    is_flat: bool


def declared(
    uv: Mapping[str, Any], ours: Any, mistakes: list[str], folder: Path | None = None
) -> dict[str, Declaration]:
    """What each package is to be given, by canonical name; where the tables differ, ours counts.

    :param uv: ``[tool.uv]``.
    :param ours: ``[tool.augbackend.packages]``.
    :param mistakes: grows by one line for each mistake.
    :param folder: that paths of patches are relative to; ``None`` to leave patches out.
    """
    mistakes += [f"tool.uv.{key}: uv has no such table; is {near} meant?" for key, near in _misspelt(uv)]
    found: dict[str, Declaration] = {}
    # What uv's tables say of dependencies counts least, so it comes first.
    tables = [*_uv_metadata(uv), *_uv_build_tables(uv, mistakes).items()]
    for name, table in tables:
        found[name] = found.get(name, Declaration()).plus(_declared_by_uv(name, table, mistakes))
    for name, table in ours.items() if isinstance(ours, dict) else ():
        entries = packages.checked(canonicalize_name(name), table, mistakes)
        key = f"{TABLE}.{packages.KEY}.{canonicalize_name(name)}"
        said = Declaration() if entries is None else _ours(entries, key, folder, mistakes)
        theirs = found.get(canonicalize_name(name), Declaration())
        if said.dependencies is not None:  # for all versions, whatever uv says of one
            theirs = replace(theirs, dependencies_of={})
        found[canonicalize_name(name)] = theirs.plus(said)
    return found


def _ours(entries: Entries, key: str, folder: Path | None, mistakes: list[str]) -> Declaration:
    """What a table of ours declares, its patches read; each that cannot be is a mistake."""
    if folder is None:
        return declarations.from_entries(entries, key)

    def read(path: str) -> SourcePatch:
        try:
            return source_patch.of_file(folder / path)
        except AugbackendError as error:
            mistakes.append(f"{key}.patches: {path}: {error.what}")
            return SourcePatch(path, b"", ())

    return declarations.from_entries(entries, key, read)


def undeclared(uv: Mapping[str, Any], ours: Any) -> dict[str, str]:
    """Packages that ``[tool.uv]`` names without a word of what their builds need, by canonical name: why not to wrap.

    uv resolves by ``dependency-metadata`` without a build, and builds a ``no-build-isolation-package`` in an
    environment that somebody has prepared. An archive of upstream and nothing else would not build anywhere.
    """
    named: set[str] = {canonicalize_name(name) for name in (ours if isinstance(ours, dict) else ())}
    named |= {*_uv_build_tables(uv, [])}
    found = dict.fromkeys((name for name, _ in _uv_metadata(uv)), "tool.uv.dependency-metadata")
    apart = map(canonicalize_name, strings(uv.get("no-build-isolation-package")))
    found.update(dict.fromkeys(apart, "tool.uv.no-build-isolation-package"))
    return {
        name: f"{key} does not say what its build needs; augbackend diagnose --no-build {name} reads that, for"
        " tool.uv.extra-build-dependencies"
        for name, key in found.items()
        if name not in named
    }


def indexes(uv: Mapping[str, Any]) -> Sources:
    """uv's indexes, without those that are for single packages only."""
    listed = [one for one in _index_tables(uv) if not one.get("explicit")]
    flat = [str(one["url"]) for one in listed if one.get("format") == "flat"]
    plain = [one for one in listed if one.get("format") != "flat"]
    default = next((str(one["url"]) for one in plain if one.get("default")), str(uv.get("index-url", "")))
    extra = [str(one["url"]) for one in plain if not one.get("default")]
    extra += strings(uv.get("extra-index-url"))
    return Sources(default, tuple(extra), (*flat, *strings(uv.get("find-links"))))


def of_member(own: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """What uv reads of a workspace's member: its sources and indexes. These may name the root's indexes, too.

    :param own: ``[tool.uv]`` of the member.
    :param root: ``[tool.uv]`` of the root.
    """
    table = own if isinstance(own, dict) else {}
    return {"sources": table.get("sources", {}), "index": [*_index_tables(table), *_index_tables(root)]}


def named_indexes(*uvs: Mapping[str, Any]) -> dict[str, NamedIndex]:
    """The indexes that a source can name, by name; the first of a name counts."""
    named = [one for uv in uvs for one in _index_tables(uv) if isinstance(one.get("name"), str)][::-1]
    return {str(one["name"]): NamedIndex(str(one["url"]), one.get("format") == "flat") for one in named}


def other_indexes(*uvs: Mapping[str, Any]) -> frozenset[str]:
    """The URLs of all indexes but the default one, as a lock has them: without credentials."""
    listed = [one for uv in uvs for one in _index_tables(uv)]
    return frozenset(index.shown(str(one["url"])).rstrip("/") for one in listed if not one.get("default"))


def _misspelt(uv: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Keys that are almost one that is read here, each with that one: uv ignores the whole table then."""
    for key in uv:
        if key not in _READ and key not in _LIKE_THEM:
            plain = key.lower().replace("_", "-")
            likeness = 0.6 if plain.startswith(_BEGIN_SO) else 0.82
            yield from ((key, near) for near in difflib.get_close_matches(plain, _READ, 1, likeness))


def _uv_build_tables(uv: Mapping[str, Any], mistakes: list[str]) -> dict[str, dict[str, Any]]:
    """uv's tables in the form of ours: uv sorts by key and then by package, we by package."""
    found: dict[str, dict[str, Any]] = {}
    for theirs, key in _UV_KEYS.items():
        table = uv.get(theirs, {})
        if not isinstance(table, dict):
            mistakes.append(f"tool.uv.{theirs}: found {found_instead(table)}, expected a table")
            continue
        for name, value in table.items():
            found.setdefault(canonicalize_name(name), {})[key] = _escaped(value) if "variables" in key else value
    return found


def _uv_metadata(uv: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """``[[tool.uv.dependency-metadata]]`` as our keys, by package; with a ``version``, if it is for one only.

    An entry without ``requires-dist`` says that there are no dependencies.
    """
    entries = uv.get("dependency-metadata", [])
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            keys = ("version", "requires-dist", "requires-python", "provides-extra")
            said = {key: entry[key] for key in keys if key in entry}
            said.setdefault("requires-dist", [])
            yield canonicalize_name(entry["name"]), {**said, "override": True}


def _escaped(value: Any) -> Any:
    """uv's values are taken as they stand, ours are templates."""
    if not isinstance(value, dict):
        return value
    return {name: item.replace("$", "$$") if isinstance(item, str) else item for name, item in value.items()}


def _declared_by_uv(name: str, table: Any, mistakes: list[str]) -> Declaration:
    """What uv's tables declare for one package; a message names the keys as uv has them."""
    found: list[str] = []
    package = packages.checked(name, table, found)
    if package is not None:
        return declarations.from_entries(package, "tool.uv.extra-build-dependencies")
    theirs = {ours: key for key, ours in _UV_KEYS.items()}
    pattern = rf"{TABLE}\.packages\.{re.escape(name)}\.([\w-]+)"
    mistakes += [re.sub(pattern, lambda key: f"tool.uv.{theirs.get(key[1], key[1])}.{name}", line) for line in found]
    return Declaration()


def _index_tables(uv: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = uv.get("index", [])
    return [one for one in listed if isinstance(one, dict) and one.get("url")] if isinstance(listed, list) else []
