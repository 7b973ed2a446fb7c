# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""What overrides the table: ``-C augbackend.<key>=…``, and ``AUGBACKEND_<KEY>`` in the environment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, Literal, get_origin

from augbackend import features
from augbackend.errors import say
from augbackend.table.complaints import unknown
from augbackend.table.convert import fields_of
from augbackend.table.layers import OPTION_PREFIX, VARIABLE_PREFIX, toml

COPY = Path(features.__file__).parent.with_name("copy.json")  # the manifest, where we are a copy


def overrides(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
    mistakes: list[str],
    *,
    warn: bool,
) -> Iterator[tuple[str, str, Any]]:
    """The layers of ``-C augbackend.<key>=…`` (frontends join repeated ones into a list) and of ``AUGBACKEND_<KEY>``.

    A variable that is not known here is only warned of: an environment is shared by all builds of a command, and
    another package may have another copy of augbackend.
    """
    variables = sorted(name for name in environ if name.startswith(VARIABLE_PREFIX))
    every = [*features.known_keys(), *left_out()]
    names = {VARIABLE_PREFIX + name.upper().replace("-", "_"): name for name in every}
    texts = []
    for name, value in options.items():
        lines = value if isinstance(value, (list, tuple)) else [value]
        if all(isinstance(line, str) for line in lines):
            texts.append((name[len(OPTION_PREFIX) :], f"-C {name}", "\n".join(lines)))
        else:
            found = f"found a value of type {type(value).__name__}"
            mistakes.append(f"-C {name}: {found}, expected a text, or a list of texts")
    texts += [(names.get(name, ""), f"environment variable {name}", environ[name]) for name in variables]
    for name, origin, text in texts:
        feature = features.find(name)
        if feature is not None:
            value = _from_text(feature.kind, text, origin, mistakes)
            if value is not None:
                yield name, origin, value
        elif origin.startswith("-C"):
            mistakes.append(f"{origin}: {no_such(name, table, f' --feature {name}')}")
        elif warn and name:
            say("note", f"{origin}: the copy of augbackend in this tree leaves it out; ignored")
        elif warn:
            variable = origin.rpartition(" ")[2]
            say("warning", f"{variable}: {unknown(variable, names)}; ignored")


def _from_text(kind: Any, text: str, origin: str, mistakes: list[str]) -> Any:
    """The text of an option or a variable as the TOML value that its key wants; ``None`` if it is no such text.

    A string stands for itself, a boolean is ``true`` or ``false``. A list is a TOML array, or one entry a line; a
    table is a TOML inline table, or one ``NAME=VALUE`` a line.
    """
    outer = get_origin(kind) or kind
    if outer is str or outer is Literal:
        return text
    if outer is bool:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if text.lstrip().startswith("[" if outer is tuple else "{"):
        try:
            return toml(f"value = {text.strip()}")["value"]
        except (ValueError, RecursionError) as error:
            mistakes.append(f"{origin}: not a TOML value: {error}")
            return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if outer is tuple:
        return lines
    pairs = [line.partition("=") for line in lines]
    if not all(name and separator for name, separator, _ in pairs):
        mistakes.append(f"{origin}: found {text!r}, expected NAME=VALUE (one a line) or an inline table {{…}}")
        return None
    numbers = {name for name, inner in fields_of(kind).items() if inner is int} if is_dataclass(outer) else ()
    return {
        name.strip(): int(value) if name.strip() in numbers and re.fullmatch("[0-9]{1,18}", value) else value
        for name, _, value in pairs
    }


def no_such(name: str, table: Mapping[str, Any], option: str = "") -> str:
    """The complaint about a key that there is no file for, with the command that brings it if there is one.

    :param option: what `adopt` needs to know where the table does not say the key.
    """
    if name not in left_out():
        newer = "; if a newer augbackend knows it: augbackend adopt ." if left_out() else ""
        return unknown(name, [*features.known_keys(), *features.FOR_WRAP]) + newer
    origin, command = table.get("origin"), f"adopt .{option}"
    if isinstance(origin, dict):
        command = f"wrap {origin.get('name')}=={origin.get('version')} --feature {name}"
    return f"the copy of augbackend in this tree leaves it out; augbackend {command} brings it"


def left_out() -> tuple[str, ...]:
    """The keys that this copy leaves out: adopt and wrap copy only those that a table uses."""
    try:
        keys = map(str, json.loads(COPY.read_bytes())["keys"])
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it has the marks of a merge conflict
        return ()
    return tuple(key for key in keys if key not in features.known_keys())
