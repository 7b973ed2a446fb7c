"""``config-settings``: what the wrapped backend is given with ``-C``; laid underneath the caller's when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Union

from . import Feature

FEATURE = Feature(
    Mapping[str, Union[str, tuple[str, ...]]],
    "Passed to the wrapped backend underneath the caller's own `-C` settings.",
    {},
)
