"""Core metadata documents (``METADATA``, ``PKG-INFO``): read once, edited by field, written back byte for byte."""

from __future__ import annotations

import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# A resolver decides by these. Name and version are never dynamic in an sdist (core metadata 2.2).
RESOLVED = ("requires-dist", "requires-python", "provides-extra")
OLDEST_STATIC = "2.2"  # the first version of core metadata that tells static fields from dynamic ones


class Field(NamedTuple):
    """A header field: its name in lower case, and its text, with continuation lines and the line's end."""

    name: str
    text: str

    @property
    def value(self) -> str:
        """What stands behind the colon, continuation lines joined by blanks."""
        return " ".join(map(str.strip, self.text.partition(":")[2].strip().split("\n")))


class Document(NamedTuple):
    """A core metadata document; ``body`` is the description, from the blank line on."""

    fields: tuple[Field, ...]
    body: str = ""

    @property
    def content(self) -> bytes:
        """The document as it is written."""
        text = "".join(field.text for field in self.fields) + self.body
        return text.encode("utf-8", "surrogateescape")

    def values(self, name: str) -> list[str]:
        """The values of all fields of a name, which is in lower case."""
        return [field.value for field in self.fields if field.name == name]

    def value(self, name: str) -> str:
        """The value of the last field of a name; empty if there is none."""
        return "".join(self.values(name)[-1:])

    @property
    def is_static(self) -> bool:
        """Whether its dependencies can be relied upon: core metadata 2.2 or newer, and none of them called dynamic."""
        dynamic = {value.lower() for value in self.values("dynamic")}
        return _is_static_version(self.value("metadata-version")) and not dynamic & {*RESOLVED}

    def edited(self, name: str, change: Callable[[str], Iterable[str]]) -> Document:
        """The document with each field of a name replaced by fields of the values that ``change`` makes of its value.

        A value that comes back as it was keeps its bytes.
        """
        fields: list[Field] = []
        for field in self.fields:
            new = [field.value] if field.name != name else change(field.value)
            fields += [field if value == field.value else self._field(name, value, field.text) for value in new]
        return self._replace(fields=tuple(fields))

    def added(self, name: str, values: Iterable[str]) -> Document:
        """The document with more fields, behind the last of their name."""
        new = [self._field(name, value) for value in values]
        last = max((at for at, field in enumerate(self.fields, 1) if field.name == name), default=len(self.fields))
        fields = [*self.fields[:last], *new, *self.fields[last:]]
        if new and last and not fields[last - 1].text.endswith("\n"):  # the end of a document without a body
            fields[last - 1] = Field(fields[last - 1].name, fields[last - 1].text + self._line_end)
            fields[-1] = Field(name, fields[-1].text.rstrip("\r\n"))
        return self._replace(fields=tuple(fields))

    def stated(self, name: str, values: Iterable[str]) -> Document:
        """The document with these values of a field, where its first was, and no others; none of it is dynamic."""
        left = [*values]

        def all_at_the_first(_: str) -> list[str]:
            now, left[:] = left[:], []
            return now

        document = self.edited(name, all_at_the_first).added(name, left)
        document = document.edited("dynamic", lambda value: [] if value.lower() == name else [value])
        return document.edited("metadata-version", lambda one: [one if _is_static_version(one) else OLDEST_STATIC])

    @property
    def _line_end(self) -> str:
        return "\r\n" if self.fields and self.fields[0].text.endswith("\r\n") else "\n"

    def _field(self, name: str, value: str, like: str = "") -> Field:
        """A new field; its name is spelled as in the text that it takes the place of."""
        spelled = like.partition(":")[0] if ":" in like else "-".join(part.capitalize() for part in name.split("-"))
        return Field(name, f"{spelled}: {value}{self._line_end}")


def parse(content: bytes) -> Document:
    """Read a document; bytes that are not UTF-8 come back as they are."""
    text = content.decode("utf-8", "surrogateescape")
    blank = re.search(r"(?m)^\r*(?:\n|\Z)", text)
    end = blank.start() if blank else len(text)
    lines = re.findall(r"[^\n]*\n|[^\n]+", text[:end])
    starts = [at for at, line in enumerate(lines) if not at or line[0] not in " \t"]
    fields = ["".join(lines[at:next_one]) for at, next_one in zip(starts, [*starts[1:], len(lines)])]
    return Document(tuple(Field(field.partition(":")[0].strip().lower(), field) for field in fields), text[end:])


def _is_static_version(version: str) -> bool:
    found = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return found is not None and (int(found[1]), int(found[2])) >= tuple(map(int, OLDEST_STATIC.split(".")))
