"""``jobs``: how many compilers this machine can run at once, by processors and memory.

::

    processors, memory -> room for so many compilers -> jobs, each with so many threads of nvcc -> variables
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional

from augbackend.table import Build
from augbackend.table.convert import Table, key

from . import Feature, _machine
from ._sizes import gib, parse_size
from .extra_build_variables import Resolved

_SPARED = 10  # without `reserve`, one part of so many is left
_JOBS, _THREADS, _ARCHITECTURES = "MAX_JOBS", "NVCC_THREADS", "TORCH_CUDA_ARCH_LIST"
_FIXED_THREADS = r"""["']--threads(?:["']\s*,\s*["']?|[= ])(\d+)\b"""  # as an option of its own, or in one string
_ARCHITECTURE = r"(?a)\d+\.\d+[a-z]?(\+PTX)?"


@dataclass(init=False, repr=False, eq=False)
class Jobs(Table):
    """How many compilers may run at once."""

    memory_per_job: str = key("", check=parse_size)
    """Memory that one compiler may need, such as `4GiB`; of nvcc, for one architecture: `NVCC_THREADS` of them at \
once need as many times that."""
    cpus_per_job: int = key(1)
    """Processors that one compiler keeps busy."""
    reserve: str = key("", check=parse_size)
    """Memory to leave to the rest of the machine, such as `2GiB`; without it, a tenth of what is free."""
    max: Optional[int] = key(None)
    """Never more jobs than this. What there is room for beside them goes to `NVCC_THREADS`."""
    exclusive: bool = key(False)
    """Of this user's builds that say so, one compiles at a time; the others wait."""


class JobsPlan(NamedTuple):
    """What fits: so many jobs, each with so many threads of nvcc; and why, in one line."""

    jobs: int
    threads: int
    why: str


def _resolve(build: Build, environ: Mapping[str, str], before: Sequence[Resolved]) -> list[Resolved]:
    declared = {one.name for one in before}
    why = "from jobs, but the caller has set it"
    return [
        Resolved(name, None, why) if name in environ else Resolved(name, value, "from jobs")
        for name, value in variables(planned(build, environ, before)).items()
        if name not in declared
    ]


def variables(found: JobsPlan) -> dict[str, str]:
    """The variables by which build tools are told.

    ``MAX_JOBS`` is torch's, ``CMAKE_BUILD_PARALLEL_LEVEL`` CMake's, ``MAKEFLAGS`` make's; ``NVCC_THREADS`` is what
    ``setup.py`` hands to nvcc as ``--threads``.
    """
    count = str(found.jobs)
    levels = {"CMAKE_BUILD_PARALLEL_LEVEL": count, "MAKEFLAGS": f"-j{count}"}
    return {_JOBS: count, **levels, _THREADS: str(found.threads)}


def planned(build: Build, environ: Mapping[str, str], before: Sequence[Resolved] = ()) -> JobsPlan:
    """What fits, beside what the caller and the declared variables say already.

    :param before: what becomes of the declared variables.
    """
    known = {**environ, **{one.name: one.value for one in before if one.value is not None}}
    try:
        setup = (build.tree / "setup.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        setup = ""
    return plan(build.values["jobs"], known, setup)


def plan(jobs: Jobs, environ: Mapping[str, str], setup: str = "", root: Path = Path("/")) -> JobsPlan:
    """What fits: jobs times threads compilers; at least one.

    :param setup: the text of ``setup.py``.
    :param root: where ``/proc`` and ``/sys`` are found.
    """
    room, why = _room(jobs, root)
    architectures = _architectures(environ, setup) or sys.maxsize
    threads, whose = _number(environ.get(_THREADS, "")), _THREADS
    if not threads and _THREADS not in setup.upper():
        fixed = re.search(_FIXED_THREADS, setup)
        threads, whose = int(fixed[1]) if fixed else 0, "--threads of setup.py"
    # nvcc has no use for more threads than architectures.
    each = min(threads or 1, architectures)
    count = max(1, min(room // each, jobs.max or sys.maxsize))
    why += [f"at most {jobs.max} jobs"] if jobs.max else []
    why += [f"{each} at once in each job ({whose})"] if threads else []
    stated = _number(environ.get(_JOBS, ""))
    why += [f"threads for the {stated} jobs that {_JOBS} says"] if stated and not threads else []
    threads = threads or max(1, min(room // (stated or count), architectures))
    return JobsPlan(count, threads, "; ".join(why))


def _room(jobs: Jobs, root: Path) -> tuple[int, list[str]]:
    """Compilers that fit, and what that comes from."""
    processors = _machine.processors(root)
    room = int(processors.amount // jobs.cpus_per_job)
    each = f", {jobs.cpus_per_job} for each compiler" if jobs.cpus_per_job > 1 else ""
    why = [f"{processors.amount:g} processors of {processors.whose}{each}"]
    size = parse_size(jobs.memory_per_job) if jobs.memory_per_job else 0
    free = _machine.available_memory(root)
    if size and free.amount < sys.maxsize:
        spared = parse_size(jobs.reserve) if jobs.reserve else int(free.amount) // _SPARED
        room = min(room, int(free.amount - spared) // size)
        why.append(f"{gib(free.amount)} free of {free.whose}, less {gib(spared)}, {jobs.memory_per_job} each")
    return max(1, room), why


def _number(text: str) -> int:
    """What a variable says; 0 if it says nothing."""
    return int(text) if re.fullmatch(r"(?a)\d{1,9}", text) else 0


def _architectures(environ: Mapping[str, str], setup: str) -> int:
    """How many architectures each file is compiled for; 0 if that is not known.

    torch takes its list only where ``setup.py`` names none.
    """
    if _ARCHITECTURES not in setup and re.search("gencode|arch=", setup):
        return 0
    names = {*filter(None, re.split("[; ]", environ.get(_ARCHITECTURES, "")))}
    return len(names) if all(re.fullmatch(_ARCHITECTURE, name) for name in names) else 0


@contextmanager
def _turn(build: Build) -> Iterator[None]:
    if not build.values["jobs"].exclusive:
        yield
        return
    from ._one_at_a_time import turn

    with turn(os.environ):
        yield


FEATURE = Feature(
    Jobs,
    "Sets `MAX_JOBS`, `CMAKE_BUILD_PARALLEL_LEVEL`, `MAKEFLAGS` and `NVCC_THREADS` from what this machine, or its "
    "control group, has of memory and processors, unless the caller set them.",
    variables=_resolve,
    turn=_turn,
)
