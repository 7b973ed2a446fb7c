"""What is not installed, in one message, with the command that installs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Optional

from augbackend.errors import AugbackendError


def refuse_absent(found: Iterable[tuple[str, str, Optional[str]]]) -> None:
    """Name what is not installed, if anything is, in one message.

    :param found: what :func:`.installed_check.unmet` has found.
    :raises AugbackendError: with the command that installs it.
    """
    absent = {text: name for text, name, version in found if version is None}
    if absent:
        raise AugbackendError(
            f"not installed in the build environment: {', '.join(dict.fromkeys(absent.values()))}",
            where="build-system.requires, tool.augbackend.extra-build-dependencies; "
            "a frontend without build isolation installs nothing",
            hint=command_line([sys.executable or "python", "-m", "pip", "install", *absent]),
        )


def command_line(command: Sequence[str]) -> str:
    """The command as one types it into this system's shell."""
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(command)
    import shlex

    return " ".join(map(shlex.quote, command))
