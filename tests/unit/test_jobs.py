"""The number of jobs, on machines made of a few files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from augbackend.features import _machine, jobs
from augbackend.features._sizes import parse_size
from augbackend.features.jobs import Jobs, JobsPlan

from ..conftest import write

GIB = 2**30


VERSION_2 = "31 23 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
VERSION_1 = """\
24 1 0:22 / /proc rw,relatime - proc proc rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 {top} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
37 31 0:40 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""


def machine(
    folder: Path, *, free: int, cgroup: str = "", mounts: str = "", files: dict[str, str | bytes] | None = None
) -> Path:
    meminfo = f"MemTotal: {64 * GIB // 1024} kB\nMemAvailable: {free // 1024} kB\n"
    process: dict[str, str | bytes] = {"proc/self/cgroup": cgroup, "proc/self/mountinfo": mounts}
    return write(folder, {"proc/meminfo": meminfo, **process, **(files or {})})


def planned(
    folder: Path, setting: Jobs, environ: dict[str, str] | None = None, setup: str = "", free: int = 20 * GIB
) -> tuple[int, int]:
    return jobs.plan(setting, environ or {}, setup, machine(folder, free=free))[:2]


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
        (Jobs(memory_per_job="4GiB"), 4),  # a tenth is left
        (Jobs(memory_per_job="4GiB", reserve="0"), 5),
        (Jobs(memory_per_job="4GiB", reserve="9GiB"), 2),
        (Jobs(memory_per_job="400GiB"), 1),
        (Jobs(memory_per_job="0"), 8),
        (Jobs(memory_per_job="4GiB", reserve="400GiB"), 1),
    ],
)
def test_number(tmp_path: Path, setting: Jobs, expected: int) -> None:
    assert planned(tmp_path, setting)[0] == expected


READS_THREADS = 'threads = os.getenv("NVCC_THREADS") or "4"\n'
OWN_ARCHITECTURES = 'flags += ["-gencode", "arch=compute_80,code=sm_80"]\n'


@pytest.mark.parametrize(
    ("setting", "environ", "setup", "expected"),
    [
        # There are eight processors: jobs times threads are never more than these.
        (Jobs(), {}, READS_THREADS, (8, 1)),
        (Jobs(max=2), {}, READS_THREADS, (2, 4)),
        (Jobs(max=2), {"TORCH_CUDA_ARCH_LIST": "8.0;9.0+PTX 9.0a"}, READS_THREADS, (2, 3)),
        (Jobs(max=2), {"TORCH_CUDA_ARCH_LIST": "9.0"}, READS_THREADS, (2, 1)),
        (Jobs(max=2), {"TORCH_CUDA_ARCH_LIST": "Ampere"}, READS_THREADS, (2, 4)),
        (Jobs(max=2), {"TORCH_CUDA_ARCH_LIST": "9.0"}, READS_THREADS + OWN_ARCHITECTURES, (2, 4)),
        (Jobs(max=2), {"TORCH_CUDA_ARCH_LIST": "9.0"}, f"TORCH_CUDA_ARCH_LIST {OWN_ARCHITECTURES}", (2, 1)),
        # What the caller says stays, and the rest follows from it.
        (Jobs(), {"NVCC_THREADS": "4"}, READS_THREADS, (2, 4)),
        (Jobs(), {"NVCC_THREADS": "4", "TORCH_CUDA_ARCH_LIST": "8.0 9.0"}, READS_THREADS, (4, 4)),
        (Jobs(), {"NVCC_THREADS": "400"}, READS_THREADS, (1, 400)),
        (Jobs(), {"NVCC_THREADS": "many"}, READS_THREADS, (8, 1)),
        (Jobs(), {"MAX_JOBS": "2"}, READS_THREADS, (8, 4)),
        (Jobs(), {"MAX_JOBS": "100"}, READS_THREADS, (8, 1)),
        (Jobs(), {"MAX_JOBS": "3", "NVCC_THREADS": "5"}, READS_THREADS, (1, 5)),
        # setup.py does not ask.
        (Jobs(), {}, 'args = ["--threads", "4"]', (2, 4)),
        (Jobs(), {}, "args = ['--threads=2']", (4, 2)),
        (Jobs(), {"TORCH_CUDA_ARCH_LIST": "9.0"}, 'args = ["--threads", "4"]', (8, 4)),
        (Jobs(memory_per_job="2GiB"), {}, 'args = ["--threads 4"]', (2, 4)),
        (Jobs(memory_per_job="3GiB"), {}, 'args = ["--threads", 4]', (1, 4)),
    ],
)
def test_jobs_times_threads(
    tmp_path: Path, setting: Jobs, environ: dict[str, str], setup: str, expected: tuple[int, int]
) -> None:
    assert planned(tmp_path, setting, environ, setup) == expected


def test_why(tmp_path: Path) -> None:
    root = machine(tmp_path, free=20 * GIB)
    assert jobs.plan(Jobs(cpus_per_job=2), {}, "", root).why == "8 processors of this machine, 2 for each compiler"
    stated = jobs.plan(Jobs(), {"MAX_JOBS": "2"}, "", root)
    assert stated == (8, 4, "8 processors of this machine; threads for the 2 jobs that MAX_JOBS says")
    setting, environ = Jobs(memory_per_job="2GiB", max=3), {"NVCC_THREADS": "2", "MAX_JOBS": "2"}
    assert jobs.plan(setting, environ, "", root).why.split("; ") == [
        "8 processors of this machine",
        "20.0 GiB free of this machine, less 2.0 GiB, 2GiB each",
        "at most 3 jobs",
        "2 at once in each job (NVCC_THREADS)",
    ]
    fixed = jobs.plan(Jobs(), {}, '"--threads", "4"', root).why
    assert fixed == "8 processors of this machine; 4 at once in each job (--threads of setup.py)"


def test_cgroup_version_2_and_its_parents(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sys/fs/cgroup/outer/cpu.max": "350000 100000\n",
        "sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
        "sys/fs/cgroup/outer/memory.max": str(9 * GIB),
        "sys/fs/cgroup/outer/memory.current": str(4 * GIB),
        "sys/fs/cgroup/outer/memory.stat": f"anon {GIB}\nactive_file {GIB}\ninactive_file {2 * GIB}\n",
        "sys/fs/cgroup/outer/inner/memory.max": "max",
    }
    root = machine(tmp_path, free=60 * GIB, cgroup="0::/outer/inner\n", mounts=VERSION_2, files=files)
    assert _machine.processors(root) == (3.5, "the control group /outer")
    assert _machine.available_memory(root) == (8 * GIB, "the control group /outer")
    assert jobs.plan(Jobs(memory_per_job="3GiB"), {}, "", root)[:2] == (2, 1)
    write(tmp_path, {"sys/fs/cgroup/outer/inner/memory.high": str(3 * GIB)})
    assert _machine.available_memory(root) == (3 * GIB, "the control group /outer/inner")


def test_cgroup_version_1(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us": "200000",
        "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000",
        # The container sees its own part, and is in a group of that.
        "sys/fs/cgroup/memory/memory.limit_in_bytes": str(3 * GIB),
        "sys/fs/cgroup/memory/memory.usage_in_bytes": str(2 * GIB),
        "sys/fs/cgroup/memory/memory.stat": f"inactive_file 5\ntotal_inactive_file {GIB}\ntotal_active_file 0\n",
        "sys/fs/cgroup/memory/inner/memory.limit_in_bytes": str(GIB),
        "sys/fs/cgroup/memory/inner/memory.usage_in_bytes": str(2 * GIB),
    }
    cgroup = "4:memory:/docker/1f/inner\n3:cpu,cpuacct:/box\n1:name=systemd:/\n0::/\n"
    root = machine(tmp_path, free=60 * GIB, cgroup=cgroup, mounts=VERSION_1.format(top="/docker/1f"), files=files)
    assert _machine.processors(root) == (2, "the control group /box")
    assert _machine.available_memory(root) == (0, "the control group /inner")
    (tmp_path / "sys/fs/cgroup/memory/inner/memory.limit_in_bytes").write_text(str(5 * GIB))
    assert _machine.available_memory(root) == (2 * GIB, "the control group /")


@pytest.mark.parametrize("path", ["/../other", "/elsewhere"])
def test_a_process_that_is_outside_of_what_is_mounted(tmp_path: Path, path: str) -> None:
    files: dict[str, str | bytes] = {"sys/fs/cgroup/memory/memory.limit_in_bytes": str(GIB)}
    mounts = VERSION_1.format(top="/" if ".." in path else "/docker")
    root = machine(tmp_path, free=60 * GIB, cgroup=f"4:memory:{path}\n", mounts=mounts, files=files)
    assert _machine.available_memory(root) == (GIB, "the control group /")


def test_unlimited_cgroup_version_1(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1"}
    mounts = VERSION_1.format(top="/")
    root = machine(tmp_path, free=GIB, cgroup="3:cpu,cpuacct:/\n", mounts=mounts, files=files)
    assert _machine.processors(root) == (8, "this machine")


def test_this_machine() -> None:
    assert jobs.plan(Jobs(memory_per_job="1MiB"), {}).jobs >= 1
    assert _machine.available_memory().amount > 0


def test_variables() -> None:
    found = jobs.variables(JobsPlan(2, 3, ""))
    assert found == {
        "MAX_JOBS": "2",
        "CMAKE_BUILD_PARALLEL_LEVEL": "2",
        "MAKEFLAGS": "-j2",
        "NVCC_THREADS": "3",
    }


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
    assert _machine.available_memory(tmp_path) == (3 * GIB, "this machine")
    monkeypatch.setattr(os, "sysconf_names", {}, raising=False)
    assert jobs.plan(Jobs(memory_per_job="4GiB"), {}, "", tmp_path) == (8, 1, "8 processors of this machine")
