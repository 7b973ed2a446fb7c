"""The user's word that it is enough: Ctrl-C, SIGTERM or SIGHUP, as one exception.

The first signal raises it, so that other people's code is ended, its folders are removed and a command can say what it
knows by then. The second one ends this program at once.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS = 130  # of a command that was interrupted, whatever the signal
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_IS_ONE = 0.2  # seconds: timeout(1) and terminals send one wish to a process and to its group
_SHOW_CURSOR = b"\x1b[?25h"  # a spinner hides it
_LAST_WORDS = b"augbackend: ended at once; temporary folders may be left\n"


class Interrupted(SystemExit):
    """The user ends this program; a command that does not care ends with :data:`STATUS`."""

    def __init__(self) -> None:
        super().__init__(STATUS)


class _Ending:
    """What a signal does."""

    def __init__(self) -> None:
        self.first = 0.0
        self.delays = 0

    def __call__(self, _number: int, _frame: object) -> None:
        now = time.monotonic()
        if not self.first:
            self.first = now
            if not self.delays:
                raise Interrupted
        elif now - self.first > _IS_ONE:
            with suppress(OSError):
                os.write(2, (_SHOW_CURSOR if os.isatty(2) and os.name != "nt" else b"") + _LAST_WORDS)
            os._exit(STATUS)


@contextmanager
def as_exception() -> Iterator[None]:
    """Let signals that end a program raise :class:`Interrupted`, as long as the context lasts.

    What this program was told to ignore (``nohup``), it still ignores.
    """
    ending, before = _Ending(), {}
    if threading.current_thread() is threading.main_thread():  # no other may say what a signal does
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, ending)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def delayed() -> Iterator[None]:
    """Do in full what leaves no trace of strangers: a first signal waits for its end. A second one does not."""
    ending = _here()
    if ending is None or ending.first:
        yield
        return
    ending.delays += 1
    try:
        yield
    finally:
        ending.delays -= 1
    if ending.first and not ending.delays:
        raise Interrupted


def has_come() -> bool:
    """Whether the user has ended this program, which is only telling what it knows by now."""
    ending = _here()
    return ending is not None and bool(ending.first)


def _here() -> _Ending | None:
    """What signals do in this thread; the others get none."""
    if threading.current_thread() is not threading.main_thread():
        return None
    handlers = [signal.getsignal(getattr(signal, name)) for name in _SIGNALS if hasattr(signal, name)]
    return next((one for one in handlers if isinstance(one, _Ending)), None)
