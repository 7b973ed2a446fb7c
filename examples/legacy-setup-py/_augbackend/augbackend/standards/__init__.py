# type: ignore  # fmt: off  # isort: skip_file  # pylint: skip-file  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here.  SPDX-License-Identifier: MIT
# flake8: noqa
# SPDX-FileCopyrightText: 2026 The augbackend authors
"""What PEPs and setuptools define, and nothing of ours: readers and writers of other people's formats."""

OPERATOR = "===|~=|==|!=|<=|>=|<|>"  # PEP 440; markers have them, too
SPACE = " \t"  # PEP 508 knows no other


class InvalidRequirement(ValueError):
    """The text is not a requirement or a marker; the message says what is wrong with it."""
