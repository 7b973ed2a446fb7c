"""What a stranger's process answers, as JSON in a file: its size and depth are bounded, and its shape is checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import left_file

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 4 * 2**20
_MOST_DIGITS = 18  # a number of more is no count of anything, and takes long to read
_MOST_TEXTS, _LONGEST_TEXT = 500, 2000


class UnsoundAnswerError(ValueError):
    """An answer that is not what was asked for. The text says what is wrong with it."""


def read(place: Path, name: str) -> dict[str, Any]:
    """Read the answer, a JSON object.

    :param place: a folder that strangers may write to, in one that they cannot rename or replace.
    :param name: of the file.
    :raises UnsoundAnswerError: if there is none, or none that can be read.
    """
    try:
        found = json.loads(left_file.content(place, name, _MOST_BYTES).decode("utf-8"), parse_int=_whole_number)
    except RecursionError:
        raise UnsoundAnswerError("it is too deep") from None
    except OSError:
        raise UnsoundAnswerError("there is none") from None
    except ValueError as error:
        raise UnsoundAnswerError(str(error)) from None
    if not isinstance(found, dict):
        raise UnsoundAnswerError(f"{_shown(found)} is no JSON object")
    return found


def text(value: object) -> str:
    """A text of an answer, as one that can be written anywhere: half of a surrogate pair becomes a question mark.

    :raises UnsoundAnswerError: if it is none.
    """
    if not isinstance(value, str):
        raise UnsoundAnswerError(f"{_shown(value)} is no text")
    return value.encode("utf-8", "replace").decode("utf-8")


def texts(value: object) -> list[str]:
    """A list of texts, such as requirements or names; none of those is very long, or one of very many.

    :raises UnsoundAnswerError: if it is none.
    """
    if not isinstance(value, list):
        raise UnsoundAnswerError(f"{_shown(value)} is no list of texts")
    if len(value) > _MOST_TEXTS:
        raise UnsoundAnswerError(f"it lists {len(value)} texts, more than {_MOST_TEXTS}")
    found = [text(one) for one in value]
    longest = max(map(len, found), default=0)
    if longest > _LONGEST_TEXT:
        raise UnsoundAnswerError(f"it lists a text of {longest} characters, more than {_LONGEST_TEXT}")
    return found


def _whole_number(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _shown(value: object) -> str:
    """The beginning of a value, however deep or large it is."""
    if isinstance(value, (list, dict)):
        return f"a JSON {'array' if isinstance(value, list) else 'object'} of {len(value)}"
    return f"{value!r:.80}"
