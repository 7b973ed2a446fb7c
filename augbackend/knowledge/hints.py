"""What a hook adds to an error of the wrapped backend: the entry to add to the table, or what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.knowledge import advice
from augbackend.standards.requirements import parse_requirement

if TYPE_CHECKING:
    from collections.abc import Container


def on_error(error: BaseException, declared: Container[str], variables: Container[str]) -> list[str]:
    """What is known of an error, as lines; none if the entry is declared already, or if no row fits.

    :param declared: the projects in ``extra-build-dependencies``.
    :param variables: the names in ``extra-build-variables``.
    """
    missing = error.name if isinstance(error, ModuleNotFoundError) else ""
    found = advice.on(f"No module named {missing!r}" if missing else f"{type(error).__name__}: {error}")
    if found is None:
        return []
    entries = [f'  "{text}"' for text in found.requires if parse_requirement(text).name not in declared]
    values = [f'  {name} = "{value}"' for name, value in found.variables.items() if name not in variables]
    if not (entries or values) and (found.requires or found.variables):
        return []
    lines = [f"augbackend: {found.because}{'; add' if entries or values else ''}"]
    for key, some in (("dependencies", entries), ("variables", values)):
        place = f"augbackend: to extra-build-{key} in [tool.augbackend] of pyproject.toml"
        lines += [*some, place] if some else []
    return lines
