"""Texts of the command line, for the manual."""

from __future__ import annotations

import re


def prose(text: str) -> str:
    """Options as code, and nothing that Markdown takes for markup."""
    text = re.sub(r"(?<![\w`-])(--[a-z][\w-]*|-[A-Za-z])(?![\w-])", r"`\1`", text)
    return re.sub(r"([<>*_\[\]$])", r"\\\1", text)


def cell(markdown: str) -> str:
    """Markdown in a cell of a table."""
    return markdown.replace("|", "\\|")
