"""Sdists that nobody honest makes: each by its name, made on the fly, small in memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

TOP = "demo-1.0"
SETUP = b"from setuptools import setup\nsetup(name='demo', version='1.0', install_requires=['six'])\n"
PKG_INFO = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: a demo\n\nIts description.\n"
BASE = {"PKG-INFO": PKG_INFO, "setup.py": SETUP}
PYPROJECT = b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


class Crafted(NamedTuple):
    """One archive."""

    name: str
    filename: str
    content: bytes


Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "", **more: Any) -> Member:
    """A member of a tar; ``more`` are attributes of it."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size, info.mtime = kind, link, len(content), 1_600_000_000
    for key, value in more.items():
        setattr(info, key, value)
    return info, content


def tar(
    members: Sequence[Member], form: Literal[0, 1, 2] = tarfile.PAX_FORMAT, everywhere: dict[str, str] | None = None
) -> bytes:
    """An uncompressed tar; the sizes in its headers are what the members say."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form, pax_headers=everywhere) as archive:
        for info, content in members:
            stream.write(info.tobuf(form, "utf-8", "surrogateescape"))
            stream.write(content + b"\0" * (-len(content) % 512))
            archive.offset = stream.tell()
    return stream.getvalue()


def files(content: Mapping[str, bytes], top: str = TOP) -> list[Member]:
    return [member(f"{top}/{name}", text) for name, text in content.items()]


def sdist(content: Mapping[str, bytes], top: str = TOP) -> bytes:
    """A sound archive of odd files."""
    return gzip.compress(tar(files({**BASE, **content}, top)), 1)


def checked(header: bytes) -> bytes:
    """A tar header with the checksum that it should have."""
    blank = header[:148] + b" " * 8 + header[156:]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


def pax(records: bytes, kind: bytes = b"x") -> bytes:
    """A pax header of raw records."""
    info, _ = member("x", records, kind)
    return info.tobuf(tarfile.USTAR_FORMAT) + records + b"\0" * (-len(records) % 512)


def record(key: bytes, value: bytes) -> bytes:
    """A pax record with the right length."""
    body = b" " + key + b"=" + value + b"\n"
    size = len(body)
    while len(str(size)) + len(body) != size:
        size = len(str(size)) + len(body)
    return str(size).encode() + body


END = bytes(1024)


def raw(*blocks: bytes) -> bytes:
    """A gzip of the honest members, and blocks behind them."""
    return gzip.compress(tar(files(BASE))[: 4 * 512] + b"".join(blocks) + END, 1)


def ustar(name: bytes, content: bytes = b"", kind: bytes = b"0", link: bytes = b"", **fields: bytes) -> bytes:
    """A member by its raw fields: ``size``, ``mtime``, ``mode``, ``uid``, ``magic``, ``prefix``, ``chksum``."""
    places = {"mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12), "mtime": (136, 12)}
    places |= {"magic": (257, 8), "uname": (265, 32), "gname": (297, 32), "major": (329, 8), "prefix": (345, 155)}
    header = bytearray(512)
    header[0:100] = name[:100].ljust(100, b"\0")
    defaults = {
        "mode": b"0000644\0",
        "size": b"%011o\0" % len(content),
        "mtime": b"13727340000\0",
        "magic": b"ustar\x0000",
    }
    for key, value in {**defaults, **fields}.items():
        if key != "chksum":
            at, width = places[key]
            header[at : at + width] = value[:width].ljust(width, b"\0")
    header[156:157], header[157:257] = kind, link[:100].ljust(100, b"\0")
    done = checked(bytes(header))
    if "chksum" in fields:
        done = done[:148] + fields["chksum"].ljust(8, b"\0")[:8] + done[156:]
    return done + content + b"\0" * (-len(content) % 512)


# --- tars ---


def _tars() -> Iterator[tuple[str, bytes]]:  # noqa: PLR0915  # a table of cases
    whole = tar(files({**BASE, "x": b"x" * 5000}))
    for cut in (0, 1, 100, 300, 511, 512, 513, 700, 1024, 1500, 2048, 3000, len(whole) - 5000, len(whole) - 1):
        yield f"tar cut at {cut}", gzip.compress(whole[:cut])
    packed = gzip.compress(whole)
    for cut in (1, 2, 3, 5, 9, 10, 11, 20, 100, len(packed) - 9, len(packed) - 8, len(packed) - 4, len(packed) - 1):
        yield f"gzip cut at {cut}", packed[:cut]
    for at in range(0, len(packed), 7):
        yield f"gzip with byte {at} changed", packed[:at] + bytes([packed[at] ^ 0x55]) + packed[at + 1 :]
    for at in range(0, 1536, 13):
        yield f"tar with byte {at} changed", gzip.compress(whole[:at] + b"\xff" + whole[at + 1 :])
    for at in (0, 100, 108, 124, 136, 148, 156, 257, 345):

        def rechecked(at: int = at) -> bytes:
            return gzip.compress(checked(whole[:at] + b"\xff" + whole[at + 1 : 512]) + whole[512:])

        yield f"tar header with field {at} odd", rechecked()
    for flags in (1, 2, 4, 8, 16, 32, 0xFF):
        yield f"gzip with flags {flags}", packed[:3] + bytes([flags]) + packed[4:]
    yield "gzip with garbage behind", packed + b"garbage" * 100
    yield "gzip with zeros behind", packed + bytes(1000)
    yield "two gzip members", gzip.compress(whole[:1000]) + gzip.compress(whole[1000:])
    yield "gzip of gzip", gzip.compress(packed)
    yield "no compression", whole
    yield "empty file", b""
    yield "text", b"hello\n" * 500
    yield "xz", lzma.compress(whole)
    yield "xz cut", lzma.compress(whole)[:-20]
    yield "bz2 cut", bz2.compress(whole)[:-20]
    yield "lzma alone", lzma.compress(whole, lzma.FORMAT_ALONE)
    yield "zstd magic", b"\x28\xb5\x2f\xfd" + bytes(100)
    yield "compress magic", b"\x1f\x9d\x90" + bytes(100)

    def xz_with_much_memory() -> bytes:
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
        data = bytearray(lzma.compress(whole, filters=filters, check=lzma.CHECK_NONE))
        data[16:17] = bytes([40])  # a dictionary of 4 GiB; the header's own checksum is wrong then
        return bytes(data)

    yield "xz with a large dictionary", xz_with_much_memory()

    values = [
        b"-1",
        b"-512",
        b"-513",
        b"-99999999999999999999",
        b"0",
        b"1e3",
        b"1.5",
        b"nan",
        b"inf",
        b"-inf",
        b"",
        b"x",
    ]
    values += [b"99999999999999999999", b"9" * 5000, b"\xff\xfe", b"0x10", b" 1", b"1_000", "\u0661".encode(), b"1\x00"]
    numeric = [b"size", b"mtime", b"atime", b"ctime", b"uid", b"gid", b"GNU.sparse.size", b"GNU.sparse.realsize"]
    numeric += [
        b"GNU.sparse.major",
        b"GNU.sparse.minor",
        b"GNU.sparse.offset",
        b"GNU.sparse.numblocks",
        b"GNU.sparse.numbytes",
    ]
    for key in numeric:
        for value in values:
            yield f"pax {key.decode()}={value[:30]!r}", raw(pax(record(key, value)), ustar(b"demo-1.0/x", b"x" * 100))
    names = [
        b"",
        b".",
        b"/",
        b"//",
        b"..",
        b"demo-1.0",
        b"demo-1.0/",
        b"demo-1.0//x",
        b"demo-1.0/x\0y",
        b"\xff\xfe",
        b"x" * 100_000,
    ]
    names += [
        b"demo-1.0/" + b"y" * 300,
        b"demo-1.0/" + b"a/" * 40_000 + b"x",
        b"demo-1.0/\x1b[31m",
        b"demo-1.0/a\nb",
        b"demo-1.0/a\rb",
    ]
    names += [
        "demo-1.0/\u202egnp.exe".encode(),
        b"demo-1.0/ ",
        b"demo-1.0/.",
        b"demo-1.0/x/..",
        b"C:x",
        b"demo-1.0/C:x",
        b"demo-1.0/x:y",
    ]
    names += [
        b"demo-1.0/CON",
        b"demo-1.0/nul.txt",
        b"demo-1.0/x.",
        b"demo-1.0/x ",
        b"demo-1.0/a\\b",
        b"\\\\host\\x",
        b"demo-1.0/\xed\xa0\x80",
    ]
    names += [
        b"demo-1.0/SETUP.PY",
        b"DEMO-1.0/x",
        b"demo-1.0/cafe\xcc\x81",
        b"demo-1.0/" + b"\xff" * 10,
        b'demo-1.0/a?b*c<d>|"',
    ]
    for key in (
        b"path",
        b"linkpath",
        b"hdrcharset",
        b"uname",
        b"comment",
        b"GNU.sparse.name",
        b"SCHILY.realsize",
        b"charset",
    ):
        for value in names:
            for kind in (b"0", b"2") if key == b"linkpath" else (b"0",):
                yield (
                    f"pax {key.decode()}={value[:24]!r} {len(value)} {kind.decode()}",
                    raw(pax(record(key, value)), ustar(b"demo-1.0/x", kind=kind)),
                )
    for value in (b"BINARY", b"ISO-IR 10646 2000 UTF-8", b"nonsense"):
        yield (
            f"pax hdrcharset {value!r}",
            raw(pax(record(b"hdrcharset", value) + record(b"path", b"demo-1.0/\xff")), ustar(b"demo-1.0/x")),
        )
    for broken in (
        b"",
        b"\n",
        b"5",
        b"0 path=x\n",
        b"-5 path=x\n",
        b"99 path=x\n",
        b"3 x\n",
        b"10 path=x\n",
        b"11 pathx=y\n",
        b"7 =abc\n",
    ):
        yield f"pax record {broken!r}", raw(pax(broken), ustar(b"demo-1.0/x"))
    yield "pax record with a long length", raw(pax(b"9" * 5000 + b" path=x\n"), ustar(b"demo-1.0/x"))
    yield "pax record of many digits", raw(pax(b"0" * 5000 + b"12 path=abc\n"), ustar(b"demo-1.0/x"))
    yield "pax header without a member", raw(pax(record(b"path", b"demo-1.0/x")))
    yield "pax headers behind each other", raw(*[pax(record(b"path", b"demo-1.0/x"))] * 50, ustar(b"demo-1.0/y"))
    yield "5000 pax headers behind each other", raw(*[pax(record(b"path", b"demo-1.0/x"))] * 5000, ustar(b"demo-1.0/y"))
    yield "5000 GNU names behind each other", raw(*[ustar(b"L", b"demo-1.0/x\0", b"L")] * 5000, ustar(b"demo-1.0/y"))
    yield "global pax path", raw(pax(record(b"path", b"demo-1.0/x"), b"g"), ustar(b"demo-1.0/y"), ustar(b"demo-1.0/z"))
    yield "global pax size", raw(pax(record(b"size", b"512"), b"g"), ustar(b"demo-1.0/y"), ustar(b"demo-1.0/z"))
    yield (
        "pax size hides a member",
        raw(
            pax(record(b"size", b"1024")),
            ustar(b"demo-1.0/x", b"x" * 512),
            ustar(b"demo-1.0/y", b"y" * 512),
            ustar(b"demo-1.0/z"),
        ),
    )
    yield (
        "pax path over a GNU name",
        raw(ustar(b"L", b"demo-1.0/gnu\0", b"L"), pax(record(b"path", b"demo-1.0/pax")), ustar(b"demo-1.0/x")),
    )
    yield (
        "GNU name over a pax path",
        raw(pax(record(b"path", b"demo-1.0/pax")), ustar(b"L", b"demo-1.0/gnu\0", b"L"), ustar(b"demo-1.0/x")),
    )
    yield (
        "pax link over a GNU link",
        raw(
            ustar(b"K", b"gnu\0", b"K"),
            pax(record(b"linkpath", b"pax")),
            ustar(b"demo-1.0/x", kind=b"2", link=b"setup.py"),
        ),
    )
    yield "GNU magic with pax", raw(pax(record(b"path", b"demo-1.0/pax")), ustar(b"demo-1.0/x", magic=b"ustar  \0"))
    yield (
        "pax xattr",
        raw(pax(record(b"SCHILY.xattr.com.apple.provenance", b"\x01\x02\xff\x00x")), ustar(b"demo-1.0/x")),
    )
    yield "1 MB of digits in a pax header", raw(pax(b"1" * 1_000_000), ustar(b"demo-1.0/x"))
    yield "100 times 60 kB of digits in a pax header", raw(pax(b"1" * 60_000) * 100, ustar(b"demo-1.0/x"))
    yield "solaris pax", raw(pax(record(b"path", b"demo-1.0/sol"), b"X"), ustar(b"demo-1.0/x"))
    for kind in (b"L", b"K"):
        for value in (*names, b"demo-1.0/x\0", b"demo-1.0/x"):
            yield (
                f"GNU {kind.decode()} {value[:24]!r} {len(value)}",
                raw(
                    ustar(b"././@LongLink", value, kind, magic=b"ustar  \0"),
                    ustar(b"demo-1.0/x", kind=b"2" if kind == b"K" else b"0"),
                ),
            )
    yield "GNU L without a member", raw(ustar(b"L", b"demo-1.0/x\0", b"L"))
    yield "GNU L of 2 GB", raw(ustar(b"L", b"demo-1.0/x\0", b"L", size=b"17777777777\0"), ustar(b"demo-1.0/x"))
    yield "pax of 2 GB", raw(ustar(b"x", b"", b"x", size=b"17777777777\0"), ustar(b"demo-1.0/x"))
    for name in names:
        yield f"ustar name {name[:24]!r} {len(name)}", raw(ustar(name))
        yield f"ustar link {name[:24]!r} {len(name)}", raw(ustar(b"demo-1.0/x", kind=b"2", link=name))
        yield f"ustar hard link {name[:24]!r} {len(name)}", raw(ustar(b"demo-1.0/x", kind=b"1", link=name))
        yield f"ustar folder {name[:24]!r} {len(name)}", raw(ustar(name, kind=b"5"))
    for code in range(256):
        yield f"ustar kind {code}", raw(ustar(b"demo-1.0/x", b"x" * 600, bytes([code])))
    numbers = [
        b"\xff" * 12,
        b"\x80" + bytes(11),
        b"\x80" + b"\xff" * 11,
        b"-1",
        b"9",
        b" ",
        b"",
        b"\0" * 12,
        b"77777777777\0",
        b"12x",
        b"0o12",
    ]
    numbers += [b"\xff" + bytes(11), b"\x81" + bytes(10), b" 12 \0", b"12\x00garbage", b"1_0"]
    for field in ("size", "mtime", "mode", "uid", "gid", "major"):
        for value in numbers:
            yield f"ustar {field}={value!r}", raw(ustar(b"demo-1.0/x", b"x" * 600, **{field: value}))
    for value in (b"nan", b"", b"0", b"\xff" * 8, b"777777\0 "):
        yield f"ustar chksum {value!r}", raw(ustar(b"demo-1.0/x", chksum=value))
    for magic in (b"", b"ustar\0\0\0", b"ustar  \0", b"xxxxxxxx", b"ustar\x0099", b"tar\0"):
        yield f"ustar magic {magic!r}", raw(ustar(b"demo-1.0/x", magic=magic))
        yield (
            f"ustar magic in front {magic!r}",
            gzip.compress(
                ustar(b"demo-1.0/PKG-INFO", PKG_INFO, magic=magic) + ustar(b"demo-1.0/setup.py", SETUP) + END
            ),
        )
    yield "ustar prefix", raw(ustar(b"x", prefix=b"demo-1.0"))
    yield "ustar prefix absolute", raw(ustar(b"x", prefix=b"/etc"))
    yield "ustar prefix up", raw(ustar(b"x", prefix=b"demo-1.0/.."))
    yield "folder with a size", raw(ustar(b"demo-1.0/x", b"x" * 512, b"5"), ustar(b"demo-1.0/y"))
    yield "link with a size", raw(ustar(b"demo-1.0/x", b"x" * 512, b"2", b"setup.py"), ustar(b"demo-1.0/y"))
    yield (
        "hard link with a size",
        raw(ustar(b"demo-1.0/x", b"x" * 512, b"1", b"demo-1.0/setup.py"), ustar(b"demo-1.0/y")),
    )
    yield "folder with a slash as a file", raw(ustar(b"demo-1.0/x/"))
    yield "zero block between", raw(bytes(512), ustar(b"demo-1.0/x"))
    yield "two zero blocks between", raw(bytes(1024), ustar(b"demo-1.0/x"))
    yield "no zero blocks at the end", gzip.compress(tar(files(BASE))[: 4 * 512])
    yield "one zero block at the end", gzip.compress(tar(files(BASE))[: 5 * 512])
    yield "garbage behind the end", gzip.compress(tar(files(BASE)) + b"x" * 5000)

    sparse = {"GNU.sparse.map": "0,1", "GNU.sparse.size": "9", "GNU.sparse.numblocks": "1"}
    for more in (
        {},
        {"GNU.sparse.map": "x"},
        {"GNU.sparse.map": "0"},
        {"GNU.sparse.map": "0," + "9" * 5000},
        {"GNU.sparse.size": "x"},
    ):
        yield (
            f"sparse 0.1 {str(more)[:40]}",
            gzip.compress(tar([*files(BASE), member("demo-1.0/x", b"x", pax_headers={**sparse, **more})])),
        )
    for body in (b"1\n0\n1\nx", b"", b"x\n", b"9999999999\n", b"1\n", b"-1\n0\n"):
        yield (
            f"sparse 1.0 {body[:12]!r}",
            raw(
                pax(
                    record(b"GNU.sparse.major", b"1")
                    + record(b"GNU.sparse.minor", b"0")
                    + record(b"GNU.sparse.realsize", b"9")
                ),
                ustar(b"demo-1.0/x", body),
            ),
        )
    yield (
        "sparse of GNU",
        raw(checked(ustar(b"demo-1.0/x", kind=b"S", magic=b"ustar  \0")[:386] + b"\xff" * 97 + bytes(29))),
    )
    yield (
        "sparse of GNU that goes on",
        raw(
            *[checked(ustar(b"demo-1.0/x", kind=b"S", magic=b"ustar  \0")[:482] + b"\x01" + bytes(29)), (b"\x01" * 512)]
            * 20
        ),
    )

    def links(*pairs: tuple[str, str], kind: bytes = tarfile.SYMTYPE) -> bytes:
        return gzip.compress(tar([*files(BASE), *(member(f"demo-1.0/{name}", b"", kind, to) for name, to in pairs)]))

    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        word = "soft" if kind == tarfile.SYMTYPE else "hard"
        for to in (
            "x",
            ".",
            "",
            "..",
            "../demo-1.0",
            "../../etc/passwd",
            "/etc/passwd",
            "demo-1.0/x",
            "demo-1.0/setup.py",
            "demo-1.0",
            "y/../../..",
        ):
            for link in ("x", "pyproject.toml", "PKG-INFO", "setup.cfg", "_augbackend", "demo.egg-info/requires.txt"):
                yield f"{word} link {link} to {to!r}", links((link, to), kind=kind)
        yield f"{word} links in a loop", links(("a", "b"), ("b", "a"), kind=kind)
        yield (
            f"{word} links in a long chain",
            links(*((f"l{at}", f"l{at + 1}") for at in range(1000)), ("pyproject.toml", "l0"), kind=kind),
        )
    yield (
        "setup.py is a link",
        gzip.compress(
            tar(
                [
                    member("demo-1.0/PKG-INFO", PKG_INFO),
                    member("demo-1.0/x", SETUP),
                    member("demo-1.0/setup.py", b"", tarfile.SYMTYPE, "x"),
                ]
            )
        ),
    )
    yield (
        "setup.py is a link to nothing",
        gzip.compress(
            tar([member("demo-1.0/PKG-INFO", PKG_INFO), member("demo-1.0/setup.py", b"", tarfile.SYMTYPE, "x")])
        ),
    )
    for file in (
        "setup.py",
        "pyproject.toml",
        "PKG-INFO",
        "setup.cfg",
        "demo.egg-info/requires.txt",
        "_augbackend",
        "_augbackend/augbackend",
    ):
        yield (
            f"{file} is a folder",
            gzip.compress(
                tar(
                    [
                        *(one for one in files(BASE) if one[0].name != f"demo-1.0/{file}"),
                        member("demo-1.0/x.py"),
                        member(f"demo-1.0/{file}", b"", tarfile.DIRTYPE),
                        member(f"demo-1.0/{file}/x", b"y"),
                    ]
                )
            ),
        )
        yield (
            f"{file} is a folder and a file",
            gzip.compress(tar([*files(BASE), member(f"demo-1.0/{file}/x", b"y"), member(f"demo-1.0/{file}", b"")])),
        )
        yield (
            f"{file} twice",
            gzip.compress(
                tar([*files(BASE), member(f"demo-1.0/{file}", b"# one\n"), member(f"demo-1.0/{file}", b"# two\n")])
            ),
        )
        yield f"{file} in capitals", gzip.compress(tar([*files(BASE), member(f"demo-1.0/{file.upper()}", b"x = 1\n")]))
        yield (
            f"{file} without an x bit or any",
            gzip.compress(tar([*files(BASE), member(f"demo-1.0/{file}", b"", mode=0)])),
        )
    yield (
        "a file is a folder of others",
        gzip.compress(tar([*files(BASE), member("demo-1.0/a", b""), member("demo-1.0/a/b", b"")])),
    )
    yield (
        "a folder is a file later",
        gzip.compress(tar([*files(BASE), member("demo-1.0/a/b", b""), member("demo-1.0/a", b"")])),
    )
    yield (
        "a folder is a link later",
        gzip.compress(
            tar([*files(BASE), member("demo-1.0/a/b", b""), member("demo-1.0/a", b"", tarfile.SYMTYPE, "setup.py")])
        ),
    )
    yield "names that differ by case", gzip.compress(tar([*files(BASE), member("demo-1.0/A"), member("demo-1.0/a")]))
    yield (
        "names that differ by normal form",
        gzip.compress(tar([*files(BASE), member("demo-1.0/caf\u00e9"), member("demo-1.0/cafe\u0301")])),
    )
    yield "no top folder", gzip.compress(tar([member(name, text) for name, text in BASE.items()]))
    yield "a top folder that is a file", gzip.compress(tar([member("demo-1.0", b"x"), *files(BASE)]))
    yield "a top folder that is a file, later", gzip.compress(tar([*files(BASE), member("demo-1.0", b"x")]))
    yield "dots in front", gzip.compress(tar(files(BASE, "./demo-1.0")))
    yield "a top folder of odd name", gzip.compress(tar(files(BASE, "\u202e \x1b[31m")))
    yield "a top folder in bytes", gzip.compress(tar(files(BASE, "\udcff")))
    yield "a top folder as Windows would not", gzip.compress(tar(files(BASE, "CON")))
    yield "a top folder of 300 characters", gzip.compress(tar(files(BASE, "d" * 300)))
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        yield (
            f"40,000 folders deep, form {form}",
            (gzip.compress(tar([*files(BASE), member("demo-1.0/" + "a/" * (40_000 if form else 40) + "x")], form))),
        )
        yield (
            f"a long name, form {form}",
            gzip.compress(tar([*files(BASE), member("demo-1.0/" + "n" * (100_000 if form else 80))], form)),
        )
    yield "500 folders deep", gzip.compress(tar([*files(BASE), member("demo-1.0/" + "a/" * 500 + "x")]))
    yield (
        "deep, many times",
        gzip.compress(tar([*files(BASE), *(member(f"demo-1.0/{at}/" + "a/" * 3000 + "x") for at in range(300))])),
    )
    yield (
        "a deep folder behind links",
        gzip.compress(
            tar(
                [
                    *files(BASE),
                    member("demo-1.0/l", b"", tarfile.SYMTYPE, "setup.py"),
                    *(member(f"demo-1.0/{at}/" + "a/" * 3000 + "x") for at in range(300)),
                ]
            )
        ),
    )
    yield "a name of 255 bytes", gzip.compress(tar([*files(BASE), member("demo-1.0/" + "\u00e9" * 127)]))
    yield "a name of 257 bytes", gzip.compress(tar([*files(BASE), member("demo-1.0/" + "\u00e9" * 129)]))
    yield "a file without rights", gzip.compress(tar([*files(BASE), member("demo-1.0/x", b"", mode=0)]))
    yield "setuid", gzip.compress(tar([*files(BASE), member("demo-1.0/x", b"", mode=0o6755)]))
    yield (
        "a folder without rights",
        gzip.compress(tar([*files(BASE), member("demo-1.0/d", b"", tarfile.DIRTYPE, mode=0), member("demo-1.0/d/x")])),
    )
    yield (
        "owners that are not numbers",
        gzip.compress(tar([*files(BASE), member("demo-1.0/x", b"", pax_headers={"uid": "-5", "gid": "1e9"})])),
    )
    yield "global pax headers of git", gzip.compress(tar(files(BASE), everywhere={"comment": "0" * 40}))
    yield "50,000 members", gzip.compress(tar([*files(BASE), *(member(f"demo-1.0/{at}") for at in range(50_000))]), 1)


def _zero_member(size: int) -> bytes:
    import zlib

    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(ustar(b"demo-1.0/zeros", size=b"%011o\0" % size))]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join([*parts, packer.compress(END), packer.flush()])


def _zeros() -> bytes:
    import zlib

    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(tar(files(BASE))[: 4 * 512])]
    parts += [packer.compress(bytes(1 << 24)) for _ in range(320)]
    return b"".join([*parts, packer.flush()])


# --- zips ---


def zipped(members: Mapping[str, bytes], extra: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6))
            info.external_attr, info.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            info.extra = extra
            archive.writestr(info, content)
    return stream.getvalue()


def _zips() -> Iterator[tuple[str, bytes]]:
    base = {f"{TOP}/{name}": content for name, content in BASE.items()}
    whole = zipped({**base, f"{TOP}/x": b"x" * 5000})
    for at in range(0, len(whole), 5):
        yield f"zip with byte {at} changed", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
    for cut in range(0, len(whole), 41):
        yield f"zip cut at {cut}", whole[:cut]
    names = [
        "../x",
        "/x",
        "demo-1.0/../x",
        "demo-1.0\\x",
        "C:x",
        "C:/x",
        "demo-1.0/C:x",
        "\\\\host\\x",
        "",
        "/",
        "demo-1.0",
        "demo-1.0/",
        "demo-1.0//x",
    ]
    names += [
        "demo-1.0/x\0y",
        "demo-1.0/" + "n" * 60_000,
        "demo-1.0/" + "a/" * 30_000,
        "demo-1.0/caf\u00e9",
        "demo-1.0/\x1b[31m",
        "demo-1.0/a\nb",
        "demo-1.0/CON",
    ]
    for name in names:
        for mode in (0o100644, 0o120777, 0o040755, 0o060644, 0, 0o140644):

            def odd(name: str = name, mode: int = mode) -> bytes:
                stream = io.BytesIO(zipped(base))
                with zipfile.ZipFile(stream, "a") as archive:
                    info = zipfile.ZipInfo("demo-1.0/placeholder")
                    info.filename = name
                    info.external_attr = mode << 16
                    archive.writestr(info, b"setup.py")
                return stream.getvalue()

            yield f"zip {name[:24]!r} {len(name)} {mode:o}", odd()
    for flag in (1, 1 << 3, 1 << 5, 1 << 6, 1 << 11, 1 << 13, 0xFFFF):

        def flagged(flag: int = flag) -> bytes:
            data = bytearray(whole)
            for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
                place = data.find(magic)
                data[place + at : place + at + 2] = struct.pack("<H", flag)
            return bytes(data)

        yield f"zip flag {flag:x}", flagged()
    for method in (1, 2, 6, 9, 12, 14, 19, 93, 95, 97, 98, 99, 65535):

        def by(method: int = method) -> bytes:
            data = bytearray(whole)
            for magic, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
                place = data.find(magic)
                data[place + at : place + at + 2] = struct.pack("<H", method)
            return bytes(data)

        yield f"zip method {method}", by()
    for date in ((0, 0), (0xFFFF, 0xFFFF), (0, 0xFFFF), (0xFFFF, 0), (33, 0xBF7D)):

        def dated(date: tuple[int, int] = date) -> bytes:
            data = bytearray(whole)
            place = 0
            while (place := data.find(b"PK\x01\x02", place)) >= 0:
                data[place + 12 : place + 16] = struct.pack("<HH", date[1], date[0])
                place += 4
            return bytes(data)

        yield f"zip date {date}", dated()
    for at, value in (
        (16, 0),
        (20, 0),
        (20, 0x7FFFFFFF),
        (24, 0),
        (24, 0x7FFFFFFF),
        (24, 0xFFFFFFFF),
        (20, 0xFFFFFFFF),
        (42, 0xFFFFFFFF),
        (42, 0x7FFFFFFF),
        (42, 0),
    ):

        def sized(at: int = at, value: int = value) -> bytes:
            data = bytearray(whole)
            place = data.rfind(b"PK\x01\x02")
            data[place + at : place + at + 4] = struct.pack("<I", value)
            return bytes(data)

        yield f"zip field {at} is {value:x}", sized()
    for extra in (
        b"\x01\x00\xff\xff",
        b"\x01\x00\x08\x00",
        b"\x01\x00\x04\x00abcd",
        b"xx",
        b"\x75\x70\x09\x00\x01\0\0\0\0abcd",
        b"\x01\x00\x18\x00" + b"\xff" * 24,
    ):
        yield f"zip extra {extra[:10]!r}", zipped(base, extra)
    yield "zip64", _zip64(base)
    yield "zip with data in front", b"#!/bin/sh\n" + whole
    yield "zip with data behind", whole + b"x" * 100
    yield "zip with a comment", _commented(whole)
    yield "zip twice the same name", _twice(base)
    yield "zip empty", zipped({})
    yield "zip of two ends", whole + zipped({"evil/setup.py": b""})
    yield "zip of a link to itself", _linked(base, b"x")
    yield "zip of a link out", _linked(base, b"../../etc/passwd")
    yield "zip of a link in bytes", _linked(base, b"\xff\xfe")
    yield "zip of a link with a NUL", _linked(base, b"a\0b")
    yield "zip of a link of 1 MB", _linked(base, b"a" * (1 << 20))
    yield "zip of an empty link", _linked(base, b"")


def _zip64(base: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in base.items():
            with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
                target.write(content)
    return stream.getvalue()


def _commented(whole: bytes) -> bytes:
    stream = io.BytesIO(whole)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = b"PK\x05\x06" * 10
    return stream.getvalue()


def _twice(base: Mapping[str, bytes]) -> bytes:
    import warnings

    stream = io.BytesIO(zipped(base))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(f"{TOP}/setup.py", b"# another\n")
    return stream.getvalue()


def _linked(base: Mapping[str, bytes], to: bytes) -> bytes:
    stream = io.BytesIO(zipped(base))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(f"{TOP}/x")
        info.external_attr, info.compress_type = (stat.S_IFLNK | 0o777) << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, to)
    return stream.getvalue()


def _lying() -> bytes:
    """Its directory says 10 bytes, and there are 500 million."""
    base = {f"{TOP}/{name}": content for name, content in BASE.items()}
    data = bytearray(zipped({**base, f"{TOP}/x": bytes(500 << 20)}))
    place = data.rfind(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(data)


def _overlapping() -> bytes:
    """Many entries of the directory, all of one member."""
    base = {f"{TOP}/{name}": content for name, content in BASE.items()}
    stream = io.BytesIO(zipped({**base, f"{TOP}/x": bytes(1 << 24)}))
    with zipfile.ZipFile(stream, "a") as archive:
        (one,) = [info for info in archive.filelist if info.filename.endswith("/x")]
        archive.filelist += [one] * 5000
        archive._didModify = True  # type: ignore[attr-defined]
    return stream.getvalue()


# --- what is in the files ---

_TYPES = (
    "5",
    "5.5",
    "true",
    '"x"',
    '""',
    "[]",
    "[5]",
    '["x"]',
    '[["x"]]',
    "{}",
    "{x = 5}",
    "[{}]",
    "1979-05-27",
    "07:32:00",
    "inf",
    "nan",
    "-9223372036854775808",
)
_KEYS = (
    "build-system", "build-system.requires", "build-system.build-backend", "build-system.backend-path", "build-system.x",
    "project", "project.name", "project.version", "project.dependencies", "project.optional-dependencies",
    "project.optional-dependencies.x", "project.requires-python", "project.dynamic", "project.scripts", "project.readme",
    "project.license", "project.authors", "project.urls", "project.entry-points", "project.classifiers",
    "tool", "tool.setuptools", "tool.setuptools.packages", "tool.setuptools.packages.find", "tool.setuptools.packages.find.where",
    "tool.setuptools.packages.find.exclude", "tool.setuptools.packages.find.include", "tool.setuptools.packages.find.namespaces",
    "tool.setuptools.dynamic", "tool.poetry", "tool.poetry.dependencies", "tool.flit", "tool.uv", "tool.uv.sources",
    "tool.augbackend", "tool.augbackend.build-backend", "tool.augbackend.backend-path", "tool.augbackend.extra-build-dependencies",
    "tool.augbackend.remove-build-dependencies", "tool.augbackend.extra-build-variables", "tool.augbackend.config-settings",
    "tool.augbackend.dynamic-requires", "tool.augbackend.jobs", "tool.augbackend.metadata", "tool.augbackend.pin-runtime",
    "tool.augbackend.match-runtime", "tool.augbackend.local-version", "tool.augbackend.provenance", "tool.augbackend.origin",
    "tool.augbackend.packages", "tool.augbackend.x", "x",
)  # fmt: skip
_BACKENDS = ("setuptools.build_meta", "augbackend", "flit_core.buildapi", "poetry.core.masonry.api")


def _pyprojects() -> Iterator[tuple[str, bytes]]:  # noqa: PLR0915  # a table of cases
    for key in _KEYS:
        for value in _TYPES:
            first = "" if key.startswith("build-system") else 'build-system.requires = ["setuptools"]\n'
            yield f"{key} = {value}", f"{first}{key} = {value}\n".encode()
            if key.startswith("build-system."):
                rest = 'requires = ["x"]\n' if key != "build-system.requires" else ""
                yield (
                    f"{key} = {value} beside others",
                    f"[build-system]\n{rest}{key.partition('.')[2]} = {value}\n".encode(),
                )
    for backend in _BACKENDS:
        for key in _KEYS[5:]:
            for value in ("5", "[5]", "{x = 5}", '"x"'):
                first = f'build-system.requires = ["x"]\nbuild-system.build-backend = "{backend}"\n'
                more = "" if key.startswith("project") else 'project.name = "demo"\nproject.version = "1.0"\n'
                yield f"{backend}: {key} = {value}", f"{first}{more}{key} = {value}\n".encode()
    head = PYPROJECT
    paths = (
        "",
        ".",
        "..",
        "/",
        "/etc",
        "C:x",
        "a\\b",
        "x" * 300,
        "a/" * 5000,
        "x\\u0000y",
        "\\u202e",
        "~",
        "$HOME",
        "_augbackend",
        "setup.py",
        "PKG-INFO/x",
    )
    for path in paths:
        yield (
            f"backend-path {path[:20]}",
            b'[build-system]\nrequires = []\nbuild-backend = "x"\nbackend-path = ["%s"]\n' % path.encode(),
        )
        yield (
            f"our backend-path {path[:20]}",
            (
                b'[build-system]\nrequires = []\nbuild-backend = "augbackend"\nbackend-path = ["%s"]\n'
                b'[tool.augbackend]\nbuild-backend = "x"\nbackend-path = ["%s"]\n' % (path.encode(), path.encode())
            ),
        )
    for name in (
        "",
        ":",
        "x:",
        ":x",
        "x:y:z",
        "..",
        "a..b",
        "x y",
        "x" * 100_000,
        "\\u0000",
        "é",
        "setuptools.build_meta:__legacy__",
        "-c",
        "os:system",
    ):
        yield f"build-backend {name[:20]}", b'[build-system]\nrequires = []\nbuild-backend = "%s"\n' % name.encode()
    requirements = (
        "",
        " ",
        "-r x",
        "--no-binary=x",
        "x @ file:///etc",
        "x==",
        "x>=1,",
        "x; y",
        "x[",
        "é",
        "x" * 100_000,
        "x" + ">=1," * 20_000 + ">=1",
        "\\u0000",
        "x; " + "(" * 5000,
    )
    for text in requirements:
        quoted = text.encode()
        yield (
            f"requires {text[:20]}",
            b'[build-system]\nrequires = ["%s"]\nbuild-backend = "setuptools.build_meta"\n' % quoted,
        )
        yield (
            f"dependencies {text[:20]}",
            head + b'[project]\nname = "demo"\nversion = "1.0"\ndependencies = ["%s"]\n' % quoted,
        )
        yield (
            f"extras {text[:20]}",
            head
            + b'[project]\nname = "demo"\nversion = "1.0"\n[project.optional-dependencies]\n"%s" = ["%s"]\n'
            % (quoted, quoted),
        )
        yield (
            f"requires-python {text[:20]}",
            head + b'[project]\nname = "demo"\nversion = "1.0"\nrequires-python = "%s"\n' % quoted,
        )
        yield (
            f"declared {text[:20]}",
            head.replace(b"setuptools.build_meta", b"augbackend")
            + b'backend-path = ["_augbackend"]\n[tool.augbackend]\nextra-build-dependencies = ["%s"]\n' % quoted,
        )
    yield "not UTF-8", b"x = '\xff'\n"
    yield "UTF-16", "x = 1\n".encode("utf-16")
    yield "BOM", b"\xef\xbb\xbf" + head
    yield "NUL", head + b"\0"
    yield "CR alone", head.replace(b"\n", b"\r")
    yield "CRLF", head.replace(b"\n", b"\r\n")
    yield "CRLF and LF", head.replace(b"\n", b"\r\n", 1)
    yield "duplicate keys", head + b"[build-system]\nrequires = []\n"
    yield "duplicate dotted keys", b"build-system.requires = []\nbuild-system.requires = []\n"
    yield "array of tables", b"[[build-system]]\nrequires = []\n"
    yield "array of tables of tool", head + b"[[tool]]\nx = 1\n"
    yield "array of tables of ours", head + b"[[tool.augbackend]]\nx = 1\n"
    yield "inline", b'build-system = { requires = ["x"], build-backend = "y" }\n'
    yield "inline tool", head + b"\n" + b"tool = {}\n"
    yield "dotted in front", b'tool.x.y = 1\nbuild-system.requires = ["x"]\n'
    yield (
        "tables out of order",
        b'[tool.a]\n[build-system]\nrequires = []\n[tool.b]\n[project]\nname="x"\nversion="1"\n[tool.c.d]\n',
    )
    yield "no newline at the end", head.rstrip()
    yield "empty", b" "
    yield "only a comment", b"# \x7f\n"
    for opening in (b"[", b"{x=", b"[[", b"x = [", b"[x=", b'"', b"'''", b"a.", b"{"):
        yield f"100,000 times {opening.decode()}", b"x = " + opening * 100_000
        yield f"100,000 times {opening.decode()} alone", opening * 100_000
    for depth in (50, 100, 200, 400, 900, 2000):
        yield f"arrays {depth} deep", head + b"[tool.x]\nx = " + b"[" * depth + b"]" * depth + b"\n"
        yield f"inline tables {depth} deep", head + b"[tool.x]\nx = " + b"{x=" * depth + b"1" + b"}" * depth + b"\n"
        yield f"dotted keys {depth} deep", head + b"[tool.x" + b".x" * depth + b"]\ny = 1\n"
        yield f"dotted keys {depth} deep in ours", head + b"[tool.augbackend.x" + b".x" * depth + b"]\ny = 1\n"
        yield f"requires {depth} deep", b"[build-system]\nrequires = " + b"[" * depth + b"]" * depth + b"\n"
        yield (
            f"extras {depth} deep",
            head
            + b"[project]\nname = 'demo'\nversion = '1.0'\noptional-dependencies = "
            + b"{x=" * depth
            + b"[]"
            + b"}" * depth
            + b"\n",
        )
    yield "100,000 dotted keys", head + b"[tool" + b".x" * 100_000 + b"]\n"
    yield "50,000 tables", head + b"".join(b"[tool.t%d]\n" % at for at in range(50_000))
    yield "50,000 keys", head + b"[tool.x]\n" + b"".join(b"k%d = 1\n" % at for at in range(50_000))
    yield "50,000 requirements", b"[build-system]\nrequires = [" + b"'x', " * 50_000 + b"]\n"
    yield "a text of 15 MB", head + b"[tool.x]\nx = '" + b"x" * (15 << 20) + b"'\n"
    yield "comments of 15 MB", head + b"# x\n" * (4 << 20)
    yield "keys of 15 MB", head + b"[tool.x]\n" + b"".join(b"k%d = [1, 2]\n" % at for at in range(900_000))
    yield "a number of 5,000 digits", head + b"[tool.x]\nx = " + b"9" * 5000 + b"\n"
    yield "a date beyond", head + b"[tool.x]\nx = 0000-00-00\n"
    yield "surrogates", head + b'[tool.x]\nx = "\\ud800"\n'


def _setups() -> Iterator[tuple[str, bytes]]:
    head = b"from setuptools import setup\n"
    yield "empty", b"\n"
    yield "NUL", SETUP + b"\0"
    yield "NULs", bytes(1000)
    yield "nonsense coding", b"# coding: nonsense\n" + SETUP
    for coding in (
        "latin-1",
        "utf-16",
        "utf-7",
        "rot13",
        "idna",
        "base64",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
        "mbcs",
        "zlib",
        "cp037",
        "x" * 1000,
        "\x00",
        "hex",
        "punycode",
    ):
        yield f"coding {coding[:20]}", b"# -*- coding: %s -*-\n" % coding.encode() + SETUP + b"# \xff\n"
    yield "BOM", b"\xef\xbb\xbf" + SETUP
    yield "BOM and another coding", b"\xef\xbb\xbf# coding: latin-1\n" + SETUP
    yield "not UTF-8", SETUP + b"# \xff\n"
    yield "UTF-16", SETUP.decode().encode("utf-16")
    yield "Python 2", b"print 'hello'\n"
    for depth in (50, 90, 150, 250, 800, 3000, 9000, 30_000, 100_000):
        body = {
            "lists": b"[" * depth + b"]" * depth, "calls": b"f(" * depth + b")" * depth, "minus": b"-" * depth + b"1",
            "sum": b"'a'+" * depth + b"'a'", "attributes": b"a" + b".a" * depth, "calls behind": b"a" + b"()" * depth,
            "power": b"1**" * depth + b"1", "lambda": b"lambda:" * depth + b"1", "not": b"not " * depth + b"1",
            "if": b"1 if 1 else " * depth + b"1", "compare": b"1<" * depth + b"1", "dicts": b"{1:" * depth + b"1" + b"}" * depth,
            "f-strings": b"f'{1}' " * depth, "concatenated": b"'a' " * depth, "subscripts": b"a" + b"[0]" * depth, "walrus": b"(x:=" * depth + b"1" + b")" * depth,
        }  # fmt: skip
        for kind, text in body.items():
            yield (
                f"{kind} {depth} deep",
                head + b"x = " + text + b"\nsetup(name='demo', version='1.0', install_requires=x)\n",
            )
        yield (
            f"{depth} blocks deep",
            b"".join(b" " * at + b"if 1:\n" for at in range(min(depth, 3000))) + b" " * 3000 + b"pass\n" + SETUP,
        )
        yield f"{depth} elifs", b"if 1: pass\n" + b"elif 1: pass\n" * depth + SETUP
    yield (
        "a sum of lists",
        head
        + b"x = ['a']\n"
        + b"".join(b"x%d = x%d + x%d\n" % (at + 1, at, at) for at in range(1, 60)).replace(b"x1 +", b"x +")
        + SETUP,
    )
    yield (
        "doubling lists",
        head
        + b"x0 = ['a', 'b']\n"
        + b"".join(b"x%d = [x%d, x%d]\n" % (at + 1, at, at) for at in range(60))
        + b"setup(name='demo', version='1.0', install_requires=x60)\n",
    )
    yield (
        "doubling dicts",
        head
        + b"x0 = {'a': 1}\n"
        + b"".join(b"x%d = {'a': x%d, 'b': x%d}\n" % (at + 1, at, at) for at in range(60))
        + b"setup(name='demo', version='1.0', extras_require=x60)\n",
    )
    yield "large numbers", head + b"x = " + b"9" * 100_000 + b"\n" + SETUP
    yield "power", head + b"x = 9**9**9**9\n" + SETUP
    yield "multiplied", head + b"x = ['a'] * 10**10\nsetup(name='demo', version='1.0', install_requires=x)\n"
    yield "bytes", head + b"setup(name=b'demo', version=b'1.0', install_requires=b'six')\n"
    yield (
        "bytes in lists",
        head + b"setup(name='demo', version='1.0', install_requires=[b'six'], setup_requires=[b'x', 5, None, ...])\n",
    )
    for value in (
        "None",
        "5",
        "5.5",
        "1j",
        "...",
        "True",
        "b''",
        "{1: 2}",
        "{'a': 5}",
        "{'a': None}",
        "{None: ['x']}",
        "{'': [5]}",
        "{'a:b:c': ['x']}",
        "{'a; b': ['x']}",
        "[5]",
        "['-r x']",
        "['x; y']",
        "['x @ file:///etc']",
        "''",
        "'\\x00'",
        "'\\ud800'",
        "['\\ud800']",
        "('a',)",
        "{'a', 'b'}",
        "{**x}",
        "[*x]",
        "f'{x}'",
        "'a\\nb'",
        "['a\\nb']",
    ):
        for name in (
            "install_requires",
            "extras_require",
            "python_requires",
            "setup_requires",
            "name",
            "version",
            "cmdclass",
            "packages",
        ):
            yield (
                f"{name}={value}",
                head
                + "setup(name='demo', version='1.0', **{})\n".replace("**{}", f"{name}={value}")
                .replace("name='demo', ", "" if name == "name" else "name='demo', ")
                .replace("version='1.0', ", "" if name == "version" else "version='1.0', ")
                .encode(),
            )
            yield f"{name}={value} without PKG-INFO", head + f"setup({name}={value})\n".encode()
    yield "setup twice", SETUP + SETUP
    yield "10,000 calls of setup", head + b"setup(setup_requires=['x'])\n" * 10_000
    yield "names assigned 50,000 times", head + b"x = ['a']\n" * 50_000 + SETUP
    yield (
        "a list of 100,000",
        head + b"setup(name='demo', version='1.0', install_requires=[" + b"'six'," * 100_000 + b"])\n",
    )
    yield "1 MB of zeros in a list", head + b"x = [" + b"0," * 500_000 + b"]\n" + SETUP
    yield "2 MB of zeros in a list", head + b"x = [" + b"0," * 1_000_000 + b"]\n" + SETUP
    yield "1 MB of brackets", head + b"x = [" + b"[]," * 340_000 + b"]\n" + SETUP
    yield "1 MB of statements", b"a\n" * 500_000 + SETUP
    yield "1 MB of names", head + b"x = " + b"a;" * 500_000 + b"\n" + SETUP
    yield "15 MB", b"x = 1\n" * (15 << 20 >> 3) + SETUP
    yield "15 MB of comments", b"# x\n" * (15 << 18) + SETUP
    yield "15 MB of text", b"x = '" + b"x" * (15 << 20) + b"'\n" + SETUP
    yield "20 MB", b"#\n" * (10 << 20) + SETUP
    yield (
        "find_namespace_packages",
        b"from setuptools import *\nsetup(packages=find_namespace_packages(5, None, [5], where={}, exclude=5, include='*'))\n",
    )
    yield "line continuation", b"x = \\\n" * 50_000 + b"1\n"
    yield "form feeds and tabs", b"\x0c\tx = 1\n" + SETUP
    yield "a line of 1 MB", b"x = '" + b"x" * (1 << 20) + b"'\n" + SETUP
    yield "invalid escapes", b"x = '\\d\\N{x}'\n" + SETUP
    yield "setup.py of Ctrl-Z", SETUP + b"\x1a"


def _cfgs() -> Iterator[tuple[str, bytes]]:
    yield "empty", b"\n"
    yield "no section", b"x = 1\n"
    yield "not UTF-8", b"[metadata]\nname = \xff\n"
    yield "BOM", b"\xef\xbb\xbf[metadata]\nname = x\n"
    yield "UTF-16", "[metadata]\nname = x\n".encode("utf-16")
    yield "duplicate sections", b"[a]\n[a]\n"
    yield "duplicate options", b"[a]\nx=1\nx=2\n"
    yield "interpolation", b"[options]\ninstall_requires = %(x)s\nsetup_requires = %%(y)s %(setup_requires)s\n"
    yield "no value", b"[options]\ninstall_requires\nsetup_requires\npackages\n"
    yield "DEFAULT", b"[DEFAULT]\ninstall_requires = x\n[options]\npackages = find_namespace:\n"
    yield "odd section", b"[]\n[ ]\n[]]\n[[x]]\n[\xc3\xa9]\n"
    yield "continuation", b"[options]\n  install_requires = x\n y = 1\n"
    yield "NUL", b"[options]\ninstall_requires = \0\n"
    for name in ("install_requires", "setup_requires", "python_requires", "packages"):
        for value in (
            "file: x",
            "attr: x",
            "x; y; z",
            "\n  x\n  # y\n  -r z\n",
            "5",
            "x @ file:///etc",
            "%(x)s",
            "é\x85\u2028x",
            "find_namespace:",
            "x" * 100_000,
            "\n " + "x\n " * 50_000,
        ):
            yield f"{name} = {value[:20]!r}", f"[options]\n{name} = {value}\n".encode()
    yield "extras", b"[options.extras_require]\n: = x\n:y = z\na:b = c; d == 1\n = e\n"
    yield "extras twice", b"[options.extras_require]\na = x\n[options.extras-require]\na = y\n"
    yield (
        "find",
        b"[options]\npackages = find_namespace:\n[options.packages.find]\nwhere =\ninclude = [\nexclude = [!\n",
    )
    yield "metadata", b"[metadata]\nname = attr: x\nversion = file: /etc/passwd\n"
    yield "200,000 sections", b"".join(b"[s%d]\nx=1\n" % at for at in range(200_000))
    yield "15 MB of comments", b"# x\n" * (15 << 18)
    yield "15 MB of one option", b"[options]\ninstall_requires =\n" + b"  x\n" * (15 << 18)
    yield "a line of 15 MB", b"[options]\ninstall_requires = " + b"x " * (15 << 19)
    yield "blanks in a line", b"[options]\nx" + b" " * 200_000 + b"y\n"
    yield "egg_info", b"[egg_info]\ntag_build = x\ntag-date = 1\n"


def _pkg_infos() -> Iterator[tuple[str, bytes]]:
    head = b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n"
    yield "empty", b"\n"
    yield "no name", b"Metadata-Version: 2.1\nVersion: 1.0\n"
    yield "no version", b"Metadata-Version: 2.1\nName: demo\n"
    yield "empty name", b"Metadata-Version: 2.1\nName:\nVersion: 1.0\n"
    yield "two names", head + b"Name: other\n"
    yield "two versions", head + b"Version: 2.0\n"
    for name in (
        "../x",
        "/x",
        "-x",
        "x y",
        "é",
        "x" * 100_000,
        "a\\b",
        "C:x",
        "x\0y",
        ".",
        "..",
        "CON",
        "a--b",
        "_",
        "x\x1b[31m",
        "X" * 300,
    ):
        yield f"name {name[:20]!r} {len(name)}", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode()
    for version in (
        "1.0/../x",
        "1.0-",
        "v1.0",
        "1.0.dev",
        "1!1.0",
        "1.0+x/y",
        "x",
        "9" * 5000,
        "1" + ".1" * 50_000,
        "1.0 ",
        "1.0\x00",
        "1.0+" + "a" * 100_000,
        "\u0661.0",
        "1.0-1",
        "1_0",
        "1e400",
        "1.0+a..b",
        "0" * 4000 + "1",
    ):
        yield (
            f"version {version[:20]!r} {len(version)}",
            f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n".encode(),
        )
    for version in (
        "",
        "x",
        "2",
        "2.",
        ".2",
        "99.99",
        "9" * 5000 + ".1",
        "2." + "9" * 5000,
        "-1.0",
        "2.2.2",
        "\u0662.\u0662",
    ):
        yield f"metadata version {version[:20]!r}", f"Metadata-Version: {version}\nName: demo\nVersion: 1.0\n".encode()
    for field in (
        "Requires-Dist",
        "Requires-Python",
        "Provides-Extra",
        "Dynamic",
        "Description",
        "Summary",
        "Platform",
    ):
        for value in (
            "",
            "x; y",
            "-r x",
            "x @ file:///etc",
            "x" * 100_000,
            "x[" * 5000,
            "x; " + "(" * 5000,
            "x>=",
            "é",
            "\x85",
            "x" + ">=1," * 20_000 + ">=1",
            "Requires-Dist",
            "name",
            "x\n y\n\tz",
        ):
            yield f"{field}: {value[:20]!r} {len(value)}", head + f"{field}: {value}\n".encode()
    yield "no colon", b"hello\nworld\n" + head
    yield "continuation first", b"  x\n" + head
    yield "blank line first", b"\n" + head
    yield "CR", head.replace(b"\n", b"\r")
    yield "CRLF", head.replace(b"\n", b"\r\n") + b"\r\nbody\r\n"
    yield "no newline at the end", head.rstrip()
    yield "latin-1", head + b"Author: \xe9\n"
    yield "latin-1 name", b"Metadata-Version: 2.1\nName: d\xe9mo\nVersion: 1.0\n"
    yield "UTF-16", head.decode().encode("utf-16")
    yield "BOM", b"\xef\xbb\xbf" + head
    yield "NUL", head + b"\0" * 1000
    yield "form feed", head + b"Author: a\x0cName: x\x1cVersion: y\xe2\x80\xa8Name: z\n"
    yield (
        "MIME",
        head
        + b"Content-Type: multipart/mixed; boundary=x\n\n"
        + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 20_000,
    )
    yield "MIME parameters", head + b"Description-Content-Type: text/x; " + b"a=b; " * 200_000 + b"\n"
    yield "encoded words", b"Name: =?utf-8?q?demo?=\nVersion: 1.0\n"
    yield "100,000 fields", head + b"Classifier: x\n" * 100_000
    yield "100,000 requirements", head + b"Requires-Dist: x\n" * 100_000
    yield "100,000 continuation lines", head + b"Description: x\n" + b" y\n" * 100_000
    yield "5 million continuation lines", head + b"Description: x\n" + b" y\n" * 5_000_000
    yield "100,000 extras", head + b"".join(b"Provides-Extra: x%d\n" % at for at in range(100_000))
    yield "15 MB of body", head + b"\n" + b"x" * (15 << 20)
    yield "15 MB of newlines", head + b"\n" * (15 << 20)
    yield "15 MB of one field", head + b"Description: " + b"x" * (15 << 20) + b"\n"


def _requires_txts() -> Iterator[tuple[str, bytes]]:
    for text in (
        b"",
        b"[",
        b"]",
        b"[]",
        b"[:]",
        b"[a:b]\nx\n",
        b"-r x\n",
        b"\xff\n",
        b"x; y\n",
        b"[a\nx\n",
        b"six\n[x" * 10_000,
        b"six\n" * 200_000,
        b"[a]\n" * 100_000,
        b"x" * 1_000_000,
    ):
        yield f"{text[:12]!r} {len(text)}", text


def bombs() -> Iterator[Crafted]:
    """Those that take seconds to make, and would take gigabytes to unpack."""
    base = {f"{TOP}/{name}": content for name, content in BASE.items()}
    yield Crafted("tar: zeros to 5 GB", "demo-1.0.tar.gz", _zeros())
    yield Crafted(
        "tar: a member of 1 GB",
        "demo-1.0.tar.gz",
        gzip.compress(tar(files(BASE))[: 4 * 512], 1) + _zero_member(1 << 30),
    )
    yield Crafted(
        "tar: 300,000 members",
        "demo-1.0.tar.gz",
        gzip.compress(tar(files(BASE))[: 4 * 512] + ustar(b"demo-1.0/x") * 300_000 + END, 1),
    )
    yield Crafted("zip: a link of 300 MB", "demo-1.0.zip", _linked(base, bytes(300 << 20)))
    yield Crafted("zip: 500 MB of zeros", "demo-1.0.zip", zipped({**base, f"{TOP}/x": bytes(1 << 29)}))
    yield Crafted("zip: it lies", "demo-1.0.zip", _lying())
    yield Crafted("zip: it overlaps", "demo-1.0.zip", _overlapping())
    yield Crafted("PKG-INFO: 100 MB", "demo-1.0.tar.gz", sdist({"PKG-INFO": PKG_INFO + b"x" * (100 << 20)}))


def everything() -> Iterator[Crafted]:
    """All of them."""
    for name, content in _tars():
        yield Crafted(f"tar: {name}", "demo-1.0.tar.gz", content)
    for name, content in _zips():
        yield Crafted(f"zip: {name}", "demo-1.0.zip", content)
    for file, source in (
        ("pyproject.toml", _pyprojects()),
        ("setup.cfg", _cfgs()),
        ("setup.py", _setups()),
        ("PKG-INFO", _pkg_infos()),
        ("demo.egg-info/requires.txt", _requires_txts()),
    ):
        for name, content in source:
            yield Crafted(f"{file}: {name}", "demo-1.0.tar.gz", sdist({file: content}))
            if file == "pyproject.toml" and "deep" not in name:
                without = {**BASE, file: content}
                del without["setup.py"]
                yield Crafted(f"{file} alone: {name}", "demo-1.0.tar.gz", gzip.compress(tar(files(without)), 1))
    without_info = {"setup.py": SETUP}
    for filename in (
        "demo-1.0.tar.gz",
        "x.tar.gz",
        "demo-.tar.gz",
        "-1.0.tar.gz",
        "demo-1.0-2.tar.gz",
        "demo-" + "9" * 200 + ".tar.gz",
        "d\u00e9mo-1.0.tar.gz",
        "demo-1.0+x.tar.gz",
        "demo-1!1.tar.gz",
    ):
        yield Crafted(f"named {filename[:20]}", filename, gzip.compress(tar(files(without_info))))
