"""Upstream's archive: hostile and broken ones refused, honest ones carried over byte for byte."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import struct
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.fetch import decompression
from augbackend.cli.fetch import sdist as sdists
from augbackend.cli.main import group
from augbackend.cli.wrapping import archive as written_archive

from ..fuzz import crafted_sdists as crafted
from . import archives
from .archives import MTIME, PKG_INFO, SETUP_PY, Entry, content, hardlink, sdist, serving, sha256, symlink, tarred, wrap
from .runner import CliRunner

pytestmark = pytest.mark.usefixtures("alone")

BASE = archives.entries({"PKG-INFO": PKG_INFO, "setup.py": SETUP_PY})
REFUSAL = "augbackend: error: not a sound sdist: "


def written(tmp_path: Path, data: bytes, name: str = "demo-1.0.tar.gz") -> Path:
    file = tmp_path / "in" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(data)
    return file


def packed(tmp_path: Path, *members: Entry, **options: Any) -> Path:
    return written(tmp_path, gzip.compress(tarred([*BASE, *members], **options)))


def refused(
    tmp_path: Path, target: str | Path, expected: str, *arguments: str | Path, start: str = "augbackend: error: "
) -> None:
    """Ours says why in one line, and all files are what they were."""
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    (out / "demo-1.0.tar.gz").write_bytes(b"the previous one")
    before = content(tmp_path)
    result = wrap(target, "--output", out, *arguments)
    assert result.exit_code == 2, result.output
    first, *rest = result.output.splitlines()
    assert first.startswith(start)
    assert expected in first
    assert all(line.startswith(("  where: ", "  hint: ")) for line in rest)
    after = {name: data for name, data in content(tmp_path).items() if not name.startswith("cache")}
    assert after == before


def unsound(tmp_path: Path, target: str | Path, expected: str, *arguments: str | Path) -> None:
    refused(tmp_path, target, expected, *arguments, start=REFUSAL)


HOSTILE: dict[str, tuple[list[Entry], str]] = {
    "absolute": ([Entry("/demo-1.0/x")], "'/demo-1.0/x' is an absolute name"),
    "absolute, elsewhere": ([Entry("/evil/x")], "'/evil/x' is an absolute name"),
    "up": ([Entry("demo-1.0/../evil")], "'demo-1.0/../evil' leads out"),
    "up at once": ([Entry("../evil")], "'../evil' leads out"),
    "up and back": ([Entry("demo-1.0/a/../b")], "'demo-1.0/a/../b' leads out"),
    "nothing but dots": ([Entry("./.")], "'./.' leads out"),
    "drive": ([Entry("C:/evil")], "on Windows"),
    "drive, relative": ([Entry("c:evil")], "on Windows"),
    "backslash": ([Entry("demo-1.0/..\\..\\evil")], "on Windows"),
    "symlink, absolute": ([symlink("demo-1.0/x", "/etc/passwd")], "'demo-1.0/x' is a link that leads out"),
    "symlink, up": ([symlink("demo-1.0/x", "../..")], "is a link that leads out"),
    "symlink, beside": ([symlink("demo-1.0/x", "../evil")], "is a link that leads out"),
    "symlink, deep": ([symlink("demo-1.0/a/b/x", "../../../evil")], "is a link that leads out"),
    "symlink, hidden up": ([symlink("demo-1.0/x", "./.././../evil")], "is a link that leads out"),
    "symlink, windows": ([symlink("demo-1.0/x", "C:\\evil")], "is a link that leads out"),
    "symlink, drive": ([symlink("demo-1.0/x", "C:/evil")], "is a link that leads out"),
    "top is a link": ([symlink("demo-1.0", ".")], "is a link that leads out"),
    "chain of links": (
        [symlink("demo-1.0/a/b", "."), symlink("demo-1.0/x", "a/b/../../evil")],
        "'demo-1.0/x' is a link that leads out",
    ),
    "chain of links, the other way round": (
        [symlink("demo-1.0/x", "a/.."), symlink("demo-1.0/a", ".")],
        "'demo-1.0/x' is a link that leads out",
    ),
    "member behind a link": ([symlink("demo-1.0/a", "b"), Entry("demo-1.0/a/x")], "'demo-1.0/a/x' lies behind a link"),
    "member far behind a link": ([symlink("demo-1.0/a", "b"), Entry("demo-1.0/a/c/x")], "lies behind a link"),
    "link behind a link": (
        [symlink("demo-1.0/a/b", "../c"), symlink("demo-1.0/./a/b/x", "../evil")],
        "'demo-1.0/./a/b/x' lies behind a link",
    ),
    "hard link out": ([hardlink("demo-1.0/x", "../evil")], "is a hard link to '../evil', which is not in"),
    "hard link, absolute": ([hardlink("demo-1.0/x", "/etc/passwd")], "is a hard link to '/etc/passwd'"),
    "hard link to nothing": ([hardlink("demo-1.0/x", "demo-1.0/y")], "'demo-1.0/y', which is not in the archive"),
    "hard link to what follows": ([hardlink("demo-1.0/x", "demo-1.0/y"), Entry("demo-1.0/y")], "is a hard link to"),
    "hard link behind a link": (
        [symlink("demo-1.0/a", "b"), hardlink("demo-1.0/x", "demo-1.0/a/y")],
        "is a hard link to 'demo-1.0/a/y'",
    ),
    "character device": ([Entry("demo-1.0/x", kind=tarfile.CHRTYPE)], "is neither a file, a folder nor a link"),
    "block device": ([Entry("demo-1.0/x", kind=tarfile.BLKTYPE)], "is neither a file, a folder nor a link"),
    "fifo": ([Entry("demo-1.0/x", kind=tarfile.FIFOTYPE)], "is neither a file, a folder nor a link"),
    "sparse": (
        [Entry("demo-1.0/x", pax={"GNU.sparse.map": "0,1", "GNU.sparse.size": "9", "GNU.sparse.numblocks": "1"})],
        "is neither a file, a folder nor a link",
    ),
    "a colon": ([Entry("demo-1.0/C:evil")], "'demo-1.0/C:evil' is a name that not every"),
    "a control character": ([Entry("demo-1.0/\x1b[31m")], "is a name that not every system or installer takes"),
    "a new line": ([Entry("demo-1.0/a\nb")], "is a name that not every"),
    "not UTF-8": ([Entry("demo-1.0/\udcff")], ""),
    "a blank at the end": ([Entry("demo-1.0/x /y")], "is a name that not every"),
    "no name between slashes": ([Entry("demo-1.0//x")], "is a name that not every"),
    "a long name": ([Entry("demo-1.0/" + "x" * 256)], "is a name of 265 bytes, 2 folders deep"),
    "a deep name": ([Entry("demo-1.0/" + "a/" * 40_000 + "x")], "is a name of 80010 bytes, 40002 folders deep"),
    "a link to itself": ([symlink("demo-1.0/x", "x")], "'demo-1.0/x' is a link that leads back to itself"),
    "links in a circle": ([symlink("demo-1.0/x", "y"), symlink("demo-1.0/y", "./x")], "leads back to itself"),
    "a file that is a folder": ([Entry("demo-1.0/x"), Entry("demo-1.0/x/y")], "lies behind 'demo-1.0/x', which is no"),
    "a folder that becomes a link": ([Entry("demo-1.0/x/y"), symlink("demo-1.0/x", "setup.py")], "lies behind a link"),
    "two tops": ([Entry("other-1.0/x")], "it has 2 top folders (demo-1.0, other-1.0), expected one"),
    "a file beside the top": ([Entry("x")], "it has 2 top folders"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_members(tmp_path: Path, case: str) -> None:
    members, expected = HOSTILE[case]
    unsound(tmp_path, packed(tmp_path, *members), expected)


@pytest.mark.parametrize("case", ["absolute", "up at once", "symlink, up", "two tops"])
def test_hostile_members_in_front(tmp_path: Path, case: str) -> None:
    members, expected = HOSTILE[case]
    unsound(tmp_path, written(tmp_path, gzip.compress(tarred([*members, *BASE]))), expected.partition("(")[0])


def flat(*more: Entry) -> bytes:
    below = [replace(one, name=one.name.replace("demo-1.0/", "", 1)) for one in BASE]
    return gzip.compress(tarred([*below, *more]))


def test_a_project_without_a_top_folder(tmp_path: Path) -> None:
    """uv and pip take it; what is wrapped has the folder."""
    link = symlink("a-link", "setup.py")
    archives.wrapped(written(tmp_path, flat(Entry("./demo/more.py"), link)), "-o", tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "demo-1.0.tar.gz") as tar:
        names = tar.getnames()
    assert {"demo-1.0/setup.py", "demo-1.0/demo/more.py", "demo-1.0/a-link", "demo-1.0/pyproject.toml"} <= {*names}
    assert {name.partition("/")[0] for name in names} == {"demo-1.0"}


@pytest.mark.parametrize(
    "case", ["absolute", "up at once", "nothing but dots", "backslash", "symlink, absolute", "fifo"]
)
def test_hostile_members_without_a_top_folder(tmp_path: Path, case: str) -> None:
    unsound(tmp_path, written(tmp_path, flat(*HOSTILE[case][0])), "")


@pytest.mark.parametrize("name", ["PKG-INFO", "pyproject.toml", "setup.cfg"])
@pytest.mark.parametrize("target", ["nowhere", "", "../demo-1.0/x"])
def test_a_file_that_is_looked_at_is_a_dangling_link(tmp_path: Path, name: str, target: str) -> None:
    members = [one for one in BASE if not one.name.endswith(f"/{name}")]
    members.append(symlink(f"demo-1.0/{name}", target or name))
    result = wrap(written(tmp_path, gzip.compress(tarred(members))), "-o", tmp_path / "out")
    assert result.exit_code in (0, 2), result.output  # refused, or as good as absent; no traceback


@pytest.mark.parametrize(
    "blocks",
    [
        [crafted.pax(crafted.record(b"size", b"99999999999999999999")), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"size", b"512")), crafted.ustar(b"demo-1.0/x", b"x" * 1024)],
        [crafted.pax(crafted.record(b"path", b"demo-1.0/a")), crafted.ustar(b"L", b"demo-1.0/b\0", b"L"), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"path", b"demo-1.0/a")), crafted.pax(crafted.record(b"path", b"demo-1.0/b")), crafted.ustar(b"demo-1.0/x")],
        [*[crafted.pax(crafted.record(b"path", b"demo-1.0/a"))] * 5000, crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"path", b"demo-1.0/a"), b"g"), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"mtime", b"-1")), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"hdrcharset", b"\xff\xfe")), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(b"9" * 5000 + b" path=x\n"), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(b"5 path=x\n"), crafted.ustar(b"demo-1.0/x")],
        [crafted.pax(crafted.record(b"linkpath", b"y")), crafted.ustar(b"demo-1.0/x")],
        [crafted.ustar(b"x", b"", b"x", size=b"17777777777\0"), crafted.ustar(b"demo-1.0/x")],
        [crafted.ustar(b"demo-1.0/x", b"x" * 512, b"5")],
        [crafted.ustar(b"demo-1.0/x", magic=b"ustar  \0")],
        [crafted.ustar(b"demo-1.0/x", mode=b"\xff" * 8)],
        [crafted.ustar(b"demo-1.0/x", size=b"\x80" + b"\xff" * 11)],
    ],
    ids=range(16),
)  # fmt: skip
def test_headers_that_readers_disagree_on(tmp_path: Path, blocks: list[bytes]) -> None:
    unsound(tmp_path, written(tmp_path, crafted.raw(*blocks)), "")


def test_the_headers_that_archivers_write(tmp_path: Path) -> None:
    long = Entry(f"demo-1.0/{'n' * 120}", b"x", mtime=1_600_000_000)
    for at, form in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        data = gzip.compress(
            tarred([*BASE, long, symlink("demo-1.0/l", "n" * 120)], kind=form, everywhere={"comment": "0" * 40})
        )
        archives.wrapped(written(tmp_path, data), "-o", tmp_path / f"out{at}")


def test_times_beyond_all_times(tmp_path: Path) -> None:
    for mtime in ("inf", "nan", "-inf"):
        refused(tmp_path, packed(tmp_path, Entry("demo-1.0/x", pax={"mtime": mtime})), "")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "it is neither a compressed tar nor a zip"),
        (b"x" * 5000, "it is neither a compressed tar nor a zip"),
        (tarred(BASE), "it is neither a compressed tar nor a zip"),
        (gzip.compress(b""), "it is broken or cut short"),
        (gzip.compress(b"x" * 5000), "it is broken or cut short"),
        (gzip.compress(tarred([])), "it is"),
        (gzip.compress(tarred(archives.entries({"PKG-INFO": PKG_INFO}))), "it has neither setup.py nor pyproject.toml"),
        (
            gzip.compress(tarred(archives.entries({"PKG-INFO": PKG_INFO, "src/setup.py": ""}))),
            "it has neither setup.py nor pyproject.toml",
        ),
        (gzip.compress(tarred(BASE))[:-9], "it is broken or cut short"),
        (gzip.compress(tarred(BASE))[:100], "it is broken or cut short"),
        (gzip.compress(tarred(BASE))[:-8] + b"\0\0\0\0" + gzip.compress(tarred(BASE))[-4:], "it is broken"),
        (gzip.compress(tarred([*BASE, Entry("demo-1.0/x", b"x" * 5000)])[: 5 * 512]), "it is broken or cut short"),
        (bz2.compress(tarred(BASE))[:-9], "it is broken or cut short"),
        (b"BZh9" + b"x" * 5000, "it is broken"),
        (lzma.compress(tarred(BASE))[:-9], "it is broken or cut short"),
        (b"\xfd7zXZ" + b"x" * 5000, "it is broken or cut short"),
        (b"PK\x03\x04" + b"x" * 5000, "it is broken or cut short"),
    ],
    ids=range(17),
)  # fmt: skip
def test_broken(tmp_path: Path, data: bytes, expected: str) -> None:
    unsound(tmp_path, written(tmp_path, data), expected)


def test_a_corrupted_block_in_a_bz2(tmp_path: Path) -> None:
    data = bytearray(bz2.compress(tarred([*BASE, Entry("demo-1.0/x", os.urandom(5000))])))
    data[3000] ^= 0xFF
    unsound(tmp_path, written(tmp_path, bytes(data), "demo-1.0.tar.bz2"), "it is broken")


def test_a_tar_cut_short_in_whole_gzip(tmp_path: Path) -> None:
    members = [*BASE, Entry("demo-1.0/a", b"a" * 3000), Entry("demo-1.0/b", b"b" * 3000)]
    whole = tarred(members)
    for end in (whole.index(b"b" * 3000) + 1000, whole.index(b"a" * 3000) + 1000):
        unsound(tmp_path, written(tmp_path, gzip.compress(whole[:end])), "it is broken or cut short")


def test_a_tar_cut_short_in_a_header(tmp_path: Path) -> None:
    whole = tarred([*BASE, Entry("demo-1.0/a", b"a" * 3000)])
    unsound(tmp_path, written(tmp_path, gzip.compress(whole[: whole.index(b"demo-1.0/a\0") + 100])), "it is broken")


def test_a_damaged_header_loses_nothing_silently(tmp_path: Path) -> None:
    whole = bytearray(tarred([*BASE, Entry("demo-1.0/a", b"a" * 3000), Entry("demo-1.0/b", b"b" * 3000)]))
    whole[whole.index(b"demo-1.0/a\0")] ^= 1  # its checksum is of another name now
    unsound(tmp_path, written(tmp_path, gzip.compress(bytes(whole))), "it is broken")


@pytest.mark.parametrize(
    ("pkg_info", "expected"),
    [
        (PKG_INFO.replace("1.0", "1.0/../../evil"), ""),
        (PKG_INFO.replace("1.0", "/evil/x"), ""),
        (PKG_INFO.replace("Name: demo", "Name: ../evil"), ""),
        (PKG_INFO.replace("Name: demo", "Name: /evil/x"), ""),
        ("", "its name and version are not known"),
        ("Metadata-Version: 2.1\nName: demo\n", "its name and version are not known"),
    ],
)
def test_no_name_or_version(tmp_path: Path, pkg_info: str, expected: str) -> None:
    members = [Entry("x/PKG-INFO", pkg_info.encode()), Entry("x/setup.py", b"import setuptools\nsetuptools.setup()\n")]
    unsound(tmp_path, written(tmp_path, gzip.compress(tarred(members)), "what.tar.gz"), expected)


def test_a_version_that_is_a_path_where_the_path_exists(tmp_path: Path) -> None:
    (tmp_path / "out" / "demo-1").mkdir(parents=True)
    archive = packed(tmp_path, Entry("demo-1.0/PKG-INFO", PKG_INFO.replace("1.0", "1/../../evil").encode()))
    refused(tmp_path, archive, "")
    assert not list(tmp_path.glob("evil*"))


def test_a_version_of_more_digits_than_python_reads(tmp_path: Path) -> None:
    archive = packed(tmp_path, Entry("demo-1.0/PKG-INFO", PKG_INFO.replace("1.0", "9" * 5000).encode()))
    refused(tmp_path, archive, "which is no name and version")


def test_the_file_name_tells_where_nothing_else_does(tmp_path: Path) -> None:
    archive = sdist(tmp_path / "in", {"PKG-INFO": b""})
    archives.wrapped(archive, "-o", tmp_path / "out")
    assert (tmp_path / "out" / "demo-1.0.tar.gz").is_file()


@pytest.mark.usefixtures("no_index")
def test_another_name_or_version_than_was_asked_for(tmp_path: Path) -> None:
    other = sdist(tmp_path / "other", name="other")
    links = tmp_path / "links"
    sdist(links).rename(links / "demo-2.0.tar.gz")
    unsound(tmp_path, "demo==2.0", "it is demo 1.0, and version 2.0 was asked for", "--find-links", links)
    shutil.copy(other, links / "demo-3.0.tar.gz")
    unsound(tmp_path, "demo==3.0", "it is other 1.0, and project demo was asked for", "--find-links", links)


def test_another_name_than_the_url_is_of(tmp_path: Path) -> None:
    url = sdist(tmp_path / "other", name="other").as_uri()
    unsound(tmp_path, f"demo @ {url}", "it is other 1.0, and project demo was asked for")


def test_another_sha256_than_the_url_says(tmp_path: Path) -> None:
    archive = sdist(tmp_path / "in")
    url = f"{archive.as_uri()}#sha256={'0' * 64}"
    expected = f"its sha256 is {sha256(archive)}, expected {'0' * 64}"
    refused(tmp_path, url, expected)
    refused(tmp_path, f"demo @ {url}", expected)
    with serving() as index:
        index.publish(archive)
        refused(tmp_path, f"{index.url}/files/demo-1.0.tar.gz#sha256={'0' * 64}", expected)
    archives.wrapped(f"{archive.as_uri()}#sha256={sha256(archive)}", "-o", tmp_path / "out")


def test_another_sha256_than_the_index_says(tmp_path: Path) -> None:
    archive = sdist(tmp_path / "in")
    with serving() as index:
        index.publish(archive, digest="0" * 64)
        expected = f"its sha256 is {sha256(archive)}, expected {'0' * 64}"
        refused(tmp_path, "demo==1.0", expected, "--index-url", index.simple)
        refused(tmp_path, "demo", expected, "--index-url", index.simple)


# --- bombs ---


def test_more_bytes_than_anybody_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path, Entry("demo-1.0/x", b"x" * 50_000))
    monkeypatch.setattr(decompression, "MOST_BYTES", 50_000)
    unsound(tmp_path, archive, f"{archive.stat().st_size} bytes unpack to more than")
    monkeypatch.setattr(decompression, "MOST_BYTES", 70_000)
    archives.wrapped(archive, "-o", tmp_path / "out")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_too_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: Any) -> None:
    archive = written(tmp_path, compress(tarred([*BASE, Entry("demo-1.0/x", b"x" * 500_000)])))
    monkeypatch.setattr(decompression, "_SUSPICIOUS_BYTES", 400_000)
    monkeypatch.setattr(decompression, "_SUSPICIOUS_RATIO", 20)
    unsound(tmp_path, archive, f"{archive.stat().st_size} bytes unpack to more than")
    monkeypatch.setattr(decompression, "_SUSPICIOUS_BYTES", 600_000)
    archives.wrapped(archive, "-o", tmp_path / "out")


def test_a_bomb_is_not_unpacked_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path, Entry("demo-1.0/x", bytes(20_000_000)))
    monkeypatch.setattr(decompression, "MOST_BYTES", 2_000_000)
    sizes: list[int] = []
    monkeypatch.setattr(decompression, "_check_size", _noting(sizes, decompression._check_size))
    unsound(tmp_path, archive, "")
    assert max(sizes) < 4_000_000


def _noting(sizes: list[int], check: Any) -> Any:
    def noted(path: Path, compressed: int, size: int) -> None:
        sizes.append(size)
        check(path, compressed, size)

    return noted


def test_more_members_than_anybody_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path, *(Entry(f"demo-1.0/{at}") for at in range(8)))
    monkeypatch.setattr(decompression, "MOST_MEMBERS", 9)
    unsound(tmp_path, archive, "it has more than 9 members")
    unsound(tmp_path, zipped(tmp_path, {f"x{at}": "" for at in range(8)}), "it has more than 9 members")
    monkeypatch.setattr(decompression, "MOST_MEMBERS", 10)
    archives.wrapped(archive, "-o", tmp_path / "out")


@pytest.mark.parametrize("size", ["-1024", "-1536", "-512"])
def test_a_member_that_leads_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setattr(decompression, "MOST_MEMBERS", 50)
    unsound(tmp_path, packed(tmp_path, Entry("demo-1.0/x", pax={"size": size}), Entry("demo-1.0/y")), "")


def test_a_declaration_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdists, "_LARGEST_READ", 1000)
    unsound(tmp_path, packed(tmp_path, Entry("demo-1.0/setup.cfg", b"#" * 1001)), "setup.cfg has 1001 bytes")


@pytest.mark.parametrize("make", [symlink, hardlink])
def test_a_declaration_that_is_a_link_to_what_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any
) -> None:
    monkeypatch.setattr(sdists, "_LARGEST_READ", 1000)
    link = make("demo-1.0/setup.cfg", "large" if make is symlink else "demo-1.0/large")
    unsound(tmp_path, packed(tmp_path, Entry("demo-1.0/large", b"#" * 1001), link), "")


# --- zips ---


def zipped(tmp_path: Path, files: dict[str, str | bytes], **options: Any) -> Path:
    file = tmp_path / "in" / "demo-1.0.zip"
    file.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in {"PKG-INFO": PKG_INFO, "setup.py": SETUP_PY, **files}.items():
            entry = zipfile.ZipInfo(f"demo-1.0/{name}", (2001, 2, 3, 4, 5, 6))
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return file


def added(file: Path, name: str, mode: int, text: str = "") -> Path:
    with zipfile.ZipFile(file, "a") as archive:
        entry = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
        entry.external_attr = mode << 16 | 0x20
        archive.writestr(entry, text)
    return file


def test_zip(tmp_path: Path) -> None:
    archive = zipped(tmp_path, {"src/demo.py": "x = 1\n" * 500, "grün/λ.txt": "λ"})
    added(archive, "demo-1.0/run.sh", stat.S_IFREG | 0o755, "#!/bin/sh\n")
    added(archive, "demo-1.0/sub/", stat.S_IFDIR | 0o750)
    added(archive, "demo-1.0/link", stat.S_IFLNK | 0o777, "src/demo.py")
    added(archive, "demo-1.0/plain", 0, "no mode\n")
    archives.wrapped(archive, "-o", tmp_path / "out")
    out = tmp_path / "out" / "demo-1.0.tar.gz"
    with zipfile.ZipFile(archive) as zipfile_:
        expected = {
            name.partition("/")[2]: zipfile_.read(name)
            for name in zipfile_.namelist()
            if not name.endswith(("/", "link"))
        }
    ours = {"pyproject.toml", "PKG-INFO"}
    assert {name: text for name, text in archives.upstreams(out).items() if name not in ours} == {
        name: text for name, text in expected.items() if name not in ours
    }
    with tarfile.open(out) as tar:
        members = {member.name.partition("/")[2]: member for member in tar}
    assert {name: oct(members[name].mode) for name in ("setup.py", "run.sh", "sub", "plain")} == {
        "setup.py": "0o644",
        "run.sh": "0o755",
        "sub": "0o750",
        "plain": "0o644",
    }
    assert (members["link"].issym(), members["link"].linkname) == (True, "src/demo.py")
    assert members["sub"].isdir()
    assert members["setup.py"].mtime == 981173106


def test_zip_gives_the_same_bytes_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(tmp_path, {})
    archives.wrapped(archive, "-o", tmp_path / "a")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    try:
        archives.wrapped(archive, "-o", tmp_path / "b")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert content(tmp_path / "a") == content(tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "mode", "text", "expected"),
    [
        ("../evil", 0o644, "", "'../evil' leads out"),
        ("/evil", 0o644, "", "is an absolute name"),
        ("demo-1.0/x", stat.S_IFLNK | 0o777, "../../evil", "is a link that leads out"),
        ("demo-1.0/x", stat.S_IFIFO | 0o644, "", "is neither a file, a folder nor a link"),
        ("demo-1.0/x", stat.S_IFCHR | 0o644, "", "is neither a file, a folder nor a link"),
        ("other/x", 0o644, "", "it has 2 top folders"),
    ],
)
def test_hostile_zip(tmp_path: Path, name: str, mode: int, text: str, expected: str) -> None:
    unsound(tmp_path, added(zipped(tmp_path, {}), name, mode, text), expected)


def test_encrypted_zip(tmp_path: Path) -> None:
    archive = zipped(tmp_path, {"x": "x"})
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    unsound(tmp_path, archive, "demo-1.0/x is encrypted")


@pytest.mark.parametrize("larger", [True, False])
def test_zip_that_lies_about_a_size(tmp_path: Path, larger: bool) -> None:
    archive = zipped(tmp_path, {"x": os.urandom(5000)})
    data = bytearray(archive.read_bytes())
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 9000 if larger else 100)
    archive.write_bytes(data)
    unsound(tmp_path, archive, "it is broken")


def test_zip_with_a_wrong_crc(tmp_path: Path) -> None:
    archive = zipped(tmp_path, {"x": "x" * 100})
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 16] ^= 0xFF
    archive.write_bytes(data)
    unsound(tmp_path, archive, "it is broken or cut short")


def test_zip_cut_short(tmp_path: Path) -> None:
    archive = zipped(tmp_path, {"x": os.urandom(5000)})
    archive.write_bytes(archive.read_bytes()[:-100])
    unsound(tmp_path, archive, "it is broken or cut short")


def test_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zipped(tmp_path, {"x": bytes(500_000)})
    monkeypatch.setattr(decompression, "MOST_BYTES", 400_000)
    unsound(tmp_path, archive, f"{archive.stat().st_size} bytes unpack to more than")


# --- accepted ---


def raw(tar: bytes) -> dict[str, bytes]:
    """Name → the member's blocks, headers before it and its content included; read without tarfile's positions."""
    groups: list[bytes] = []
    position = start = 0
    while tar[position : position + archives.BLOCK].strip(b"\0"):
        kind, size = tar[position + 156 : position + 157], int(tar[position + 124 : position + 135].rstrip(b"\0 "), 8)
        position += archives.BLOCK + (0 if kind in b"125" else size + -size % archives.BLOCK)
        if kind not in b"xgLK":
            groups.append(tar[start:position])
            start = position
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return dict(zip(opened.getnames(), groups))


ODD = [
    Entry("demo-1.0/src", kind=tarfile.DIRTYPE, mode=0o755),
    Entry("demo-1.0/src/run.sh", b"#!/bin/sh\n", mode=0o755, mtime=MTIME - 5),
    Entry("demo-1.0/grün/λ.txt", "λ".encode()),
    Entry(f"demo-1.0/{'long/' * 60}x", b"long"),
    Entry("demo-1.0/empty"),
    Entry("demo-1.0/exactly", b"x" * archives.BLOCK),
    Entry("demo-1.0/precise", b"x", pax={"mtime": "1600000000.123456", "comment": "ours"}),
    symlink("demo-1.0/link", "src/run.sh"),
    symlink("demo-1.0/src/up", "../setup.py"),
    symlink("demo-1.0/nowhere", "not/there"),
    hardlink("demo-1.0/hard", "demo-1.0/src/run.sh"),
]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("everywhere", [None, {"comment": "4dcb81d68cf6ce58a25e8aadd0ee0f6d0f0a0e50"}])
def test_upstreams_members_are_carried_over_byte_for_byte(
    tmp_path: Path, kind: int, everywhere: dict[str, str] | None
) -> None:
    members = [Entry("demo-1.0", kind=tarfile.DIRTYPE, mode=0o755), *BASE, *ODD]
    before = tarred(members, kind=kind, everywhere=everywhere)
    out = tmp_path / "out"
    archives.wrapped(written(tmp_path, gzip.compress(before)), "-o", out, "--require", "torch")
    after = gzip.decompress((out / "demo-1.0.tar.gz").read_bytes())
    assert len(after) % tarfile.RECORDSIZE == 0
    old, new = raw(before), raw(after)
    names = list(new)
    ours = [f"demo-1.0/_augbackend/augbackend/{name}" for name in archives.copy_of(out / "demo-1.0.tar.gz")]
    ours = sorted([*ours, "demo-1.0/PKG-INFO", "demo-1.0/pyproject.toml"])
    assert sorted(names[: len(ours)]) == ours
    carried = [name for name in old if name != "demo-1.0/PKG-INFO"]
    assert names[len(ours) :] == carried
    assert {name: new[name] for name in carried} == {name: old[name] for name in carried}
    if everywhere and kind == tarfile.PAX_FORMAT:
        with tarfile.open(fileobj=io.BytesIO(after)) as tar:
            tar.getmembers()
            assert tar.pax_headers == everywhere


def test_all_members_begin_alike_as_pip_wants_it(tmp_path: Path) -> None:
    members = [Entry(f"./{one.name}", one.content, mode=one.mode) for one in BASE]
    archives.wrapped(written(tmp_path, gzip.compress(tarred(members))), "-o", tmp_path / "out", "--require", "torch")
    with tarfile.open(tmp_path / "out" / "demo-1.0.tar.gz") as tar:
        assert {name.partition("/")[0] for name in tar.getnames()} == {"demo-1.0"}
        stream = tar.extractfile("demo-1.0/setup.py")
        assert stream is not None
        assert stream.read().decode() == SETUP_PY


def test_setup_py_tells_where_the_file_name_does_not(tmp_path: Path) -> None:
    members = [Entry("x/setup.py", SETUP_PY.encode())]
    archives.wrapped(written(tmp_path, gzip.compress(tarred(members)), "main.tar.gz"), "-o", tmp_path / "out")
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["demo-1.0.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("everywhere", [None, {"comment": "4dcb81d68cf6ce58a25e8aadd0ee0f6d0f0a0e50"}])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_label_is_in_the_top_folder_as_well(
    tmp_path: Path, kind: int, everywhere: dict[str, str] | None, prefix: str
) -> None:
    """PEP 625: an archive and the folder in it have one name. All else that members are stays."""
    odd = [one for one in ODD if kind != tarfile.USTAR_FORMAT or len(one.name.encode()) < 100]
    members = [
        Entry(prefix + one.name, one.content, one.kind, prefix + one.link if one.kind == tarfile.LNKTYPE else one.link, one.mode, one.mtime, one.pax)
        for one in [Entry("demo-1.0", kind=tarfile.DIRTYPE, mode=0o755), *BASE, *odd]
    ]  # fmt: skip
    upstream = written(tmp_path, gzip.compress(tarred(members, kind=kind, everywhere=everywhere)))
    archives.wrapped(upstream, "-o", tmp_path / "out", "--require", "torch", "--local-version", "team")
    archive = tmp_path / "out" / "demo-1.0+team.tar.gz"
    with tarfile.open(upstream) as before, tarfile.open(archive) as after:
        new = {member.name: member for member in after}
        assert {name.partition("/")[0] for name in new} == {"demo-1.0+team"}
        for old in before:
            name = "demo-1.0+team" + old.name.removeprefix("./").removeprefix("demo-1.0")
            one = new[name]
            if name.endswith("/PKG-INFO"):
                continue
            assert (one.type, one.mode, one.size, one.mtime) == (old.type, old.mode, old.size, old.mtime)
            if old.isreg() or old.islnk():
                assert after.extractfile(one).read() == before.extractfile(old).read()  # type: ignore[union-attr]
            else:
                assert one.linkname == old.linkname
        assert after.pax_headers == before.pax_headers
    found = CliRunner().invoke(group, ["verify", str(archive), "--upstream", str(upstream)])
    problems = [line for line in found.output.splitlines() if "problem: " in line]
    # Upstream's spelling, which cannot be proved, is gone; no other problem.
    assert len(problems) == (prefix != ""), found.output
    assert (found.exit_code == 0) == (prefix == "")


def test_a_wrapped_archive_can_be_unpacked(tmp_path: Path) -> None:
    archives.wrapped(packed(tmp_path, *ODD), "-o", tmp_path / "out")
    folder = archives.extracted(tmp_path / "out" / "demo-1.0.tar.gz", tmp_path / "unpacked")
    top = folder / "demo-1.0"
    assert (top / "hard").read_bytes() == (top / "link").read_bytes() == b"#!/bin/sh\n"
    assert (top / "hard").samefile(top / "src" / "run.sh")
    assert (top / "setup.py").read_text() == (top / "src" / "up").read_text() == SETUP_PY
    assert (top / "_augbackend" / "augbackend" / "errors.py").is_file()


@pytest.mark.parametrize(
    ("compress", "suffix"), [(bz2.compress, "tar.bz2"), (lzma.compress, "tar.xz"), (gzip.compress, "tgz")]
)
def test_other_compressions_give_the_same_tar(tmp_path: Path, compress: Any, suffix: str) -> None:
    tar = tarred([*BASE, *ODD])
    archives.wrapped(written(tmp_path, compress(tar), f"demo-1.0.{suffix}"), "-o", tmp_path / "out")
    archives.wrapped(written(tmp_path, gzip.compress(tar, 1)), "-o", tmp_path / "gz")
    carried, expected = (
        raw(gzip.decompress((tmp_path / folder / "demo-1.0.tar.gz").read_bytes())) for folder in ("out", "gz")
    )
    del carried["demo-1.0/pyproject.toml"], expected["demo-1.0/pyproject.toml"]  # the origin's sha256 is another
    assert carried == expected


def test_the_same_bytes_whenever_and_wherever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path, *ODD)
    archives.wrapped(archive, "-o", tmp_path / "a", "--cache-dir", tmp_path / "cache-a", "--variable", "B=1")
    os.utime(archive, (1, 1))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    old = os.umask(0o077)
    time.tzset()
    try:
        archives.wrapped(
            "../in/demo-1.0.tar.gz", "-o", tmp_path / "b", "--cache-dir", tmp_path / "b", "--variable", "B=1"
        )
    finally:
        os.umask(old)
        monkeypatch.undo()
        time.tzset()
    one, other = tmp_path / "a" / "demo-1.0.tar.gz", tmp_path / "b" / "demo-1.0.tar.gz"
    assert one.read_bytes() == other.read_bytes()
    assert stat.S_IMODE(other.stat().st_mode) == 0o644


def test_the_same_bytes_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as index:
        index.publish(sdist(tmp_path / "in"))
        archives.wrapped("demo==1.0", "--index-url", index.simple, "-o", tmp_path / "a")
        for file in (tmp_path / "cache").rglob("*"):
            os.utime(file, (1, 1))
        monkeypatch.chdir(tmp_path)
        archives.wrapped("demo==1.0", "--index-url", index.simple, "-o", "b")
        assert len(index.asked) == 2
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_the_times_of_ours_are_upstreams_newest(tmp_path: Path) -> None:
    archives.wrapped(packed(tmp_path, Entry("demo-1.0/x", mtime=MTIME + 7)), "-o", tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "demo-1.0.tar.gz") as tar:
        times = {member.name.partition("/")[2]: member.mtime for member in tar}
    assert (times["pyproject.toml"], times["_augbackend/augbackend/errors.py"]) == (MTIME + 7, MTIME + 7)
    assert times["setup.py"] == MTIME


@pytest.mark.parametrize("make", [symlink, hardlink])
def test_a_link_to_what_gives_way_stays_what_it_was(tmp_path: Path, make: Any) -> None:
    target = "../PKG-INFO" if make is symlink else "demo-1.0/PKG-INFO"
    archives.wrapped(packed(tmp_path, make("demo-1.0/demo.egg-info/PKG-INFO", target)), "-o", tmp_path / "out")
    folder = archives.extracted(tmp_path / "out" / "demo-1.0.tar.gz", tmp_path / "unpacked")
    assert (folder / "demo-1.0" / "demo.egg-info" / "PKG-INFO").read_text().startswith("Metadata-Version: ")


def test_the_last_of_two_members_of_a_name_counts(tmp_path: Path) -> None:
    second = Entry("demo-1.0/setup.py", SETUP_PY.replace("six", "attrs").encode())
    archives.wrapped(packed(tmp_path, second), "-o", tmp_path / "out")
    with tarfile.open(tmp_path / "out" / "demo-1.0.tar.gz") as tar:
        stream = tar.extractfile("demo-1.0/PKG-INFO")
        assert stream is not None
        assert b"\nRequires-Dist: attrs\n" in stream.read()


def test_an_unchanged_archive_is_not_written_again(tmp_path: Path) -> None:
    archive, out = sdist(tmp_path / "in"), tmp_path / "out" / "demo-1.0.tar.gz"
    assert archives.report(archive, "-o", out.parent)["packages"][0]["state"] == "written"
    os.utime(out, (1, 1))
    assert archives.report(archive, "-o", out.parent)["packages"][0]["state"] == "unchanged"
    assert out.stat().st_mtime == 1
    recompressed = gzip.compress(gzip.decompress(out.read_bytes()), 1)
    out.write_bytes(recompressed)
    assert archives.report(archive, "-o", out.parent)["packages"][0]["state"] == "unchanged"
    assert out.read_bytes() == recompressed


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda _: b"",
        lambda _: b"x" * 500,
        lambda data: gzip.compress(gzip.decompress(data) + b"\0" * 512),
        lambda data: gzip.compress(gzip.decompress(data)[:-512]),
        lambda data: gzip.compress(gzip.decompress(data).replace(b"six", b"mix")),
    ],
)
def test_a_damaged_archive_is_written_again(tmp_path: Path, damage: Any) -> None:
    archive, out = sdist(tmp_path / "in"), tmp_path / "out" / "demo-1.0.tar.gz"
    archives.wrapped(archive, "-o", out.parent)
    good = out.read_bytes()
    out.write_bytes(damage(good))
    assert archives.report(archive, "-o", out.parent)["packages"][0]["state"] == "written"
    assert out.read_bytes() == good


# --- a run that is killed ---


class Killed(BaseException):
    """Nothing catches it."""


def _killed(*_: Any, **__: Any) -> None:
    raise Killed


@pytest.mark.parametrize("previous", [True, False])
@pytest.mark.parametrize("at", ["write", "replace", "read"])
def test_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, previous: bool) -> None:
    archive, out = sdist(tmp_path / "in"), tmp_path / "out"
    out.mkdir()
    if previous:
        (out / "demo-1.0.tar.gz").write_bytes(b"the previous one")
    before = content(tmp_path)
    with monkeypatch.context() as patch:
        if at == "write":
            patch.setattr(gzip.GzipFile, "write", _killed)
        elif at == "replace":
            patch.setattr(os, "replace", _killed)
            patch.setattr(Path, "replace", _killed)
        else:
            patch.setattr(written_archive, "_pieces", _killed)
        with pytest.raises(Killed):
            wrap(archive, "-o", out)
    assert content(tmp_path) == before
    archives.wrapped(archive, "-o", out)
    assert [file.name for file in out.iterdir()] == ["demo-1.0.tar.gz"]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    archive = sdist(tmp_path / "in")
    monkeypatch.setattr(gzip.GzipFile, "write", full)
    refused(tmp_path, archive, "No space left on device")
