"""What ``index`` prints: of an index that was made, of parts put together, and of jobs for a CI."""

from __future__ import annotations

from typing import get_args

from augbackend.cli.site import wheel_run

from .notation import NULL, TEXT, WHOLE, array, document, either, one_of, record
from .shared import error_of

_FOLDER = (TEXT, "The folder.")
_ENTRY = record(
    {
        "project": (TEXT, "The package."),
        "version": (TEXT, "Its version."),
        "filename": (TEXT, "The file."),
        "path": (TEXT, "Its place below the folder; empty if it is not there."),
        "sha256": (TEXT, "Of the file; empty if it is not there."),
        "size": (either(WHOLE, NULL), "In bytes; null if it is not there."),
        "upload-time": (TEXT, "As its page says it."),
        "made-from": (TEXT, "The URL of upstream's sdist; empty if it was on a disk."),
        "recipe": (TEXT, "The recipe that some of it is from; empty if none is."),
        "state": (one_of(["written", "unchanged", "stale", "missing"]), "`--check` finds it stale or missing."),
        "why": (TEXT, "What differs from what was there; empty if nothing does."),
    }
)
_PROJECT = record(
    {
        "name": (TEXT, "The project."),
        "files": (WHOLE, "How many files of it are in the folder."),
        "linked": (WHOLE, "How many files of it are linked where upstream has them."),
    }
)
_WHEEL = record(
    {
        "id": (TEXT, "What `--only` takes."),
        "project": (TEXT, "The package."),
        "version": (TEXT, "Its version."),
        "python": (TEXT, "The Python that it is for."),
        "state": (one_of(get_args(wheel_run.WheelState)), "What became of it; `cached`: it was there already."),
        "filename": (TEXT, "The wheel; empty if there is none."),
        "path": (TEXT, "Its place below the folder; empty if there is none."),
        "sha256": (TEXT, "Of the wheel; empty if there is none."),
        "reason": (TEXT, "Why there is none; empty if there is one."),
        "output": (TEXT, "The end of what a failed build printed."),
    }
)
_JOB = record(
    {
        "id": (TEXT, "What `--only` takes."),
        "project": (TEXT, "The package."),
        "version": (TEXT, "Its version."),
        "python": (TEXT, "The Python to build with."),
    }
)
_LEFT_OUT = record({"what": (TEXT, "What was asked for."), "why": (TEXT, "Why it is not there.")})
FORMS = (
    document(
        "augbackend index",
        {
            "index": _FOLDER,
            "entries": (array(_ENTRY), "The archives that were asked for."),
            "projects": (array(_PROJECT), "All projects of the index."),
            "written": (array(TEXT), "The files and pages that were written, below the folder."),
            "stale": (array(TEXT), "With `--check`: what would be written."),
            "removed": (array(TEXT), "With `--prune`: what was deleted."),
            "left-out": (array(_LEFT_OUT), "What is not there for a reason that is no failure."),
            "failures": (array(error_of(asked="What was asked for.")), "What could not be had."),
            "passed-over": (array(TEXT), "Packages of the files that were named that nothing is declared for."),
            "notes": (array(TEXT), "What is worth knowing beside that."),
            "wheels": (array(_WHEEL), "The wheels that were wanted."),
        },
    ),
    document(
        "augbackend index --merge",
        {
            "index": _FOLDER,
            "added": (array(TEXT), "The files of the parts that are in it now, below the folder."),
            "twice": (array(TEXT), "Wheels that several parts have built; the first is taken."),
            "conflicts": (array(TEXT), "Why a file is not taken, a sentence each."),
        },
    ),
    {
        **record({"include": (array(_JOB), "The wheels to build, a job each.")}, title="augbackend index --matrix"),
        "description": "Without `format`: it is what GitHub Actions takes for a `strategy.matrix`.",
    },
)
