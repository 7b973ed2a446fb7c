"""The user's command again, led to archives: by variables, and by options where those would not be heard.

::

    archives -> lines of constraints in a file -> UV_CONSTRAINT, PIP_CONSTRAINT and those for builds -> words, variables

As tried: one file serves uv pip, uv tool, uvx, pip and pipx; a build requirement is led by the variables for builds.
uv ignores its variables beside the option of the same meaning. ``uv run`` takes no constraints, so each archive is one
more ``--with``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from .frontend_command import FrontendCommand

VARIABLES = ("PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT")
_OF_UV = {
    "--constraint": ("-c", "--constraint", "--constraints"),
    "--build-constraint": ("-b", "--build-constraint", "--build-constraints"),
}


@dataclass(frozen=True)
class CuredArchive:
    """A wrapped archive.

    :param name: of the project, canonical.
    """

    name: str
    path: Path
    sha256: str

    @property
    def line(self) -> str:
        """The requirement that leads to it (PEP 508)."""
        return f"{self.name} @ {self.path.absolute().as_uri()}#sha256={self.sha256}"


def text(archives: Iterable[CuredArchive]) -> str:
    """The content of a constraints file."""
    return "".join(f"{line}\n" for line in sorted(one.line for one in archives))


def variables(file: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that name a constraints file, beside those that the caller names already."""
    return {name: " ".join(filter(None, [environ.get(name, ""), place(file)])) for name in VARIABLES}


def place(file: Path) -> str:
    """A constraints file as the variables name it: both frontends split these at blanks, and take a URL."""
    return file.as_uri() if any(map(str.isspace, str(file))) else str(file)


def words(command: FrontendCommand, file: Path, archives: Iterable[CuredArchive]) -> tuple[str, ...]:
    """The command's words, with what no variable can say."""
    if command.frontend == "uv run":
        more = [word for one in archives for word in ("--with", one.line)]
    elif command.frontend in ("uv pip", "uv tool"):
        more = [word for option, spelled in _OF_UV.items() if command.has(*spelled) for word in (option, str(file))]
    else:
        more = []
    return command.with_words(*more)
