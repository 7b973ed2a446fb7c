"""Whatever is changed in an archive is refused, or stands in the list of what is added; nothing changes unseen."""

from __future__ import annotations

import gzip
import random
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.edit import backend_copy
from augbackend.cli.fetch.cache import Cache
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.wrapping.verification import prove
from augbackend.cli.wrapping.verification.proof import Addition
from augbackend.errors import AugbackendError

from .archives import BLOCK, PKG_INFO, Entry, entries, hardlink, symlink, tarred, wrapped

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("alone")]

PROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "demo"
version = "1.0"
dependencies = ["six", "torch"]
[tool.setuptools]
py-modules = ["a"]
"""
MEMBERS = [
    *entries({"setup.py": "x = 1\n", "PKG-INFO": PKG_INFO, "pyproject.toml": PROJECT}),
    Entry("demo-1.0/src", kind=tarfile.DIRTYPE, mode=0o755),
    *entries({"src/a.py": "x = 1\n"}),
    Entry("demo-1.0/run", b"#!/bin/sh\n", mode=0o755),
    symlink("demo-1.0/link", "src/a.py"),
    hardlink("demo-1.0/again", "demo-1.0/run"),
    Entry(f"demo-1.0/{'long' * 40}", b"x"),
]
# Where a header's fields are, and what could be written there (POSIX.1-1988, ustar).
FIELDS = {
    "name": (0, [b"demo-1.0/evil.py\0", b"demo-1.0/../x\0", b"\0"]),
    "mode": (100, [b"0000777\0", b"0004755\0"]),
    "uid": (108, [b"0000001\0", b"x"]),
    "gid": (116, [b"0000001\0"]),
    "size": (124, [b"00000000001\0", b"+0000000001\0", b"00000001000\0"]),
    "mtime": (136, [b"00000000001\0"]),
    "kind": (156, [b"0", b"1", b"2", b"3", b"5", b"6", b"7", b"g", b"x", b"L", b"K", b"S", b"Z", b"\0"]),
    "target": (157, [b"setup.py\0", b"/etc/passwd\0", b"demo-1.0/setup.py\0"]),
    "magic": (257, [b"ustar  \0", b"\0" * 8, b"ustar\x0001"]),
    "owner": (265, [b"root\0"]),
    "group": (297, [b"root\0"]),
    "device": (329, [b"0000001\0"]),
    "prefix": (345, [b"demo-1.0/src\0"]),
    "rest": (500, [b"tar\0", b"x" * 12]),
}


@dataclass(frozen=True)
class Forgery:
    """What is wrapped, and what a proof of it says."""

    folder: Path
    upstream: Path
    archive: Path
    tar: bytes
    additions: tuple[Addition, ...]

    def is_seen(self, data: bytes) -> bool:
        """Whether an archive in the place of the true one is refused, or says something else in its list."""
        self.archive.write_bytes(data)
        try:
            proof = prove.prove(self.archive, terms(self.folder, self.upstream))
        except AugbackendError:
            return True
        return not proof.is_proved or proof.additions != self.additions


def terms(folder: Path, upstream: Path) -> prove.Terms:
    return prove.Terms(Lookup(NOWHERE, Cache(folder), offline=True, output=folder), given=upstream)


@pytest.fixture
def true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Forgery:
    made, known = backend_copy.backend_files, {}

    def remembered(document: Mapping[str, Any], *arguments: Any, **options: Any) -> dict[str, bytes]:
        """What a copy has to hold takes long to find, and is asked for each forgery."""
        key = repr((document, arguments, options))
        if key not in known:
            known[key] = made(document, *arguments, **options)
        return known[key]

    monkeypatch.setattr(backend_copy, "backend_files", remembered)
    upstream = tmp_path / "in" / "demo-1.0.tar.gz"
    upstream.parent.mkdir()
    upstream.write_bytes(gzip.compress(tarred(MEMBERS)))
    (tmp_path / "lock.txt").write_text("torch==2.8.0\n")
    options = ("--match-runtime", "torch", "--lock", tmp_path / "lock.txt", "--variable", "A=1", "--require", "ninja")
    wrapped(upstream, *options, "--output", tmp_path / "out")
    archive = tmp_path / "out" / upstream.name
    proof = prove.prove(archive, terms(tmp_path, upstream))
    assert proof.is_proved, proof.problems
    shutil.copy(archive, tmp_path / "true.tar.gz")
    return Forgery(tmp_path, upstream, archive, gzip.decompress(archive.read_bytes()), proof.additions)


def headers(tar: bytes) -> list[tuple[int, int]]:
    """Where each header begins, those in front of members included, and how many bytes follow it."""
    found, position = [], 0
    while tar[position : position + BLOCK].strip(b"\0"):
        size = int(tar[position + 124 : position + 136].rstrip(b"\0 "), 8)
        found.append((position, size))
        position += BLOCK + size + -size % BLOCK
    return found


def with_checksum(tar: bytearray, header: int) -> bytes:
    tar[header + 148 : header + 156] = b" " * 8
    tar[header + 148 : header + 156] = b"%06o\0 " % sum(tar[header : header + BLOCK])
    return bytes(tar)


def shown(tar: bytes, header: int) -> str:
    return tar[header : header + 60].rstrip(b"\0").decode()


def of_headers(tar: bytes) -> Iterator[tuple[str, bytes]]:
    """Every field of one header of each kind; the copy of the backend is one kind."""
    first_of_copy = next(at for at, _ in headers(tar) if b"/augbackend/" in tar[at : at + 100])
    for header, _ in headers(tar):
        if b"/augbackend/" in tar[header : header + 100] and header != first_of_copy:
            continue
        for field, (offset, values) in FIELDS.items():
            for value in values:
                forged = bytearray(tar)
                forged[header + offset : header + offset + len(value)] = value
                if forged != tar:
                    yield f"{field} = {value!r} of {shown(tar, header)}", with_checksum(forged, header)


def of_contents(tar: bytes) -> Iterator[tuple[str, bytes]]:
    """One bit of each content, and of the padding behind it; each member left out, twice, or first."""
    for header, size in headers(tar):
        start, name = header + BLOCK, shown(tar, header)
        stop = start + size + -size % BLOCK
        for at in {start, start + size // 2, start + size, stop - 1} if size else ():
            if at < stop:
                forged = bytearray(tar)
                forged[at] ^= 1
                yield f"byte {at - start} of {name}", bytes(forged)
        yield f"without {name}", tar[:header] + tar[stop:]
        yield f"twice {name}", tar[:stop] + tar[header:]
        if header:
            yield f"first {name}", tar[header:stop] + tar[:header] + tar[stop:]


@pytest.mark.parametrize("kind", [of_headers, of_contents])
def test_a_tar_that_was_changed(true: Forgery, kind: object) -> None:
    unseen = [what for what, tar in kind(true.tar) if not true.is_seen(gzip.compress(tar, 1, mtime=0))]  # type: ignore[operator]
    assert not unseen, "\n".join(map(str, unseen))


def test_a_text_that_was_changed(true: Forgery) -> None:
    """Each line of the two texts that wrapping writes, left out and changed, with all that has to fit made to fit."""
    with tarfile.open(true.archive) as opened:
        members = [
            (one, stream.read() if one.isreg() and (stream := opened.extractfile(one)) else b"")
            for one in opened.getmembers()
        ]
    unseen = []
    for index, (member, content) in enumerate(members):
        if member.name not in ("demo-1.0/pyproject.toml", "demo-1.0/PKG-INFO"):
            continue
        lines = content.decode().splitlines(keepends=True)
        for at, line in enumerate(lines):
            if line.startswith(("url =", "sha256 =")):
                continue  # upstream's sdist is at hand: nothing is looked up by these
            key, separator, value = line.partition(":" if member.name.endswith("PKG-INFO") else "=")
            for new in (
                "",
                f"{key}{separator}{value.replace('1', '2', 1)}",
                f"{key}{separator}{value.replace('e', 'E', 1)}",
                f"{line}{line}",
                line.replace("six", "evil"),
            ):
                text = "".join([*lines[:at], new, *lines[at + 1 :]]).encode()
                is_same = text == content or not line.strip() or line.startswith("#")
                if not is_same and not true.is_seen(packed([*members[:index], (member, text), *members[index + 1 :]])):
                    unseen.append(f"{member.name}: {line!r} -> {new!r}")
    assert not unseen, "\n".join(map(str, unseen))


def packed(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    found = []
    for member, content in members:
        entry = Entry(member.name, content, member.type, member.linkname, member.mode, int(member.mtime))
        found.append(replace(entry, pax=member.pax_headers))
    return gzip.compress(tarred(found), 1, mtime=0)


def test_a_gzip_that_was_changed(true: Forgery) -> None:
    """Each bit of the header, some of the rest; a time and the writer's system decide nothing."""
    data = (true.folder / "true.tar.gz").read_bytes()
    chosen = random.Random(13)  # noqa: S311  # the same ones in each run
    places = [
        *range(4),
        *range(10, 30),
        *(chosen.randrange(30, len(data)) for _ in range(60)),
        *range(len(data) - 9, len(data)),
    ]
    unseen = []
    for at in places:
        forged = bytearray(data)
        forged[at] ^= 1 << chosen.randrange(8)
        if not true.is_seen(bytes(forged)) and gzip.decompress(forged) != true.tar:
            unseen.append(at)
    for more in (b"\0", b"\0" * 512, b"x", gzip.compress(b""), gzip.compress(b"\0" * BLOCK), data):
        unseen += [] if true.is_seen(data + more) and true.is_seen(more + data) else [more]
    assert not unseen, "\n".join(map(str, unseen))
