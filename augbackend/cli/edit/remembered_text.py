"""Text of a file that an edit keeps in the file's own comments, so that it can be given back byte for byte."""

from __future__ import annotations

from . import toml_statements

WAS = "# was: "
WAS_LINE = r"# was:(?: |(?=\r?\n|\Z))"  # an empty line may have lost its last space


def commented(text: str) -> str:
    """Whole lines as comments."""
    return "".join(WAS + line for line in toml_statements.lines(text))
