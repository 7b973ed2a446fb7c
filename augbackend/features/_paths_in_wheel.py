"""Our own paths in a finished wheel (a library's run path, a generated module): what they lead to is named instead.

::

    the wheel, our path -> theirs -> members with their new content, as they are in a build without a cache

A text gets the other path as it is. In all else each byte keeps its place, since offsets and lengths may mean it: more
slashes fill the room, and ``/a///b`` is ``/a/b``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from zipfile import ZipFile

from augbackend.errors import say

_CHUNK = 1 << 20
_SIGNED = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # macOS refuses a Mach-O file whose bytes are not the signed ones
_MOST_NAMED = 3


def replaced(wheel: ZipFile, paths: Mapping[str, str]) -> dict[str, bytes]:
    """The members that change; those that cannot be changed safely are told.

    :param paths: ours → theirs.
    """
    pairs = {os.fsencode(ours): os.fsencode(theirs) for ours, theirs in paths.items()}
    folders = {os.path.dirname(path) for path in pairs}  # noqa: PTH120  # of bytes
    changed, left = {}, []
    for name in wheel.namelist() if pairs else ():
        if _holds(wheel, name, folders):
            old = wheel.read(name)
            new = old if old.startswith(_SIGNED) else _with_theirs(old, pairs)
            if any(folder in new for folder in folders):
                left.append(name)
            if new != old:
                changed[name] = new
    if left:
        more = f" and {len(left) - _MOST_NAMED} more" if left[_MOST_NAMED:] else ""
        what = "a path of this machine's compiler cache stays in the wheel"
        hint = "AUGBACKEND_COMPILER_CACHE=none builds without it"
        say("warning", f"{what}: {', '.join(left[:_MOST_NAMED])}{more}; {hint}")
    return changed


def _holds(wheel: ZipFile, name: str, folders: Iterable[bytes]) -> bool:
    """Whether one of the folders is named in a member, which may be too large to be read at once for nothing."""
    longest, before = max(map(len, folders)), b""
    with wheel.open(name) as stream:
        for block in iter(lambda: stream.read(_CHUNK), b""):
            seen = before + block
            if any(folder in seen for folder in folders):
                return True
            before = seen[-longest:]
    return False


def _with_theirs(content: bytes, pairs: Mapping[bytes, bytes]) -> bytes:
    is_text = b"\0" not in content

    def theirs(match: re.Match[bytes]) -> bytes:
        path, room = pairs[match[0]], len(match[0])
        if is_text or len(path) == room:
            return path
        return path + b"/" * (room - len(path)) if len(path) < room else match[0]

    longest_first = sorted(pairs, key=len, reverse=True)
    return re.sub(b"(?:%b)(?!\\w)" % b"|".join(map(re.escape, longest_first)), theirs, content)
