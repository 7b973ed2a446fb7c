# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""Whether what a build asks for is installed: asked before a build, and where the wrapped backend fails."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Optional

from augbackend.errors import say
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement
from augbackend.table import Build, Target
from augbackend.table.layers import TOMLI


def unmet(build: Build, target: Target) -> list[tuple[str, str, Optional[str]]]:
    """What is asked for, holds here and is not satisfied: text, name, the version that is installed.

    Of ``build-system.requires`` first, then of what is declared.
    """
    return [*_required(build), *(one for of in build.features if of.unmet for one in of.unmet(build, target))]


def _required(build: Build) -> list[tuple[str, str, Optional[str]]]:
    from augbackend.standards.installed import installed, installed_version

    present, found = installed(build.searched, build.seen), []
    for text in build.requires:
        if text == TOMLI or _is_plainly_there(text, present):  # the table was read
            continue
        with suppress(InvalidRequirement):  # the frontend's to report
            wanted = parse_requirement(text)
            if wanted.applies():
                version = present.get(wanted.name) or installed_version(wanted.name, build.searched, build.seen)
                if version is None or not wanted.accepts(version):
                    found.append((text, wanted.name, version))
    return found


def _is_plainly_there(text: str, present: Mapping[str, str]) -> bool:
    """Whether ``name``, ``name==1.0`` or ``name>=1.0`` is met, told without a parser: in most builds all of them are.

    ``False`` says nothing.
    """
    for operator in (">=", "=="):
        name, found, bound = text.partition(operator)
        version = present.get(name)
        if version is not None and (not found or version == bound):
            return True
        if version is not None and operator == ">=":
            with suppress(ValueError):
                return [*map(int, version.split("."))] >= [*map(int, bound.split("."))]
    return False


def check_installed(build: Build, target: Target) -> None:
    """Before a build: every requirement that applies is installed, wherever it stands.

    Frontends that isolate have seen to that; ``--no-build-isolation`` never calls ``get_requires``. Another version
    than the one that is asked for is worth a warning: who turned isolation off may know why.

    :raises AugbackendError: naming what is missing and the command that installs it.
    """
    for feature in build.features:
        if feature.before:
            feature.before(build, target)
    found = dict.fromkeys(unmet(build, target))
    for text, name, version in found:
        if version is not None:
            say("warning", f"{text} is declared, but {name} {version} is installed")
    if found:
        from augbackend.hook.absent import refuse_absent

        refuse_absent(found)
