# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""The templates in variables' values: ``$NAME``, ``${NAME}``, ``${NAME:-fallback}``, ``$$``. Never a shell."""

from __future__ import annotations

import re
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Optional

    Part = tuple[str, Optional[str], Optional[str]]  # (literal text, name that follows it, its fallback)

_PART = r"""(?xa)(?P<text>[^$]*)
    (?:(?P<dollar>\$\$)
      |\$(?P<plain>[A-Za-z_]\w*)
      |\$\{(?P<braced>[A-Za-z_]\w*)(?::-(?P<fallback>[^{}]*))?\}
      |\Z)"""


class UndefinedNameError(LookupError):
    """A template names a variable that is not set and has no fallback; the name is the only argument."""


@lru_cache(maxsize=4096)
def parse(template: str) -> list[Part]:
    """Split a template into its parts.

    :raises ValueError: if a dollar sign introduces nothing that templates know.
    """
    if "$" not in template:
        return [(template, None, None)]
    parts: list[Part] = []
    at = 0
    while at < len(template):
        part = re.match(_PART, template[at:])
        if part is None:
            rest = template[template.index("$", at) :]
            if rest.startswith(("$(", "${`", "$((")):
                raise ValueError(f"{rest!r}: commands are not run; write the value itself, or '$$' for a dollar sign")
            raise ValueError(f"{rest!r}: expected $NAME, ${{NAME}}, ${{NAME:-fallback}} or $$ (a dollar sign)")
        text = part["text"] + ("$" if part["dollar"] else "")
        parse(part["fallback"] or "")
        parts.append((text, part["plain"] or part["braced"], part["fallback"]))
        at += part.end()
    return parts


def expand(template: str, values: Mapping[str, str]) -> str:
    """Fill a template from ``values``.

    As in a shell, a fallback also stands in for a variable that is set but empty.

    :raises UndefinedNameError: for a name without value and fallback.
    """
    expanded = []
    for text, name, fallback in parse(template):
        expanded.append(text)
        if name is None:
            continue
        if fallback is not None:
            expanded.append(values.get(name) or expand(fallback, values))
        elif name in values:
            expanded.append(values[name])
        else:
            raise UndefinedNameError(name)
    return "".join(expanded)
