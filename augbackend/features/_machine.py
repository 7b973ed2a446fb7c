"""What a build may use here: processors and memory of the machine, as the control groups of this process limit them.

::

    /proc/self/cgroup, /proc/self/mountinfo -> the folders of this process's groups, and of those above them -> limits
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_MACHINE = "this machine"
# cgroup v2 and v1: files of limits, the file of what is in use, and what of that the system takes back when it has to.
_MEMORY_FILES = (
    (("memory.max", "memory.high"), "memory.current", ("inactive_file", "active_file")),
    (("memory.limit_in_bytes",), "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
)


class Limit(NamedTuple):
    """How much there is, and who says so."""

    amount: float
    whose: str


def processors(root: Path = Path("/")) -> Limit:
    """Processors that this process may keep busy; a fraction where a group's quota is one.

    :param root: where ``/proc`` and ``/sys`` are found.
    """
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = [Limit(here, _MACHINE)]
    for group, name in _groups(root, "cpu"):
        quota, _, period = _text(group / "cpu.max").partition(" ")  # version 2: "200000 100000", or "max 100000"
        if not quota:
            quota, period = _text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit():
            limits.append(Limit(int(quota) / max(1, int(period)), name))
    found = min(limits)
    return found._replace(amount=max(1.0, found.amount))


def available_memory(root: Path = Path("/")) -> Limit:
    """Bytes that can be had without swapping; ``sys.maxsize`` where that is not known."""
    limits = [Limit(_machine_memory(root), _MACHINE)]
    for group, name in _groups(root, "memory"):
        for files, usage, taken_back in _MEMORY_FILES:
            said = [int(text) for file in files if (text := _text(group / file)).isdigit()]
            if said:
                # What was read from files counts as used, and makes room by itself.
                kept = [line.split() for line in _text(group / "memory.stat").splitlines()]
                spare = sum(int(line[1]) for line in kept if line[0] in taken_back)
                used = max(0, int(_text(group / usage) or 0) - spare)
                limits.append(Limit(min(said) - used, name))
    found = min(limits)
    return found._replace(amount=max(0, found.amount))


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
    return sys.maxsize


def _groups(root: Path, controller: str) -> Iterator[tuple[Path, str]]:
    """The folder of this process's group and of those above it, whose limits hold as well (cgroups(7)), with a name."""
    paths: dict[str, str] = {}
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        paths.update(dict.fromkeys(controllers.split(","), path))  # version 2 has one hierarchy, without controllers
    for line in _text(root / "proc/self/mountinfo").splitlines():
        fields, _, system = line.partition(" - ")
        kind, _, options = system.partition(" ")
        found = {"cgroup2": "", "cgroup": controller}.get(kind)
        if found not in paths or (found and found not in options.rpartition(" ")[2].split(",")):
            continue
        top, mount = fields.split(" ")[3:5]
        inner = PurePosixPath("/")
        # A container sees its own part of the hierarchy. Where the process is outside of that, the top of it counts.
        with suppress(ValueError):
            inner /= PurePosixPath(paths[found]).relative_to(top)
        for group in (inner, *inner.parents):
            if ".." not in group.parts:
                yield root / mount.lstrip("/") / str(group).lstrip("/"), f"the control group {group}"


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
