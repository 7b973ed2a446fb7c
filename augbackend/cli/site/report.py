"""What became of an index, for a reader: what is new, what is not there and why, how to use it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from augbackend.cli.model import error_report
from augbackend.cli.model.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .index_run import IndexEntry, IndexRun

_MOST = 20  # of what is said of each kind, unless all is asked for


def lines(run: IndexRun, *, check: bool, verbose: bool) -> Iterator[str]:
    """The report.

    :param check: whether nothing was written.
    :param verbose: all of it, however long.
    """
    told = [one for one in run.entries if verbose or one.state != "unchanged"]
    parts = [
        _cut([line for one in told for line in _entry_lines(one)], verbose=verbose),
        _left_out_lines(run, verbose=verbose),
        _cut([f"removed {one}" for one in run.removed], verbose=verbose) if not check else (),
        (f"note: {one}" for one in run.notes),
        _failure_lines(run) if run.failures else (),
        run.wheels.lines(verbose=verbose) if run.wheels is not None else (),
        _summary(run, check=check),
        _next(run) if not check and run.projects and not run.is_lacking else (),
    ]
    yield from "\n\n".join(filter(None, map("\n".join, parts))).split("\n")


def _entry_lines(one: IndexEntry) -> Iterator[str]:
    why = f", since {one.why}" if one.why else ""
    yield f"{one.project} {one.version}: {one.state}{why}"
    yield from (f"  {line}" for line in (one.said, one.recipe) if line)


def _left_out_lines(run: IndexRun, *, verbose: bool) -> Iterator[str]:
    yield from _cut([f"{one.what}: left out, since {one.why}" for one in run.left_out], verbose=verbose)
    if run.passed_over:
        names = ", ".join(run.passed_over if verbose else run.passed_over[:_MOST])
        more = "" if verbose or len(run.passed_over) <= _MOST else f" and {len(run.passed_over) - _MOST} more"
        yield f"not in the index, since nothing is declared for them: {names}{more}"


def _failure_lines(run: IndexRun) -> Iterator[str]:
    others = "; the others are as they should be" if run.entries else ""
    yield f"failed: {len(run.failures)} of {len(run.failures) + len(run.entries)}{others}"
    for one in run.failures:
        yield f"  {one.what}: {error_report.what(one.error)}"
        yield from [f"    where: {one.error.where}"] if one.error.where else []
        yield from [f"    hint: {one.error.hint}"] if one.error.hint else []


def _summary(run: IndexRun, *, check: bool) -> Iterator[str]:
    own, linked = sum(one[1] for one in run.projects), sum(one[2] for one in run.projects)
    links = f", {counted(linked, 'link')} to upstream" if linked else ""
    yield f"{run.out}: {counted(own, 'file')} of {counted(len(run.projects), 'project')}{links}"
    if check and (run.stale or run.removed):
        yield f"stale: {', '.join([*run.stale, *run.removed][:_MOST])}; run this without --check"
    elif check and not run.is_lacking:
        yield "everything is up to date"
    elif not check:
        yield f"{counted(len(run.written), 'file')} written" if run.written else "nothing has changed"


def _next(run: IndexRun) -> Iterator[str]:
    yield from ("next:", f"  augbackend serve {shlex.quote(str(run.out))}")


def _cut(found: Sequence[str], *, verbose: bool) -> Iterator[str]:
    yield from found if verbose else found[: 2 * _MOST]
    if not verbose and len(found) > 2 * _MOST:
        yield f"  … and {len(found) - 2 * _MOST} more lines (--verbose)"
