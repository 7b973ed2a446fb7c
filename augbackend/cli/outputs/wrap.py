"""What ``wrap`` prints."""

from __future__ import annotations

from typing import get_args

from augbackend.cli.wrapping import run

from .notation import FLAG, NULL, TEXT, WHOLE, array, document, either, mapping, one_of, record
from .shared import CONFINEMENT, PATCH, error_of, table_keys

_TABLE = table_keys("extra-build-variables", "config-settings", "preflight")
_REQUIREMENT = record({"requirement": (TEXT, "What is asked for."), "why": (TEXT, "Who asks for it.")})
_RECIPE = record(
    {
        "recipe": (TEXT, "Its project and versions."),
        "from": (TEXT, "Where it is from."),
        "checked": (TEXT, "How it was checked, in words."),
        "declares": (TEXT, "What is taken of it, in words; empty if nothing is."),
        "overridden": (array(TEXT), "What gives way to what you say, a sentence each."),
        "pinned-to": (TEXT, "The build whose versions the archive is pinned to; empty if it is not."),
    }
)
_PACKAGE = record(
    {
        "name": (TEXT, "The package."),
        "version": (TEXT, "Its version."),
        "version-from": (TEXT, "What says the version; empty if you named it."),
        "marker": (TEXT, "The environments that the archive is for; empty for all."),
        "sdist-from": (TEXT, "Where upstream's sdist came from, in words."),
        "url": (TEXT, "Of upstream's sdist; empty if it was on a disk."),
        "upstream-sha256": (TEXT, "Of upstream's sdist; empty if it was made from a source tree."),
        "archive": (TEXT, "The wrapped archive."),
        "sha256": (TEXT, "Of the archive; empty if it is not there."),
        "size": (WHOLE, "Of the archive, in bytes; 0 if it is not there."),
        "state": (one_of(get_args(run.State)), "What became of it; `--check` finds it stale or missing."),
        "why": (TEXT, "What differs from the archive that was there; empty if nothing does."),
        "build-requirements": (array(_REQUIREMENT), "The build requirements that are added."),
        "remove-build-dependencies": (array(TEXT), "Projects that are dropped from what it asks for."),
        "variables": _TABLE["extra-build-variables"],
        "config-settings": _TABLE["config-settings"],
        "patches": (array(PATCH), "The patches that are applied to it."),
        "preflight": (either(_TABLE["preflight"][0], NULL), "What it cannot be built without; null if nobody says."),
        "dynamic-requires": (one_of(["auto", "never"]), "Whether its backend is asked for its own requirements."),
        "static-metadata": (FLAG, "Whether its dependencies are known without a build."),
        "metadata-from": (TEXT, "What says them, or why they are not known."),
        "pin-runtime": (array(TEXT), "What its wheel will require of what it is built with."),
        "recipe": (either(_RECIPE, NULL), "The recipe that completes what you say; null if none does."),
    }
)
_CONSTRAINTS = record(
    {
        "file": (TEXT, "The file."),
        "state": (one_of(["written", "unchanged", "stale"]), "What became of it."),
        "left-out": (mapping(TEXT), "Packages that it has no line for: the reason, by name."),
    }
)
_SOURCES = record(
    {
        "file": (TEXT, "The file."),
        "state": (one_of(["current", "stale"]), "`--check` finds it stale if it leads elsewhere."),
    }
)
_SKIPPED = record({"name": (TEXT, "The package."), "why": (TEXT, "Why.")})
_MOVED = record({"from": (TEXT, "Where it was."), "to": (TEXT, "Where it is.")})
_UNDECLARED = record(
    {
        "name": (TEXT, "The package."),
        "requirement": (TEXT, "What to declare."),
        "module": (TEXT, "What is imported."),
        "where": (TEXT, "File and line."),
    }
)
_FAILURE = error_of(name="The package.", requirement="What was asked for; empty for a file, a folder or a URL.")
FORMS = (
    document(
        "augbackend wrap",
        {
            "packages": (array(_PACKAGE), "The archives."),
            "moved": (array(_MOVED), "Archives that an earlier version kept elsewhere."),
            "skipped": (array(_SKIPPED), "Packages that need no archive."),
            "ignored-by-git": (array(TEXT), "Archives that git leaves out of the repository."),
            "failures": (array(_FAILURE), "Packages that could not be wrapped."),
            "constraints": (either(_CONSTRAINTS, NULL), "The file of `--constraints`; null without it."),
            "commands": (array(TEXT), "What to run next."),
            "sources": (either(_SOURCES, NULL), "The project's `tool.uv.sources`; null if there is no such project."),
            "undeclared": (array(_UNDECLARED), "What a `setup.py` imports and nothing asks for."),
            "confinement": (
                either(CONFINEMENT, NULL),
                "How other people's code is confined here; null if none runs.",
            ),
        },
    ),
)
