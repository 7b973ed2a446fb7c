"""What was found once: sdists by their sha256, which one an exact pin meant, and which files a version has.

An exact pin always means the same file, so a second run does not ask the index. Everything read back is checked
against its sha256; what does not match counts as absent.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from packaging.version import Version

from augbackend.cli.edit import replace_file

from .index import IndexFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from augbackend.cli.model.package_sources import Sources


def default_folder() -> Path:
    """This system's place for caches."""
    return Path(platformdirs.user_cache_dir("augbackend", appauthor=False))


def sha256(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True)
class Cache:
    """A folder of sdists and of what was found."""

    folder: Path

    def sdist(self, digest: str, filename: str) -> Path | None:
        """The sdist with this sha256, if it is here and unharmed."""
        path = self._place(digest) / Path(filename).name
        return path if digest and path.is_file() and sha256(path) == digest else None

    def keep(self, path: Path, digest: str) -> Path:
        """Copy an sdist into the cache; returns where it is now."""
        target = self._place(digest) / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
            shutil.copyfile(path, Path(folder) / target.name).replace(target)
        return target

    def remember(self, found: IndexFile, where: Sources) -> None:
        """Note what a pin meant to these sources."""
        file = self._note(where, found.name, found.version)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file.replace_file(file, json.dumps(asdict(found), indent=1, sort_keys=True).encode())

    def recall(self, name: str, version: str, where: Sources) -> IndexFile | None:
        """What this pin meant to these sources before."""
        return _noted(self._note(where, name, version))

    def newest(self, name: str, allowed: Iterable[str], where: Sources) -> IndexFile | None:
        """The newest allowed version among those that were found at these sources before."""
        versions = sorted(filter(None, map(_version, allowed)))
        return next(filter(None, (self.recall(name, str(version), where) for version in reversed(versions))), None)

    def versions(self, name: str, where: Sources) -> list[str]:
        """The versions of a project that were found at these sources before."""
        return [found.version for file in self._folder(where, name).glob("*.json") if (found := _noted(file))]

    def remember_files(self, files: Sequence[IndexFile], where: Sources) -> None:
        """Note all files of one version at these sources."""
        note = self._folder(where, files[0].name) / "files" / f"{_file_stem(files[0].version)}.json"
        note.parent.mkdir(parents=True, exist_ok=True)
        replace_file.replace_file(note, json.dumps([*map(asdict, files)], indent=1, sort_keys=True).encode())

    def files(self, name: str, where: Sources) -> list[list[IndexFile]]:
        """The files of each version of a project that were noted of these sources."""
        notes = sorted((self._folder(where, name) / "files").glob("*.json"))
        return [found for note in notes if (found := _noted_files(note))]

    def _place(self, digest: str) -> Path:
        return self.folder / "sdists" / digest[:2] / digest

    def _folder(self, where: Sources, name: str) -> Path:
        key = json.dumps([where.index_url, where.extra_index_urls, where.find_links])
        return self.folder / "found" / hashlib.sha256(key.encode()).hexdigest()[:16] / name

    def _note(self, where: Sources, name: str, version: str) -> Path:
        return self._folder(where, name) / f"{_file_stem(version)}.json"


def _file_stem(version: str) -> str:
    return version.replace("/", "_")


def _noted_files(note: Path) -> list[IndexFile]:
    try:
        return [IndexFile(**one) for one in json.loads(note.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []


def _noted(file: Path) -> IndexFile | None:
    try:
        return IndexFile(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None
