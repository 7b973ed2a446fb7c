"""What the user is told, before other people's code runs, of how little keeps it in its place here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli import loudness
from augbackend.cli.strangers import confinement

if TYPE_CHECKING:
    from augbackend.cli.strangers.confinement import Level


def checked(level: Level | None) -> None:
    """Refuse where the user requires more than there is; else say on stderr what is not stopped, if that is much.

    :param level: of ``--require-confinement``.
    :raises AugbackendError: where too little holds.
    """
    confinement.require(level)
    found = confinement.here()
    if found.by != "bubblewrap":
        loudness.note(f"other people's code is {found.in_words()}")
