# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""``dynamic-requires``: whether the wrapped backend is asked for requirements (:mod:`augbackend.hook.requires`)."""

from __future__ import annotations

from typing import Literal

from . import Feature

FEATURE = Feature(
    Literal["auto", "always", "never"],
    "Whether the wrapped backend is asked for its own requirements. `auto`: asked, but forgiven if it fails before the "
    "declared ones are installed.",
    "auto",
)
