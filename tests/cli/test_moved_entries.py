"""Entries of uv's that stand in an archive's way: moved to our table in every layout, and back byte for byte."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import pytest

from augbackend.cli.edit import moved_entries, uv_sources
from augbackend.cli.wrapping import uv_entries
from augbackend.errors import AugbackendError

from .test_uv_sources import LAYOUTS as SOURCES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HEAD = '[project]\nname = "app"  # ours\ndependencies = [\n  "demo",  # [[tool.uv.dependency-metadata]]\n]\n\n'
MATCHED = '{ requirement = "six", match-runtime = true }'
STATED = 'name = "Demo"\nversion = "1.0"\nrequires-dist = ["attrs"]\n'
# In each of them: what is matched to run time, and what is stated for a version.
METADATA = {
    "none": "",
    "table": f"[[tool.uv.dependency-metadata]]\n{STATED}",
    "tables": f"# Of other.\n[[tool.uv.dependency-metadata]]\nname = 'other'\n# Of Demo.\n[[tool.uv.dependency-metadata]]  # why\n{STATED}# requires-python = '>=3'\n\n# Of all.\n[[tool.uv.dependency-metadata]]\nname = 'demo'\n\n[tool.ruff]\n",
    "inline": "[tool.uv]\ndependency-metadata = [\n  # both\n  { name = 'other', version = '1' },\n  { name = 'demo', version = '1.0', requires-dist = [] }, # tail\n] # end\npackage = false\n",
    "inline, alone": "[tool]\nuv.dependency-metadata = [{ name = 'demo', version = '1.0', requires-dist = [] }]\nuv.package = false\n",
}  # fmt: skip
MATCHES = {
    "none": "",
    "table": f"[tool.uv.extra-build-dependencies]\ndemo = ['ninja', {MATCHED}]\n",
    "others": f"[tool.uv.extra-build-dependencies]  # all\n# Of Demo.\n\"Demo\" = [\n  # six\n\n  {MATCHED},\n]  # tail\nother = ['ninja']\n# left\n\n",
    "indented": f"[tool.uv.extra-build-dependencies]\n\tother = ['ninja']\n\tdemo = [{MATCHED}]\t# tail\n[tool.ruff]\n",
    "tables": "[[tool.uv.extra-build-dependencies.demo]]\nrequirement = 'six'\nmatch-runtime = true\n\n[[tool.uv.extra-build-dependencies.demo]]\nrequirement = 'ninja'\n\n# Of ruff.\n[tool.ruff]\n",
}  # fmt: skip
IN_UV = {
    "dotted": f"extra-build-dependencies.other = ['ninja']\nextra-build-dependencies.demo = [{MATCHED}]\n",
    "inline": f"extra-build-dependencies = {{ other = ['ninja'], demo = [{MATCHED}] }} # tail\n",
    "inline, alone": f"extra-build-dependencies = {{demo=[{MATCHED}]}}",
}
OURS = {
    "none": "",
    "ours": "\n[tool.augbackend.packages.DEMO]\nlocal-version = 'x' # kept\n\n# end\n",
    "ours says more": "\n[tool.augbackend.packages.demo]\nextra-build-dependencies = [\n  'wheel', # why\n]\nrequires-dist = ['rich']\n",
    "ours of another": "\n[tool.augbackend.packages]\nother.local-version = 'x'\n",
    "ours below": "\n[tool.augbackend.packages.demo.extra-build-variables]\nA = '1'\n",
}  # fmt: skip
FORMS = ["lines", "no newline", "CRLF, no newline"]


def in_form(text: str, form: str) -> str:
    text = text.rstrip("\n") if "no newline" in form else text
    return text.replace("\n", "\r\n") if "CRLF" in form else text


def entries(text: str) -> list[uv_entries.UvEntry]:
    uv: dict[str, Any] = tomllib.loads(text).get("tool", {}).get("uv", {})
    is_matched = any(name.lower() == "demo" for name in uv.get("extra-build-dependencies", {}))
    found = [uv_entries.UvEntry("demo", "extra-build-dependencies")] if is_matched else []
    stated = [one for one in uv.get("dependency-metadata", []) if "version" in one and one["name"].lower() == "demo"]
    return [*found, *([uv_entries.UvEntry("demo", "dependency-metadata")] if stated else [])]


def there_and_back(text: str) -> str:
    """What a text is in between."""
    asked = entries(text)
    # Sources and entries are edited in the order of a run, and back in that of --remove.
    once = uv_sources.pointed(text, {"demo": [{"path": "wrapped.d/demo-1.0.tar.gz"}]}, "wrapped.d")
    new = uv_entries.moved(once, asked)
    assert entries(new) == []
    assert uv_entries._different(once, new) == []
    assert new.count("\n") == new.count("\r\n") or "\r\n" not in text
    again = uv_sources.pointed(new, {"other": [{"path": "wrapped.d/other-1.0.tar.gz"}]}, "wrapped.d")
    for one in (new, again):
        assert uv_entries.moved_back(uv_sources.restored(one, "wrapped.d")) == text
    return new


@pytest.mark.parametrize("form", ["lines", "CRLF, no newline"])
@pytest.mark.parametrize("ours", OURS)
@pytest.mark.parametrize(("metadata", "matches"), [*itertools.product(METADATA, MATCHES)][1:])
def test_there_and_back(metadata: str, matches: str, ours: str, form: str) -> None:
    text = HEAD + METADATA[metadata] + MATCHES[matches]
    if text.count("[tool.ruff]") > 1:
        text = text.replace("[tool.ruff]\n", "", 1)
    there_and_back(in_form(text + OURS[ours], form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("ours", OURS)
@pytest.mark.parametrize("matches", IN_UV)
def test_there_and_back_below_uv(matches: str, ours: str, form: str) -> None:
    for sources in ("", "sources.other.index = 'x'\n", "sources = { other = { index = 'x' } } # tail\n"):
        text = f"{HEAD}[tool.uv]\n{sources}{IN_UV[matches]}\n{METADATA['table']}{OURS[ours]}"
        there_and_back(in_form(text, form))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sources", [name for name in SOURCES if "uv" not in name and "inline" not in name])
def test_beside_sources_of_every_layout(sources: str, form: str) -> None:
    more = SOURCES[sources] if "[tool.uv.extra" not in SOURCES[sources] else ""
    for text in (
        METADATA["table"] + HEAD + more,
        HEAD + more + METADATA["table"],
        HEAD + METADATA["tables"][:-12] + more,
    ):
        there_and_back(in_form(text, form))


def test_what_it_looks_like() -> None:
    text = f"{HEAD}{MATCHES['others']}{METADATA['table']}"
    new = uv_entries.moved(text, entries(text))
    assert new == (
        f"{HEAD}[tool.uv.extra-build-dependencies]  # all\n# Of Demo.\n"
        "# augbackend wrap moved this to tool.augbackend.packages.demo:\n"
        f'# was: "Demo" = [\n# was:   # six\n# was: \n# was:   {MATCHED},\n# was: ]  # tail\n'
        "other = ['ninja']\n# left\n\n"
        "# augbackend wrap moved this to tool.augbackend.packages.demo:\n"
        '# was: [[tool.uv.dependency-metadata]]\n# was: name = "Demo"\n# was: version = "1.0"\n'
        '# was: requires-dist = ["attrs"]\n\n'
        "[tool.augbackend.packages.demo]  # written by augbackend wrap\n"
        f"extra-build-dependencies = [{MATCHED}]  # written by augbackend wrap\n"
        'version = "1.0"  # written by augbackend wrap\n'
        'requires-dist = ["attrs"]  # written by augbackend wrap\n'
        "override = true  # written by augbackend wrap\n"
    )
    # Some editors take spaces from the ends of lines.
    assert moved_entries.restored(new.replace("# was: \n", "# was:\n")) == text


def test_what_somebody_added_meanwhile_stays() -> None:
    text = HEAD + METADATA["table"]
    new = uv_entries.moved(text, entries(text)) + "local-version = 'x'\n\n[tool.mypy]\n"
    back = uv_entries.moved_back(new)
    assert back == f"{text}\n[tool.augbackend.packages.demo]\nlocal-version = 'x'\n\n[tool.mypy]\n"


def test_what_somebody_changed_meanwhile_is_not_lost() -> None:
    text = HEAD + METADATA["inline"]
    new = uv_entries.moved(text, entries(text))
    for old, other in (("override = true", "override = false"), ("'other'", "'another'"), ('"other"', '"another"')):
        if old in new:
            with pytest.raises(AugbackendError, match="changed since"):
                uv_entries.moved_back(new.replace(old, other, 1))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"[tool]\nuv = {{ extra-build-dependencies = {{ demo = [{MATCHED}] }} }}\n", "inside of another value"),
        (f"{MATCHES['table']}[tool.augbackend]\npackages = {{ demo = {{ local-version = 'x' }} }}\n", "not TOML"),
        (f"{MATCHES['table']}[[tool.augbackend.packages.demo]]\n", "it is no single table"),
        (
            f"{MATCHES['table']}{METADATA['table']}{METADATA['table'].replace('1.0', '2.0')}",
            "entries of demo for 1.0 and 2.0",
        ),
    ],
)
def test_what_cannot_be_moved(text: str, why: str) -> None:
    asked = entries(text)
    with pytest.raises(AugbackendError, match=why):
        uv_entries.moved(text, asked)
