"""Every answer of ours about requirements, markers and versions is held against packaging's."""

from __future__ import annotations

import re

import packaging.markers
import packaging.requirements
import packaging.specifiers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augbackend.standards import requirements as pep508
from augbackend.standards import versions as pep440

NUMBERS = st.lists(st.integers(0, 12), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
SUFFIXES = st.lists(
    st.sampled_from(
        ["a1", "b2", "rc1", ".dev1", ".dev0", ".post1", "-1", "+cpu", "+cu128", "c1", ".alpha", "preview3"]
    ),
    max_size=3,
)
VERSIONS = st.builds(
    lambda epoch, numbers, suffixes: epoch + numbers + "".join(suffixes),
    st.sampled_from(["", "", "1!", "v"]),
    NUMBERS,
    SUFFIXES,
)
OPERATORS = st.sampled_from(["==", "!=", "<=", ">=", "<", ">", "~=", "==="])
VARIABLES = st.sampled_from(
    ["os_name", "sys_platform", "platform_machine", "platform_system", "platform_release", "python_version",
     "python_full_version", "implementation_name", "implementation_version", "platform_python_implementation", "extra"]
)  # fmt: skip
LITERALS = st.sampled_from(
    ["posix", "linux", "3", "3.9", "3.11", "3.12.1", "x86_64", "", "cpython", "CPython", "2.0+x"]
)


def packaging_accepts(operator: str, bound: str, version: str) -> bool | None:
    try:
        specifier = packaging.specifiers.Specifier(operator + bound)
    except packaging.specifiers.InvalidSpecifier:
        return None
    return specifier.contains(version, prereleases=True)


def is_version(text: str) -> bool:
    return re.fullmatch(pep440._VERSION, text) is not None


@given(VERSIONS, OPERATORS, VERSIONS, st.booleans())
@example("1.0.post1", ">", "1.0a1", False)
@example("1.0rc2", "<", "1.0.post1", False)
@example("2.8.0+cpu", "==", "2.8.0", False)
def test_versions_as_packaging(version: str, operator: str, bound: str, wildcard: bool) -> None:
    if not is_version(version):
        return
    bound += ".*" if wildcard else ""
    expected = packaging_accepts(operator, bound, version)
    try:
        found = pep508.parse_requirement(f"x{operator}{bound}").accepts(version)
    except pep508.InvalidRequirement:
        assert expected is None
    else:
        assert found == expected


COMPARISONS = st.one_of(
    st.builds("{} {} '{}'".format, VARIABLES, st.sampled_from(["==", "!=", "<", ">=", "in", "not in"]), LITERALS),
    st.builds("'{}' {} {}".format, LITERALS, st.sampled_from(["==", "!=", "in", "not in"]), VARIABLES),
)
MARKERS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds("({}) {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)


@given(MARKERS)
@example("python_version ~= '3.7' and python_version == '3.*'")
@example("os_name == 'posix' or os_name == 'nt' and sys_platform == 'win32'")
def test_markers_as_packaging(marker: str) -> None:
    expected = packaging.markers.Marker(marker).evaluate({"extra": ""})
    assert pep508.parse_requirement(f"x ; {marker}").applies() == expected


@pytest.mark.parametrize(
    "text",
    [
        "torch", "torch>=1,<2", "torch >=1, <2 ; os_name=='x'", "torch(>=1)", "torch ()", "torch[a, b-c]>=1", "torch[]",
        "torch @ https://host/y;z ; os_name=='x'", "torch@file:///x", "a.b_c", "torch==2.8.0+cu128", "torch===weird",
        "torch==", "torch>=1 <2", "torch;", "torch[", "torch[a", "torch[a b]", "-x", "torch>=1;foo", "torch>=1.*",
        "torch(>=1", "torch,>=1", "torch>=1,,<2", "torch @", "torch @ ; x", "", " ", "tor ch", "torch>=1.0+cpu",
        "torch~=1", "torch==1.0.dev1.*", "x ; os_name", "x ; os_name ==", "x ; (os_name=='a'", "x ; os_name=='a')",
        "x ; os_name = 'a'", "x ; os.name == 'a' and python_implementation == 'b'", "x ; os_name not 'a'", "x ; nope == 'a'", "x ; os_name == 'a' and", "x ; 'a' == 'b'",
    ],
)  # fmt: skip
def test_valid_exactly_where_packaging_says_so(text: str) -> None:
    try:
        packaging.requirements.Requirement(text)
    except packaging.requirements.InvalidRequirement:
        with pytest.raises(pep508.InvalidRequirement):
            pep508.parse_requirement(text)
    else:
        pep508.parse_requirement(text)


@given(st.text(max_size=30))
def test_any_text_is_a_requirement_or_says_why_not(text: str) -> None:
    try:
        pep508.parse_requirement(text)
    except pep508.InvalidRequirement as error:
        assert str(error)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Torch>=2,<3", "torch < 3, >= 2"),
        ("flash_attn", "Flash.Attn"),
        ("x[a,b]", "x[b , a]"),
        ("x ; os_name == 'posix'", 'x;os_name=="posix"'),
    ],
)
def test_the_same_requirement_spelled_differently(one: str, other: str) -> None:
    assert pep508.parse_requirement(one) == pep508.parse_requirement(other)


def test_different_requirements_differ() -> None:
    texts = ["x", "x>=1", "x[a]", "x ; os_name == 'nt'", "x @ https://host/x", "y"]
    assert len({pep508.parse_requirement(text) for text in texts}) == len(texts)


def test_version_that_nobody_can_read_is_let_pass() -> None:
    assert pep508.parse_requirement("x>=1").accepts("weird-version")
