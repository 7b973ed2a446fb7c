"""What ``cache`` prints."""

from __future__ import annotations

from .notation import TEXT, WHOLE, document, mapping, record

_DOWNLOADS = record({"folder": (TEXT, "Where they are."), "bytes": (WHOLE, "How large they are together.")})
_ENVIRONMENTS = record({"folder": (TEXT, "Where they are."), "count": (WHOLE, "How many there are.")})
_COMPILER = record(
    {
        "program": (TEXT, "The file."),
        "folder": (TEXT, "Where it keeps what was compiled; empty for `sccache`, whose statistics say it."),
        "statistics": (TEXT, "What it says of itself."),
    }
)
FORMS = (
    document(
        "augbackend cache",
        {
            "downloads": (_DOWNLOADS, "What was downloaded, diagnosed and wrapped before."),
            "environments": (_ENVIRONMENTS, "The links that give a build environment the same path in each build."),
            "compilers": (mapping(_COMPILER), "The compiler caches on PATH, `ccache` and `sccache`, by name."),
        },
    ),
)
