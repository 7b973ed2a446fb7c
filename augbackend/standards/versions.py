"""Comparing versions (PEP 440), with nothing installed; see :mod:`.pep508` for why."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_VERSION = r"""(?xia)\s*v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?:[-_.]?(?P<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_n>\d*))?
    (?:-(?P<post_n1>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_n>\d*))?
    (?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_n>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*"""
_INFINITY = float("inf")


class InvalidVersion(ValueError):
    """The text is not a version, or not one that may stand where it stands; the message says which."""


def checked_bound(operator: str, bound: str) -> str:
    """Return ``bound`` if ``operator`` may stand before it (PEP 440, "Version specifiers").

    :raises InvalidVersion: if it may not.
    """
    if operator == "===":
        return bound
    plain = bound[:-2] if operator in ("==", "!=") and bound.endswith(".*") else bound
    parsed = re.fullmatch(_VERSION, plain)
    if parsed is None:
        raise InvalidVersion(f"{bound!r} is not a version")
    if parsed["local"] and (operator not in ("==", "!=") or plain != bound):
        raise InvalidVersion(f"a local version ({bound!r}) cannot stand after {operator!r}")
    if operator == "~=" and "." not in parsed["release"]:
        raise InvalidVersion(f"'~={bound}' needs at least two numbers")
    if plain != bound and (parsed["pre"] or parsed["post"] or parsed["post_n1"] or parsed["dev"]):
        raise InvalidVersion(f"'.*' can only follow numbers, not {plain!r}")
    return bound


def satisfies(version: str, operator: str, bound: str) -> bool:
    """Whether ``version`` is one that ``operator`` ``bound`` names (PEP 440, "Version specifiers")."""
    if operator == "===":
        return version.strip().lower() == bound.strip().lower()
    if bound.endswith(".*"):
        return _has_prefix(version, bound[:-2]) == (operator == "==")
    mine, theirs, parsed = comparable(version), comparable(bound), _parsed(bound)
    # PEP 440: a specifier without a local label ignores that of the candidate.
    public = mine if parsed["local"] else comparable(version.partition("+")[0])
    bound_is_post = bool(parsed["post"] or parsed["post_n1"])
    if operator == "~=":
        prefix = parsed["release"].rpartition(".")[0]
        return public >= theirs and _has_prefix(version, f"{parsed['epoch'] or 0}!{prefix}")
    if operator == "<" and not (parsed["pre"] or parsed["dev"]):
        # PEP 440: '<V' does not take a pre-release of V, unless V is one.
        end = 4 if bound_is_post else 2  # of the key: epoch, release, pre, post
        is_pre_of_bound = mine[:end] == theirs[:end] and mine[2:5] < theirs[2:5]
        return public < theirs and not is_pre_of_bound
    if operator == ">" and not (bound_is_post or parsed["dev"]):
        # PEP 440: '>V' does not take a post-release of V, unless V is one.
        return public > theirs and mine[:3] != theirs[:3]
    return bool({"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}[operator](public, theirs))


def is_same(version: str, other: str) -> bool:
    """Whether two spellings mean one version (PEP 440, "Normalization")."""
    try:
        return comparable(version) == comparable(other)
    except InvalidVersion:
        return version == other


def numbers(version: str) -> tuple[int, list[int]]:
    """The epoch and the release numbers of a version.

    :raises InvalidVersion: if the text is none.
    """
    parsed = _parsed(version)
    return int(parsed["epoch"] or 0), [int(part) for part in parsed["release"].split(".")]


def _has_prefix(version: str, prefix: str) -> bool:
    (epoch, candidate), (wanted_epoch, wanted) = numbers(version), numbers(prefix)
    candidate += [0] * (len(wanted) - len(candidate))
    return epoch == wanted_epoch and candidate[: len(wanted)] == wanted


def _parsed(version: str) -> re.Match[str]:
    parsed = re.fullmatch(_VERSION, version)
    if parsed is None:
        raise InvalidVersion(f"{version!r} is not a version")
    return parsed


@lru_cache
def comparable(version: str) -> tuple[Any, ...]:
    """A tuple that orders versions as PEP 440 does ("Summary of permitted suffixes and relative ordering").

    :raises InvalidVersion: if the text is none.
    """
    parsed = _parsed(version)
    release = [int(part) for part in parsed["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    has_post = bool(parsed["post"] or parsed["post_n1"])
    if parsed["pre"]:
        letter = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
        pre: tuple[Any, ...] = (0, letter.get(parsed["pre"].lower(), parsed["pre"].lower()), int(parsed["pre_n"] or 0))
    elif parsed["dev"] and not has_post:
        pre = (-1,)  # 1.0.dev1 is before 1.0a1
    else:
        pre = (_INFINITY,)
    post = (int(parsed["post_n1"] or parsed["post_n"] or 0),) if has_post else (-_INFINITY,)
    dev = (int(parsed["dev_n"] or 0),) if parsed["dev"] else (_INFINITY,)
    local = tuple(
        (1, int(part), "") if part.isdigit() else (0, 0, part)
        for part in re.split(r"[-_.]", (parsed["local"] or "").lower())
        if part
    )
    return (int(parsed["epoch"] or 0), tuple(release), pre, post, dev, local)
