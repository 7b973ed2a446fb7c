"""What the commands of ``recipes`` print."""

from __future__ import annotations

from typing import get_args

from augbackend.cli.diagnosis import recipe_verification
from augbackend.cli.docs import schema
from augbackend.cli.model import recipe_entry

from .notation import FLAG, NULL, NUMBER, TEXT, WHOLE, Keys, array, document, either, one_of, record
from .shared import PATCH, TABLE

_EVIDENCE, _CHECK = schema.docs(recipe_entry.Evidence), schema.docs(recipe_entry.RecipeCheck)
_WHICH: Keys = {
    "project": (TEXT, "The project."),
    "versions": (TEXT, "The versions that the entry is for, as a specifier."),
}
_WHY = record(
    {
        "file": (TEXT, _EVIDENCE["file"]),
        "line": (either(WHOLE, NULL), f"{_EVIDENCE['line'][:-1]}; null if no file is named."),
        "text": (TEXT, _EVIDENCE["text"]),
        "message": (TEXT, _EVIDENCE["message"]),
    }
)
_CHECKED = record(
    {
        **{key: (TEXT, _CHECK[key]) for key in ("version", "python", "date")},
        "how": (one_of(get_args(recipe_entry.Checking)), _CHECK["how"]),
        **{key: (TEXT, _CHECK[key]) for key in ("without", "sdist")},
        "build-environment": (array(TEXT), _CHECK["build-environment"]),
    }
)
_ENTRY = record(
    {
        **_WHICH,
        "python": (TEXT, "The Pythons that it is needed on, as a specifier; empty for all."),
        "from": (TEXT, "Where the recipe is from."),
        "verified": (FLAG, "Whether a version was built and imported with it."),
        "redistributable": (FLAG, "Whether its licence lets others pass a wrapped archive on."),
        "declares": (TABLE, "What it declares, as in a project's table; only what is said."),
        "patches": (array(PATCH), "The patches that it brings."),
        "why": (array(_WHY), "Why the package needs it."),
        "checked": (array(_CHECKED), "When and how it was checked."),
    }
)
_WRONG = record({"file": (TEXT, "The recipe."), "mistakes": (array(TEXT), "Its mistakes, a sentence each.")})
_VERIFIED = record(
    {
        **_WHICH,
        "entry": (WHOLE, "Which entry of the recipe it is, from 0."),
        "version": (TEXT, "The version that was built; empty if none could be had."),
        "python": (TEXT, "The Python that built it."),
        "outcome": (
            one_of(get_args(recipe_verification.Outcome)),
            "What was seen; `builds-without`: it needs no recipe; `left-out`: it was only read before.",
        ),
        "reason": (TEXT, "How the build without it ended, if it is verified; else why it is not."),
        "seconds": (NUMBER, "How long it took."),
        "build-environment": (array(TEXT), "What the build had, as pins; empty if it is not verified."),
    }
)
FORMS = (
    document("augbackend recipes list, augbackend recipes show", {"recipes": (array(_ENTRY), "The entries.")}),
    document(
        "augbackend recipes check",
        {
            "checked": (WHOLE, "How many recipes were held against their form."),
            "wrong": (array(_WRONG), "Those with mistakes."),
        },
    ),
    document("augbackend recipes verify", {"recipes": (array(_VERIFIED), "What was seen of each entry.")}),
)
