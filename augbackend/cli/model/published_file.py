"""One distribution as an index tells of it (PEP 503, 592, 658, 691, 700, 714): what upstream's pages and ours hold."""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003  # the type of a field
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, Optional
from urllib.parse import unquote, urljoin, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)

if TYPE_CHECKING:
    from packaging.version import Version

Kind = Literal["linked", "copied", "wrapped", "built"]
KINDS: tuple[Kind, ...] = ("linked", "copied", "wrapped", "built")
# PEP 691 leaves keys that begin so to whoever serves the page.
KIND, _MADE_FROM, _BUILT_FROM = "_augbackend", "_made-from", "_built-from"
MADE_HERE = "augbackend-"  # how the folder of a file begins that was wrapped or built for an index of ours
_MADE_HERE = re.compile(rf"/{MADE_HERE}[0-9a-f]{{16}}/[^/]+")
_SDIST = ".tar.gz"
_MOST_FILES = 2**14  # a project that has so many is sorted by them several times
_OLDER_SDISTS = (".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True)
class PublishedFile:
    """An sdist or a wheel.

    :param url: relative to the page where it is ours.
    :param hashes: by the algorithm's name.
    :param size: in bytes; ``None`` where nobody says it.
    :param upload_time: as PEP 700 writes it; empty where nobody says it.
    :param yanked: why it is yanked, which may be empty; ``None`` if it is not.
    :param core_metadata: the hashes of the file with the metadata beside it, empty where they are not known; ``None``
        if there is no such file.
    :param kind: whose it is: upstream's, left there or copied; or a wrapped sdist, or a wheel built of one.
    :param made_from: the sha256 of the sdist that was wrapped.
    :param built_from: the sha256 of the wrapped sdist that a wheel was built of.
    """

    filename: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    requires_python: str = ""
    size: Optional[int] = None
    upload_time: str = ""
    yanked: Optional[str] = None
    core_metadata: Optional[Mapping[str, str]] = None
    kind: Kind = "linked"
    made_from: str = ""
    built_from: str = ""

    @property
    def sha256(self) -> str:
        """Its sha256; empty where nobody says it."""
        return self.hashes.get("sha256", "")

    @property
    def is_ours(self) -> bool:
        """Whether it lies beside the page."""
        return self.kind != "linked"

    def as_json(self) -> dict[str, Any]:
        """Its entry on a page (PEP 691)."""
        entry: dict[str, Any] = {"filename": self.filename, "url": self.url, "hashes": dict(self.hashes)}
        if self.requires_python:
            entry["requires-python"] = self.requires_python
        if self.size is not None:
            entry["size"] = self.size
        if self.upload_time:
            entry["upload-time"] = self.upload_time
        if self.yanked is not None:
            entry["yanked"] = self.yanked or True
        if self.core_metadata is not None:  # both names: PEP 714
            entry["core-metadata"] = entry["dist-info-metadata"] = dict(self.core_metadata) or True
        if self.is_ours:
            entry[KIND] = self.kind
        origins = {_MADE_FROM: self.made_from, _BUILT_FROM: self.built_from}
        return {**entry, **{key: value for key, value in origins.items() if value}}


def from_json(entry: Mapping[str, Any], base: str = "") -> PublishedFile:
    """What a page says of a file.

    :param base: the page's URL, from which the file's leads on.
    :raises ValueError: if it is no entry of PEP 691.
    """
    filename, url, hashes = entry.get("filename"), entry.get("url"), entry.get("hashes")
    if not isinstance(filename, str) or not isinstance(url, str) or not isinstance(hashes, dict):
        raise ValueError(f"no file of a page: {entry!r:.200}")  # noqa: TRY004  # it is somebody's text
    beside = entry.get("core-metadata", entry.get("dist-info-metadata"))
    size, yanked = entry.get("size"), entry.get("yanked", False)
    return PublishedFile(
        filename,
        urljoin(base, url) if base else url,
        _as_texts(hashes),
        str(entry.get("requires-python") or ""),
        size if isinstance(size, int) else None,
        str(entry.get("upload-time") or ""),
        (yanked if isinstance(yanked, str) else "") if yanked not in (False, None) else None,
        (_as_texts(beside) if isinstance(beside, dict) else {}) if beside else None,
        entry[KIND] if entry.get(KIND) in KINDS else "linked",
        str(entry.get(_MADE_FROM) or ""),
        str(entry.get(_BUILT_FROM) or ""),
    )


def from_anchor(attributes: Mapping[str, str | None], base: str) -> PublishedFile | None:
    """What a link of a page says (PEP 503); ``None`` if it leads nowhere.

    :param base: the page's URL.
    """
    if not attributes.get("href"):
        return None
    whole = urljoin(base, str(attributes["href"]))
    url, _, fragment = whole.partition("#")
    algorithm, _, digest = fragment.partition("=")
    beside = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    name, _, value = (beside or "").partition("=")
    made: Kind = "built" if url.endswith(".whl") else "wrapped"
    return PublishedFile(
        unquote(urlsplit(url).path).rpartition("/")[2],
        url,
        {algorithm: digest} if digest else {},
        attributes.get("data-requires-python") or "",
        yanked=(attributes["data-yanked"] or "") if "data-yanked" in attributes else None,
        core_metadata=({name: value} if value else {}) if beside and beside != "false" else None,
        kind=made if is_made_here(url) else "linked",
    )


def is_made_here(url: str) -> bool:
    """Whether a file on some index was wrapped by augbackend, or built of what was: it is nobody's upstream."""
    return _MADE_HERE.search(urlsplit(url).path) is not None


@lru_cache(_MOST_FILES)
def identity(filename: str) -> tuple[str, Version] | None:
    """The project, canonical, and the version that a file's name says; ``None`` if it is neither sdist nor wheel."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(filename)[:2]
        suffix = next((one for one in _OLDER_SDISTS if filename.endswith(one)), "")
        return parse_sdist_filename(filename.removesuffix(suffix) + _SDIST if suffix else filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _as_texts(values: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items()}
