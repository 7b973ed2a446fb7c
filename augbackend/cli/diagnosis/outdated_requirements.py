"""A build requirement that the package bounds to releases from before this Python: the bound gives way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend.cli.model.requirement import project_of

from .evidence import Proposal
from .own_bounds import bound, giving_way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .attempt import Attempt
    from .evidence import Case, Obstacle

_FRAME = re.compile(r'^ *File "([^"\n]{1,500})", line \d', re.MULTILINE)
_INSTALLED = re.compile(r"(?:^|[/\\])site-packages[/\\](\w+)")


def proposed(case: Case, attempt: Attempt, obstacle: Obstacle) -> Iterator[Proposal]:
    """Any release of the project whose own code misses what this Python has not.

    :param obstacle: why the attempt failed.
    """
    frames = _FRAME.findall(attempt.failure.output) if attempt.failure and obstacle.is_of_python else []
    installed = _INSTALLED.search(frames[-1]) if frames else None
    if installed is None:
        return
    name = project_of(case.knowledge.requirement_for(installed[1]))
    asked = bound(attempt, name) if name else ""
    if asked:
        yield Proposal(giving_way(name), f"its own {asked} is not for this Python: {obstacle.said}", obstacle.said)
