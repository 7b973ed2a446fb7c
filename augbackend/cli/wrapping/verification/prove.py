"""The way of a proof: upstream is fetched again, and the archive held against it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from augbackend.cli.fetch import git_tree, index, repository, sdist, upstream
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project.recipe_completion import NO_RECIPES, RecipeCompletion
from augbackend.errors import AugbackendError

from . import claim as claims
from . import expectation, index_word, same_sdist, same_tree, whole_repository
from .proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Optional

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.cli.project.project import Project

    from .claim import Claim

FETCHED = ("https", "http", "git+https", "git+http")  # by these, a URL in an archive is fetched without being asked


@dataclass(frozen=True)
class Terms:
    """What may be done to prove it.

    :param given: upstream's sdist or folder, if it need not be fetched.
    :param is_built: whether a repository or a folder is made into an sdist, by its own code.
    :param schemes: kinds of URLs that are fetched beside :data:`FETCHED`.
    :param expected: the project that the archive has to be wrapped for; ``None`` for any.
    :param completion: the recipes that may complete what that declares.
    """

    lookup: Lookup
    given: Optional[Path] = None
    is_built: bool = False
    schemes: tuple[str, ...] = ()
    expected: Optional[Project] = None
    completion: RecipeCompletion = NO_RECIPES


def prove(archive: Path, terms: Terms) -> Proof:
    """Compare an archive with what it says it was made from.

    That upstream cannot be had is no error: then nothing is proved.

    :raises AugbackendError: if the archive is not one of ours, or upstream cannot be had on these terms.
    """
    with sdist.opened(archive) as wrapped:
        claim = claims.read(wrapped)
        _check_terms(claim, terms)
        try:
            return _compared(claim, terms)
        except AugbackendError as error:
            return _without_upstream(claim, terms, error)


def _compared(claim: Claim, terms: Terms) -> Proof:
    """Fetch upstream and compare.

    :raises AugbackendError: if upstream cannot be had.
    """
    origin, lookup, project = claim.origin, terms.lookup, terms.expected
    if _is_compared_as_tree(claim, terms):
        if lookup.offline:
            raise index.UnansweredError(
                "a repository is fetched again, and --offline asks nobody",
                id="repository-needs-network",
                hint="leave --offline out",
            )
        is_whole = whole_repository.is_in(claim)
        with git_tree.tree_at(origin.url, is_whole=is_whole) as tree:
            proof = same_tree.compared(claim, tree, _made_from(claim, terms), is_whole=is_whole)
        more = [f"what {project.file} makes of what a build gives"] if project else []
        return replace(proof, unproved=(*proof.unproved, *more))
    with _fetched(claim, terms) as path, sdist.opened(path) as original:
        word = index_word.asked(origin, lookup, claim.wrapped.path, is_given=terms.given is not None)
        proof = same_sdist.compared(claim, original, word, _made_from(claim, terms, word.remark))
        unlike = expectation.differences(claim, original, project, lookup, terms.completion) if project else ()
        return replace(proof, problems=(*proof.problems, *unlike))


def _is_compared_as_tree(claim: Claim, terms: Terms) -> bool:
    return terms.given is None and claim.origin.url.startswith("git+") and not terms.is_built


def _made_from(claim: Claim, terms: Terms, word: str = "") -> str:
    """What it is held against, in words.

    :param word: what the index says of it.
    """
    origin = claim.origin
    called = f"{origin.name} {origin.version}"
    if word == index_word.AGREES:
        return f"{called} as the index has it"
    place = str(terms.given) if terms.given else index.without_credentials(origin.url) or "the index"
    return f"{called} as it is at {place}" + (f" ({word})" if word not in ("", index_word.REPOSITORY) else "")


def _without_upstream(claim: Claim, terms: Terms, error: AugbackendError) -> Proof:
    """What is left where upstream cannot be had."""
    said = "; ".join(map(str.strip, str(error).removeprefix("augbackend: error: ").splitlines()))
    made_from, problems = _made_from(claim, terms), tuple(claims.problems(claim))
    proof = Proof(index.without_credentials(claim.origin.url), claim.origin.sha256, made_from, problems=problems)
    if isinstance(error, index.UnansweredError):
        return replace(proof, unanswered=said)
    return replace(proof, problems=(f"upstream: {said}", *proof.problems))


def _check_terms(claim: Claim, terms: Terms) -> None:
    """Make sure that upstream may be had on these terms.

    :raises AugbackendError: if an option is needed.
    """
    origin, given = claim.origin, terms.given
    is_tree = given.is_dir() if given is not None else upstream.is_repository(origin.url)
    if given is None and origin.url:
        scheme = repository.link(origin.url).parsed.scheme
        if scheme not in (*FETCHED, *terms.schemes):
            what = f"a URL by {scheme!r} that stands in an archive is not fetched without being asked"
            hint = f"--allow-origin {scheme}, if you know that place, or upstream's sdist: --upstream PATH"
            raise CliError(what, id="url-scheme-not-allowed", where=f"its origin, {index.shown(origin.url)}", hint=hint)
        if not origin.sha256 and not is_tree:
            hint = "name upstream's sdist: --upstream PATH"
            raise CliError("it has no sha256", id="origin-without-sha256", where=f"its origin, {origin.url}", hint=hint)
    elif given is None and not origin.sha256:
        hint = "name it: --upstream PATH"
        raise CliError(
            "it was made from a folder, which nobody can fetch", id="made-from-folder", where="its origin", hint=hint
        )
    if is_tree and not terms.is_built and not _is_compared_as_tree(claim, terms):
        what, hint = "only a build says which sdist it makes", "add --build: its own code runs then, confined"
        raise CliError(what, id="only-a-build-tells", where=origin.url if given is None else str(given), hint=hint)


@contextmanager
def _fetched(claim: Claim, terms: Terms) -> Iterator[Path]:
    """Upstream's sdist."""
    origin = claim.origin
    if terms.given is not None:
        target = upstream.Target(origin.name, path=terms.given, sha256=origin.sha256)
    elif origin.url:
        target = upstream.Target(origin.name, url=origin.url, sha256=origin.sha256)
    else:
        target = upstream.Target(origin.name, requirement=f"{origin.name}=={origin.version}")
    declaration = replace(declarations.from_values(claim.values, ""), is_by_user=False)
    with upstream.fetched(target, declaration, terms.lookup) as found:
        if origin.sha256 and found.sha256 != origin.sha256:
            what = f"upstream's sha256 is {found.sha256}, and the archive says it was made from {origin.sha256}"
            raise CliError(
                what, id="upstream-was-changed", where=found.url or str(found.path), hint="one of the two was changed"
            )
        yield found.path
