"""The line of a frontend's output that says what was wrong."""

from __future__ import annotations

import re

from .failed_package import plain

_ERROR = re.compile(r"^[\s│|<]*((?:[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)|error): ?\S.*)$", re.MULTILINE)
_OF_FRONTENDS = (
    "subprocess.CalledProcessError",
    "error: subprocess-exited-with-error",
    "error: failed-wheel-build",
    "error: Failed to build",
    "error: metadata-",
)
_LONGEST = 200


def said(output: str) -> str:
    """The last line that names an exception or a compiler's error; empty if there is none."""
    found = [one[1].strip() for one in _ERROR.finditer(plain(output))]
    own = [one for one in found if not one.startswith(_OF_FRONTENDS)]
    return own[-1][:_LONGEST] if own else ""
