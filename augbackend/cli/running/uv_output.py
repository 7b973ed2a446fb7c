"""uv's words for a package that did not build.

::

    Failed to build `docopt==0.6.2`              also behind a mark and "cause:", and "download and build"
    Failed to build `own @ file:///home/me/own`  a folder, a repository, an archive by its URL
    The build backend returned an error          a folder or a repository that is asked for without a name

The causes below lead from what was asked for to what did not build: the last one that says so counts. What the build
itself printed comes after them and is not read.
"""

from __future__ import annotations

import re

from packaging.utils import canonicalize_name
from packaging.version import Version

from .package_said import Said

_MARK = r"^\s*(?:error:|cause:|Caused by:|\d+:|[×├╰]─?▶?)\s*"  # noqa: RUF001  # as uv writes it
_FAILED = re.compile(rf"{_MARK}Failed to (?:download and )?build `(?P<what>[^`]+)`")
_UNNAMED = re.compile(rf"{_MARK}The build backend returned an error$", re.MULTILINE)
_CAUSE = re.compile(rf"{_MARK}\S")
_NAMED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?(?:==(?P<version>\S+)|\s*@\s*(?P<place>\S+))")


def said(text: str) -> Said | None:
    """What did not build; ``None`` if nothing is said of that."""
    found = _chain(text)
    if not found:
        return Said([]) if _UNNAMED.search(text) else None
    named = _NAMED.fullmatch(found[-1].strip())
    if named is None:
        return Said([])
    name = canonicalize_name(named["name"])
    if named["place"]:
        return Said([name], places={name: [named["place"]]})
    try:
        version = str(Version(named["version"]))
    except ValueError:
        return Said([name])
    return Said([name], versions={name: [version]}, is_last=True)


def _chain(text: str) -> list[str]:
    """What did not build, from what was asked for to what it came from."""
    found: list[str] = []
    for line in text.split("\n"):
        failed = _FAILED.match(line)
        if failed is not None:
            found.append(failed["what"])
        elif found and not _CAUSE.match(line) and (not line.strip() or line.strip().startswith("[")):
            break
    return found
