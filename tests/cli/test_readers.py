"""What two readers of one archive could see differently is called a doubt; what honest writers write is not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from augbackend.cli.fetch import gzip_form, sdist, tar_form, zip_form
from augbackend.errors import AugbackendError

from .archives import BLOCK, Entry, entries, hardlink, symlink, tarred

pytestmark = pytest.mark.usefixtures("alone")

FILES = entries({"setup.py": "x = 1\n", "src/ä": b"\0" * 600})
PLAIN = tarred(FILES)
CLOSING = b"\0" * BLOCK * 20


def block(name: bytes, content: bytes = b"", kind: bytes = b"0", **fields: bytes) -> bytes:
    """A member as raw bytes; ``fields`` take the place of what would stand in its header."""
    places = {"name": (0, 100), "mode": (100, 8), "size": (124, 12), "target": (157, 100), "magic": (257, 8), "prefix": (345, 155)}  # fmt: skip
    header = bytearray(BLOCK)
    usual = {"name": name, "mode": b"0000644\0", "size": b"%011o\0" % len(content), "magic": b"ustar\x0000"}
    for field, value in {**usual, **fields}.items():
        if field in places:
            start, length = places[field]
            header[start : start + length] = value.ljust(length, b"\0")
    header[108:116], header[116:124], header[136:148], header[156:157] = (
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % 0,
        kind,
    )
    header[148:156] = fields.get("checksum", b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:])))
    return bytes(header) + content + b"\0" * (-len(content) % BLOCK)


def record(key: str, value: bytes) -> bytes:
    body = b" " + key.encode() + b"=" + value + b"\n"
    length = len(body)
    while len(b"%d" % length) + len(body) != length:
        length = len(b"%d" % length) + len(body)
    return b"%d" % length + body


def doubts_of(folder: Path, tar: bytes) -> list[str]:
    """What is doubtful about a tar; why it is refused, if it is."""
    archive = folder / "demo-1.0.tar.gz"
    archive.write_bytes(gzip.compress(tar))
    try:
        with sdist.opened(archive) as opened:
            return list(tar_form.doubts(opened))
    except AugbackendError as error:
        return [error.what]


SETUP = block(b"demo-1.0/setup.py", b"x = 1\n")
VICTIM = block(b"demo-1.0/a.py", b"good\n")


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("mtime", [1_600_000_000, 1_600_000_000.5])
def test_what_python_writes(tmp_path: Path, kind: int, mtime: float) -> None:
    long_names = (
        [] if kind == tarfile.USTAR_FORMAT else [Entry(f"demo-1.0/{'x' * 200}", b"x"), symlink("demo-1.0/l", "y" * 200)]
    )
    more = [Entry("demo-1.0/docs", kind=tarfile.DIRTYPE, mode=0o755), symlink("demo-1.0/docs/s", "../setup.py")]
    more += [hardlink("demo-1.0/h", "demo-1.0/setup.py"), Entry(f"demo-1.0/{'d' * 90}/{'f' * 90}", b"x")]
    found = [
        Entry(one.name, one.content, one.kind, one.link, one.mode, int(mtime)) for one in [*FILES, *more, *long_names]
    ]
    everywhere = {"comment": "0" * 40} if kind == tarfile.PAX_FORMAT else None
    assert doubts_of(tmp_path, tarred(found, kind=kind, everywhere=everywhere)) == []


TARS: dict[str, tuple[bytes | Sequence[bytes], str]] = {
    "more behind the end": ([SETUP, CLOSING, VICTIM], "there is more behind its end"),
    "one block of zeros between": ([SETUP, b"\0" * BLOCK, VICTIM], "there is more behind its end"),
    "a name in two ways": ([SETUP, block(b"././@LongLink", b"demo-1.0/b.py\0", b"L"), block(b"x", record("path", b"demo-1.0/c.py"), b"x"), VICTIM], "there are several"),
    "two long names": ([SETUP, *[block(b"././@LongLink", name, b"L") for name in (b"demo-1.0/b.py\0", b"demo-1.0/c.py\0")], VICTIM], "there are several"),
    "two headers of records": ([SETUP, *[block(b"x", record("comment", b"x"), b"x")] * 2, VICTIM], "there are several"),
    "a record twice": ([SETUP, block(b"x", record("path", b"demo-1.0/b") + record("path", b"demo-1.0/c"), b"x"), VICTIM], "is said twice"),
    "NUL in a path": ([SETUP, block(b"x", record("path", b"demo-1.0/b\0c"), b"x"), VICTIM], "is no record of pax"),
    "an empty path": ([SETUP, block(b"x", record("path", b""), b"x"), VICTIM], ""),
    "NUL in a long name": ([SETUP, block(b"././@LongLink", b"demo-1.0/b\0/../c\0", b"L"), VICTIM], "NUL"),
    "two sizes": ([SETUP, block(b"x", record("size", b"3"), b"x"), VICTIM], "two sizes"),
    "names for all": ([SETUP, block(b"x", record("path", b"demo-1.0/b"), b"g"), VICTIM], "it names all members at once"),
    "a hidden record": ([SETUP, block(b"x", b"0" + record("comment", b"x"), b"x"), VICTIM], ""),  # tarfile's answer depends on its age
    "records cut short": ([SETUP, block(b"x", b"99 path=x\n", b"x"), VICTIM], ""),
    "GNU's sparse": ([SETUP, block(b"x", record("GNU.sparse.name", b"demo-1.0/b"), b"x"), VICTIM], "sparse"),
    "another encoding": ([SETUP, block(b"x", record("hdrcharset", b"EBCDIC"), b"x"), VICTIM], "is no record of pax"),
    "a prefix that only some read": ([SETUP, block(b"a.py", b"x", magic=b"ustar  \0", prefix=b"demo-1.0")], "its format is not"),
    "a prefix of the oldest": ([SETUP, block(b"a.py", b"x", magic=b"", prefix=b"demo-1.0")], "its format is not"),
    "an unknown magic": ([SETUP, block(b"demo-1.0/a.py", b"x", magic=b"ustar\0  ")], "none of POSIX or GNU"),
    "a number with an underscore": ([SETUP, block(b"demo-1.0/a.py", b"x" * 9, size=b"1_1")], "is no number"),
    "a number with a sign": ([SETUP, block(b"demo-1.0/a.py", b"x" * 9, size=b"+11")], "is no number"),
    "two numbers": ([SETUP, block(b"demo-1.0/a.py", b"x" * 9, size=b"11\x0017")], "is no number"),
    "a number in base 256": ([SETUP, block(b"demo-1.0/a.py", b"x", size=b"\x80" + b"\0" * 10 + b"\1")], "is no number"),
    "a folder with a size": ([SETUP, block(b"demo-1.0/d/", kind=b"5", size=b"1000"), VICTIM], "it has two sizes, or none is due"),
    "a link with a size": ([SETUP, block(b"demo-1.0/l", kind=b"2", target=b"setup.py", size=b"1000"), VICTIM], "it has two sizes, or none is due"),
    "a contiguous file": ([SETUP, block(b"demo-1.0/c", b"x", b"7")], "only some take for a file"),
    "a file like a folder": ([SETUP, block(b"demo-1.0/c/", b"x")], "the name of a folder, and it is none"),
    "an old file like a folder": ([SETUP, block(b"demo-1.0/c/", b"x", b"\0")], ""),
    "twice": ([SETUP, SETUP], "'demo-1.0/setup.py' is there twice"),
    "another case": ([SETUP, block(b"demo-1.0/SETUP.py", b"x")], "are one file on some systems"),
    "another case of a folder": ([SETUP, block(b"demo-1.0/A", kind=b"2", target=b"b"), block(b"demo-1.0/a/x", b"x")], "and a folder to"),
    "an accent apart": ([SETUP, block("demo-1.0/é".encode()), block("demo-1.0/e\u0301".encode())], "are one file on some systems"),
    "a stream": ([SETUP, block(b"demo-1.0/setup.py::$DATA", b"x")], "not every system"),
    "a dot at the end": ([SETUP, block(b"demo-1.0/setup.py.", b"x")], "are one file on some systems"),
    "what cannot be seen": ([SETUP, block("demo-1.0/setup\u200c.py".encode(), b"x")], "are one file on some systems"),
    "spelled otherwise": ([SETUP, block(b"./demo-1.0/a.py", b"x")], "spelled in a way"),
    "two slashes": ([SETUP, block(b"demo-1.0//a.py", b"x")], "not every system"),
    "deep": ([SETUP, block(b"x", record("path", b"demo-1.0/" + b"a/" * 600 + b"b"), b"x"), VICTIM], "folders deep"),
    "a hard link to a link": ([SETUP, block(b"demo-1.0/l", kind=b"2", target=b"x"), block(b"demo-1.0/h", kind=b"1", target=b"demo-1.0/l")], "hard link to what is no file"),
    "a hard link spelled otherwise": ([SETUP, block(b"demo-1.0/h", kind=b"1", target=b"./demo-1.0/setup.py")], "hard link to what is no file"),
    "a header of nothing": ([SETUP, block(b"x", record("comment", b"x"), b"x")], ""),
    "a device": ([SETUP, block(b"demo-1.0/d", kind=b"3")], "neither a file, a folder nor a link"),
    "outside": ([SETUP, block(b"demo-1.0/../../x", b"x")], "leads out"),
}  # fmt: skip


@pytest.mark.parametrize("case", TARS)
def test_a_tar_that_readers_see_differently(tmp_path: Path, case: str) -> None:
    parts, reason = TARS[case]
    found = doubts_of(tmp_path, b"".join([*parts, CLOSING]))
    assert found
    assert any(reason in one for one in found), found


def test_a_signed_checksum(tmp_path: Path) -> None:
    """Python takes a checksum of signed bytes as well."""
    name = b"demo-1.0/\xc3\xa4"
    plain = block(name)
    signed = sum(one - 256 if one > 127 else one for one in plain[:148] + plain[156:BLOCK]) + 256
    found = doubts_of(tmp_path, SETUP + block(name, checksum=b"%06o\0 " % signed) + CLOSING)
    assert "a checksum that only some compute so" in found[0]


# --- what the tar is compressed in ---


def a_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("demo-1.0/setup.py", "evil")
    return stream.getvalue()


def header(flags: int, more: bytes = b"") -> bytes:
    """A gzip of :data:`PLAIN` with a header of our own."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezed.compress(PLAIN) + squeezed.flush()
    return (
        b"\x1f\x8b\x08" + bytes([flags]) + b"\0" * 6 + more + body + struct.pack("<II", zlib.crc32(PLAIN), len(PLAIN))
    )


GZIP = gzip.compress(PLAIN)
EXTRA = struct.pack("<H", len(a_zip())) + a_zip()
GZIPS: dict[str, tuple[bytes, str]] = {
    "two members": (GZIP + gzip.compress(b""), "lie behind its compressed content"),
    "split in two": (gzip.compress(PLAIN[:700]) + gzip.compress(PLAIN[700:]), "lie behind its compressed content"),
    "a zip behind it": (GZIP + a_zip(), "it holds the end of a zip"),
    "a zip in its header": (header(4, EXTRA), "more than a time and a name"),
    "a zip in its content": (gzip.compress(tarred([*FILES, Entry("demo-1.0/x.zip", a_zip())]), 0), "it holds the end of a zip"),
    "an empty member that holds a zip": (GZIP + header(4, EXTRA), "it holds the end of a zip"),
    "a comment": (header(16, b"PK\0"), "more than a time and a name"),
    "a checksum of its header": (header(2, b"\0\0"), "more than a time and a name"),
    "an endless name": (header(8, b"x" * 300 + b"\0"), "a name of more than"),
    "cut short": (GZIP[:-9], "it is cut short"),
    "zeros behind it": (GZIP + b"\0" * 512, "512 bytes lie behind"),
    "no gzip": (bz2.compress(PLAIN), "it is no gzip"),
}  # fmt: skip


@pytest.mark.parametrize("case", GZIPS)
def test_a_gzip_that_readers_see_differently(tmp_path: Path, case: str) -> None:
    data, reason = GZIPS[case]
    archive = tmp_path / "demo-1.0.tar.gz"
    archive.write_bytes(data)
    found = list(gzip_form.doubts(archive, is_wrapped=True))
    assert any(reason in one for one in found), found


@pytest.mark.parametrize(
    "data",
    [
        GZIP,
        gzip.compress(PLAIN, mtime=0),
        header(8, b"demo-1.0.tar\0"),
        GZIP + b"\0" * 10240,
        bz2.compress(PLAIN),
        lzma.compress(PLAIN),
    ],
)
def test_what_honest_tools_write(tmp_path: Path, data: bytes) -> None:
    """A name, a time and padding: of upstream's sdist, where all readers ignore them."""
    archive = tmp_path / "demo-1.0.tar.gz"
    archive.write_bytes(data)
    assert list(gzip_form.doubts(archive, is_wrapped=False)) == []


@pytest.mark.parametrize("data", [bz2.compress(PLAIN) * 2, lzma.compress(PLAIN) + b"x", lzma.compress(PLAIN) + a_zip()])
def test_other_compressions_of_upstream(tmp_path: Path, data: bytes) -> None:
    archive = tmp_path / "demo-1.0.tar.xz"
    archive.write_bytes(data)
    assert any("lie behind" in one for one in gzip_form.doubts(archive, is_wrapped=False))


# --- zips, which upstream's sdists may be ---

Alter = Callable[[bytes], bytes]


def zipped(alter: Alter = lambda data: data, *, streamed: bool = False) -> bytes:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return not streamed

        def tell(self) -> int:
            if streamed:
                raise OSError
            return super().tell()

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("demo-1.0/setup.py", "demo-1.0/ä", "demo-1.0/a.py"):
            archive.writestr(name, "x = 1\n" * 9)
    return alter(stream.getvalue())


def with_gap(data: bytes) -> bytes:
    """An entry more that the directory does not have, in front of the directory."""
    start = data.index(b"PK\1\2")
    hidden = a_zip()
    hidden = hidden[: hidden.index(b"PK\1\2")]
    end = bytearray(data[start:])
    at = end.rindex(b"PK\5\6")
    struct.pack_into("<I", end, at + 16, start + len(hidden))
    return data[:start] + hidden + bytes(end)


def test_honest_zips(tmp_path: Path) -> None:
    for data in (zipped(), zipped(streamed=True)):
        archive = tmp_path / "demo-1.0.zip"
        archive.write_bytes(data)
        assert list(zip_form.doubts(archive)) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\3\4" + zipped(), "lie before its first entry"),
        (zipped(with_gap), "belong to no entry"),
        (zipped(lambda data: data.replace(b"a.py", b"b.py", 1)), "another than its directory says"),
        (zipped(lambda data: data.replace(b"a.py", b"a\0py")), "it has two names"),
        (zipped() + b"\0", "not all that lies behind"),
        (zipped(lambda data: data[:-2] + b"\x04\0" + b"PK-1"), "not all that lies behind"),
    ],
)
def test_a_zip_that_readers_see_differently(tmp_path: Path, data: bytes, reason: str) -> None:
    archive = tmp_path / "demo-1.0.zip"
    archive.write_bytes(data)
    found = list(zip_form.doubts(archive))
    assert found
    assert any(reason in one for one in found), found
