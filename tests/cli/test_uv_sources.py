"""``[tool.uv.sources]`` in every layout that people write: pointed to archives, and back byte for byte."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from augbackend.cli.edit import uv_sources
from augbackend.errors import AugbackendError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = '[project]\nname = "app"  # ours\ndependencies = [\n  "demo",  # [tool.uv.sources]\n]\n\n'
OURS = {"path": "wrapped.d/demo-1.0.tar.gz"}
LAYOUTS = {
    "none": "[tool.uv.extra-build-dependencies]\ndemo = ['ninja']\n",
    "blank lines and a comment at the end": "[tool.uv]\nenvironments = []\n\n\n\n# the end\n\n",
    "blank lines at the beginning": "\n\n[tool.uv]\n",
    "nothing of uv": "[tool.ruff]\nline-length = 3\n",
    "between": "[tool.uv.x]\na = 1\n# b = 2\n\n# Of ruff.\n[tool.ruff]\nline-length = 3\n",
    "no blank lines": "[tool.uv.x]\na = 1\n# Of ruff.\n[tool.ruff]\nline-length = 3\n",
    "empty": "[tool.uv.sources]\n\n[tool.ruff]\n",
    "empty, with comments": "[tool.uv.sources]  # none\n# yet\n\n# Of ruff.\n[tool.ruff]\n",
    "empty, at once the next": "[tool.uv.sources]\n[tool.ruff]\n",
    "empty, last": "[tool.uv.sources]\n",
    "others": "[tool.uv.sources]\nother = { index = 'x' }\n\n# Of the index.\n# Two lines.\n[[tool.uv.index]]\nname = 'x'\n",
    "others, indented": "[tool.uv.sources]\n\tother = { index = 'x' }  # tail\n\t# another = 1\n\n[[tool.uv.index]]\n",
    "replaced": '[tool.uv.sources]\ndemo   =\t{index="x"}\t# tail  \nother = { index = "x" }\n',
    "quoted": "[ tool . uv . 'sources' ]\n'Demo' = { index = \"# was: x\" } # was: y\n",
    "list": "[tool.uv.sources]\ndemo = [\n  { index = 'a', marker = \"os_name == 'nt'\" }, # windows\n\n  # others\n]  # tail\nother = { index = 'x' }\n",
    "list in one line": "[tool.uv.sources]\ndemo = [ { index = 'a' } , ]\n",
    "table": "[tool.uv.sources.demo]  # why\nindex = 'x'  # because\n\n# left\n\n[tool.ruff]\n",
    "table, no blank lines": "[tool.uv.sources.demo]\ngit = 'x'\n# rev\nrev = '1'\n[tool.ruff]\n",
    "tables": "[[tool.uv.sources.demo]]\nindex = 'x'\nmarker = 'a'\n\n[[tool.uv.sources.demo]]\nindex = 'y'\n",
    "empty, and a table": "[tool.uv.sources]  # why\n[tool.uv.sources.demo]\nindex = 'x'\n",
    "comments only": "# nothing\n\n# more\n\n",
    "table of another": "[tool.uv.sources.other]\nindex = 'x'\n\n[tool.ruff]\n",
    "dotted": "[tool.uv.sources]\ndemo.git = 'x'\ndemo.rev = 'y' # tail\nother.index = 'x'\n",
    "dotted in uv": "[tool.uv]\nsources.other.index = 'x'\nsources.demo = { index = 'x' }\n\n[tool.ruff]\n",
    "dotted in uv, others": "[tool.uv]\nsources.other.index = 'x'  # tail\nenvironments = []\n\n[tool.ruff]\n",
    "dotted in tool": "[tool]\nuv.sources.demo.index = 'x'\nuv.environments = []\n",
    "dotted uv": "[tool]\nuv.environments = []\n",
    "inline": "[tool.uv]\nsources = {other={ index = 'x' } }  # tail\nenvironments = []\n",
    "inline, replaced": "[tool.uv]\nsources = { demo = { index = 'x' } }\n",
    "inline, empty": "[tool.uv]\nsources = {}\n",
    "inline uv": "[tool]\nuv = { environments = [ ], sources = { other = { index = 'x' } } }\n",
    "strings": "[tool.x]\na = '''\n[tool.uv.sources]\ndemo = 1 # \"\"\"\n'''\nb = \"\"\"\\\"\"\"\"\"\nc = '[' # ]\n\n[tool.uv]\nx = [ # [\n  'y' ]\n",
}  # fmt: skip


def sources(text: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text)["tool"]["uv"]["sources"]
    return {name.lower(): value for name, value in found.items()}


@pytest.mark.parametrize("form", ["lines", "CRLF", "no newline", "CRLF, no newline"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_there_and_back(layout: str, form: str) -> None:
    text = LAYOUTS[layout] if "only" in layout else HEAD + LAYOUTS[layout]
    text = text.rstrip("\n") if "no newline" in form else text
    text = text.replace("\n", "\r\n") if "CRLF" in form else text
    was = tomllib.loads(text).get("tool", {}).get("uv", {}).get("sources", {})
    places = {"demo": [OURS], "new": [{"path": "wrapped.d/new-1.tar.gz"}]}
    once = uv_sources.pointed(text, places, "wrapped.d")
    assert (sources(once)["demo"], sources(once)["new"]) == (OURS, {"path": "wrapped.d/new-1.tar.gz"})
    assert uv_sources.pointed(once, places, "wrapped.d") == once
    assert once.count("\n") == once.count("\r\n") or "CRLF" not in form
    before: Any = next((value for name, value in was.items() if name.lower() == "demo"), {})
    assert uv_sources.before(once, "demo") == (before if isinstance(before, dict) else {})
    assert uv_sources.restored(once, "wrapped.d") == text
    # Another version, in two archives, in another run: what was there before them is not forgotten.
    two = [{"path": "wrapped.d/demo-2.tar.gz", "extra": "a"}, {"path": "wrapped.d/demo-3.tar.gz", "extra": "b"}]
    twice = uv_sources.pointed(once, {"demo": two}, "wrapped.d")
    assert sources(twice)["demo"] == two
    again = uv_sources.pointed(twice, {"demo": places["demo"]}, "wrapped.d")
    assert uv_sources.restored(twice, "wrapped.d") == uv_sources.restored(again, "wrapped.d") == text


def test_comments_stay_with_what_they_describe() -> None:
    new = uv_sources.pointed(HEAD + LAYOUTS["others"], {"demo": [OURS]}, "wrapped.d")
    assert new == HEAD + LAYOUTS["others"].replace(
        "'x' }\n", "'x' }\ndemo = { path = \"wrapped.d/demo-1.0.tar.gz\" }\n", 1
    )
    new = uv_sources.pointed(HEAD + LAYOUTS["between"], {"demo": [OURS]}, "wrapped.d")
    table = '[tool.uv.sources]\ndemo = { path = "wrapped.d/demo-1.0.tar.gz" }\n\n'
    assert new == HEAD + LAYOUTS["between"].replace("# Of ruff.", f"{table}# Of ruff.")


def test_what_somebody_changed_meanwhile_stays() -> None:
    for layout in ("inline", "inline, replaced"):
        once = uv_sources.pointed(HEAD + LAYOUTS[layout], {"demo": [OURS]}, "wrapped.d")
        changed = once.replace("sources = { ", "sources = { mine = { index = 'm' }, ", 1)
        back = uv_sources.restored(changed, "wrapped.d")
        assert sources(back) == {"mine": {"index": "m"}, **sources(HEAD + LAYOUTS[layout])}
        assert "# was:" not in back


def test_a_source_in_several_places_is_not_taken_apart() -> None:
    text = "[tool.uv.sources]\ndemo.index = 'x'\nother.index = 'x'\ndemo.marker = 'y'\n"
    with pytest.raises(AugbackendError, match="several places"):
        uv_sources.pointed(text, {"demo": [OURS]}, "wrapped.d")


def test_a_comment_that_only_looks_like_ours() -> None:
    text = '[tool.uv.sources]\ndemo = { path = "wrapped.d/demo-1.0.tar.gz" }  # was: slow\n\n[tool.ruff]\n'
    assert tomllib.loads(uv_sources.restored(text, "wrapped.d")) == {"tool": {"ruff": {}}}
    assert uv_sources.before(text, "demo") == {}
