"""The README and the pages of the manual, and what their fenced blocks say.

A `console` block has the commands of one scenario, whose name stands in a comment above it; a test runs them. A page that
has blocks of a scenario tells it from its beginning: another page may tell it again, in a fresh shell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .conftest import ROOT

FILES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
PAGES = {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in FILES}
_BLOCK = re.compile(r"(?:^<!-- tested: ([a-z-]+) -->\n)?^```([a-z]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the scenario that runs it, its language, its text."""

    page: str
    scenario: str
    language: str
    text: str


BLOCKS = tuple(
    Block(page, scenario, language, text)
    for page, told in PAGES.items()
    for scenario, language, text in _BLOCK.findall(told)
)


def blocks(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


def commands(scenario: str, page: str = "") -> list[str]:
    """The commands of a scenario, of one page or of the only one that tells it."""
    pages = {block.page for block in BLOCKS if block.scenario == scenario}
    assert page in pages or len(pages) == 1, f"{scenario}: {sorted(pages)}"
    told = [block for block in blocks("console") if block.scenario == scenario and page in ("", block.page)]
    lines = [line for block in told for line in block.text.splitlines()]
    assert all(line.startswith("$ ") for line in lines)
    return [line[2:] for line in lines]
