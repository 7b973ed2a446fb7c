"""Sdists made by hand, wrapped archives looked into, and an index on this machine."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from augbackend.cli.edit import backend_copy
from augbackend.cli.main import group

from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETUP_PY = "from setuptools import setup\nsetup(name='demo', version='1.0', install_requires=['six'])\n"
SETUP_CALL = "from setuptools import setup\nsetup(name='demo', version='1.0', {})\n"
PKG_INFO = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: a demo\n\nIts description.\n"
MTIME = 1_600_000_000
BLOCK = 512


@dataclass(frozen=True)
class Entry:
    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    mtime: int = MTIME
    pax: Mapping[str, str] = field(default_factory=dict)


def symlink(name: str, target: str) -> Entry:
    return Entry(name, kind=tarfile.SYMTYPE, link=target)


def hardlink(name: str, target: str) -> Entry:
    return Entry(name, kind=tarfile.LNKTYPE, link=target)


def tarred(
    entries: Sequence[Entry], *, kind: int = tarfile.PAX_FORMAT, everywhere: dict[str, str] | None = None
) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=kind, pax_headers=everywhere) as tar:
        for entry in entries:
            member = tarfile.TarInfo(entry.name)
            member.type, member.linkname, member.mode, member.mtime = entry.kind, entry.link, entry.mode, entry.mtime
            member.size = len(entry.content)
            member.pax_headers = dict(entry.pax)
            tar.addfile(member, io.BytesIO(entry.content))
    return stream.getvalue()


def entries(files: Mapping[str, str | bytes], top: str = "demo-1.0") -> list[Entry]:
    return [Entry(f"{top}/{name}", text if isinstance(text, bytes) else text.encode()) for name, text in files.items()]


def sdist(
    folder: Path, files: Mapping[str, str | bytes] | None = None, *, name: str = "demo", version: str = "1.0"
) -> Path:
    """Write ``<name>-<version>.tar.gz``: ``files`` on top of a setup.py and a PKG-INFO that fit; ``b""`` drops one."""
    pkg_info = PKG_INFO.replace("demo\n", f"{name}\n", 1).replace("Version: 1.0", f"Version: {version}")
    content: dict[str, str | bytes] = {"PKG-INFO": pkg_info, "setup.py": SETUP_PY, **(files or {})}
    stem = f"{name.replace('-', '_')}-{version}"
    kept = {name: text for name, text in content.items() if text != b""}
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{stem}.tar.gz"
    archive.write_bytes(gzip.compress(tarred(entries(kept, stem)), mtime=0))
    return archive


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpacked(archive: Path) -> dict[str, bytes]:
    """Name below the top folder → content; a name that is there twice is a mistake."""
    found: dict[str, bytes] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() else None
            name = member.name.partition("/")[2]
            assert name not in found
            if stream is not None:
                found[name] = stream.read()
    return found


def extracted(archive: Path, folder: Path) -> Path:
    """Unpack an archive as pip does: by the ``data`` filter, where this Python has one (Debian's 3.11.2 has not)."""
    with tarfile.open(archive) as tar:
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(folder)  # noqa: S202  # made by the test
    return folder


def upstreams(archive: Path) -> dict[str, bytes]:
    """The files of a wrapped archive that are not the backend's."""
    return {name: text for name, text in unpacked(archive).items() if "/augbackend/" not in f"/{name}"}


def text_of(archive: Path, name: str = "pyproject.toml") -> str:
    return unpacked(archive)[name].decode()


def table_of(archive: Path) -> dict[str, Any]:
    return tomllib.loads(text_of(archive))


def own_table(archive: Path) -> dict[str, Any]:
    """``[tool.augbackend]`` of a wrapped archive."""
    found: dict[str, Any] = table_of(archive)["tool"]["augbackend"]
    return found


def wrap(*arguments: str | Path) -> Result:
    """Run the command; what is not foreseen is raised."""
    return CliRunner().invoke(group, ["wrap", *map(str, arguments)], catch_exceptions=False)


def copy_of(archive: Path) -> dict[str, bytes]:
    """The files of the backend that a wrapped archive has to have, by their names."""
    has_readers = any(name.endswith("augbackend/standards/setup_files.py") for name in unpacked(archive))
    return backend_copy.backend_files(table_of(archive), "augbackend wrap", has_readers=has_readers)


def wrapped(*arguments: str | Path) -> Result:
    """Run the command, which has to succeed."""
    result = wrap(*arguments)
    assert result.exit_code == 0, result.output
    return result


def report(*arguments: str | Path) -> dict[str, Any]:
    """The JSON that a run prints."""
    found: dict[str, Any] = json.loads(wrapped(*arguments, "--json").stdout)
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@dataclass
class Index:
    """An index on this machine: files by path, and what was asked for; paths with a status or a kind of their own."""

    url: str
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def publish(self, archive: Path, *, digest: str | None = None, name: str = "demo") -> str:
        """Put an sdist on its project's page, with a sha256 in its link; returns its URL."""
        digest = sha256(archive) if digest is None else digest
        self.pages[f"/files/{archive.name}"] = archive.read_bytes()
        fragment = f"#sha256={digest}" if digest else ""
        link = f'<a href="/files/{archive.name}{fragment}">{archive.name}</a>\n'
        page = f"/simple/{name}/"
        self.pages[page] = self.pages.get(page, b"<!DOCTYPE html><html><body>\n") + link.encode()
        return f"{self.url}/files/{archive.name}"

    @property
    def simple(self) -> str:
        return f"{self.url}/simple/"


@contextmanager
def serving() -> Iterator[Index]:
    found = Index("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            body = found.pages.get(self.path)
            self.send_response(found.statuses.get(self.path, 404 if body is None else 200))
            kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
            self.send_header("Content-Type", found.kinds.get(self.path, kind))
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body or b"")

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
