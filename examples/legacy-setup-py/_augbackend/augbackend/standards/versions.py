# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Comparing versions (PEP 440), with nothing installed; see :mod:`.requirements` for why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from . import OPERATOR, SPACE, InvalidRequirement

_VERSION = r"""(?xia)v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)
    (?P<pre>[-_.]?(?P<pre_word>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<pre_number>\d*))?
    (?P<post>-(?P<post_only_number>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<post_number>\d*))?
    (?P<dev>[-_.]?dev[-_.]?(?P<dev_number>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?"""
_CLAUSE = rf"[ \t]*({OPERATOR})\s*([^\s)]+)[ \t]*"
_PRE_WORDS = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_INFINITY = float("inf")


class InvalidVersion(ValueError):
    """The text is not a version, or not one that may stand where it stands; the message says which."""


def parse_clauses(text: str) -> Iterator[tuple[str, str]]:
    """The version specifiers of a requirement (PEP 508), as (operator, version) pairs.

    :raises InvalidRequirement: naming what could not be read.
    """
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip(SPACE)
    texts = text.split(",")
    if texts[-1].strip(SPACE) == "" and (len(texts) > 1 or not text):
        texts.pop()
    for one in texts:
        clause = re.fullmatch(_CLAUSE, one)
        if clause is None:
            raise InvalidRequirement(f"{one!r} is neither extras, a version specifier nor a marker")
        try:
            yield clause[1], checked_bound(clause[1], clause[2])
        except InvalidVersion as error:
            raise InvalidRequirement(str(error)) from None


def checked_bound(operator: str, bound: str) -> str:
    """Return ``bound`` if ``operator`` may stand before it (PEP 440, "Version specifiers").

    :raises InvalidVersion: if it may not.
    """
    if operator == "===":
        return bound
    plain = bound[:-2] if operator in ("==", "!=") and bound.endswith(".*") else bound
    parsed = _parsed(plain)
    if parsed["local"] and (operator not in ("==", "!=") or plain != bound):
        raise InvalidVersion(f"a local version ({bound!r}) cannot stand after {operator!r}")
    if operator == "~=" and "." not in parsed["release"]:
        raise InvalidVersion(f"'~={bound}' needs at least two numbers")
    if plain != bound and (parsed["pre"] or parsed["post"] or parsed["dev"]):
        raise InvalidVersion(f"'.*' can only follow numbers, not {plain!r}")
    return bound


def satisfies(version: str, operator: str, bound: str) -> bool:
    """Whether ``version`` is one that ``operator`` ``bound`` names (PEP 440, "Version specifiers").

    :raises InvalidVersion: if one of the two is not a version.
    """
    if operator == "===":
        return version.strip().lower() == bound.strip().lower()
    if bound.endswith(".*"):
        return _has_prefix(version, bound[:-2]) == (operator == "==")
    mine, theirs, parsed = comparable(version), comparable(bound), _parsed(bound)
    # A specifier without a local label ignores that of the candidate.
    public = mine if parsed["local"] else (*mine[:5], ())
    if operator == "~=":
        prefix = parsed["release"].rpartition(".")[0]
        return public >= theirs and _has_prefix(version, f"{parsed['epoch'] or 0}!{prefix}")
    if operator == "<" and not (parsed["pre"] or parsed["dev"]):
        # '<V' does not take a pre-release of V, unless V is one.
        end = 4 if parsed["post"] else 2  # of the key: epoch, release, pre, post
        is_pre_of_bound = mine[:end] == theirs[:end] and mine[2:5] < theirs[2:5]
        return public < theirs and not is_pre_of_bound
    if operator == ">" and not (parsed["post"] or parsed["dev"]):
        # '>V' does not take a post-release of V, unless V is one.
        return public > theirs and mine[:3] != theirs[:3]
    return bool({"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}[operator](public, theirs))


def numbers(version: str) -> tuple[int, list[int]]:
    """The epoch and the release numbers of a version.

    :raises InvalidVersion: if the text is not a version.
    """
    parsed = _parsed(version)
    return int(parsed["epoch"] or 0), [int(part) for part in parsed["release"].split(".")]


def _has_prefix(version: str, prefix: str) -> bool:
    (epoch, candidate), (wanted_epoch, wanted) = numbers(version), numbers(prefix)
    candidate += [0] * (len(wanted) - len(candidate))
    return epoch == wanted_epoch and candidate[: len(wanted)] == wanted


@lru_cache
def _parsed(version: str) -> re.Match[str]:
    parsed = re.fullmatch(_VERSION, version.strip())
    if parsed is None:
        raise InvalidVersion(f"{version!r} is not a version")
    return parsed


@lru_cache
def comparable(version: str) -> tuple[Any, ...]:
    """A tuple that orders versions as PEP 440 does ("Summary of permitted suffixes and relative ordering").

    :raises InvalidVersion: if the text is not a version.
    """
    parsed = _parsed(version)
    epoch, release = numbers(version)
    while release and release[-1] == 0:
        release.pop()
    # What a version does not have sorts before or after all that another one has there.
    pre: tuple[Any, ...] = (_INFINITY,)
    if parsed["pre"]:
        word = parsed["pre_word"].lower()
        pre = (0, _PRE_WORDS.get(word, word), int(parsed["pre_number"] or 0))
    elif parsed["dev"] and not parsed["post"]:
        pre = (-1,)  # 1.0.dev1 is before 1.0a1
    post = (int(parsed["post_only_number"] or parsed["post_number"] or 0),) if parsed["post"] else (-_INFINITY,)
    dev = (int(parsed["dev_number"] or 0),) if parsed["dev"] else (_INFINITY,)
    labels = re.split(r"[-_.]", parsed["local"].lower()) if parsed["local"] else []
    local = tuple((1, int(label), "") if label.isdigit() else (0, 0, label) for label in labels)
    return epoch, tuple(release), pre, post, dev, local
