"""pipx's words for what pip or uv said: it prints some lines, and names the file that has all of them.

::

    Fatal error from pip prevented installation. Full pip output in file:
        /home/me/.local/state/pipx/log/cmd_pip_errors.log

pip's versions stand only in that file.
"""

from __future__ import annotations

import re
from pathlib import Path

_LOG = re.compile(
    r"^Fatal error from \S+ prevented installation\. Full \S+ output in file:\n\s+(?P<file>\S.*)$", re.MULTILINE
)


def whole(text: str) -> str:
    """All that was said: the content of the file, if one is named and can be read, else what was printed.

    :param text: what pipx printed, without colours.
    """
    named = _LOG.search(text)
    try:
        return Path(named["file"].strip()).read_text(encoding="utf-8", errors="replace") if named else text
    except OSError:
        return text
