"""`augbackend wrap` with a package named: where upstream's sdist comes from, and what is written into it."""

from __future__ import annotations

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Callable

import pytest
from packaging.requirements import Requirement

from augbackend import __version__

from ..conftest import run_hook, write
from .archives import (
    PKG_INFO,
    SETUP_CALL,
    SETUP_PY,
    content,
    copy_of,
    own_table,
    report,
    sdist,
    serving,
    sha256,
    table_of,
    text_of,
    unpacked,
    upstreams,
    wrap,
    wrapped,
)

pytestmark = pytest.mark.usefixtures("alone")

Files = Mapping[str, "str | bytes"]
Made = Callable[..., Path]

TOMLI = "tomli>=1.1; python_version < '3.11'"
ASSUMED = "setuptools>=40.8.0"
STATIC_INFO = "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nRequires-Dist: six\n\nLong.\n"

# A backend of a few lines, in the tree: it needs nothing installed.
TREE_PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "be"\nbackend-path = ["_be"]\n'
TREE_BACKEND = """
import io, os, pathlib, subprocess, tarfile
def _version():
    return os.environ.get("DEMO_VERSION") or pathlib.Path("VERSION").read_text().strip()
def build_sdist(folder, config_settings=None):
    version = _version() + (config_settings or {}).get("local", "")
    name = f"demo-{version}"
    with tarfile.open(os.path.join(folder, f"{name}.tar.gz"), "w:gz") as tar:
        for file in sorted(path for path in pathlib.Path(".").rglob("*") if path.is_file() and ".git" not in path.parts):
            tar.add(file, f"{name}/{file}")
        info = f"Metadata-Version: 2.2\\nName: demo\\nVersion: {version}\\nRequires-Dist: six\\n".encode()
        member = tarfile.TarInfo(f"{name}/PKG-INFO")
        member.size = len(info)
        tar.addfile(member, io.BytesIO(info))
    return f"{name}.tar.gz"
def build_wheel(folder, config_settings=None, metadata_directory=None): raise SystemExit("no wheel")
"""  # fmt: skip
TREE: dict[str, str | bytes] = {"pyproject.toml": TREE_PYPROJECT, "_be/be.py": TREE_BACKEND, "VERSION": "1.0\n"}


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Wrap an sdist of these files; returns the archive."""

    def make(files: Files | None = None, *arguments: str) -> Path:
        wrapped(sdist(tmp_path / "in", files), "-o", tmp_path / "out", *arguments)
        return tmp_path / "out" / "demo-1.0.tar.gz"

    return make


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *settings, "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def fields(archive: Path) -> list[tuple[str, str]]:
    return email.message_from_bytes(unpacked(archive)["PKG-INFO"]).items()


def field(archive: Path, name: str) -> list[str]:
    return [value for key, value in fields(archive) if key == name]


# --- where it comes from ---


@pytest.mark.usefixtures("no_index")
def test_find_links(tmp_path: Path) -> None:
    for version in ("0.9", "1.0", "1.1rc1"):
        sdist(tmp_path / "links", version=version)
    for requirement, version in (("demo==0.9", "0.9"), ("demo", "1.0"), ("Demo>=1.1rc1", "1.1rc1"), ("demo<1", "0.9")):
        found = report(requirement, "--find-links", tmp_path / "links", "-o", tmp_path / "out")["packages"][0]
        assert (found["name"], found["version"], found["state"]) == ("demo", version, "written")
        assert found["sdist-from"] == f"a folder of find-links, demo-{version}.tar.gz"
        shutil.rmtree(tmp_path / "out")
    result = wrap("demo>2", "--find-links", tmp_path / "links", "-o", tmp_path / "out")
    assert (result.exit_code, "demo has no version >2; there are 0.9, 1.0, 1.1rc1" in result.output) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_index")
def test_the_output_folder_among_the_links_is_nobodys_upstream(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    links = ("--find-links", tmp_path / "out", "--find-links", tmp_path / "links", "-o", tmp_path / "out")
    sdist(tmp_path / "links")
    assert report("demo==1.0", *links)["packages"][0]["state"] == "written"
    assert report("demo==1.0", *links)["packages"][0]["state"] == "unchanged"
    assert report("demo", *links)["packages"][0]["state"] == "unchanged"


def test_index_then_cache(tmp_path: Path) -> None:
    upstream = sdist(tmp_path / "in")
    with serving() as index:
        url = index.publish(upstream)
        where = ("--index-url", index.simple, "-o", tmp_path / "out")
        assert report("demo==1.0", *where)["packages"][0]["sdist-from"] == "the index"
        asked = len(index.asked)
        assert report("demo==1.0", *where)["packages"][0]["sdist-from"] == "the cache"
        assert len(index.asked) == asked
    again = report("demo==1.0", *where)["packages"][0]
    assert (again["sdist-from"], again["state"]) == ("the cache", "unchanged")
    origin = own_table(tmp_path / "out" / "demo-1.0.tar.gz")["origin"]
    assert origin == {
        "name": "demo",
        "version": "1.0",
        "url": url,
        "sha256": sha256(upstream),
        "augbackend": __version__,
    }


def test_offline(tmp_path: Path) -> None:
    with serving() as index:
        for version in ("1.0", "1.1"):
            index.publish(sdist(tmp_path / "in", version=version))
        where = ("--index-url", index.simple, "-o", tmp_path / "out")
        wrapped("demo==1.0", *where)
    assert wrap("demo>=1", *where).exit_code == 2
    assert report("demo>=1", *where, "--offline")["packages"][0]["version"] == "1.0"
    assert report("demo", *where, "--offline")["packages"][0]["version"] == "1.0"
    for requirement in ("demo==1.1", "demo>1.0", "other"):
        result = wrap(requirement, *where, "--offline")
        assert result.exit_code == 2
        assert f"no sdist of {requirement} was downloaded before" in result.output
    assert wrap("demo>=1", *where, "--offline", "--cache-dir", tmp_path / "other").exit_code == 2
    assert wrap("demo>=1", "--index-url", "http://127.0.0.1:9/simple/", "--offline").exit_code == 2


def test_another_index_may_mean_another_sdist(tmp_path: Path) -> None:
    out = ("-o", tmp_path / "out")
    with serving() as one, serving() as other:
        one.publish(sdist(tmp_path / "one", {"x": "one"}))
        other.publish(sdist(tmp_path / "other", {"x": "other"}))
        for index, expected in ((one, b"one"), (other, b"other"), (one, b"one")):
            wrapped("demo==1.0", "--index-url", index.simple, *out)
            assert unpacked(tmp_path / "out" / "demo-1.0.tar.gz")["x"] == expected


def test_a_changed_file_on_the_server(tmp_path: Path) -> None:
    upstream = sdist(tmp_path / "in")
    with serving() as index:
        index.publish(upstream)
        index.pages["/files/demo-1.0.tar.gz"] = sdist(tmp_path / "evil", {"x": "evil"}).read_bytes()
        result = wrap("demo==1.0", "--index-url", index.simple, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert f"expected {sha256(upstream)}" in result.output
    assert not (tmp_path / "out").exists()
    assert not list((tmp_path / "cache").rglob("*.tar.gz"))


def test_a_damaged_cache_is_asked_for_nothing(tmp_path: Path) -> None:
    upstream = sdist(tmp_path / "in")
    with serving() as index:
        index.publish(upstream)
        where = ("--index-url", index.simple, "-o", tmp_path / "out")
        wrapped("demo==1.0", *where)
        for file in (tmp_path / "cache").rglob("*.tar.gz"):
            file.write_bytes(sdist(tmp_path / "evil", {"x": "evil"}).read_bytes())
        assert report("demo==1.0", *where)["packages"][0]["sdist-from"] == "the index"
        for file in (tmp_path / "cache").rglob("*.json"):
            file.write_text("{}")
        assert report("demo==1.0", *where)["packages"][0]["sdist-from"] == "the index"
    assert "x" not in unpacked(tmp_path / "out" / "demo-1.0.tar.gz")


def test_the_cache_dir_option(tmp_path: Path) -> None:
    with serving() as index:
        index.publish(sdist(tmp_path / "in"))
        wrapped("demo==1.0", "--index-url", index.simple, "-o", tmp_path / "out", "--cache-dir", tmp_path / "mine")
    assert [file.name for file in (tmp_path / "mine").rglob("*.tar.gz")] == ["demo-1.0.tar.gz"]
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("variable", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_the_index_of_pip_and_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with serving() as index:
        index.publish(sdist(tmp_path / "in"))
        monkeypatch.setenv(variable, index.simple)
        wrapped("demo==1.0", "-o", tmp_path / "out")


def test_credentials_are_written_nowhere(tmp_path: Path) -> None:
    with serving() as index:
        index.publish(sdist(tmp_path / "in"))
        address = index.simple.replace("://", "://user:secret@")
        result = wrapped("demo==1.0", "--index-url", address, "-o", tmp_path / "out")
        direct = wrapped(
            f"{index.url}/files/demo-1.0.tar.gz".replace("://", "://user:secret@"), "-o", tmp_path / "direct"
        )
        missing = wrap("other==1.0", "--index-url", address)
    for folder in ("out", "direct"):
        assert "secret" not in text_of(tmp_path / folder / "demo-1.0.tar.gz")
    assert "secret" not in result.output + direct.output + missing.output
    assert not any(b"secret" in data for name, data in content(tmp_path / "cache").items() if name.endswith(".json"))


def test_no_such_project(tmp_path: Path) -> None:
    with serving() as index:
        result = wrap("demo==1.0", "--index-url", index.simple, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert result.output.startswith("augbackend: error: there is no project demo [no-such-project]\n")


def test_only_what_was_asked_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip's `no-index` means its further indexes, too."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "http://127.0.0.1:9/simple/")
    result = wrap("demo==1.0", "--find-links", tmp_path, "-o", tmp_path / "out")
    assert (result.exit_code, "127.0.0.1" in result.output, str(tmp_path) in result.output) == (2, False, True)


def test_no_index_answers(tmp_path: Path) -> None:
    result = wrap("demo==1.0", "--index-url", "http://127.0.0.1:9/simple/", "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "the index cannot be asked for demo" in result.output
    assert not (tmp_path / "out").exists()


def test_sdist_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = sdist(tmp_path)
    monkeypatch.chdir(tmp_path)
    wrapped("./demo-1.0.tar.gz")
    wrapped("demo-1.0.tar.gz")
    assert own_table(tmp_path / "wrapped.d" / "demo-1.0.tar.gz")["origin"] == {
        "name": "demo",
        "version": "1.0",
        "url": "",
        "sha256": sha256(upstream),
        "augbackend": __version__,
    }


@pytest.mark.parametrize("form", ["{}", "demo @ {}", "Demo@ {}"])
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_url(tmp_path: Path, form: str, scheme: str) -> None:
    upstream = sdist(tmp_path / "in")
    out = ("-o", tmp_path / "out")
    with serving() as index:
        url = index.publish(upstream) if scheme == "http" else upstream.as_uri()
        assert report(form.format(url), *out)["packages"][0]["state"] == "written"
    origin = own_table(tmp_path / "out" / "demo-1.0.tar.gz")["origin"]
    assert (origin["url"], origin["sha256"]) == (url if scheme == "http" else "", sha256(upstream))
    again = report(form.format(url), *out)["packages"][0]
    assert (again["state"], again["sdist-from"] == "the cache") == ("unchanged", scheme == "http")


@pytest.mark.usefixtures("no_index")
def test_a_url_needs_no_index(tmp_path: Path) -> None:
    wrapped(sdist(tmp_path / "in").as_uri(), "-o", tmp_path / "out")


@pytest.mark.parametrize("form", ["{}", "/nowhere, {}"])
def test_a_folder_of_uvs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Which separates several by commas, so that a path may have a space."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", form.format(tmp_path / "with space"))
    sdist(tmp_path / "with space")
    wrapped("demo", "-o", tmp_path / "out")


@pytest.mark.processes
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("./nothing.tar.gz", "there is no such file or folder"),
        ("demo ==", "Expected"),
        ("to rch", "Expected"),
        ("ftp://host/demo-1.0.tar.gz", "a URL of the scheme 'ftp' cannot be fetched"),
        ("demo @ ftp://host/demo-1.0.tar.gz", "a URL of the scheme 'ftp' cannot be fetched"),
        ("http://127.0.0.1:9/demo-1.0.tar.gz", "cannot be asked"),
        ("git+file:///nowhere/at/all", "it cannot be fetched"),
    ],
)
def test_nothing_of_the_kind(tmp_path: Path, target: str, expected: str) -> None:
    result = wrap(target, "-o", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert result.output.startswith("augbackend: error: ")
    assert expected in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.processes
def test_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "tree", TREE)
    before = content(folder)
    wrapped(folder, "-o", tmp_path / "out", "--variable", "A=1")
    assert content(folder) == before
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    found = unpacked(archive)
    assert {name: found[name] for name in ("_be/be.py", "VERSION")} == {
        name: str(TREE[name]).encode() for name in ("_be/be.py", "VERSION")
    }
    assert own_table(archive)["backend-path"] == ["_be"]
    assert own_table(archive)["origin"]["sha256"] == ""


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_folder_is_given_the_variables_and_the_settings(tmp_path: Path) -> None:
    folder = write(tmp_path / "tree", TREE)
    wrapped(folder, "-o", tmp_path / "out", "--variable", "DEMO_VERSION=2.0", "-C", "local=+cpu")
    archive = tmp_path / "out" / "demo-2.0+cpu.tar.gz"
    assert own_table(archive)["extra-build-variables"] == {"DEMO_VERSION": "2.0"}


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_folder_whose_backend_fails(tmp_path: Path) -> None:
    folder = write(tmp_path / "tree", {**TREE, "VERSION": b""})
    (folder / "VERSION").unlink()
    result = wrap(folder, "-o", tmp_path / "out")
    assert result.exit_code == 2
    assert "be makes no sdist of it: FileNotFoundError" in result.output
    result = wrap(write(tmp_path / "other", {"README": ""}), "-o", tmp_path / "out")
    assert (result.exit_code, "no Python project here" in result.output) == (2, True)


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_files_that_are_new_are_packed_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "tree", {**TREE, ".gitignore": "*.o\n"})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    write(folder, {"csrc/new.cu": "", "csrc/new.o": ""})
    monkeypatch.chdir(folder)
    result = wrap(".")
    said = "1 files of it are not in git yet, and are packed as well: 'csrc/new.cu'"
    assert (result.exit_code, said in result.output) == (0, True), result.output
    archive = folder / "wrapped.d" / "demo-1.0.tar.gz"
    assert "csrc/new.cu" in unpacked(archive)
    assert wrap(".", "--check").exit_code == 0  # though the archive lies in the folder by now


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("form", ["{}", "demo @ {}"])
def test_repository(tmp_path: Path, form: str) -> None:
    folder = write(tmp_path / "repository", {f"python/{name}": text for name, text in TREE.items()})
    backend = folder / "python" / "_be" / "be.py"
    described = (
        "subprocess.run(['git', 'describe', '--tags'], capture_output=True, text=True, check=True).stdout.strip()"
    )
    backend.write_text(backend.read_text().replace('pathlib.Path("VERSION").read_text().strip()', described))
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "1.5")
    commit = git(folder, "rev-parse", "HEAD")
    (folder / "later").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "two")
    url = f"git+{folder.as_uri()}@1.5#subdirectory=python"
    out = ("-o", tmp_path / "out")
    found = report(form.format(url), *out)["packages"][0]
    place = f"git+{folder.as_uri()}@{commit}#subdirectory=python"
    assert (found["version"], found["sdist-from"]) == ("1.5", f"made from {place}")
    origin = own_table(tmp_path / "out" / "demo-1.5.tar.gz")["origin"]
    assert (origin["url"], origin["sha256"]) == (place, "")
    again = report(form.format(url), *out)["packages"][0]
    assert again["state"] == "unchanged"
    folder.rename(tmp_path / "gone")
    assert report(form.format(place), *out, "--offline")["packages"][0]["state"] == "unchanged"
    assert wrap(form.format(url), *out).exit_code == 2
    assert wrap(f"other @ {place}", *out).exit_code == 2


@pytest.mark.processes
def test_a_subdirectory_that_is_not_there(tmp_path: Path) -> None:
    folder = write(tmp_path / "repository", TREE)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    for subdirectory in ("nowhere", "../..", "VERSION"):
        result = wrap(f"git+{folder.as_uri()}#subdirectory={subdirectory}", "-o", tmp_path / "out")
        assert (result.exit_code, "there is no such subdirectory" in result.output) == (2, True), result.output


def test_several_at_once(tmp_path: Path) -> None:
    one, other = sdist(tmp_path / "in"), sdist(tmp_path / "in", name="other")
    found = report(one, other, "-o", tmp_path / "out", "--require", "torch")["packages"]
    assert [package["name"] for package in found] == ["demo", "other"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["demo-1.0.tar.gz", "other-1.0.tar.gz"]


def test_names_are_normalized(tmp_path: Path) -> None:
    upstream = sdist(tmp_path / "in", name="Zope.Demo_X", version="1.0.0-RC1")
    found = report(upstream, "-o", tmp_path / "out")["packages"][0]
    assert (found["name"], found["version"]) == ("zope-demo-x", "1.0.0rc1")
    archive = tmp_path / "out" / "zope_demo_x-1.0.0rc1.tar.gz"
    assert field(archive, "Version") == ["1.0.0rc1"]


# --- options ---


def test_options_are_written(made: Made) -> None:
    archive = made(
        None, "--require", "torch==2.8.0", "--require", "ninja; sys_platform == 'linux'", "--variable", "A=b=$HOME",
        "--variable", "B=$$5", "-C", "x=1", "-C", "y=1", "-C", "y=2", "--remove-require", "numpy",
    )  # fmt: skip
    assert table_of(archive) == {
        "build-system": {
            "requires": [ASSUMED, TOMLI, "torch==2.8.0", "ninja; sys_platform == 'linux'", "setuptools"][:4],
            "build-backend": "augbackend",
            "backend-path": ["_augbackend"],
        },
        "tool": {
            "augbackend": {
                "build-backend": "setuptools.build_meta:__legacy__",
                "extra-build-dependencies": ["torch==2.8.0", "ninja; sys_platform == 'linux'"],
                "remove-build-dependencies": ["numpy"],
                "extra-build-variables": {"A": "b=$HOME", "B": "$$5"},
                "config-settings": {"x": "1", "y": ["1", "2"]},
                "dynamic-requires": "never",
                "metadata": {"pkg-info": True},
                "provenance": True,
                "origin": own_table(archive)["origin"],
            }
        },
    }


def test_removed_requirements_leave_build_system_requires(made: Made) -> None:
    pyproject = '[build-system]\nrequires = ["setuptools", "Torch_X==2.9", "oldest-numpy"]\nbuild-backend = "setuptools.build_meta"\n'
    setup = SETUP_CALL.format("setup_requires=['torch-x', 'cython']")
    archive = made(
        {"pyproject.toml": pyproject, "setup.py": setup}, "--remove-require", "torch.x", "--require", "ninja"
    )
    assert table_of(archive)["build-system"]["requires"] == ["setuptools", "oldest-numpy", TOMLI, "ninja", "cython"]
    assert own_table(archive)["extra-build-dependencies"] == ["ninja", "cython"]
    assert own_table(archive)["remove-build-dependencies"] == ["torch.x"]


@pytest.mark.parametrize(
    ("theirs", "required", "expected"),
    [
        (None, ["setuptools<58"], ["setuptools>=40.8.0,<58", TOMLI, "wheel"]),
        (["SetupTools >= 40 , <70", "wheel"], ["setuptools<58"], ["SetupTools>=40,<70,<58", "wheel", TOMLI]),
        (["x", "setuptools"], ["setuptools<58", "setuptools>50"], ["x", "setuptools<58,>50", TOMLI, "wheel"]),
        (["torch>=2", "setuptools"], ["torch==2.8.0"], ["torch>=2,==2.8.0", "setuptools", TOMLI]),
        (["setuptools", "vcs[toml] (>=3,<9)"], ["vcs[Git_x]>=8"], ["setuptools", "vcs[git-x,toml]>=3,<9,>=8", TOMLI]),
        (["setuptools", "x>=2 ; os_name=='nt'"], ["x<3; os_name == 'nt'"], ["setuptools", "x>=2,<3; os_name=='nt'", TOMLI]),
        (["setuptools", "x>=2; os_name=='nt'"], ["x<3"], ["setuptools", "x>=2; os_name=='nt'", TOMLI, "x<3"]),
        (["setuptools", 'tomli; python_version < "3.11"'], [], ["setuptools", 'tomli; python_version < "3.11"']),
        (["setuptools", "x"], ["x @ https://e.example/x.whl"], ["setuptools", "x @ https://e.example/x.whl", TOMLI]),
        (["setuptools", "x>=1"], ["x @ https://e.example/x.whl"], ["setuptools", "x>=1", TOMLI, "x @ https://e.example/x.whl"]),
        (["setuptools", "x>=1", "x>=1"], [], ["setuptools", "x>=1", "x>=1", TOMLI]),
        (["setuptools", "no requirement!", "no requirement!"], [], ["setuptools", "no requirement!", "no requirement!", TOMLI]),
    ],
)  # fmt: skip
def test_one_requirement_a_project(
    made: Made, theirs: list[str] | None, required: list[str], expected: list[str]
) -> None:
    """Of two, some frontends keep but one; and the hook's answer is the text that stands there."""
    table = f"[build-system]\nrequires = {json.dumps(theirs)}\nbuild-backend = 'setuptools.build_meta'\n"
    files: dict[str, str | bytes] = {"setup.py": SETUP_CALL.format("")}
    options = [word for one in required for word in ("--require", one)]
    archive = made({**files, **({} if theirs is None else {"pyproject.toml": table})}, *(options or ["--require", "y"]))
    requires = table_of(archive)["build-system"]["requires"]
    assert requires == [*expected, *([] if options else ["y"])]
    assert {*own_table(archive)["extra-build-dependencies"]} <= {*requires}


def test_a_requirement_may_replace_a_removed_one(made: Made) -> None:
    pyproject = '[build-system]\nrequires = ["setuptools", "torch==2.9"]\nbuild-backend = "setuptools.build_meta"\n'
    archive = made({"pyproject.toml": pyproject}, "--remove-require", "torch", "--require", "torch==2.8")
    assert table_of(archive)["build-system"]["requires"] == ["setuptools", TOMLI, "torch==2.8"]


def test_requires_dist_is_the_users_word(made: Made) -> None:
    setup = SETUP_CALL.format("install_requires=open('r').read(), python_requires='>=3.7'")
    archive = made(
        {"setup.py": setup, "PKG-INFO": PKG_INFO.replace("Summary", "Requires-Python: >=3.8\nRequires-Dist: old\nSummary")},
        "--requires-dist", "six>=1", "--requires-dist", "rich; extra == 'Pretty_Print'",
    )  # fmt: skip
    assert field(archive, "Requires-Dist") == ["six>=1", "rich; extra == 'Pretty_Print'"]
    assert field(archive, "Provides-Extra") == ["pretty-print"]
    assert field(archive, "Requires-Python") == [">=3.8"]
    assert own_table(archive)["metadata"] == {"pkg-info": True}


def test_json(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = report(sdist(tmp_path / "in"), "-o", out, "--require", "torch", "--variable", "A=1", "-C", "k=v")
    archive = out / "demo-1.0.tar.gz"
    assert found == {
        "format": 1,
        "packages": [
            {
                "name": "demo",
                "version": "1.0",
                "version-from": "",
                "marker": "",
                "sdist-from": "the file given",
                "url": "",
                "upstream-sha256": sha256(tmp_path / "in" / "demo-1.0.tar.gz"),
                "archive": str(archive),
                "sha256": sha256(archive),
                "size": archive.stat().st_size,
                "state": "written",
                "why": "",
                "build-requirements": [{"requirement": "torch", "why": "--require"}],
                "remove-build-dependencies": [],
                "variables": {"A": "1"},
                "config-settings": {"k": "v"},
                "patches": [],
                "preflight": None,
                "dynamic-requires": "never",
                "static-metadata": True,
                "metadata-from": "setup.py's literal install_requires",
                "pin-runtime": [],
                "recipe": None,
            }
        ],
        "moved": [],
        "skipped": [],
        "ignored-by-git": [],
        "undeclared": [],
        "failures": [],
        "constraints": None,
        "commands": [f"pip install {archive}", f"uv pip install {archive}"],
        "sources": None,
        "confinement": None,
    }


def test_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sdist(tmp_path)
    monkeypatch.chdir(tmp_path)
    result = wrapped(
        "./demo-1.0.tar.gz", "--require", "torch", "--remove-require", "numpy", "--variable", "A=1", "-C", "k=v"
    )
    assert result.output.replace(os.sep, "/") == (
        "wrapped.d/demo-1.0.tar.gz: written\n"
        "  demo 1.0  (sdist from the file given)\n"
        "  + torch  (--require)\n"
        "  - numpy  (dropped from its own build requirements)\n"
        "  A = 1\n"
        "  -C k=v\n"
        "  its dependencies are known without a build: setup.py's literal install_requires\n"
        "\n"
        "pip compiles an archive that is given by its path every time, with --constraints FILE only once\n"
        "\n"
        "next:\n"
        "  pip install ./wrapped.d/demo-1.0.tar.gz\n"
        "  uv pip install ./wrapped.d/demo-1.0.tar.gz\n"
    )


def test_check(tmp_path: Path) -> None:
    upstream, out = sdist(tmp_path / "in"), tmp_path / "out"
    archive = out / "demo-1.0.tar.gz"
    result = wrap(upstream, "-o", out, "--check")
    assert (result.exit_code, out.exists()) == (1, False)
    assert result.output.endswith(f"stale: {archive}; run augbackend wrap\n")
    wrapped(upstream, "-o", out)
    assert wrapped(upstream, "-o", out, "--check").output.endswith("everything is up to date\n")
    before = content(out)
    result = wrap(upstream, "-o", out, "--check", "--require", "torch")
    assert (result.exit_code, content(out)) == (1, before)
    found = wrap(upstream, "-o", out, "--check", "--require", "torch", "--json")
    assert (found.exit_code, json.loads(found.output)["packages"][0]["state"]) == (1, "stale")
    assert wrap(tmp_path / "in" / "nothing.tar.gz", "-o", out, "--check").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--require", "to rch"], "to rch"),
        (["--requires-dist", "to rch"], "to rch"),
        (["--variable", "A"], "expected NAME=VALUE"),
        (["-C", "A"], "expected KEY=VALUE"),
        (["--variable", "A=$(x)"], "commands are not run"),
        (["--remove-require", "torch==1"], "expected only the name of a project"),
        (["--remove"], "--remove takes no other options than --output and --constraints"),
    ],
)
def test_misused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: str) -> None:
    upstream = sdist(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    before = content(tmp_path)
    result = wrap(upstream, *arguments)
    assert (result.exit_code, content(tmp_path)) == (2, before)
    assert expected in result.output


def test_nothing_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = wrap()
    assert (result.exit_code, "there is no package to wrap" in result.output) == (2, True)
    result = wrap("--require", "torch")
    assert (result.exit_code, "name the package that the options are for" in result.output) == (2, True)


# --- what is written ---

COMMENTED = """# hi
[build-system]  # why
requires = [
    "setuptools",   # the builder
    "cython",
]
build-backend = "setuptools.build_meta"  # not ours

[project]
name = "demo"
version = "1.0"
dependencies = ["six"]

[project.urls]
a = "b"

[tool.black]
line-length = 3
"""


def test_comments_and_formatting_are_kept(made: Made) -> None:
    archive = made({"pyproject.toml": COMMENTED}, "--require", "torch", "--variable", "A=1")
    lines = iter(text_of(archive).splitlines())
    kept = [line.replace('"setuptools.build_meta"', '"augbackend"') for line in COMMENTED.splitlines() if line]
    assert [line for line in kept if line not in lines] == []  # all of them, in this order
    assert table_of(archive)["project"] == {
        "name": "demo",
        "version": "1.0",
        "dependencies": ["six"],
        "urls": {"a": "b"},
    }
    assert table_of(archive)["tool"]["black"] == {"line-length": 3}
    assert own_table(archive)["build-backend"] == "setuptools.build_meta"
    assert own_table(archive)["extra-build-dependencies"] == ["torch"]
    assert field(archive, "Requires-Dist") == ["six"]


@pytest.mark.parametrize("setup", [b"", SETUP_PY])
def test_a_project_table_alone(made: Made, setup: str | bytes) -> None:
    archive = made({"setup.py": setup, "pyproject.toml": '[project]\nname = "demo"\nversion = "1.0"\n'})
    assert table_of(archive)["build-system"]["requires"] == [ASSUMED, TOMLI]
    assert own_table(archive)["build-backend"] == "setuptools.build_meta:__legacy__"
    assert field(archive, "Requires-Dist") == []


def test_what_is_ours_in_the_archive(made: Made) -> None:
    archive = made({"demo.py": "x"})
    assert {
        name.partition("/augbackend/")[2]: text for name, text in unpacked(archive).items() if "/augbackend/" in name
    } == copy_of(archive)
    assert set(upstreams(archive)) == {"PKG-INFO", "demo.py", "pyproject.toml", "setup.py"}
    assert text_of(archive).startswith("# Written by augbackend wrap: upstream has no pyproject.toml.\n")


def test_an_in_tree_backend_of_its_own(made: Made) -> None:
    archive = made({**TREE, "setup.py": b"", "PKG-INFO": STATIC_INFO})
    assert table_of(archive)["build-system"]["backend-path"] == ["_augbackend"]
    own = own_table(archive)
    assert (own["build-backend"], own["backend-path"]) == ("be", ["_be"])
    assert "dynamic-requires" not in own


@pytest.mark.processes
def test_the_wrapped_archive_answers(tmp_path: Path, made: Made) -> None:
    archive = made({**TREE, "setup.py": b"", "PKG-INFO": STATIC_INFO}, "--require", "torch==2.8.0")
    tree = write(tmp_path / "answering", dict(unpacked(archive)))
    copy = {"PYTHONPATH": str(tree / "_augbackend")}
    assert run_hook(tree, "get_requires_for_build_wheel", environ=copy).answer == ["torch==2.8.0"]


@pytest.mark.parametrize("theirs", ["_augbackend/__init__.py", "_augbackend"])
def test_a_folder_of_that_name_that_is_not_ours(made: Made, theirs: str) -> None:
    archive = made({theirs: "theirs"})
    assert table_of(archive)["build-system"]["backend-path"] == [".augbackend"]
    found = unpacked(archive)
    assert found[theirs] == b"theirs"
    assert ".augbackend/augbackend/errors.py" in found
    assert not any(name.startswith("_augbackend/augbackend") for name in found)


def test_both_names_are_taken(made: Made) -> None:
    archive = made({"_augbackend/x": "1", ".augbackend/y": "2"})
    assert table_of(archive)["build-system"]["backend-path"] == [".augbackend-2"]
    assert (unpacked(archive)["_augbackend/x"], unpacked(archive)[".augbackend/y"]) == (b"1", b"2")


ADOPTED = """[build-system]
requires = ["setuptools", "tomli>=1.1; python_version < '3.11'", "numpy"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "setuptools.build_meta"
extra-build-dependencies = ["numpy"]  # theirs
extra-build-variables = { A = "theirs", B = "theirs" }
"""


def test_upstream_has_the_backend_in_its_tree(made: Made) -> None:
    older: dict[str, str | bytes] = {
        "_augbackend/augbackend/hooks.py": "old",
        "_augbackend/augbackend/gone.py": "old",
        "_augbackend/other.py": "kept",
    }
    archive = made({**older, "pyproject.toml": ADOPTED}, "--require", "torch", "--variable", "A=ours")
    found = unpacked(archive)
    assert {
        name.partition("/augbackend/")[2]: text for name, text in found.items() if "/augbackend/" in name
    } == copy_of(archive)
    assert found["_augbackend/other.py"] == b"kept"
    assert table_of(archive)["build-system"] == {
        "requires": ["setuptools", TOMLI, "numpy", "torch"],
        "build-backend": "augbackend",
        "backend-path": ["_augbackend"],
    }
    own = own_table(archive)
    assert own["build-backend"] == "setuptools.build_meta"
    assert own["extra-build-dependencies"] == ["numpy", "torch"]
    assert own["extra-build-variables"] == {"A": "ours", "B": "theirs"}
    assert "# theirs" in text_of(archive)


def test_upstream_installs_the_backend(made: Made) -> None:
    text = '[build-system]\nrequires = ["augbackend>=0.1", "flit_core"]\nbuild-backend = "augbackend"\n\n[tool.augbackend]\nbuild-backend = "flit_core.buildapi"\n'
    archive = made({"pyproject.toml": text, "setup.py": b""})
    assert table_of(archive)["build-system"] == {
        "requires": ["flit_core", TOMLI],
        "build-backend": "augbackend",
        "backend-path": ["_augbackend"],
    }
    assert own_table(archive)["build-backend"] == "flit_core.buildapi"


def test_upstreams_copy_lies_behind_a_link(tmp_path: Path) -> None:
    import gzip

    from .archives import entries, extracted, symlink, tarred

    files: Files = {
        "PKG-INFO": PKG_INFO,
        "setup.py": SETUP_PY,
        "pyproject.toml": ADOPTED,
        "lib/augbackend/errors.py": "old",
    }
    upstream = tmp_path / "demo-1.0.tar.gz"
    upstream.write_bytes(gzip.compress(tarred([*entries(files), symlink("demo-1.0/_augbackend", "lib")])))
    result = wrap(upstream, "-o", tmp_path / "out")
    if result.exit_code == 0:  # or refused
        archive = tmp_path / "out" / "demo-1.0.tar.gz"
        tree = extracted(archive, tmp_path / "unpacked") / "demo-1.0"
        with tarfile.open(archive) as tar:
            links = [member.name for member in tar if member.issym()]
            assert not [name for name in tar.getnames() for link in links if name.startswith(f"{link}/")]
        (folder,) = table_of(archive)["build-system"]["backend-path"]
        assert (tree / folder / "augbackend" / "errors.py").read_bytes() == copy_of(archive)["errors.py"]


@pytest.mark.parametrize(
    ("files", "hidden"),
    [
        ({"setup.py": SETUP_CALL.format("packages=find_namespace_packages()")}, True),
        ({"setup.py": SETUP_CALL.format("packages=find_namespace_packages('src')")}, False),
        ({"setup.cfg": "[options]\npackages = find_namespace:\n"}, True),
        ({"pyproject.toml": "[tool.setuptools.packages.find]\nexclude = ['tests*']\n"}, True),
        ({"setup.py": SETUP_CALL.format("packages=find_packages()")}, False),
    ],
)
def test_namespace_packages(made: Made, files: Files, hidden: bool) -> None:
    archive = made(files)
    folder = ".augbackend" if hidden else "_augbackend"
    assert table_of(archive)["build-system"]["backend-path"] == [folder]
    assert {name.partition("/")[0] for name in unpacked(archive) if "/augbackend/" in name} == {folder}


def test_wrapped_already(tmp_path: Path, made: Made) -> None:
    archive = made()
    before = content(tmp_path)
    result = wrap(archive, "-o", tmp_path / "again")
    assert (result.exit_code, content(tmp_path)) == (2, before)
    assert f"it is wrapped already, by augbackend {__version__}" in result.output
    assert "hint: wrap what it was made from: " in result.output


BROKEN: dict[str, tuple[Files, str]] = {
    "not TOML": ({"pyproject.toml": "x ="}, "it is not TOML"),
    "not UTF-8": ({"pyproject.toml": b"# \xff"}, "it is not UTF-8"),
    "no requires": ({"pyproject.toml": "[build-system]\nbuild-backend='x'\n"}, "no list of build requirements"),
    "no table": ({"pyproject.toml": "build-system = 3\n"}, "found 3, expected a table"),
    "tool is no table": ({"pyproject.toml": "tool = 3\n"}, "found 3, expected a table"),
    "backend is no string": ({"pyproject.toml": "[build-system]\nrequires=[]\nbuild-backend=3\n"}, "expected a string"),
    "mistakes": ({"pyproject.toml": "[tool.augbackend]\njobs = 3\n"}, "tool.augbackend.jobs: found 3"),
    "half": ({"pyproject.toml": "[tool.augbackend]\nbuild-backend = 'x.y'\n"}, "it already names a wrapped backend"),
    "inline": ({"pyproject.toml": "tool = { z = { a = 1 } }\n"}, "it cannot be edited safely"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_upstreams_pyproject_is_broken(tmp_path: Path, case: str) -> None:
    files, expected = BROKEN[case]
    result = wrap(sdist(tmp_path / "in", files), "-o", tmp_path / "out")
    assert (result.exit_code, expected in result.output) == (2, True), result.output
    assert result.output.startswith("augbackend: error: ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", [b"[options\n", b"[options]\nx = 1\nx = 2\n", b"[metadata]\nauthor = \xff\n", b"x\n"])
@pytest.mark.parametrize("setup", [SETUP_PY, SETUP_CALL.format("")])
def test_upstreams_setup_cfg_is_broken(made: Made, setup: str, text: bytes) -> None:
    archive = made({"setup.py": setup, "setup.cfg": text})
    assert "metadata" not in own_table(archive)


# --- what is known of its dependencies ---

LITERAL = "setup.py's literal install_requires"
FULL = "install_requires=['six>=1', 'attrs; python_version < \"3.8\"'], python_requires='>=3.7', extras_require={'Some_X': ['rich'], ':python_version<\"3\"': ['enum34'], 'y:sys_platform==\"win32\"': ['colorama; python_version>\"3\" or os_name==\"nt\"']}"
PROJECT = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.8"\ndependencies = ["six"]\n[project.optional-dependencies]\nx = ["rich>=1; python_version>\'3\'"]\n'
CFG = "[options]\ninstall_requires =\n    six>=1  # comment\n    attrs\npython_requires = >=3.7\n[options.extras_require]\nx = rich\n"

STATIC: dict[str, tuple[Files, list[str], str]] = {
    "literal": ({}, ["six"], LITERAL),
    "nothing": ({"setup.py": SETUP_CALL.format("")}, [], "setup() names none"),
    "of all kinds": (
        {"setup.py": SETUP_CALL.format(FULL)},
        [
            "six>=1",
            'attrs; python_version < "3.8"',
            'rich; extra == "some-x"',
            'enum34; python_version < "3"',
            'colorama; (python_version > "3" or os_name == "nt") and sys_platform == "win32" and extra == "y"',
        ],
        LITERAL,
    ),
    "a name": ({"setup.py": f"r = ['six']\n{SETUP_CALL.format('install_requires=r')}"}, ["six"], LITERAL),
    "a sum": (
        {"setup.py": "r = ['six']\n" + SETUP_CALL.format("install_requires=r + ['attrs']")},
        ["six", "attrs"],
        LITERAL,
    ),
    "a text": ({"setup.py": SETUP_CALL.format("install_requires='six\\n# no\\nattrs'")}, ["six", "attrs"], LITERAL),
    "main": (
        {"setup.py": "import setuptools as s\nif __name__ == '__main__':\n    s.setup(install_requires=['six'])\n"},
        ["six"],
        LITERAL,
    ),
    "setup.cfg": (
        {"setup.py": SETUP_CALL.format(""), "setup.cfg": CFG},
        ["six>=1", "attrs", 'rich; extra == "x"'],
        "literal, in setup.cfg",
    ),
    "setup.cfg on one line": (
        {"setup.py": SETUP_CALL.format(""), "setup.cfg": "[options]\ninstall_requires = six; attrs\n"},
        ["six", "attrs"],
        "literal, in setup.cfg",
    ),
    "extras in setup.cfg": (
        {"setup.py": SETUP_CALL.format(""), "setup.cfg": "[options.extras-require]\nSome_X = six; attrs\n"},
        ['six; extra == "some-x"', 'attrs; extra == "some-x"'],
        "literal, in setup.cfg",
    ),
    "setup.cfg alone": (
        {"setup.py": b"", "pyproject.toml": "", "setup.cfg": CFG},
        ["six>=1", "attrs", 'rich; extra == "x"'],
        "literal, in setup.cfg",
    ),
    "project": (
        {"pyproject.toml": PROJECT},
        ["six", 'rich>=1; python_version > "3" and extra == "x"'],
        "pyproject.toml's [project]",
    ),
    "project, another backend": (
        {"pyproject.toml": f'[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n{PROJECT}'},
        ["six", 'rich>=1; python_version > "3" and extra == "x"'],
        "pyproject.toml's [project]",
    ),
    "project, version dynamic": (
        {"pyproject.toml": PROJECT.replace('version = "1.0"', 'dynamic = ["version"]')},
        ["six", 'rich>=1; python_version > "3" and extra == "x"'],
        "pyproject.toml's [project]",
    ),
    "as recorded": (
        {
            "setup.py": SETUP_CALL.format("install_requires=['Six >= 1', 'a_b'], extras_require={'x': ['rich']}"),
            "demo.egg-info/requires.txt": "a-b\nsix>=1\n\n[x]\nrich\n",
        },
        ["Six>=1", "a_b", 'rich; extra == "x"'],
        LITERAL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STATIC)
def test_static(tmp_path: Path, case: str) -> None:
    files, expected, why = STATIC[case]
    found = report(sdist(tmp_path / "in", files), "-o", tmp_path / "out")["packages"][0]
    assert (found["static-metadata"], found["metadata-from"]) == (True, why)
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert own_table(archive)["metadata"] == {"pkg-info": True}
    assert [Requirement(text) for text in field(archive, "Requires-Dist")] == [Requirement(text) for text in expected]
    assert field(archive, "Metadata-Version") == ["2.2"]
    assert field(archive, "Summary") == ["a demo"]
    assert unpacked(archive)["PKG-INFO"].endswith(b"\n\nIts description.\n")


COMPUTED: dict[str, tuple[Files, str]] = {
    "read": ({"setup.py": SETUP_CALL.format("install_requires=open('r').read()")}, "install_requires is computed when it builds"),
    "comprehension": ({"setup.py": SETUP_CALL.format("install_requires=[x for x in ['six']]")}, "install_requires is computed when it builds"),
    "starred": ({"setup.py": SETUP_CALL.format("install_requires=['six', *more]")}, "install_requires is computed when it builds"),
    "conditional value": ({"setup.py": SETUP_CALL.format("install_requires=['six'] if x else []")}, "install_requires is computed when it builds"),
    "appended to": ({"setup.py": f"r = ['six']\nr.append('x')\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "added to": ({"setup.py": f"r = ['six']\nr += ['x']\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "by another name": ({"setup.py": f"r = ['six']\nq = r\nq.append('x')\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "in a condition": ({"setup.py": f"r = ['six']\nif x:\n    r = []\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "only in a condition": ({"setup.py": f"if x:\n    r = []\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "by a loop": ({"setup.py": f"r = []\nfor r in [['a']]: pass\n{SETUP_CALL.format('install_requires=r')}"}, "install_requires is computed when it builds"),
    "item added": ({"setup.py": f"e = {{}}\ne['x'] = ['y']\n{SETUP_CALL.format('extras_require=e')}"}, "extras_require is computed when it builds"),
    "extras": ({"setup.py": SETUP_CALL.format("install_requires=['six'], extras_require=f()")}, "extras_require is computed when it builds"),
    "python": ({"setup.py": SETUP_CALL.format("install_requires=['six'], python_requires=f()")}, "python_requires is computed when it builds"),
    "conditional call": ({"setup.py": "from setuptools import setup\nif x:\n    setup(install_requires=['six'])\n"}, "in a way that only running it can tell"),
    "call in a try": ({"setup.py": "from setuptools import setup\ntry:\n    setup(install_requires=['six'])\nexcept E:\n    pass\n"}, "in a way that only running it can tell"),
    "two calls": ({"setup.py": SETUP_PY + "setup(install_requires=[])\n"}, "in a way that only running it can tell"),
    "keywords": ({"setup.py": SETUP_CALL.format("**k")}, "in a way that only running it can tell"),
    "a plugin's keyword": ({"setup.py": SETUP_CALL.format("install_requires=['six'], pbr=True")}, "in a way that only running it can tell"),
    "another setup": ({"setup.py": "from mine import setup\nsetup(install_requires=['six'])\n"}, "in a way that only running it can tell"),
    "not Python": ({"setup.py": "print 'x'"}, "in a way that only running it can tell"),
    "no requirement": ({"setup.py": SETUP_CALL.format("install_requires=['to rch']")}, "install_requires holds what is no requirement"),
    "both": ({"setup.cfg": CFG}, "setup.py and setup.cfg both have install_requires"),
    "cfg names a file": ({"setup.py": SETUP_CALL.format(""), "setup.cfg": "[options]\ninstall_requires = file: r.txt\n"}, "install_requires is computed when it builds"),
    "cfg is broken": ({"setup.cfg": "six\n"}, "setup.cfg cannot be read"),
    "extras in both": ({"setup.py": SETUP_CALL.format("extras_require={'x': ['six']}"), "setup.cfg": "[options.extras_require]\ny = attrs\n"}, "extras_require is computed when it builds"),
    "recorded otherwise": ({"demo.egg-info/requires.txt": "attrs\n"}, "is not what upstream's own build recorded"),
    "recorded otherwise, in src": ({"src/demo.egg-info/requires.txt": "six\nattrs\n"}, "is not what upstream's own build recorded"),
    "recorded with an extra": ({"demo.egg-info/requires.txt": "six\n\n[x]\nrich\n"}, "is not what upstream's own build recorded"),
    "recorded nothing": ({"demo.egg-info/requires.txt": ""}, "is not what upstream's own build recorded"),
    "dynamic": ({"pyproject.toml": PROJECT.replace('dependencies = ["six"]', 'dynamic = ["dependencies"]', 1)}, "pyproject.toml says that dependencies are dynamic"),
    "dynamic extras": ({"pyproject.toml": '[project]\nname = "demo"\nversion = "1.0"\ndynamic = ["optional-dependencies"]\n'}, "optional-dependencies are dynamic"),
    "another backend": ({"pyproject.toml": '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'}, "its backend may compute them"),
}  # fmt: skip


@pytest.mark.parametrize("case", COMPUTED)
def test_not_static(tmp_path: Path, case: str) -> None:
    files, why = COMPUTED[case]
    info = PKG_INFO.replace("2.1", "2.2").replace("Summary", "Dynamic: requires-dist\nDynamic: Provides-extra\nSummary")
    found = report(sdist(tmp_path / "in", {"PKG-INFO": info, **files}), "-o", tmp_path / "out")["packages"][0]
    assert found["static-metadata"] is False
    assert why in found["metadata-from"]
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert "metadata" not in own_table(archive)
    assert text_of(archive, "PKG-INFO") == info.replace("requires-dist", "Requires-Dist").replace(
        "Provides-extra", "Provides-Extra"
    )


@pytest.mark.parametrize("case", ["read", "conditional call"])
def test_not_static_and_upstreams_pkg_info_is_left_alone(tmp_path: Path, case: str) -> None:
    info = PKG_INFO.replace("2.1", "1.2") + "\n  odd\n\n"
    wrapped(sdist(tmp_path / "in", {"PKG-INFO": info, **COMPUTED[case][0]}), "-o", tmp_path / "out")
    assert text_of(tmp_path / "out" / "demo-1.0.tar.gz", "PKG-INFO") == info


@pytest.mark.parametrize("dashed", ["install-requires", "install_requires"])
def test_setup_cfg_spells_keys_with_dashes(made: Made, dashed: str) -> None:
    archive = made({"setup.py": SETUP_CALL.format(""), "setup.cfg": f"[options]\n{dashed} = six\n"})
    if "metadata" in own_table(archive):
        assert field(archive, "Requires-Dist") == ["six"]


@pytest.mark.parametrize("dashed", ["setup-requires", "setup_requires"])
def test_setup_requires_of_setup_cfg(made: Made, dashed: str) -> None:
    own = own_table(made({"setup.cfg": f"[options]\n{dashed} = cython\n"}))
    assert own.get("dynamic-requires", "auto") == "auto" or own["extra-build-dependencies"] == ["cython"]


@pytest.mark.parametrize("version", ["2.2", "2.3", "2.4"])
@pytest.mark.parametrize("more", ["", "Dynamic: description\n", "Requires-Dist: six\nProvides-Extra: x\n"])
@pytest.mark.parametrize("setup", [SETUP_PY, SETUP_CALL.format("install_requires=f()")])
def test_upstreams_own_static_pkg_info(tmp_path: Path, version: str, more: str, setup: str) -> None:
    info = f"Metadata-Version: {version}\r\nName: demo\nVersion: 1.0.0\n{more}\n\nLong.  \n\n"
    found = report(sdist(tmp_path / "in", {"PKG-INFO": info, "setup.py": setup}), "-o", tmp_path / "out")["packages"][0]
    assert (found["static-metadata"], found["metadata-from"]) == (True, "upstream's own PKG-INFO")
    archive = next((tmp_path / "out").iterdir())
    assert text_of(archive, "PKG-INFO") == info
    assert own_table(archive)["metadata"] == {"pkg-info": True}


@pytest.mark.parametrize("spelling", ["Requires-Dist", "requires-dist", "REQUIRES-DIST"])
def test_dynamic_is_not_static_in_any_spelling(tmp_path: Path, spelling: str) -> None:
    info = STATIC_INFO.replace("\n\n", f"\nDynamic: {spelling}\n\n")
    files: Files = {"PKG-INFO": info, "setup.py": SETUP_CALL.format("install_requires=f()")}
    assert report(sdist(tmp_path / "in", files), "-o", tmp_path / "out")["packages"][0]["static-metadata"] is False
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    assert field(archive, "Dynamic") == ["Requires-Dist"]
    wrapped(sdist(tmp_path / "in", {"PKG-INFO": info}), "-o", tmp_path / "out")
    assert field(archive, "Dynamic") == []


def test_a_description_in_the_header(made: Made) -> None:
    info = (
        "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nDescription: First line\n        \n"
        "        Second paragraph\nPlatform: any\nRequires-Python: >=3.6\nProvides-Extra: old\n"
    )
    archive = made({"PKG-INFO": info})
    assert field(archive, "Requires-Dist") == ["six"]
    assert field(archive, "Provides-Extra") == []
    assert field(archive, "Platform") == ["any"]
    assert "Second paragraph" in field(archive, "Description")[0]


def test_a_pkg_info_in_another_encoding(made: Made) -> None:
    info = PKG_INFO.encode().replace(b"a demo", b"a d\xe9mo")
    assert b"\nSummary: a d" in unpacked(made({"PKG-INFO": info}))["PKG-INFO"]


# --- what else it needs to build ---

KNOWN: dict[str, tuple[Files, list[str] | None]] = {
    "nothing": ({}, []),
    "literal": ({"setup.py": SETUP_CALL.format("setup_requires=['cython', 'numpy']")}, ["cython", "numpy"]),
    "text": ({"setup.py": SETUP_CALL.format("setup_requires='cython'")}, ["cython"]),
    "setup.cfg": ({"setup.cfg": "[options]\nsetup_requires =\n  cython\n"}, ["cython"]),
    "computed": ({"setup.py": SETUP_CALL.format("setup_requires=f()")}, None),
    "appended to": ({"setup.py": f"r = []\nr.append('x')\n{SETUP_CALL.format('setup_requires=r')}"}, None),
    "conditional": ({"setup.py": "from setuptools import setup\nif x:\n    setup()\n"}, None),
    "broken setup.cfg": ({"setup.cfg": "cython\n"}, None),
    "plugin": ({"setup.py": SETUP_CALL.format("cffi_modules=['x']")}, None),
    "flit": ({"pyproject.toml": '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n'}, []),
    "poetry": (
        {"pyproject.toml": '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'},
        [],
    ),
    "hatchling": ({"pyproject.toml": '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'}, None),
    "meson": ({"pyproject.toml": '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n'}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", KNOWN)
def test_dynamic_requires(tmp_path: Path, case: str) -> None:
    files, expected = KNOWN[case]
    found = report(sdist(tmp_path / "in", files), "-o", tmp_path / "out")["packages"][0]
    own = own_table(tmp_path / "out" / "demo-1.0.tar.gz")
    assert found["dynamic-requires"] == own.get("dynamic-requires", "auto") == ("auto" if expected is None else "never")
    assert own.get("extra-build-dependencies", []) == (expected or [])
    whys = {"requirement": "cython", "why": "upstream's setup_requires"}
    assert (whys in found["build-requirements"]) == ("cython" in (expected or []))


def test_setup_requires_are_named_once_and_can_be_dropped(made: Made) -> None:
    setup = SETUP_CALL.format("setup_requires=['cython', 'numpy==1.0', 'pytest-runner']")
    archive = made({"setup.py": setup}, "--require", "cython", "--remove-require", "pytest-runner")
    assert own_table(archive)["extra-build-dependencies"] == ["cython", "numpy==1.0"]
    assert table_of(archive)["build-system"]["requires"] == [ASSUMED, TOMLI, "cython", "numpy==1.0"]


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (["setuptools"], []),
        (["setuptools>=61"], []),
        (["setuptools<60"], ["wheel"]),
        (["setuptools==65.*"], ["wheel"]),
        (["setuptools~=58.0"], ["wheel"]),
        (["setuptools<=70.0"], ["wheel"]),
        (["setuptools<70.1"], ["wheel"]),
        (["setuptools<=70.1"], []),
        (["setuptools<71"], []),
        (["setuptools==75"], []),
        (["setuptools!=60"], []),
        (["Setuptools<60", "Wheel"], []),
        (["cython"], ["setuptools"]),
        ([], ["setuptools"]),
    ],
)
def test_what_setuptools_lacks(made: Made, requires: list[str], expected: list[str]) -> None:
    text = f'[build-system]\nrequires = {json.dumps(requires)}\nbuild-backend = "setuptools.build_meta"\n'
    archive = made({"pyproject.toml": text})
    assert own_table(archive).get("extra-build-dependencies", []) == expected
    assert table_of(archive)["build-system"]["requires"] == [*requires, TOMLI, *expected]


def test_wheel_for_an_old_setuptools_of_the_user(made: Made) -> None:
    archive = made(None, "--require", "setuptools<60")
    assert own_table(archive)["extra-build-dependencies"] == ["setuptools>=40.8.0,<60", "wheel"]


def test_wheel_is_assumed_where_setup_py_imports_it(made: Made) -> None:
    archive = made({"setup.py": f"from wheel.bdist_wheel import bdist_wheel\n{SETUP_PY}"})
    assert table_of(archive)["build-system"]["requires"] == [ASSUMED, "wheel", TOMLI]


def test_nothing_of_upstream_is_run(tmp_path: Path, made: Made) -> None:
    marker = tmp_path / "ran"
    made({"setup.py": f"open({str(marker)!r}, 'w')\n{SETUP_PY}"})
    assert not marker.exists()
    assert "setup" not in sys.modules


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_is_no_sdist(tmp_path: Path) -> None:
    """Nobody waits for what will never come."""
    os.mkfifo(tmp_path / "demo-1.0.tar.gz")
    assert "it is neither a file nor a folder" in wrap(tmp_path / "demo-1.0.tar.gz").output
