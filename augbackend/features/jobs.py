"""``jobs``: how many compilers this machine can run at once, by processors and memory, as its cgroup limits them."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from augbackend.table import Build
from augbackend.table.convert import key

from . import Feature
from .extra_build_variables import Resolved

_UNLIMITED = sys.maxsize
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_UNITS.update({"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40})
_LONGEST_NUMBER = 20
_SIZE = r"(?ia)(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?"


def parse_size(text: str) -> int:
    """Bytes in a size such as ``512MiB`` or ``4 GB``.

    :raises ValueError: if the text is not a size.
    """
    size = re.fullmatch(_SIZE, text.strip())
    if size is None:
        raise ValueError("expected a size such as '4GiB'")
    if len(size[1]) > _LONGEST_NUMBER:
        raise ValueError("expected a size that a machine can have")
    return int(float(size[1]) * _UNITS[size[2].lower()])


@dataclass(frozen=True, repr=False, eq=False)
class Jobs:
    """How many compilers may run at once."""

    memory_per_job: str = key("", check=parse_size)
    """Memory that one job may need, such as `4GiB`."""
    cpus_per_job: int = key(1)
    """Processors that one job keeps busy."""
    reserve: str = key("", check=parse_size)
    """Memory to leave to the rest of the machine, such as `2GiB`."""
    max: Optional[int] = key(None)
    """Never more jobs than this."""


def _resolve(build: Build, environ: Mapping[str, str], before: Sequence[Resolved]) -> list[Resolved]:
    declared = {one.name for one in before}
    why = "from jobs, but the caller has set it"
    return [
        Resolved(name, None, why) if name in environ else Resolved(name, value, "from jobs")
        for name, value in variables(build.values["jobs"]).items()
        if name not in declared
    ]


def variables(jobs: Jobs, root: Path = Path("/")) -> dict[str, str]:
    """The variables by which build tools are told the number of jobs.

    ``MAX_JOBS`` is torch's, ``CMAKE_BUILD_PARALLEL_LEVEL`` CMake's, ``MAKEFLAGS`` make's.
    """
    count = str(number(jobs, root))
    return {"MAX_JOBS": count, "CMAKE_BUILD_PARALLEL_LEVEL": count, "MAKEFLAGS": f"-j{count}"}


def number(jobs: Jobs, root: Path = Path("/")) -> int:
    """Jobs that fit this machine's processors and free memory; at least one.

    :param root: where ``/proc`` and ``/sys`` are found.
    """
    limits = [int(processors(root) // jobs.cpus_per_job), jobs.max or _UNLIMITED]
    if jobs.memory_per_job:
        free = available_memory(root) - (parse_size(jobs.reserve) if jobs.reserve else 0)
        limits.append(free // max(1, parse_size(jobs.memory_per_job)))
    return max(1, min(limits))


def processors(root: Path = Path("/")) -> float:
    """Processors that this process may keep busy; a fraction where a cgroup's quota is one."""
    limits: list[float] = [len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1]
    for group in _cgroups(root, "cpu"):
        quota, _, period = _text(group / "cpu.max").partition(" ")  # version 2: "200000 100000", or "max 100000"
        if not quota:
            quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit():
            limits.append(int(quota) / int(period))
    return max(1.0, min(limits))


def available_memory(root: Path = Path("/")) -> int:
    """Bytes that can be had without swapping."""
    limits = [_machine_memory(root)]
    for group in _cgroups(root, "memory"):
        for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            if _text(group / limit).isdigit():
                limits.append(int(_text(group / limit)) - int(_text(group / usage) or 0))
    return max(0, min(limits))


def _machine_memory(root: Path) -> int:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import ctypes

        class _Status(ctypes.Structure):
            # MEMORYSTATUSEX of the Windows API: ullAvailPhys is the second of the seven 64-bit numbers.
            _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong), ("numbers", ctypes.c_ulonglong * 7)]

        status = _Status(length=ctypes.sizeof(_Status))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.numbers[1])
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _UNLIMITED


def _cgroups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's cgroup and of those above it, whose limits hold as well (cgroups(7))."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / (controller if controllers else "")
        group = mount / path.lstrip("/")
        yield group
        # Inside a container the path can be the host's; the mount point is the limit that counts.
        yield from (above for above in group.parents if above == mount or mount in above.parents)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


FEATURE = Feature(
    Jobs,
    "Sets `MAX_JOBS`, `CMAKE_BUILD_PARALLEL_LEVEL` and `MAKEFLAGS` from this machine's memory and processors, unless "
    "the caller set them.",
    variables=_resolve,
)
