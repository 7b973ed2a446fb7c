"""The environments of a project, which wheels fit them, and how the rest is said in a marker."""

from __future__ import annotations

import sys

import pytest
from packaging.markers import Marker

from augbackend.cli.project import environment_marker, target_environments, wheel_coverage
from augbackend.cli.project.negated_marker import negated
from augbackend.cli.project.target_environments import TargetEnvironments

ANY, LINUX, MAC, WINDOWS = "py3-none-any", "manylinux_2_28_x86_64", "macosx_11_0_arm64", "win_amd64"


def environments(python: str = "", *markers: str) -> TargetEnvironments:
    return target_environments.read({"project": {"requires-python": python}}, {"environments": list(markers)})


def names(*tags: str) -> list[str]:
    return [f"demo-1.0-{tag}.whl" for tag in tags]


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("==3.12.*", {12}),
        (">=3.12", {12, 13, 14}),
        (">=3.10.4,<3.12", {10, 11}),
        (">3.12.3,!=3.13.*", {12, 14}),
        ("==3.11.5", {11}),
        ("", {9, 10, 11, 12, 13, 14}),
        ("no specifier", {9, 10, 11, 12, 13, 14}),
        ("<3.9", set()),
    ],
)
def test_each_cpython_that_is_allowed(python: str, expected: set[int]) -> None:
    assert {one.minor for one in environments(python).known()} == expected


def test_a_wheel_shows_that_a_newer_python_is_there() -> None:
    assert max(one.minor for one in environments(">=3.12").known(names(f"cp316-cp316-{LINUX}"))) == 16
    assert max(one.minor for one in environments(">=3.12,<3.15").known(names(f"cp316-cp316-{LINUX}"))) == 14


def test_poetrys_python() -> None:
    document = {"tool": {"poetry": {"dependencies": {"python": "^3.12"}}}}
    assert target_environments.read(document, {}).known()[0].minor == 12


@pytest.mark.parametrize(
    ("markers", "expected"),
    [
        ([], {"linux x86_64", "darwin arm64", "win32 AMD64"}),
        (["sys_platform == 'linux'"], {"linux x86_64"}),
        (["sys_platform != 'win32'"], {"linux x86_64", "darwin arm64"}),
        (["sys_platform == 'linux' and platform_machine == 'aarch64'"], {"linux aarch64"}),
        (["platform_system == 'Darwin' and platform_machine in 'arm64 x86_64'", "os_name == 'nt'"],
         {"darwin arm64", "darwin x86_64", "win32 AMD64"}),
        (["no marker"], set()),
    ],
)  # fmt: skip
def test_the_platforms_that_the_project_names(markers: list[str], expected: set[str]) -> None:
    found = environments("==3.12.*", *markers).known()
    assert {f"{one.platform.sys_platform} {one.platform.machine}" for one in found} == expected


@pytest.mark.parametrize(
    ("python", "tags", "expected"),
    [
        ("", [ANY], ""),
        ("", ["py2.py3-none-any"], ""),
        (">=3.12", [f"cp39-abi3-{LINUX}", f"cp39-abi3-{MAC}", f"cp39-abi3-{WINDOWS}"], ""),
        ("==3.12.*", [f"cp312-cp312-{LINUX}"], "sys_platform != 'linux'"),
        ("==3.12.*", ["cp312-cp312-linux_x86_64", f"cp312-cp312-{WINDOWS}"], "sys_platform == 'darwin'"),
        ("==3.12.*", ["cp312-cp312-macosx_10_9_universal2", "cp312-cp312-manylinux1_x86_64"], "sys_platform == 'win32'"),
        (">=3.11,<3.13", [f"cp312-cp312-{one}" for one in (LINUX, MAC, WINDOWS)], "python_version < '3.12'"),
        (">=3.11", [f"cp3{n}-cp3{n}-{one}" for one in (LINUX, MAC, WINDOWS) for n in (11, 12)], "python_version >= '3.13'"),
        (">=3.11", [f"cp3{n}-cp3{n}-{one}" for one in (LINUX, MAC, WINDOWS) for n in (11, 13)],
         "python_version == '3.12' or python_version >= '3.14'"),
        (">=3.11,<3.13", [f"cp312-cp312-{LINUX}"], "python_version < '3.12' or sys_platform != 'linux'"),
        (">=3.11,<3.13", [f"cp312-cp312-{LINUX}", f"cp311-cp311-{MAC}"],
         "(sys_platform == 'linux' and python_version < '3.12') or (sys_platform == 'darwin' and python_version >= '3.12')"
         " or sys_platform == 'win32'"),
    ],
)  # fmt: skip
def test_where_no_wheel_fits(python: str, tags: list[str], expected: str) -> None:
    coverage = wheel_coverage.of(names(*tags), environments(python), "")
    assert coverage.marker == expected
    assert coverage.is_whole == (not expected)
    for one in coverage.among:  # the marker means what the wheels say, and its opposite the rest
        assert one.fulfils(expected) == (one in coverage.without or not expected)
        assert one.fulfils(coverage.elsewhere) == (one not in coverage.without)


@pytest.mark.parametrize(
    "tag", [f"cp312-cp312t-{LINUX}", "cp312-cp312-musllinux_1_2_x86_64", f"pp310-pypy310_pp73-{LINUX}", f"cp310-cp310-{LINUX}", "win32"]
)  # fmt: skip
def test_wheels_that_fit_nowhere(tag: str) -> None:
    coverage = wheel_coverage.of(names(tag), environments("==3.12.*"), "")
    assert not coverage.wheels
    assert (coverage.is_whole, coverage.is_part) == (False, False)


def test_no_environment_that_is_known_is_none_that_a_wheel_fits() -> None:
    assert not wheel_coverage.of(names(ANY), environments("<3.9"), "").is_whole


def test_only_where_a_marker_holds() -> None:
    coverage = wheel_coverage.of(names(f"cp312-cp312-{LINUX}"), environments("==3.12.*"), "sys_platform == 'linux'")
    assert coverage.is_whole


def test_machines_of_one_system() -> None:
    markers = [f"sys_platform == 'linux' and platform_machine == '{one}'" for one in ("x86_64", "aarch64")]
    coverage = wheel_coverage.of(names(f"cp39-abi3-{LINUX}"), environments(">=3.12", *markers), "")
    assert coverage.marker == "sys_platform == 'linux' and platform_machine == 'aarch64'"


def test_neither_this_interpreter_nor_this_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import platform

    before = wheel_coverage.of(names(f"cp312-cp312-{LINUX}"), environments(">=3.12"), "")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platform, "machine", lambda: "ARM64")
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    target_environments._tags.cache_clear()
    assert wheel_coverage.of(names(f"cp312-cp312-{LINUX}"), environments(">=3.12"), "") == before


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("sys_platform == 'linux'", "sys_platform != 'linux'"),
        ("python_version<'3.12'", "python_version >= '3.12'"),
        ("'64' in platform_machine", "'64' not in platform_machine"),
        ("sys_platform == 'a' or sys_platform == 'b'", "sys_platform != 'a' and sys_platform != 'b'"),
        ("os_name == 'nt' and (sys_platform == 'a' or sys_platform == 'b')",
         "os_name != 'nt' or (sys_platform != 'a' and sys_platform != 'b')"),
        ("python_version ~= '3.12'", None),
        ("", None),
        ("no marker", None),
    ],
)  # fmt: skip
def test_the_opposite_of_a_marker(marker: str, expected: str | None) -> None:
    assert negated(marker) == expected
    assert expected is None or Marker(marker).evaluate() != Marker(expected).evaluate()


def test_joined() -> None:
    assert environment_marker.joined("a or b", "c") == "(a or b) and c"
    assert environment_marker.joined("", "c") == environment_marker.joined("c", "") == "c"
