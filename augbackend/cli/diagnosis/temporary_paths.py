"""A build's output without the temporary folders that it was made in: nobody finds them again.

::

    /tmp/augbackend-…/augbackend-…/tree/src/a.c                                -> src/a.c
    …/environment-…/environment/lib/python3.11/site-packages/pybind11/cast.h   -> site-packages/pybind11/cast.h
    …/environment-…/environment/bin/python                                     -> python
    …/home/tmp1a2b3c4d/build/a.o                                               -> build/a.o
"""

from __future__ import annotations

import re

_NAME = r"[A-Za-z0-9_]{8}"  # as Python's tempfile makes them
_WITHIN = "|".join(
    (
        r"tree\b/?",
        r"environment\b(?:/(?:bin|Scripts)\b|/[Ll]ib(?:/python[\d.]{1,9}t?)?(?=/site-packages\b)|)/?",
        rf"home\b/?(?:(?:\.?tmp|pip-[a-z]{{1,20}}-){_NAME}/?|cc\w{{6}}\.\w{{1,4}})?",
    )
)
_OURS = re.compile(
    rf"(?:file://)?(?:/[^\s/:;'\"`,=(){{}}\[\]]{{1,100}}){{0,8}}"
    rf"/augbackend-{_NAME}(?:/(?:augbackend|environment|out|asked|wheel|built)-{_NAME}|/confined)*/?"
    rf"(?:{_WITHIN})?"
)
_OF_MESON = re.compile(rf"\.mesonpy-{_NAME}/(?:\.\./)?")


def left_out(text: str) -> str:
    """The text, its paths as the package and the environment name them."""
    return _OF_MESON.sub("", _OURS.sub(_for_a_reader, text))


def _for_a_reader(path: re.Match[str]) -> str:
    """Nothing where the path goes on; else a word for where it led."""
    following = path.string[path.end() : path.end() + 1]
    if path[0].endswith("/") and (following.isalnum() or following in ("_", ".", "-")):
        return ""
    return "." if "/tree" in path[0] else "…"
