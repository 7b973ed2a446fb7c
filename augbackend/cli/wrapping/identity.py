"""Whether an sdist is the one that was asked for, and is upstream's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.cli.fetch import sdist_identity
from augbackend.cli.fetch.refusal import refusal
from augbackend.cli.model.cli_error import CliError
from augbackend.standards.requirements import NAME
from augbackend.table import layers

if TYPE_CHECKING:
    from augbackend.cli.fetch.upstream import Upstream

    from .top_files import TopFiles


def identity(top: TopFiles, upstream: Upstream) -> tuple[str, str]:
    """The sdist's own name and version, in their canonical spellings.

    :raises AugbackendError: if it has none, if they are not those that were asked for, or if it is a wrapped archive.
    """
    _refuse_wrapped(top, upstream)
    name, version = _name_and_version(top, upstream)
    if not re.fullmatch(NAME, name) or not _is_version(version):
        raise refusal(
            upstream.path,
            f"it calls itself {name!r:.60} {version!r:.60}, which is no name and version",
            id="bad-name-or-version",
        )
    name, version = canonicalize_name(name), sdist_identity.normal(version)
    for kind, wanted, is_same in (
        ("project", upstream.name, not upstream.name or name == canonicalize_name(upstream.name)),
        ("version", upstream.version, not upstream.version or version == sdist_identity.normal(upstream.version)),
    ):
        if not is_same:
            raise refusal(
                upstream.path, f"it is {name} {version}, and {kind} {wanted} was asked for", id="not-what-was-asked"
            )
    return name, version


def _refuse_wrapped(top: TopFiles, upstream: Upstream) -> None:
    origin = layers.at(top.document, "tool", "augbackend", "origin", default=None)
    if isinstance(origin, dict):
        hint = f"wrap what it was made from: {origin.get('url') or 'the sdist that you had'}"
        what = f"it is wrapped already, by augbackend {origin.get('augbackend', '')}"
        raise CliError(what, id="wrapped-already", where=str(upstream.path), hint=hint)


def _name_and_version(top: TopFiles, upstream: Upstream) -> tuple[str, str]:
    name, version = sdist_identity.stated(top.folder, top.document, top.pkg_info, upstream.path.name)
    if not name or not version:
        hint = "give its repository instead: git+https://…@<tag>"
        what = f"its name and version are not known: neither it nor its file's name says them ({hint})"
        raise refusal(upstream.path, what, id="name-and-version-unknown")
    return name, version


def _is_version(text: str) -> bool:
    try:
        return bool(Version(text))
    except ValueError:  # a number of thousands of digits is no InvalidVersion
        return False
