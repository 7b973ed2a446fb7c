"""The patches that an archive says were applied: read from it, by the names and the sha256 in its origin."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple, Optional

from augbackend.cli.edit import patched_files
from augbackend.cli.edit.patched_files import FileBefore
from augbackend.cli.fetch import patched_sdist
from augbackend.cli.model import source_patch
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.wrapping import carried_patches
from augbackend.errors import AugbackendError

from .proof import Addition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.cli.edit.patched_files import PatchedFiles
    from augbackend.cli.fetch.git_tree import GitTree
    from augbackend.cli.fetch.sdist import Sdist
    from augbackend.cli.model.source_patch import SourcePatch

    from .claim import Claim


_MOST = 100


class ClaimedPatches(NamedTuple):
    """What an archive says of patches.

    :param patches: by name in the archive, in their order.
    :param problems: what is wrong with any of them: then there are none to be applied.
    """

    patches: Mapping[str, SourcePatch]
    problems: tuple[str, ...] = ()

    @property
    def additions(self) -> tuple[Addition, ...]:
        """One for each: it changes what upstream's own files do."""
        return listed(self.patches)

    @property
    def declared(self) -> dict[str, str]:
        """Their texts, by name."""
        return {name: one.content.decode("utf-8", "replace") for name, one in self.patches.items()}

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that they change, make or remove."""
        return frozenset(name for one in self.patches.values() for name in one.files)


def listed(patches: Mapping[str, SourcePatch]) -> tuple[Addition, ...]:
    """An addition for each patch.

    :param patches: by name in the archive.
    """
    return tuple(
        Addition("patch", f"{name} (sha256 {one.sha256})", f"it changes {', '.join(one.files)}; --diff shows it")
        for name, one in patches.items()
    )


def read(claim: Claim) -> ClaimedPatches:
    """The patches of an archive."""
    found: dict[str, SourcePatch] = {}
    problems = []
    if len(claim.origin.patches) > _MOST:
        return ClaimedPatches({}, (f"its origin names {len(claim.origin.patches)} patches",))
    for said in claim.origin.patches:
        try:
            content = claim.wrapped.read(said.file)
            if content is None:
                problems.append(f"{said.file}: left out, and its origin names it as a patch")
                continue
            one = source_patch.read(said.file.rpartition("/")[2], content, said.file)
        except AugbackendError as error:
            problems.append(f"{said.file}: {error.what}")
            continue
        if one.sha256 != said.sha256:
            problems.append(f"{said.file}: changed, its sha256 is {one.sha256}, and its origin says {said.sha256}")
        found[said.file] = one
    placed = [*carried_patches.placed(list(found.values()), claim.prefix.partition("/")[0])]
    if not problems and len(placed) != len(claim.origin.patches):
        problems.append("its origin names a patch twice")
    if not problems and any(name.rpartition("/")[0] != placed[0].rpartition("/")[0] for name in found):
        problems.append(f"its origin names patches elsewhere than in {placed[0].rpartition('/')[0]}")
    return ClaimedPatches({} if problems else found, tuple(problems))


@contextmanager
def applied(claimed: ClaimedPatches, original: Sdist) -> Iterator[tuple[Sdist, tuple[str, ...]]]:
    """Upstream's sdist with the patches, and what is wrong with them; without them, if anything is."""
    with ExitStack() as stack:
        patched, problems = original, claimed.problems
        try:
            patched = stack.enter_context(patched_sdist.patched(original, tuple(claimed.patches.values())))
        except AugbackendError as error:
            problems += (f"its patches do not apply to upstream's: {error.what}",)
        yield patched, problems


def on_tree(claimed: ClaimedPatches, tree: GitTree) -> PatchedFiles:
    """What the patches make of the files of a repository.

    :raises AugbackendError: if they do not apply to these; to what only a build makes, they may.
    """

    def read(name: str) -> Optional[FileBefore]:
        file = tree.files.get(name)
        if file is None:
            return None
        if file.is_link:
            hint = "name in the patch the file that the link leads to"
            raise CliError(
                f"{name} is a link, which no patch changes", id="patched-file-is-link", where=name, hint=hint
            )
        return FileBefore(tree.read(name) or b"", file.is_executable)

    return patched_files.applied(tuple(claimed.patches.values()), read)
