"""Whether a wheel that does not import is broken, or only lacks here what another machine has.

What is missing is no fault of a wheel: a module of another project, a shared library, a device and its driver, a
variable, a file. An exception that Python itself raises for code that it cannot run is.
"""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

from augbackend.knowledge.pythons import at_least

from . import failure_clues, wheel_identity
from .attempt import Failure

if TYPE_CHECKING:
    from collections.abc import Collection

    from augbackend.knowledge.rows import Knowledge

    from .evidence import Case

_OF_A_MACHINE = re.compile(
    r"(?i:cuda|rocm|nvidia|nvml|\bhip\b|\bgpu|\bxpu\b|\btpu\b|driver|device|display|\bmpi|opencl|vulkan)"
    r"|cannot open shared object file|DLL load failed|[Ll]ibrary not loaded|environ\b|getenv"
)
# Any other text of an ImportError is an author's own, most often for a module that is not there.
_IMPORT_THAT_FAILS = re.compile(r"cannot import name|undefined symbol|dynamic module|relative import|bad magic number")
_2TO3 = re.compile(r"^(?!\s*#).{0,200}(?:use_2to3|run_2to3|build_py_2to3)")
_WAITS_FOR_A_MACHINE = (OSError, SystemExit, KeyboardInterrupt, GeneratorExit, KeyError)


def is_broken(kind: str, text: str, line: str) -> bool:
    """Whether an exception says that what was imported cannot be run by this Python, on any machine.

    :param kind: the exception's name, if it is one of Python's own.
    :param line: of the source that raised it.
    """
    found = getattr(builtins, kind, None)
    if not isinstance(found, type) or not issubclass(found, Exception) or issubclass(found, _WAITS_FOR_A_MACHINE):
        return False
    if _OF_A_MACHINE.search(text) or _OF_A_MACHINE.search(line) or issubclass(found, ModuleNotFoundError):
        return False
    return not issubclass(found, ImportError) or _IMPORT_THAT_FAILS.search(text) is not None


def is_of_wheel(missing: str, modules: Collection[str], knowledge: Knowledge, python: str) -> bool:
    """Whether no project brings a module that is missing: it is the wheel's own, or was Python's."""
    left = knowledge.left_stdlib(missing)
    return missing.partition(".")[0] in modules or (left is not None and at_least(python, left.gone))


def failure(case: Case, output: str, problem: str) -> Failure:
    """The failure that a broken wheel is, with what may have made it so: what its build printed, what was not read."""
    lines = failure_clues.setup_py(case).splitlines()
    asks = [
        f"setup.py, line {at} asks for 2to3: {line.strip()}" for at, line in enumerate(lines, 1) if _2TO3.search(line)
    ]
    return Failure("import", "\n".join([output, *wheel_identity.unread_tables(case.tree), *asks[:1], problem]))
