"""What an index says of the sdist that an archive was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_version

from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import index
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.fetch.lookup import Lookup
    from augbackend.features.origin import Origin

AGREES = "as the index says"
REPOSITORY = "a repository, so that no index is asked"


class IndexWord(NamedTuple):
    """What the index says of a sha256.

    :param remark: in words; empty if that is a problem.
    :param problem: what it contradicts.
    :param unanswered: why it said nothing.
    """

    remark: str
    problem: str = ""
    unanswered: str = ""


def asked(origin: Origin, lookup: Lookup, archive: Path, *, is_given: bool) -> IndexWord:
    """Ask the index for the sha256 of what an archive was made from.

    :param archive: the wrapped one, which an index of the user's may have under upstream's name.
    :param is_given: whether upstream's sdist is at hand, so that the index is not needed.
    """
    if not origin.sha256:
        return IndexWord(REPOSITORY)
    if lookup.offline:
        remark = "the index was not asked"
        return IndexWord(remark, unanswered="" if is_given else f"{remark}: leave --offline out")
    try:
        pin = Requirement(f"{origin.name}=={origin.version}")
        found = index.published(pin, lookup.where, not_in=lookup.output)
    except index.UnansweredError as error:
        return IndexWord("the index could not be asked", unanswered="" if is_given else error.what)
    except (AugbackendError, ValueError) as error:
        return IndexWord("the index could not be asked", problem=str(error).splitlines()[0])
    wanted, own = canonicalize_version(origin.version), caches.sha256(archive)
    ours = [one for one in found if canonicalize_version(one.version) == wanted and one.sha256 != own]
    if not ours and lookup.where.no_index:
        remark = "no index was asked"
        return IndexWord(remark, unanswered="" if is_given else f"{remark}, as PIP_NO_INDEX or UV_NO_INDEX says")
    if not ours:
        return IndexWord("the index does not have it")
    if any(one.sha256 == origin.sha256 for one in ours):
        return IndexWord(AGREES)
    said = [one.sha256 for one in ours if one.sha256]
    if said:
        problem = f"the index has {origin.name} {origin.version} with the sha256 {' or '.join(said)}"
        return IndexWord("", problem=problem)
    remark = "the index does not say"
    is_its_own = is_given or not origin.url or any(index.shown(one.url) == origin.url for one in ours)
    return IndexWord(remark, unanswered="" if is_its_own else f"{remark}, and has it at another URL: {ours[0].url}")
