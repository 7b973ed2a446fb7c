"""What a project says of its dependencies' builds, and the jobs that follow from it.

::

    [tool.uv], [tool.augbackend.packages] -> Project
    Project, its lock, its pins -> a Job for each package and each version that it is locked to
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend import checking, sources
from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import index, sdist
from augbackend.cli.fetch.index import Sources
from augbackend.cli.fetch.upstream import Target
from augbackend.cli.model.augmentation import Augmentation, Extra
from augbackend.cli.wrapping import static_metadata
from augbackend.errors import SettingsError
from augbackend.settings import Package

from . import lock_files, runtime_versions
from .runtime_versions import Consumer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from augbackend.cli.fetch.upstream import Lookup
    from augbackend.cli.model.locked_version import Locked
    from augbackend.cli.wrapping.static_metadata import Dependencies

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
    :param skipped: why there is nothing to wrap; empty if there is something.
    """

    target: Target
    augmentation: Augmentation
    version_from: str
    marker: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class Asked:
    """What the project asks for one package.

    :param package: what its tables say, taken together.
    :param whys: for each of its build requirements, the table that it is from.
    :param words: dependencies that are stated for single versions.
    """

    package: Package
    whys: tuple[str, ...]
    words: Mapping[str, Dependencies]


@dataclass(frozen=True)
class Project:
    """A ``pyproject.toml`` that says what its dependencies' builds need.

    :param packages: by canonical name.
    :param uses_uv: whether ``[tool.uv.sources]`` means something to it.
    :param other_indexes: URLs of its indexes, the default one aside.
    :param asked: versions for ``match-runtime`` that are stronger than the lock.
    """

    file: Path
    document: dict[str, Any]
    packages: Mapping[str, Asked]
    locked: tuple[Locked, ...]
    uses_uv: bool
    sources: Sources
    other_indexes: frozenset[str]
    asked: tuple[str, ...] = ()


def read(folder: Path, lock: Path | None = None) -> Project | None:
    """Read the project in ``folder``; ``None`` if there is none that says anything.

    :param lock: what it is locked by, if not by the lock that lies there.
    :raises SettingsError: with all mistakes at once.
    """
    file = folder / "pyproject.toml"
    if not file.is_file():
        return None
    document = sources.read_pyproject(folder)
    uv = sources.at(document, "tool", "uv", default={})
    if not isinstance(uv, dict):
        raise SettingsError(str(file), [f"tool.uv: found {checking.found(uv)}, expected a table"])
    if (folder / "uv.toml").is_file():  # uv reads it instead of the table, sources aside
        uv = {
            **lock_files.parsed(folder / "uv.toml", "mend the file there"),
            "sources": sources.at(uv, "sources", default={}),
        }
    mistakes: list[str] = []
    ours = sources.at(document, "tool", "augbackend", "packages", default={})
    tables = [(_from_uv(uv, mistakes), "tool.uv"), (_canonical(ours), "")]
    packages: dict[str, Asked] = {}
    for table, origin in tables:
        for name, value in table.items():
            package = _checked(name, value, origin, mistakes)
            if package is not None:
                why = f"{origin}.extra-build-dependencies" if origin else f"tool.augbackend.packages.{name}"
                asked = Asked(package, (why,) * len(package.extra_build_dependencies), {})
                packages[name] = _merged(packages[name], asked) if name in packages else asked
    for name, version, value in _stated(uv):
        package = _checked(name, value, "tool.uv", mistakes)
        if package is not None:
            word = Asked(Package(), (), {version: _word(package)}) if version else Asked(package, (), {})
            packages[name] = _merged(word, packages.get(name, Asked(Package(), (), {})))
    if mistakes:
        raise SettingsError(str(file), mistakes)
    if not packages:
        return None
    uses_uv = bool(uv) or (folder / "uv.lock").is_file()
    others = frozenset(str(one["url"]).rstrip("/") for one in _indexes(uv) if not one.get("default"))
    locked = lock_files.read_file(lock) if lock else lock_files.read(folder)
    return Project(
        file, document, packages, locked, uses_uv, _sources(uv), others, runtime_versions.overrides(os.environ)
    )


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


def jobs(project: Project, targets: Sequence[str], lookup: Lookup, local_version: str = "") -> list[Job]:
    """The packages to wrap: all, or those that are named, each in the versions that it is locked to.

    :param local_version: a label for those that the project gives none.
    """
    asked: dict[str, Requirement] = {canonicalize_name(Requirement(text).name): Requirement(text) for text in targets}
    found = [job for name in sorted(asked or project.packages) for job in _jobs(project, name, asked.get(name), lookup)]
    return [_labelled(job, local_version) for job in found]


def _labelled(job: Job, label: str) -> Job:
    label = job.augmentation.local_version or label
    return replace(job, augmentation=replace(job.augmentation, local_version=label))


def _jobs(project: Project, name: str, asked: Requirement | None, lookup: Lookup) -> list[Job]:
    augmentation = _augmentation(project, name)
    if asked is not None and asked.specifier:
        return [Job(Target(name, requirement=f"{name}{asked.specifier}"), augmentation, "named on the command line")]
    wanted = lock_files.requirements(project.document, name)
    found = [one for one in project.locked if one.name == name]
    stale = ""
    if found and lock_files.are_allowed(found, wanted):
        return [_locked_job(project, one, augmentation, lookup, is_named=asked is not None) for one in found]
    if found:
        stale = f"; {found[0].source} is locked to {found[0].version}, which the project does not allow"
    direct = _direct(project, name, wanted, lookup.output)
    if direct is not None:
        return [Job(direct, augmentation, f"pointed to in pyproject.toml{stale}")]
    if project.locked and not wanted and asked is None:
        return [Job(Target(name), augmentation, "", skipped="this project does not depend on it")]
    pointed = uv_sources.source(project.document, name).get("path")
    is_ours = pointed is not None and _is_ours(project.file.parent / str(pointed), lookup.output)
    is_named = asked is not None or lookup.offline or is_ours
    return [
        replace(job, version_from=job.version_from + stale)
        for job in _chosen(name, wanted, augmentation, lookup, is_named=is_named)
    ]


def _chosen(
    name: str, wanted: Sequence[Requirement], augmentation: Augmentation, lookup: Lookup, *, is_named: bool
) -> Iterator[Job]:
    """What the project itself says of a version, where no lock does."""
    for choice in lock_files.choices(wanted):
        requirement = f"{name}{choice.specifier}"
        why = "pinned in pyproject.toml" if choice.pin else f"the newest that {requirement} allows"
        wheel = None if is_named else index.find_wheel(Requirement(requirement), lookup.where)
        target = Target(name, requirement=f"{name}=={choice.pin}" if choice.pin else requirement)
        yield Job(target, augmentation, why, choice.marker, _fits(wheel.filename) if wheel else "")


def _locked_job(project: Project, one: Locked, augmentation: Augmentation, lookup: Lookup, *, is_named: bool) -> Job:
    wheel = "" if is_named else one.wheel_here()
    pin = Target(one.name, requirement=f"{one.name}=={one.version}")
    if one.path is not None and _is_ours(one.path, lookup.output):
        target = _before(project, one.name, one.path) or pin
    elif one.path is not None:
        target = Target(one.name, path=one.path, sha256="" if one.path.is_dir() else one.sha256)
    else:
        target = Target(one.name, url=one.url, sha256=one.sha256) if one.url else pin
    return Job(target, augmentation, f"locked in {one.source}", one.marker, _fits(wheel) if wheel else "")


def _fits(wheel: str) -> str:
    return f"{wheel} fits this platform; name it to wrap it anyway"


def _direct(project: Project, name: str, wanted: Sequence[Requirement], output: Path) -> Target | None:
    """What the project itself points to, in a requirement or in uv's sources."""
    url = next((one.url for one in wanted if one.url), None)
    if url:
        return Target(name, url=url)
    source = uv_sources.source(project.document, name)
    path = (project.file.parent / str(source["path"])) if "path" in source else None
    if path is not None and _is_ours(path, output):
        return _before(project, name, path)
    return _pointed(project, name, source)


def _is_ours(path: Path, output: Path) -> bool:
    """Whether a path is an archive of ours: one in today's output folder, even if it is gone, or one that says so."""
    return output.resolve() in path.resolve().parents or (path.is_file() and bool(sdist.origin(path)))


def _before(project: Project, name: str, archive: Path) -> Target | None:
    """What an archive of ours was made from, unless an index has it: a repository at its commit, a file, a URL."""
    source = uv_sources.before(project.file.read_text(encoding="utf-8"), name)
    if "git" in source and archive.is_file():
        commit = sdist.origin(archive).get("url")
        if commit:
            return Target(name, url=str(commit))
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
    asked = project.packages[name]
    package, extras = asked.package, []
    for entry, why in zip(package.extra_build_dependencies, asked.whys):
        if entry.match_runtime:
            consumer = Consumer(project.document, project.locked, project.other_indexes, project.asked)
            extras += runtime_versions.matched(entry, why, consumer)
        else:
            extras.append(Extra(entry, why))
    return Augmentation(
        tuple(extras),
        package.remove_build_dependencies,
        {key: _variable(value) for key, value in package.extra_build_variables.items()},
        {key: list(value) if isinstance(value, tuple) else value for key, value in package.config_settings.items()},
        package.local_version,
        _word(package) if package.requires_dist is not None else None,
        asked.words,
        package.pin_runtime,
    )


def _word(package: Package) -> Dependencies:
    given = static_metadata.by_word(package.requires_dist or ())
    extras = tuple(canonicalize_name(extra) for extra in package.provides_extra)
    return replace(given, requires_python=package.requires_python, provides_extra=extras or given.provides_extra)


def _variable(value: Any) -> Any:
    if not value.marker and not value.default:
        return value.value
    table = {"value": value.value, "default": value.default}
    return {**table, "marker": value.marker} if value.marker else table


def _from_uv(uv: Mapping[str, Any], mistakes: list[str]) -> dict[str, dict[str, Any]]:
    """uv's tables, which go by kind and then by package, as ours, which go by package."""
    found: dict[str, dict[str, Any]] = {}
    for theirs, ours in _UV_KEYS.items():
        table = uv.get(theirs, {})
        if not isinstance(table, dict):
            mistakes.append(f"tool.uv.{theirs}: found {checking.found(table)}, expected a table")
            continue
        for name, value in table.items():
            found.setdefault(canonicalize_name(name), {})[ours] = _literal(value) if "variables" in ours else value
    return found


def _stated(uv: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """``[[tool.uv.dependency-metadata]]`` as (project, version or nothing, our keys)."""
    entries = uv.get("dependency-metadata", [])
    keys = ("requires-dist", "requires-python", "provides-extra")
    return [
        (
            canonicalize_name(str(entry.get("name"))),
            str(entry.get("version", "")),
            {key: entry[key] for key in keys if key in entry},
        )
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and "requires-dist" in entry
    ]


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


def _merged(first: Asked, second: Asked) -> Asked:
    """What both tables say; where they differ, the second."""
    one, other = first.package, second.package
    package = Package(
        (*one.extra_build_dependencies, *other.extra_build_dependencies),
        (*one.remove_build_dependencies, *other.remove_build_dependencies),
        {**one.extra_build_variables, **other.extra_build_variables},
        {**one.config_settings, **other.config_settings},
        other.local_version or one.local_version,
        {**one.pin_runtime, **other.pin_runtime},
        one.requires_dist if other.requires_dist is None else other.requires_dist,
        other.requires_python or one.requires_python,
        other.provides_extra or one.provides_extra,
    )
    return Asked(package, (*first.whys, *second.whys), {**first.words, **second.words})


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
    extra += _strings(uv.get("extra-index-url"))
    return Sources(default, tuple(extra), (*flat, *_strings(uv.get("find-links"))))


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
