"""Where other people's code may write: only in folders that it is given. On Linux, by Landlock; elsewhere, anywhere.

The kernel restricts a thread and everything that the thread starts, and never takes that back. So a new thread is made
for it. See landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Callable, TypeVar

from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterable

_Result = TypeVar("_Result")
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on all processors that have it
_VERSION, _PATH_BENEATH = 1, 1
_SET_NO_NEW_PRIVS = 38  # prctl(2)
_LEAST = 2  # version 1 forbids renaming and linking between folders, which builds do
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_TRUNCATE_SINCE = 3
# The rights to remove, make, rename and link what is in a folder.
_IN_FOLDERS = sum(1 << bit for bit in range(4, 14))
_DEVICE_NODES = 1 << 6 | 1 << 11  # root could make one of the disk, and write to that
_SIGNALS, _SCOPED_SINCE = 1 << 1, 6  # no signals to processes outside
# Devices that programs open to write, those of GPUs included.
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "nvidia*", "kfd", "dri")
_MOST_REFUSED = 100  # different files that are looked for
_QUOTES, _UNSEEN = "'\"\u2018\u2019", "\x00-\x1f\x7f"
_REFUSED = re.compile(
    f"Permission denied: [{_QUOTES}](/[^{_QUOTES}{_UNSEEN}]{{1,200}})[{_QUOTES}]"  # Python
    f"|[ {_QUOTES}](/[^:\\s{_QUOTES}{_UNSEEN}]{{1,200}})[{_QUOTES}]?: Permission denied"  # programs and shells
)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that this system has; 0 if it has none, or one that is too old."""
    if sys.platform != "linux":
        return 0
    try:
        known = _syscall(_CREATE_RULESET, None, 0, _VERSION)
    except (OSError, AttributeError):  # there is no C library that could be called
        return 0
    return known if known >= _LEAST else 0


def confined(start: Callable[[], _Result], folders: Iterable[Path]) -> _Result:
    """Start a process that may write in some folders and to common devices, and nowhere else.

    :param start: starts the process.
    :param folders: where it may write; a folder that does not exist is passed over.
    :return: what ``start`` returns.
    :raises AugbackendError: if the system refuses to confine it, though it could.
    """
    known = version()
    if not known:
        return start()
    paths = [*folders, *(path for name in _DEVICES for path in Path("/dev").glob(name))]

    def confine_and_start() -> _Result:
        _restrict_this_thread(known, paths)
        return start()

    with ThreadPoolExecutor(1) as one:
        return one.submit(confine_and_start).result()


def refused(output: str, own: Path) -> list[str]:
    """The files outside of a folder for which an output says: permission denied."""
    found = [first or second for first, second in _REFUSED.findall(output)]
    different = [*dict.fromkeys(found)][:_MOST_REFUSED]
    return [path for path in different if not Path(os.path.realpath(path)).is_relative_to(own.resolve())]


def _restrict_this_thread(known: int, paths: Iterable[Path]) -> None:
    to_files = _WRITE_FILE | (_TRUNCATE if known >= _TRUNCATE_SINCE else 0)
    is_scoped = known >= _SCOPED_SINCE
    handled = _Ruleset(to_files | _IN_FOLDERS, 0, _SIGNALS if is_scoped else 0)
    size = ctypes.sizeof(_Ruleset) if is_scoped else ctypes.sizeof(ctypes.c_uint64)
    ruleset = _checked(_syscall(_CREATE_RULESET, ctypes.byref(handled), size, 0))
    try:
        for path in paths:
            _allow(ruleset, path, to_files)
        _checked(ctypes.CDLL(None, use_errno=True).prctl(_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))))
        _checked(_syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, to_files: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it does not exist, or this user may not open it
        return
    try:
        in_folders = _IN_FOLDERS & ~_DEVICE_NODES if path.is_dir() else 0
        rule = _PathBeneath(to_files | in_folders, opened)
        _checked(_syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(opened)


def _syscall(number: int, *arguments: object) -> int:
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in (number, *arguments)]
    answer: int = ctypes.CDLL(None, use_errno=True).syscall(*words)
    return answer


def _checked(answer: int) -> int:
    if answer < 0:
        why = os.strerror(ctypes.get_errno())
        raise AugbackendError(f"a build cannot be kept to its own folders: Landlock: {why}", where="this system")
    return answer
