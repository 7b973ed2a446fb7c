"""What a hook adds to an error of the wrapped backend: the entry to add, or what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.knowledge import advice

if TYPE_CHECKING:
    from collections.abc import Container


def on_error(error: BaseException, declared: Container[str], variables: Container[str]) -> list[str]:
    """What is known of an error, as lines; none if the entry is declared already, or if no row fits.

    :param declared: the build requirements, as texts and as names of projects.
    :param variables: the names in ``extra-build-variables``.
    """
    missing = error.name if isinstance(error, ModuleNotFoundError) else ""
    found = advice.on(f"No module named {missing!r}" if missing else f"{type(error).__name__}: {error}")
    if found is None:
        return []
    entries = [f'  "{text}"' for text in found.requires if text not in declared]
    values = [f'  {name} = "{value}"' for name, value in found.variables.items() if name not in variables]
    if not (entries or values) and (found.requires or found.variables):
        return []
    lines = [f"augbackend: {found.because}{'; add' if entries or values else ''}"]
    places = ("build-system.requires in", "extra-build-variables in [tool.augbackend] of")
    for place, some in zip(places, (entries, values)):
        lines += [*some, f"augbackend: to {place} pyproject.toml"] if some else []
    return lines
