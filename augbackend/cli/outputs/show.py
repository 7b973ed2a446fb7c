"""What ``show`` prints: of a tree or an archive that augbackend builds, and of others."""

from __future__ import annotations

from typing import get_args

from augbackend.table import Target

from .notation import FLAG, NULL, TEXT, WHOLE, array, document, either, mapping, one_of, record
from .shared import CONFINED_HOW, table_keys

_TARGETS = get_args(Target)
_SOURCE = (TEXT, "What says it: the table, a variable of the environment, a config setting; empty if nothing does.")
_TREE = (TEXT, "The folder or the archive.")
_BACKEND = either(TEXT, NULL)
_WRAPPED = record(
    {
        "build-backend": (TEXT, "Its object path."),
        "backend-path": (array(TEXT), "Its folders in the tree."),
        "origin": (TEXT, "What names it; `default` if nothing does."),
        "hooks": (either(array(TEXT), NULL), "The hooks that it has; null if that is not known."),
        "problem": (TEXT, "Why that is not known; empty if it is."),
    }
)
_REQUIREMENT = record(
    {
        "requirement": (TEXT, "As the frontend is told it."),
        "injected": (FLAG, "Whether a build here gets it."),
        "why": (TEXT, "Why, or why not; empty if it stands in `build-system.requires` and holds."),
        "in-build-system-requires": (FLAG, "Whether it stands there."),
        "origin": _SOURCE,
        "match-runtime": (
            either(one_of(["override", "locked", "installed", "bare"]), NULL),
            "What says the version that it is matched to; null if it is not to be matched.",
        ),
    }
)
_VARIABLE = record(
    {
        "name": (TEXT, "The variable."),
        "value": (either(TEXT, NULL), "Its value in a build here; null if it is left alone."),
        "why": (TEXT, "Why; empty if it is only declared."),
        "origin": _SOURCE,
    }
)
_JOBS = record(
    {
        "jobs": (WHOLE, "How many compilers run at once."),
        "threads": (WHOLE, "How many threads of nvcc each of them has."),
        "why": (TEXT, "Why so many."),
        "exclusive": (FLAG, "Whether no other exclusive build of this user compiles at that time."),
        "origin": _SOURCE,
    }
)
_FINDING = record(
    {
        "check": (TEXT, "The key that asks for it."),
        "said": (TEXT, "What is there, or what is wrong."),
        "cure": (TEXT, "What can be done; empty if nothing is wrong."),
        "ok": (FLAG, "Whether nothing is wrong."),
    }
)
_PREFLIGHT = record(
    {
        "origin": _SOURCE,
        "spared": (TEXT, "Why nothing is looked at; empty if it is."),
        "findings": (array(_FINDING), "What was looked at."),
    }
)
_PASSTHROUGH = record(
    {
        "name": (TEXT, "The project."),
        "environment": (TEXT, "Where it would be taken from; empty if that is not known."),
        "version": (TEXT, "Its version there."),
        "with": (array(TEXT), "What is taken along."),
        "why-not": (TEXT, "Why it is not taken; empty if it is."),
    }
)
_COMPILER_CACHE = record(
    {
        "program": (TEXT, "The cache; empty for none."),
        "why": (TEXT, "Why that one, or none."),
        "origin": _SOURCE,
        "paths": (TEXT, "The folder of links that give a build environment the same path in each build."),
        "compilers": (array(TEXT), "The compilers that it calls."),
        "obstacles": (array(TEXT), "What would keep it from hits."),
    }
)
_PACKAGE = record(
    {
        "name": (TEXT, "The dependency."),
        "version": (TEXT, "The version in the lock; empty if it is not there."),
        "declared": (TEXT, "What is declared for its build, in words."),
        "source": (TEXT, "The path that `tool.uv.sources` says; empty if it says none."),
    }
)
_PACKAGES = (array(_PACKAGE), "What is declared here for the builds of dependencies.")
_OURS = {
    "augbackend": (TEXT, "The version of augbackend."),
    "tree": _TREE,
    "build-backend": (_BACKEND, "The build backend that `pyproject.toml` names; null if it names none."),
    "in-tree": (FLAG, "Whether the backend lies in the tree."),
    "wrapped-backend": (_WRAPPED, "The backend that does the work."),
    "dynamic-requires": (one_of(["auto", "always", "never"]), "Whether it is asked for its own requirements."),
    "requirements": (
        record({target: (array(_REQUIREMENT), f"For building a {target}.") for target in _TARGETS}),
        "What is required, for each kind of build.",
    ),
    "failed": (mapping(TEXT), "Where the wrapped backend failed to say what it requires: the error, by kind of build."),
    "pin-runtime": table_keys("pin-runtime")["pin-runtime"],
    "provenance": (FLAG, "Whether the wheel will say what went into it."),
    "remove-build-dependencies": (array(TEXT), "Projects that are dropped from what the wrapped backend asks for."),
    "variables": (array(_VARIABLE), "The variables of a build."),
    "jobs": (either(_JOBS, NULL), "How many compilers run at once; null if that is not declared."),
    "preflight": (either(_PREFLIGHT, NULL), "What a build looks at before it begins; null if nothing."),
    "passthrough": (array(_PASSTHROUGH), "What a build by pip takes from the environment that it installs into."),
    "compiler-cache": (_COMPILER_CACHE, "The compiler cache of a build here."),
    "config-settings": table_keys("config-settings")["config-settings"],
    "packages": _PACKAGES,
    "confinement": CONFINED_HOW,
}
_OTHERS = {
    "tree": _TREE,
    "build-backend": (_BACKEND, "What builds it; null if nothing is built here."),
    "named": (FLAG, "Whether `pyproject.toml` names that."),
    "has-pyproject": (FLAG, "Whether there is a `pyproject.toml`."),
    "build-system-requires": (array(TEXT), "`build-system.requires`."),
    "packages": _PACKAGES,
}
FORMS = (
    document("augbackend show, of a tree or an archive that augbackend builds", _OURS),
    document("augbackend show, of another tree", _OTHERS),
)
