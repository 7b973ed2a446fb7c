"""What is known about builds that fail: that the rows are sound, and that messages of real builds lead to the right one."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from augbackend.errors import SettingsError
from augbackend.knowledge import clues, rows
from augbackend.knowledge.rows import Knowledge, Module, Need, Stdlib, Symptom
from augbackend.standards.requirements import canonical_name, parse_requirement

KNOWN = rows.load()
TABLES = (
    "symptom",
    "module",
    "stdlib",
    "release",
    "variable",
    "command",
    "need",
    "plugin",
    "library",
    "interface",
    "compiler",
)
ROWS: list[tuple[str, Any]] = [(table, row) for table in TABLES for row in getattr(KNOWN, table)]


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    rows.load.cache_clear()


# --- the file that is shipped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_rows(table: str) -> None:
    assert getattr(KNOWN, table)


def test_every_row_has_a_source() -> None:
    assert [row for _, row in ROWS if not row.source.strip()] == []


def test_patterns_compile_and_name_at_most_one_thing() -> None:
    for row in KNOWN.symptom:
        groups = set(re.compile(row.says).groupindex)
        assert groups <= {*rows.KINDS, "value"}, row.says
        assert "value" not in groups or "variable" in groups, row.says


def test_no_pattern_fits_nothing_or_anything() -> None:
    for row in KNOWN.symptom:
        for text in ("", "\n", "running build_ext\nbuilding 'x' extension\ncreating build/lib\n"):
            assert re.search(row.says, text) is None, row.says


def test_something_follows_from_every_symptom() -> None:
    for row in KNOWN.symptom:
        has_group = bool(set(re.compile(row.says).groupindex) - {"value"})
        assert has_group or row.require or row.variables or row.need or row.gone or row.because, row.says


def test_what_is_declared_is_explained() -> None:
    rows = [row for row in KNOWN.symptom if row.require or row.variables or row.gone]
    assert [row.says for row in rows if not row.because] == []


def test_every_need_exists() -> None:
    needs = {row.name for row in KNOWN.need}
    assert {row.need for row in KNOWN.symptom if row.need} <= needs
    assert {row.need for row in KNOWN.variable} <= {*needs, "pip", "Cython"}
    assert {row.within for row in KNOWN.need if row.within} <= needs
    assert {"network", "CUDA", "Python", "native"} <= needs  # the rules know these by name


def test_requirements_parse() -> None:
    texts = [text for row in KNOWN.symptom for text in row.require]
    texts += [row.require for _, row in ROWS if isinstance(getattr(row, "require", None), str) and row.require]
    for text in texts:
        assert parse_requirement(text).name


def test_variables_say_yes_or_no() -> None:
    assert {row.says for row in KNOWN.variable} <= {"yes", "no"}


def test_releases_are_versions_with_a_day() -> None:
    for row in KNOWN.release:
        assert date.fromisoformat(row.day), row
        assert re.fullmatch(r"\d+(\.\d+)*", row.version), row
        assert canonical_name(row.project) == row.project, row


def test_pythons_that_removed_something_are_versions() -> None:
    for version in (*(row.gone for row in KNOWN.stdlib), *(row.gone for row in KNOWN.symptom if row.gone)):
        assert re.fullmatch(r"3\.\d+", version)


@pytest.mark.parametrize("table", ["module", "stdlib", "command", "need"])
def test_a_name_has_one_row(table: str) -> None:
    names = [row.name for row in getattr(KNOWN, table)]
    assert sorted(names) == sorted(set(names))


def test_systems_name_packages() -> None:
    for row in KNOWN.need:
        for packages in (row.debian, row.fedora):
            assert re.fullmatch(r"(?:[A-Za-z0-9][\w.+\-]*(?:\([\w.+\-]+\))?(?: |$))*", packages), row


def test_no_row_sends_anybody_to_a_registry() -> None:
    text = rows.FILE.read_text(encoding="utf-8")
    names = "pypi pythonhosted npmjs crates rubygems golang anaconda"
    hosts = rf"(?<![\w-])(?:{names.replace(' ', '|')})\.(?:org|io)"
    assert re.findall(hosts, text) == []


def test_it_is_read_once() -> None:
    assert rows.load() is rows.load()


# --- a file of one's own ---------------------------------------------------------------------------------------------

OWN = """
[[module]]
name = "yaml"
require = "my-yaml"
source = "ours"

[[symptom]]
says = "No module named 'torch'"
require = ["our-torch"]
because = "ours"
source = "ours"
"""


def write(tmp_path: Path, text: str | bytes) -> tuple[Path, ...]:
    file = tmp_path / "own.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return (file,)


def test_rows_of_ones_own_come_first(tmp_path: Path) -> None:
    known = rows.load(write(tmp_path, OWN))
    assert known.requirement_for("yaml") == "my-yaml"
    assert clues.named_in("ModuleNotFoundError: No module named 'torch'", known)[0].symptom.require == ("our-torch",)
    assert known.requirement_for("skbuild") == KNOWN.requirement_for("skbuild")
    assert len(known.symptom) == len(KNOWN.symptom) + 1


def test_of_two_files_the_first_comes_first(tmp_path: Path) -> None:
    (one,) = write(tmp_path, OWN)
    other = tmp_path / "other.toml"
    other.write_text(OWN.replace("my-yaml", "their-yaml"))
    assert rows.load((other, one)).requirement_for("yaml") == "their-yaml"


def test_an_empty_file_adds_nothing(tmp_path: Path) -> None:
    assert rows.load(write(tmp_path, "")) == KNOWN


MISTAKES = {
    "unknown table": ("[[symptoms]]\n", "own.toml.symptoms: unknown key, did you mean 'symptom'?"),
    "no array": ("[module]\nname = 'x'\n", "own.toml.module: found a table"),
    "a string": ("module = 'x'\n", "own.toml.module: found 'x'"),
    "a row that is no table": ("module = ['x']\n", "own.toml.module[0]: found 'x'"),
    "unknown key": (
        "[[module]]\nname = 'x'\nrequires = 'x'\nrequire = 'x'\nsource = 's'\n",
        "own.toml.module[0].requires: unknown key, did you mean 'require'?",
    ),
    "missing key": ("[[module]]\nname = 'x'\nrequire = 'x'\n", "own.toml.module[0]: the key 'source' is missing"),
    "no string": ("[[module]]\nname = 3\nrequire = 'x'\nsource = 's'\n", "own.toml.module[0].name: found 3"),
    "no requirement": (
        "[[module]]\nname = 'x'\nrequire = 'x y'\nsource = 's'\n",
        "own.toml.module[0].require: found 'x y'",
    ),
    "no requirement in a list": (
        "[[symptom]]\nsays = 'x'\nsource = 's'\nrequire = ['a', 'b<<1']\n",
        "own.toml.symptom[0].require[1]: found 'b<<1'",
    ),
    "no list": ("[[symptom]]\nsays = 'x'\nsource = 's'\nrequire = 'a'\n", "own.toml.symptom[0].require: found 'a'"),
    "no pattern": (
        "[[symptom]]\nsays = '('\nsource = 's'\n",
        "own.toml.symptom[0].says: found '(': no regular expression",
    ),
    "unknown group": (
        "[[symptom]]\nsays = '(?P<modul>x)'\nsource = 's'\n",
        "own.toml.symptom[0].says: found '(?P<modul>x)': unknown groups ['modul']",
    ),
    "variables that are no strings": (
        "[[symptom]]\nsays = 'x'\nsource = 's'\nvariables = { A = 1 }\n",
        "own.toml.symptom[0].variables.A: found 1",
    ),
    "not TOML": ("x =\n", "it is not TOML in UTF-8"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_by_file_and_key(tmp_path: Path, case: str) -> None:
    text, expected = MISTAKES[case]
    with pytest.raises(SettingsError) as caught:
        rows.load(write(tmp_path, text))
    assert str(tmp_path / "own.toml") in str(caught.value)
    (mistake,) = caught.value.mistakes
    assert mistake.startswith(expected)


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    text = "[[module]]\nname = 1\nrequire = '-'\n[[symptom]]\nsays = '['\n[[nothing]]\n"
    with pytest.raises(SettingsError) as caught:
        rows.load(write(tmp_path, text))
    places = [mistake.partition(":")[0] for mistake in caught.value.mistakes]
    assert sorted(places) == [
        "own.toml.module[0]",
        "own.toml.module[0].name",
        "own.toml.module[0].require",
        "own.toml.nothing",
        "own.toml.symptom[0]",
        "own.toml.symptom[0].says",
    ]


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\0", b"x = " + b"[" * 5000, b"\xef\xbb\xbfx = 1"])
def test_files_that_are_none(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(SettingsError):
        rows.load(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        rows.load((tmp_path / "nothing.toml",))
    assert caught.value.mistakes[0].startswith("cannot read it: ")


SENSELESS = {
    "a Python that is no version": "[[stdlib]]\nname = 'x'\ngone = 'soon'\nsource = 's'\n",
    "a day that is none": "[[release]]\nproject = 'x'\nversion = '1'\nday = 'x'\nsource = 's'\n",
    "a version that is none": "[[release]]\nproject = 'x'\nversion = 'one'\nday = '2020-01-01'\nsource = 's'\n",
    "an answer that is none": "[[variable]]\nname = 'X'\nneed = 'CUDA'\nsays = 'maybe'\nbecause = 'x'\nsource = 's'\n",
    "a requirement that cannot be one": "[[stdlib]]\nname = 'x'\ngone = '3.13'\nrequire = 'x y'\nsource = 's'\n",
}
UNKNOWN = {
    "symptom": "[[symptom]]\nsays = 'x'\nsource = 's'\nneed = 'nothing'\n",
    "need": "[[need]]\nname = 'x'\nwhat = 'x'\nwithin = 'nothing'\nsource = 's'\n",
    "variable": "[[variable]]\nname = 'X'\nneed = 'nothing'\nsays = 'no'\nbecause = 'x'\nsource = 's'\n",
}


@pytest.mark.parametrize("case", SENSELESS)
def test_values_that_mean_nothing_are_mistakes(tmp_path: Path, case: str) -> None:
    with pytest.raises(SettingsError) as caught:
        rows.load(write(tmp_path, SENSELESS[case]))
    assert caught.value.mistakes[0].startswith("own.toml.")


@pytest.mark.parametrize("table", UNKNOWN)
def test_a_need_that_has_no_row_is_a_mistake(tmp_path: Path, table: str) -> None:
    with pytest.raises(SettingsError):
        rows.load(write(tmp_path, UNKNOWN[table]))


def test_a_need_of_ones_own(tmp_path: Path) -> None:
    text = '[[need]]\nname = "ours"\nwhat = "our thing"\nsource = "s"\n[[symptom]]\nsays = "x"\nneed = "ours"\nsource = "s"\n'
    row = rows.load(write(tmp_path, text)).needed("", "ours")
    assert row is not None
    assert row.what == "our thing"


# --- what messages lead to -------------------------------------------------------------------------------------------

# a message as a build printed it -> kind and name of the first clue, or a part of what follows from it
NAMES = {
    "ModuleNotFoundError: No module named 'torch'": ("module", "torch"),
    "ModuleNotFoundError: No module named 'Cython'": ("module", "Cython"),
    "ModuleNotFoundError: No module named 'numpy.distutils'": ("module", "numpy.distutils"),
    "ModuleNotFoundError: No module named pkg_resources": ("module", "pkg_resources"),
    "ImportError: No module named numpy": ("module", "numpy"),
    "distutils.errors.DistutilsError: Command '['/v/bin/python', '-m', 'pip', '--disable-pip-version-check', 'wheel', "
    "'--no-deps', '-w', '/tmp/x', '--quiet', 'numpy>=1.11.2']' returned non-zero exit status 1.": (
        "requirement",
        "numpy>=1.11.2",
    ),
    "subprocess.CalledProcessError: Command '['/v/bin/python', '-m', 'pip', 'wheel', '--no-deps', '-w', '/tmp/x', "
    "'cython>=0.27.3']' returned non-zero exit status 1.": ("requirement", "cython>=0.27.3"),
    "pkg_resources.DistributionNotFound: The 'pip' distribution was not found and is required by the application": (
        "requirement",
        "pip",
    ),
    "importlib.metadata.PackageNotFoundError: No package metadata was found for torch": ("requirement", "torch"),
    "If you understand, set CUSTOM_BUILD=yes in your environment": ("variable", "CUSTOM_BUILD"),
    "KeyError: 'LIBFOO_VERSION'": ("variable", "LIBFOO_VERSION"),
    "src/cpp/cuda.hpp:14:10: fatal error: cuda.h: No such file or directory": ("header", "cuda.h"),
    "Modules/common.h:15:10: fatal error: lber.h: No such file or directory": ("header", "lber.h"),
    "x.c:1:10: fatal error: 'openssl/ssl.h' file not found": ("header", "openssl/ssl.h"),
    "x.c(1): fatal error C1083: Cannot open include file: 'zlib.h': No such file or directory": ("header", "zlib.h"),
    "/usr/bin/ld: cannot find -lssl: No such file or directory": ("library", "ssl"),
    "No package 'libffi' found": ("pkgconfig", "libffi"),
    "Package hdf5 was not found in the pkg-config search path.": ("pkgconfig", "hdf5"),
    '../meson.build:12:6: ERROR: Dependency "openblas" not found, tried pkgconfig': ("pkgconfig", "openblas"),
    "error: command 'swig' failed: No such file or directory": ("command", "swig"),
    "error: [Errno 2] No such file or directory: 'autoreconf'": ("command", "autoreconf"),
    "unable to execute 'gcc': No such file or directory": ("command", "gcc"),
    "/bin/sh: 1: cmake: not found": ("command", "cmake"),
    "RuntimeError: CMake must be installed to build the following extensions: x": ("command", "CMake"),
}


@pytest.mark.parametrize("text", NAMES)
def test_what_a_message_names(text: str) -> None:
    clue = clues.named_in(f"running build\n{text}\n", KNOWN)[0]
    assert (clue.kind, clue.name) == NAMES[text]
    assert clue.line == text


REQUIRED = {
    "error in demjson setup command: use_2to3 is invalid.": "setuptools<58",
    "error in gym setup command: 'extras_require' must be a dictionary whose values are strings or lists of strings "
    "containing valid project/version requirement specifiers.": "setuptools<67",
    "packaging.version.InvalidVersion: Invalid version: '0.0.1-SNAPSHOT'": "setuptools<66",
    "ImportError: cannot import name 'Feature' from 'setuptools' (/v/setuptools/__init__.py)": "setuptools<46",
    "error: invalid command 'bdist_wheel'": "wheel",
    "Cython.Compiler.Errors.CompileError: hdbscan/_hdbscan_tree.pyx": "cython<3",
    "AttributeError: 'build_ext' object has no attribute 'cython_sources'": "cython<3",
    "AttributeError: module 'numpy' has no attribute 'int'.": "numpy<1.24",
    "AttributeError: module 'pkgutil' has no attribute 'ImpImporter'. Did you mean: 'zipimporter'?": "setuptools>=66.1",
}


@pytest.mark.parametrize("text", REQUIRED)
def test_what_a_message_asks_for(text: str) -> None:
    assert clues.named_in(text, KNOWN)[0].symptom.require == (REQUIRED[text],)


NEEDED = {
    "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root.": "CUDA",
    "NameError: name 'bare_metal_version' is not defined": "CUDA",
    "urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>": "network",
    "AssertionError: Torch not compiled with CUDA enabled": "CUDA in torch",
    "RuntimeError: PyTorch was compiled without CUDA support": "CUDA in torch",
    "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU": "CUDA driver",
    "RuntimeError: No CUDA GPUs are available": "CUDA driver",
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.": "CUDA driver",
    "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory": "CUDA driver",
    "error: can't find Rust compiler": "Rust",
    "RuntimeError: Cannot install on Python version 3.11.7; only versions >=3.6,<3.10 are supported.": "Python",
}


@pytest.mark.parametrize("text", NEEDED)
def test_what_a_message_needs(text: str) -> None:
    assert clues.named_in(text, KNOWN)[0].symptom.need == NEEDED[text]


GONE = {
    "SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?": "3.0",
    "NameError: name 'unicode' is not defined": "3.0",
    "AttributeError: module 'string' has no attribute 'letters'": "3.0",
    "AttributeError: module 'platform' has no attribute 'linux_distribution'": "3.8",
    "src/_fastmath.c:33:10: fatal error: longintrepr.h: No such file or directory": "3.11",
    "x.c:3744:45: error: \u2018PyLongObject\u2019 {aka \u2018struct _longobject\u2019} has no member named \u2018ob_digit\u2019": "3.12",
    "AttributeError: module 'configparser' has no attribute 'SafeConfigParser'. Did you mean: 'RawConfigParser'?": "3.12",
    "KeyError: '__version__'": "3.13",
}


@pytest.mark.parametrize("text", GONE)
def test_what_a_python_removed(text: str) -> None:
    assert next(clue.symptom.gone for clue in clues.named_in(text, KNOWN) if clue.symptom.gone) == GONE[text]


def test_the_value_that_a_message_asks_for() -> None:
    clue = clues.named_in("Please set the environment variable ALLOW_IT=True, then try again", KNOWN)[0]
    assert (clue.kind, clue.name, clue.value) == ("variable", "ALLOW_IT", "True")


def test_the_program_that_cmake_refuses() -> None:
    clue = clues.named_in("  Compatibility with CMake < 3.5 has been removed from CMake.", KNOWN)[0]
    assert dict(clue.symptom.variables) == {"CMAKE_POLICY_VERSION_MINIMUM": "3.5"}


def test_a_full_stop_is_no_part_of_a_name() -> None:
    assert clues.named_in("ModuleNotFoundError: No module named torch.", KNOWN)[0].name == "torch"


@pytest.mark.parametrize(
    "text", ["", "running build\ncopying x.py\n", "building 'x' extension", "writing top-level names"]
)
def test_nothing_follows_from_a_build_that_works(text: str) -> None:
    assert clues.named_in(text, KNOWN) == []


SPOKEN = Knowledge(
    symptom=(
        Symptom(says="needs (?P<module>[a-z]+)", source="s"),
        Symptom(says="wants (?P<header>[a-z]+)", source="s"),
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wants z\nneeds a\nneeds b\n", "baz"),
        ("needs a\nwants y\nwants z\n", "azy"),
        ("needs a\nneeds a\nneeds b\n", "ba"),
        ("needs a\nneeds b\nneeds a\n", "ab"),
    ],
)
def test_clues_are_in_the_order_of_the_rows_and_the_last_place_first(text: str, expected: str) -> None:
    found = clues.named_in(text, SPOKEN)
    assert "".join(clue.name for clue in found) == expected
    assert all(clue.line.endswith(f" {clue.name}") for clue in found)


def test_rows_with_the_same_pattern() -> None:
    """Cython's messages are the same for what release 3 refuses and for what 3.1 does."""
    same = (Symptom(says="x", source="s", require=("a<3",)), Symptom(says="x", source="s", require=("a<4",)))
    assert [clue.symptom.require for clue in clues.named_in("x", Knowledge(symptom=same))] == [("a<3",), ("a<4",)]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("yaml", "pyyaml"),
        ("skbuild.setuptools_wrap", "scikit-build"),
        ("torch.utils.cpp_extension", "torch"),
        ("Cython", "cython"),
        ("pkg_resources", "setuptools<82"),
        ("setuptools_rust", "setuptools-rust"),
    ],
)
def test_which_requirement_brings_a_module(module: str, expected: str) -> None:
    assert KNOWN.requirement_for(module) == expected


def test_the_longest_part_of_a_module_decides() -> None:
    modules = (Module("a", "of-a", "s"), Module("a.b", "of-b", "s"), Module("a.b", "later", "s"))
    known = Knowledge(module=modules)
    assert [known.requirement_for(name) for name in ("a", "a.b.c", "a.c")] == ["of-a", "of-b", "of-a"]


def test_modules_that_left_the_standard_library() -> None:
    row = KNOWN.left_stdlib("imp")
    assert row is not None
    assert row.gone == "3.12"
    assert KNOWN.left_stdlib("os") is None
    known = Knowledge(stdlib=(Stdlib("lib.inner", "3.9", "s"), Stdlib("old", "3.10", "s")))
    found = [known.left_stdlib(name) for name in ("lib.inner", "lib", "lib.other", "old.part.of_it")]
    assert [row and row.gone for row in found] == ["3.9", None, None, "3.10"]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("header", "cuda.h", "CUDA headers"),
        ("header", "cuda_runtime.h", "CUDA headers"),
        ("header", "lber.h", "OpenLDAP"),
        ("command", "nvcc", "CUDA"),
        ("command", "/usr/bin/gcc", "native"),
        ("library", "ldap", "OpenLDAP"),
        ("", "network", "network"),
    ],
)
def test_what_systems_have(kind: str, name: str, expected: str) -> None:
    row = KNOWN.needed(kind, name)
    assert row is not None
    assert row.name == expected


@pytest.mark.parametrize("kind", ["", "header", "library", "command", "pkgconfig"])
def test_what_nobody_knows(kind: str) -> None:
    assert KNOWN.needed(kind, "nothing-of-that-name") is None


def test_packages_of_systems_are_named() -> None:
    row = KNOWN.needed("header", "lber.h")
    assert row is not None
    assert row.text == "the OpenLDAP headers (Debian libldap2-dev, Fedora openldap-devel)"
    network = KNOWN.needed("", "network")
    assert network is not None
    assert network.text == network.what


# --- any output ------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "No module named '", "'", "\n", "error: ", "fatal error: ", ".h: No such file", "setup.py:3: cuda", "KeyError: '",
        "-m pip wheel 'x", "returned non-zero", "set A_B=", "cmake ", "not found", "Python 2", "PyThreadState", "Package ", " ",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join))
@example("No module named '.")
def test_any_text_has_clues_or_none(text: str) -> None:
    for clue in clues.named_in(text, KNOWN):
        assert clue.kind in ("", *rows.KINDS)
        assert bool(clue.kind) == bool(clue.name) or not clue.kind


LONG = {
    "blank lines": "\n" * 3_000,
    "bars": "[====>      ]\n" * 600,
    "errors": "error " * 1_500,
}


@pytest.mark.parametrize("case", LONG)
def test_long_output_is_looked_through_in_no_time(case: str) -> None:
    began = time.monotonic()
    clues.named_in(LONG[case], KNOWN)
    assert time.monotonic() - began < 0.3


@pytest.mark.parametrize(
    ("plugin", "requirement"),
    [
        ("vcs", "hatch-vcs"),
        ("fancy-pypi-readme", "hatch-fancy-pypi-readme"),
        ("requirements_txt", "hatch-requirements-txt"),
        ("uv-dynamic-versioning", "uv-dynamic-versioning"),
        ("versioningit-onbuild", "versioningit"),
        ("nodejs", "hatch-nodejs-version"),
        ("hatch-own", "hatch-own"),
    ],
)
def test_what_brings_a_plugin_of_hatchling(plugin: str, requirement: str) -> None:
    assert KNOWN.plugs_in(plugin) == requirement


def test_a_need_is_within_others_and_never_within_itself() -> None:
    one, other = (Need(name=a, what="x", source="s", within=b) for a, b in (("a", "b"), ("b", "a")))
    assert Knowledge(need=(one, other)).needs_within("a") == ["a", "b"]
    assert KNOWN.needs_within("CUDA in torch") == ["CUDA in torch", "CUDA driver", "CUDA"]
