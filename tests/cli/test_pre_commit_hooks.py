"""The hooks that this repository offers to pre-commit."""

from __future__ import annotations

import re
from pathlib import Path

from augbackend.cli.main import group

from ..manual import PAGES
from .runner import CliRunner

ROOT = Path(__file__).parents[2]


def test_each_hook_is_a_command_and_in_the_manual() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    names = re.findall(r"^- id: (\S+)$", text, re.MULTILINE)
    assert names == ["augbackend-wrap", "augbackend-check"]
    assert all(any(f"`{name}`" in text for text in PAGES.values()) for name in names)
    for entry in re.findall(r"^  entry: augbackend (.*)$", text, re.MULTILINE):
        assert CliRunner().invoke(group, [*entry.split(), "--help"]).exit_code == 0
