"""What a project says of its dependencies' builds, and the jobs that follow from it.

::

    [tool.uv], [tool.augbackend.packages] -> Project
    Project, its lock, its pins -> a Job for each package and each version that it is locked to
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from augbackend import checking, sources
from augbackend.errors import AugbackendError, SettingsError
from augbackend.settings import BuildDependency, Package

from . import index, locks, sdist, static_metadata, uv_sources, wheel_marker
from .augmentation import Augmentation, Extra
from .index import Sources
from .upstream import Target, exact_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .locks import Locked
    from .upstream import Lookup

FOLDER = "wrapped"
_UV_KEYS = {
    "extra-build-dependencies": "extra-build-dependencies",
    "extra-build-variables": "extra-build-variables",
    "config-settings-package": "config-settings",
}


@dataclass(frozen=True)
class Job:
    """One package to wrap.

    :param version_from: which file or option said which version; empty where the target itself does.
    :param marker: where this version is the one to use; empty for everywhere.
    :param wheel: a wheel that fits this platform, so that there is nothing to wrap; empty if there is none.
    """

    target: Target
    augmentation: Augmentation
    version_from: str
    marker: str = ""
    wheel: str = ""


@dataclass(frozen=True)
class Project:
    """A ``pyproject.toml`` that says what its dependencies' builds need.

    :param packages: by canonical name, with the tables that it was read from.
    :param uses_uv: whether ``[tool.uv.sources]`` means something to it.
    :param other_indexes: URLs of its indexes, the default one aside.
    """

    file: Path
    document: dict[str, Any]
    packages: Mapping[str, tuple[Package, str]]
    locked: tuple[Locked, ...]
    uses_uv: bool
    sources: Sources
    other_indexes: frozenset[str]


def read(folder: Path) -> Project | None:
    """Read the project in ``folder``; ``None`` if there is none that says anything.

    :raises SettingsError: with all mistakes at once.
    """
    file = folder / "pyproject.toml"
    if not file.is_file():
        return None
    document = sources.read_pyproject(folder)
    uv = sources.at(document, "tool", "uv", default={})
    if (folder / "uv.toml").is_file():  # uv reads it instead of the table, sources aside
        uv = {**_parsed(folder / "uv.toml"), "sources": sources.at(uv, "sources", default={})}
    tables = [
        (_from_uv(uv), "tool.uv"),
        (_canonical(sources.at(document, "tool", "augbackend", "packages", default={})), ""),
    ]
    packages: dict[str, tuple[Package, str]] = {}
    mistakes: list[str] = []
    for table, origin in tables:
        for name, value in table.items():
            package = _checked(name, value, origin, mistakes)
            if package is not None:
                merged = _merged(packages[name][0], package) if name in packages else package
                why = f"{origin}.extra-build-dependencies" if origin else f"tool.augbackend.packages.{name}"
                packages[name] = (merged, why)
    if mistakes:
        raise SettingsError(str(file), mistakes)
    if not packages:
        return None
    uses_uv = bool(uv) or (folder / "uv.lock").is_file()
    others = frozenset(str(one["url"]).rstrip("/") for one in _indexes(uv) if not one.get("default"))
    return Project(file, document, packages, locks.read(folder), uses_uv, _sources(uv), others)


def names_all(project: Project, targets: Sequence[str]) -> bool:
    """Whether every target is a package that the project has something to say of."""
    for text in targets:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return False
        if requirement.url or canonicalize_name(requirement.name) not in project.packages:
            return False
    return True


def jobs(project: Project, targets: Sequence[str], lookup: Lookup) -> list[Job]:
    """The packages to wrap: all, or those that are named, each in the versions that it is locked to."""
    asked: dict[str, Requirement] = {canonicalize_name(Requirement(text).name): Requirement(text) for text in targets}
    return [job for name in sorted(asked or project.packages) for job in _jobs(project, name, asked.get(name), lookup)]


def _jobs(project: Project, name: str, asked: Requirement | None, lookup: Lookup) -> list[Job]:
    augmentation = _augmentation(project, name)
    if asked is not None and asked.specifier:
        return [Job(Target(name, requirement=f"{name}{asked.specifier}"), augmentation, "named on the command line")]
    wanted = locks.requirements(project.document, name)
    allowed = SpecifierSet(",".join(str(one.specifier) for one in wanted if one.specifier))
    found = [one for one in project.locked if one.name == name]
    if found and all(not one.version or allowed.contains(one.version, prereleases=True) for one in found):
        return [_locked_job(project, one, augmentation, lookup, is_named=asked is not None) for one in found]
    stale = f"; {found[0].source} is locked to {found[0].version}, which the project does not allow" if found else ""
    direct = _direct(project, name, wanted, lookup.output)
    if direct is not None:
        return [Job(direct, augmentation, f"pointed to in pyproject.toml{stale}")]
    pin = next(filter(None, map(exact_version, wanted)), "")
    requirement = f"{name}=={pin}" if pin else f"{name}{allowed}"
    why = f"pinned in pyproject.toml{stale}" if pin else f"the newest that {requirement} allows{stale}"
    wheel = None if asked is not None or lookup.offline else index.find_wheel(Requirement(requirement), lookup.where)
    return [Job(Target(name, requirement=requirement), augmentation, why, wheel=wheel.filename if wheel else "")]


def _locked_job(project: Project, one: Locked, augmentation: Augmentation, lookup: Lookup, *, is_named: bool) -> Job:
    wheel = "" if is_named else one.wheel_here()
    pin = Target(one.name, requirement=f"{one.name}=={one.version}")
    if one.path is not None and lookup.output.resolve() in one.path.resolve().parents:
        target = _before(project, one.name, one.path) or pin
    elif one.path is not None:
        target = Target(one.name, path=one.path)
    else:
        target = Target(one.name, url=one.url, sha256=one.sha256) if one.url else pin
    return Job(target, augmentation, f"locked in {one.source}", one.marker, wheel)


def _direct(project: Project, name: str, wanted: Sequence[Requirement], output: Path) -> Target | None:
    """What the project itself points to, in a requirement or in uv's sources."""
    url = next((one.url for one in wanted if one.url), None)
    if url:
        return Target(name, url=url)
    source = uv_sources.source(project.document, name)
    path = (project.file.parent / str(source["path"])) if "path" in source else None
    if path is not None and output.resolve() in path.resolve().parents:
        return _before(project, name, path)
    return _pointed(project, name, source)


def _before(project: Project, name: str, archive: Path) -> Target | None:
    """What an archive of ours was made from, unless an index has it: a repository at its commit, a file, a URL."""
    source = uv_sources.before(project.file.read_text(encoding="utf-8"), name)
    if "git" in source and archive.is_file():
        with sdist.opened(archive) as opened:
            text = (opened.read("pyproject.toml") or b"").decode("utf-8", "replace")
        commit = str(sources.at(sources.toml(text), "tool", "augbackend", "origin", "url", default=""))
        if commit:
            return Target(name, url=commit)
    return _pointed(project, name, source)


def _pointed(project: Project, name: str, source: Mapping[str, Any]) -> Target | None:
    subdirectory = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
    if "git" in source:
        revision = next((f"@{source[key]}" for key in ("rev", "tag", "branch") if key in source), "")
        return Target(name, url=f"git+{source['git']}{revision}{subdirectory}")
    if "url" in source:
        return Target(name, url=str(source["url"]))
    return Target(name, path=project.file.parent / str(source["path"])) if "path" in source else None


def _augmentation(project: Project, name: str) -> Augmentation:
    package, origin = project.packages[name]
    extras: list[Extra] = []
    for entry in package.extra_build_dependencies:
        extras += _matched(project, entry, origin) if entry.match_runtime else [Extra(entry, origin)]
    word = None
    if package.requires_dist is not None:
        given = static_metadata.by_word(package.requires_dist)
        extras_given = tuple(canonicalize_name(extra) for extra in package.provides_extra)
        word = replace(
            given, requires_python=package.requires_python, provides_extra=extras_given or given.provides_extra
        )
    return Augmentation(
        tuple(extras),
        package.remove_build_dependencies,
        {key: _variable(value) for key, value in package.extra_build_variables.items()},
        {key: list(value) if isinstance(value, tuple) else value for key, value in package.config_settings.items()},
        word,
    )


def _variable(value: Any) -> Any:
    if not value.marker and not value.default:
        return value.value
    table = {"value": value.value, "default": value.default}
    return {**table, "marker": value.marker} if value.marker else table


def _matched(project: Project, entry: BuildDependency, origin: str) -> list[Extra]:
    """A requirement in the version that the project is locked to, or pins: one for each fork of the lock."""
    requirement = Requirement(entry.requirement)
    name = canonicalize_name(requirement.name)
    found = [one for one in project.locked if one.name == name and one.version]
    wanted = locks.requirements(project.document, name)
    allowed = SpecifierSet(",".join(str(one.specifier) for one in wanted if one.specifier))
    if not all(allowed.contains(one.version, prereleases=True) for one in found):
        found = []
    if found:
        return [extra for one in found for extra in _matched_to(project, entry, origin, one)]
    pin = next(filter(None, map(exact_version, wanted)), "")
    if pin:
        return [Extra(_with(entry, f"=={pin}", ""), f"{origin}, matched to the pin in pyproject.toml")]
    why = f"{origin}, match-runtime; neither locked nor pinned, so the newest that fits when it builds"
    return [Extra(_with(entry, str(allowed), ""), why)]


def _matched_to(project: Project, entry: BuildDependency, origin: str, one: Locked) -> list[Extra]:
    """One locked version: by its number, or by the URLs of its wheels, if only an index of the project's has it.

    Nothing that builds the archive knows that index; and its wheels are others than those of the same number elsewhere.
    """
    why = f"{origin}, matched to {one.source}"
    is_elsewhere = "+" in one.version or one.registry.rstrip("/") in project.other_indexes
    found = []
    for wheel in one.wheels if is_elsewhere else ():
        marker = wheel_marker.marker(wheel.name)
        if marker is None or not wheel.url:
            continue
        digest = f"#sha256={wheel.sha256}" if wheel.sha256 else ""
        by_url = BuildDependency(
            f"{entry.parsed.name} @ {wheel.url}{digest}", entry.marker, entry.hooks, entry.unless_command
        )
        found.append(Extra(_and(by_url, marker, one.marker), f"{why}, of {one.registry}"))
    return found or [Extra(_with(entry, f"=={one.version}", one.marker), why)]


def _and(entry: BuildDependency, *markers: str) -> BuildDependency:
    """The entry where all the markers hold as well."""
    parts = [part for part in (entry.marker, *markers) if part]
    joined = " and ".join(f"({part})" if len(parts) > 1 and " or " in part else part for part in parts)
    return replace(entry, marker=joined)


def _with(entry: BuildDependency, specifier: str, marker: str) -> BuildDependency:
    requirement = Requirement(entry.requirement)
    requirement.specifier = SpecifierSet(specifier)
    return _and(replace(entry, requirement=str(requirement)), marker)


def _from_uv(uv: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """uv's tables, which go by kind and then by package, as ours, which go by package."""
    found: dict[str, dict[str, Any]] = {}
    for theirs, ours in _UV_KEYS.items():
        table = uv.get(theirs, {})
        for name, value in table.items() if isinstance(table, dict) else ():
            found.setdefault(canonicalize_name(name), {})[ours] = _literal(value) if "variables" in ours else value
    entries = uv.get("dependency-metadata", [])
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and "requires-dist" in entry:
            stated = {key: entry[key] for key in ("requires-dist", "requires-python", "provides-extra") if key in entry}
            found.setdefault(canonicalize_name(str(entry.get("name"))), {}).update(stated)
    return found


def _literal(value: Any) -> Any:
    """uv's values are taken as they stand, ours are templates."""
    if not isinstance(value, dict):
        return value
    return {name: item.replace("$", "$$") if isinstance(item, str) else item for name, item in value.items()}


def _canonical(table: Any) -> dict[str, Any]:
    return {canonicalize_name(name): value for name, value in table.items()} if isinstance(table, dict) else {}


def _checked(name: str, table: Any, origin: str, mistakes: list[str]) -> Package | None:
    found: list[str] = []
    settings = checking.check({"packages": {name: table}}, {}, found)
    if origin:  # name uv's keys as uv has them
        theirs = {ours: key for key, ours in _UV_KEYS.items()}
        pattern = rf"{checking.TABLE}\.packages\.{re.escape(name)}\.([\w-]+)"
        found = [re.sub(pattern, lambda key: f"tool.uv.{theirs.get(key[1], key[1])}.{name}", line) for line in found]
    mistakes += found
    return settings.packages[name] if settings is not None else None


def _merged(first: Package, second: Package) -> Package:
    """What both tables say; where they differ, the second."""
    return Package(
        (*first.extra_build_dependencies, *second.extra_build_dependencies),
        (*first.remove_build_dependencies, *second.remove_build_dependencies),
        {**first.extra_build_variables, **second.extra_build_variables},
        {**first.config_settings, **second.config_settings},
        first.requires_dist if second.requires_dist is None else second.requires_dist,
        second.requires_python or first.requires_python,
        second.provides_extra or first.provides_extra,
    )


def _indexes(uv: Mapping[str, Any]) -> list[dict[str, Any]]:
    listed = uv.get("index", [])
    return [one for one in listed if isinstance(one, dict) and one.get("url")] if isinstance(listed, list) else []


def _sources(uv: Mapping[str, Any]) -> Sources:
    """uv's indexes, those aside that are for single packages only."""
    listed = [
        one for one in uv.get("index", []) if isinstance(one, dict) and one.get("url") and not one.get("explicit")
    ]
    flat = [str(one["url"]) for one in listed if one.get("format") == "flat"]
    plain = [one for one in listed if one.get("format") != "flat"]
    default = next((str(one["url"]) for one in plain if one.get("default")), str(uv.get("index-url", "")))
    extra = [str(one["url"]) for one in plain if not one.get("default")]
    extra += [str(url) for url in uv.get("extra-index-url", [])]
    return Sources(default, tuple(extra), (*flat, *(str(link) for link in uv.get("find-links", []))))


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return sources.toml(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AugbackendError(f"it cannot be read: {error}", where=str(file), hint="mend the file there") from None
