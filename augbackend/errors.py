"""Errors: what went wrong, where, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

FOREIGN = "_raised_in_wrapped_backend"  # an attribute of every exception that is not ours to report


class AugbackendError(Exception):
    """A build cannot go on, and we know why.

    :param what: what happened, one sentence without a full stop.
    :param where: the file and key, or the folder, that it is about.
    :param hint: what the reader can do; printed last, since the last line is the one that is read.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.hint = what, where, hint

    def __str__(self) -> str:
        more = [f"\n  {name}: {text}" for name, text in (("where", self.where), ("hint", self.hint)) if text]
        return f"augbackend: error: {self.what}{''.join(more)}"


class SettingsError(AugbackendError):
    """The mistakes in a declaration, all of them at once; each begins with the full key."""

    def __init__(self, file: str, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__(f"{count} in the settings for this build ({file})")

    def __str__(self) -> str:
        return "\n".join([f"augbackend: error: {self.what}", *(f"  {line}" for line in self.mistakes)])


class WrappedBackendUnavailable(AugbackendError, ImportError):
    """The wrapped backend cannot be imported: an ``ImportError``, so that no frontend takes it for "no such hook"."""


def say(kind: str, message: str) -> None:
    """Tell a ``note`` or a ``warning`` in one line."""
    tell(f"augbackend: {kind}: {message}")


def tell(text: str) -> None:
    """Print on stderr, since stdout belongs to the wrapped backend; in a log of both, behind what that has written."""
    for stream, more in ((sys.stdout, ""), (sys.stderr, f"{text}\n")):
        with suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
            stream.write(more)
            stream.flush()


def add_note(error: BaseException, note: str) -> None:
    """Attach a note to an exception, whose type and traceback stay as they are.

    Python before 3.11 has no notes (PEP 678), and no Python prints those of ``SystemExit``, which setuptools raises for
    most errors. There, the note is printed before.
    """
    if sys.version_info >= (3, 11) and not isinstance(error, SystemExit):
        error.add_note(note)
    else:
        tell(note)


@contextmanager
def reported(folder: str) -> Iterator[None]:
    """End the process with status 1 and our message instead of a traceback, for our own errors only.

    :param folder: where the result goes.
    """
    try:
        yield
        return
    except AugbackendError as error:
        ours = error
    except OSError as error:
        if hasattr(error, FOREIGN):
            raise
        where = str(error.filename or f"{folder or 'the source tree'}, or the temporary folder")
        hint = "make room there, or let this user write there"
        ours = AugbackendError(f"cannot read or write: {error.strerror or error}", where=where, hint=hint)
    tell(str(ours))
    raise SystemExit(1)
