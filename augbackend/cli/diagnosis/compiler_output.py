"""What a compiler says in a build's output. Each line is read once: an output may be made to keep a pattern busy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERROR = re.compile(r"(?::\d{1,9}(?::\d{1,9})?: (?:fatal )?error|: fatal error): ")
_OF_PATH = re.compile(r"[\w./+\-]+")
_SOURCE_LINE = re.compile(r"^[ \t]*([^\s:]+\.(?:c|cc|cpp|cxx|C)):\d", re.MULTILINE)
_COMMAND = re.compile(r"[Cc]ommand \W{0,9}([^\s'\",\]]{1,300})")
_PROGRAM = re.compile(r"(?:cc|clang|cl\.exe)\b|(?:g|c|clang)\+\+")
_IS_WORD = re.compile(r"(?:.*\W)?(?:cc|gcc|clang|nvcc|(?:g|c|clang)\+\+)\S*", re.DOTALL)


def error(output: str) -> str:
    """The first line in which a compiler says where there is an error, from the name of the file on; or nothing."""
    for line in output.splitlines() if "error: " in output else ():
        found = _ERROR.search(line) if "error: " in line else None
        backwards = _OF_PATH.match(line[: found.start()][::-1]) if found else None
        if found and backwards and not any(map(str.isspace, line[: found.start()])):
            return line[found.start() - backwards.end() :]
    return ""


def source_lines(output: str) -> Iterator[tuple[str, str]]:
    """The C sources that lines begin with: the name of each, and the text from there on."""
    for match in _SOURCE_LINE.finditer(output):
        name = match[1].rpartition("/")[2] if match[1].startswith("/") else match[1]
        yield name, output[match.start() : match.start() + 400]


def has_failed(output: str) -> bool:
    """Whether a command that is a compiler ended in an error."""
    if "CompileError" in output or "compilation terminated" in output:
        return True
    return any(_is_failure(line) for line in output.splitlines() if "ommand " in line)


def _is_failure(line: str) -> bool:
    end = max(line.rfind("failed"), line.rfind("returned non-zero"))
    return any(_PROGRAM.search(found[1]) for found in _COMMAND.finditer(line[: max(end, 0)]))


def compiles(line: str) -> bool:
    """Whether a line is the command that compiles a file."""
    words = line.split()
    program = next((at for at, word in enumerate(words) if _IS_WORD.fullmatch(word)), len(words))
    return "-c" in words[program:]
