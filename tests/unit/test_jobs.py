"""The number of jobs, on machines made of a few files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from augbackend.features import jobs
from augbackend.features.jobs import Jobs, parse_size

from ..conftest import write

GIB = 2**30


def machine(folder: Path, *, free: int, cgroup: str = "", files: dict[str, str | bytes] | None = None) -> Path:
    meminfo = f"MemTotal: {64 * GIB // 1024} kB\nMemAvailable: {free // 1024} kB\n"
    return write(folder, {"proc/meminfo": meminfo, "proc/self/cgroup": cgroup, **(files or {})})


@pytest.fixture(autouse=True)
def _eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (Jobs(), 8),
        (Jobs(max=3), 3),
        (Jobs(cpus_per_job=3), 2),
        (Jobs(cpus_per_job=100), 1),
        (Jobs(memory_per_job="4GiB"), 5),
        (Jobs(memory_per_job="4GiB", reserve="9GiB"), 2),
        (Jobs(memory_per_job="400GiB"), 1),
        (Jobs(memory_per_job="4GiB", reserve="400GiB"), 1),
    ],
)
def test_number(tmp_path: Path, setting: Jobs, expected: int) -> None:
    assert jobs.number(setting, machine(tmp_path, free=20 * GIB)) == expected


def test_cgroup_version_2_and_its_parents(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sys/fs/cgroup/outer/cpu.max": "350000 100000\n",
        "sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
        "sys/fs/cgroup/outer/memory.max": str(9 * GIB),
        "sys/fs/cgroup/outer/memory.current": str(1 * GIB),
        "sys/fs/cgroup/outer/inner/memory.max": "max",
    }
    root = machine(tmp_path, free=60 * GIB, cgroup="0::/outer/inner\n", files=files)
    assert jobs.processors(root) == 3.5
    assert jobs.available_memory(root) == 8 * GIB
    assert jobs.number(Jobs(memory_per_job="4GiB"), root) == 2


def test_cgroup_version_1(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sys/fs/cgroup/cpu/box/cpu.cfs_quota_us": "200000",
        "sys/fs/cgroup/cpu/box/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": str(3 * GIB),
        "sys/fs/cgroup/memory/memory.usage_in_bytes": str(1 * GIB),
    }
    cgroup = "4:memory:/box\n3:cpu,cpuacct:/box\n"
    root = machine(tmp_path, free=60 * GIB, cgroup=cgroup, files=files)
    assert jobs.processors(root) == 2
    assert jobs.available_memory(root) == 2 * GIB


def test_unlimited_cgroup_version_1(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1"}
    assert jobs.processors(machine(tmp_path, free=GIB, cgroup="3:cpu:/\n", files=files)) == 8


def test_this_machine() -> None:
    assert jobs.number(Jobs(memory_per_job="1MiB")) >= 1
    assert jobs.available_memory() > 0


def test_variables(tmp_path: Path) -> None:
    found = jobs.variables(Jobs(max=2), machine(tmp_path, free=GIB))
    assert found == {"MAX_JOBS": "2", "CMAKE_BUILD_PARALLEL_LEVEL": "2", "MAKEFLAGS": "-j2"}


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("1k", 1000), ("4 GiB", 4 * GIB), ("1.5MiB", 3 * 2**19), ("2GB", 2 * 10**9)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_system_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf_names", {"SC_PHYS_PAGES": 1}, raising=False)
    monkeypatch.setattr(
        os, "sysconf", lambda name: {"SC_PHYS_PAGES": 3 * 2**18, "SC_PAGE_SIZE": 4096}[name], raising=False
    )
    assert jobs.available_memory(tmp_path) == 3 * GIB
    monkeypatch.setattr(os, "sysconf_names", {}, raising=False)
    assert jobs.number(Jobs(memory_per_job="4GiB"), tmp_path) == 8
