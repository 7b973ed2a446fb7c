"""A project's diagnosis as Markdown, to be pasted into an issue: the same table, and nothing of this machine's paths.

What strangers wrote stands in code: there it is neither markup, nor a mention of somebody, nor a link.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from augbackend import __version__

from . import project_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.strangers.confinement import Confinement
    from augbackend.cli.strangers.interpreter import Interpreter

    from .package_diagnosis import PackageDiagnosis


def lines(packages: Sequence[PackageDiagnosis], python: Interpreter, confinement: Confinement) -> Iterator[str]:
    """The table, then why some packages do not build, then what it was tried with."""
    if not packages:
        yield "Nothing has to be built: there is a wheel for everything."
    else:
        head, *rows = project_report.rows(packages)
        yield f"| {' | '.join(head)} |"
        yield f"|{'---|' * len(head)}"
        yield from (f"| {' | '.join(_as_code(cell) for cell in row)} |" for row in rows)
    for one in packages:
        if not one.builds and not one.can_be_cured:
            reason = str(one.document["reason"])
            fence = "`" * (1 + max([2, *map(len, re.findall("`+", reason))]))
            yield from ["", f"{_as_code(str(one))}:", "", f"{fence}text", *reason.splitlines(), fence]
    yield ""
    yield f"Python {python.version}, augbackend {__version__}, {confinement.in_words()}."


def _as_code(text: str) -> str:
    """A cell's text as code; a table ends a cell at every bar, in code as well."""
    text = text.replace("`", "'").replace("|", "\\|")
    return f"`{text}`" if text else ""
