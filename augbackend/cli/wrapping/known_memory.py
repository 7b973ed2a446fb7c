"""What is known of the memory that a package's compilers need, by the names of its files, for ``jobs``."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from augbackend.knowledge import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from augbackend.features.jobs import Jobs
    from augbackend.knowledge.rows import Compiler


def compiler_of(names: Iterable[str]) -> Compiler | None:
    """The compiler that files of these names want, of those whose memory is known."""
    return rows.load().compiles(names)


def files_in(tree: Path) -> Iterator[str]:
    """The names of a tree's files, without those in environments and in hidden folders."""
    for _, folders, names in os.walk(tree):
        is_environment = "pyvenv.cfg" in names
        folders[:] = [] if is_environment else [name for name in folders if not name.startswith(".")]
        yield from () if is_environment else names


def filled(jobs: Jobs | None, compiler: Compiler | None) -> Jobs | None:
    """The same jobs, with ``memory-per-job`` where they do not say it and it is known."""
    if jobs is None or jobs.memory_per_job or compiler is None:
        return jobs
    return replace(jobs, memory_per_job=compiler.memory_per_job)


def lines(jobs: Jobs | None, compiler: Compiler | None) -> Iterator[str]:
    """What a report tells: what bounds the compilers that run at once; or that nothing does, where that is risky."""
    if jobs is not None and jobs.memory_per_job:
        is_known = compiler is not None and compiler.memory_per_job == jobs.memory_per_job
        of = f", as {compiler.name} was seen to need" if is_known and compiler else ""
        yield f"  its compilers are as many as memory allows: {jobs.memory_per_job} each{of}"
    elif jobs is not None:
        yield "  its compilers are as many as there are processors; jobs.memory-per-job is not said, and not known"
    elif compiler is not None:
        yield f"  {compiler.name} compiles it; --memory-per-job auto runs as many as memory allows"
