"""Which clues the text of a failure holds; the likeliest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable

from augbackend.knowledge import clues, consequences
from augbackend.standards.setup_files import LONGEST

from . import compiler_output, tracebacks

if TYPE_CHECKING:
    from augbackend.knowledge.clues import Clue
    from augbackend.knowledge.consequences import Consequence
    from augbackend.knowledge.rows import Need

    from .attempt import Failure
    from .evidence import Case

_OF_A_CHILD = re.compile(r"CalledProcessError|returned non-zero exit status|exit(?:ed with)? (?:code|status)")
_IS_WARNING = re.compile(r"\b[Ww]arning\b|\bWARNING\b|Warning:")
_LONGEST_TEXT, _LONGEST_LINE = 150_000, 200
_SHORTEST_NAME = 3  # of what is looked for in prose: "R" and "Go" are words
_NO_NAMES = frozenset(
    {"network", "native", "Python", "Windows", "macOS", "git", "Docker", "make", "patch", "audit", "crypt"}
)
_THERE = "(?:found|installed|available|present)"
_IS_ABSENT = rf"(?:not (?:be )?{_THERE}|must be {_THERE}|is (?:required|missing|needed))"
_TO_GET = r"(?:(?<!un)find|locate|install|requires?|missing|needs?)"
_AND_NO_MORE = r"(?=$|[^\w ]| (?:first|before|to|and|or)\b| [^\w])"  # "HDF5 first", not "HDF5 flag"
_FEW_WORDS = r"(?: (?!not\b|un)[\w.]+){0,2} "


def found_in(case: Case, failure: Failure) -> list[Clue]:
    """The clues in the last error, then those in the last traceback, then those anywhere."""
    ending, text = _told_by(case, failure)
    return _each_once([*_at_the_end(case, ending), *_anywhere(case, text)])


def in_the_way(case: Case, failure: Failure) -> list[Clue]:
    """The same without what was said in passing: in a warning, or before something else did not compile."""
    ending, text = _told_by(case, failure)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    last = {line: at for at, line in enumerate(lines)}
    start = _refusal(lines) if _OF_A_CHILD.search(failure.message) else 0
    told = [
        clue
        for clue in _anywhere(case, text)
        if last.get(clue.line, start) >= start and not _IS_WARNING.search(clue.line.partition(failure.message)[0])
    ]
    return _each_once([*_at_the_end(case, ending), *told])


def _told_by(case: Case, failure: Failure) -> tuple[list[str], str]:
    """The parts of a failure's text that tell most, and all of it; without the code that tracebacks quote."""
    text = tracebacks.without_code(_with_source(case, failure.output[-_LONGEST_TEXT:]))
    lines = text.strip().splitlines()
    start = _last_of(lines, _begins_traceback)
    said = failure.message
    last = [at for at, line in enumerate(lines) if line.strip() == said]
    message = "\n".join(lines[last[-1] :]) if last else said
    parts = [message, "\n".join(lines[start:])]
    if _OF_A_CHILD.search(said):
        before = lines[:start]
        parts.append("\n".join(before[_last_of(before, _begins_traceback) :]))
    if compiler_output.has_failed(said):
        parts.append(
            "\n".join(lines[_last_of(lines, compiler_output.compiles) :])
        )  # not what a probe before it did without
    return parts, text


def _at_the_end(case: Case, parts: list[str]) -> list[Clue]:
    return [clue for part in parts for clue in clues.named_in(part, case.knowledge)]


def _anywhere(case: Case, text: str) -> list[Clue]:
    named = clues.named_in(text, case.knowledge)
    return [clue for clue in named if clue.kind != "module" or _is_imported(case, clue.name)]


def _each_once(found: list[Clue]) -> list[Clue]:
    unique: dict[tuple[int, str, str], Clue] = {}
    for clue in found:
        unique.setdefault((id(clue.symptom), clue.kind, clue.name), clue)
    return sorted(
        unique.values(), key=lambda clue: clue.name == "pip"
    )  # what pip was to fetch is better declared itself


def _refusal(lines: list[str]) -> int:
    """Where a compiler first says that there is an error; 0 if none does."""
    return next((at for at, line in enumerate(lines) if "error: " in line and compiler_output.error(line)), 0)


def _last_of(lines: list[str], is_one: Callable[[str], bool]) -> int:
    """Where the last line of a kind lies; behind the end if there is none."""
    return next((at for at in range(len(lines) - 1, -1, -1) if is_one(lines[at])), len(lines))


def _begins_traceback(line: str) -> bool:
    return line.lstrip().startswith("Traceback")


def _is_imported(case: Case, module: str) -> bool:
    """Whether setup.py imports it somewhere: a name that was printed in passing is nobody's to install."""
    top = module.partition(".")[0]
    return top == "pip" or any(one.module.partition(".")[0] == top for one in case.reading.imports)


def setup_py(case: Case) -> str:
    """The text of ``setup.py``; empty if there is none, or one that is too long to be read."""
    try:
        with (case.tree / "setup.py").open("rb") as stream:
            content = stream.read(LONGEST + 1)
    except OSError:
        return ""
    return content.decode("utf-8", "replace") if len(content) <= LONGEST else ""


def _with_source(case: Case, text: str) -> str:
    """The text with ``setup.py``'s lines in its tracebacks: a backend executes it as a string, which has none."""
    source = setup_py(case).splitlines()

    def quoted(frame: re.Match[str]) -> str:
        number = int(frame[1])
        line = source[number - 1].strip()[:_LONGEST_LINE] if 0 < number <= len(source) else ""
        return f"{frame[0]}\n    setup.py:{number}: {line}" if line else frame[0]

    return re.sub(r'^ *File "<string>", line (\d{1,9}), in .*$', quoted, text, flags=re.MULTILINE)


def named_in_words(case: Case, message: str) -> Need | None:
    """What no index has, where an author's own message says that it is missing."""
    words = message.lower()
    for need in [need for need in case.knowledge.need if need.name.lower() in words]:
        name = rf"(?<![\w./\-])({re.escape(need.name)})(?![\w/\-]|\.\w)"
        for said in (rf"{name}{_FEW_WORDS}{_IS_ABSENT}\b", rf"\b{_TO_GET}{_FEW_WORDS}{name}{_AND_NO_MORE}"):
            match = re.search(said, message, re.IGNORECASE)
            if match is not None and _is_name(match[1], need):
                return need
    return None


def _is_name(word: str, need: Need) -> bool:
    """Whether a word is a name, not a word of English: "root" is no program, "proj" is."""
    if need.name in _NO_NAMES or len(word) < _SHORTEST_NAME:
        return False
    return not word.islower() or word == need.name or word in (*need.commands, *need.libraries, *need.pkgconfig)


def consequence_of(case: Case, clue: Clue) -> Consequence | None:
    """What follows from a clue for the package and the Python that are diagnosed."""
    return consequences.follows(clue, case.knowledge, case.python, case.reading.version)
