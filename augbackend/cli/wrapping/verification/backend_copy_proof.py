"""The copy of the backend in an archive, held against what this version writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend import __version__
from augbackend.cli.edit import backend_copy

from . import claim as claims

if TYPE_CHECKING:
    from .claim import Claim


def of_copy(claim: Claim) -> tuple[str, str]:
    """The remark to make on the copy, and the problem with it; empty if there is none.

    The copy's own manifest is not trusted: whoever changes the copy can change that, too.
    """
    prefix, version = claim.prefix, claim.origin.augbackend
    members = claims.by_name(claim.wrapped).items()
    names = {name[len(prefix) :] for name, member in members if name.startswith(prefix) and not member.isdir()}
    remark = f"{prefix} ({len(names)} files): augbackend {version}"
    if version != __version__:
        hint = f"uvx --from 'augbackend[cli]=={version}' augbackend verify"
        return remark, f"{prefix}: of augbackend {version}, to be compared by that version ({hint})"
    manifest = backend_copy.manifest_of(claim.wrapped.read(prefix + backend_copy.MANIFEST) or b"")
    more, has_readers = backend_copy.more_keys(manifest), "standards/setup_files.py" in names
    expected = backend_copy.backend_files(claim.document, "augbackend wrap", more, has_readers=has_readers)
    known = names | expected.keys()
    differing = sorted(name for name in known if claim.wrapped.read(prefix + name) != expected.get(name))
    if differing:
        return remark, f"{prefix}: not the augbackend {__version__} that it says it is ({', '.join(differing)})"
    return f"{remark}, as this version writes it", ""
