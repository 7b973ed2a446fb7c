"""What ``wrap`` writes is what ``verify`` accepts and lists; what an archive says beyond a project's tables is a failure."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.main import group

from ..conftest import write
from .archives import PKG_INFO, SETUP_PY, Entry, entries, sdist, serving, sha256, tarred, wrapped
from .runner import CliRunner, Result

pytestmark = pytest.mark.usefixtures("alone")

Files = Mapping[str, "str | bytes"]
PROJECT = '[build-system]\nrequires = ["setuptools", "ninja"]\nbuild-backend = "setuptools.build_meta"\n[project]\nname = "demo"\nversion = "1.0"\n'
STATED = PROJECT + 'dependencies = ["six", "torch"]\n[project.optional-dependencies]\nfast = ["torch>=2", "numpy"]\n'
LOCK = "torch==2.8.0\n"
UV_LOCK = """\
version = 1
[[package]]
name = "torch"
version = "2.8.0+cpu"
source = { registry = "https://wheels.test/whl/cpu" }
wheels = [
    { url = "https://wheels.test/torch-2.8.0%2Bcpu-cp311-cp311-linux_x86_64.whl", hash = "sha256:HASH" },
]
""".replace("HASH", "0" * 64)
MATCHED = ("--match-runtime", "torch", "--lock", "lock.txt")
STATIC = PKG_INFO.replace("2.1", "2.2").replace("Summary", "Requires-Dist: torch\nSummary")

# Upstream's files, the options, and what is to be listed.
WRAPS: dict[str, tuple[Files, tuple[str, ...], tuple[str, ...]]] = {
    "nothing": ({}, (), ("+ tool.augbackend.metadata: pkg-info = true",)),
    "requirements": ({}, ("--require", "torch==2.8.0", "--remove-require", "ninja"), ("+ tool.augbackend.extra-build-dependencies: torch==2.8.0", "+ tool.augbackend.remove-build-dependencies: ninja")),
    "a URL": ({}, ("--require", "torch @ https://host.test/torch-2.8.0-py3-none-any.whl"), ("! tool.augbackend.extra-build-dependencies: torch @ https://host.test/torch-2.8.0-py3-none-any.whl (it is fetched from a URL)",)),
    "a path": ({}, ("--require", "torch @ file:///wheels/torch-2.8.0-py3-none-any.whl"), ("(it is a path)",)),
    "variables": ({}, ("--variable", "SKIP=TRUE", "--variable", "PYTHONPATH=/x"), ("+ tool.augbackend.extra-build-variables: SKIP = TRUE", "! tool.augbackend.extra-build-variables: PYTHONPATH = /x (")),
    "settings": ({}, ("-C", "a=b", "-C", "a=c"), ('+ tool.augbackend.config-settings: a = ["b", "c"]',)),
    "a label": ({"pyproject.toml": PROJECT}, ("--local-version", "team"), ("+ project.version: 1.0+team", "+ PKG-INFO, Version: 1.0+team instead of 1.0")),
    "dependencies of the user's": ({}, ("--requires-dist", "torch>=2"), ("+ PKG-INFO, Requires-Dist: torch>=2",)),
    "matched": ({}, MATCHED, ('"locked": ["torch==2.8.0"]',)),
    "matched to a URL": ({}, ("--match-runtime", "torch", "--lock", "uv.lock"), ("! tool.augbackend.extra-build-dependencies: {", "(it is fetched from a URL)")),
    "matched, [project]": ({"pyproject.toml": STATED}, MATCHED, ("+ project.dependencies: torch>=2.8.0,<2.9", "+ project.dependencies: without torch", "+ project.optional-dependencies.fast: torch")),
    "matched, [project] without it": ({"pyproject.toml": PROJECT}, MATCHED, ("+ project.dependencies: torch",)),
    "pinned, with a URL": ({"PKG-INFO": STATIC.replace("Dist: torch", "Dist: x @ https://host.test/x.zip\nRequires-Dist: torch")}, MATCHED, ("! tool.augbackend.metadata: requires-dist = [",)),
    "matched, static": ({"PKG-INFO": STATIC}, MATCHED, ("+ PKG-INFO, Requires-Dist: torch",)),
    "pinned later": ({"PKG-INFO": STATIC}, ("--require", "torch", "--pin-runtime", "torch=x.x"), ("+ PKG-INFO, Dynamic: Requires-Dist",)),
    "pinned in [project]": ({"pyproject.toml": STATED}, ("--require", "torch==2.8.0", "--pin-runtime", "torch=exact"), ("pin-runtime: torch = exact",)),
    "no PKG-INFO": ({"PKG-INFO": b""}, (), ("+ PKG-INFO, Name: demo",)),
    "Latin-1": ({"PKG-INFO": PKG_INFO.replace("a demo", "eine Übung").encode("latin-1")}, (), ("Metadata-Version: 2.2 instead of 2.1",)),
    "CRLF": ({"PKG-INFO": PKG_INFO.replace("\n", "\r\n"), "pyproject.toml": PROJECT.replace("\n", "\r\n")}, ("--require", "x"), ("extra-build-dependencies: x",)),
    "no build-system": ({"pyproject.toml": "[tool.black]\nline-length = 9\n"}, ("--require", "x"), ("extra-build-dependencies: x",)),
    "a backend of its own": ({"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["be"]\n', "be/own.py": "x = 1\n"}, ("--require", "x"), ("extra-build-dependencies: x",)),
    "a name that is taken": ({"_augbackend/x.py": "x = 1\n"}, (), ("added: .augbackend/augbackend/",)),
    "augbackend installed": ({"pyproject.toml": '[build-system]\nrequires = ["setuptools", "augbackend"]\nbuild-backend = "augbackend"\n[tool.augbackend]\nextra-build-dependencies = ["own"]\n'}, ("--require", "x"), ("extra-build-dependencies: x", "build-system.requires: without augbackend")),
    "a table of its own": ({"pyproject.toml": '[build-system]\nrequires = ["setuptools", "augbackend"]\nbuild-backend = "augbackend"\n[tool.augbackend]\nextra-build-variables = { A = "1" }\n'}, ("--variable", "B=2"), ("extra-build-variables: B = 2",)),
    "setup_requires": ({"setup.py": SETUP_PY.replace("install_", "setup_requires=['cython', 'evil @ https://host.test/x.zip'], install_")}, (), ("+ tool.augbackend.extra-build-dependencies: cython", "! tool.augbackend.extra-build-dependencies: evil @")),
    "setup_requires that is not all": ({"setup.py": SETUP_PY + "setup(**x)\n", "setup.cfg": "[options]\nsetup_requires = cython\n"}, (), ("+ build-system.requires: cython",)),
    "a feature": ({}, ("--feature", "jobs"), ("provenance: true",)),
}  # fmt: skip


def verify(archive: Path, *arguments: str | Path) -> Result:
    found = CliRunner().invoke(group, ["verify", str(archive), *map(str, arguments)])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, {"lock.txt": LOCK, "uv.lock": UV_LOCK})


@pytest.mark.parametrize("case", WRAPS)
def test_what_wrap_writes(here: Path, case: str) -> None:
    files, options, listed = WRAPS[case]
    upstream = sdist(here / "in", files)
    label = "+team" if "--local-version" in options else ""
    wrapped(upstream, *options, "--output", "out")
    found = verify(here / "out" / f"demo-1.0{label}.tar.gz", "--upstream", upstream)
    assert found.exit_code == 0, found.output
    assert [one for one in listed if one not in found.output] == [], found.output
    marked = found.output.count("\n  ! ")
    assert (f"{marked} of them marked with !" in found.output.splitlines()[0]) == bool(marked)


@pytest.mark.parametrize("top", ["demo-1.0", "demo-1.0+other", "demo-1.0+teams", "Demo-1.0+team"])
def test_another_top_folder_than_wrap_writes(here: Path, top: str) -> None:
    upstream = sdist(here / "in")
    wrapped(upstream, "--local-version", "team", "--output", "out")
    archive = here / "out" / "demo-1.0+team.tar.gz"
    content = gzip.decompress(archive.read_bytes())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = [
            Entry(one.name.replace("demo-1.0+team", top), tar.extractfile(one).read(), mtime=int(one.mtime))  # type: ignore[union-attr]
            for one in tar
        ]
    archive.write_bytes(gzip.compress(tarred(found), 5, mtime=0))
    result = verify(archive, "--upstream", upstream)
    assert result.exit_code == 1, result.output
    assert "setup.py: changed" in result.output


def packed(kind: str) -> tuple[str, bytes]:
    files: Files = {"setup.py": SETUP_PY, "PKG-INFO": PKG_INFO, "src/ä": "x"}
    found = entries(files)
    if kind == "zip":
        with zipfile.ZipFile("made.zip", "w") as archive:
            for one in found:
                archive.writestr(one.name, one.content)
        return "demo-1.0.zip", Path("made.zip").read_bytes()
    if kind == "bz2":
        return "demo-1.0.tar.bz2", bz2.compress(tarred(found))
    form = {"gnu": tarfile.GNU_FORMAT, "ustar": tarfile.USTAR_FORMAT}.get(kind, tarfile.PAX_FORMAT)
    return "demo-1.0.tar.gz", gzip.compress(tarred(found, kind=form)) + (b"\0" * 512 if kind == "padded" else b"")


@pytest.mark.parametrize("kind", ["zip", "bz2", "gnu", "ustar", "padded"])
def test_whatever_upstream_is_packed_in(here: Path, kind: str) -> None:
    name, data = packed(kind)
    (here / name).write_bytes(data)
    wrapped(here / name, "--require", "x", "--output", "out")
    found = verify(here / "out" / "demo-1.0.tar.gz", "--upstream", here / name)
    assert found.exit_code == 0, found.output


def test_the_polyglot_that_pip_unpacks_otherwise(here: Path) -> None:
    upstream = sdist(here / "in")
    wrapped(upstream, "--output", "out")
    archive = here / "out" / upstream.name
    with zipfile.ZipFile("evil.zip", "w") as evil:
        evil.writestr("demo-1.0/setup.py", "evil")
    hidden = Path("evil.zip").read_bytes()
    extra = len(hidden).to_bytes(2, "little") + hidden
    archive.write_bytes(archive.read_bytes() + b"\x1f\x8b\x08\x04" + b"\0" * 6 + extra + b"\3\0" + b"\0" * 8)
    assert zipfile.is_zipfile(archive)
    found = verify(archive, "--upstream", upstream)
    assert (found.exit_code, "it holds the end of a zip" in found.output) == (1, True), found.output


def test_upstreams_sdist_is_a_polyglot(here: Path) -> None:
    upstream = sdist(here / "in")
    with zipfile.ZipFile("evil.zip", "w") as evil:
        evil.writestr("demo-1.0/setup.py", "evil")
    comment = Path("evil.zip").read_bytes()
    upstream.write_bytes(upstream.read_bytes() + gzip.compress(comment, 0))
    wrapped(upstream, "--output", "out")
    found = verify(here / "out" / upstream.name, "--upstream", upstream)
    assert found.exit_code == 1, found.output
    assert "upstream's sdist is not the same to every reader: it holds the end of a zip" in found.output


def test_upstreams_zip_has_an_entry_that_its_directory_has_not(here: Path) -> None:
    name, data = packed("zip")
    start, end = data.index(b"PK\1\2"), bytearray(data[data.index(b"PK\1\2") :])
    at = end.rindex(b"PK\5\6") + 16
    end[at : at + 4] = (start + len(data[:start])).to_bytes(4, "little")
    (here / name).write_bytes(data[:start] * 2 + bytes(end))
    wrapped(here / name, "--output", "out")
    found = verify(here / "out" / "demo-1.0.tar.gz", "--upstream", here / name)
    assert (found.exit_code, "bytes lie behind it that belong to no entry" in found.output) == (1, True), found.output


def test_a_copy_beside_files_of_upstreams(here: Path) -> None:
    """The backend would import what lies beside its copy: wrapping takes a folder that nobody has."""
    upstream = sdist(here / "in", {"_augbackend/tomli.py": "evil = 1\n"})
    other = sdist(here / "other")
    wrapped(other, "--output", "out")
    archive = here / "out" / other.name
    ours = [
        one
        for one in tar_entries(archive)
        if "_augbackend" in one.name or one.name.endswith(("pyproject.toml", "PKG-INFO"))
    ]
    theirs = [one for one in tar_entries(upstream) if not one.name.endswith("PKG-INFO")]
    text = gzip.compress(tarred([*ours, *theirs]).replace(sha256(other).encode(), sha256(upstream).encode()), mtime=0)
    archive.write_bytes(text)
    found = verify(archive, "--upstream", upstream)
    assert found.exit_code == 1, found.output
    assert "problem: _augbackend: a folder of upstream's, where wrapping puts no backend" in found.output


def tar_entries(archive: Path) -> list[Entry]:
    with tarfile.open(archive) as opened:
        found = [(one, opened.extractfile(one)) for one in opened.getmembers()]
        return [Entry(one.name, stream.read() if stream else b"", mtime=int(one.mtime)) for one, stream in found]


# --- what the index says ---


def test_the_index_has_it(here: Path) -> None:
    with serving() as server:
        wrapped(server.publish(sdist(here / "in")), "--output", "out")
        archive = here / "out" / "demo-1.0.tar.gz"
        found = verify(archive, "--index-url", server.simple)
        assert found.exit_code == 0, found.output
        assert found.output.startswith("proved: it is demo 1.0 as the index has it, with ")
        server.pages.pop("/simple/demo/")
        gone = verify(archive, "--index-url", server.simple)
    assert (gone.exit_code, "(the index does not have it)" in gone.output.splitlines()[0]) == (0, True), gone.output


def test_the_index_has_another(here: Path) -> None:
    with serving() as server:
        wrapped(server.publish(sdist(here / "in")), "--output", "out")
        server.pages["/simple/demo/"] = (
            server.pages["/simple/demo/"].replace(b"sha256=", b"sha256=0").replace(b'">demo', b'0">demo')
        )
        text = server.pages["/simple/demo/"].decode()
        server.pages["/simple/demo/"] = re.sub("sha256=[0-9a-f]+", f"sha256={'1' * 64}", text).encode()
        found = verify(here / "out" / "demo-1.0.tar.gz", "--index-url", server.simple)
    assert (found.exit_code, "problem: the index has demo 1.0 with the sha256 111" in found.output) == (1, True), (
        found.output
    )


def test_a_zip_beside_it(here: Path) -> None:
    """Old releases have both kinds; the index may name the other first."""
    name, data = packed("zip")
    (here / name).write_bytes(data)
    with serving() as server:
        wrapped(server.publish(sdist(here / "in")), "--output", "out")
        server.publish(here / name)
        found = verify(here / "out" / "demo-1.0.tar.gz", "--index-url", server.simple)
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize("answer", [500, 503, 403, None])
def test_an_index_that_does_not_answer(here: Path, monkeypatch: pytest.MonkeyPatch, answer: int | None) -> None:
    """Upstream's file is there, and the index is not: that is not the same as an index that does not have it."""
    with serving() as server:
        wrapped(server.publish(sdist(here / "in")), "--output", "out")
        archive = here / "out" / "demo-1.0.tar.gz"
        url = "http://127.0.0.1:1/simple/"
        if answer is not None:
            from http.server import BaseHTTPRequestHandler

            send = BaseHTTPRequestHandler.send_response
            monkeypatch.setattr(
                BaseHTTPRequestHandler,
                "send_response",
                lambda self, code, *more: send(self, answer if code == 404 else code, *more),
            )
            url = f"{server.url}/broken/"
        found = verify(archive, "--index-url", url)
        data = json.loads(verify(archive, "--index-url", url, "--json").output)["archives"][0]
    assert found.exit_code == 1, found.output
    assert "not known: the index cannot be asked for demo" in found.output
    assert "does not have it" not in found.output
    assert found.output.startswith("not proved: ")
    assert (data["proved"], data["problems"], bool(data["unanswered"])) == (False, [], True)


@pytest.mark.parametrize("option", [[], ["--offline"], ["--find-links", "."]])
def test_no_index_at_all(here: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    with serving() as server:
        wrapped(server.publish(sdist(here / "in")), "--output", "out")
        if option != ["--offline"]:
            monkeypatch.setenv("PIP_NO_INDEX", "1")
        found = verify(here / "out" / "demo-1.0.tar.gz", *option)
    assert (found.exit_code, found.output.startswith("not proved: ")) == (1, True), found.output
    assert "  1 members are upstream's" in found.output


def test_a_folder_of_the_users_has_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = sdist(here / "in")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(upstream.parent))
    wrapped("demo==1.0", "--output", "out")
    archive = here / "out" / upstream.name
    assert verify(archive).exit_code == 0
    upstream.unlink()
    found = verify(archive)
    assert (found.exit_code, "problem: upstream: there is no project demo" in found.output) == (1, True), found.output


def test_an_index_of_ours_has_the_archive_itself(here: Path) -> None:
    """It is called as upstream's sdist is, and proves nothing either way."""
    with serving() as server:
        url = server.publish(sdist(here / "in"))
        wrapped(url, "--output", "out")
        archive = here / "out" / "demo-1.0.tar.gz"
        server.pages["/team/demo/"] = (
            f'<a href="/files/x/demo-1.0.tar.gz#sha256={sha256(archive)}">demo-1.0.tar.gz</a>'.encode()
        )
        found = verify(archive, "--index-url", f"{server.url}/team/")
    assert (found.exit_code, "the index does not have it" in found.output) == (0, True), found.output


# --- what a project says ---

TABLES = """\
[project]
name = "consumer"
version = "1"
dependencies = ["demo==1.0", "torch==2.8.0"]
[tool.uv.extra-build-dependencies]
demo = ["ninja", { requirement = "torch", match-runtime = true }]
[tool.augbackend.packages.demo]
extra-build-variables = { SKIP = "TRUE" }
local-version = "team"
"""


@pytest.fixture
def project(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an archive of demo for it, and a lock that is no lock of its own."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (here / "uv.lock").unlink()
    write(here, {"pyproject.toml": TABLES})
    sdist(here / "in")
    wrapped("--find-links", here / "in", "--no-sources")
    return here


def expecting(folder: Path, tables: str | None, name: str = "other.toml") -> Result:
    write(folder, {name: TABLES if tables is None else tables})
    upstream = folder / "in" / "demo-1.0.tar.gz"
    return verify(folder / "wrapped.d" / "demo-1.0+team.tar.gz", "--upstream", upstream, "--expect", folder / name)


def test_what_a_project_says(project: Path) -> None:
    assert expecting(project, None, "pyproject.toml").exit_code == 0
    found = expecting(project, None)
    assert (found.exit_code, "nothing else differs" in found.output) == (0, True), found.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ninja", ', "", "tool.augbackend.extra-build-dependencies: ninja is not what"),
        ('"ninja", ', '"ninja", "meson", ', "tool.augbackend.extra-build-dependencies: meson is what"),
        ('"ninja", ', '"ninja>=1", ', "tool.augbackend.extra-build-dependencies: ninja is not what"),
        ("TRUE", "FALSE", "tool.augbackend.extra-build-variables: SKIP = TRUE is not what"),
        ("SKIP", "OTHER", "tool.augbackend.extra-build-variables: OTHER = TRUE is what"),
        ("torch==2.8.0", "torch==2.9.0", "is what"),
        ("team", "other", "tool.augbackend.local-version: team is not what"),
        ('demo = ["', 'other = ["', "is not what"),
        ("SKIP", '"a=b"', "extra-build-variables"),
    ],
)
def test_what_a_project_does_not_say(project: Path, old: str, new: str, said: str) -> None:
    found = expecting(project, TABLES.replace(old, new))
    assert found.exit_code in (1, 2), found.output
    assert said in found.output
    assert "nothing else differs" not in found.output


def test_a_project_that_says_nothing_of_it(project: Path) -> None:
    found = expecting(project, TABLES.replace("demo = [", "other = [").replace("packages.demo", "packages.other"))
    assert (found.exit_code, "says nothing of demo" in found.output) == (1, True), found.output
    found = expecting(project, "[project]\nname = 'x'\n")
    assert (found.exit_code, "it says nothing of any package" in found.output) == (2, True), found.output


def test_names_that_look_like_lines_of_ours(here: Path) -> None:
    files: dict[str, Any] = {"\u202ename": "x"}
    upstream = sdist(here / "in", files)
    wrapped(upstream, "--variable", "A=1\nproved: all is well", "--output", "out")
    archive = here / "out" / upstream.name
    other = sdist(here / "other", {"setup.py": SETUP_PY})
    archive_of_other = verify(archive, "--upstream", upstream).output
    assert "\nproved: all is well" not in archive_of_other
    assert "\u202e" not in archive_of_other
    assert verify(archive, "--upstream", other).exit_code == 1


# --- many of them ---


def test_a_folder(here: Path) -> None:
    with serving() as server:
        for name in ("demo", "other"):
            wrapped(server.publish(sdist(here / "links", name=name), name=name), "--output", "out")
        options = ("--index-url", server.simple)
        found = verify(here / "out", *options)
        assert (found.exit_code, found.output.splitlines()[0]) == (0, "2 of 2 archives are proved"), found.output
        both = [str(one) for one in sorted((here / "out").iterdir())]
        data = json.loads(verify(here / "out" / "demo-1.0.tar.gz", both[1], *options, "--json").output)
        assert (data["proved"], [one["archive"] for one in data["archives"]]) == (True, both)
        # One that is not ours, and one that was changed, are found among the others.
        del server.pages["/files/other-1.0.tar.gz"]
        found = verify(here / "out", *options)
        assert (found.exit_code, found.output.splitlines()[0]) == (1, "1 of 2 archives are proved"), found.output
        (here / "out" / "evil-1.0-py3-none-any.whl").write_bytes(b"")
        (here / "out" / "notes.txt").write_bytes(b"")
        (here / "out" / "folder-1.0.tar.gz").mkdir()
        found = verify(here / "out", *options)
        assert (found.exit_code, found.output.splitlines()[0]) == (2, "1 of 4 archives are proved"), found.output
        data = json.loads(verify(here / "out", *options, "--json").stdout)
        assert [one["proved"] for one in data["archives"]] == [True, False, False, False]
        assert [bool(one["error"]) for one in data["archives"]] == [False, True, True, False]


def test_a_folder_without_archives(here: Path) -> None:
    (here / "out").mkdir()
    assert (verify(here / "out").exit_code, verify(here / "out" / "none").exit_code) == (2, 2)
    data = json.loads(verify(here / "out", "--json").stdout)
    assert data == {
        "format": 1,
        "error": {
            "id": "no-archive-there",
            "what": "there is no archive in it",
            "where": str(here / "out"),
            "hint": "name the folder that wrap writes to",
            "mistakes": [],
        },
    }


def test_upstream_is_of_one_archive(here: Path) -> None:
    upstream = sdist(here / "in")
    wrapped(upstream, "--output", "out")
    assert verify(here / "out", "--upstream", upstream).exit_code == 0
    shutil.copy(here / "out" / "demo-1.0.tar.gz", here / "out" / "demo-1.1.tar.gz")
    assert verify(here / "out", "--upstream", upstream).exit_code == 2
