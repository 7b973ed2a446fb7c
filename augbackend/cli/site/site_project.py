"""One project of the index, with the files that its page lists, and where those of ours lie.

::

    OUT/index.html, index.json                          the projects
    OUT/<project>/index.html, index.json                the files of one
    OUT/<project>/augbackend-<start of its sha256>/<filename>   what was made here, beside a wheel its metadata
    OUT/<project>/<start of its sha256>/<filename>              a copy of upstream's

A file of another content has another path, so that whoever has read an older page still finds what it names. What was
made here says so in its path, the one thing that every form of a page and every mirror of it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from packaging.version import Version

from augbackend.cli.model import published_file

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile

_DIGITS = 16
METADATA = ".metadata"  # PEP 658


@dataclass(frozen=True)
class SiteProject:
    """A project, and what its page lists.

    :param name: canonical.
    """

    name: str
    files: tuple[PublishedFile, ...]

    @staticmethod
    def version_of(one: PublishedFile) -> Version:
        """The version that a file's name says."""
        identity = published_file.identity(one.filename)
        return identity[1] if identity else Version("0")

    @property
    def in_order(self) -> list[PublishedFile]:
        """The files as they stand on the page: by version, then by name."""
        return sorted(self.files, key=lambda one: (self.version_of(one), one.filename))

    @property
    def versions(self) -> list[str]:
        """All versions that there are, the oldest first."""
        return [str(version) for version in sorted({self.version_of(one) for one in self.files})]

    @property
    def ours(self) -> dict[str, PublishedFile]:
        """What lies beside the page, by filename."""
        return {one.filename: one for one in self.files if one.is_ours}

    @property
    def numbers(self) -> tuple[str, int, int]:
        """Its name, and how many files are ours and how many upstream's."""
        own = len(self.ours)
        return self.name, own, len(self.files) - own

    @property
    def sdists(self) -> dict[str, PublishedFile]:
        """The wrapped sdists, by their sha256."""
        return {one.sha256: one for one in self.files if one.kind == "wrapped"}

    def without_orphans(self) -> SiteProject:
        """The same without wheels whose sdist is not there any more: frontends would take what it said before."""
        sdists = self.sdists
        kept = (one for one in self.files if one.kind != "built" or one.built_from in sdists)
        return replace(self, files=tuple(kept))


def address(filename: str, sha256: str, *, is_copy: bool = False) -> str:
    """Where a file of ours is, as seen from its project's page: a ``+`` is escaped, since some stores read a space.

    :param is_copy: whether it is upstream's, byte for byte.
    """
    return f"{'' if is_copy else published_file.MADE_HERE}{sha256[:_DIGITS]}/{quote(filename, safe='')}"


def place(out: Path, project: str, one: PublishedFile) -> Path:
    """Where a file of ours lies."""
    return out / project / unquote(one.url)


def place_by_content(out: Path, project: str, filename: str, sha256: str) -> Path:
    """The same of a file that no page need name any more."""
    return out / project / unquote(address(filename, sha256))
