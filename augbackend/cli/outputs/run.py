"""What ``run`` prints, in the end or with ``--dry-run``."""

from __future__ import annotations

from .notation import NUMBER, TEXT, WHOLE, Keys, array, document, mapping, record
from .shared import OTHER_KEYS, table_keys

_COMMAND: Keys = {
    "command": (array(TEXT), "The words of the command."),
    "frontend": (TEXT, "The tool that it is, such as `uv tool`; empty if it is not understood."),
}
_IDENTITY: Keys = {"name": (TEXT, "The package."), "version": (TEXT, "Its version.")}
_PACKAGE = record(
    {
        **_IDENTITY,
        "error": (TEXT, "What the frontend said of it, one line; empty if no line says it."),
        "declared": (TEXT, "What it was given, in words."),
        **table_keys("extra-build-dependencies", "extra-build-variables", "remove-build-dependencies"),
        "found-by": (TEXT, "The recipe, or the diagnosis, in words."),
        "matched": (mapping(TEXT), "The versions that it is built against, by project."),
        "archive": (TEXT, "The wrapped archive."),
        "sha256": (TEXT, "Of the archive."),
        "seconds": (NUMBER, "How long it took."),
    },
    OTHER_KEYS,
)
_RECIPE = record(
    {
        "project": (TEXT, "The project."),
        "versions": (TEXT, "The versions that the entry is for, as a specifier."),
        "python": (TEXT, "The Pythons that it is needed on, as a specifier; empty for all."),
        "declares": (TEXT, "What it declares, in words."),
        "from": (TEXT, "Where the recipe is from."),
    }
)
FORMS = (
    document(
        "augbackend run",
        {
            **_COMMAND,
            "status": (WHOLE, "The exit status of the command's last run."),
            "packages": (array(_PACKAGE), "The packages that were wrapped."),
            "left-out": (
                array(record(_IDENTITY)),
                "Packages that were wrapped, and are not used: that version did not fit what else is asked for.",
            ),
            "left": (TEXT, "What is still in the way, in words; empty if nothing that is known is."),
            "constraints": (TEXT, "The file that `--keep` wrote; empty if none was."),
        },
    ),
    document(
        "augbackend run --dry-run",
        {
            **_COMMAND,
            "action": (TEXT, "What the tool is to do, such as `install`."),
            "recipes": (array(_RECIPE), "Recipes for what the command names."),
        },
    ),
)
