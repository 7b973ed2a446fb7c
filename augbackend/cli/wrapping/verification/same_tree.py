"""An archive held against the files of a repository; what only ``build_sdist`` writes is called unproved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit.patched_files import PatchedFiles
from augbackend.cli.fetch import git_tree, in_repository, index, sdist, work_tree
from augbackend.errors import AugbackendError

from . import additions, backend_copy_proof, claimed_patches, refusals, same_sdist, whole_repository
from . import claim as claims
from .index_word import REPOSITORY
from .proof import Proof
from .texts import Texts

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterable, Iterator

    from augbackend.cli.edit.patched_files import FileBefore
    from augbackend.cli.fetch.git_tree import GitTree
    from augbackend.cli.fetch.sdist import Sdist

    from .claim import Claim

_MODE = 0o644  # of every file that wrapping writes
_SPECIAL = 0o7000  # setuid and the like, which no sdist needs
_NAMED = 5  # files in a line


def compared(claim: Claim, tree: GitTree, made_from: str, *, is_whole: bool) -> Proof:
    """Compare all members with the files at a commit.

    :param is_whole: whether it has the whole repository in it, for a package in a subdirectory.
    """
    tree = whole_repository.as_packed(tree) if is_whole else tree
    beside = whole_repository.at_top(claim) if is_whole else {}
    original = beside.get("pyproject.toml") if is_whole else tree.read("pyproject.toml")
    claimed, patched, unproved = claimed_patches.read(claim), PatchedFiles({}), list[str]()
    texts_of_patches = claimed.declared
    try:
        patched = claimed_patches.on_tree(claimed, tree)
    except AugbackendError as error:
        unproved.append(f"its patches do not apply to the repository's files: {error.what}")
    if "pyproject.toml" in patched.written:
        original = patched.written["pyproject.toml"].content
    wrapped, origin = claim.wrapped, claim.origin
    ours = claim.members()
    problems = [*claims.problems(claim), *_odd_members(claim), *claimed.problems]
    same, declared = 0, {}
    folders = _folders([*tree.files, *(name for name, member in ours.items() if not member.isdir())])
    of_submodules: dict[str, int] = {}
    for name, member in sorted(ours.items()):
        submodule = next((one for one in tree.submodules if name.startswith(f"{one}/")), "")
        if member.isdir() and (name in folders or submodule):
            continue
        if name in patched.names and name != "pyproject.toml":
            problems += [] if _is_patched(wrapped, member, patched.written.get(name)) else [f"{name}: changed"]
        elif name in claimed.patches and member.isreg():
            declared[name] = texts_of_patches[name]
        elif name in tree.files and _is_of_tree(wrapped, member, tree, name):
            same += 1
        elif name == "pyproject.toml" and member.isreg():
            declared[name] = same_sdist.difference(name, original, wrapped.read(name))
        elif name in beside and name != "PKG-INFO":
            problems += [] if member.isreg() and wrapped.read(name) == beside[name] else [f"{name}: changed"]
        elif name in tree.files:
            unproved.append(f"{name}: not as it is in the repository")
        elif submodule:
            of_submodules[submodule] = of_submodules.get(submodule, 0) + 1
        elif name.startswith(claim.prefix.partition("/")[0] + "/") or (is_whole and whole_repository.is_odd(name)):
            problems.append(f"{name}: added")  # beside a backend, where it could be imported by it
        else:
            unproved.append(f"{name}: not in the repository")
    unproved += [f"{one} ({count} files): a submodule, which is not fetched" for one, count in of_submodules.items()]
    names = {*tree.files.keys() - patched.removed, *patched.written}
    absent = sorted(name for name in names - ours.keys() - folders if _is_packed(claim, tree, name))
    if absent:
        more = ", …" if len(absent) > _NAMED else ""
        problems.append(f"{len(absent)} files of the repository are left out: {', '.join(absent[:_NAMED])}{more}")
    # What a build writes into PKG-INFO is not known, so that it cannot be told from what wrapping writes.
    stated = wrapped.read("PKG-INFO")
    old, new = Texts(original, stated), Texts(wrapped.read("pyproject.toml"), stated)
    unproved += refusals.refused(old, new)
    remark, problem = backend_copy_proof.of_copy(claim)
    problems += [problem] if problem else []
    return Proof(
        index.without_credentials(origin.url),
        "",
        made_from,
        REPOSITORY,
        same,
        (*claimed.additions, *additions.listed(old, new)),
        declared,
        remark,
        tuple(dict.fromkeys(problems)),
        tuple(unproved),
    )


def _is_packed(claim: Claim, tree: GitTree, name: str) -> bool:
    """Whether wrapping has to pack a file of the repository."""
    is_link = name in tree.files and tree.files[name].is_link
    link = (tree.read(name) or b"").decode("utf-8", "surrogateescape") if is_link else None
    is_output = work_tree.is_output(name.removeprefix(f"{in_repository.REPOSITORY}/"))
    return not is_output and sdist.is_held(name, link) and not name.startswith(claim.prefix)


def _odd_members(claim: Claim) -> Iterator[str]:
    """Members that wrapping does not write in this way."""
    for name, member in claims.by_name(claim.wrapped).items():
        is_ours = name == "pyproject.toml" or name.startswith(claim.prefix)
        if is_ours and not (member.isreg() and member.mode == _MODE):
            yield f"{name}: wrapping writes a plain file there"
        elif member.mode & _SPECIAL:
            yield f"{name}: its mode is {member.mode:o}"


def _is_of_tree(wrapped: Sdist, member: tarfile.TarInfo, tree: GitTree, name: str) -> bool:
    file = tree.files[name]
    if member.issym() or file.is_link:
        return member.issym() and file.is_link and tree.holds(name, git_tree.link_target(member.linkname))
    content = wrapped.tar.extractfile(member)
    if content is None or bool(member.mode & 0o100) != file.is_executable:
        return False
    with content:
        return (member.islnk() or member.size == file.size) and tree.holds(name, content)


def _is_patched(wrapped: Sdist, member: tarfile.TarInfo, file: FileBefore | None) -> bool:
    """Whether a member is what the patches make of a file; ``None`` if they remove it."""
    if file is None or not member.isreg() or bool(member.mode & 0o100) != file.is_program:
        return False
    content = wrapped.tar.extractfile(member)
    return content is not None and content.read() == file.content


def _folders(names: Iterable[str]) -> frozenset[str]:
    """All folders that these names lie in, the top included."""
    found = {""}
    for name in names:
        parts = name.split("/")[:-1]
        found.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return frozenset(found)
