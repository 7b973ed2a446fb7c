"""A server to try the index with: it reads, negotiates, and does nothing else."""

from __future__ import annotations

import hashlib
import shutil
import socket
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from augbackend import __version__
from augbackend.cli.model.cli_error import CliError

from . import negotiation, pages, served_path

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 60  # that a client may say nothing
_FOR_EVER = "public, max-age=31536000, immutable"  # a file's path has its sha256


class SiteServer(ThreadingHTTPServer):
    """Serves one index.

    :param out: its folder.
    :raises AugbackendError: if the address cannot be had.
    """

    daemon_threads = True

    def __init__(self, out: Path, host: str, port: int) -> None:
        self.out = out
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            self.address_family = found[0][0]
            address = found[0][4]
            super().__init__((str(address[0]), int(address[1])), _Reading)
        except (OSError, OverflowError) as error:
            hint = "is it taken? --port 0 takes any that is free"
            raise CliError(
                f"it cannot be served there: {error}", id="cannot-serve-there", where=f"{host}:{port}", hint=hint
            ) from None

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = self.server_address[:2]
        name = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{name}:{port}/"

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone."""


class _Reading(BaseHTTPRequestHandler):
    server: SiteServer
    server_version, sys_version = f"augbackend/{__version__}", ""
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_GET(self) -> None:  # http.server's name
        found = served_path.found(self.server.out, self.path)
        if found.location:
            self._answer(HTTPStatus.MOVED_PERMANENTLY, {"Location": found.location})
            return
        kind = _content_type(found.file)
        if found.file is not None and found.is_page:
            name, kind = negotiation.chosen(", ".join(self.headers.get_all("Accept") or []))
            found = replace(found, file=served_path.found(self.server.out, f"{self._folder()}{name}").file)
        if found.file is None:
            self._answer(HTTPStatus.NOT_FOUND, {})
        elif found.file.name in (pages.HTML, pages.JSON):
            self._send_page(found.file.read_bytes(), kind)
        else:
            self._send_file(found.file, kind)

    do_HEAD = do_GET  # http.server's name

    def _folder(self) -> str:
        return self.path.partition("?")[0].partition("#")[0].rpartition("/")[0] + "/"

    def _send_page(self, content: bytes, kind: str) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"Content-Type": kind, "ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}
        if tag in (self.headers.get("If-None-Match") or ""):
            self._answer(HTTPStatus.NOT_MODIFIED, headers)
            return
        self._answer(HTTPStatus.OK, headers, content)

    def _send_file(self, file: Path, kind: str) -> None:
        with file.open("rb") as stream:
            length = stream.seek(0, 2)
            stream.seek(0)
            self._head(HTTPStatus.OK, {"Content-Type": kind, "Cache-Control": _FOR_EVER}, length)
            if self.command != "HEAD":
                shutil.copyfileobj(stream, self.wfile)

    def _answer(self, status: HTTPStatus, headers: dict[str, str], content: bytes = b"") -> None:
        self._head(status, headers, len(content))
        if self.command != "HEAD":
            self.wfile.write(content)

    def _head(self, status: HTTPStatus, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(length))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server's name
        """Say nothing of what was asked for: a client's words do not belong on the user's terminal."""


def _content_type(file: Path | None) -> str:
    name = file.name if file is not None else ""
    if name == pages.HTML:
        return "text/html; charset=utf-8"
    if name == pages.JSON:
        return "application/vnd.pypi.simple.v1+json"
    return "text/plain; charset=utf-8" if name.endswith(".metadata") else "application/octet-stream"
