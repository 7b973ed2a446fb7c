"""What ``verify`` prints."""

from __future__ import annotations

from .notation import FLAG, NULL, TEXT, WHOLE, array, document, either, mapping, record
from .shared import CONFINEMENT, ERROR

_ADDITION = record(
    {
        "key": (TEXT, "The file, and the key or the field in it."),
        "text": (TEXT, "What it says, in one line."),
        "warning": (TEXT, "Why to look at it twice; empty if nothing is unusual."),
    }
)
_ARCHIVE = record(
    {
        "archive": (TEXT, "The file."),
        "proved": (FLAG, "Whether nothing is left to doubt."),
        "error": (either(ERROR, NULL), "Why nothing is known of it; null if something is."),
        "url": (TEXT, "Of upstream's sdist, as the archive names it; empty if it names none."),
        "sha256": (TEXT, "Of upstream's sdist, as the archive says it; empty if it does not."),
        "made-from": (TEXT, "Upstream's name and version, and what it was held against, in words."),
        "index": (TEXT, "What the index says of that sha256, in words."),
        "same": (WHOLE, "How many members of the archive are upstream's, as they are."),
        "additions": (array(_ADDITION), "All that the archive says and upstream does not."),
        "declared": (mapping(TEXT), "The texts in which that stands: a diff each, by file."),
        "backend": (TEXT, "What is to be said of the copy of the backend."),
        "problems": (array(TEXT), "Everything else that differs."),
        "unproved": (array(TEXT), "What only a build can prove."),
        "unanswered": (TEXT, "The place that could not be asked, and why; empty if all answered."),
    }
)
FORMS = (
    document(
        "augbackend verify",
        {
            "proved": (FLAG, "Whether all of them are proved."),
            "archives": (array(_ARCHIVE), "The archives."),
            "confinement": (
                either(CONFINEMENT, NULL),
                "With `--build`: how other people's code is confined here; else null, since none runs.",
            ),
        },
    ),
)
