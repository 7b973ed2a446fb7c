"""A build requirement's own header that does not compile: not the package's code is to mend, but that requirement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import compiler_output, older_tools
from .evidence import Proposal
from .own_bounds import bound, giving_way, up_to_the_next_major

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .attempt import Attempt
    from .evidence import Case

_OF_A_PROJECT = re.compile(r"(?:^|[/\\])site-packages[/\\](\w+)[/\\]")


def proposed(case: Case, attempt: Attempt) -> Iterator[Proposal]:
    """Another release of the project whose header a compiler refuses: a newer one where a bound forbade it."""
    line = compiler_output.error(attempt.failure.output) if attempt.failure else ""
    header = line.partition(":")[0]
    folder = _OF_A_PROJECT.search(header)
    if folder is None:
        return
    name = case.knowledge.requirement_for(folder[1])
    if name not in attempt.installed:
        return
    said = line[folder.start() :].lstrip("/\\").partition("site-packages")[2].lstrip("/\\")
    asked = bound(attempt, name)
    if asked:
        why = f"a header of its own {asked} does not compile here: {said}"
        less = up_to_the_next_major(asked)
        for text in (less, name) if less else (name,):
            yield Proposal(giving_way(name, text), why, line)
    else:
        yield from older_tools.older(case, attempt, name, "")
