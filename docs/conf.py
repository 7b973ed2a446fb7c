"""The documentation site: `tox -e docs` builds it. Its pages are Markdown that reads well without a build, too."""

from __future__ import annotations

from typing import Any

project = "augbackend"
extensions = ["myst_parser", "sphinx_design"]
exclude_patterns = ["_build"]
smartquotes = False  # it would turn the two hyphens of an option into a dash

myst_enable_extensions = ["colon_fence"]  # tabs
myst_heading_anchors = 4

html_theme = "furo"
html_title = "augbackend"
html_show_copyright = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["wide-tables.css"]

_LONGEST = 24  # characters of a word that fits a phone's table


def setup(app: Any) -> None:
    """Mark commands with options, which no browser is to break at a hyphen."""
    app.connect("doctree-read", _mark_options)


def _mark_options(_app: Any, document: Any) -> None:
    for literal in document.findall(lambda node: node.tagname == "literal"):
        words = literal.astext().split()
        if any(word.startswith("-") for word in words) and max(map(len, words)) <= _LONGEST:
            literal["classes"].append("option")
