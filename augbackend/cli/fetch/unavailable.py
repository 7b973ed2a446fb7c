"""What the indexes have where an installer does not find what it is asked for: uv and pip say that differently.

::

    an installer's output -> the projects that it does not find, of those asked for -> the indexes -> one sentence each
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.errors import AugbackendError

from . import index
from .absence import OnlyWheelsError
from .index import UnansweredError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from augbackend.cli.model.package_sources import Sources

_NAME = r"([A-Za-z0-9][A-Za-z0-9._\-]{0,100}?)"
_ENDS = r"(?=[\[<>=!~,;\s]|$)"
_BOUNDED = rf"(?<![\w.\-]){_NAME}[<>=!~]\S{{1,100}}"
_NOT_FOUND = re.compile(
    "|".join(
        (
            rf"there (?:is|are) no versions? of {_NAME}{_ENDS}",
            rf"(?<![\w.\-]){_NAME} was not found in ",
            rf"{_BOUNDED} has no (?:usable )?wheels",
            rf"only the following versions of {_NAME} are available",
            rf"only {_BOUNDED} (?:is|are) available",
            rf"satisfies the requirement {_NAME}{_ENDS}",
            rf"No matching distribution found for {_NAME}{_ENDS}",
        )
    )
)


def explained(output: str, wanted: Iterable[Requirement], where: Sources, python: str) -> str:
    """What there is instead of what was asked for; empty if the installer's own words say more.

    :param output: of the installer.
    :param wanted: what it was asked for.
    :param python: that it was to be installed for, such as ``3.11``.
    """
    names = {canonicalize_name(name) for found in _NOT_FOUND.finditer(output) for name in found.groups() if name}
    said = [_instead_of(one, where, python) for one in wanted if not one.url and canonicalize_name(one.name) in names]
    return "; ".join(filter(None, said))


def _instead_of(requirement: Requirement, where: Sources, python: str) -> str:
    try:
        index.find_sdist(requirement, where)
    except UnansweredError:
        return ""
    except OnlyWheelsError as error:
        return f"{error.what}, and no wheel of it is for Python {python} here"
    except AugbackendError as error:
        return error.what
    return ""
