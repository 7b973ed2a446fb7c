"""Wheels as other tools write them, or nobody does; and a look into a zip that trusts no library."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

INFO = "demo-1.0.dist-info"
NAME = "demo-1.0-py3-none-any.whl"
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: six\n\nIt is a demo.\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def digest(content: bytes, kind: str = "sha256") -> str:
    return f"{kind}=" + base64.urlsafe_b64encode(hashlib.new(kind, content).digest()).rstrip(b"=").decode()


def record(files: Mapping[str, bytes], info: str = INFO, kind: str = "sha256") -> bytes:
    rows = [
        f'"{name}",{digest(text, kind)},{len(text)}\n' if "," in name else f"{name},{digest(text, kind)},{len(text)}\n"
        for name, text in files.items()
        if not name.endswith("/")
    ]
    return "".join([*rows, f"{info}/RECORD,,\n"]).encode()


def files(info: str = INFO, metadata: bytes = METADATA) -> dict[str, bytes]:
    """The files of a small wheel, all but its RECORD."""
    return {
        "demo/__init__.py": b"x = 1\n" * 99,
        "demo/data.bin": bytes(range(256)),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": WHEEL,
    }


def zipped(  # noqa: PLR0913  # what may be odd
    content: Mapping[str, bytes],
    method: int = ZIP_DEFLATED,
    *,
    comment: bytes = b"",
    extra: bytes = b"",
    streamed: bool = False,
    zip64: bool = False,
) -> bytes:
    stream = io.BytesIO()
    target: Any = _Unseekable(stream) if streamed else stream
    with warnings.catch_warnings(), ZipFile(target, "w", method) as archive:
        warnings.simplefilter("ignore")
        archive.comment = comment
        for at, (name, text) in enumerate(content.items()):
            entry = ZipInfo(name, (2020, 2, 2, 2, 2, 2 * (at % 30)))
            entry.external_attr, entry.compress_type, entry.extra = 0o100755 << 16, method, extra
            if name.endswith("/"):
                entry.external_attr, entry.compress_type = 0o40755 << 16 | 0x10, ZIP_STORED
            entry.comment = b"of a member" if at == 1 else b""
            with archive.open(entry, "w", force_zip64=zip64) as member:
                member.write(text)
    return stream.getvalue()


class _Unseekable:
    """What a pipe is: zipfile writes data descriptors then."""

    def __init__(self, stream: io.BytesIO) -> None:
        self.write, self.flush = stream.write, stream.flush


def whole(
    content: Mapping[str, bytes] | None = None, text: bytes | None = None, info: str = INFO, **options: Any
) -> bytes:
    """A wheel with its RECORD, or with another one."""
    content = files(info) if content is None else content
    return zipped({**content, f"{info}/RECORD": record(content, info) if text is None else text}, **options)


def cp437(data: bytes, old: bytes, new: bytes) -> bytes:
    """The same zip with another name of the same length, which has no UTF-8 flag."""
    assert len(old) == len(new)
    return data.replace(old, new)


def odd() -> Iterator[tuple[str, str, bytes]]:
    """What it is, the name of the file, its bytes. Readers can read all of them."""
    base = files()
    yield "plain", NAME, whole()
    for method, word in ((ZIP_STORED, "stored"), (ZIP_BZIP2, "bzip2"), (ZIP_LZMA, "lzma")):
        yield word, NAME, whole(method=method)
    yield "RECORD without a newline at its end", NAME, whole(text=record(base).rstrip())
    yield "RECORD with CRLF", NAME, whole(text=record(base).replace(b"\n", b"\r\n"))
    yield "RECORD with CRLF, without one at its end", NAME, whole(text=record(base).replace(b"\n", b"\r\n").rstrip())
    yield "RECORD in front of all", NAME, zipped({f"{INFO}/RECORD": record(base), **base})
    yield (
        "RECORD with its own line first",
        NAME,
        whole(text=f"{INFO}/RECORD,,\n".encode() + record(base).replace(f"{INFO}/RECORD,,\n".encode(), b"")),
    )
    yield (
        "RECORD with quotes",
        NAME,
        whole(
            text="".join(f'"{name}","{digest(text)}","{len(text)}"\n' for name, text in base.items()).encode()
            + f'"{INFO}/RECORD","",""\n'.encode()
        ),
    )
    yield "RECORD of sha384", NAME, whole(text=record(base, kind="sha384"))
    yield "RECORD with empty lines", NAME, whole(text=record(base).replace(b"\n", b"\n\n"))
    signed = {**base, f"{INFO}/RECORD.jws": b"{}", f"{INFO}/RECORD.p7s": b"x"}
    yield "signatures", NAME, zipped({**signed, f"{INFO}/RECORD": record(base)})
    for name in ('a"b.txt', "a,b.txt", "a b.txt", "caf\u00e9.txt", "a\u2028b.txt", "a\x0bb.txt", "-a.txt", "a\x85b"):
        quoted = {f"demo/{name}": b"odd", **base}
        rows = "".join(
            f'"{one.replace(chr(34), chr(34) * 2)}",{digest(text)},{len(text)}\n' for one, text in quoted.items()
        )
        yield f"the name {name!r}", NAME, whole(quoted, f"{rows}{INFO}/RECORD,,\n".encode())
    named = cp437(whole({"demo/cafe.txt": b"", **base}), b"demo/cafe.txt", b"demo/caf\x82.txt")
    yield "a name in another encoding", NAME, named
    yield "many names in other encodings", NAME, cp437(named, b"demo/data.bin", b"demo/d\xe1t\xe1.b\xfen")
    yield "a comment", NAME, whole(comment=b"made by hand \xff\x00")
    folders = {
        "demo/": b"",
        **base,
        f"{INFO}/": b"",
        f"{INFO}/licenses/": b"",
        f"{INFO}/licenses/LICENSE": b"mine",
        "demo-1.0.data/": b"",
        "demo-1.0.data/scripts/x": b"#!python\n",
    }
    yield "folders", NAME, whole(folders)
    yield "data in front", NAME, b"#!/bin/sh\nexit 0\n" + whole()
    yield "data descriptors", NAME, whole(streamed=True)
    yield "zip64", NAME, whole(zip64=True)
    yield "extra fields", NAME, whole(extra=struct.pack("<HHBI", 0x5455, 5, 1, 1_600_000_000))
    yield "a build tag", "demo-1.0-1-py3-none-any.whl", whole()
    yield (
        "a local version",
        "demo-1.0+cu12-py3-none-any.whl",
        whole(
            files("demo-1.0+cu12.dist-info", METADATA.replace(b"1.0\n", b"1.0+cu12\n")), info="demo-1.0+cu12.dist-info"
        ),
    )
    yield (
        "a name in capitals",
        "Demo-1.0-py3-none-any.whl",
        whole(files("Demo-1.0.dist-info"), info="Demo-1.0.dist-info"),
    )
    yield "a name that is not the folder's", "Demo-1.0-py3-none-any.whl", whole()
    yield "another .dist-info", NAME, whole({"other-2.0.dist-info/METADATA": b"Name: other\n", **base})
    yield "a member twice", NAME, _twice()
    for what, text in {
        "CRLF": METADATA.replace(b"\n", b"\r\n"),
        "no body": METADATA.partition(b"\n\n")[0] + b"\n",
        "no newline at the end": METADATA.partition(b"\n\n")[0],
        "continuation lines": METADATA.replace(b"\nName", b"\nLicense: a\n        b\n\tc\nName"),
        "fields in lower case": METADATA.replace(b"Version: 1.0", b"version: 1.0")
        .replace(b"Name", b"name")
        .replace(b"Metadata-V", b"metadata-v"),
        "fields in capitals": METADATA.replace(b"Version: 1.0", b"VERSION: 1.0"),
        "no blank behind the colon": METADATA.replace(b"Version: 1.0", b"Version:1.0"),
        "blanks round the version": METADATA.replace(b"Version: 1.0", b"Version:  1.0  "),
        "latin-1": METADATA.replace(b"a demo", b"a d\xe9mo"),
        "a version in the body": METADATA + b"Version: 9\n",
        "a BOM": b"\xef\xbb\xbf" + METADATA,
        "a version on a line of its own": METADATA.replace(b"Version: 1.0", b"Version:\n 1.0"),
    }.items():
        yield f"METADATA with {what}", NAME, whole(files(metadata=text))
    yield "METADATA of 20 MB", NAME, whole(files(metadata=METADATA + b"x" * (20 << 20)))


def _twice() -> bytes:
    stream = io.BytesIO(whole())
    with warnings.catch_warnings(), ZipFile(stream, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("demo/__init__.py", "y = 2\n")
    return stream.getvalue()


def raw_members(data: bytes) -> dict[bytes, list[tuple[bytes, bytes]]]:
    """Each member's bytes and its row of the directory without the offset, by the bytes of its name."""
    end = data.rfind(b"PK\x05\x06")
    while (comment := struct.unpack_from("<H", data, end + 20)[0]) + end + 22 != len(data):
        end = data.rfind(b"PK\x05\x06", 0, end)
    count, size, offset = struct.unpack_from("<HII", data, end + 10)
    assert comment <= 65535
    at, prefix, rows = end - size, end - size - offset, []
    for _ in range(count):
        name, extra, note = struct.unpack_from("<HHH", data, at + 28)
        stop = at + 46 + name + extra + note
        place = struct.unpack_from("<I", data, at + 42)[0] + prefix
        rows.append((place, data[at + 46 : at + 46 + name], data[at : at + 42] + data[at + 46 : stop]))
        at = stop
    rows.sort()
    stops = [*(place for place, _, _ in rows[1:]), end - size]
    found: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for (place, name, row), stop in zip(rows, stops):
        assert data[place : place + 4] == b"PK\x03\x04"
        assert data[place + 30 : place + 30 + len(name)] == name  # the directory and the member agree
        found.setdefault(name, []).append((data[place:stop], row))
    return found
