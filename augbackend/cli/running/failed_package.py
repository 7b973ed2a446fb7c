"""Which package did not build, as its frontend says it.

::

    what the frontend printed, without colours -> the reader of its form -> FailedPackage, or why that cannot be told

What is not surely said is not guessed: then nothing is wrapped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from . import pip_output, uv_output

if TYPE_CHECKING:
    from .frontend_command import Frontend
    from .package_said import Said

_ESCAPES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_][0-?]*[ -/]*[@-~]?")
_BUILDS_OWN = re.compile(r"^ERROR Backend subprocess exited when trying to invoke ", re.MULTILINE)  # what it is given
_QUOTED_BY_BUILD = re.compile(r"^< ?", re.MULTILINE)


@dataclass(frozen=True)
class FailedPackage:
    """A package that did not build.

    :param name: canonical.
    :param version: empty where it is none of an index.
    :param place: the URL or the folder that it is from, where it is none of an index.
    """

    name: str
    version: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version or self.place}".strip()


@dataclass(frozen=True)
class Unclear:
    """It is known that something did not build, and not what.

    :param why: the reason, which ends a sentence.
    :param is_unnamed: whether the frontend names nothing at all.
    """

    why: str
    is_unnamed: bool = False


def found(frontend: Frontend, output: str) -> FailedPackage | Unclear | None:
    """The package that did not build; ``None`` if it is not about one.

    :param output: all that the frontend printed.
    """
    text = plain(output)
    if frontend == "build":
        text = _unwrapped(text)
    # pipx, build and tox call pip or uv, and pass on what these say.
    readers = {"pip": (pip_output.said,)}.get(
        frontend, (uv_output.said,) if frontend.startswith("uv") else (uv_output.said, pip_output.said)
    )
    answers = [said for reader in readers for said in [reader(text)] if said is not None]
    if not answers and frontend == "build" and _BUILDS_OWN.search(text):
        return Unclear("build does not name it", is_unnamed=True)
    if not answers:
        return None
    if len(answers) > 1:
        return Unclear("both uv and pip say that something did not build")
    return _judged(answers[0])


def plain(output: str) -> str:
    """Lines of text, without colours and links, and without what a progress bar wrote over."""
    return _ESCAPES.sub("", output).replace("\r\n", "\n").replace("\r", "\n")


def _judged(said: Said) -> FailedPackage | Unclear:
    if not said.names:
        return Unclear("the frontend does not name it", is_unnamed=True)
    name = canonicalize_name(said.names[0])
    places = list(dict.fromkeys(said.places.get(name, ())))
    versions = list(dict.fromkeys(said.versions.get(name, ())))
    if places and not versions:
        return FailedPackage(name, "", places[-1])
    if not versions:
        return Unclear(f"{said.names[0]} did not build, and the frontend does not say in which version")
    if len(versions) > 1 and not said.is_last:
        return Unclear(f"{said.names[0]} did not build, and it is not clear which of {', '.join(versions)} it was")
    return FailedPackage(name, versions[-1])


def _unwrapped(text: str) -> str:
    """What ``build`` quotes, in the lines that were: it marks them, and breaks them where the terminal ends."""
    printed = text.split("\n")
    width = max((len(line) for line in printed if line.startswith("<")), default=0)
    lines: list[str] = []
    for before, line in zip(["", *printed], printed):
        is_continued = bool(lines) and lines[-1].startswith("<") and re.match(r"  \S", line)
        if is_continued:
            lines[-1] += line.strip() if _ends_within_a_word(before, line.strip(), width) else f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(_QUOTED_BY_BUILD.sub("", line) for line in lines)


def _ends_within_a_word(line: str, following: str, width: int) -> bool:
    """Whether a word goes on in the next line: at a hyphen, or since it is longer than a line."""
    word = line.rpartition(" ")[2] + following.partition(" ")[0]
    return line.endswith("-") or (len(line) == width and len(word) > width - len("  "))
