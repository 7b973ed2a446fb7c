"""An error of the command line: besides what a build's has, the id of its message.

The id is said where the error is raised. It stays when the words change: scripts and the manual (`messages.md#ID`)
know the message by it.
"""

from __future__ import annotations

from augbackend.errors import AugbackendError


class CliError(AugbackendError):
    """A command cannot go on, and we know why.

    :param what: what happened, one sentence without a full stop.
    :param id: of this message, and of no other that says something else: one to four words with hyphens.
    :param where: the file and key, or the folder, that it is about.
    :param hint: what the reader can do.
    """

    def __init__(self, what: str, *, id: str, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.id = id
