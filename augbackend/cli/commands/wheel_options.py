"""The options of ``index`` that say which wheels are built, and where."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

import click

from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.strangers import interpreter

from . import options
from .indexed_wheels import WheelChoices

if TYPE_CHECKING:
    from augbackend.cli.strangers.interpreter import Interpreter

    from .options import Command

_HOUR = 3600.0
_MINOR = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class WheelsAsked:
    """What the options say.

    :param is_asked: whether any wheels are.
    :param pythons: as the user names them.
    :param is_matrix: whether the builds are only to be named.
    :param only: the id of the one that is asked for; empty for all.
    """

    is_asked: bool
    pythons: tuple[str, ...]
    timeout: float
    scheduler: str
    is_matrix: bool
    only: str

    def choices(self) -> WheelChoices:
        """The same with the Pythons found; where others build, a minor version need not be here.

        :raises AugbackendError: if one of them is not here.
        """
        pythons: dict[str, Optional[Interpreter]] = {}
        for one in self.pythons:
            if (self.scheduler or self.is_matrix) and _MINOR.fullmatch(one):
                pythons.setdefault(one, None)
            else:
                found = interpreter.find(one)
                pythons.setdefault(found.minor, found)
        if not pythons:
            this = interpreter.this()
            pythons[this.minor] = this
        return WheelChoices(pythons, self.scheduler, self.timeout, self.only)


_OPTIONS = (
    click.option(
        "--wheels",
        "is_asked",
        is_flag=True,
        help="Build a wheel of each, confined, and put it beside its sdist: what this Python takes on this platform.",
    ),
    click.option(
        "--python",
        "pythons",
        multiple=True,
        metavar="PYTHON",
        help="A Python to build wheels for. Repeatable. [default: this one]",
    ),
    options.timeout(_HOUR, "For one wheel, what its build needs included."),
    click.option(
        "--scheduler",
        default="",
        metavar="tcp://HOST:PORT",
        help="Let the workers of a Dask cluster that you trust build the wheels.",
    ),
    click.option(
        "--matrix",
        "is_matrix",
        is_flag=True,
        help="Write nothing; print the wheels to build as JSON for a CI's matrix.",
    ),
    click.option("--only", default="", metavar="ID", help="One of these: its sdist and its wheel."),
)


def wheels(command: Command) -> Command:
    """All of them, as one value: ``wheels``."""

    @functools.wraps(command)
    def called(*arguments: Any, **options: Any) -> Any:
        names = ("is_asked", "pythons", "timeout", "scheduler", "is_matrix", "only")
        asked = WheelsAsked(**{name: options.pop(name) for name in names})
        if not asked.is_asked and asked != WheelsAsked(False, (), _HOUR, "", False, ""):  # noqa: FBT003  # as it stands above
            raise UsageMistakeError(
                "--python, --timeout, --scheduler, --matrix and --only are about --wheels", id="only-with-wheels"
            )
        if asked.is_matrix and (asked.only or asked.scheduler):
            raise UsageMistakeError(
                "--matrix only names the wheels; it excludes --only and --scheduler", id="matrix-excludes-others"
            )
        return command(*arguments, wheels=asked, **options)

    for option in reversed(_OPTIONS):
        called = option(called)
    return called  # type: ignore[return-value]  # the same, to click
