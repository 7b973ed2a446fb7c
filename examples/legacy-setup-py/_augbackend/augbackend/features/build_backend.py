# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""``build-backend``: the wrapped backend."""

from __future__ import annotations

from augbackend.table import LEGACY_BACKEND

from . import Feature


def _check(text: str) -> None:
    module, colon, attributes = text.partition(":")
    names = [*module.split("."), *(attributes.split(".") if colon else ())]
    if not all(map(str.isidentifier, names)):
        raise ValueError("expected an object path such as 'hatchling.build' or 'package.module:object'")
    if names[0] == "augbackend":
        raise ValueError("augbackend cannot wrap itself; name the backend that does the building")


FEATURE = Feature(
    str, "The wrapped backend: an object path as in PEP 517, `module.path:object.attribute`.", LEGACY_BACKEND, _check
)
