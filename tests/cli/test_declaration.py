"""What a package is to be given: put together, taken apart, said in words and as a table."""

from __future__ import annotations

import pytest

from augbackend.cli.model import declaration
from augbackend.cli.model.declaration import Declaration
from augbackend.errors import SettingsError


def requires(found: Declaration) -> list[str]:
    return [one.entry.text for one in found.requires]


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ("torch", "torch", "torch"),
        ("torch>=2", "Torch", "torch>=2"),
        ("torch", "torch>=2", "torch>=2"),
        ("torch>=2", "torch<3", "torch>=2,<3"),
        ("torch<4", "torch<3", "torch<3"),
        ("torch<10", "torch<9", "torch<9"),
        ("torch[a]>=2", "torch[b]", "torch[a,b]>=2"),
        ("setuptools<66", "setuptools<58", "setuptools<58"),
        ("setuptools<58", "setuptools<66", "setuptools<58"),
        ("setuptools<58", "setuptools", "setuptools<58"),
        ("setuptools", "setuptools<58", "setuptools<58"),
        ("setuptools>=40", "setuptools<58", "setuptools>=40,<58"),
        ("a[x]", "a[y]>1", "a[x,y]>1"),
    ],
)
def test_joined_has_one_requirement_for_a_project(old: str, new: str, both: str) -> None:
    assert requires(declaration.of([old], "").joined(declaration.of([new], ""))) == [both]


def test_joined_keeps_what_only_one_says() -> None:
    one = declaration.of(["torch"], "--require", ["numpy"], {"A": "1", "B": "1"})
    other = declaration.of(["cffi"], "", ["numpy", "scipy"], {"B": "2"})
    both = one.joined(other)
    assert requires(both) == ["torch", "cffi"]
    assert both.removed == ("numpy", "scipy")
    assert {name: value.value for name, value in both.variables.items()} == {"A": "1", "B": "2"}
    assert requires(one.plus(other)) == ["torch", "cffi"]
    assert [one.origin for one in both.requires] == ["--require", ""]


def test_entries() -> None:
    found = declaration.of(["Torch>=2", "cffi"], "", ["numpy"], {"A": "1"})
    assert found.entries == [("requires", "torch"), ("requires", "cffi"), ("variables", "A"), ("removed", "numpy")]
    assert found.size == len(found.entries)
    for kind, name in found.entries:
        left = found.without(kind, name)
        assert left.entries == [entry for entry in found.entries if entry != (kind, name)]


def test_in_words() -> None:
    assert Declaration().in_words() == "as it is"
    found = declaration.of(["torch>=2"], "", ["numpy"], {"A": "1"})
    assert found.in_words() == "no numpy of its own, torch>=2, A=1"


def test_a_requirement_is_parsed_once() -> None:
    (one,) = declaration.of(["torch>=2"], "").requires
    assert one.parsed is one.parsed


def test_table_there_and_back() -> None:
    table = {
        "extra-build-dependencies": ["torch>=2", {"requirement": "cmake", "unless-command": "cmake"}],
        "remove-build-dependencies": ["numpy"],
        "extra-build-variables": {"A": "1", "B": {"value": "2", "default": True, "marker": "os_name == 'nt'"}},
        "config-settings": {"a": "1", "b": ["1", "2"]},
        "pin-runtime": {"torch": "x.x"},
        "local-version": "team",
    }
    assert declaration.from_table(table, "a test", "").as_table() == table
    with pytest.raises(SettingsError, match="2 mistakes") as caught:
        declaration.from_table({"jobs": 1, "local-version": "A B"}, "a test", "")
    assert str(caught.value).splitlines()[1].strip().startswith("jobs: ")
