from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Callable

import pytest
from click.testing import CliRunner, Result

from augbackend.cli.main import group

from ..conftest import write
from .archives import PKG_INFO, SETUP_PY, sdist, serving, sha256, wrapped

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


def mode(name: str) -> Edit:
    def edit(members: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        members[f"demo-1.0/{name}"][0].mode = 0o4755

    return edit


def test_what_wrap_makes_is_proved(tmp_path: Path) -> None:
    upstream, archive = made(tmp_path, {"src/x.py": "x = 1\n", "data/ä": b"\0"})
    found = verify(archive, "--upstream", upstream)
    assert found.exit_code == 0, found.output
    assert found.output.endswith("nothing else differs\n")
    assert "+extra-build-dependencies = [" in found.output
    data = json.loads(verify(archive, "--upstream", upstream, "--json").output)
    assert (data["proved"], data["problems"], data["sha256"]) == (True, [], sha256(upstream))


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (replaced("setup.py", "six", "evil"), "setup.py: changed"),
        (added("evil.py"), "evil.py: added"),
        (added("_augbackend/evil.py"), "_augbackend/evil.py: added"),
        (added("_augbackend/augbackend/evil.py"), "not the augbackend"),
        (added("_augbackend/augbackend/evil", type=tarfile.DIRTYPE), "its bytes are not"),
        (lambda members: members.pop("demo-1.0/setup.py") and None, "setup.py"),
        (mode("setup.py"), "setup.py: changed"),
        (mode("_augbackend/augbackend/call.py"), "its bytes are not"),
        (mode("pyproject.toml"), "its bytes are not"),
        (replaced("_augbackend/augbackend/call.py", "import", "import "), "not the augbackend"),
        (replaced("pyproject.toml", 'augbackend = "', 'augbackend = "9'), "to be compared by that version"),
        (replaced("pyproject.toml", "[tool.augbackend]", "[tool.setuptools]\n[tool.augbackend]\n#"), ""),
        (replaced("pyproject.toml", "[tool.augbackend]", "[tool.setuptools]\nzip-safe = true\n[tool.augbackend]"), "it differs outside"),
        (replaced("pyproject.toml", 'backend-path = ["_augbackend"]', 'backend-path = ["_augbackend", "."]'), "alone"),
        (replaced("pyproject.toml", 'build-backend = "augbackend"', 'build-backend = "other"'), "is not its backend"),
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
    assert (found.exit_code, "its bytes are not" in found.output) == (1, True), found.output


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
        assert (found.exit_code, "its sha256 is" in found.output) == (2, True), found.output
        assert verify(archive, *arguments, "--offline").exit_code == 0


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


@pytest.mark.processes
@pytest.mark.usefixtures("quick", "no_index")
def test_a_repository(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "repository",
        {
            "setup.py": SETUP_PY,
            "pyproject.toml": BUILD_SYSTEM,
            "backend.py": "from setuptools.build_meta import *\n",
            "MANIFEST.in": "include *.py",
        },
    )
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    for out in ("one", "two"):
        wrapped(f"git+{folder.as_uri()}", "--output", tmp_path / out, "--cache-dir", tmp_path / f"cache-{out}")
    archive = tmp_path / "one" / "demo-1.0.tar.gz"
    assert archive.read_bytes() == (tmp_path / "two" / "demo-1.0.tar.gz").read_bytes()
    found = verify(archive)
    assert found.exit_code == 0, found.output


def test_what_is_not_ours(tmp_path: Path) -> None:
    found = verify(sdist(tmp_path / "in"))
    assert (found.exit_code, "only what augbackend wrap wrote" in found.output) == (2, True)
    (tmp_path / "x.tar.gz").write_bytes(b"x")
    assert verify(tmp_path / "x.tar.gz").exit_code == 2
