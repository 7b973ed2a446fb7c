"""Requirements and constraints files, as pip reads them: the exact versions in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.fetch import index
from augbackend.cli.model.locked_version import Locked, Wheel, exact_version
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INCLUDED = r"(?:-r|-c|--requirement|--constraint)(?:\s+|=)?(.+)"


def pins(file: Path, above: tuple[Path, ...] = ()) -> Iterator[Locked]:
    """The exact versions in a file and in those that it includes.

    :param above: the files that include this one.
    :raises AugbackendError: if one cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        hint = "name a uv.lock, a pylock.toml, a requirements or a constraints file"
        raise AugbackendError(f"it cannot be read: {error}", where=str(file), hint=hint) from None
    for whole in text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*", "", whole).strip()
        included = re.fullmatch(_INCLUDED, line)
        if included:
            other = file.parent / included[1].strip()
            if other not in above and "://" not in included[1]:
                yield from pins(other, (*above, file))
            continue
        requirement = _requirement(line)
        locked = _locked(requirement, file) if requirement else None
        if locked:
            yield locked


def _requirement(line: str) -> Requirement | None:
    """A line's requirement, options of its own left off; nothing for a line that is an option, a path or a bare URL."""
    try:
        return Requirement(re.split(r"\s--?[a-z]", line)[0].strip())
    except InvalidRequirement:
        return None


def _locked(requirement: Requirement, file: Path) -> Locked | None:
    version = exact_version(requirement)
    wheels: tuple[Wheel, ...] = ()
    url = requirement.url or ""
    if "@" in urlsplit(url).netloc:
        raise AugbackendError(
            f"the URL of {requirement.name} has credentials in it, for all who get the archive to read",
            where=str(file),
            hint="leave them out there, and keep them in a netrc file or a keyring",
        )
    if url:
        name = index.filename(url)
        try:
            version = str(parse_wheel_filename(name)[1])
        except InvalidWheelFilename:
            return None
        plain, _, fragment = url.partition("#")
        digest = dict(part.partition("=")[::2] for part in fragment.split("&")).get("sha256", "")
        # A file of this machine is none of another's: there, its version has to do.
        url, wheels = (plain, (Wheel(name, plain, digest),)) if "://" in plain and urlsplit(plain).netloc else ("", ())
    if not version:
        return None
    return Locked(
        name=canonicalize_name(requirement.name),
        version=version,
        marker=str(requirement.marker) if requirement.marker else "",
        url=url,
        sha256="",
        path=None,
        wheels=wheels,
        registry="",
        source=file.name,
        is_exact=bool(url),
    )
