"""What a package depends on at run time, as a resolver asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.features.metadata import extras as extras_in

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Dependencies:
    """What a resolver asks of an sdist: PEP 508 strings with their extras' markers, extras, ``Requires-Python``.

    :param is_override: whether the wheel is to say so, whatever its build says; else it is held against them.
    """

    requires_dist: tuple[str, ...]
    requires_python: str = ""
    provides_extra: tuple[str, ...] = ()
    is_override: bool = False


def stated(
    requires_dist: Iterable[str], requires_python: str = "", extras: Iterable[str] = (), *, is_override: bool = False
) -> Dependencies:
    """The dependencies that a user states.

    :param extras: the names of its extras; if there are none, those in the markers of ``requires_dist``.
    """
    texts = tuple(requires_dist)
    names = tuple(canonicalize_name(extra) for extra in extras)
    return Dependencies(texts, requires_python, names or tuple(extras_in(texts)), is_override)
