from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.fetch import sdist as sdists
from augbackend.cli.main import group
from augbackend.cli.wrapping.verification import claim
from augbackend.errors import AugbackendError

from ..conftest import write
from .archives import PKG_INFO, SETUP_PY, sdist, serving, sha256, wrapped
from .runner import CliRunner, Result

pytestmark = pytest.mark.usefixtures("alone")

BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
Edit = Callable[[dict[str, tuple[tarfile.TarInfo, bytes]]], None]


def verify(archive: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["verify", str(archive), *map(str, arguments)])


def made(folder: Path, files: dict[str, str | bytes] | None = None) -> tuple[Path, Path]:
    """An sdist, and what wrap makes of it."""
    upstream = sdist(folder / "in", files)
    wrapped(upstream, "--require", "ninja", "--output", folder / "out")
    return upstream, folder / "out" / upstream.name


def tampered(archive: Path, edit: Edit) -> None:
    with tarfile.open(archive) as tar:
        members = {one.name: (one, tar.extractfile(one).read() if one.isreg() else b"") for one in tar}  # type: ignore[union-attr]
    edit(members)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member, content in members.values():
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    archive.write_bytes(gzip.compress(stream.getvalue(), mtime=0))


def replaced(name: str, old: str, new: str) -> Edit:
    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        member, content = members[f"demo-1.0/{name}"]
        assert old.encode() in content
        members[member.name] = (member, content.replace(old.encode(), new.encode()))

    return edit


def added(name: str, **changes: object) -> Edit:
    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(f"demo-1.0/{name}")
        for key, value in changes.items():
            setattr(member, key, value)
        members[member.name] = (member, b"")

    return edit


def linked(name: str, target: str) -> Edit:
    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(f"demo-1.0/{name}")
        member.type, member.linkname = tarfile.SYMTYPE, target
        members[member.name] = (member, b"")

    return edit


def mode(name: str) -> Edit:
    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        members[f"demo-1.0/{name}"][0].mode = 0o4755

    return edit


def test_what_wrap_makes_is_proved(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path, {"src/x.py": "x = 1\n", "data/ä": b"\0"})
    found = verify(archive, "--upstream", upstream)
    assert found.exit_code == 0, found.output
    assert found.output.startswith(f"proved: it is demo 1.0 as it is at {upstream} (the index could not ")
    assert found.output.splitlines()[0].endswith(", with 6 additions (listed below); nothing else differs")
    assert "  + tool.augbackend.extra-build-dependencies: ninja\n" in found.output
    assert "+extra-build-dependencies = [" not in found.output
    assert "+extra-build-dependencies = [" in verify(archive, "--upstream", upstream, "--diff").output
    everything = json.loads(verify(archive, "--upstream", upstream, "--json").output)
    data = everything["archives"][0]
    assert (everything["format"], everything["proved"], data["archive"]) == (1, True, str(archive))
    assert (data["proved"], data["problems"], data["sha256"]) == (True, [], sha256(upstream))
    added = {"key": "tool.augbackend.extra-build-dependencies", "text": "ninja", "warning": ""}
    assert added in data["additions"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (replaced("setup.py", "six", "evil"), "setup.py: changed"),
        (added("evil.py"), "evil.py: added"),
        (added("_augbackend/evil.py"), "_augbackend/evil.py: added"),
        (added("_augbackend/augbackend/evil.py"), "not the augbackend"),
        (added("_augbackend/augbackend/evil", type=tarfile.DIRTYPE), "its bytes are not"),
        (replaced("PKG-INFO", "Summary: a demo", "Summary: a demon"), "PKG-INFO: summary is not upstream's"),
        (replaced("PKG-INFO", "Its description", "Other words"), "PKG-INFO: its description is not upstream's"),
        (replaced("PKG-INFO", "Requires-Dist: six", "Requires-Dist: six\rRequires-Dist: evil"), "wrapping writes no line such as"),
        (replaced("PKG-INFO", "Version: 1.0", "Version: 1.0\nVersion: 1.0"), "more than one version"),
        (replaced("pyproject.toml", 'meta:__legacy__"', 'meta"'), "tool.augbackend.build-backend is 'setuptools.build_meta'"),
        (replaced("pyproject.toml", "[tool.augbackend]", '[tool.augbackend]\nbackend-path = ["."]'), "tool.augbackend.backend-path is ['.']"),
        (lambda members: members.pop("demo-1.0/setup.py") and None, "setup.py"),
        (mode("setup.py"), "setup.py: changed"),
        (mode("_augbackend/augbackend/errors.py"), "its bytes are not"),
        (mode("pyproject.toml"), "its bytes are not"),
        (replaced("_augbackend/augbackend/errors.py", "import", "import "), "not the augbackend"),
        (replaced("pyproject.toml", 'augbackend = "', 'augbackend = "9'), "to be compared by that version"),
        (replaced("pyproject.toml", "[tool.augbackend]", "[tool.setuptools]\n[tool.augbackend]\n#"), ""),
        (replaced("pyproject.toml", "[tool.augbackend]", "[tool.setuptools]\nzip-safe = true\n[tool.augbackend]"), "it differs outside"),
        (replaced("pyproject.toml", 'backend-path = ["_augbackend"]', 'backend-path = ["_augbackend", "."]'), "alone"),
        (replaced("pyproject.toml", 'build-backend = "augbackend"', 'build-backend = "other"'), "is not its backend"),
        (replaced("pyproject.toml", "[build-system]", "[build-system]\nother = 1"), "build-system has other keys than upstream's"),
        (replaced("pyproject.toml", 'backend-path = ["_augbackend"]', 'backend-path = ["src"]'), "wrapping writes no backend to 'src'"),
        (replaced("PKG-INFO", "Name: demo", "Name: other"), "PKG-INFO: it is other 1.0"),
        (replaced("pyproject.toml", '"demo"', '"other"'), "was made from other 1.0"),
        (replaced("pyproject.toml", 'sha256 = "', 'sha256 = "0" #'), "sha256"),
    ],
)  # fmt: skip
def test_anything_else_is_found(tmp_path: Path, edit: Edit, problem: str) -> None:
    upstream, archive = made(tmp_path)
    tampered(archive, edit)
    found = verify(archive, "--upstream", upstream)
    assert found.exit_code in (1, 2), found.output
    assert problem in found.output
    assert "nothing else differs" not in found.output
    assert "Traceback" not in found.output


def test_what_lies_behind_the_end(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path)
    archive.write_bytes(archive.read_bytes() + gzip.compress(b"\0" * 512))
    found = verify(archive, "--upstream", upstream)
    assert (found.exit_code, "lie behind its compressed content" in found.output) == (1, True), found.output


def test_another_name(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path)
    other = archive.rename(archive.with_name("other-1.0.tar.gz"))
    assert verify(other, "--upstream", upstream).exit_code == 1


def test_upstream_is_fetched_again(tmp_path: Path) -> None:
    upstream = sdist(tmp_path / "in")
    with serving() as server:
        wrapped(server.publish(upstream), "--output", tmp_path / "out")
        archive = tmp_path / "out" / upstream.name
        arguments = ("--index-url", server.simple)
        assert verify(archive, *arguments).exit_code == 0
        server.publish(sdist(tmp_path / "evil", {"x": "evil"}))
        found = verify(archive, *arguments)
        assert (found.exit_code, "its sha256 is" in found.output) == (1, True), found.output
        offline = verify(archive, *arguments, "--offline")
        assert (offline.exit_code, "  1 members are upstream's" in offline.output) == (1, True), offline.output
        assert "not known: the index was not asked: leave --offline out" in offline.output
        assert offline.output.startswith("not proved: ")


def test_links(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path)
    files = {"setup.py": SETUP_PY, "PKG-INFO": PKG_INFO}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"demo-1.0/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
        dangling = tarfile.TarInfo("demo-1.0/x")
        dangling.type, dangling.linkname = tarfile.SYMTYPE, "nowhere"
        tar.addfile(dangling)
    upstream.write_bytes(gzip.compress(stream.getvalue()))
    wrapped(upstream, "--output", tmp_path / "out")
    assert verify(archive, "--upstream", upstream).exit_code == 0


def test_a_copy_and_its_manifest_that_were_altered_together(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path)

    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        name = "demo-1.0/_augbackend/augbackend/errors.py"
        member, old = members[name]
        new = old + b"import evil\n"
        members[name] = (member, new)
        before, after = (hashlib.sha256(text).hexdigest().encode() for text in (old, new))
        for file, (one, content) in list(members.items()):  # whatever says its sha256 says the new one
            if file.startswith("demo-1.0/_augbackend/"):
                members[file] = (one, content.replace(before, after))

    tampered(archive, edit)
    found = verify(archive, "--upstream", upstream)
    assert found.exit_code == 1, found.output
    assert re.search(r"not the augbackend .*\(.*errors\.py", found.output)


# --- repositories ---

VERSIONED = """
from setuptools import build_meta
def build_sdist(*arguments):
    with open("version.py", "w") as stream:
        stream.write("version = '1.0'")
    return build_meta.build_sdist(*arguments)
"""
FILES: dict[str, str | bytes] = {
    "setup.py": SETUP_PY,
    "pyproject.toml": BUILD_SYSTEM,
    "backend.py": VERSIONED,
    "MANIFEST.in": "include *.py run *.txt\ngraft data",
    "data/ä": b"\0\n",
    "run": "#!/bin/sh\n",
    "doc/x.rst": "left out",
}


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=x", "-c", "user.email=x", "-c", "protocol.file.allow=always")
    return subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def repository(folder: Path, files: dict[str, str | bytes] | None = None) -> Path:
    write(folder, {**FILES, **(files or {})})
    (folder / "run").chmod(0o755)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    return folder


def of_repository(folder: Path, url: str, *arguments: str) -> Path:
    wrapped(url, "--output", folder / "out", "--cache-dir", folder / "cache", *arguments)
    return folder / "out" / "demo-1.0.tar.gz"


def claiming(folder: Path, repository: Path) -> Path:
    """An archive that says that it was made from a repository's last commit; nothing was built for it."""
    commit = git(repository, "rev-parse", "HEAD").strip()
    _, archive = made(folder, {name: text for name, text in FILES.items() if name != "doc/x.rst"})

    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        origin = f'url = "git+{repository.as_uri()}@{commit}"\nsha256 = ""'
        member, text = members["demo-1.0/pyproject.toml"]
        members[member.name] = (member, re.sub(rb'url = ""\nsha256 = ".*"', origin.encode(), text))
        members["demo-1.0/run"][0].mode = 0o755

    tampered(archive, edit)
    return archive


ALLOWED = ("--allow-origin", "git+file")
UNPROVED = [
    "PKG-INFO: not in the repository",
    "demo.egg-info/PKG-INFO: not in the repository",
    "demo.egg-info/SOURCES.txt: not in the repository",
    "demo.egg-info/dependency_links.txt: not in the repository",
    "demo.egg-info/requires.txt: not in the repository",
    "demo.egg-info/top_level.txt: not in the repository",
    "setup.cfg: not in the repository",
    "version.py: not in the repository",
]


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
@pytest.mark.parametrize("below", ["", "python"])
def test_a_repository(tmp_path: Path, below: str) -> None:
    folder = repository(tmp_path / "repository", {"python/x": ""})
    if below:
        folder = tmp_path / "other"
        repository(folder / below)
        git(folder, "init", "-q")
        (folder / below / ".git").rename(tmp_path / "gone")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "x")
    else:
        (folder / "python" / "x").unlink()
        git(folder, "commit", "-qam", "y")
    url = f"git+{folder.as_uri()}" + (f"#subdirectory={below}" if below else "")
    archive, other = (of_repository(tmp_path / name, url) for name in ("one", "two"))
    assert archive.read_bytes() == other.read_bytes()
    (folder / "later").write_text("x")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "later")
    found = verify(archive, *ALLOWED)
    assert (found.exit_code, found.output.splitlines()[0]) == (
        1,
        "not proved without a build: add --build, which runs upstream's code, confined",
    ), found.output
    assert "6 members are upstream's, unchanged" in found.output
    assert '+build-backend = "augbackend"' in verify(archive, *ALLOWED, "--diff").output
    data = json.loads(verify(archive, *ALLOWED, "--json").output)["archives"][0]
    assert (data["proved"], data["problems"], data["unproved"]) == (False, [], UNPROVED)
    found = verify(archive, *ALLOWED, "--build")
    assert (found.exit_code, found.output.splitlines()[0].endswith("; nothing else differs")) == (0, True), found.output


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
def test_a_subdirectory_in_its_repository(tmp_path: Path) -> None:
    """Its backend reads what is above, so that all of the repository is in the archive."""
    folder = tmp_path / "repository"
    repository(folder / "python", {"backend.py": VERSIONED + "open('../above').read()\n"})
    write(folder, {"above": ""})
    git(folder, "init", "-q")
    (folder / "python" / ".git").rename(tmp_path / "gone")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    archive = of_repository(tmp_path, f"git+{folder.as_uri()}#subdirectory=python")
    found = verify(archive, *ALLOWED, "--build")
    assert (found.exit_code, "; nothing else differs\n" in found.output) == (0, True), found.output
    data = json.loads(verify(archive, *ALLOWED, "--json").output)["archives"][0]
    unproved = [one if one == UNPROVED[0] else f"repository/python/{one}" for one in UNPROVED]
    assert (data["problems"], data["unproved"]) == ([], sorted([*unproved, f"repository/python/{UNPROVED[0]}"]))
    shim = "_in_repository/_in_repository.py"
    for edit, problem in (
        (replaced(shim, "FOLDER", "PLACE"), f"{shim}: changed"),
        (replaced("setup.py", "six", "evil"), "setup.py: changed"),
        (added("_in_repository/evil.py"), "_in_repository/evil.py: added"),
        (lambda members: members.pop("demo-1.0/repository/above") and None, "1 files of the repository are left out: repository/above"),
    ):  # fmt: skip
        before = archive.read_bytes()
        tampered(archive, edit)
        assert f"problem: {problem}" in verify(archive, *ALLOWED).output
        archive.write_bytes(before)


@pytest.mark.processes
def test_no_code_of_a_repository_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its setup.py, nor its backend, nor what git could be made to run."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    run = f"touch {tmp_path / 'ran'}; cat"
    attributes = "* filter=evil diff=evil merge=evil export-subst\n*.txt filter=lfs diff=lfs -text\n"
    files: dict[str, str | bytes] = {
        ".gitattributes": attributes,
        ".gitmodules": '[submodule "x"]\npath=x\nurl=ext::touch /nowhere\n',
    }
    files["setup.py"] = f"open({str(tmp_path / 'ran')!r}, 'w')"
    folder = repository(tmp_path / "repository", files)
    archive = claiming(tmp_path, folder)
    script = f"#!/bin/sh\n{run}\n"
    hook: dict[str, str | bytes] = dict.fromkeys(
        ("post-checkout", "reference-transaction", "post-index-change"), script
    )
    write(tmp_path / "home" / "hooks", hook)
    write(tmp_path / "home" / "template" / "hooks", hook)
    write(
        folder / ".git" / "hooks",
        {**hook, "pre-upload": script, "post-upload-pack": script},
    )
    for file in [*(tmp_path / "home").rglob("*"), *(folder / ".git" / "hooks").iterdir()]:
        file.chmod(0o755)
    settings = {  # of the user's, for what the user checks out, looks at and merges
        **{f"filter.{name}.{key}": run for name in ("evil", "lfs") for key in ("smudge", "clean", "process")},
        "filter.lfs.required": "true",
        "diff.evil.textconv": run,
        "diff.evil.command": run,
        "merge.evil.driver": run,
        "core.hooksPath": str(tmp_path / "home" / "hooks"),
        "init.templateDir": str(tmp_path / "home" / "template"),
        "core.pager": run,
        "pager.ls-tree": run,
        "core.fsmonitor": run,
        "core.editor": run,
        "diff.external": run,
    }
    for name, value in settings.items():
        git(tmp_path, "config", "--global", name, value)
    of_the_repository = {
        **dict.fromkeys(("uploadpack.packObjectsHook", "core.fsmonitor", "core.alternateRefsCommand"), run),
        "core.sshCommand": run,
        "remote.origin.url": f"ext::{run}",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": run,
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
    }
    for name, value in of_the_repository.items():
        git(folder, "config", name, value)
    processes: list[list[str]] = []
    start = subprocess.Popen.__init__

    def started(self: object, command: list[str], *arguments: object, **options: object) -> None:
        processes.append([str(word) for word in command])
        start(self, command, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", started)
    assert verify(archive, *ALLOWED).exit_code == 1
    assert {Path(command[0]).name for command in processes} == {"git"}
    assert not (tmp_path / "ran").exists()
    subprocess.run(["git", "clone", "-q", folder.as_uri(), str(tmp_path / "clone")], check=False, capture_output=True)
    assert (tmp_path / "ran").exists()  # the traps are sharp


@pytest.mark.processes
@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (replaced("setup.py", "six", "evil"), "without a build: setup.py: not as it is in the repository"),
        (replaced("data/ä", "\n", "\r"), "without a build: data/ä: not as it is in the repository"),
        (mode("setup.py"), "problem: setup.py: its mode is 4755"),
        (lambda members: setattr(members["demo-1.0/run"][0], "mode", 0o644), "build: run: not as it is"),
        (linked("setup.py", "run"), "without a build: setup.py: not as it is"),
        (lambda members: members.pop("demo-1.0/setup.py") and None, "2 files of the repository are left out: doc/x.rst, setup.py"),
        (added("evil.py"), "without a build: evil.py: not in the repository"),
        (added("empty", type=tarfile.DIRTYPE, mode=0o755), "without a build: empty: not in the repository"),
        (added("_augbackend/tomli.py"), "problem: _augbackend/tomli.py: added"),
        (added("_augbackend/augbackend/evil.py"), "not the augbackend"),
        (added("_augbackend/augbackend/evil", type=tarfile.DIRTYPE), "problem: _augbackend/augbackend/evil: wrapping writes a plain file there"),
        (mode("_augbackend/augbackend/errors.py"), "problem: _augbackend/augbackend/errors.py: wrapping writes"),
        (replaced("_augbackend/augbackend/errors.py", "import", "import "), "not the augbackend"),
        (lambda members: members.update({"again": (renamed(members["demo-1.0/setup.py"][0], "demo-1.0/./setup.py"), b"evil")}), "problem: not the same to every reader: 'demo-1.0/./setup.py' is spelled"),
        (replaced("pyproject.toml", "[tool.augbackend]", "[tool.setuptools]\nzip-safe = true\n[tool.augbackend]"), "without a build: pyproject.toml: it differs outside"),
        (replaced("PKG-INFO", "Name: demo", "Name: other"), "problem: PKG-INFO: it is other 1.0"),
    ],
)  # fmt: skip
def test_what_a_repository_does_not_have(tmp_path: Path, edit: Edit, problem: str) -> None:
    archive = claiming(tmp_path, repository(tmp_path / "repository"))
    tampered(archive, edit)
    found = verify(archive, *ALLOWED)
    assert found.exit_code == 1, found.output
    assert problem in found.output
    assert "nothing else differs" not in found.output


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
def test_what_a_build_does_not_make(tmp_path: Path) -> None:
    archive = of_repository(tmp_path, f"git+{repository(tmp_path / 'repository').as_uri()}")
    tampered(archive, replaced("version.py", "1.0", "1.1"))
    found = verify(archive, *ALLOWED, "--build")
    assert (found.exit_code, "problem: version.py: changed" in found.output) == (1, True), found.output


def renamed(member: tarfile.TarInfo, name: str) -> tarfile.TarInfo:
    other = tarfile.TarInfo(name)
    other.mode = member.mode
    return other


@pytest.mark.processes
def test_links_and_submodules_of_a_repository(tmp_path: Path) -> None:
    part = repository(tmp_path / "part")
    folder = repository(tmp_path / "repository")
    (folder / "link.py").symlink_to("backend.py")
    git(folder, "submodule", "add", "-q", part.as_uri(), "part")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "y")
    archive = claiming(tmp_path, folder)
    before = verify(archive, *ALLOWED).output
    tampered(archive, linked("link.py", "backend.py"))
    tampered(archive, added("part/setup.py"))
    tampered(archive, added("part/data/x"))
    found = verify(archive, *ALLOWED)
    assert found.exit_code == 1, found.output
    assert "part (2 files): a submodule, which is not fetched" in found.output
    assert ("  5 members are" in before, "  6 members are" in found.output) == (True, True), before


@pytest.mark.processes
@pytest.mark.parametrize(
    "url",
    [
        "git+file:///nowhere", "git+ssh://git@host/x", "git+git@host:x/y", "git+git://host/x", "hg+https://host/x",
        "file:///nowhere/demo-1.0.tar.gz", "ftp://host/demo-1.0.tar.gz",
    ],
)  # fmt: skip
@pytest.mark.parametrize("option", [[], ["--build"]])
def test_an_origin_that_is_not_fetched(tmp_path: Path, url: str, option: list[str]) -> None:
    _, archive = made(tmp_path)
    tampered(archive, replaced("pyproject.toml", 'url = ""', f'url = "{url}"'))
    found = verify(archive, *option)
    assert found.exit_code == 2, found.output
    assert "is not fetched without being asked" in found.output
    assert "--allow-origin " in found.output


@pytest.mark.processes
@pytest.mark.parametrize("url", ["git+ext::sh -c touch% ran", "git+fd::17"])
def test_an_origin_that_is_a_command(tmp_path: Path, url: str) -> None:
    _, archive = made(tmp_path)
    tampered(archive, replaced("pyproject.toml", 'url = ""', f'url = "{url}"'))
    found = verify(archive, "--build", "--allow-origin", "git+ext", "--allow-origin", "git+ssh")
    assert (found.exit_code, "git would run a command" in found.output) == (2, True), found.output


@pytest.mark.processes
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("git+https://[host/x", "no URL"),
        ("git+http://127.0.0.1:1/x", "it names no commit"),
        ("git+http://127.0.0.1:1/x@main", "it names no commit"),
        (f"git+http://127.0.0.1:1/x@{'0' * 40}", "it cannot be fetched"),
        (f"git+http://u:secret@127.0.0.1:1/x@{'0' * 40}", "it cannot be fetched"),
    ],
)
def test_a_repository_that_cannot_be_had(tmp_path: Path, url: str, said: str) -> None:
    _, archive = made(tmp_path)
    tampered(archive, replaced("pyproject.toml", 'url = ""', f'url = "{url}"'))
    found = verify(archive)
    assert (found.exit_code, said in found.output) == (2 if "[" in url else 1, True), found.output
    assert "secret" not in found.output


@pytest.mark.processes
def test_a_server_that_gives_files_only(tmp_path: Path) -> None:
    """Such a server knows no single commits: everything is fetched, and the commit looked for in that."""
    folder = repository(tmp_path / "repository", {"backend.py": ""})
    commit = git(folder, "rev-parse", "HEAD").strip()
    git(folder, "update-server-info")
    _, archive = made(tmp_path)
    with serving() as server:
        for file in (folder / ".git").rglob("*"):
            if file.is_file():
                server.pages[f"/x/{file.relative_to(folder / '.git').as_posix()}"] = file.read_bytes()
        server.pages["/x/info/refs?service=git-upload-pack"] = server.pages["/x/info/refs"]
        url = f"git+{server.url}/x@{commit}"
        tampered(archive, replaced("pyproject.toml", 'url = ""', f'url = "{url}"'))
        found = verify(archive)
    assert (found.exit_code, "  1 members are upstream's" in found.output) == (1, True), found.output


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
def test_what_an_archive_says_of_variables_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "secret")
    backend = VERSIONED + "import os\nprint(sorted(os.environ.items()))\nassert os.environ.get('A') != 'secret'\n"
    folder = repository(tmp_path / "repository", {"backend.py": backend})
    archive = of_repository(tmp_path, f"git+{folder.as_uri()}", "--variable", "A=$PATH")
    assert verify(archive, *ALLOWED, "--build").exit_code == 0
    tampered(archive, replaced("pyproject.toml", 'A = "$PATH"', 'A = "$MY_TOKEN"'))
    found = verify(archive, *ALLOWED, "--build")
    assert (found.exit_code, "$MY_TOKEN is not set" in found.output) == (1, True), found.output
    assert "secret" not in found.output


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
def test_a_folder(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", FILES)
    wrapped(tree, "--output", tmp_path / "out")
    archive = tmp_path / "out" / "demo-1.0.tar.gz"
    found = verify(archive, "--upstream", tree)
    assert (found.exit_code, "add --build" in found.output) == (2, True), found.output
    assert verify(archive, "--upstream", tree, "--build").exit_code == 0


def test_what_is_not_ours(tmp_path: Path) -> None:
    found = verify(sdist(tmp_path / "in"))
    assert (found.exit_code, "only what augbackend wrap wrote" in found.output) == (2, True)
    (tmp_path / "x.tar.gz").write_bytes(b"x")
    assert verify(tmp_path / "x.tar.gz").exit_code == 2


def test_a_key_of_too_many_parts_is_not_parsed(tmp_path: Path) -> None:
    """The parser would keep every beginning of it."""
    path = sdist(tmp_path, {"pyproject.toml": f"[tool.augbackend.origin]\nx{'.x' * 5001} = 1\n"})
    assert sdists.origin(path) == {}
    with sdists.opened(path) as opened, pytest.raises(AugbackendError, match="a line with more than 5000 dots"):
        claim.read(opened)
