"""A password in a repository's URL: git gets it, and nobody reads it on a command line or in a file."""

from __future__ import annotations

import base64
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from unearth import Link

from augbackend.cli.fetch import checkout, git_credentials, git_tree
from augbackend.cli.main import group
from augbackend.errors import AugbackendError

from ..conftest import write
from .runner import CliRunner

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("alone")]


class _Refusing(BaseHTTPRequestHandler):
    """A server that wants to know who asks, and has nothing."""

    def do_GET(self) -> None:
        said = self.headers.get("Authorization", "")
        self.server.heard.append(said)  # type: ignore[attr-defined]
        self.send_response(404 if said else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Refusing) as one:
        one.heard = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command lines of git, and what the user's own helpers are told."""
    log = tmp_path / "commands"
    log.touch()
    real = shutil.which("git")
    write(tmp_path, {"bin/git": f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n'})
    (tmp_path / "bin/git").chmod(0o755)
    helper = f"!f() {{ echo helper $1 >> {log}; cat >> {log}; }}; f"
    write(tmp_path, {"home/.gitconfig": f'[credential]\nhelper = "{helper}"\n'})
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return log


@pytest.mark.skipif(os.name == "nt", reason="the program that listens is a shell's")
@pytest.mark.parametrize("way", ["wrap", "verify"])
@pytest.mark.parametrize("signing", ["me:secret", "me:se%2Fcret%0Aurl=x", "secret", "secret:"])
def test_git_signs_in_and_nobody_reads_how(
    tmp_path: Path, server: HTTPServer, commands: Path, way: str, signing: str
) -> None:
    url = f"git+http://{signing}@127.0.0.1:{server.server_port}/x@{'1' * 40}"
    if way == "wrap":
        done = CliRunner().invoke(group, ["wrap", url, "-o", str(tmp_path / "out")])
        assert (done.exit_code, "cannot be fetched" in done.output) == (2, True)
        assert "cret" not in done.output
    else:
        with pytest.raises(AugbackendError, match="cannot be fetched") as caught, git_tree.tree_at(url):
            pass
        assert "cret" not in str(caught.value)
    user, _, password = {"me:se%2Fcret%0Aurl=x": "me:se/creturl=x"}.get(signing, signing).partition(":")
    expected = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
    assert expected in server.heard  # type: ignore[attr-defined]
    assert "fetch" in commands.read_text() or "clone" in commands.read_text()
    assert "cret" not in commands.read_text()


def test_urls_that_have_none() -> None:
    for url in ("https://host/x", "ssh://git@host/x", "file:///x", "https://host/x@y"):
        assert git_credentials.access(url) == git_credentials.Access(url)


def test_a_password_for_another_program(tmp_path: Path) -> None:
    with pytest.raises(AugbackendError, match="on a command line of svn") as caught:
        checkout.checked_out(Link("svn+https://me:secret@127.0.0.1:1/x"), tmp_path / "x")
    assert "secret" not in str(caught.value)
