"""Where what stands in a TOML text: its headers, entries, comments and blank lines, each from one offset to another.

For edits that leave every other byte alone. No library says where in a text a value stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind = Literal["header", "entry", "comment", "blank"]

# Strings and comments are skipped as a whole, so that what is left are the characters that mean something.
_SIGN = r'"""(?:\\.|[^\\])*?"{3,5}(?!")|\'\'\'.*?\'{3,5}(?!\')|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[][{}=\n]'


class Statement(NamedTuple):
    """Whole lines of a TOML text that belong together.

    :param start: offset of its first line.
    :param end: offset behind its last line's end.
    :param path: of a header, its table's keys; of an entry, its own, below those of its table.
    :param table: the keys of the table that it stands in.
    :param value: of an entry, offset of its value.
    :param value_end: offset behind the value; what follows in the line is a comment.
    """

    kind: Kind
    start: int
    end: int
    path: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    value: int = 0
    value_end: int = 0


def read(text: str) -> list[Statement]:
    """The statements of a text, which has to be TOML; together they are all of it."""
    found: list[Statement] = []
    table: tuple[str, ...] = ()
    for start, end, equals, comment in _spans(text):
        said = text[start:comment].strip()
        if not said:
            kind: Kind = "comment" if text[comment : comment + 1] == "#" else "blank"
            found.append(Statement(kind, start, end, table=table))
        elif equals is None:
            table = _dotted_keys(said.strip("[]"))
            found.append(Statement("header", start, end, table, table))
        else:
            value = comment - len(text[equals + 1 : comment].lstrip())
            value_end = start + len(text[start:comment].rstrip())
            path = (*table, *_dotted_keys(text[start:equals]))
            found.append(Statement("entry", start, end, path, table, value, value_end))
    return found


def body_end(statements: Sequence[Statement], index: int) -> int:
    """How many statements there are up to the end of the table, or of the entry, at ``index``.

    Comments right behind its last entry are its own, unless the next header follows them: these describe that one.
    """
    last = index
    if statements[index].kind == "header":
        for place in range(index + 1, len(statements)):
            if statements[place].kind == "header":
                break
            last = place if statements[place].kind == "entry" else last
    end = last + 1
    while end < len(statements) and statements[end].kind == "comment":
        end += 1
    return end if end == len(statements) or statements[end].kind == "blank" else last + 1


def lines(text: str) -> list[str]:
    """The lines of a text with their ends, of TOML's kind only."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _spans(text: str) -> Iterator[tuple[int, int, int | None, int]]:
    """Of each statement: start, end, its equals sign if it has one, and where its last comment or its line end is."""
    start, depth = 0, 0
    equals: int | None = None
    comment: int | None = None
    for token in re.finditer(_SIGN, text, re.DOTALL):
        sign = token[0]
        if sign in ("[", "{"):
            depth += 1
        elif sign in ("]", "}"):
            depth -= 1
        elif depth == 0 and sign == "=" and equals is None:
            equals = token.start()
        elif depth == 0 and sign[0] == "#":
            comment = token.start()
        elif depth == 0 and sign == "\n":
            yield start, token.end(), equals, token.start() if comment is None else comment
            start, equals, comment = token.end(), None, None
    if start < len(text):
        yield start, len(text), equals, len(text) if comment is None else comment


def _dotted_keys(key: str) -> tuple[str, ...]:
    value: Any = layers.toml(f"{key.strip()} = 0")
    found = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        found.append(name)
    return tuple(found)
