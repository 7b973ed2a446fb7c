"""The messages of the manual, A to Z by their ids; `docs/generate.py` puts them into the page."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from . import said_errors
from .markdown import cell, prose
from .possible_texts import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .said_errors import SaidError

_FEWEST_WORDS = 3  # of a build's message that says something without its names
_SEE_HELP = "--help of the command says what it takes"
OF_CLASSES = {  # the ids that are of a class: what such an error says, and what to do
    "bad-usage": ("words that the command does not take", _SEE_HELP),
    "bad-value": ("invalid value for '…': …", _SEE_HELP),
    "build-would-fail": ("what a build would say", "the list of these is at the end of the page"),
    "file-not-there": ("No such file or directory", "is the path right that it names?"),
    "mistakes-in-recipe": ("… mistakes in the recipe …", "each is named by its key: mend them there"),
    "mistakes-in-settings": (
        "… mistakes in the settings for this build (…)",
        "each is named by its key: mend them there",
    ),
    "missing-argument": ("missing argument …, or missing option …", "the hint says what the command takes"),
    "no-such-command": ("no such command '…'", "the hint says which may be meant"),
    "no-such-option": ("no such option '…'", "the hint says which may be meant"),
    "no-wrapped-backend": ("the wrapped backend … cannot be imported", "put what has it into build-system.requires"),
    "not-permitted": ("Permission denied", "let this user read and write there"),
    "system-refuses": ("what the system says, such as: No space left on device", "look at the place that it names"),
}


def page() -> str:
    """The list of the manual, then what builds say."""
    found = [(one.ident, *_of_usage(one)) for one in said_errors.of_command_line() if one.ident != said_errors.PASSED]
    found += [(ident, (what,), (hint,)) for ident, (what, hint) in OF_CLASSES.items()]
    whats: dict[str, list[str]] = defaultdict(list)
    hints: dict[str, list[str]] = defaultdict(list)
    for ident, said, advised in found:
        whats[ident] += said
        hints[ident] += advised
    parts = []
    for letter, idents in groupby(sorted(whats), lambda ident: ident[0].upper()):
        parts += [f"## {letter}", *(_entry(ident, whats[ident], hints[ident]) for ident in idents)]
    parts += ["## In a build", "\n".join(["| message | what to do |", "|---|---|", *_in_builds()])]
    return "\n\n".join(parts)


def _entry(ident: str, whats: Iterable[str], hints: Iterable[str]) -> str:
    says = [f"- says: {prose(one)}" for one in _told_once(whats) or ["why, in other words for each case"]]
    return "\n".join([f"### {ident}", "", *says, *(f"- hint: {prose(one)}" for one in _told_once(hints))])


def _of_usage(error: SaidError) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What an error says; one of the words of a command line as click puts it."""
    if error.kind == "ValueMistakeError":
        return tuple(f"invalid value for '…': {what}" for what in error.whats), (_SEE_HELP,)
    return error.whats, (_SEE_HELP,) if error.kind == "UsageMistakeError" else error.hints


def _told_once(several: Iterable[str]) -> list[str]:
    """What tells something, once."""
    lines = (" ".join(one.split()) for one in several)
    return [one for one in dict.fromkeys(lines) if one not in ("", UNKNOWN)]


def _in_builds() -> list[str]:
    found = {}
    for error in said_errors.in_builds():
        hint = error.hints[0] if error.hints else ""
        for what in error.whats:
            if len(re.findall("[a-zA-Z]{2,}", what)) >= _FEWEST_WORDS:
                found[what.strip(f" {UNKNOWN}'").lower()] = f"| {cell(prose(what))} | {cell(prose(hint))} |"
    return [found[key] for key in sorted(found)]
