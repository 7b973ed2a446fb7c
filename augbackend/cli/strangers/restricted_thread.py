"""A thread that gives away what other people's code must not have, and then starts a process of theirs.

The kernel keeps all of this for a thread and everything that it starts, and never gives it back: privileges that a
program could gain (prctl(2)), capabilities (capabilities(7)), the user's session keyring (session-keyring(7)). A
process that is to end with its parent ends with the *thread* that started it, so that thread is kept.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, TypeVar

from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator

_Result = TypeVar("_Result")
_SET_NO_NEW_PRIVS = 38  # prctl(2)
_CAPABILITIES_VERSION = 0x20080522  # capget(2)
_JOIN_SESSION_KEYRING = 1  # keyctl(2)
_KEYCTL = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}  # it has no function in C


@contextmanager
def starting(restrict: Callable[[], None], start: Callable[[], _Result]) -> Iterator[_Result]:
    """Start a process from a new thread, which lasts as long as the context.

    :param restrict: is called in the thread first.
    :param start: starts the process.
    :return: what ``start`` returns.
    """

    def restrict_and_start() -> _Result:
        restrict()
        return start()

    with ThreadPoolExecutor(1) as one:
        yield one.submit(restrict_and_start).result()


def give_up_privileges() -> None:
    """Programs that this thread starts gain none, not even by being root's (PR_SET_NO_NEW_PRIVS).

    They do not have the keys of the user's session either, where this processor's number for that is known.
    """
    words = map(ctypes.c_ulong, (1, 0, 0, 0))
    checked(ctypes.CDLL(None, use_errno=True).prctl(_SET_NO_NEW_PRIVS, *words))
    if sys.maxsize > 2**32 and platform.machine() in _KEYCTL:
        syscall(_KEYCTL[platform.machine()], _JOIN_SESSION_KEYRING, None)  # a new one; there may be no keyrings at all


def give_up_capabilities() -> None:
    """Leave root's user, and nothing of root's power over other users' files, devices and the kernel."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    checked(ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()))


def syscall(number: int, *arguments: object) -> int:
    """A call of the kernel's that the C library has no function for; below 0 if it fails."""
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in (number, *arguments)]
    answer: int = ctypes.CDLL(None, use_errno=True).syscall(*words)
    return answer


def checked(answer: int) -> int:
    """What the kernel answered.

    :raises AugbackendError: if it refused.
    """
    if answer < 0:
        why = os.strerror(ctypes.get_errno())
        raise CliError(
            f"a build cannot be kept to its own folders: {why}",
            id="cannot-confine",
            where="this system's kernel",
            hint="install bubblewrap, which confines it in another way",
        )
    return answer
