"""What went wrong, where, and what to do about it; and how a hook says so.

Our own errors carry data. Only :func:`reported` turns them into text, so that a hook ends in one
clean message and never in a traceback through this package.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class AugbackendError(Exception):
    """A build cannot go on, and we know why.

    :param what: what happened, one sentence without a full stop.
    :param where: the file and key, or the folder, that it is about; may be empty.
    :param hint: what the reader can do; printed last, since the last line is the one that is read.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"augbackend: error: {self.what}"]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class SettingsError(AugbackendError):
    """One or more mistakes in the declaration, all of them at once.

    :param file: the file (or other source) that most of the mistakes are in.
    :param mistakes: one line each, beginning with the full key.
    """

    def __init__(self, file: str, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__(f"{count} in the settings for this build ({file})")

    def __str__(self) -> str:
        return "\n".join([f"augbackend: error: {self.what}", *(f"  {line}" for line in self.mistakes)])


class WrappedBackendUnavailable(AugbackendError, ImportError):
    """The wrapped backend cannot be imported.

    An ``ImportError``, so that a frontend that merely looks for a hook cannot mistake it for "no such hook"
    (PEP 517 makes the absence of an optional hook meaningful).
    """


def say(kind: str, message: str) -> None:
    """Print one line on stderr: stdout belongs to the wrapped backend.

    :param kind: ``note`` or ``warning``.
    """
    print(f"augbackend: {kind}: {message}", file=sys.stderr, flush=True)


@contextmanager
def reported() -> Iterator[None]:
    """End the process with status 1 and our message instead of a traceback, for our own errors only."""
    try:
        yield
    except AugbackendError as error:
        sys.stdout.flush()
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def add_note(error: BaseException, note: str) -> None:
    """Attach ``note`` to somebody else's exception, whose type and traceback stay as they are.

    Python before 3.11 cannot do that (PEP 678), and prints none with ``SystemExit``, by which setuptools reports most
    errors; there the note is printed ahead.
    """
    if isinstance(error, SystemExit) and not isinstance(error.code, str):
        return  # it has said what it has to say, or nothing is wrong
    if sys.version_info >= (3, 11) and not isinstance(error, SystemExit):
        error.add_note(note)
    else:
        print(note, file=sys.stderr, flush=True)
