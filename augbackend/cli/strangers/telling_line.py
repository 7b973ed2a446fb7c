"""The line of a build's output that says most."""

from __future__ import annotations

import re

_ERROR = re.compile(r"[\w.]+(?:Error|Exception|Exit|NotFound)(?::\s|$)|(?:error|ERROR|Error)(?::\s| in )")
_WARNING = re.compile(r"[\w.]+Warning:\s")


def telling_line(output: str, otherwise: str = "it says nothing") -> str:
    """The last line that begins with an error's name; else the last with a warning's; else the last of all.

    :param otherwise: what is returned if there is no line.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors, warnings = ([line for line in lines if pattern.match(line)] for pattern in (_ERROR, _WARNING))
    return (errors or warnings or lines or [otherwise])[-1]
