"""What the compiled modules of a wheel link against: read in their bytes, of whatever system they are.

ELF, Mach-O and PE all hold the names of the libraries that they need, and of the symbols that they look for there, as
plain texts that end with a zero.
"""

from __future__ import annotations

import re
import zipfile
from fnmatch import translate
from typing import IO, TYPE_CHECKING

from . import decompression

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

COMPILED = (".so", ".pyd", ".dylib")
_CHUNK, _LONGEST_NAME = 2**20, 256
_MOST = 2**31  # bytes of all members; beyond that, the names have long been met
_LIBRARY = re.compile(rb"[\0/]([A-Za-z0-9_][A-Za-z0-9_+-]{1,80}(?:\.dll|(?=\.so[.\0]|(?:\.[0-9.]{1,20})?\.dylib\0)))")


def linked(wheel: Path, libraries: Collection[str], symbols: Collection[str]) -> tuple[str, str] | None:
    """The first compiled module that needs one of some libraries, and the name in it that says so.

    :param libraries: patterns for their names without what follows the first dot; on Windows, with ``.dll``.
    :param symbols: how names of their symbols begin.
    :return: ``None`` if no module does, or the wheel cannot be read.
    """
    wanted = re.compile("|".join(map(translate, libraries)))
    begins = re.compile(rb"\0(" + b"|".join(re.escape(one.encode()) for one in symbols) + rb")") if symbols else None
    left = _MOST
    try:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(COMPILED):
                    continue
                with archive.open(entry) as stream:
                    found = _first(stream, wanted, begins, left)
                left -= entry.file_size
                if found:
                    return entry.filename, found
    except (OSError, RuntimeError, *decompression.BROKEN):
        return None
    return None


def _first(stream: IO[bytes], wanted: re.Pattern[str], begins: re.Pattern[bytes] | None, most: int) -> str:
    before = b""
    for _ in range(0, max(0, most), _CHUNK):
        chunk = stream.read(_CHUNK)
        if not chunk:
            break
        piece = before + chunk
        names = (one[1].decode("ascii") for one in _LIBRARY.finditer(piece))
        name = next((one for one in names if wanted.match(one)), "")
        symbol = begins.search(piece) if begins and not name else None
        if name or symbol:
            return name or (symbol[1].decode("ascii") if symbol else "")
        before = piece[-_LONGEST_NAME:]
    return ""
