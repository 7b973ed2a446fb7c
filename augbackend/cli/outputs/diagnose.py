"""What ``diagnose`` prints: of a package, built or only read, and of a project."""

from __future__ import annotations

from typing import get_args

from augbackend.cli.diagnosis import attempt, search_result, setup_code

from .notation import FLAG, NULL, NUMBER, TEXT, WHOLE, Keys, array, document, either, one_of, record
from .shared import CONFINED_HOW, CONFINEMENT, FOUND, PATCH

_VERDICTS = get_args(search_result.Verdict)
_NAMED: Keys = {"name": (TEXT, "The package."), "version": (TEXT, "Its version; empty if only a build can tell.")}
_EVIDENCE = array(
    record(
        {
            "kind": (
                one_of(["requires", "variables", "removed", "patches", "obstacle"]),
                "What it is a reason for; `obstacle`: that no declaration helps.",
            ),
            "entry": (TEXT, "What is declared for that reason; empty for an obstacle."),
            "why": (TEXT, "The reason."),
            "error": (TEXT, "The line of the build's output that led to it; empty if none did."),
        }
    )
)
_LAST_BUILD = record(
    {
        "declared": (TEXT, "What was declared for it, in words."),
        "stage": (one_of(attempt.STAGES), "How far it had come."),
        "seconds": (NUMBER, "How long it was there."),
    }
)
_UNFINISHED = record(
    {
        "ended-by": (one_of(one for one in get_args(search_result.Cut) if one), "What ended it."),
        "last-build": (either(_LAST_BUILD, NULL), "The last build; null if there was none."),
        "try-timeout": (either(WHOLE, NULL), "The seconds to give it the next time; null if the same may do."),
    }
)
_ATTEMPT = record(
    {
        "declared": (TEXT, "What was declared for it, in words."),
        "seconds": (NUMBER, "How long it took."),
        "ended": (TEXT, "`a wheel`, or the stage and the line that says what failed."),
    }
)
_BUILT: Keys = {
    **_NAMED,
    "python": (TEXT, "The Python that it was built on."),
    "verdict": (one_of(_VERDICTS), "What was found."),
    "enough": (FLAG, "Whether it builds with what stands here."),
    **FOUND,
    "patches": (array(PATCH), "The patches of a recipe or an option that it was built with."),
    "reason": (TEXT, "The verdict in a sentence: what is missing, or what is in the way."),
    "evidence": (_EVIDENCE, "Why each entry is there."),
    "remarks": (array(TEXT), "What is worth knowing beside that."),
    "next": (TEXT, "The command that carries it out; empty if there is none."),
    "unfinished": (either(_UNFINISHED, NULL), "How far it came, if something ended it; else null."),
    "wheel": (TEXT, "The file name of the wheel; empty if there is none."),
    "imports": (FLAG, "Whether the wheel installs and imports."),
    "problem": (TEXT, "Why it does not; empty if it does, or was not tried."),
    "requires-dist": (array(TEXT), "What the wheel requires."),
    "build-requires": (array(TEXT), "All that the build asks for, with what was found."),
    "builds": (WHOLE, "How many builds were made."),
    "attempts": (array(_ATTEMPT), "The builds, in order."),
    "seconds": (NUMBER, "How long all of it took."),
    "confinement": CONFINED_HOW,
}

_IMPORT = record(
    {
        "module": (TEXT, "The module."),
        "when": (one_of(get_args(setup_code.Kind)), "Whether every build imports it."),
        "where": (TEXT, "File and line."),
    }
)
_VARIABLE = record(
    {
        "name": (TEXT, "The variable."),
        "yes": (TEXT, "A value that turns on what it is for."),
        "no": (TEXT, "A value that turns it off; empty if none was seen."),
        "where": (TEXT, "File and line."),
    }
)
_PROGRAM = record(
    {
        "name": (TEXT, "The program."),
        "requirement": (TEXT, "What it is to install, if it is pip; else empty."),
        "where": (TEXT, "File and line."),
    }
)
_READING = record(
    {
        "build-backend": (TEXT, "The package's build backend."),
        "requires": (array(TEXT), "What its files ask for."),
        "imports": (array(_IMPORT), "What its code imports."),
        "variables": (array(_VARIABLE), "The variables that its code reads."),
        "programs": (array(_PROGRAM), "The programs that its code runs."),
    }
)
_READ: Keys = {
    **_NAMED,
    "verdict": (NULL, "Nothing was tried, so there is none."),
    **FOUND,
    "reason": (TEXT, "What is in the way; empty if nothing that was read is."),
    "evidence": (_EVIDENCE, "Why each entry is there."),
    "reading": (_READING, "What was read."),
}

_DECLARED = record({**FOUND, "patches": (array(PATCH), "The patches.")})
_PROJECT = record(
    {
        "file": (TEXT, "The file that was diagnosed."),
        "lock": (TEXT, "What says the versions; empty if nothing that was there does."),
        "python": (TEXT, "The Python that the packages were built on."),
        "confinement": CONFINED_HOW,
    }
)
_PACKAGE = record(
    {
        **_BUILT,
        "verdict": (one_of([*_VERDICTS, "not-diagnosed"]), "What was found; `reason` says why a package was not."),
        "confinement": (either(CONFINEMENT, NULL), f"{CONFINED_HOW[1][:-1]}; null if it was not diagnosed."),
        "declared": (_DECLARED, "What the project declares for it already; the keys above hold the whole."),
    },
    {"remembered": (TEXT, "The day on which it was found out, if that was in an earlier run.")},
)
FORMS = (
    document("augbackend diagnose PACKAGE", _BUILT),
    document("augbackend diagnose PACKAGE --no-build", _READ),
    document(
        "augbackend diagnose PROJECT",
        {
            "project": (_PROJECT, "The project."),
            "packages": (array(_PACKAGE), "Those of its packages that have to be built."),
        },
    ),
)
