"""A sign of life during long work: on a terminal, and nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def shown(what: str) -> Iterator[None]:
    """Show ``what`` and a spinner on stderr while the context lasts; nothing at all in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield
