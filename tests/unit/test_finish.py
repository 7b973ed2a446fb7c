"""What the wrapped backend made, finished: what is promised, what is resolved from and what is built agree."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any, Callable

import pytest

from ..conftest import Outcome, run_hook, write
from .test_local_version import content_of
from .test_pin_runtime import install, seen
from .test_wheel import digest

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
"""
PINNED = 'extra-build-dependencies = ["torch==2.8.1"]\npin-runtime = { torch = "x.x" }\n'
METADATA = """Metadata-Version: 2.1
Name: demo
Version: 1.0
Requires-Dist: torch>=2
Requires-Dist: six
Provides-Extra: x
Requires-Dist: rich; extra == 'x'

Requires-Dist: torch of the description
"""
WHEEL = "demo-1.0-py3-none-any.whl"
# It notes what it is asked for, and its RECORD is complete.
INNER = """
import base64, gzip, hashlib, io, json, os, tarfile
from zipfile import ZipFile, ZipInfo

def note(*what):
    with open("calls", "a") as file:
        file.write(json.dumps(what) + "\\n")

note("import")

def read():
    with open("METADATA", "rb") as file:
        return file.read()

def get_requires_for_build_wheel(config_settings=None):
    note("requires")
    return []

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    note("metadata")
    os.mkdir(f"{metadata_directory}/demo-1.0.dist-info")
    with open(f"{metadata_directory}/demo-1.0.dist-info/METADATA", "wb") as file:
        file.write(read())
    return "demo-1.0.dist-info"

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    note("wheel", metadata_directory)
    files = {"demo.py": b"x = 1\\n", "demo-1.0.data/scripts/demo": b"#!python\\n"}
    files["demo-1.0.dist-info/METADATA"] = read()
    files["demo-1.0.dist-info/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: inner\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\\n"
    files["demo-1.0.dist-info/RECORD"] = f"{record}demo-1.0.dist-info/RECORD,,\\n".encode()
    with ZipFile(f"{wheel_directory}/demo-1.0-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(ZipInfo(name), content)
    return "demo-1.0-py3-none-any.whl"

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory, config_settings, metadata_directory)

def build_sdist(sdist_directory, config_settings=None):
    stream = io.BytesIO()
    form = {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}[os.environ["TAR"]]
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for name in ("PKG-INFO", "\\u03bb" + "x" * 120, "METADATA", "pyproject.toml"):
            member = tarfile.TarInfo(f"demo-1.0/{name}")
            content = open(name, "rb").read() if os.path.exists(name) else b"unlike the others"
            member.size, member.mtime, member.uname, member.mode = len(content), 1_600_000_000, "someone", 0o640
            tar.addfile(member, io.BytesIO(content))
    with open(f"{sdist_directory}/demo-1.0.tar.gz", "wb") as file:
        file.write(gzip.compress(stream.getvalue(), mtime=1))
    return "demo-1.0.tar.gz"
"""  # fmt: skip


class Project:
    """A tree around which hooks are run, with torch in the build environment."""

    def __init__(self, folder: Path, files: dict[str, str | bytes], **present: str) -> None:
        self.tree = write(folder / "tree", {"_inner/inner.py": INNER, "METADATA": METADATA, **files})
        self.out = folder / "out"
        self.out.mkdir(exist_ok=True)
        self.environ = seen(install(folder / "site", **present))

    def run(self, hook: str, *arguments: Any, **environ: str) -> Outcome:
        return run_hook(self.tree, hook, str(self.out), *arguments, environ={**self.environ, **environ})

    def prepared(self) -> bytes:
        """METADATA as the metadata hook has it."""
        outcome = self.run("prepare_metadata_for_build_wheel")
        assert outcome.status == 0, outcome.stderr
        return Path(self.out, outcome.answer, "METADATA").read_bytes()

    def built(self, hook: str = "build_wheel", *arguments: Any) -> dict[str, bytes]:
        """The members of the wheel."""
        outcome = self.run(hook, *arguments)
        assert outcome.status == 0, outcome.stderr
        return content_of(self.out / outcome.answer)

    def calls(self) -> list[list[Any]]:
        """What the wrapped backend was asked for, since the last time."""
        file = self.tree / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    def make(table: str = "", **files: str | bytes) -> Project:
        named = {name.replace("__", "."): text for name, text in files.items()}
        return Project(tmp_path, {"pyproject.toml": PYPROJECT + table, **named}, torch="2.8.1")

    return make


def check_record(members: dict[str, bytes], info: str) -> None:
    """Every member with its hash, and nothing else; RECORD without one (binary distribution format)."""
    rows = list(csv.reader(members[f"{info}/RECORD"].decode().splitlines()))
    assert len(rows) == len(members)
    assert {row[0]: row[1:] for row in rows} == {
        name: ["", ""] if name == f"{info}/RECORD" else [digest(content), str(len(content))]
        for name, content in members.items()
    }


# --- everything at once ---


EVERYTHING = PINNED + 'local-version = "team"\nprovenance = true\n'


@pytest.mark.parametrize("hook", ["build_wheel", "build_editable"])
@pytest.mark.parametrize(
    "table", ["", 'metadata = { requires-dist = ["torch>=2", "six", "rich; extra == \\"x\\""] }\n']
)
def test_pins_label_and_provenance(project: Callable[..., Project], table: str, hook: str) -> None:
    here = project(EVERYTHING + table)
    members = here.built(hook)
    info = "demo-1.0+team.dist-info"
    assert [file.name for file in here.out.iterdir()] == [WHEEL.replace("1.0", "1.0+team")]
    assert set(members) == {
        "demo.py",
        "demo-1.0+team.data/scripts/demo",
        *(f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "sboms/augbackend.cdx.json")),
    }
    expected = METADATA.replace("torch>=2\n", "torch>=2.8.1,<2.9\n").replace("Version: 1.0", "Version: 1.0+team")
    assert members[f"{info}/METADATA"].decode() == expected
    check_record(members, info)
    assert json.loads(members[f"{info}/sboms/augbackend.cdx.json"])["metadata"]["component"]["version"] == "1.0+team"
    assert here.prepared() == members[f"{info}/METADATA"]


def test_the_wheel_is_what_was_prepared(project: Callable[..., Project]) -> None:
    here = project(EVERYTHING)
    prepared = here.prepared()
    given = str(here.out / "demo-1.0+team.dist-info")
    assert Path(given).is_dir()
    assert here.built("build_wheel", None, given)["demo-1.0+team.dist-info/METADATA"] == prepared
    # of another name than the wrapped backend gave it, so never handed on
    assert here.calls()[-1] == ["wheel", None]


def test_nothing_to_finish(project: Callable[..., Project]) -> None:
    here = project()
    before = here.prepared()
    members = here.built("build_wheel", None, str(here.out / "demo-1.0.dist-info"))
    assert before == members["demo-1.0.dist-info/METADATA"] == METADATA.encode()
    assert here.calls()[-1] == ["wheel", str(here.out / "demo-1.0.dist-info")]


@pytest.mark.parametrize("hook", ["prepare_metadata_for_build_wheel", "build_wheel", "build_editable"])
def test_a_pin_of_what_is_not_there(project: Callable[..., Project], hook: str) -> None:
    here = project('pin-runtime = { numpy = "x.x" }\n')
    outcome = here.run(hook)
    assert (outcome.status, outcome.answer) == (1, None)
    assert outcome.stderr.splitlines() == [
        "augbackend: error: not installed in the build environment: numpy",
        "  where: tool.augbackend.pin-runtime.numpy: the version that the build used is to be pinned",
        '  hint: add "numpy" to build-system.requires in pyproject.toml',
    ]
    assert not list(here.out.glob("*.whl"))


# --- what is promised in the table ---


PROMISE = 'metadata = { requires-dist = ["torch>=2", "six", "rich; extra == \\"x\\""] }\n'
SETUP = "from setuptools import setup\nsetup({})\n"
IDENTITIES: dict[str, dict[str, str]] = {
    "PKG-INFO": {"PKG-INFO": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\nDescription.\n"},
    "[project]": {"pyproject.toml": '[project]\nname = "demo"\nversion = "1.0"\ndynamic = ["dependencies"]\n'},
    "setup.py": {"setup.py": SETUP.format("name='demo', version='1.0', ext_modules=torch()")},
    "setup.cfg": {"setup.cfg": "[metadata]\nname = demo\nversion = 1.0\n"},
    "both": {"setup.cfg": "[metadata]\nname = demo\n", "setup.py": SETUP.format("version='1.0'")},
}


def promised(folder: Path, files: dict[str, str], table: str = PROMISE) -> Project:
    pyproject = PYPROJECT + table + files.get("pyproject.toml", "")
    return Project(folder, {**files, "pyproject.toml": pyproject}, torch="2.8.1")


@pytest.mark.parametrize("place", IDENTITIES)
def test_answered_without_the_wrapped_backend(tmp_path: Path, place: str) -> None:
    here = promised(tmp_path, IDENTITIES[place], PROMISE + PINNED)
    found = here.prepared().decode().partition("\n\n")[0].splitlines()
    assert sorted(found) == sorted(
        [
            "Metadata-Version: 2.2",
            "Name: demo",
            "Version: 1.0",
            "Requires-Dist: torch>=2.8.1,<2.9",
            "Requires-Dist: six",
            'Requires-Dist: rich; extra == "x"',
            "Provides-Extra: x",
        ]
    )
    assert here.calls() == []
    assert "demo-1.0.dist-info/METADATA" in here.built()


COMPUTED: dict[str, dict[str, str]] = {
    "[project]": {"pyproject.toml": '[project]\nname = "demo"\ndynamic = ["version", "dependencies"]\n'},
    # beside a [project] table, what setup.py says of these is not what counts
    "[project] and setup.py": {
        "pyproject.toml": '[project]\nname = "demo"\ndynamic = ["version", "dependencies"]\n',
        "setup.py": SETUP.format("name='demo', version='9'"),
    },
    "setup.py": {"setup.py": SETUP.format("name='demo', version=version()")},
    "setup.py twice": {"setup.py": SETUP.format("name='demo', version='1.0'") + "setup(name='other')\n"},
    "setup.py in stars": {"setup.py": SETUP.format("name='demo', version='1.0', **more()")},
    "setup.cfg": {"setup.cfg": "[metadata]\nname = demo\nversion = attr: demo.__version__\n"},
    "setup.cfg tagged": {"setup.cfg": "[metadata]\nname = demo\nversion = 1.0\n[egg_info]\ntag_build = dev\n"},
    "nowhere": {},
}


@pytest.mark.parametrize("place", COMPUTED)
def test_answered_by_the_wrapped_backend_where_name_or_version_is_computed(tmp_path: Path, place: str) -> None:
    here = promised(tmp_path, COMPUTED[place])
    assert here.prepared() == METADATA.encode()
    assert ["metadata"] in here.calls()
    assert "demo.py" in here.built()
    (here.tree / "METADATA").write_text(METADATA.replace("six", "seven"))
    outcome = here.run("build_wheel")
    assert (outcome.status, "promised torch>=2, six, rich" in outcome.stderr) == (1, True), outcome.stderr


def test_what_a_table_promises(tmp_path: Path) -> None:
    table = 'metadata = { requires-dist = [], requires-python = ">=3.8", provides-extra = ["All"] }\n'
    here = promised(tmp_path, IDENTITIES["setup.cfg"], table)
    text = "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nProvides-Extra: All\nRequires-Python: >=3.8\n"
    assert sorted(here.prepared().decode().splitlines()) == sorted(text.splitlines())
    (here.tree / "METADATA").write_text(text.replace("2.2", "2.4").replace("All", "all"))
    here.built()


BROKEN = {
    "dependency": ("six", "six<2", 'write requires-dist = ["torch>=2", "six<2", \'rich; extra == "x"\'] in'),
    "python": ("Provides", "Requires-Python: >=3.9\nProvides", 'write requires-python = ">=3.9" in'),
    "extra": ("Provides-Extra: x", "Provides-Extra: y", 'write provides-extra = ["y"] in'),
    "version": ("Version: 1.0\n", "Version: 1.1\n", "the version is computed when it builds: leave it out"),
    "name": ("Name: demo", "Name: other", "the name is computed when it builds: leave it out"),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("table", [PROMISE, PROMISE + EVERYTHING])
def test_a_broken_promise_leaves_no_wheel(tmp_path: Path, what: str, table: str) -> None:
    old, new, hint = BROKEN[what]
    before = METADATA.replace("'x'", '"x"')
    assert old in before
    here = promised(tmp_path, {**IDENTITIES["setup.cfg"], "METADATA": before.replace(old, new, 1)}, table)
    outcome = here.run("build_wheel")
    assert (outcome.status, outcome.answer, list(here.out.iterdir())) == (1, None, []), outcome.stderr
    assert outcome.stderr.startswith("augbackend: error: the wheel is not what its tree promises; ")
    if table == PROMISE:  # with pins, the hint shows them
        assert outcome.stderr.splitlines()[-1].startswith(f"  hint: {hint}")


def test_an_editable_wheel_is_promised_nothing(tmp_path: Path) -> None:
    here = promised(tmp_path, {**IDENTITIES["setup.cfg"], "METADATA": METADATA.replace("six", "seven")})
    assert "demo.py" in here.built("build_editable")


# --- pins and what is static ---


STATIC = METADATA.replace("2.1", "2.2").replace("'x'", '"x"')
WRAPPED = '[tool.augbackend.origin]\nname = "demo"\nversion = "1.0"\naugbackend = "1"\n'


def static(
    folder: Path, torch: str, metadata: str = "{ pkg-info = true, requires-dist = {} }", more: str = ""
) -> Project:
    """A wrapped sdist whose `PKG-INFO` has a pin already."""
    own = json.dumps(["torch>=2", "six", 'rich; extra == "x"'])
    table = f"{PINNED}{more}metadata = {metadata.replace('= {}', f'= {own}')}\n{WRAPPED}"
    files = {"pyproject.toml": PYPROJECT + table, "PKG-INFO": STATIC.replace("torch>=2\n", f"{torch}\n")}
    return Project(folder, {**files}, torch="2.8.1")


def test_a_static_pkg_info_that_agrees(tmp_path: Path) -> None:
    here = static(tmp_path, "torch>=2.8.1,<2.9")
    prepared = here.prepared().decode().splitlines()
    assert sorted(prepared) == sorted(STATIC.replace("torch>=2\n", "torch>=2.8.1,<2.9\n").splitlines())
    assert here.calls() == []
    assert b"Requires-Dist: torch>=2.8.1,<2.9\n" in here.built()["demo-1.0.dist-info/METADATA"]


def test_a_static_pkg_info_of_another_version_stops_the_build(tmp_path: Path) -> None:
    """Whoever builds without asking for metadata has resolved from `PKG-INFO`."""
    here = static(tmp_path, "torch>=2.7.0,<2.8")
    outcome = here.run("build_wheel")
    assert (outcome.status, outcome.answer) == (1, None)
    what, where, hint = outcome.stderr.splitlines()
    assert what == "augbackend: error: torch 2.8.1 is built against, but PKG-INFO promises torch>=2.7.0,<2.8"
    assert where == f"  where: {here.tree / 'PKG-INFO'}, from which the frontend may have resolved"
    assert hint.startswith("  hint: wrap it ")
    assert ["wheel", None] not in here.calls()


def test_a_static_pkg_info_of_another_version_and_a_frontend_that_has_asked(tmp_path: Path) -> None:
    here = static(tmp_path, "torch>=2.7.0,<2.8")
    assert b"Requires-Dist: torch>=2.8.1,<2.9\n" in here.prepared()
    members = here.built("build_wheel", None, str(here.out / "demo-1.0.dist-info"))
    assert members["demo-1.0.dist-info/METADATA"] == METADATA.replace("torch>=2\n", "torch>=2.8.1,<2.9\n").encode()
    assert here.calls()[-1] == ["wheel", None]
    assert here.run("build_editable").status == 0  # not what anybody resolved from


@pytest.mark.parametrize(
    ("told", "agrees"),
    [
        ("torch<2.9,>=2.8.1", True),
        ("torch>=2.8.1,<2.9\nRequires-Dist: torch>=2.7,<2.8 ; sys_platform == 'nowhere'", True),
        ("torch>=2.8.1,<2.9 ; sys_platform != 'nowhere'", True),
        ("torch>=2.8.1,<2.9 ; sys_platform == 'nowhere'", False),
        ("attrs", False),
    ],
)
def test_what_agrees_here(tmp_path: Path, told: str, agrees: bool) -> None:
    outcome = static(tmp_path, told).run("build_wheel")
    assert outcome.status == (not agrees), outcome.stderr
    assert ("PKG-INFO promises no torch" in outcome.stderr) == (not agrees)


@pytest.mark.parametrize("text", ["Dynamic: Requires-Dist\n", "Dynamic: requires-dist\n"])
def test_a_dynamic_pkg_info_promises_nothing(tmp_path: Path, text: str) -> None:
    here = static(tmp_path, "torch>=2.7.0,<2.8")
    (here.tree / "PKG-INFO").write_text(STATIC.replace("\n\n", f"\n{text}\n", 1))
    assert b"Requires-Dist: torch>=2.8.1,<2.9\n" in here.built()["demo-1.0.dist-info/METADATA"]


LOCKED = '[{ requirement = "torch", match-runtime = true, locked = ["torch===2.8.1"] }]'


def test_a_wrapped_package_that_is_matched_to_nothing(tmp_path: Path) -> None:
    """uv and poetry install what they have built themselves, whatever it requires: a guess would not be seen."""
    here = static(tmp_path, "torch>=2.7.0,<2.8")
    (here.tree / "PKG-INFO").write_text(STATIC.replace("\n\n", "\nDynamic: Requires-Dist\n\n", 1))
    pyproject = here.tree / "pyproject.toml"
    matched = '[{ requirement = "torch", match-runtime = true }]'
    pyproject.write_text(pyproject.read_text().replace('["torch==2.8.1"]', matched, 1))
    outcome = here.run("build_wheel")
    assert (outcome.status, list(here.out.iterdir())) == (1, [])
    what, where, hint = outcome.stderr.splitlines()
    assert what.startswith("augbackend: error: it is not known which torch will be there at run time: ")
    assert where == "  where: tool.augbackend.pin-runtime.torch, and what asks for torch"
    assert "AUGBACKEND_MATCH_RUNTIME=torch==<version>" in hint
    assert ["wheel", None] not in here.calls()
    assert here.run("build_wheel", AUGBACKEND_MATCH_RUNTIME="torch==2.8.1").status == 0
    assert here.run("build_wheel", AUGBACKEND_EXTRA_BUILD_DEPENDENCIES=LOCKED).status == 0
    assert here.run("build_wheel", None, "asked").status == 0
    pyproject.write_text(pyproject.read_text().replace(WRAPPED, "").replace("pkg-info = true, ", ""))
    assert here.run("build_wheel").status == 1  # an owner's sdist
    (here.tree / "PKG-INFO").unlink()
    assert here.run("build_wheel").status == 0  # who builds a checkout may well mean the newest


@pytest.mark.parametrize(
    "asked", ['"torch"', '"torch>=2.8.1"', '"torch==2.8.*"', '"torch==2.8.1"', '"torch @ https://host/x.whl"']
)
def test_a_wrapped_package_that_is_not_matched(tmp_path: Path, asked: str) -> None:
    table = f"{PINNED}{WRAPPED}".replace('"torch==2.8.1"', asked)
    outcome = promised(tmp_path, {}, table).run("build_wheel")
    is_one = asked in ('"torch==2.8.1"', '"torch @ https://host/x.whl"')
    assert outcome.status == (not is_one), outcome.stderr
    assert ("hint: ask for one version: torch==2.8.1" in outcome.stderr) == (not is_one)


# --- [project] ---


PROJECT = '[project]\nname = "demo"\nversion = "1.0"\n'


@pytest.mark.parametrize(
    ("table", "more", "is_allowed"),
    [
        (PINNED, 'dependencies = ["torch"]\n', False),
        (PINNED, "", False),
        (PINNED, 'dynamic = ["optional-dependencies"]\n', False),
        (PINNED, 'dynamic = ["dependencies"]\n', True),
        (PINNED.replace("x.x", "none"), "", True),
        (f"{PINNED}{WRAPPED}", 'dependencies = ["torch>=2.8.1,<2.9", "six"]\n', True),
    ],
)
def test_what_project_states_nothing_may_pin(tmp_path: Path, table: str, more: str, is_allowed: bool) -> None:
    outcome = promised(tmp_path, {"pyproject.toml": PROJECT + more}, table).run("build_wheel")
    assert outcome.status == (not is_allowed), outcome.stderr
    if not is_allowed:
        assert outcome.stderr.splitlines()[1:] == [
            "  tool.augbackend.pin-runtime: [project] states its dependencies itself, so nothing may pin 'torch';"
            " let the wrapped backend compute them, and list 'dependencies' in project.dynamic"
        ]


# --- sdists ---


def raw(archive: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Name → header, and name → content, of the members of a tar: as they lie there."""
    data = gzip.decompress(archive.read_bytes())
    headers, contents = {}, {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = member.name.partition("/")[2]
            assert name not in headers
            headers[name] = data[member.offset : member.offset_data]
            contents[name] = data[member.offset_data : member.offset_data + member.size]
    assert len(data) % tarfile.RECORDSIZE == 0
    return headers, contents


def wrapped_with(folder: Path, form: str, table: str, info: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    files = {"PKG-INFO": info, "pyproject.toml": PYPROJECT + table, "METADATA": "x" * 5000}
    here = Project(folder, {**files}, torch="2.8.1")
    outcome = here.run("build_sdist", TAR=form)
    assert outcome.status == 0, outcome.stderr
    assert [file.name for file in here.out.iterdir()] == [outcome.answer]
    return raw(here.out / outcome.answer)


@pytest.mark.parametrize("form", ["gnu", "pax"])
# The last leaves a block of the tar empty that was not.
@pytest.mark.parametrize(
    "description", ["", "Long. " * 99, "x" * (2 * tarfile.BLOCKSIZE + 1 - len(STATIC + "Dynamic: License\n"))]
)
def test_dependencies_of_an_owners_sdist_are_dynamic(tmp_path: Path, form: str, description: str) -> None:
    info = STATIC.replace("\n\n", "\nDynamic: License\n\n", 1) + description
    headers, contents = wrapped_with(tmp_path / "with", form, PINNED, info)
    other_headers, other_contents = wrapped_with(tmp_path / "without", form, "", info)
    assert other_contents["PKG-INFO"].decode() == info
    assert contents["PKG-INFO"].decode() == (
        "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nProvides-Extra: x\nDynamic: License\nDynamic: Requires-Dist\n\n"
        "Requires-Dist: torch of the description\n" + description
    )
    assert list(headers) == list(other_headers)  # the order as well
    del headers["PKG-INFO"], other_headers["PKG-INFO"]
    del contents["PKG-INFO"], other_contents["PKG-INFO"], contents["pyproject.toml"], other_contents["pyproject.toml"]
    del headers["pyproject.toml"], other_headers["pyproject.toml"]
    assert (headers, contents) == (other_headers, other_contents)


@pytest.mark.parametrize(
    ("table", "info"),
    [
        (PINNED.replace("x.x", "none"), STATIC),  # nothing is pinned
        (PINNED + WRAPPED, STATIC),  # what a wrapped sdist says of its pins is right
        (PINNED, ""),  # what is no PKG-INFO is the wrapped backend's
    ],
)
def test_an_sdist_whose_pkg_info_stays(tmp_path: Path, table: str, info: str) -> None:
    assert wrapped_with(tmp_path, "pax", table, info)[1]["PKG-INFO"].decode() == info


def test_a_pkg_info_that_says_so_already_stays(tmp_path: Path) -> None:
    info = "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nDynamic: Requires-Dist\n"
    assert wrapped_with(tmp_path, "gnu", PINNED, info)[1]["PKG-INFO"].decode() == info
