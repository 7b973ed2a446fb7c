"""One wheel to be built of a wrapped sdist, on one Python; behind the door for other people's code.

::

    WheelBuild, an Interpreter -> a wheel in a folder | WheelFailure

The archive says all that its build gets, so it is built as any frontend would, and nothing is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from augbackend.cli.fetch import build_environment, wheel_content
from augbackend.cli.fetch.build_environment import InstallError
from augbackend.cli.fetch.wheel_content import UnsoundWheelError
from augbackend.cli.model import error_report, published_file
from augbackend.cli.strangers import environment, temporary_folder
from augbackend.cli.strangers.hook_call import HookError
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from pathlib import Path

    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.strangers.interpreter import Interpreter

_TAIL = 20  # lines of output that are kept of a failure


@dataclass(frozen=True)
class WheelBuild:
    """What is to be built.

    :param project: canonical.
    :param version: of the archive, with its label.
    :param filename: of the archive.
    :param sha256: of the archive.
    :param python: a minor version, such as ``3.11``.
    """

    project: str
    version: str
    filename: str
    sha256: str
    python: str

    @property
    def id(self) -> str:
        """Such as ``flash-attn-2.8.3+torch2.8-cp311``: the same on every machine."""
        return f"{self.project}-{self.version}-cp{self.python.replace('.', '')}"

    def __str__(self) -> str:
        return f"{self.project} {self.version}, Python {self.python}"


@dataclass(frozen=True)
class WheelBuilder:
    """What builds.

    :param where: the indexes and folders that build requirements come from.
    :param limit: in seconds, for one build.
    """

    python: Interpreter
    where: Sources
    limit: float


class WheelFailure(Exception):  # noqa: N818  # an outcome: what a build came to
    """A build that gave no wheel.

    :param output: the last lines that it printed.
    """

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.output = "\n".join(output.strip().splitlines()[-_TAIL:])


def stem(text: str) -> tuple[str, str]:
    """The project and the version of a :attr:`WheelBuild.id`; empty if it is none."""
    found = re.fullmatch(r"([a-z0-9][a-z0-9-]*)-([^-]+)-cp\d+", text)
    return (found[1], found[2]) if found else ("", "")


def built(build: WheelBuild, archive: Path, builder: WheelBuilder, into: Path) -> Path:
    """Build it.

    :param into: an existing folder for the wheel.
    :raises WheelFailure: if there is none that an index may offer.
    """
    with temporary_folder.temporary() as workplace:
        try:
            using = environment.installer(builder.python, builder.where, workplace)
            wheel = build_environment.wheel_of(archive, using, into, builder.limit)
        except (HookError, InstallError) as error:
            said = telling_line(error.output)
            raise WheelFailure(_over_time(builder.limit) if error.is_over_time else said, error.output) from None
        except TimeoutError:
            raise WheelFailure(_over_time(builder.limit)) from None
        except AugbackendError as error:
            raise WheelFailure(error.what) from None
        except OSError as error:
            raise WheelFailure(error_report.of_system(error).what) from None
    check(build, wheel)
    return wheel


def check(build: WheelBuild, wheel: Path) -> None:
    """Make sure that installers are given what they expect, by whatever machine it was built.

    :raises WheelFailure: if not.
    """
    identity = published_file.identity(wheel.name) if wheel.name.endswith(".whl") else None
    if identity is None or identity != published_file.identity(build.filename):
        called = f"{identity[0]} {identity[1]}" if identity else wheel.name
        raise WheelFailure(
            f"the wheel is called {called}, and the sdist {build.project} {build.version}: pip refuses it"
        )
    try:
        wheel_content.read(wheel)
    except UnsoundWheelError as error:
        raise WheelFailure(f"{wheel.name} is not given to an installer: {error}") from None


def _over_time(limit: float) -> str:
    return f"killed after {limit:.0f} seconds; allow more with --timeout"
