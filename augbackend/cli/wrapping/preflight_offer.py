"""``preflight`` in the report of ``wrap``: what is looked at before a build; or the offer, where CUDA is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.cli.edit import toml_text
from augbackend.standards import setup_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from augbackend.cli.model.declaration import Declaration


def cuda_line(tree: Path, declaration: Declaration) -> int:
    """The line of ``setup.py`` that makes an extension for CUDA; 0 if none does, or if nobody declares its torch.

    One that takes the class where it finds a GPU, and another one elsewhere, calls it by another name.
    """
    if all(one.name != "torch" for one in declaration.requires):
        return 0
    return min(
        (call.lineno for call in setup_files.calls(setup_files.parse(tree / "setup.py").module, "CUDAExtension")),
        default=0,
    )


def lines(declaration: Declaration, line: int) -> Iterator[str]:
    """What a report tells.

    :param line: see :func:`cuda_line`.
    """
    said = declaration.as_table().get("preflight")
    if said:
        yield f"  before its build begins, this is looked at: {toml_text.inline(said)}"
    elif line:
        yield (
            f"  setup.py compiles for CUDA (line {line}); --preflight cuda=torch, in a table"
            ' preflight = { cuda = "torch" }, ends a build at once where torch or nvcc are not for that'
        )
