# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Whether what is declared is installed: asked before a build, and where the wrapped backend fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Optional

from augbackend.errors import AugbackendError, say
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement
from augbackend.table import Build, Target


def unmet(build: Build, target: Target) -> list[tuple[str, str, Optional[str]]]:
    """The declared requirements that hold here and are not satisfied: text, name, the version that is installed."""
    return [one for feature in build.features if feature.unmet for one in feature.unmet(build, target)]


def check_installed(build: Build, target: Target) -> None:
    """Before a build: every declared requirement that applies is installed.

    Frontends that isolate have seen to that; ``--no-build-isolation`` never calls ``get_requires``. Another version
    than the declared one is worth a warning: who turned isolation off may know why.

    :raises AugbackendError: naming what is missing and the command that installs it.
    """
    for feature in build.features:
        if feature.before:
            feature.before(build, target)
    found = unmet(build, target)
    for text, name, version in found:
        if version is not None:
            say("warning", f"{text} is declared, but {name} {version} is installed")
    absent = {text: name for text, name, version in found if version is None}
    if absent:
        refuse_absent(build, absent)


def refuse_absent(build: Build, absent: Mapping[str, str]) -> None:
    """Name what is not installed of ``build-system.requires`` and of what is declared, if anything is, in one message.

    :param absent: what is declared and missing, requirement → name.
    :raises AugbackendError: with the command that installs it.
    """
    from augbackend.standards.installed import installed_version

    required: dict[str, str] = {}
    for text in build.requires:
        with suppress(InvalidRequirement):  # the frontend's to report
            one = parse_requirement(text)
            if one.applies() and installed_version(one.name) is None:
                required[text] = one.name
    absent = {**required, **absent}
    if absent:
        raise AugbackendError(
            f"not installed in the build environment: {', '.join(dict.fromkeys(absent.values()))}",
            where="build-system.requires, tool.augbackend.extra-build-dependencies; "
            "a frontend without build isolation installs nothing",
            hint=command_line([sys.executable or "python", "-m", "pip", "install", *absent]),
        )


def command_line(command: Sequence[str]) -> str:
    """The command as one types it into this system's shell."""
    if os.name == "nt":
        from subprocess import list2cmdline

        return list2cmdline(command)
    import shlex

    return " ".join(map(shlex.quote, command))
