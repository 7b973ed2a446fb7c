"""Whoever wants to read what other people's code prints, as it comes.

::

    a pipe's bytes -> text, in lines -> a listener
"""

from __future__ import annotations

import codecs
import io
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Callable, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator

Listener = Callable[[str], None]
_listener: ContextVar[Optional[Listener]] = ContextVar("listener", default=None)


@contextmanager
def by(listener: Listener) -> Iterator[None]:
    """Give a listener all that is printed by what this context runs.

    :param listener: is called from another thread, and must not raise.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def ear() -> Callable[[bytes], None]:
    """For one process: takes its bytes, and gives them to whoever listens now. The end of all is no bytes."""
    listener = _listener.get()
    if listener is None:
        return lambda _: None
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)

    def hear(chunk: bytes) -> None:
        text = decoder.decode(chunk, final=not chunk)
        if text:
            listener(text)

    return hear
