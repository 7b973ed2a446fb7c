"""Sizes of memory and of disks, as a table says them and as a message does."""

import re

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS.update({"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40})
_LONGEST_NUMBER = 20
_SIZE = r"(?ia)(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?"


def parse_size(text: str) -> int:
    """Bytes in a size such as ``512MiB`` or ``4 GB``.

    :raises ValueError: if the text is not a size.
    """
    size = re.fullmatch(_SIZE, text.strip())
    if size is None:
        raise ValueError("expected a size such as '4GiB'")
    if len(size[1]) > _LONGEST_NUMBER:
        raise ValueError("expected a size that a machine can have")
    return int(float(size[1]) * _UNITS[size[2].lower()])


def gib(size: float) -> str:
    """A number of bytes for a reader."""
    return f"{size / 2**30:.1f} GiB"
