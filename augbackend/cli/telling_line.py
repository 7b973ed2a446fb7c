"""The line of a build's output that says most."""

from __future__ import annotations

import re

_NAMED = re.compile(r"(?:[\w.]+(?:Error|Exception|Exit|NotFound|Warning)|error|ERROR|Error)\b:? ?")


def telling_line(output: str, otherwise: str = "it says nothing") -> str:
    """The last line that begins with an error's name; else the last line.

    :param otherwise: what is said where there is no line.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    named = [line for line in lines if _NAMED.match(line)]
    return (named or lines or [otherwise])[-1]
