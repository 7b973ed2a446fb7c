"""The manual: what is generated is of today, links lead somewhere, the first page stays short."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from augbackend.cli.outputs import reference as outputs

from ..conftest import ROOT
from ..manual import FILES, PAGES

LONGEST_README = 150


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.once  # the texts come from the code alone
def test_what_is_generated_is_of_today() -> None:
    filled = generator().filled
    old = [page for page, text in PAGES.items() if filled(text) != text]
    assert not old, "run: python docs/generate.py"
    folder = ROOT / "docs" / "reference" / "schemas"
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == outputs.files()


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= LONGEST_README


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as GitHub and MyST make them."""
    outside = re.sub(r"(?ms)^```.*?^```$", "", text)
    titles = re.findall(r"^#+ (.*)$", outside, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower()).replace(" ", "-")
        for title in titles
    }


@pytest.mark.parametrize("page", FILES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\((?!https?:)([^)\s]*)\)", text):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_page_is_reached() -> None:
    """From the index, which has the table of contents."""
    named = set(re.findall(r"^([\w\-/]+)$", PAGES["docs/index.md"], re.MULTILINE))
    pages = {page[len("docs/") : -len(".md")] for page in PAGES if page.startswith("docs/")}
    assert pages - named == {"index"}
    assert not [name for name in named if "/" in name and name not in pages]


def test_the_first_screen_is_what_was_recorded() -> None:
    """Its lines are some of the session's, in that order, each cut at its end at most."""
    session = (ROOT / "docs" / "_static" / "session.txt").read_text(encoding="utf-8").splitlines()
    shown = [
        line
        for block in re.findall(r"(?ms)^```text\n(.*?)^```$", PAGES["README.md"])[:2]
        for line in block.splitlines()
    ]
    assert len(shown) > 6
    at = 0
    for line in shown:
        at = next((place for place in range(at, len(session)) if session[place].startswith(line)), -1)
        assert at >= 0, line
        at += 1
