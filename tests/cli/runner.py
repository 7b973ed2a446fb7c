"""Commands run in this process: with stdout and stderr apart, also on Python 3.9, whose click mixes them."""

from __future__ import annotations

import inspect
from typing import Any

from click import testing
from click.testing import Result

__all__ = ["CliRunner", "Result"]

_MIXES = "mix_stderr" in inspect.signature(testing.CliRunner).parameters  # click before 8.2


class _Both(Result):
    """As of click 8.2, but for the order: the output holds what stdout holds last."""

    @property
    def output(self) -> str:
        return self.stderr + self.stdout


class CliRunner(testing.CliRunner):
    """click's own, with the results of 8.2."""

    def __init__(self) -> None:
        options: dict[str, Any] = {"mix_stderr": False} if _MIXES else {}
        super().__init__(**options)

    def invoke(self, *arguments: Any, **options: Any) -> Result:
        found = super().invoke(*arguments, **options)
        if _MIXES:
            found.__class__ = _Both
        return found
