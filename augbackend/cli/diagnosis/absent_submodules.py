"""Whether a build failed for want of a git submodule that is not checked out: then that is the reason.

An error names the missing file as the build does, ``cutlass/cutlass.h``, and seldom the submodule,
``third_party/cutlass``. So a file that is missing is a submodule's if its name says so, or if nothing else is known
to have it and the build looks into the submodule's folder.
"""

from __future__ import annotations

import re
import shlex
from itertools import islice
from typing import TYPE_CHECKING

from augbackend.standards.setup_files import LONGEST

from . import compiler_output, failure_clues
from .evidence import Obstacle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.fetch.build_place import Submodule

    from .attempt import Failure
    from .evidence import Case

_MOST_MENTIONS, _AROUND = 200, 300
_LONGEST_OUTPUT, _LAST_WORDS = 150_000, 4000
_READ = ("setup.py", "CMakeLists.txt", "meson.build", "pyproject.toml", "setup.cfg", "build.rs", "Makefile")
_IS_MISSING = re.compile(
    r"no such file|not found|cannot find|can't find|does not exist|doesn't exist|does not contain|not an existing|"
    r"cannot open|is missing|is empty|submodule|AssertionError",
    re.IGNORECASE,
)
_MISSING_HEADER = re.compile(
    r"error: '?\"?([\w./+-]{1,300})'?\"?(?:: No such file| file not found|: cannot open)"
    r"|cannot open (?:source|include) file:? ['\"]([\w./+-]{1,300})['\"]"
)


def obstacle(case: Case, failure: Failure) -> Obstacle | None:
    """The submodule that a build lacks, as the reason; ``None`` if it does not lack one."""
    if not case.absent or failure.stage == "install" or failure.is_over_time:
        return None
    output = failure.output[-_LONGEST_OUTPUT:]
    said = compiler_output.error(output) or failure.message
    if "No module named" in said:
        return None
    headers = [*_MISSING_HEADER.finditer(said), *_MISSING_HEADER.finditer(output[-_LAST_WORDS:])]
    header = headers[0] if headers else None
    needed = _having(case, failure, (header[1] or header[2]), output) if header else _named(case, said, output)
    if not needed:
        return None
    paths = [one.path for one in needed]
    are = "are submodules that are" if len(needed) > 1 else "is a submodule that is"
    reason = f"{' and '.join(paths)} {are} not checked out"
    if not needed[0].clone:
        return Obstacle(f"{reason}; clone the repository with git clone --recurse-submodules", said)
    return Obstacle(reason, said, command=" && ".join(_updating(needed)))


def _updating(needed: Sequence[Submodule]) -> Iterator[str]:
    for clone in dict.fromkeys(one.clone for one in needed):
        names = [one.name for one in needed if one.clone == clone]
        place = [] if clone == "." else ["-C", clone]
        yield shlex.join(["git", *place, "submodule", "update", "--init", *names])


def _having(case: Case, failure: Failure, header: str, output: str) -> list[Submodule]:
    """The submodules that a header may be in."""
    alike = [one for one in case.absent if _mentioned(one, header) or _is_called_like(one, header)]
    if alike:
        return alike
    clues = [one for one in failure_clues.found_in(case, failure) if one.kind == "header" and one.name == header]
    found = [failure_clues.consequence_of(case, one) for one in clues]
    needs = [one.need for one in found if one and one.need]
    alike = [one for one in case.absent if any(_is_called_like(one, need.name) for need in needs)]
    if alike or any(one and (one.is_entry or one.need) for one in found):
        return alike
    looked_into = [one for one in case.absent if _mentioned(one, output)]
    return looked_into or [one for one in case.absent if any(_mentioned(one, text) for text in _build_files(case))]


def _named(case: Case, said: str, output: str) -> list[Submodule]:
    """The submodules that an error names which speaks of something missing."""
    return [one for one in case.absent if _is_named(one, said) or _is_named(one, output)]


def _is_named(one: Submodule, output: str) -> bool:
    for match in islice(_pattern(one).finditer(output), _MOST_MENTIONS):
        before = output[max(0, match.start() - _AROUND) : match.start()]
        word = re.split(r"[\s'\"]", before)[-1]
        around = before + output[match.start() : match.end() + _AROUND]
        if not word.startswith("-") and _IS_MISSING.search(around):
            return True
    return False


def _mentioned(one: Submodule, text: str) -> bool:
    return _pattern(one).search(text) is not None


def _pattern(one: Submodule) -> re.Pattern[str]:
    """The path, also as code joins it: ``"third_party", "cutlass"``."""
    between = r"[\\/\s'\",()]{1,8}"
    return re.compile(rf"(?<!\w){between.join(map(re.escape, one.path.split('/')))}(?![\w-])")


def _is_called_like(one: Submodule, header: str) -> bool:
    """Whether a header's folder, or the header itself, is called as the submodule is."""
    own = _letters(one.path.rpartition("/")[2])
    first = _letters(header.partition("/")[0].partition(".")[0])
    return bool(own) and own in (first, f"lib{first}", f"{first}lib")


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _build_files(case: Case) -> Iterator[str]:
    """What the build's own files say."""
    for path in (case.tree / name for name in _READ):
        if path.is_file() and path.stat().st_size <= LONGEST:
            yield path.read_bytes().decode("utf-8", "replace")
