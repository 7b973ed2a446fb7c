"""`augbackend wrap --match-runtime --lock`: which versions a lock says, and what the archive makes of them."""

from __future__ import annotations

import codecs
import re
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from augbackend.cli.main import group
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.project import requirements_file

from ..conftest import run_hook, write
from ..unit.test_local_version import content_of
from ..unit.test_pin_runtime import install, seen
from .archives import SETUP_CALL, own_table, report, sdist, table_of, unpacked, wrap, wrapped
from .runner import CliRunner
from .test_wrap import field
from .test_wrap_project import PROJECT, uv_lock
from .test_wrap_project import locked as package

pytestmark = pytest.mark.usefixtures("alone")

Locked = Callable[..., Path]
LINUX, OTHERS = "sys_platform == 'linux'", "sys_platform != 'linux'"
BOTH: list[Mapping[str, Any]] = [
    package("2.8.0", "torch", **{"resolution-markers": [LINUX]}),
    package("2.7.1", "torch", **{"resolution-markers": [OTHERS]}),
]


@pytest.fixture
def locked(tmp_path: Path) -> Locked:
    """Wrap an sdist that is to match torch in the version of a lock; returns the archive."""

    def make(
        name: str, text: str | bytes, *arguments: str, files: Mapping[str, str | bytes] | None = None, match: str = "torch"
    ) -> Path:  # fmt: skip
        write(tmp_path, {name: text})
        options = ("--match-runtime", match, "--lock", tmp_path / name, "-o", tmp_path / "out")
        wrapped(sdist(tmp_path / "in", files), *options, *arguments)
        return tmp_path / "out" / "demo-1.0.tar.gz"

    return make


def entry(archive: Path) -> dict[str, Any]:
    """The one build requirement that is matched."""
    (found,) = (one for one in own_table(archive)["extra-build-dependencies"] if isinstance(one, dict))
    return dict(found)


def versions(archive: Path) -> list[str]:
    found: list[str] = entry(archive).get("locked", [])
    return found


def pins(archive: Path) -> list[str]:
    """What `PKG-INFO` says of torch."""
    return [text for text in field(archive, "Requires-Dist") if Requirement(text).name.lower() == "torch"]


def marked(*texts: str) -> list[tuple[str, Marker | None]]:
    """Requirements without their markers, and the markers."""
    found = []
    for text in texts:
        requirement = Requirement(text)
        marker, requirement.marker = requirement.marker, None
        found.append((str(requirement), marker))
    return found


# --- which versions a file says ---


def pylock(*packages: str, version: str = "1.0") -> str:
    """A lock file of packages, each with an sdist if it has nothing else."""
    found = []
    for text in packages:
        name = "-".join(re.findall(r'^(?:name|version) = "(.*)"', text, re.MULTILINE))
        sdist = f"sdist = {{ url = 'https://host/{name}.tar.gz', hashes = {{ sha256 = '00' }} }}"
        found.append(f"[[packages]]\n{text}\n" + ("" if re.search("wheels|archive|vcs|directory", text) else sdist))
    return "\n".join([f'lock-version = "{version}"\ncreated-by = "a test"', *found])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("uv.lock", uv_lock(package("1.0", "six"), package("2.8.0", "torch")), "torch===2.8.0"),
        ("pylock.toml", pylock('name = "six"\nversion = "1"', 'name = "torch"\nversion = "2.8.0"'), "torch===2.8.0"),
        ("pylock.dev.toml", pylock('name = "torch"\nversion = "2.8.0"'), "torch===2.8.0"),
        ("requirements.txt", "six==1\ntorch==2.8.0\n", "torch==2.8.0"),
        ("constraints.txt", "Torch===2.8.0", "torch==2.8.0"),
        ("requirements-dev.lock", "torch==2.8.0", "torch==2.8.0"),
        ("whatever.in", "torch == 2.8.0", "torch==2.8.0"),
    ],
)
def test_a_lock(locked: Locked, name: str, text: str, expected: str) -> None:
    archive = locked(name, text)
    assert entry(archive) == {"requirement": "torch", "match-runtime": True, "locked": [expected]}
    assert own_table(archive)["pin-runtime"] == {"torch": "auto"}
    assert pins(archive) == ["torch>=2.8.0,<2.9"]
    assert field(archive, "Dynamic") == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("torch==2.8.0  # the one that works", ["torch==2.8.0"]),
        ("# torch==2.7.0\n#torch==2.6.0\ntorch==2.8.0", ["torch==2.8.0"]),
        ("torch==2.8.0 \\\n    --hash=sha256:0a \\\n    --hash=sha256:0b\n    # via demo\nsix==1", ["torch==2.8.0"]),
        ("torch==2.8.0 --hash=sha256:0a --no-binary :all:", ["torch==2.8.0"]),
        ("torch==2.8.0\\\n ; python_version > '3' --hash=sha256:0a", ["torch==2.8.0 ; python_version > '3'"]),
        ("Torch[opt,more]==2.8.0", ["torch==2.8.0"]),
        ("torch (==2.8.0)", ["torch==2.8.0"]),
        ("--find-links .\n--no-binary torch\n--pre\n-e ./torch\ntorch==2.8.0", ["torch==2.8.0"]),
        ("torch>=2\ntorch==2.8.0", ["torch==2.8.0"]),
    ],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lines_of_requirements(locked: Locked, lines: str, expected: list[str], ends: str) -> None:
    archive = locked("requirements.txt", lines.replace("\n", ends))
    assert marked(*versions(archive)) == marked(*expected)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "six==1",
        "torch",
        "torch>=2.8.0",
        "torch==2.8.*",
        "torch==2.8.0,!=2.8.1",
        "torch==2.8.0 ; os_name == 'x' or",
        "torch-geometric==2.8.0\ntorchvision==2.8.0",
        "--index-url https://host/torch==2.8.0/\n-i https://host/\n--extra-index-url=https://host/",
        "-e git+https://host/torch#egg=torch==2.8.0\n./torch\nhttps://host/torch-2.8.0-py3-none-any.whl",
        "-r https://host/requirements.txt",
        "torch @ https://host/torch-2.8.0.tar.gz",
        "torch @ https://host/torch.whl",
        "torch @ https://host/torch-2.8.0-cp312.whl",
    ],
)
def test_a_file_that_does_not_say(tmp_path: Path, lines: str) -> None:
    write(tmp_path, {"requirements.txt": lines})
    options = ("--match-runtime", "torch", "--lock", tmp_path / "requirements.txt", "-o", tmp_path / "out")
    result = wrap(sdist(tmp_path / "in"), *options)
    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert "it does not name one version of torch [" in result.output
    assert f"where: {tmp_path / 'requirements.txt'}\n" in result.output


def test_the_mark_of_windows(locked: Locked) -> None:
    assert versions(locked("requirements.txt", b"\xef\xbb\xbftorch==2.8.0\r\n")) == ["torch==2.8.0"]


@pytest.mark.parametrize(
    ("included", "expected"),
    [
        ("-r other.txt", "torch==2.8.0"),
        ("-c other.txt", "torch==2.8.0"),
        ("-rother.txt", "torch==2.8.0"),
        ("--requirement other.txt", "torch==2.8.0"),
        ("--constraint=other.txt  # for all", "torch==2.8.0"),
        ("-r below/more.txt", "torch==2.7.0"),
        ("-r https://host/other.txt\n-r other.txt", "torch==2.8.0"),
    ],
)
def test_included_files(locked: Locked, tmp_path: Path, included: str, expected: str) -> None:
    write(tmp_path, {"other.txt": "torch==2.8.0", "below/more.txt": "-r more-yet.txt", "below/more-yet.txt": "torch==2.7.0"})  # fmt: skip
    assert versions(locked("requirements.txt", f"six\n{included}\n")) == [expected]


@pytest.mark.parametrize("included", ['-r "a file.txt"', "-c 'a file.txt'", "--constraint='a file.txt' -r none.txt"])
def test_included_files_with_blanks_in_their_names(locked: Locked, tmp_path: Path, included: str) -> None:
    write(tmp_path, {"a file.txt": "torch==2.8.0"})
    assert versions(locked("requirements.txt", included.replace(" -r none.txt", ""))) == ["torch==2.8.0"]


def test_variables(locked: Locked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"below/other.txt": "torch==${TORCH_2}\ntorch==$TORCH_2 ; os_name == '${torch_2}${UNSET}${EMPTY}'"})
    monkeypatch.setenv("TORCH_2", "2.8.0")
    monkeypatch.setenv("torch_2", "2.7.0")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("FOLDER", str(tmp_path / "below"))
    monkeypatch.delenv("UNSET", raising=False)
    assert versions(locked("requirements.txt", "-r ${FOLDER}/other.txt")) == ["torch==2.8.0"]


@pytest.mark.parametrize(
    "content",
    [
        "torch==2.8.0 # ä".encode("utf-16"),
        codecs.BOM_UTF16_BE + "torch==2.8.0 # ä".encode("utf-16-be"),
        "torch==2.8.0 # ä".encode("utf-32"),
        "# -*- coding: latin-1 -*-\ntorch==2.8.0 # ä".encode("latin-1"),
        "#\n# vim: set fileencoding=cp1252\ntorch==2.8.0 # ä".encode("cp1252"),
    ],
)
def test_encodings(locked: Locked, content: bytes) -> None:
    assert versions(locked("requirements.txt", content)) == ["torch==2.8.0"]


PIECES = st.sampled_from(
    ["torch==2.8.0", "six==1", "x==1 ; os_name == 'a -b'", "y", "\n", "\n", "\r\n", " ", "\\\n", "\\\n", "#", " # ", "--hash=sha256:0", " --hash=sha256:0",
     "-c other.txt", " -r 'a file.txt'", '--requirement="a file.txt"', "-rother.txt", "--pre", "${NAMED}", "${named}", "\\", "\x0c", "\u2028"]
)  # fmt: skip


@settings(deadline=None)  # pip is imported
@given(st.lists(PIECES, max_size=8).map("".join))
@example("-r other.txt -r 'a file.txt'")
@example("# one \\\ntorch==2.8.0 \\\n # two\nsix==1\\")
def test_what_pip_reads(text: str) -> None:
    """The same versions as by pip's own parser, where that one does not complain."""
    parser = pytest.importorskip("pip._internal.req.req_file")
    errors = pytest.importorskip("pip._internal.exceptions")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAMED", "z==3")
        root = write(Path(folder), {"other.txt": "a==1", "a file.txt": "b==2", "requirements.txt": text.encode()})
        try:
            read = [one.requirement for one in parser.parse_requirements(str(root / "requirements.txt"), session=None)]
        except errors.PipError:
            reject()
        found = [(one.name, one.version, one.marker) for one in requirements_file.pins(root / "requirements.txt")]
    expected = []
    for line in read:
        with suppress(InvalidRequirement):
            one = Requirement(line)
            expected += (
                [(canonicalize_name(one.name), exact_version(one), str(one.marker or ""))] if exact_version(one) else []
            )
    assert found == expected


def test_files_that_include_each_other(locked: Locked, tmp_path: Path) -> None:
    text = "-c requirements.txt\n-r ./other.txt\n-r below/../other.txt\ntorch==2.8.0\n"
    write(tmp_path, {"other.txt": text, "below/x": ""})
    assert versions(locked("requirements.txt", "-r other.txt\n")) == ["torch==2.8.0"]


def test_one_pin_said_twice(locked: Locked, tmp_path: Path) -> None:
    write(tmp_path, {"constraints.txt": "torch==2.8.0\n"})
    archive = locked("requirements.txt", "torch==2.8.0\n-c constraints.txt\n")
    assert (versions(archive), pins(archive)) == (["torch==2.8.0"], ["torch>=2.8.0,<2.9"])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("poetry.lock", "[[package]]\n", ["of a format that is not known here", "poetry export"]),
        ("pdm.lock", "", ["of a format that is not known here", "pdm export"]),
        ("requirements.txt", b"torch==2.8.0 # \xff", ["it cannot be read", "name a uv.lock"]),
        ("requirements.txt", "-r missing.txt", ["it cannot be read", "missing.txt"]),
        ("pylock.toml", "packages =", ["it cannot be read"]),
        ("pylock.toml", pylock(version="2.0"), ["its lock-version is '2.0', and '1.0' is the one known here"]),
        ("pylock.toml", "packages = []", ["its lock-version is None"]),
        ("pylock.toml", "lock-version = 1", ["its lock-version is 1,"]),
        ("pylock.toml", pylock('name = "torch"\nversion = 3'), ["not as PEP 751 says", "packages[0].version"]),
        ("pylock.toml", pylock("name = 'x'\ndirectory = 3"), ["not as PEP 751 says", "packages[0].directory"]),
        ("pylock.toml", pylock('name = "torch"\nmarker = "extras == 3"'), ["not as PEP 751 says"]),
        (
            "pylock.toml",
            pylock('name = "torch"\nversion = "1"\nmarker = "extras == \'a\'"'),
            ["its marker cannot be read", "torch"],
        ),
        ("uv.lock", "package = 3\n", ["it does not name one version of torch"]),
        (
            "uv.lock",
            "[[package]]\nname = 3\nsource = 3\nresolution-markers = 3\nwheels = [3]\n",
            ["it does not name one version of torch"],
        ),
        (
            "uv.lock",
            "[[package]]\nname = 'x'\nresolution-markers = ['nope']\n",
            ["its marker cannot be read", "uv.lock, x"],
        ),
        ("uv.lock", "[[package]]\nname = 'x'\nsource = { git = 'https://[/x' }\n", ["'https://[/x' is not a URL"]),
        ("requirements.txt", "-r", ["'-r' cannot be read"]),
        ("requirements.txt", "-r 'other.txt", ["cannot be read", "-r 'other.txt"]),
        ("requirements.txt", b"# coding: nope\ntorch==2.8.0", ["it cannot be read", "nope"]),
        ("uv.lock", "version = 2\n", ["its format is 2"]),
    ],
)
def test_a_file_that_is_not_understood(tmp_path: Path, name: str, text: str | bytes, expected: list[str]) -> None:
    write(tmp_path, {name: text})
    options = ("--match-runtime", "torch", "--lock", tmp_path / name, "-o", tmp_path / "out")
    result = wrap(sdist(tmp_path / "in"), *options)
    assert (result.exit_code, (tmp_path / "out").exists()) == (2, False)
    assert [text for text in [*expected, str(tmp_path)] if text not in result.output] == []


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = wrap(sdist(tmp_path / "in"), "--match-runtime", "torch", "--lock", tmp_path / "missing.txt")
    assert (result.exit_code, "does not exist" in result.output) == (2, True)


# --- stronger than a lock ---


@pytest.mark.parametrize(
    ("asked", "expected", "pinned"),
    [
        ("torch==2.9.0", ["torch==2.9.0"], ["torch>=2.9.0,<2.10"]),
        ("six==1, Torch==2.9.0", ["torch==2.9.0"], ["torch>=2.9.0,<2.10"]),
        ("six==1", ["torch==2.8.0"], ["torch>=2.8.0,<2.9"]),
    ],
)
def test_the_environment_is_stronger(
    locked: Locked, monkeypatch: pytest.MonkeyPatch, asked: str, expected: list[str], pinned: list[str]
) -> None:
    monkeypatch.setenv("AUGBACKEND_MATCH_RUNTIME", asked)
    archive = locked("requirements.txt", "torch==2.8.0")
    assert (versions(archive), pins(archive)) == (expected, pinned)


def test_what_the_environment_says_has_to_be_a_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGBACKEND_MATCH_RUNTIME", "torch")
    result = wrap(sdist(tmp_path / "in"), "--match-runtime", "torch", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "AUGBACKEND_MATCH_RUNTIME): found 'torch': expected a name and a version, such as" in result.output


# --- forks ---


FORKS = {
    "uv.lock": uv_lock(*BOTH),
    "pylock.toml": pylock(
        f'name = "torch"\nversion = "2.8.0"\nmarker = "{LINUX}"',
        f'name = "torch"\nversion = "2.7.1"\nmarker = "{OTHERS}"',
    ),
    "requirements.txt": f"torch==2.8.0 ; {LINUX}\ntorch==2.7.1 ; {OTHERS} --hash=sha256:0a\n",
}


@pytest.mark.parametrize("name", FORKS)
def test_forks_keep_their_markers(locked: Locked, name: str) -> None:
    archive = locked(name, FORKS[name], match="torch[opt]>=2")
    found = [text.replace("===", "==") for text in versions(archive)]
    assert marked(*found) == marked(f"torch[opt]==2.8.0 ; {LINUX}", f"torch[opt]==2.7.1 ; {OTHERS}")
    assert marked(*pins(archive)) == marked(f"torch>=2.8.0,<2.9 ; {LINUX}", f"torch>=2.7.1,<2.8 ; {OTHERS}")


def test_forks_beside_markers_of_the_package(locked: Locked) -> None:
    setup = "from setuptools import setup\nsetup(name='demo', version='1.0', install_requires={!r})\n"
    required = ["six", "torch>=2 ; python_version > '3'"]
    archive = locked("uv.lock", uv_lock(*BOTH), files={"setup.py": setup.format(required)})
    both = [f"torch>=2.8.0,<2.9 ; python_version > '3' and {LINUX}", f"torch>=2.7.1,<2.8 ; python_version > '3' and {OTHERS}"]  # fmt: skip
    beside = [f"torch>=2.8.0,<2.9 ; {LINUX}", f"torch>=2.7.1,<2.8 ; {OTHERS}"]
    assert marked(*field(archive, "Requires-Dist")) == marked("six", *both, *beside)
    assert marked(*own_table(archive)["metadata"]["requires-dist"]) == marked(*required)


def test_requirements_that_are_one_when_they_are_pinned(locked: Locked) -> None:
    setup = (
        "from setuptools import setup\nsetup(name='demo', version='1.0', install_requires=['torch>=2', 'torch>1'])\n"
    )
    archive = locked("requirements.txt", "torch==2.8.0", files={"setup.py": setup})
    assert pins(archive) == ["torch>=2.8.0,<2.9"]


@pytest.mark.parametrize("name", ["uv.lock", "requirements.txt"])
def test_one_version_for_all_forks_stands_without_a_marker(locked: Locked, name: str) -> None:
    archive = locked(name, FORKS[name].replace("2.7.1", "2.8.0"))
    assert pins(archive) == ["torch>=2.8.0,<2.9"]
    assert {Requirement(text).specifier.contains("2.8.0") for text in versions(archive)} == {True}


def test_a_marker_of_what_is_to_match(locked: Locked) -> None:
    archive = locked("uv.lock", uv_lock(*BOTH), match="torch ; os_name == 'posix' or os_name == 'nt'")
    for text, (_, fork) in zip(versions(archive), marked(f"x ; {LINUX}", f"x ; {OTHERS}")):
        (_, found) = marked(text)[0]
        assert found is not None
        assert fork is not None
        for platform in ("linux", "win32"):
            for name in ("posix", "nt", "java"):
                here = {"sys_platform": platform, "os_name": name}
                assert found.evaluate(here) == (fork.evaluate(here) and name != "java")


def test_versions_that_extras_tell_apart(tmp_path: Path) -> None:
    write(tmp_path, {"uv.lock": uv_lock(package("2.8.0", "torch"), package("2.7.1", "torch"))})
    options = ("--match-runtime", "torch", "--lock", tmp_path / "uv.lock", "-o", tmp_path / "out")
    result = wrap(sdist(tmp_path / "in"), *options)
    assert (
        result.exit_code,
        "torch is locked to 2.7.1 and 2.8.0, and no marker tells them apart" in result.output,
    ) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("'gpu' in extras", ""),
        ("'gpu' not  in extras or 'dev' in dependency_groups", ""),
        (f"'gpu' in extras and {LINUX}", LINUX),
        (f"{LINUX} and ('gpu' in extras or 'cpu' in extras) and python_version > '3'", f"python_version > '3' and {LINUX}"),
        (f"'gpu' in extras or {LINUX}", ""),
        (f"('default' in dependency_groups or 'gpu' in extras) and ({LINUX} or os_name == 'nt')", f"os_name == 'nt' or {LINUX}"),
        ("'win' in sys_platform and 'gpu' in extras", "'win' in sys_platform"),
        ("""platform_version != "it's in extras" and 'a' in extras""", """platform_version != "it's in extras\""""),
        (LINUX, LINUX),
    ],
)  # fmt: skip
def test_extras_and_groups_are_chosen_by_who_installs(locked: Locked, marker: str, expected: str) -> None:
    text = f"name = \"torch\"\nversion = \"2.8.0\"\nmarker = '''{marker}'''"
    (found,) = versions(locked("pylock.toml", pylock(text)))
    assert marked(found) == marked(f"torch===2.8.0 ; {expected}" if expected else "torch===2.8.0")


@pytest.mark.parametrize(
    "markers",
    [
        ("'gpu' in extras", "'gpu' not in extras"),
        (f"'gpu' in extras and {LINUX}", f"'gpu' not in extras and {LINUX}"),
        (f"'gpu' in extras and {LINUX}", "'gpu' not in extras"),
    ],
)
def test_versions_that_only_a_choice_tells_apart(tmp_path: Path, markers: tuple[str, str]) -> None:
    packages = [f'name = "torch"\nversion = "2.{at}"\nmarker = "{marker}"' for at, marker in enumerate(markers)]
    write(tmp_path, {"pylock.toml": pylock(*packages)})
    options = ("--match-runtime", "torch", "--lock", tmp_path / "pylock.toml", "-o", tmp_path / "out")
    result = wrap(sdist(tmp_path / "in"), *options)
    assert result.exit_code == 2
    assert "torch is locked to 2.0 and 2.1, and no marker tells them apart" in result.output


def test_a_choice_of_uv(locked: Locked) -> None:
    """Which uv writes as an extra that no project can have."""
    torch = package("2.8.0", "torch", **{"resolution-markers": [f"{LINUX} and extra == 'extra-4-demo-gpu'"]})
    assert marked(*versions(locked("uv.lock", uv_lock(torch)))) == marked(f"torch===2.8.0 ; {LINUX}")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "vcs = { type = 'git', url = 'https://host/torch', commit-id = 'abc', subdirectory = 'x' }",
            "torch @ git+https://host/torch@abc#subdirectory=x",
        ),
        ("archive = { path = 'torch.zip', hashes = { sha256 = '00' } }", "torch===2.8.0"),
        ("directory = { path = 'torch' }", "torch===2.8.0"),
    ],
)
def test_a_package_that_is_from_no_index(locked: Locked, source: str, expected: str) -> None:
    archive = locked("pylock.toml", pylock(f'name = "torch"\nversion = "2.8.0"\n{source}'))
    assert versions(archive) == [expected]


# --- local versions ---


HOST = "https://index.example.org/cu128"
CU128 = "torch-2.8.0%2Bcu128"
WHEELS = {
    f"{CU128}-cp39-cp39-manylinux_2_28_x86_64.whl": ("linux", "x86_64", "3.9"),
    f"{CU128}-cp312-cp312-manylinux_2_28_x86_64.whl": ("linux", "x86_64", "3.12"),
    f"{CU128}-cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64.whl": ("linux", "aarch64", "3.12"),
    f"{CU128}-cp312-cp312-win_amd64.whl": ("win32", "AMD64", "3.12"),
    f"{CU128}-cp312-none-macosx_11_0_arm64.whl": ("darwin", "arm64", "3.12"),
    # no marker tells these apart from the others
    f"{CU128}-cp312-cp312t-win_amd64.whl": None,
    f"{CU128}-cp312-cp312-musllinux_1_2_x86_64.whl": None,
}


def local(name: str) -> str:
    """A lock of a torch that only an index of its own has."""
    if name == "uv.lock":
        wheels = [{"url": f"{HOST}/{wheel}", "hash": f"sha256:{at:064}"} for at, wheel in enumerate(WHEELS)]
        return uv_lock(package("2.8.0+cu128", "torch", source={"registry": HOST}, wheels=wheels))
    lines = [f"{{ url = '{HOST}/{wheel}', hashes = {{ sha256 = '{at:064}' }} }}" for at, wheel in enumerate(WHEELS)]
    return pylock(f"name = 'torch'\nversion = '2.8.0+cu128'\nindex = '{HOST}'\nwheels = [{', '.join(lines)}]")


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_a_local_version_is_asked_for_by_url(locked: Locked, name: str) -> None:
    archive = locked(name, local(name), match="torch[opt]")
    found = [Requirement(text) for text in versions(archive)]
    fitting = [(at, wheel) for at, wheel in enumerate(WHEELS) if WHEELS[wheel]]
    assert [str(one.url) for one in found] == [f"{HOST}/{wheel}#sha256={at:064}" for at, wheel in fitting]
    assert {(one.name, *one.extras) for one in found} == {("torch", "opt")}
    for tags in filter(None, WHEELS.values()):
        platform, machine, python = tags
        here = {"sys_platform": platform, "platform_machine": machine, "python_version": python}
        holding = [one for one in found if one.marker and one.marker.evaluate({**here, "platform_python_implementation": "CPython"})]  # fmt: skip
        assert [WHEELS[str(one.url).rpartition("/")[2].partition("#")[0]] for one in holding] == [tags]
    assert own_table(archive)["pin-runtime"] == {"torch": "auto"}
    assert pins(archive) == ["torch==2.8.0+cu128"]


def test_a_wheel_by_its_url(locked: Locked) -> None:
    wheel = f"{HOST}/{CU128}-cp312-cp312-win_amd64.whl"
    archive = locked("requirements.txt", f"torch @ {wheel}#sha256=0a\nsix @ {HOST}/six-1.tar.gz\n")
    (found,) = map(Requirement, versions(archive))
    assert found.url == f"{wheel}#sha256=0a"
    assert str(found.marker).startswith('sys_platform == "win32" and platform_machine == "AMD64" and python_version')
    assert pins(archive) == ["torch==2.8.0+cu128"]


def test_a_wheel_by_its_url_where_a_marker_holds(locked: Locked) -> None:
    archive = locked(
        "requirements.txt",
        f"torch @ {HOST}/torch-2.8.0-py3-none-any.whl ; {LINUX}\ntorch==2.7.1 ; {OTHERS}\n",
    )
    expected = (f"torch @ {HOST}/torch-2.8.0-py3-none-any.whl ; {LINUX}", f"torch==2.7.1 ; {OTHERS}")
    assert marked(*versions(archive)) == marked(*expected)


def test_a_wheel_on_this_machine_is_asked_for_by_its_version(locked: Locked) -> None:
    archive = locked("requirements.txt", "torch @ file:///home/me/torch-2.8.0-py3-none-any.whl")
    assert [text.replace("===", "==") for text in versions(archive)] == ["torch==2.8.0"]


def test_credentials_are_written_nowhere(tmp_path: Path) -> None:
    wheel = f"{HOST}/torch-2.8.0-py3-none-any.whl".replace("://", "://user:secret@")
    write(tmp_path, {"requirements.txt": f"torch @ {wheel}\n"})
    options = ("--match-runtime", "torch", "--lock", tmp_path / "requirements.txt", "-o", tmp_path / "out")
    result = wrap(sdist(tmp_path / "in"), *options)
    assert (result.exit_code, (tmp_path / "out").exists(), "secret" in result.output) == (2, False, False)
    assert "the URL of torch has credentials in it" in result.output


@pytest.mark.parametrize("text", ["torch==2.8.0+cu128", f"torch @ {HOST}/{CU128}-cp312-cp312t-win_amd64.whl"])
def test_a_local_version_without_a_url(locked: Locked, text: str) -> None:
    archive = locked("requirements.txt", text)
    assert versions(archive) == ["torch==2.8.0+cu128"]
    assert pins(archive) == ["torch==2.8.0+cu128"]


# --- pins ---


def test_which_variant_it_is_only_a_build_knows(locked: Locked) -> None:
    """A `==2.8.0` of a requirements file may turn out to be 2.8.0+cpu."""
    archive = locked("requirements.txt", "torch==2.8.0", "--pin-runtime", "torch=exact")
    assert (own_table(archive)["pin-runtime"], pins(archive)) == ({"torch": "exact"}, [])
    assert field(archive, "Dynamic") == ["Requires-Dist"]


def test_a_version_that_the_package_excludes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("torch==2.8.0\n")
    archive = sdist(tmp_path / "in", {"setup.py": SETUP_CALL.format("install_requires=['torch<2.5']")})
    result = wrap(str(archive), "--match-runtime", "torch", "--lock", "requirements.txt")
    assert result.exit_code == 2
    assert "the package requires 'torch<2.5', but is to be built with torch 2.8.0" in result.output


def test_a_lock_without_anything_to_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("torch==2.8.0\n")
    result = wrap(str(sdist(tmp_path / "in")), "--require", "torch", "--lock", "requirements.txt")
    assert (result.exit_code, "--lock needs --match-runtime" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("width", "expected"),
    [("x", ["torch>=2.8.0,<3"]), ("x.x.x", ["torch>=2.8.0,<2.8.1"]), ("none", [])],
)
def test_another_width(locked: Locked, width: str, expected: list[str]) -> None:
    archive = locked("requirements.txt", "torch==2.8.0", "--pin-runtime", f"Torch={width}")
    assert own_table(archive).get("pin-runtime") == ({"torch": width} if expected else None)
    assert pins(archive) == expected
    assert versions(archive) == ["torch==2.8.0"]


@pytest.mark.parametrize("text", ["torch", "torch=", "torch=x.y", "=x", "torch=2.8"])
def test_a_width_that_is_none(tmp_path: Path, text: str) -> None:
    result = wrap(sdist(tmp_path / "in"), "--match-runtime", "torch", "--pin-runtime", text, "-o", tmp_path / "out")
    assert (
        result.exit_code,
        "the width one of auto, x, x.x, x.x.x, exact, none" in " ".join(result.output.split()),
    ) == (
        2,
        True,
    )


def test_a_pin_of_what_is_required(tmp_path: Path) -> None:
    wrapped(sdist(tmp_path / "in"), "--require", "torch==2.8.0", "--pin-runtime", "torch=x.x", "-o", tmp_path / "out")
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert pins(archive) == ["torch>=2.8.0,<2.9"]
    assert own_table(archive)["extra-build-dependencies"] == ["torch==2.8.0"]


FLIT = """
[build-system]
requires = ["flit_core", "torch<3"]
build-backend = "flit_core.buildapi"
[project]
name = "demo"
version = "1.0"
description = "x"
dependencies = [
  "six",  # as ever
  "torch>=2",
]
[project.optional-dependencies]
more = ["Torch[opt]", "rich"]
"""


def test_a_project_table_gets_pinned_dependencies(locked: Locked) -> None:
    archive = locked("uv.lock", uv_lock(*BOTH), files={"pyproject.toml": FLIT, "setup.py": b""})
    project = table_of(archive)["project"]
    both = [f"torch>=2.8.0,<2.9 ; {LINUX}", f"torch>=2.7.1,<2.8 ; {OTHERS}"]
    assert marked(*project["dependencies"]) == marked("six", *both)
    extras = [text.replace("torch", "Torch[opt]") for text in both]
    assert marked(*project["optional-dependencies"]["more"]) == marked(*extras, "rich")
    assert "# as ever" in unpacked(archive)["pyproject.toml"].decode()
    # another version than the one to be matched must not be installed first
    assert [text for text in table_of(archive)["build-system"]["requires"] if "torch" in text] == []
    assert marked(*pins(archive)) == marked(*both, *(text.replace("; ", "; extra == 'more' and ") for text in extras))


def test_a_project_table_without_that_dependency(locked: Locked) -> None:
    text = FLIT.replace('  "torch>=2",\n', "").replace('"Torch[opt]", ', "")
    archive = locked("requirements.txt", "torch==2.8.0", files={"pyproject.toml": text, "setup.py": b""})
    assert table_of(archive)["project"]["dependencies"] == ["six", "torch>=2.8.0,<2.9"]


# --- what only a build can know ---


def test_a_version_that_is_not_known(tmp_path: Path) -> None:
    said = wrapped(sdist(tmp_path / "in"), "--match-runtime", "torch>=2", "-o", tmp_path / "out").output.splitlines()
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert field(archive, "Dynamic") == ["Requires-Dist"]
    assert field(archive, "Requires-Dist") == []  # poetry would believe them
    own = own_table(archive)
    assert own["metadata"] == {"pkg-info": True, "requires-dist": ["six"]}
    assert own["pin-runtime"] == {"torch": "auto"}
    assert entry(archive) == {"requirement": "torch>=2", "match-runtime": True}
    assert "  its wheel requires the torch that it was built with (width auto)" in said
    assert "demo: the version of torch at run time is not known; name it with --lock FILE" in said


def test_without_a_pin_nothing_is_dynamic(tmp_path: Path) -> None:
    options = ("--match-runtime", "torch", "--pin-runtime", "torch=none", "-o", tmp_path / "out")
    wrapped(sdist(tmp_path / "in"), *options)
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert (field(archive, "Dynamic"), field(archive, "Requires-Dist")) == ([], ["six"])


# --- the archive ---


@pytest.mark.parametrize(("name", "text"), [("uv.lock", local("uv.lock")), ("requirements.txt", "torch==2.8.0\n")])
def test_again_and_verified(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {name: text})
    upstream = sdist(tmp_path / "in")
    options = (upstream, "--match-runtime", "torch", "--lock", tmp_path / name, "-o", tmp_path / "out")
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert report(*options)["packages"][0]["state"] == "written"
    before = archive.read_bytes()
    assert report(*options)["packages"][0]["state"] == "unchanged"
    assert (archive.read_bytes(), wrap(*options, "--check").exit_code) == (before, 0)
    verified = CliRunner().invoke(group, ["verify", str(archive), "--upstream", str(upstream)])
    assert verified.exit_code == 0, verified.output
    write(tmp_path, {name: uv_lock(package("2.9.0", "torch")) if name == "uv.lock" else "torch==2.9.0"})
    assert wrap(*options, "--check").exit_code == 1


# A wrapped backend of a few lines, so that nothing has to be installed to build.
TREE: dict[str, str | bytes] = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["_be"]\n',
    "PKG-INFO": "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nRequires-Dist: six\n\n",
    "setup.py": b"",
    "_be/be.py": """
from zipfile import ZipFile
def build_sdist(sdist_directory, config_settings=None): raise SystemExit("no")
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = "demo-1.0.dist-info"
    with ZipFile(f"{wheel_directory}/demo-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\nRequires-Dist: six\\n")
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\\n{info}/RECORD,,\\n")
    return "demo-1.0-py3-none-any.whl"
""",
}


HERE, ELSEWHERE = f"sys_platform == '{sys.platform}'", f"sys_platform != '{sys.platform}'"
BUILT: dict[str, tuple[str, str, str, str]] = {
    "one version": ("torch==2.8.0", "six", "2.8.0", "torch>=2.8.0,<2.9"),
    "a fork": (f"torch==2.8.0 ; {HERE}\ntorch==2.7.1 ; {ELSEWHERE}", "six", "2.8.0", "torch>=2.8.0,<2.9"),
    "a local version": ("torch==2.8.0+cu128", "six", "2.8.0+cu128", "torch==2.8.0+cu128"),
    "required": ("torch==2.8.0", "torch>=2,!=2.5", "2.8.0", "torch>=2.8.0,<2.9,!=2.5"),
    "an extra": ("torch==2.8.0", "torch[opt]>=2", "2.8.0", "torch[opt]>=2.8.0,<2.9"),
    "a marker": ("torch==2.8.0", f"torch<3 ; {HERE}", "2.8.0", f"torch>=2.8.0,<2.9,<3 ; {HERE}"),
    "both": ("torch==2.8.0", f"torch[opt] ; {HERE}", "2.8.0", f"torch[opt]>=2.8.0,<2.9 ; {HERE}"),
    "elsewhere": ("torch==2.8.0", f"torch<3 ; {ELSEWHERE}", "2.8.0", "torch>=2.8.0,<2.9"),
    "a marker and a fork": (f"torch==2.8.0 ; {HERE}\ntorch==2.7.1 ; {ELSEWHERE}", "torch<3 ; os_name != 'x'", "2.8.0", "torch>=2.8.0,<2.9,<3 ; os_name != 'x'"),
}  # fmt: skip


@pytest.mark.processes
@pytest.mark.parametrize("case", BUILT)
@pytest.mark.parametrize("is_asked", [False, True])
def test_built(locked: Locked, tmp_path: Path, case: str, is_asked: bool) -> None:
    """Whether or not the frontend asks for the metadata before: one that reads `PKG-INFO` does not."""
    text, required, present, expected = BUILT[case]
    files = {name: str(text).replace("Requires-Dist: six", f"Requires-Dist: {required}") for name, text in TREE.items()}
    tree = write(tmp_path / "tree", {**unpacked(locked("requirements.txt", text, files={**files, "setup.py": b""}))})
    out = write(tmp_path / "wheels", {"made": ""})
    environ = seen(install(tmp_path / "site", torch=present))
    prepared = run_hook(tree, "prepare_metadata_for_build_wheel", str(out), environ=environ) if is_asked else None
    directory = str(out / prepared.answer) if prepared else None
    built = run_hook(tree, "build_wheel", str(out), None, directory, environ=environ)
    assert built.status == 0, built.stderr
    metadata = content_of(out / built.answer)["demo-1.0.dist-info/METADATA"].decode()
    assert f"Requires-Dist: {expected}\n" in metadata
    if directory:
        fields = [text for text in Path(directory, "METADATA").read_text().splitlines() if text.startswith("Requires")]
        assert fields == [text for text in metadata.splitlines() if text.startswith("Requires")]


# --- in a project ---


def test_another_lock_than_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", (tmp_path / "links").as_uri())
    sdist(tmp_path / "links")
    match = '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }]\n'
    text = PROJECT.replace("torch==2.8.0", "torch") + match
    files = {
        "pyproject.toml": text,
        "uv.lock": uv_lock(package(), package("2.8.0", "torch")),
        "other.txt": "torch==2.7.1",
    }
    monkeypatch.chdir(write(tmp_path / "app", {**files}))
    archive = tmp_path / "app" / "wrapped.d" / "demo-1.0.tar.gz"
    wrapped()
    assert pins(archive) == ["torch>=2.8.0,<2.9"]
    wrapped("--lock", "other.txt")
    assert pins(archive) == ["torch>=2.7.1,<2.8"]
