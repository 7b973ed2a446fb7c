"""What CMake, Meson, cargo, ninja and make say when they end a build: their own words, in one line.

::

    a build's output -> its lines, each read once -> the error, with the file and the line of the tree where it happened
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Callable, NamedTuple

from augbackend.cli.strangers.telling_line import error_line, telling_line

from . import compiler_output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CMAKE = re.compile(r"CMake Error(?: (?:at|in) (?P<place>[^\s()]{1,400})(?: \((?P<command>\w{1,60})\))?)?:(?P<rest>.*)")
_FRAME = re.compile(r"  (?P<place>[^\s()]{1,400}:\d{1,9}) \((?P<command>\w{1,60})\)$")
_MESON = re.compile(r"(?P<place>[^\s:]{1,400}:\d{1,9}:\d{1,9}): ERROR: (?P<rest>.*)")
_MESON_ENDS = re.compile(r"A full log can be found at ")
_FAILED = re.compile(r"FAILED: |ninja: error: |g?make(?:\[\d{1,4}\])?: \*\*\* (?:\[|No rule to make target)")
_OF_MAKE = re.compile(r"g?make(?:\[\d{1,4}\])?: \*\*\* \[")
_PROGRESS = re.compile(r"\[ *\d{1,3}%\] |g?make(?:\[\d{1,4}\])?: (?!\*\*\* No rule)")
_ELSEWHERE = ("/", "site-packages/")  # not in the tree
_CARGO_ENDS = re.compile(r"error: `cargo [^`]{1,2000}` failed with code")
_CARGO = re.compile(r"error(?:\[E\d{4}\])?: (?!could not compile|`cargo )")
_LONGEST = 300  # characters of a message that has paragraphs
_MOST_LINES = 60  # of one message
# What these say is that another program failed, and that has said why itself, if it said anything.
_OF_ANOTHER = re.compile(
    r"execute_process failed command|Child return code|: ERROR: Command `|: ERROR: Compiler \S+ can(?:not| not) compile"
)
_NO_NEWS = re.compile(
    r"CalledProcessError|returned non-zero exit status|error: command .*\b(?:cmake|meson|ninja|g?make)\S* .*failed|"
    r"An error occurred while (?:configuring|building) with CMake|error: Configuration failed|SKBuildError"
)


class _Said(NamedTuple):
    """One error.

    :param line: the number of its first line.
    :param is_own: whether it says more than that another program failed.
    """

    line: int
    text: str
    is_own: bool


def message(output: str) -> str:
    """The error of the tool that ended a build; empty if none did, or if another program's error says more."""
    lines = output.splitlines()
    said = [*_of_cmake(lines), *_of_meson(lines)]
    located = [one for one in said if not one.text.startswith("CMake Error:")]
    last = max(located, default=None) or next(iter(said), None)
    at, error = error_line(lines)
    if _CARGO_ENDS.match(error):
        return _of_cargo(lines[:at])
    is_news = bool(error) and not _NO_NEWS.search(error)
    if last is not None:
        return "" if is_news and (at > last.line or not last.is_own) else last.text
    return "" if is_news else _of_make(lines)


def _of_cmake(lines: Sequence[str]) -> Iterator[_Said]:
    for at, line in enumerate(lines):
        found = _CMAKE.match(line) if line.startswith("CMake Error") else None
        if found is None:
            continue
        end = _end_of_message(lines, at + 1, lambda text: not text or text.startswith("  "))
        paragraphs = _paragraphs([found["rest"], *lines[at + 1 : end]])
        place, command = found["place"] or "", found["command"] or ""
        if place.startswith(_ELSEWHERE) and lines[end : end + 1] == ["Call Stack (most recent call first):"]:
            place, command = _caller(lines, end + 1) or (place, command)
        name = place.rpartition("/")[2] if place.startswith(_ELSEWHERE) else place
        where = f" at {name}" if name else ""
        text = f"CMake Error{where}{f' ({command})' if command else ''}: {_beginning_of(paragraphs)}"
        yield _Said(at, text, not _OF_ANOTHER.search(text))


def _caller(lines: Sequence[str], start: int) -> tuple[str, str] | None:
    """The first frame of CMake's call stack that is in the tree itself."""
    for line in lines[start : start + _MOST_LINES]:
        frame = _FRAME.match(line)
        if frame is None:
            return None
        if not frame["place"].startswith(_ELSEWHERE):
            return frame["place"], frame["command"]
    return None


def _of_meson(lines: Sequence[str]) -> Iterator[_Said]:
    for at, line in enumerate(lines):
        found = _MESON.match(line) if ": ERROR: " in line else None
        if found is None:
            continue
        rest = [found["rest"]]
        if rest[0].count("`") % 2:  # a command of several lines
            end = _end_of_message(lines, at + 1, lambda text: "`" not in text and not _MESON_ENDS.match(text))
            rest += lines[at + 1 : end + 1]
        text = f"{found['place'].removeprefix('../')}: ERROR: {'; '.join(filter(None, map(str.strip, rest)))}"
        yield _Said(at, text.replace("'; ", "'").replace("; '`", "'`"), not _OF_ANOTHER.search(text))


def _of_cargo(lines: Sequence[str]) -> str:
    """The first error of the last call of cargo, most often the cause of the others; empty if there is none."""
    start = max((at for at, line in enumerate(lines) if line.startswith("cargo ")), default=0)
    return next((line.strip() for line in lines[start:] if _CARGO.match(line)), "")


def _of_make(lines: Sequence[str]) -> str:
    """What was printed by the last command that ninja or make calls failed: its own last words."""
    at = next((at for at in range(len(lines) - 1, -1, -1) if _FAILED.match(lines[at])), None)
    if at is None:
        return ""
    if _OF_MAKE.match(lines[at]):  # behind the command's output, and again for each make around it
        at = next(one for one, line in enumerate(lines) if _OF_MAKE.match(line))
        printed = "\n".join(line for line in lines[max(0, at - _MOST_LINES) : at] if not _PROGRESS.match(line))
    elif lines[at].startswith("FAILED"):
        end = _end_of_message(lines, at + 2, lambda text: not text.startswith(("ninja: ", "[")))
        printed = "\n".join(lines[at + 2 : end])  # the line between is the command
    else:
        printed = ""
    return compiler_output.error(printed) or telling_line(printed, lines[at].strip())


def _end_of_message(lines: Sequence[str], start: int, goes_on: Callable[[str], bool]) -> int:
    at = start
    while at < min(len(lines), start + _MOST_LINES) and goes_on(lines[at]):
        at += 1
    return at


def _paragraphs(lines: Sequence[str]) -> list[str]:
    """Texts that were broken into lines, each in one line again."""
    found = [""]
    for line in lines:
        if line.strip():
            found[-1] = " ".join([found[-1], *line.split()]).strip()
        elif found[-1]:
            found.append("")
    return list(filter(None, found))


def _beginning_of(paragraphs: Sequence[str]) -> str:
    """The first paragraph, and those after it as long as they are short."""
    text = paragraphs[0] if paragraphs else "it says nothing"
    for one in paragraphs[1:]:
        if len(text) + len(one) >= _LONGEST:
            break
        text = f"{text} {one}"
    return text
