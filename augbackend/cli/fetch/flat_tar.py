"""A tar whose project lies at its top, without the one folder that an sdist has: uv and pip take it as well.

It is written anew with the folder, called after the file, so that whoever reads it from here on finds an sdist.
"""

from __future__ import annotations

import copy
import re
import tarfile
from typing import IO, TYPE_CHECKING

from augbackend.standards.tar import tar_format

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = re.compile(r"\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)\Z")
_ODD = re.compile(r"[^A-Za-z0-9_.+\-]")
_PROJECT = ("setup.py", "pyproject.toml")


def is_flat(members: Iterable[tarfile.TarInfo]) -> bool:
    """Whether the project is what lies at the top."""
    return any(member.name.removeprefix("./") in _PROJECT and not member.isdir() for member in members)


def write_with_folder(path: Path, tar: tarfile.TarFile, members: Iterable[tarfile.TarInfo], into: IO[bytes]) -> None:
    """Write the same members below a folder.

    :param path: the archive, after which the folder is called.
    """
    top = _ODD.sub("_", _SUFFIX.sub("", path.name)).strip(".") or "sdist"
    form = tar_format(tar.fileobj)
    with tarfile.open(fileobj=into, mode="w:", format=form, encoding="utf-8", errors="surrogateescape") as written:
        for member in members:
            below = copy.copy(member)
            below.name, below.pax_headers = _one_below(top, member.name), {}
            if member.islnk():
                below.linkname = _one_below(top, member.linkname)
            written.addfile(below, tar.extractfile(member) if member.isreg() else None)


def _one_below(top: str, name: str) -> str:
    return "/".join([top, *(part for part in name.split("/") if part not in ("", "."))])
