"""`augbackend serve`: which requests are answered, in which form, and that nothing else of this machine is."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from augbackend.cli.main import group
from augbackend.cli.model.published_file import PublishedFile
from augbackend.cli.site import negotiation, pages, served_path, site_project, writing
from augbackend.cli.site.server import SiteServer
from augbackend.cli.site.site_project import SiteProject
from augbackend.errors import AugbackendError

from .archives import sha256
from .runner import CliRunner

V1_JSON, V1_HTML = "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"
OF_PIP = f"{V1_JSON}, {V1_HTML}; q=0.1, text/html; q=0.01"
OF_UV = f"{V1_JSON}, {V1_HTML};q=0.2, text/html;q=0.01"
OF_A_BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

ANYWHERE = "0.0.0.0"  # noqa: S104  # what it warns of


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An index of one project, My.Demo, beside a file that nobody should see."""
    (tmp_path / "secret").write_text("secret")
    made = tmp_path / "my_demo-1.0+aug.tar.gz"
    made.write_bytes(b"archive")
    digest = sha256(made)
    one = PublishedFile(made.name, site_project.address(made.name, digest), {"sha256": digest}, size=7, kind="wrapped")
    site = tmp_path / "site"
    with writing.locked(site), writing.staged(site, {}, check=False) as staging:
        made = made.rename(staging / made.name)
        writing.publish(site, SiteProject("my-demo", (one,)), {made.name: made})
        writing.list_projects(site)
    return site


@pytest.fixture
def server(out: Path) -> Iterator[SiteServer]:
    with SiteServer(out, "127.0.0.1", 0) as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def asked(server: SiteServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


@pytest.mark.parametrize(
    ("accept", "name", "kind"),
    [
        (OF_PIP, pages.JSON, V1_JSON),
        (OF_UV, pages.JSON, V1_JSON),
        (OF_A_BROWSER, pages.HTML, "text/html"),
        ("", pages.HTML, "text/html"),
        ("*/*", pages.HTML, "text/html"),
        (V1_HTML, pages.HTML, V1_HTML),
        (f"{V1_JSON};q=0.2, {V1_HTML}", pages.HTML, V1_HTML),
        (f"{V1_JSON};q=0, text/html;q=0.1", pages.HTML, "text/html"),
        (f"{V1_JSON};q=x", pages.HTML, "text/html"),
        ("application/vnd.pypi.simple.latest+json", pages.JSON, V1_JSON),
    ],
)
def test_the_form_that_a_client_reads(accept: str, name: str, kind: str) -> None:
    assert negotiation.chosen(accept) == (name, kind)


def test_pages_and_files(server: SiteServer) -> None:
    status, headers, body = asked(server, "/my-demo/", Accept=OF_PIP)
    assert (status, headers["Content-Type"], headers["Vary"]) == (200, V1_JSON, "Accept")
    (one,) = json.loads(body)["files"]
    assert asked(server, f"/my-demo/{one['url']}")[2] == b"archive"
    assert asked(server, f"/my-demo/{one['url'].replace('%2B', '+')}")[2] == b"archive"
    status, headers, body = asked(server, f"/my-demo/{one['url']}", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "7", b"")
    assert b"<a href" in asked(server, "/my-demo/")[2]
    assert json.loads(asked(server, "/", Accept=V1_JSON)[2])["projects"] == [{"name": "my-demo"}]
    assert asked(server, "/my-demo/", "HEAD")[2] == b""
    tag = asked(server, "/my-demo/")[1]["ETag"]
    assert asked(server, "/my-demo/", If_None_Match=tag)[0] == 304


@pytest.mark.parametrize(
    ("path", "location"),
    [("/my-demo", "my-demo/"), ("/My.Demo/", "../my-demo/"), ("/my_demo", "my-demo/")],
)
def test_the_same_project_by_another_spelling(server: SiteServer, path: str, location: str) -> None:
    status, headers, _ = asked(server, path)
    assert (status, headers["Location"]) == (301, location)


@pytest.mark.parametrize("path", ["/requests/", "/requests", "/Requests/", "/pip/", "/my-demo-2/"])
def test_a_name_that_is_not_in_the_index_is_nowhere_else(server: SiteServer, path: str) -> None:
    status, headers, body = asked(server, path, Accept=OF_PIP)
    assert (status, body) == (404, b"")
    assert "Location" not in headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_only_reads(server: SiteServer, out: Path, method: str) -> None:
    before = sorted(map(str, out.rglob("*")))
    assert asked(server, "/my-demo/", method)[0] == 501
    assert sorted(map(str, out.rglob("*"))) == before


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/my-demo/../../secret",
        "/my-demo/..%2f..%2fsecret",
        "/my-demo/0123456789abcdef/..%2f..%2f..%2fsecret",
        "//etc/passwd",
        "/.lock",
        "/my-demo/.lock",
        "/my-demo/0123456789abcdef/",
        "/my-demo/link/secret",
        "/my-demo/fedcba9876543210/secret",
        "/linked/",
        "/my-demo/%00",
        "/my-demo%2f",
        "/my-demo%2findex.html",
        "/my-demo/index.html/",
        "/" + "x" * 5000 + "/",
        "no-slash",
    ],
)
def test_nothing_outside_of_the_folder(server: SiteServer, out: Path, path: str) -> None:
    (out / "my-demo" / "fedcba9876543210").mkdir()
    (out / "my-demo" / "fedcba9876543210" / "secret").symlink_to(out.parent / "secret")
    (out / "my-demo" / "link").symlink_to(out.parent)
    (out.parent / "elsewhere").mkdir()
    (out.parent / "elsewhere" / "index.html").write_text("secret")
    (out / "linked").symlink_to(out.parent / "elsewhere")
    status, _, body = asked(server, path)
    assert status == 404
    assert b"secret" not in body


def test_a_circle_of_links_is_nothing(out: Path) -> None:
    (out / "round").mkdir()
    (out / "round" / "index.html").symlink_to("index.html")
    assert served_path.found(out, "/round/") == served_path.NOTHING


def test_a_port_that_is_taken(server: SiteServer, out: Path) -> None:
    with pytest.raises(AugbackendError, match="it cannot be served there"):
        SiteServer(out, "127.0.0.1", server.server_port)


def test_what_is_no_index_is_not_served(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["serve", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 2
    assert "there is no index in it" in result.stderr
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(group, ["serve", str(tmp_path)], catch_exceptions=False)
    assert "something else than an index of ours" in result.stderr


def test_it_says_where_it_is_and_warns_where_others_reach_it(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SiteServer, "serve_forever", lambda _: None)
    result = CliRunner().invoke(group, ["serve", str(out), "--port", "0"], catch_exceptions=False)
    assert "1 project at http://127.0.0.1:" in result.stdout
    assert result.stderr == ""
    result = CliRunner().invoke(group, ["serve", str(out), "--port", "0", "--host", ANYWHERE], catch_exceptions=False)
    assert f"whoever reaches this machine can read {os.fspath(out)}" in result.stderr
