"""`pin-runtime`: `Requires-Dist` follows the version that the build used, and nothing else in METADATA changes."""

from __future__ import annotations

import os
import re
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend.errors import AugbackendError
from augbackend.features import pin_runtime
from augbackend.features.pin_runtime import Pin
from augbackend.hook import declared
from augbackend.standards.core_metadata import parse

from ..conftest import ROOT, Outcome, run_hook, write

ELSEWHERE = "sys_platform == 'nowhere'"


def pinned(text: str, pins: dict[str, Pin]) -> str:
    return pin_runtime.pinned(parse(text.encode()), pins).content.decode()


def pin(version: str, width: str = "x.x") -> Pin:
    return Pin(version, pin_runtime.specifier(version, width))


TORCH = {"torch": pin("2.8.1")}


# --- widths ---


@pytest.mark.parametrize(
    ("version", "width", "expected"),
    [
        ("2.8.1", "x", ">=2.8.1,<3"),
        ("2.8.1", "x.x", ">=2.8.1,<2.9"),
        ("2.8.1", "x.x.x", ">=2.8.1,<2.8.2"),
        ("2.8.1", "exact", "==2.8.1"),
        ("2.9.9", "x.x", ">=2.9.9,<2.10"),
        ("2.8.1.4", "x.x.x", ">=2.8.1.4,<2.8.2"),
        # fewer numbers than the width has: the ones that are not there are zeros
        ("2", "x", ">=2,<3"),
        ("2", "x.x", ">=2,<2.1"),
        ("2", "x.x.x", ">=2,<2.0.1"),
        ("0", "x", ">=0,<1"),
        ("2.8.0rc1", "x.x", ">=2.8.0rc1,<2.9"),
        ("2.8.0.dev20250801", "x.x", ">=2.8.0.dev20250801,<2.9"),
        ("2.8.1.post1", "x.x.x", ">=2.8.1.post1,<2.8.2"),
        ("1!2.8.1", "x", ">=1!2.8.1,<1!3"),
        ("0!2.8.1", "x", ">=0!2.8.1,<3"),
        # only "==" takes a local version
        ("2.8.1+cu128", "x.x", ">=2.8.1,<2.9"),
        ("2.8.1+cu128", "exact", "==2.8.1+cu128"),
        # a variant was asked for
        ("2.8.1+cu128", "auto", "==2.8.1+cu128"),
        ("2.8.1", "auto", ">=2.8.1,<2.9"),
        ("1!2.8.0rc1.post2.dev3+x.1", "x.x", ">=1!2.8.0rc1.post2.dev3,<1!2.9"),
    ],
)
def test_specifier(version: str, width: str, expected: str) -> None:
    assert pin_runtime.specifier(version, width) == expected
    assert SpecifierSet(expected).contains(version, prereleases=True)


NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
VERSIONS = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "", "1!", "0!"]),
    NUMBERS,
    st.sampled_from(["", "", "a0", "b1", "rc12"]),
    st.sampled_from(["", "", ".post0", ".post3"]),
    st.sampled_from(["", "", ".dev0", ".dev20250801"]),
    st.sampled_from(["", "", "+cpu", "+cu128.1"]),
)
WIDTHS = st.sampled_from(["x", "x.x", "x.x.x", "exact"])


def is_within(candidate: str, used: str, width: str) -> bool:
    """What a width means: not older, and the same in so many numbers."""
    one, other = Version(candidate), Version(used)
    if width == "exact":
        return one == other if other.local else Version(one.public) == other
    count = len(width.split("."))
    first = [(*version.release, 0, 0, 0)[:count] for version in (one, other)]
    return one.epoch == other.epoch and first[0] == first[1] and one >= Version(other.public)


@given(VERSIONS, WIDTHS)
def test_the_version_itself_always_satisfies_it(version: str, width: str) -> None:
    assert SpecifierSet(pin_runtime.specifier(version, width)).contains(version, prereleases=True)


@given(VERSIONS, WIDTHS, VERSIONS)
@example("2.8.1", "x.x", "2.9.0.dev0")
@example("2.8.1", "x.x", "2.9a1")
@example("2.8.1+cpu", "exact", "2.8.1")
@example("2.8.1", "exact", "2.8.1+cpu")
def test_nothing_outside_the_width_satisfies_it(version: str, width: str, candidate: str) -> None:
    found = SpecifierSet(pin_runtime.specifier(version, width)).contains(candidate, prereleases=True)
    assert found == is_within(candidate, version, width)


# --- one requirement ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch", "torch>=2.8.1,<2.9"),
        ("Torch", "Torch>=2.8.1,<2.9"),
        ("torch>=2", "torch>=2.8.1,<2.9"),
        ("torch > 2.0", "torch>=2.8.1,<2.9"),
        ("torch (>=2.0)", "torch>=2.8.1,<2.9"),
        ("torch (>=2.0,<3) ; python_version > '3'", "torch>=2.8.1,<2.9,<3 ; python_version > '3'"),
        ("torch[opt]", "torch[opt]>=2.8.1,<2.9"),
        ("torch [opt, other] >=2", "torch [opt, other]>=2.8.1,<2.9"),
        ("torch;python_version>'3'", "torch>=2.8.1,<2.9 ; python_version>'3'"),
        ('torch>=2 ; extra == "gpu"', 'torch>=2.8.1,<2.9 ; extra == "gpu"'),
        # what the package rules out stays ruled out
        ("torch<3", "torch>=2.8.1,<2.9,<3"),
        ("torch>=2,<=2.8.9,!=2.8.2", "torch>=2.8.1,<2.9,!=2.8.2,<=2.8.9"),
        ("torch~=2.0", "torch>=2.8.1,<2.9,~=2.0"),
        ("torch==2.*", "torch>=2.8.1,<2.9,==2.*"),
        ("torch!=2.7.*", "torch>=2.8.1,<2.9,!=2.7.*"),
        ("torch<2.9", "torch>=2.8.1,<2.9"),
        # these say it themselves
        ("torch==2.8.1", "torch==2.8.1"),
        ("torch == 2.8.1.0", "torch == 2.8.1.0"),
        ("torch===2.8.1", "torch===2.8.1"),
        ("torch @ https://host/torch-2.8.1.whl", "torch @ https://host/torch-2.8.1.whl"),
        ("torch @ https://host/a;b ; os_name == 'x'", "torch @ https://host/a;b ; os_name == 'x'"),
    ],
)
def test_one_requirement(text: str, expected: str) -> None:
    assert pin_runtime.pinned_requirement(text, TORCH["torch"]) == expected
    assert pin_runtime.pinned_requirement(expected, TORCH["torch"]) == expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        # what it implies need not be said
        ("torch>=2,<3,!=2.7.*", "2.8.1", "torch==2.8.1"),
        ("torch~=2.0 ; extra == 'x'", "2.8.1", "torch==2.8.1 ; extra == 'x'"),
        ("torch==2.8.1", "2.8.1", "torch==2.8.1"),
        ("torch==2.8.1", "2.8.1+cu128", "torch==2.8.1+cu128"),
        ("torch[a]<3", "2.8.1+cu128", "torch[a]==2.8.1+cu128"),
        # what contradicts it stays
        ("torch>=2,<2.8", "2.8.1", "torch==2.8.1,<2.8"),
        ("torch @ https://host/x.whl", "2.8.1", "torch @ https://host/x.whl"),
    ],
)
def test_one_requirement_exactly(text: str, version: str, expected: str) -> None:
    assert pin_runtime.pinned_requirement(text, pin(version, "exact")) == expected
    assert pin_runtime.pinned_requirement(expected, pin(version, "exact")) == expected


@pytest.mark.parametrize("text", ["torch==2.7.0", "torch<2.8", "torch>=3", "torch>2.8.1"])
def test_no_version_is_let_in_that_the_package_rules_out(text: str) -> None:
    found = Requirement(pin_runtime.pinned_requirement(text, TORCH["torch"])).specifier
    assert not [one for one in ("2.7.0", "2.8.0", "2.8.1", "3.0") if found.contains(one)]


# --- METADATA ---

HEADER = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # every line of it
        (
            "Requires-Dist: torch\nRequires-Dist: six\nRequires-Dist: Torch<3 ; python_version > '3'\n",
            "Requires-Dist: torch>=2.8.1,<2.9\nRequires-Dist: six\nRequires-Dist: Torch>=2.8.1,<2.9,<3 ; python_version > '3'\n",
        ),
        ("requires-dist:torch\n", "requires-dist: torch>=2.8.1,<2.9\n"),
        ("REQUIRES-DIST : torch\n", "REQUIRES-DIST : torch>=2.8.1,<2.9\n"),
        # with some extra, or elsewhere: one that holds here whatever extras are asked for comes beside it
        (
            "Requires-Dist: torch; extra == 'x'\n",
            "Requires-Dist: torch>=2.8.1,<2.9 ; extra == 'x'\nRequires-Dist: torch>=2.8.1,<2.9\n",
        ),
        (
            f"Requires-Dist: torch ; extra == 'x' and {ELSEWHERE}\nSummary: x\n",
            f"Requires-Dist: torch ; extra == 'x' and {ELSEWHERE}\nRequires-Dist: torch>=2.8.1,<2.9\nSummary: x\n",
        ),
        (
            "Requires-Dist: torch ; extra == 'x'\nRequires-Dist: torch ; extra != 'x'\n",
            "Requires-Dist: torch>=2.8.1,<2.9 ; extra == 'x'\nRequires-Dist: torch>=2.8.1,<2.9 ; extra != 'x'\n"
            "Requires-Dist: torch>=2.8.1,<2.9\n",
        ),
        (
            f"Requires-Dist: torch\nRequires-Dist: torch<2 ; {ELSEWHERE}\n",
            f"Requires-Dist: torch>=2.8.1,<2.9\nRequires-Dist: torch<2 ; {ELSEWHERE}\n",
        ),
        # none yet
        ("", "Requires-Dist: torch>=2.8.1,<2.9\n"),
        (
            "Requires-Dist: six\nRequires-Dist: attrs\nSummary: x\n",
            "Requires-Dist: six\nRequires-Dist: attrs\nRequires-Dist: torch>=2.8.1,<2.9\nSummary: x\n",
        ),
        (
            "Requires-Dist: six\n\nRequires-Dist: torch\n",
            "Requires-Dist: six\nRequires-Dist: torch>=2.8.1,<2.9\n\nRequires-Dist: torch\n",
        ),
        # folded
        ("Requires-Dist: torch\n  >=2\nSummary: x\n", "Requires-Dist: torch>=2.8.1,<2.9\nSummary: x\n"),
        (
            "Requires-Dist: torch\n  >=2\nRequires-Dist: Torch\nSummary: x\n",
            "Requires-Dist: torch>=2.8.1,<2.9\nRequires-Dist: Torch>=2.8.1,<2.9\nSummary: x\n",
        ),
        ("Requires-Dist:\n\ttorch\n", "Requires-Dist: torch>=2.8.1,<2.9\n"),
        (
            "Summary: a\n Requires-Dist: torch\nRequires-Dist: torch\n",
            "Summary: a\n Requires-Dist: torch\nRequires-Dist: torch>=2.8.1,<2.9\n",
        ),
        # of no form that is known
        ("Requires-Dist: torch\nRequires-Dist: to rch\n", "Requires-Dist: torch>=2.8.1,<2.9\nRequires-Dist: to rch\n"),
        ("Requires-Dist: torch @ https://host/torch.whl\n", None),
        ("Requires-Dist: torch==2.8.1\n", None),
        ("Requires-Dist: torch-geometric\nRequires-Dist: torch\n", "Requires-Dist: torch-geometric\nRequires-Dist: torch>=2.8.1,<2.9\n"),
    ],
)  # fmt: skip
def test_metadata(before: str, after: str | None) -> None:
    expected = before if after is None else after
    body = "" if "\n\n" in before else "\nRequires-Dist: torch of the description\n"
    for ends in ("\n", "\r\n"):
        text, wanted = ((HEADER + lines + body).replace("\n", ends) for lines in (before, expected))
        assert pinned(text, TORCH) == wanted
        assert pinned(wanted, TORCH) == wanted


@pytest.mark.parametrize("text", [HEADER.rstrip(), HEADER])
def test_metadata_without_a_description(text: str) -> None:
    found = pinned(text, TORCH)
    assert found.splitlines() == [*HEADER.splitlines(), "Requires-Dist: torch>=2.8.1,<2.9"]
    assert found.endswith("\n") == text.endswith("\n")


def test_several_that_are_missing_come_in_one_order() -> None:
    pins = {"zlib-ng": pin("1.0"), "torch": pin("2.8.1", "exact"), "attrs": pin("25.1", "x")}
    added = pinned(HEADER, pins)[len(HEADER) :]
    assert added == "".join(
        f"Requires-Dist: {text}\n" for text in ("attrs>=25.1,<26", "torch==2.8.1", "zlib-ng>=1.0,<1.1")
    )


def test_nothing_to_pin() -> None:
    text = HEADER + "Requires-Dist: torch\n"
    assert pinned(text, {}) == text


NAMES = st.sampled_from(["torch", "Torch", "flash_attn", "Flash.Attn", "six", "torch-geometric"])
MARKERS = st.sampled_from(
    [
        "",
        "",
        "python_version > '3'",
        'extra == "x"',
        'extra == "x" and python_version > "3"',
        f"extra == 'x' or {ELSEWHERE}",
        ELSEWHERE,
        f"{ELSEWHERE} and extra == 'x'",
        f"({ELSEWHERE} or os_name == 'none') and python_version > '3'",
    ]
)
CLAUSES = st.builds("{}{}".format, st.sampled_from([" >= ", ">", "<", "<=", "!=", "=="]), NUMBERS) | st.sampled_from(
    ["~=2.0", "==2.*", "!= 2.8.*", "==2.8.1+cpu"]
)
REQUIREMENTS = st.builds(
    lambda name, extras, clauses, old, marker: (
        f"{name}{extras}{' (' * old}{', '.join(clauses)}{')' * old}{' ; ' * bool(marker)}{marker}"
    ),
    NAMES,
    st.sampled_from(["", "", "[a]", " [a, b_C]"]),
    st.lists(CLAUSES, max_size=3) | st.just(["===2.8.1"]),
    st.booleans(),
    MARKERS,
) | st.builds("{} @ https://host/x.whl{}".format, NAMES, st.sampled_from(["", f" ; {ELSEWHERE}", " ; extra == 'x'"]))
INVALID = st.sampled_from(["", "to rch", "torch>>2", "torch ; nothing", "torch[", "-torch", "torch>=2 <3", "λ"])
# What breaks lines for str.splitlines, but not in METADATA, is among these.
TEXT = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)


@st.composite
def folded(draw: st.DrawFn, text: str, end: str) -> str:
    """A field's value, broken where it has a blank."""
    words = text.split(" ")
    joints = [draw(st.sampled_from([" ", " ", " ", f"{end} ", f"{end}\t "])) for _ in words[1:]]
    return "".join(word + joint for word, joint in zip(words, [*joints, ""]))


@st.composite
def metadata(draw: st.DrawFn) -> str:
    end = draw(st.sampled_from(["\n", "\r\n"]))
    fields = ["Metadata-Version: 2.1"]
    for kind in draw(st.lists(st.sampled_from(["text", "requirement", "invalid"]), max_size=8)):
        if kind == "text":
            name = draw(
                st.sampled_from(["Name", "Summary", "X-Requires-Dist", "Provides-Extra", "no colon", "License"])
            )
            fields.append(f"{name}: {f'{end} '.join(draw(st.lists(TEXT, max_size=3)))}")
        else:
            name = draw(st.sampled_from(["Requires-Dist", "requires-dist", "REQUIRES-DIST "]))
            value = draw(REQUIREMENTS if kind == "requirement" else INVALID)
            fields.append(f"{name}:{draw(st.sampled_from(['', ' ', '  ']))}{draw(folded(value, end))}")
    body = draw(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    return end.join(fields) + end + ("" if body is None else end + body)


def split(text: str) -> tuple[list[str], str]:
    """The fields of the header with the lines that go on with them; and the rest."""
    header, body = re.match(r"(?s)((?:(?!\r?\n)[^\n]*(?:\n|$))*)(.*)", text).groups()  # type: ignore[union-attr]
    return re.findall(r"[^\n]+(?:\n[ \t][^\n]*)*(?:\n|$)", header), body


def requirement(field: str) -> Requirement | None:
    name, _, value = field.partition(":")
    try:
        is_one = name.strip().lower() == "requires-dist"
        return Requirement(re.sub(r"\r?\n[ \t]+", " ", value).strip()) if is_one else None
    except InvalidRequirement:
        return None


def is_of(field: str, pins: dict[str, Pin]) -> bool:
    found = requirement(field)
    return found is not None and canonicalize_name(found.name) in pins


PINS = st.dictionaries(
    st.sampled_from(["torch", "flash-attn", "numpy"]), st.builds(pin, VERSIONS, WIDTHS), min_size=1, max_size=3
)
CANDIDATES = ["1.9", "2", "2.0.1", "2.8.0", "2.8.1", "2.8.1+cpu", "2.8.2rc1", "2.9.dev0", "2.9", "3.1", "12.0", "1!2.8"]


@given(metadata(), PINS)
def test_any_metadata(text: str, pins: dict[str, Pin]) -> None:
    found = pinned(text, pins)
    (before, body), (after, same_body) = split(text), split(found)
    assert "".join(before) + body == text
    assert same_body == body
    assert [one for one in after if not is_of(one, pins)] == [one for one in before if not is_of(one, pins)]

    old, new = ([(one, requirement(one)) for one in fields if is_of(one, pins)] for fields in (before, after))
    for (line, mine), (new_line, theirs) in zip(old, new):
        assert mine is not None
        assert theirs is not None
        assert (mine.name, mine.extras, str(mine.marker), mine.url) == (
            theirs.name, theirs.extras, str(theirs.marker), theirs.url,
        )  # fmt: skip
        name = canonicalize_name(mine.name)
        width, used = SpecifierSet(pins[name].specifier), pins[name].version
        is_exact = pins[name].specifier.startswith("==")
        single = [one for one in mine.specifier if one.operator in ("==", "===") and not one.version.endswith(".*")]
        says_it = bool(single) and not is_exact and mine.specifier.contains(used, prereleases=True)
        holds = mine.marker is None or mine.marker.evaluate({"extra": "x"})
        if mine.url or says_it or not holds:
            assert new_line == line
            continue
        implied = [one for one in mine.specifier if one.operator in (">", ">=") and used in one]
        own = SpecifierSet(",".join(str(one) for one in mine.specifier if one not in implied))
        for candidate in [used] if is_exact else [*CANDIDATES, used]:
            allowed = [one.contains(candidate, prereleases=True) for one in (width, own, theirs.specifier)]
            assert allowed[2] == (allowed[0] and allowed[1])
        assert not [one for one in theirs.specifier.filter(CANDIDATES, prereleases=True) if one not in width]
    had = {
        canonicalize_name(one.name)
        for (line, one), (new_line, _) in zip(old, new)
        if one and (not one.marker or (one.marker.evaluate({"extra": ""}) and line == new_line))
    }
    assert [one.strip() for one, _ in new[len(old) :]] == [
        f"Requires-Dist: {name}{pins[name].specifier}" for name in sorted(pins.keys() - had)
    ]
    assert pinned(found, pins) == found


# --- what the build used ---

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["."]
extra-build-dependencies = ["torch"]
pin-runtime = { torch = "x.x" }
"""
INNER = """
import os
from zipfile import ZipFile

METADATA = open("METADATA", "rb").read()

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    os.mkdir(f"{metadata_directory}/demo-1.0.dist-info")
    open(f"{metadata_directory}/demo-1.0.dist-info/METADATA", "wb").write(METADATA)
    return "demo-1.0.dist-info"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with ZipFile(f"{wheel_directory}/demo-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("demo-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/METADATA,,\\ndemo-1.0.dist-info/RECORD,,\\n")
    return "demo-1.0-py3-none-any.whl"

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory)
"""


def install(folder: Path, **versions: str) -> Path:
    """Distributions of which only name and version are there: that is all that is looked at."""
    for name, version in versions.items():
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        write(folder, {f"{name}-{version}.dist-info/METADATA": text})
    return folder


def seen(*folders: Path) -> dict[str, str]:
    """The environment of a hook that can import from these as well."""
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *map(str, folders)])}


def used(folder: Path, table: str, *folders: Path) -> dict[str, Pin]:
    (folder / "pyproject.toml").write_text(f"[tool.augbackend]\n{table}\n")
    return pin_runtime.used(declared.read(folder, environ={})._replace(path=tuple(map(str, folders))))


def test_used(tmp_path: Path) -> None:
    site = install(tmp_path / "site", torch="2.8.1+cu128", flash_attn="2.8.3")
    later = install(tmp_path / "later", torch="1.0")
    found = used(tmp_path, "pin-runtime = { Torch = 'x.x', Flash-Attn = 'exact', six = 'none' }", site, later)
    assert found == {"torch": ("2.8.1+cu128", ">=2.8.1,<2.9"), "flash-attn": ("2.8.3", "==2.8.3")}


@pytest.mark.parametrize(
    ("asked", "version", "expected"),
    [
        ('"torch"', "2.8.1+cu128", ">=2.8.1,<2.9"),
        ('"torch==2.8.1"', "2.8.1+cu128", ">=2.8.1,<2.9"),
        ('"Torch==2.8.1+cu128"', "2.8.1+cu128", "==2.8.1+cu128"),
        ('"torch @ https://host/torch-2.8.1%2Bcu128-py3-none-any.whl#sha256=0a"', "2.8.1+cu128", "==2.8.1+cu128"),
        ('"torch @ https://host/torch-2.8.1-py3-none-any.whl#+"', "2.8.1", ">=2.8.1,<2.9"),
        ('"torch", "six==1.0+x"', "2.8.1", ">=2.8.1,<2.9"),
        ('{ requirement = "torch", match-runtime = true, locked = ["torch==2.8.1+cu128"] }', "2.8.1+cu128", "==2.8.1+cu128"),
        ('{ requirement = "torch", match-runtime = true, locked = ["torch===2.8.1"] }', "2.8.1", ">=2.8.1,<2.9"),
    ],
)  # fmt: skip
def test_a_variant_is_pinned_where_one_was_asked_for(tmp_path: Path, asked: str, version: str, expected: str) -> None:
    table = f'pin-runtime = {{ torch = "auto" }}\nextra-build-dependencies = [{asked}]'
    assert used(tmp_path, table, install(tmp_path / "site", torch=version))["torch"].specifier == expected


def test_one_that_is_no_build_requirement(tmp_path: Path) -> None:
    with pytest.raises(AugbackendError) as caught:
        used(tmp_path, "pin-runtime = { torch = 'x', numpy = 'x' }", install(tmp_path / "site", numpy="2.0"))
    assert caught.value.what == "not installed in the build environment: torch"
    assert "tool.augbackend.pin-runtime.torch" in caught.value.where
    assert 'add "torch" to build-system.requires' in caught.value.hint


def test_one_that_is_declared_for_elsewhere(tmp_path: Path) -> None:
    table = f'pin-runtime = {{ Torch = "x" }}\nextra-build-dependencies = ["torch ; {ELSEWHERE}"]'
    assert used(tmp_path, table) == {}
    with pytest.raises(AugbackendError):
        used(tmp_path, table.replace("nowhere", sys.platform))


@pytest.mark.processes
@pytest.mark.parametrize("hook", ["build_wheel", "build_editable"])
def test_through_the_hooks(tmp_path: Path, hook: str) -> None:
    # Windows-1252, in the summary and in the description; the other line ends
    before = HEADER.encode() + b"Author: M\xfcller\nRequires-Dist: torch>=2\n\n\xe4\n"
    before = before.replace(b"\n", b"\r\n")
    after = before.replace(b"torch>=2", b"torch>=2.8.1,<2.9")
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "inner.py": INNER, "METADATA": before})
    site = install(tmp_path / "site", torch="2.8.1")
    out = tmp_path / "out"
    out.mkdir()

    def run(name: str, *arguments: str | None) -> Outcome:
        return run_hook(tree, name, str(out), *arguments, environ=seen(site))

    prepared = run("prepare_metadata_for_build_wheel")
    assert prepared.answer == "demo-1.0.dist-info", prepared.stderr
    assert (out / "demo-1.0.dist-info" / "METADATA").read_bytes() == after
    built = run(hook)
    assert built.answer == "demo-1.0-py3-none-any.whl", built.stderr
    from .test_local_version import content_of

    assert content_of(out / built.answer)["demo-1.0.dist-info/METADATA"] == after


@pytest.mark.processes
@pytest.mark.parametrize(
    ("override", "expected"),
    [("torch=x", "torch>=2.8.1,<3"), ("torch=exact", "torch==2.8.1"), ("torch=none", "torch>=2")],
)
def test_another_width_for_one_build(tmp_path: Path, override: str, expected: str) -> None:
    text = HEADER + "Requires-Dist: torch>=2\n"
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT, "inner.py": INNER, "METADATA": text})
    (tmp_path / "out").mkdir()
    environ = {**seen(install(tmp_path / "site", torch="2.8.1")), "AUGBACKEND_PIN_RUNTIME": override}
    found = run_hook(tree, "prepare_metadata_for_build_wheel", str(tmp_path / "out"), environ=environ)
    assert found.status == 0, found.stderr
    metadata = (tmp_path / "out" / "demo-1.0.dist-info" / "METADATA").read_text()
    assert metadata == text.replace("torch>=2", expected)


def test_a_version_that_pep_440_cannot_read_is_implied_by_nothing() -> None:
    assert pin_runtime.pinned_requirement("torch>=2", Pin("odd-one", ">=3")) == "torch>=3,>=2"


def test_an_sdist_without_pkg_info_is_not_rewritten(tmp_path: Path) -> None:
    document = {"tool": {"augbackend": {"pin-runtime": {"torch": "x"}}}}
    build = declared.read(tmp_path, environ={}, document=document)
    sdist = tmp_path / "p-1.tar.gz"
    with tarfile.open(sdist, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("p-1/setup.py"))
    assert pin_runtime.FEATURE.pkg_info is not None
    assert not pin_runtime.FEATURE.pkg_info(build, sdist, tmp_path / "beside")
    sdist.write_bytes(b"nothing")
    assert not pin_runtime.FEATURE.pkg_info(build, sdist, tmp_path / "beside")
