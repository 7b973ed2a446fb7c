"""Every answer of ours about requirements, markers and versions is held against packaging's."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import packaging.markers
import packaging.requirements
import packaging.specifiers
import packaging.utils
import packaging.version
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from augbackend.standards import InvalidRequirement, markers
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
    try:
        return bool(pep440.numbers(text))
    except pep440.InvalidVersion:
        return False


SPACES = st.sampled_from(["", "", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\x1f"])


@given(SPACES, VERSIONS, SPACES)
def test_what_a_version_is(before: str, text: str, after: str) -> None:
    text = before + text + after
    try:
        packaging.version.Version(text)
    except packaging.version.InvalidVersion:
        assert not is_version(text)
    else:
        assert is_version(text)


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
    except InvalidRequirement:
        assert expected is None
    else:
        assert found == expected


COMPARISONS = st.one_of(
    st.builds("{} {} '{}'".format, VARIABLES, st.sampled_from(["==", "!=", "<", ">=", "in", "not in"]), LITERALS),
    st.builds("'{}' {} {}".format, LITERALS, st.sampled_from(["==", "!=", "in", "not in"]), VARIABLES),
    st.builds("{} {} {}".format, VARIABLES, st.sampled_from(["==", "!=", "<=", "~=", "in", "not in"]), VARIABLES),
    st.builds("'{}' {} '{}'".format, LITERALS | VARIABLES, st.sampled_from(["==", "!=", "in"]), LITERALS | VARIABLES),
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
    assert pep508.parse_requirement(f"x ; {marker}").applies() in holds(marker, {})


def holds(marker: str, environment: dict[str, str]) -> set[bool]:
    """What packaging says: one comparison that it refuses does not hold, and what it is part of may hold or not."""
    try:
        return {packaging.markers.Marker(marker).evaluate({"extra": "", **environment})}
    except (packaging.markers.UndefinedComparison, packaging.markers.UndefinedEnvironmentName):
        return {True, False} if " and " in marker or " or " in marker else {False}


@pytest.fixture
def between_releases(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A Python that was built from a repository, not from a release."""
    monkeypatch.setattr(platform, "python_version", lambda: "3.14.0a1+")
    markers._values.cache_clear()
    yield "3.14.0a1+"
    markers._values.cache_clear()


@pytest.mark.parametrize("operator", ["==", "!=", ">=", "<", ">", "~="])
@pytest.mark.parametrize("bound", ["3.14", "3.14.0a1", "3.14.0a2", "3.13.0", "3.14.0a1+local", "3.14.0a1+"])
def test_a_python_between_releases(between_releases: str, operator: str, bound: str) -> None:
    marker = f"python_full_version {operator} '{bound}'"
    expected = holds(marker, {"python_full_version": between_releases})
    assert pep508.parse_requirement(f"x ; {marker}").applies() in expected


WORDS = st.sampled_from(
    ["torch", "a.b_", "x", "[", "]", ",", "(", ")", ">=1", "==1.*", "===a(b", "~=1.0", "<2rc1", " ", " ", "\t", "\u00a0", "\n",
     "@", "https://h/x;y", ";", "os_name", "os.name", "platform.release", "python_implementation", "extra", "'a'", '"b', "'",
     "==", "in", "not", "and", "or", "'\\x41'", "'\\x4'", "1.0", "ä", "-", "_"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=8), st.booleans())
@example(["torch"], ["\t>=\u00a01.0"], False)
@example(["torch"], [">=1.0", "\u00a0"], False)
@example(["torch"], [">=1", ",", ";", "'\\x70osix'", "==", "os_name"], False)
@example([], ["(", "os_name", "not", "\t", "in", "'a'", ")"], True)
def test_requirements_as_packaging(requirement: list[str], rest: list[str], has_marker: bool) -> None:
    text = "".join(requirement) + (";" if has_marker else "") + "".join(rest)
    assume(not text.endswith("\n"))  # on which versions of packaging disagree
    try:
        expected = packaging.requirements.Requirement(text)
    except packaging.requirements.InvalidRequirement:
        with pytest.raises(InvalidRequirement):
            pep508.parse_requirement(text)
        return
    found = pep508.parse_requirement(text)
    assert found.name == packaging.utils.canonicalize_name(expected.name)
    assert found.extras == {packaging.utils.canonicalize_name(extra) for extra in expected.extras}
    assert found.url == (expected.url or "")
    assert {operator for operator, _ in found.clauses} == {one.operator for one in expected.specifier}
    if expected.marker:
        assert found.applies() in holds(str(expected.marker), {})


@pytest.mark.parametrize("text", ["torch\n", "torch>=1\n", "torch\n>=1", "x ; os_name == 'a'\n", "torch\u00a0"])
def test_no_space_but_blanks_and_tabs(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        pep508.parse_requirement(text)


@pytest.mark.parametrize("text", ["'a' in extras", "'dev' in dependency_groups"])
def test_variables_of_lock_files_are_none_of_requirements(text: str) -> None:
    with pytest.raises(InvalidRequirement):
        pep508.parse_marker(text)


def test_parentheses_in_each_other() -> None:
    for depth in (1, 200):
        assert pep508.parse_marker("(" * depth + "os_name == 'a'" + ")" * depth) == pep508.parse_marker(
            "os_name == 'a'"
        )
    with pytest.raises(InvalidRequirement, match="more than 200 parentheses"):
        pep508.parse_marker("(" * 100_000)


def test_a_text_is_parsed_once() -> None:
    assert pep508.parse_requirement("torch>=1,<2") is pep508.parse_requirement("torch>=1,<2")


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
        with pytest.raises(InvalidRequirement):
            pep508.parse_requirement(text)
    else:
        pep508.parse_requirement(text)


@given(st.text(max_size=30))
def test_any_text_is_a_requirement_or_says_why_not(text: str) -> None:
    try:
        pep508.parse_requirement(text)
    except InvalidRequirement as error:
        assert str(error)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Torch>=2,<3", "torch < 3, >= 2"),
        ("flash_attn", "Flash.Attn"),
        ("x[a,b]", "x[b , a]"),
        ("x ; os_name == 'posix'", 'x;os_name=="posix"'),
        ("x ; os_name == 'a' and extra == 'b'", "x ; extra == 'b' and (os_name == 'a')"),
    ],
)
def test_the_same_requirement_spelled_differently(one: str, other: str) -> None:
    assert pep508.parse_requirement(one) == pep508.parse_requirement(other)


def test_different_requirements_differ() -> None:
    texts = ["x", "x>=1", "x[a]", "x ; os_name == 'nt'", "x @ https://host/x", "y"]
    assert len({pep508.parse_requirement(text) for text in texts}) == len(texts)


def test_version_that_nobody_can_read_is_let_pass() -> None:
    assert pep508.parse_requirement("x>=1").accepts("weird-version")


def test_a_text_of_a_marker_that_python_cannot_read() -> None:
    with pytest.raises(InvalidRequirement, match="is not a quoted string"):
        pep508.parse_marker(r"os_name == '\x'")


def test_a_release_that_is_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markers, "_values", lambda: {"platform_release": "odd-one"})
    assert not pep508.parse_requirement("a ; platform_release >= '5'").applies()
