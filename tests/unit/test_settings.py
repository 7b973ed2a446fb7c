"""Reading the declaration: every mistake is named by its key, all of them at once, and never by a traceback."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from augbackend import features
from augbackend.errors import AugbackendError, SettingsError
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.features.extra_build_variables import BuildVariable
from augbackend.hook import declared as declarations
from augbackend.hook import overrides
from augbackend.hook.wrapped_backend import resolved as resolve
from augbackend.table import Build, templates

Tree = Callable[[dict[str, "str | bytes"]], Path]

BUILD_SYSTEM = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "augbackend"\n'


def declared(tree: Tree, table: str) -> Path:
    return tree({"pyproject.toml": f"{BUILD_SYSTEM}[tool.augbackend]\n{table}\n"})


def mistakes(folder: Path, **arguments: Any) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        declarations.read(folder, environ={}, **arguments)
    assert str(caught.value).startswith("augbackend: error: ")
    return caught.value.mistakes


def test_nothing_declared(tree: Tree) -> None:
    build = declarations.read(tree({"pyproject.toml": ""}), environ={})
    assert (build.values, build.features) == ({}, ())
    assert build.wrapped_backend == "setuptools.build_meta:__legacy__"
    assert build.config_settings is None


def test_everything_declared(tree: Tree) -> None:
    build = declarations.read(
        declared(
            tree,
            """
            build-backend = "hatchling.build"
            extra-build-dependencies = [
              "packaging",
              { requirement = "torch==2.8.0", marker = "sys_platform == 'linux'", hooks = ["wheel"] },
              { requirement = "cmake", unless-command = "cmake" },
            ]
            remove-build-dependencies = ["torch"]
            extra-build-variables = { A = "1", B = { value = "$A", default = true, marker = "os_name == 'posix'" } }
            config-settings = { key = "value", many = ["a", "b"] }
            dynamic-requires = "never"
            jobs = { memory-per-job = "4GiB", cpus-per-job = 2, reserve = "1GiB", max = 8 }
            """,
        ),
        environ={},
    )
    assert build.values["extra-build-dependencies"][1].text == "torch==2.8.0 ; sys_platform == 'linux'"
    assert build.values["extra-build-dependencies"][2].unless_command == "cmake"
    assert vars(build.values["extra-build-variables"]["B"]) == vars(
        BuildVariable(value="$A", marker="os_name == 'posix'", default=True)
    )
    assert build.config_settings == {"key": "value", "many": ["a", "b"]}
    assert build.values["jobs"] is not None


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (BuildDependency(requirement="x>=1", marker="os_name == 'nt'"), "x>=1 ; os_name == 'nt'"),
        (
            BuildDependency(requirement="x ; a == 'b'", marker="c == 'd' or e == 'f'"),
            "x ; (a == 'b') and (c == 'd' or e == 'f')",
        ),
        (
            BuildDependency(requirement="x @ https://host/a;b", marker="os_name == 'nt'"),
            "x @ https://host/a;b ; os_name == 'nt'",
        ),
    ],
)
def test_markers_are_joined(entry: BuildDependency, text: str) -> None:
    assert entry.text == text


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("extra-build-dependencies = 3", "tool.augbackend.extra-build-dependencies: found 3 (an integer), expected an array"),
        ("extra-build-dependencies = [3]", "tool.augbackend.extra-build-dependencies[0]: found 3 (an integer), expected a string"),
        ("extra-build-dependencies = ['to rch']", "extra-build-dependencies[0].requirement: found 'to rch'"),
        ("extra-build-dependencies = [{ requirement = 'x', marker = 'os_name' }]", "[0].marker: found 'os_name'"),
        ("extra-build-dependencies = [{ marker = \"os_name == 'nt'\" }]", "[0]: the key 'requirement' is missing"),
        ("extra-build-dependencies = [{ requirement = 'x', hooks = ['weel'] }]", "hooks[0]: found 'weel' (a string), expected one of 'wheel'"),
        ("extra-build-dependencies = [{ requirement = 'x', hook = ['wheel'] }]", "[0].hook: unknown key, did you mean 'hooks'?"),
        ("extra-build-dependencies = [{ requirement = 'x', match-runtime = 'yes' }]", "match-runtime: found 'yes' (a string), expected a boolean"),
        ("extra-build-dependancies = []", "tool.augbackend.extra-build-dependancies: unknown key, did you mean 'extra-build-dependencies'?"),
        ("completely-different = 1", "unknown key, expected one of backend-path, "),
        ("pin-runtime = { torch = '2.8' }", "tool.augbackend.pin-runtime.torch: found '2.8' (a string), expected one of 'auto', 'x'"),
        ("pin-runtime = { 'torch>=2' = 'x' }", "expected only the name of a project, such as 'torch'"),
        ("match-runtime = ['torch']", "tool.augbackend.match-runtime[0]: found 'torch': expected a name and a version, such as 'torch==2.8.0'"),
        ("remove-build-dependencies = ['torch>=2']", "expected only the name of a project, such as 'torch'"),
        ("extra-build-variables = { A = 1 }", "tool.augbackend.extra-build-variables.A: found 1 (an integer), expected a string or a table"),
        ("extra-build-variables = { A = '$(nproc)' }", "extra-build-variables.A.value: found '$(nproc)': '$(nproc)': commands are not run"),
        ("extra-build-variables = { 'A=B' = '1' }", "extra-build-variables.'A=B': found the name 'A=B'"),
        ('extra-build-variables = { "A\\u0000" = "1" }', "without '=' and NUL"),
        ('extra-build-variables = { A = "\\u0000" }', "cannot hold a NUL character"),
        ("extra-build-variables = { '' = '1' }", "not empty"),
        ("extra-build-variables = { A = { value = '1', default = 'yes' } }", "A.default: found 'yes' (a string), expected a boolean"),
        ("config-settings = { a = true }", "config-settings.a: found true (a boolean), expected a string or an array"),
        ("dynamic-requires = 'sometimes'", "found 'sometimes' (a string), expected one of 'auto', 'always', 'never'"),
        ("jobs = 4", "tool.augbackend.jobs: found 4 (an integer), expected a table"),
        ("jobs = { max = 0 }", "tool.augbackend.jobs.max: found 0, expected a number from 1 on"),
        ("jobs = { max = true }", "jobs.max: found true (a boolean), expected an integer"),
        ("jobs = { memory-per-job = '4 apples' }", "expected a size such as '4GiB'"),
        (f"jobs = {{ memory-per-job = '{'9' * 400}' }}", "expected a size that a machine can have"),
        ("extra-build-variables = { A = '${B:-$(x)}' }", "commands are not run"),
        ("build-backend = 'no good'", "expected an object path such as 'hatchling.build'"),
        ("build-backend = 'augbackend'", "augbackend cannot wrap itself"),
        ("build-backend = 'augbackend.hook:x'", "augbackend cannot wrap itself"),
        ("build-backend = 1979-05-27", "found 1979-05-27 (a date or time), expected a string"),
        ("backend-path = ['..']", "tool.augbackend.backend-path[0]: found '..': expected a folder inside the source tree"),
        ("backend-path = ['/']", "expected a folder inside the source tree"),
        ("backend-path = ['nowhere']", "there is no such folder"),
        ('backend-path = ["\\u0000"]', "found '\\x00': there is no such folder"),
        (f"backend-path = ['{'x' * 300}']", "there is no such folder"),
        ("extra-build-dependencies = [{ requirement = 'a', locked = ['a==1,b==2'] }]", "[0].locked[0]: found 'a==1,b==2': "),
        (f"jobs = {{ max = '0x{'f' * 9000}' }}", "jobs.max: found '0xfff"),
        (f"dynamic-requires = 0x{'f' * 9000}", "dynamic-requires: found 0xfff"),
    ],
)  # fmt: skip
def test_one_mistake(tree: Tree, table: str, expected: str) -> None:
    (mistake,) = mistakes(declared(tree, table))
    assert expected in mistake
    assert mistake.startswith("tool.augbackend.")


def test_all_mistakes_at_once(tree: Tree) -> None:
    found = mistakes(
        declared(
            tree,
            """
            extra-build-dependencies = ["x", 1, "y z"]
            extra-build-variables = { A = "$(x)", B = 2 }
            jobs = { max = 0, min = 1 }
            dinamic-requires = "auto"
            """,
        ),
        config_settings={"augbackend.nope": "1"},
    )
    assert len(found) == 8
    assert len({line.partition(":")[0] for line in found}) == 8


def test_table_that_is_none(tree: Tree) -> None:
    assert mistakes(tree({"pyproject.toml": "[tool]\naugbackend = 3\n"})) == (
        "tool.augbackend: found 3 (an integer), expected a table",
    )


@pytest.mark.skipif(os.name == "nt", reason="making links needs a privilege there")
def test_backend_path_through_a_link(tree: Tree, tmp_path: Path) -> None:
    folder = declared(tree, "build-backend = 'be'\nbackend-path = ['link', 'inside']")
    (tmp_path / "elsewhere").mkdir()
    (folder / "real").mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "inside").symlink_to(folder / "real")
    (mistake,) = mistakes(folder)
    assert f"this one leads to {tmp_path / 'elsewhere'}" in mistake


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"name = 'caf\xe9'\n", "it is not UTF-8 (byte 11 is 0xe9)"),
        (b"a = \n", "it is not TOML: Invalid value (at line 1, column 5)"),
        (b"[[[", "it is not TOML"),
        (b"#" * (2**20 + 1), "it is not TOML: it is longer than 1048576 bytes"),
        (b"a" + b".a" * 6000 + b" = 1", "a line with more than 5000 dots"),
        (b"a = " + b"[" * 100_000, "it is not TOML"),
    ],
)
def test_no_toml(tree: Tree, content: bytes, expected: str) -> None:
    folder = tree({"pyproject.toml": content})
    with pytest.raises(AugbackendError) as caught:
        declarations.read(folder, environ={})
    assert expected in str(caught.value)
    assert str(folder / "pyproject.toml") in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(AugbackendError, match="cannot read it"):
        declarations.read(tmp_path, environ={})


def test_strongest_source_wins(tree: Tree) -> None:
    folder = declared(tree, 'dynamic-requires = "never"\nextra-build-variables = { A = "1", B = "1", C = "1" }')
    build = declarations.read(
        folder,
        {
            "augbackend.dynamic-requires": "always",
            "augbackend.extra-build-variables": ["B=2", "C=2"],
            "augbackend.extra-build-dependencies": ["x>=1", "y ; os_name == 'nt'"],
            "--theirs": "kept",
        },
        {"AUGBACKEND_EXTRA_BUILD_VARIABLES": '{ C = "3" }', "AUGBACKEND_JOBS": "max=4"},
    )
    assert build.values["dynamic-requires"] == "always"
    assert {name: one.value for name, one in build.values["extra-build-variables"].items()} == {
        "A": "1",
        "B": "2",
        "C": "3",
    }
    assert [one.text for one in build.values["extra-build-dependencies"]] == ["x>=1", "y ; os_name == 'nt'"]
    assert build.values["jobs"] is not None
    assert build.values["jobs"].max == 4
    assert build.config_settings == {"--theirs": "kept"}
    assert build.origins["extra-build-variables.B"] == "-C augbackend.extra-build-variables"
    assert build.origins["extra-build-variables.C"] == "environment variable AUGBACKEND_EXTRA_BUILD_VARIABLES"


@pytest.mark.parametrize("text", ["memory-per-job=4", "memory-per-job = 4 \n max=2"])
def test_numbers_and_strings_in_an_override_of_jobs(tree: Tree, text: str) -> None:
    build = declarations.read(declared(tree, ""), environ={"AUGBACKEND_JOBS": text.replace(" = ", "=")})
    assert build.values["jobs"] is not None
    assert build.values["jobs"].memory_per_job == "4"


def test_a_digit_that_is_no_number(tree: Tree) -> None:
    with pytest.raises(SettingsError):
        declarations.read(declared(tree, ""), environ={"AUGBACKEND_JOBS": "max=\u00b2"})


@pytest.mark.parametrize("text", ["['a', 'b']", "a\nb", " a \n\n b"])
def test_list_in_a_variable(tree: Tree, text: str) -> None:
    build = declarations.read(declared(tree, ""), environ={"AUGBACKEND_REMOVE_BUILD_DEPENDENCIES": text})
    assert build.values["remove-build-dependencies"] == ("a", "b")


@pytest.mark.parametrize(("text", "expected"), [("true", True), (" False ", False)])
def test_boolean_in_a_variable(tree: Tree, text: str, expected: bool) -> None:
    build = declarations.read(declared(tree, ""), environ={"AUGBACKEND_PROVENANCE": text})
    assert build.values["provenance"] is expected


def test_boolean_that_is_none(tree: Tree) -> None:
    with pytest.raises(SettingsError, match="found 'yes'"):
        declarations.read(declared(tree, ""), environ={"AUGBACKEND_PROVENANCE": "yes"})


def test_mistakes_in_overrides_name_their_source(tree: Tree) -> None:
    options: dict[str, str | list[str]] = {
        "augbackend.dynamic-requires": "maybe",
        "augbackend.extra-build-variables": "A",
        "augbackend.dynamic-require": "never",
    }
    found = mistakes(declared(tree, ""), config_settings=options)
    assert found[0].startswith("-C augbackend.extra-build-variables: found 'A', expected NAME=VALUE")
    assert found[1] == "-C augbackend.dynamic-require: unknown key, did you mean 'dynamic-requires'?"
    assert found[2].startswith("tool.augbackend.dynamic-requires (from -C augbackend.dynamic-requires): found 'maybe'")


def test_unknown_variable_is_only_warned_of(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    declarations.read(declared(tree, ""), environ={"AUGBACKEND_DYNAMIC_REQUIRE": "never"})
    assert capsys.readouterr().err == (
        "augbackend: warning: AUGBACKEND_DYNAMIC_REQUIRE: unknown key, did you mean 'AUGBACKEND_DYNAMIC_REQUIRES'?; ignored\n"
    )


def test_config_settings_of_the_caller_are_on_top(tree: Tree) -> None:
    folder = declared(tree, "config-settings = { a = '1', b = '1' }")
    build = declarations.read(folder, {"b": "2", "c": ["3"], "augbackend.jobs": "max=1"}, {})
    assert build.config_settings == {"a": "1", "b": "2", "c": ["3"]}
    assert declarations.read(folder, None, {}).config_settings == {"a": "1", "b": "1"}
    assert declarations.read(declared(tree, ""), {}, {}).config_settings == {}


# Values that TOML knows, and names near to those that the table knows.
NAMES = st.sampled_from(
    [*features.known_keys(), "requirement", "marker", "hooks", "value", "default", "max", "A", ""]
) | st.text(max_size=5)
SCALARS = st.one_of(
    st.booleans(), st.integers(-3, 3), st.floats(allow_nan=False), st.dates(), st.text(max_size=8),
    st.sampled_from(["x>=1", "os_name == 'nt'", "wheel", "auto", "$HOME", "${", "4GiB", "setuptools.build_meta", ".."]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(
    table=st.dictionaries(NAMES, VALUES, max_size=4), options=st.dictionaries(NAMES, st.text(max_size=8), max_size=2)
)
def test_any_table_is_read_or_refused(tmp_path: Path, table: dict[str, Any], options: dict[str, str]) -> None:
    """Never a traceback of ours, never a changed tree."""
    text = tomlkit.dumps({"tool": {"augbackend": table}})
    (tmp_path / "pyproject.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    before = sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir())
    try:
        build = declarations.read(tmp_path, {f"augbackend.{key}": value for key, value in options.items()}, {})
        resolve(build, {})
    except AugbackendError as error:
        assert str(error).startswith("augbackend: error: ")
    assert sorted((file.name, file.read_bytes()) for file in tmp_path.iterdir()) == before


def resolved(tree: Tree, table: str, environ: dict[str, str]) -> dict[str, str | None]:
    build = declarations.read(declared(tree, table), environ={})
    return {one.name: one.value for one in resolve(build, environ)}


def test_a_value_that_no_variable_can_hold(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here, too, since a process with such a locale tells nothing of a tree whose path it cannot write either."""
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode("ascii"))
    with pytest.raises(AugbackendError, match=r"variables\.A: this system cannot hold the value: 'ascii' codec"):
        resolved(tree, 'extra-build-variables = { A = "\u2026" }', {})


def test_variables(tree: Tree) -> None:
    table = """
        [tool.augbackend.extra-build-variables]
        PLAIN = "mine"
        GIVEN = { value = "mine", default = true }
        ABSENT = { value = "mine", default = true }
        ELSEWHERE = { value = "$UNDEFINED", marker = "sys_platform == 'nowhere'" }
        ABOVE = "${PLAIN}/x"
        PATH = "$ABOVE/bin"
    """
    environ = {"PLAIN": "theirs", "GIVEN": "theirs", "PATH": "/bin"}
    assert resolved(tree, table, environ) == {
        "PLAIN": "mine",
        "GIVEN": None,
        "ABSENT": "mine",
        "ELSEWHERE": None,
        "ABOVE": "mine/x",
        "PATH": f"mine/x/bin{os.pathsep}/bin",
    }


def test_undefined_names_all_at_once(tree: Tree) -> None:
    with pytest.raises(SettingsError) as caught:
        resolved(tree, "extra-build-variables = { A = '$NOPE', B = '$A/${MISSING}' , C = '${NOPE:-x}' }", {"A": "1"})
    assert [line.partition(";")[0] for line in caught.value.mistakes] == [
        "tool.augbackend.extra-build-variables.A: $NOPE is not set",
        "tool.augbackend.extra-build-variables.B: $MISSING is not set",
    ]


def test_jobs_yield_to_the_caller_and_to_the_table(tree: Tree) -> None:
    table = "jobs = { max = 1 }\nextra-build-variables = { MAKEFLAGS = '-k' }"
    assert resolved(tree, table, {"MAX_JOBS": "9999"}) == {
        "MAKEFLAGS": "-k",
        "MAX_JOBS": None,
        "CMAKE_BUILD_PARALLEL_LEVEL": "1",
        "NVCC_THREADS": "1",  # so many jobs leave room for no more
    }


def test_templates_are_checked_where_the_marker_does_not_hold() -> None:
    with pytest.raises(ValueError, match="commands are not run"):
        templates.parse("$(x)")


def test_what_a_copy_leaves_out(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree({}) / "copy.json").write_text('{"keys": ["jobs", "shiny"]}')
    monkeypatch.setattr(overrides, "COPY", tree({}) / "copy.json")
    assert overrides.left_out() == ("shiny",)
    folder = declared(tree, "shiny = 1\nnewer = 2")
    left_out = "the copy of augbackend in this tree leaves it out"
    found = mistakes(folder, config_settings={"augbackend.shiny": "1"})
    assert found[0] == f"-C augbackend.shiny: {left_out}; augbackend adopt . --feature shiny brings it"
    assert found[1] == f"tool.augbackend.shiny: {left_out}; augbackend adopt . brings it"
    assert found[2].endswith("; if a newer augbackend knows it: augbackend adopt .")
    wrapped = {"tool": {"augbackend": {"origin": {"name": "a", "version": "1", "augbackend": "1"}, "shiny": 1}}}
    (mistake,) = mistakes(folder, document=wrapped)
    assert mistake == f"tool.augbackend.shiny: {left_out}; augbackend wrap a==1 --feature shiny brings it"
    declarations.read(folder, environ={"AUGBACKEND_SHINY": "1"}, document={})
    said = capsys.readouterr().err
    assert said == f"augbackend: note: environment variable AUGBACKEND_SHINY: {left_out}; ignored\n"


def test_a_name_that_a_table_does_not_have() -> None:
    with pytest.raises(TypeError, match="BuildDependency has no requirment"):
        BuildDependency(requirement="x", requirment="y")


def test_what_is_declared_is_not_changed() -> None:
    with pytest.raises(AttributeError, match="'marker' cannot be set"):
        BuildDependency(requirement="x").marker = ""
    with pytest.raises(AttributeError, match="'tree' cannot be set"):
        Build(Path(), {}, {}).tree = Path()  # type: ignore[misc]  # mypy says so, too
