"""Requirements and constraints files, as pip reads them: what they require, and the exact versions in them."""

from __future__ import annotations

import argparse
import codecs
import os
import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from augbackend.cli.fetch import index
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.locked_version import Locked, Wheel, exact_version
from augbackend.cli.model.requirement import requirement_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.requirements import Requirement

# UTF-32's mark begins with UTF-16's, so UTF-32 is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODING = rb"#.*coding[:=]\s*([-\w.]+)"  # PEP 263
_COMMENT = r"(^|\s+)#.*$"
_VARIABLE = r"\$\{([A-Z0-9_]+)\}"
_URL = r"(?i)(https?|file):"
_EDITABLE = r"^(-e|--editable)[ =]?\s*"
_PLACE_OPTION = r"(-i|-f|--index-url|--extra-index-url|--find-links)\b"


def pins(file: Path) -> Iterator[Locked]:
    """The exact versions in a file and in those that it includes.

    :raises AugbackendError: if one cannot be read.
    """
    for requirement, source in _required_with_source(file):
        locked = _locked(requirement, source)
        if locked:
            yield locked


def requirements(file: Path) -> Iterator[Requirement]:
    """All that a file and those that it includes name, in exact versions or not.

    :raises AugbackendError: if one cannot be read, or has what only this machine or this user may know.
    """
    for requirement, source in _required_with_source(file):
        _refuse_credentials(requirement, source)
        yield requirement


def stated(file: Path) -> Iterator[tuple[Requirement, Path]]:
    """The same, whoever may know what is in it; each with the file that has it.

    :raises AugbackendError: if one cannot be read.
    """
    return _required_with_source(file)


def passed_over(file: Path) -> Iterator[tuple[str, Path]]:
    """What the same files ask for by its place, or where they say to look; each with the file that has it.

    Of an option, its name and no value, which may hold a password.

    :raises AugbackendError: if one cannot be read.
    """
    for line, source in _lines_with_source(file):
        option, place = re.match(_PLACE_OPTION, line), re.sub(_EDITABLE, "", line)
        if option:
            yield option[1], source
        elif _asked_by_name(line) is None and not place.startswith("-"):
            yield index.shown(place.split(" -")[0]), source


def places(file: Path) -> Iterator[tuple[str, str]]:
    """Where the same files say to look: the option, and the URL or the folder.

    :raises AugbackendError: if one cannot be read.
    """
    for line, source in _lines_with_source(file):
        option = re.match(_PLACE_OPTION, line)
        if option:
            value = line[option.end() :].lstrip(" =").strip("\"'")
            is_beside = "://" not in value and (source.parent / value).exists()
            yield option[1], str(source.parent / value) if is_beside else value


def _required_with_source(file: Path) -> Iterator[tuple[Requirement, Path]]:
    """Each requirement with the file that has it."""
    for line, source in _lines_with_source(file):
        requirement = _asked_by_name(line)  # none of a path or a bare URL
        if requirement:
            yield requirement, source


def _asked_by_name(line: str) -> Requirement | None:
    """Options follow what is required. Only they are quoted as in a shell; a marker has quotes of its own."""
    required = f" {line}".partition(" -")[0]
    return requirement_of(required) if required.strip() else None


def _lines_with_source(file: Path, above: tuple[Path, ...] = ()) -> Iterator[tuple[str, Path]]:
    """Each line with the file that has it, those of the files that it includes in the place of what includes them.

    :param above: the files that include this one.
    """
    try:
        text = _decoded(file.read_bytes())
    except (OSError, ValueError, LookupError) as error:
        hint = "name a uv.lock, a pylock.toml, a requirements or a constraints file"
        raise CliError(
            f"it cannot be read: {error}", id="requirements-file-unreadable", where=str(file), hint=hint
        ) from None
    above = (*above, file.resolve())
    for line in _lines(text):
        other = _included(line, file) if line.startswith("-") else None
        if other is None:
            yield line, file
        elif not re.match(_URL, other) and (file.parent / other).resolve() not in above:
            yield from _lines_with_source(file.parent / other, above)


def _decoded(content: bytes) -> str:
    """The text: by its mark, by a line that names its encoding, or UTF-8.

    pip takes the encoding of the machine if all of these fail. What is read here must not depend on the machine.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    named = (re.match(_CODING, line) for line in content.split(b"\n")[:2])
    return content.decode(next((found[1].decode("ascii") for found in named if found), "utf-8"))


def _lines(text: str) -> Iterator[str]:
    """The lines that say something: those that end in a backslash joined, without comments, variables replaced."""
    begun = ""
    for line in [*text.splitlines(), ""]:
        is_comment = re.match(_COMMENT, line)
        if line.endswith("\\") and not is_comment:
            begun += line.strip("\\")
            continue
        whole = re.sub(_COMMENT, "", f"{begun} {line}" if is_comment else begun + line).strip()
        begun = ""
        if whole:
            yield re.sub(_VARIABLE, lambda found: os.environ.get(found[1]) or found[0], whole)


def _included(options: str, file: Path) -> str | None:
    """The file that a line of options includes; nothing if it has others.

    :raises AugbackendError: if they cannot be read.
    """
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("-r", "--requirement", action="append", default=[])
    parser.add_argument("-c", "--constraint", action="append", default=[])
    try:
        found, _ = parser.parse_known_args(shlex.split(options))
    except (ValueError, argparse.ArgumentError) as error:
        raise CliError(
            f"{options!r} cannot be read: {error}",
            id="pip-options-unreadable",
            where=str(file),
            hint="see pip's manual",
        ) from None
    return next(iter([*found.requirement, *found.constraint]), None)


def _refuse_credentials(requirement: Requirement, file: Path) -> None:
    if "@" in urlsplit(requirement.url or "").netloc:
        raise CliError(
            f"the URL of {requirement.name} has credentials in it, which everybody who gets the archive could read",
            id="credentials-in-url",
            where=str(file),
            hint="leave them out there, and keep them in a netrc file or a keyring",
        )


def _locked(requirement: Requirement, file: Path) -> Locked | None:
    _refuse_credentials(requirement, file)
    version = exact_version(requirement)
    wheels: tuple[Wheel, ...] = ()
    url = requirement.url or ""
    if url:
        name = index.filename(url)
        try:
            version = str(parse_wheel_filename(name)[1])
        except InvalidWheelFilename:
            return None
        plain, digest = url.partition("#")[0], index.sha256(url)
        # Other machines do not have this machine's files. There, the version has to be enough.
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
