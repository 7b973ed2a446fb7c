"""Where a frontend's command looks for packages, so that what it could not build is had from there, too.

::

    its options, its files of requirements, the variables and files of pip and uv -> Sources
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.project import requirements_file
from augbackend.errors import AugbackendError

from . import options

if TYPE_CHECKING:
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.running.frontend_command import FrontendCommand

_INDEX, _EXTRA = ("--default-index", "--index-url", "-i"), ("--index", "--extra-index-url")


def found(command: FrontendCommand) -> Sources:
    """The places.

    :raises AugbackendError: if pip's own files cannot be read.
    """
    links_options = ("--find-links",) if command.frontend == "pipx" else ("--find-links", "-f")  # pipx: --force
    index, extra, links = (command.options(*names) for names in (_INDEX, _EXTRA, links_options))
    for file in command.requirements_files:
        with suppress(AugbackendError):  # the command itself says what is wrong with it
            for name, place in requirements_file.places(Path(file)):
                (index if name in _INDEX else extra if name in _EXTRA else links).append(place)
    indexes = [_without_name(url) for value in extra for url in value.split()]
    where = options.places(index[-1] if index else None, indexes, links)
    return replace(where, no_index=where.no_index or command.has("--no-index"))


def _without_name(index: str) -> str:
    """An index of uv's may have a name before its URL."""
    return index.rpartition("=")[2] if "=" in index.partition("://")[0] else index
