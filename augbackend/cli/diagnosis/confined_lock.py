"""A project without a lock, locked by uv in a copy of it, confined: what uv builds for that is other people's code.

::

    a copy of the project, what is known of packages -> uv lock -> Lock, or the package whose build failed

uv has no index with a password there: what it starts could read that.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import tomlkit
from packaging.utils import canonicalize_name

from augbackend.cli.edit import uv_sources
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project import lock_files
from augbackend.cli.strangers import interpreter, left_file, process, readable, tree_copy
from augbackend.table import layers

from .obstacles import in_the_words_of_installer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.project.lock_files import Lock
    from augbackend.cli.strangers.interpreter import Interpreter

_NAME, _VERSION = r"([A-Za-z0-9][\w.-]{0,200})", r"([\w.+!-]{1,100})"
_FAILED = re.compile(rf"Failed to (?:download and )?build `{_NAME}(?:=={_VERSION}| @ (\S{{1,2000}}))`")
_OTHER = re.compile(rf"Metadata for `{_NAME}` \(v{_VERSION}\) was inconsistent")  # the wheel of another version
_LARGEST = 2**26  # bytes of a lock
_EXTRA = re.compile(r"""\bextra ?== ?["']([\w.-]{1,200})["']""")
# Of the user's variables, those that say which versions are meant, and hold no secret.
_OF_VERSIONS = ("UV_EXCLUDE_NEWER", "UV_PRERELEASE", "UV_INDEX_STRATEGY", "UV_RESOLUTION", "UV_HTTP_TIMEOUT")


@dataclass(frozen=True)
class FailedBuild:
    """The package that uv could not build.

    :param version: empty if it is not from an index.
    :param url: where it is, if it is not from an index.
    """

    name: str
    version: str
    url: str

    @property
    def folder(self) -> Path | None:
        """It, if it is one on this machine."""
        return Path(url2pathname(urlsplit(self.url).path)) if self.url.startswith("file:") else None


@dataclass
class ProjectCopy:
    """A copy of a project that is locked.

    :param folder: of the project itself.
    :param place: of the copy, in a folder that other people's code cannot write to.
    :param document: the ``pyproject.toml`` of the copy, as it is at first.
    :param known: what is known of packages, as uv's ``dependency-metadata``; it grows.
    :param declared: what folders of the user's need to build, for uv builds them whatever it is told of them.
    """

    folder: Path
    place: Path
    document: Mapping[str, Any]
    known: list[dict[str, Any]] = field(default_factory=list)
    declared: dict[str, Declaration] = field(default_factory=dict)

    def tell(self, name: str, version: str, requires: Sequence[str]) -> None:
        """Note what a package requires, so that uv has not to build it."""
        extras = sorted({canonicalize_name(extra) for text in requires for extra in _EXTRA.findall(text)})
        said: dict[str, Any] = {"name": name, "requires-dist": [*requires], "provides-extra": extras}
        self.known.append({**said, **({"version": version} if version else {})})

    def locked(self, python: Interpreter, lookup: Lookup, limit: float) -> Lock | FailedBuild:
        """Lock it.

        :param lookup: where to look, and whether any network is asked.
        :param limit: in seconds.
        :raises AugbackendError: if there is no uv, or it fails for another reason than a build.
        """
        program = interpreter.uv()
        if program is None:
            hint = "put uv on PATH; or name a lock: a pylock.toml, or a requirements file with exact versions"
            raise CliError(
                "the project has no lock, and there is no uv to resolve it", id="neither-lock-nor-uv", hint=hint
            )
        where = lookup.where
        self._write()
        home, cache = self.place.with_name("home"), self.place.with_name("cache")
        for folder in (home, cache):
            folder.mkdir(exist_ok=True)
        environ = {**process.clean_environ(os.environ, home), **_variables_of(where)}
        environ |= {name: os.environ[name] for name in _OF_VERSIONS if name in os.environ}
        environ |= {"UV_CACHE_DIR": str(cache), "UV_PYTHON_DOWNLOADS": "never"}
        command = [program, "lock", "--python", python.path, "--color", "never", "--no-progress"]
        command += [*(["--no-index"] if where.no_index else []), *(["--offline"] if lookup.offline else [])]
        of_python = Path(python.path).resolve().parents[1]
        reads = [*self._outside(), *_link_folders(where), *([] if readable.is_too_much(of_python) else [of_python])]
        # Not what is around these: so nobody can put a link in the place of one.
        ran = process.run(command, self.place, environ, limit, [self.place, home, cache], reads=reads)
        if ran.status == 0:
            return self._lock()
        failed = failed_build(ran.output)
        if failed is None or ran.status is None or not self._is_known(failed.folder):
            said = ran.output.partition("error: ")[2] or ran.output  # warnings are before it
            why = in_the_words_of_installer(said) if ran.status is not None else "the time ran out"
            hint = "uv lock says more; or name a lock: augbackend diagnose pylock.toml|requirements.txt"
            if any(map(_asks_for_password, [where.index_url, *where.extra_index_urls, *where.find_links])):
                hint = "no place that asks for a password is looked in here; name a lock, or requirements with versions"
            raise CliError(
                f"the project cannot be resolved: {why}", id="project-not-resolved", where=str(self.folder), hint=hint
            )
        return failed

    def _lock(self) -> Lock:
        try:
            content = left_file.content(self.place, "uv.lock", _LARGEST)
        except (OSError, ValueError) as error:
            what, hint = f"uv has left no lock: {error}", "run uv lock yourself, then this again"
            raise CliError(what, id="uv-left-no-lock", where=str(self.folder), hint=hint) from None
        return lock_files.that_uv_makes(content, self.folder / "uv.lock")

    def _is_known(self, folder: Path | None) -> bool:
        """Whether a folder is the project's, or one that its sources name: a build may print the name of any."""
        if folder is None:
            return True
        real = [path.resolve() for path in (self.place, *_paths(self.document)) if path.is_absolute()]
        return any(one in (folder.resolve(), *folder.resolve().parents) for one in real)

    def own(self, folder: Path) -> Path:
        """The folder of the project that one of the copy stands for."""
        place, real = self.place.resolve(), folder.resolve()
        return self.folder / real.relative_to(place) if place in (real, *real.parents) else folder

    def _write(self) -> None:
        """The files that uv reads: its own file counts more than the table, where there is one."""
        document = {**self.document}
        if (self.folder / "uv.toml").is_file():
            table = lock_files.parsed(self.folder / "uv.toml", "mend the file there")
            self._replace("uv.toml", self._with_known(table))
        else:
            tool = layers.at(document, "tool", default={})
            uv = layers.at(tool, "uv", default={})
            document["tool"] = {**tool, "uv": self._with_known(uv)}
        self._replace("pyproject.toml", document)

    def _replace(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a file anew; what was there may be a link that other people's code has left."""
        file = self.place / name
        file.unlink(missing_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(tomlkit.dumps(document))

    def _with_known(self, uv: Mapping[str, Any]) -> dict[str, Any]:
        said = uv.get("dependency-metadata", [])
        requirements = {name: list(one.requirement_texts.values()) for name, one in self.declared.items()}
        variables = {name: one.variable_values for name, one in self.declared.items()}
        return {
            **uv,
            "dependency-metadata": [*(said if isinstance(said, list) else ()), *self.known],
            "extra-build-dependencies": {**uv.get("extra-build-dependencies", {}), **requirements},
            "extra-build-variables": {**uv.get("extra-build-variables", {}), **variables},
        }

    def _outside(self) -> list[Path]:
        """What the project's sources lead to beside it."""
        return [path for path in _paths(self.document) if path.is_absolute() and path.exists()]


def copy(folder: Path, within: Path) -> ProjectCopy:
    """Copy a project that uv can lock.

    :param within: a new folder for it.
    :raises AugbackendError: if it cannot be copied.
    """
    place = tree_copy.copied(folder, within / "project")
    return ProjectCopy(folder, place, _with_whole_paths(layers.read_pyproject(folder), folder.resolve()))


def made(
    folder: Path, requirements: Sequence[str], environments: Sequence[str], python: str, within: Path
) -> ProjectCopy:
    """A project that asks for the same as one that uv does not know.

    :param folder: of that one, which paths are relative to.
    :param environments: markers; empty for all.
    :param python: ``requires-python``.
    :param within: a new folder for it.
    """
    place = within / "project"
    place.mkdir()
    project = {"name": "augbackend-resolution", "version": "0", "dependencies": [*requirements]}
    project.update({"requires-python": python} if python else {})
    uv: dict[str, Any] = {"package": False, **({"environments": [*environments]} if environments else {})}
    return ProjectCopy(folder, place, {"project": project, "tool": {"uv": uv}})


def _with_whole_paths(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A document whose paths to what is not in the copy are whole: to places beside the project, and to archives."""

    def whole(value: Any) -> Any:
        if isinstance(value, list):
            return [whole(one) for one in value]
        path = folder / str(value["path"]) if isinstance(value, dict) and "path" in value else folder
        is_copied = path.is_dir() and folder in (path.resolve(), *path.resolve().parents)
        return value if is_copied else {**value, "path": os.path.normpath(path)}

    uv = layers.at(document, "tool", "uv", default={})
    sources = layers.at(uv, "sources", default={})
    links = [one if "://" in one else os.path.normpath(folder / one) for one in _strings(uv.get("find-links"))]
    indexes = [_with_whole_url(one, folder) for one in uv.get("index", []) if isinstance(one, dict)]
    new = {
        **uv,
        **({"sources": {name: whole(value) for name, value in sources.items()}} if sources else {}),
        **({"find-links": links} if links else {}),
        **({"index": indexes} if indexes else {}),
    }
    return {**document, "tool": {**layers.at(document, "tool", default={}), "uv": new}}


def _with_whole_url(one: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    url = str(one.get("url", ""))
    return {**one, "url": url if "://" in url else os.path.normpath(folder / url)}


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _paths(document: Mapping[str, Any]) -> Iterator[Path]:
    """What the document leads to by paths."""
    uv = layers.at(document, "tool", "uv", default={})
    for value in layers.at(uv, "sources", default={}).values():
        yield from (Path(str(one["path"])) for one in uv_sources.tables(value) if "path" in one)
    places = [*_strings(uv.get("find-links")), *(str(one.get("url", "")) for one in uv.get("index", []))]
    for place in places:
        yield Path(url2pathname(urlsplit(place).path)) if place.startswith("file:") else Path(place)


def _variables_of(where: Sources) -> dict[str, str]:
    """uv's variables for where to look, without the places that ask for a password."""
    urls = [url for url in (where.index_url, *where.extra_index_urls) if url and not _asks_for_password(url)]
    links = [Path(link).resolve().as_uri() if Path(link).exists() else link for link in where.find_links]
    told = {"UV_FIND_LINKS": ",".join(link for link in links if not _asks_for_password(link))}
    if where.index_url in urls:
        told["UV_DEFAULT_INDEX"] = urls.pop(0)
    told["UV_INDEX"] = " ".join(urls)
    return {name: value for name, value in told.items() if value}


def _asks_for_password(place: str) -> bool:
    return "://" in place and "@" in urlsplit(place).netloc


def _link_folders(where: Sources) -> list[Path]:
    """The folders among the places to look in."""
    places = [*where.find_links, where.index_url, *where.extra_index_urls]
    paths = [url2pathname(urlsplit(one).path) if one.startswith("file:") else one for one in places if one]
    return [path.resolve() for path in map(Path, paths) if path.exists()]


def failed_build(output: str) -> FailedBuild | None:
    """The package that uv says it could not build, or whose wheel it refuses; ``None`` if it says something else."""
    failed, other = _FAILED.search(output), _OTHER.search(output)
    if failed is not None:
        return FailedBuild(canonicalize_name(failed[1]), failed[2] or "", failed[3] or "")
    return FailedBuild(canonicalize_name(other[1]), other[2], "") if other else None
