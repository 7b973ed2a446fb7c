"""An archive held against upstream's sdist: every member is upstream's, declared, or a problem."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from augbackend.cli.edit import pyproject
from augbackend.cli.fetch import gzip_form, index, sdist_identity, tar_form, zip_form
from augbackend.cli.wrapping import archive as archives
from augbackend.features import local_version
from augbackend.standards.tar import below

from . import additions, backend_copy_proof, claimed_patches, refusals
from . import claim as claims
from .proof import Proof
from .texts import Texts

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator, Mapping

    from augbackend.cli.fetch.sdist import Sdist

    from .claim import Claim
    from .claimed_patches import ClaimedPatches
    from .index_word import IndexWord

TEXTS = ("PKG-INFO", "pyproject.toml")  # what wrapping changes
_CHUNK = 2**20
_COMPARED = ("name", "type", "mode", "size", "linkname", "mtime", "uid", "gid")


def texts(opened: Sdist) -> Texts:
    """The two files of an sdist that wrapping changes."""
    return Texts(opened.read("pyproject.toml"), opened.read("PKG-INFO"))


def compared(claim: Claim, original: Sdist, word: IndexWord, made_from: str) -> Proof:
    """Compare all members.

    :param original: upstream's sdist.
    :param word: what the index says of it.
    """
    problems = tuple(f"upstream's sdist is not the same to every reader: {one}" for one in _doubts(original))
    claimed = claimed_patches.read(claim)
    with claimed_patches.applied(claimed, original) as (patched, more):
        proof = _members_compared(claim, patched, claimed, word, made_from)
        return replace(proof, problems=tuple(dict.fromkeys((*problems, *more, *proof.problems))))


def _members_compared(claim: Claim, original: Sdist, claimed: ClaimedPatches, word: IndexWord, made_from: str) -> Proof:
    """The same.

    :param original: upstream's sdist, patched.
    """
    patched, texts_of_patches = claimed.files, claimed.declared
    wrapped, origin = claim.wrapped, claim.origin
    ours, theirs = claim.members(), claims.by_name(original)
    theirs = {name: one for name, one in theirs.items() if not name.startswith(claim.prefix)}
    problems = [*filter(None, [word.problem]), *claims.problems(claim)]
    old, new = texts(original), texts(wrapped)
    problems += refusals.refused(old, new)
    problems += _taken_folder(claim, original, old.document)
    same, declared, top = 0, {}, _top(claim, original)
    for name in sorted(ours.keys() | theirs.keys()):
        if name in ours and name in theirs and _is_same(wrapped, ours[name], original, theirs[name], top):
            same += name not in patched
        elif name in claimed.patches and name in ours and name not in theirs and ours[name].isreg():
            declared[name] = texts_of_patches[name]
        elif name in TEXTS and name in ours and ours[name].isreg():
            declared[name] = difference(name, original.read(name), wrapped.read(name))
        else:
            kind = "changed" if name in ours and name in theirs else "added" if name in ours else "left out"
            problems.append(f"{name}: {kind}")
    remark, problem = backend_copy_proof.of_copy(claim)
    problems += [problem] if problem else []
    if not problems and not _is_rebuilt(claim, original, declared):
        problems.append("its bytes are not what wrapping upstream with these files gives")
    return Proof(
        index.without_credentials(origin.url),
        origin.sha256,
        made_from,
        word.remark,
        same,
        (*claimed.additions, *additions.listed(old, new)),
        declared,
        remark,
        tuple(dict.fromkeys(problems)),
        unanswered=word.unanswered,
    )


def difference(name: str, old: bytes | None, new: bytes | None) -> str:
    """A unified diff from upstream's text to the archive's."""
    before, after = ([] if text is None else text.decode("utf-8", "replace").splitlines() for text in (old, new))
    head = "/dev/null" if old is None else f"upstream/{name}"
    return "\n".join(difflib.unified_diff(before, after, head, f"wrapped/{name}", n=1, lineterm=""))


def _taken_folder(claim: Claim, original: Sdist, before: Mapping[str, Any]) -> Iterator[str]:
    """Whether the copy lies in a folder of upstream's, beside files that could be imported with it."""
    folder = claim.prefix.partition("/")[0]
    is_its_own = pyproject.backend(before) == "augbackend" and folder in before["build-system"].get("backend-path", ())
    if not is_its_own and any(name == folder or name.startswith(f"{folder}/") for name in original.names):
        yield f"{folder}: a folder of upstream's, where wrapping puts no backend"


def _doubts(original: Sdist) -> Iterator[str]:
    with original.path.open("rb") as stream:
        is_zip = stream.read(2) == b"PK"
    yield from zip_form.doubts(original.path) if is_zip else gzip_form.doubts(original.path, is_wrapped=False)
    yield from tar_form.doubts(original)


def _is_rebuilt(claim: Claim, original: Sdist, declared: Iterable[str]) -> bool:
    """Whether the archive is, byte for byte, what wrapping upstream with its declared files gives."""
    wrapped, prefix = claim.wrapped, claim.prefix
    had_backend = any(name.startswith(prefix) for name in original.names)
    changed = {}
    for name in {*declared, *(name for name in wrapped.names if name.startswith(prefix) or name in TEXTS)}:
        text = wrapped.read(name)
        if text is not None and (text != original.read(name) or (had_backend and name.startswith(prefix))):
            changed[name] = text
    dropped = frozenset({prefix.rstrip("/")} if had_backend else ())
    return archives.holds(wrapped.path, archives.content(original, changed, dropped, _top(claim, original)))


def _top(claim: Claim, original: Sdist) -> str:
    """The name that wrapping gives the top folder: upstream's, or one with the label."""
    origin, label = claim.origin, str(claim.values.get("local-version", ""))
    version = local_version.labelled(origin.version, label)
    return original.top if version == origin.version else sdist_identity.stem(canonicalize_name(origin.name), version)


def _is_same(wrapped: Sdist, one: tarfile.TarInfo, original: Sdist, other: tarfile.TarInfo, top: str) -> bool:
    if other.name.partition("/")[0] != top:
        other = below(original.tar, other, top)
    if any(getattr(one, field) != getattr(other, field) for field in _COMPARED):
        return False
    if not one.isreg():
        return True
    first, second = wrapped.tar.extractfile(one), original.tar.extractfile(other)
    if first is None or second is None:
        return first is second
    while chunk := first.read(_CHUNK):
        if chunk != second.read(_CHUNK):
            return False
    return True
