"""The documentation site: `tox -e docs` builds it. Its pages are Markdown that reads well without a build, too."""

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
