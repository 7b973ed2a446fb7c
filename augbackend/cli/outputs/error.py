"""What any command prints instead of its own document when it ends with an error: exit status 2."""

from __future__ import annotations

from .notation import document
from .shared import ERROR

FORMS = (document("an error", {"error": (ERROR, "What is wrong.")}),)
