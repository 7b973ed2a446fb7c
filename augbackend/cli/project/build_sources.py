"""Build requirements that ``[tool.uv.sources]`` gives a place of their own: an archive has to name that place itself.

uv applies sources to ``extra-build-dependencies``. A build of the archive knows no sources, and would take the default
index's distribution of that name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.edit import uv_sources
from augbackend.cli.fetch import index, sdist
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.declaration import BuildRequirement, MatchedVersion
from augbackend.errors import AugbackendError
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_KEY = "tool.uv.sources"


@dataclass(frozen=True)
class BuildSource:
    """Where a project takes a package from.

    :param url: of the one distribution or repository that serves every environment; empty if only a lock says more.
    :param is_path: whether it is on this machine.
    :param indexes: of each index that it is taken from the name, and the marker of where it is; empty for everywhere.
    """

    url: str = ""
    is_path: bool = False
    indexes: tuple[tuple[str, str], ...] = ()


def read(uv: Mapping[str, Any], folder: Path) -> dict[str, BuildSource]:
    """The sources of ``[tool.uv]`` that a build of an archive does not know, by canonical name.

    Sources of a single extra or group do not apply to builds, nor does the default index need a word.
    """
    table = uv.get("sources", {})
    found: dict[str, BuildSource] = {}
    for name, value in table.items() if isinstance(table, dict) else ():
        listed = uv_sources.tables(value)
        meant = [one for one in listed if not ("extra" in one or "group" in one or _is_usual(one, uv, folder))]
        if meant:
            found[canonicalize_name(name)] = _meant_source(meant)
    return found


def of_workspace(uvs: Mapping[Path, Mapping[str, Any]]) -> dict[str, BuildSource]:
    """The same of a whole workspace, in which each package is in one place.

    :param uvs: ``[tool.uv]`` by folder: the root's, and those of the members.
    """
    found: dict[str, BuildSource] = {}
    for folder, uv in uvs.items():
        for name, source in read(uv, folder).items():
            # Members that differ have to conflict: then only the lock says which place is for which.
            found[name] = source if found.get(name, source) == source else BuildSource()
    return found


def direct(requirement: BuildRequirement, source: BuildSource) -> list[BuildRequirement]:
    """A requirement at the URL of its source.

    :raises AugbackendError: if everybody who gets the archive could read credentials in it.
    """
    name, asked = requirement.name, requirement.parsed
    if "@" in source.url.partition("://")[2].partition("/")[0] and "ssh://" not in source.url:
        raise CliError(
            f"the URL of {name} has credentials in it, which everybody who gets the archive could read",
            id="credentials-in-url",
            where=f"{_KEY}.{name}",
            hint="leave them out there, and keep them in a netrc file or a keyring",
        )
    extras = f"[{','.join(sorted(asked.extras))}]" if asked.extras else ""
    text = f"{asked.name}{extras} @ {source.url}" + (f" ; {asked.marker}" if asked.marker else "")
    why = f"{requirement.origin}, from {_KEY}"
    if not requirement.entry.match_runtime:
        return [BuildRequirement(replace(requirement.entry, requirement=text, marker=""), why)]
    entry = replace(requirement.entry, requirement=requirement.entry.text, marker="", locked=(text,))
    try:
        version = str(parse_wheel_filename(index.filename(source.url))[1])
    except InvalidWheelFilename:
        return [BuildRequirement(entry, why)]
    return [BuildRequirement(entry, why, (MatchedVersion(version, ""),))]


def refused(requirement: BuildRequirement, source: BuildSource, found: str = "", why: str = "") -> CliError:
    """Why a build of the archive cannot have it from there.

    :param found: the version that the lock has, if it is of no use.
    :param why: its index does not say, where no lock does.
    """
    name = requirement.name
    what = f"the build needs {requirement.entry.text!r}, and the project takes {name} from a place of its own"
    if source.is_path:
        what = f"the build needs {requirement.entry.text!r}, and the project takes {name} from a path of this machine"
        hint = f"no archive can name it: give {_KEY}.{name} a url, a git repository, or an index, and lock the project"
    elif found:
        hint = f"the project is locked to {name} {found}: ask for that version, then run this again"
    else:
        hint = f"{f'{why}; ' if why else ''}the lock says its URL: run uv lock, then this again"
    return CliError(what, id="source-of-its-own", where=f"{requirement.origin}, {_KEY}.{name}", hint=hint)


def is_elsewhere(text: str) -> bool:
    """Whether a requirement cannot be met by another distribution of the default index, whatever that has."""
    asked = Requirement(text)
    return bool(asked.url) or any("+" in one.version for one in asked.specifier)


def is_ours(source: Mapping[str, Any], folder: Path) -> bool:
    """Whether a source is an archive of ours, or was one that is gone."""
    file = folder / str(source.get("path", ""))
    return file.suffix == ".gz" and (not file.is_file() or _is_wrapped(file))


def _meant_source(meant: list[dict[str, Any]]) -> BuildSource:
    urls = [str(one[key]) for one in meant for key in ("url", "git") if key in one]
    if any("path" in one or "workspace" in one for one in meant) or any(map(_is_on_this_machine, urls)):
        return BuildSource(is_path=True)
    if all("index" in one for one in meant):
        return BuildSource(indexes=tuple((str(one["index"]), str(one.get("marker", ""))) for one in meant))
    one = meant[0]
    if len(meant) > 1 or one.get("marker"):
        return BuildSource()
    subdirectory = f"#subdirectory={one['subdirectory']}" if "subdirectory" in one else ""
    if "git" in one:
        revision = next((f"@{one[key]}" for key in ("rev", "tag", "branch") if key in one), "")
        return BuildSource(f"git+{one['git']}{revision}{subdirectory}")
    return BuildSource(f"{one['url']}{subdirectory}" if "url" in one else "")


def _is_usual(one: Mapping[str, Any], uv: Mapping[str, Any], folder: Path) -> bool:
    """Whether a build of an archive takes it from the same place by itself, or it is an archive of ours."""
    if "path" in one:
        return is_ours(one, folder)
    listed = layers.at(uv, "index", default=[])
    tables = [it for it in listed if isinstance(it, dict)] if isinstance(listed, list) else []
    is_default = any(it.get("name") == one.get("index") and it.get("default") for it in tables)
    return bool("index" in one and is_default) or not one.keys() & {"index", "url", "git", "workspace"}


def _is_on_this_machine(url: str) -> bool:
    return url.startswith("file:") or "://" not in url


def _is_wrapped(file: Path) -> bool:
    try:
        return bool(sdist.origin(file))
    except AugbackendError:  # no sound archive, so none of ours
        return False
