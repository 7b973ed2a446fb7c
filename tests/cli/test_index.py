"""`augbackend index`: what is on the pages, what stays, what is left out; from an index on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from augbackend.cli.main import group

from ..builds.conftest import make_wheel
from .archives import Index, content, own_table, sdist, serving, sha256, unpacked, wrap, wrapped
from .runner import CliRunner, Result

pytestmark = pytest.mark.usefixtures("alone")

NEED = ("--require", "wheel")
PROPRIETARY = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nClassifier: License :: Other/Proprietary License\n\n"
MIT = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nLicense: MIT\nRequires-Python: >=3.7\n\n"
UNSAID = MIT.replace("License: MIT\n", "")


@pytest.fixture
def upstream() -> Iterator[Index]:
    with serving() as found:
        yield found


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: Index) -> Path:
    monkeypatch.setenv("PIP_INDEX_URL", upstream.simple)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "site"


def ran(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["index", *map(str, arguments)], catch_exceptions=False)


def made(*arguments: str | Path) -> str:
    result = ran(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def page(out: Path, project: str = "demo") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / project / "index.json").read_text())
    return found


def files(out: Path, project: str = "demo") -> dict[str, dict[str, Any]]:
    return {one["filename"]: one for one in page(out, project)["files"]}


def anchors(file: Path) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(dict(attrs)) if tag == "a" else None  # type: ignore[method-assign]
    parser.feed(file.read_text())
    return found


def as_json(index: Index, entries: list[dict[str, Any]], name: str = "demo") -> None:
    """Let an index answer as PEP 691 says, in a page that says so itself."""
    document = {"meta": {"api-version": "1.1"}, "name": name, "files": entries}
    index.pages[f"/simple/{name}/"] = json.dumps(document).encode()
    index.kinds[f"/simple/{name}/"] = "application/vnd.pypi.simple.v1+json"


def entry(index: Index, archive: Path, **more: Any) -> dict[str, Any]:
    url = f"/files/{archive.name}"
    index.pages[url] = archive.read_bytes()
    size = archive.stat().st_size
    return {"filename": archive.name, "url": url, "hashes": {"sha256": sha256(archive)}, "size": size, **more}


def test_a_page_lists_the_wrapped_sdist_and_upstreams_other_files(out: Path, upstream: Index, tmp_path: Path) -> None:
    first, second = sdist(tmp_path / "in"), sdist(tmp_path / "in", version="2.0")
    as_json(
        upstream,
        [
            entry(upstream, first, **{"upload-time": "2020-01-02T03:04:05Z", "requires-python": ">=3.6"}),
            entry(upstream, second, **{"yanked": "broken", "core-metadata": {"sha256": "0" * 64}}),
        ],
    )
    told = made(out, "demo==1.0", *NEED)
    assert "demo 1.0+aug: written\n  + wheel" in told
    assert "1 file of 1 project, 1 link to upstream" in told
    found = files(out)
    assert list(found) == ["demo-1.0+aug.tar.gz", "demo-2.0.tar.gz"]
    ours = found["demo-1.0+aug.tar.gz"]
    archive = out / "demo" / f"augbackend-{sha256(next(out.rglob('demo-1.0*.gz')))[:16]}" / "demo-1.0+aug.tar.gz"
    assert ours == {
        "filename": "demo-1.0+aug.tar.gz",
        "url": f"augbackend-{sha256(archive)[:16]}/demo-1.0%2Baug.tar.gz",
        "hashes": {"sha256": sha256(archive)},
        "requires-python": ">=3.6",
        "size": archive.stat().st_size,
        "upload-time": "2020-01-02T03:04:05Z",
        "_augbackend": "wrapped",
        "_made-from": sha256(first),
    }
    assert found["demo-2.0.tar.gz"]["url"] == f"{upstream.url}/files/demo-2.0.tar.gz"
    assert found["demo-2.0.tar.gz"]["yanked"] == "broken"
    assert page(out)["versions"] == ["1.0+aug", "2.0"]
    assert page(out)["meta"]["api-version"] == "1.1"
    assert own_table(archive)["extra-build-dependencies"] == ["wheel"]
    html = anchors(out / "demo" / "index.html")
    assert html == [
        {"href": f"{ours['url']}#sha256={sha256(archive)}", "data-requires-python": ">=3.6"},
        {
            "href": f"{upstream.url}/files/demo-2.0.tar.gz#sha256={sha256(second)}",
            "data-yanked": "broken",
            "data-core-metadata": f"sha256={'0' * 64}",
            "data-dist-info-metadata": f"sha256={'0' * 64}",
        },
    ]
    assert anchors(out / "index.html") == [{"href": "demo/"}]
    assert json.loads((out / "index.json").read_text())["projects"] == [{"name": "demo"}]


def test_a_second_run_touches_nothing_and_gives_the_same_bytes_elsewhere(
    out: Path, upstream: Index, tmp_path: Path
) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    made(out, "demo==1.0", *NEED)
    before = {file: file.stat().st_mtime_ns for file in out.rglob("[!.]*") if file.is_file()}
    assert "nothing has changed" in made(out, "demo==1.0", *NEED)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("[!.]*") if file.is_file()} == before
    made(tmp_path / "other", "demo==1.0", *NEED)
    assert content(tmp_path / "other") == content(out)


def test_a_second_run_adds_and_prune_takes_out(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    upstream.publish(sdist(tmp_path / "in", version="2.0"))
    upstream.publish(sdist(tmp_path / "in", name="other"), name="other")
    made(out, "demo==1.0", "other==1.0", *NEED)
    made(out, "demo==2.0", *NEED)
    assert list(files(out)) == ["demo-1.0+aug.tar.gz", "demo-2.0+aug.tar.gz"]  # neither of upstream's comes back
    made(out, "demo==2.0", "--require", "six")
    assert len([*out.rglob("demo-2.0*.gz")]) == 2  # whoever has read the page before still finds it
    result = ran(out, "demo==2.0", "--require", "six", "--prune", "--check")
    assert (result.exit_code, (out / "other").exists()) == (1, True)
    told = made(out, "demo==2.0", "--require", "six", "--prune")
    assert "removed other\n" in told
    assert list(files(out)) == ["demo-1.0.tar.gz", "demo-2.0+aug.tar.gz"]
    assert len([*out.rglob("*.tar.gz")]) == 1
    assert not (out / "other").exists()
    assert anchors(out / "index.html") == [{"href": "demo/"}]
    assert "everything is up to date" in made(out, "demo==2.0", "--require", "six", "--prune", "--check")


def test_check_writes_nothing_and_names_what_is_stale(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    assert ran(out, "demo==1.0", *NEED, "--check").exit_code == 1
    assert not out.exists()
    made(out, "demo==1.0", *NEED)
    assert "everything is up to date" in made(out, "demo==1.0", *NEED, "--check")
    before = content(out)
    result = ran(out, "demo==1.0", "--require", "six", "--check")
    assert result.exit_code == 1
    assert "demo 1.0+aug: stale" in result.stdout
    upstream.publish(sdist(tmp_path / "in", version="3.0"))
    result = ran(out, "demo==1.0", *NEED, "--check")
    assert "stale: demo/index.html, demo/index.json;" in result.stdout
    assert content(out) == before


def test_a_damaged_file_is_seen_and_mended(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    made(out, "demo==1.0", *NEED)
    archive = next(out.rglob("*.tar.gz"))
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-9])
    assert ran(out, "demo==1.0", *NEED, "--check").exit_code == 1
    made(out, "demo==1.0", *NEED)
    assert archive.read_bytes() == whole


def test_only_what_was_asked_for_has_a_page(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    upstream.publish(sdist(tmp_path / "in", name="other"), name="other")
    upstream.publish(sdist(tmp_path / "in", name="other", version="9"), name="demo")  # a page may link to anything
    made(out, "demo==1.0", *NEED)
    assert sorted(one.name for one in out.iterdir() if not one.name.startswith(".")) == [
        "demo",
        "index.html",
        "index.json",
    ]
    assert list(files(out)) == ["demo-1.0+aug.tar.gz"]


@pytest.mark.parametrize("form", ["index.html", "index.json"])
def test_an_index_of_ours_is_nobodys_upstream(
    out: Path, upstream: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    made(out, "demo==1.0", *NEED)
    with serving() as ours:
        for file in filter(Path.is_file, out.rglob("*")):
            ours.pages[f"/simple/{file.relative_to(out).as_posix().replace('+', '%2B')}"] = file.read_bytes()
        ours.pages["/simple/demo/"] = (out / "demo" / form).read_bytes()
        if form == "index.json":
            ours.kinds["/simple/demo/"] = "application/vnd.pypi.simple.v1+json"
        monkeypatch.setenv("UV_INDEX", ours.simple)
        made(tmp_path / "again", "demo==1.0", *NEED)
        wrapped("demo", *NEED)
        assert any(path.endswith("/simple/demo/") for path in ours.asked)
        monkeypatch.setenv("PIP_INDEX_URL", ours.simple)
        alone = wrap("demo", *NEED, "--cache-dir", str(tmp_path / "empty"))
    assert content(tmp_path / "again") == content(out)
    assert "all that is there of demo was wrapped already" in alone.stderr


def test_no_credentials_of_an_index_are_passed_on(
    out: Path, upstream: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    upstream.publish(sdist(tmp_path / "in", version="2.0"))
    monkeypatch.setenv("PIP_INDEX_URL", upstream.simple.replace("://", "://user:secret@"))
    made(out, "demo==1.0", *NEED)
    assert files(out)["demo-2.0.tar.gz"]["url"] == f"{upstream.url}/files/demo-2.0.tar.gz"
    assert not [name for name, text in content(out).items() if b"secret" in text]


def test_links_that_no_client_should_follow_are_left_out(out: Path, upstream: Index, tmp_path: Path) -> None:
    found = entry(upstream, sdist(tmp_path / "in"))
    more = [{**found, "filename": f"demo-{number}.tar.gz", "url": url} for number, url in
            enumerate(["javascript:alert(1)", "file:///etc/passwd", "ftp://x/demo.tar.gz"], 2)]  # fmt: skip
    as_json(upstream, [found, *more, {**found, "filename": "../../evil-5.tar.gz"}])
    made(out, "demo==1.0", *NEED)
    assert list(files(out)) == ["demo-1.0+aug.tar.gz"]


def test_mirror_none_and_copy(out: Path, upstream: Index, tmp_path: Path) -> None:
    make_wheel(tmp_path, "demo", "2.0")
    wheel = tmp_path / "demo-2.0-py3-none-any.whl"
    as_json(upstream, [entry(upstream, sdist(tmp_path / "in")), entry(upstream, wheel, yanked=True)])
    made(out, "demo==1.0", *NEED, "--mirror", "none")
    assert list(files(out)) == ["demo-1.0+aug.tar.gz"]
    made(out, "demo==1.0", *NEED, "--mirror", "copy")
    copy = files(out)[wheel.name]
    beside = (out / "demo" / copy["url"]).with_name(f"{wheel.name}.metadata")
    assert (out / "demo" / copy["url"]).read_bytes() == wheel.read_bytes()
    with ZipFile(wheel) as archive:
        assert beside.read_bytes() == archive.read("demo-2.0.dist-info/METADATA")
    assert copy["core-metadata"] == copy["dist-info-metadata"] == {"sha256": sha256(beside)}
    assert copy["yanked"] is True
    asked = len(upstream.asked)
    assert "nothing has changed" in made(out, "demo==1.0", *NEED, "--mirror", "copy")
    assert not [one for one in upstream.asked[asked:] if one.endswith(".whl")]
    assert "nothing has changed" in made(out, "demo==1.0", *NEED, "--mirror", "copy", "--offline")
    made(out, "demo==1.0", *NEED, "--prune")
    assert files(out)[wheel.name]["url"] == f"{upstream.url}/files/{wheel.name}"
    assert not [*out.rglob("*.whl")]


def test_what_is_yanked_stays_yanked(out: Path, upstream: Index, tmp_path: Path) -> None:
    as_json(upstream, [entry(upstream, sdist(tmp_path / "in"), yanked="no good")])
    made(out, "demo==1.0", *NEED)
    assert files(out)["demo-1.0+aug.tar.gz"]["yanked"] == "no good"


def test_one_archive_for_each_version_to_build_against(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    upstream.publish(sdist(tmp_path / "in", name="plain"), name="plain")
    made(out, "demo==1.0", "--require", "torch", "--for", "torch==2.8.0,2.9.1")
    found = files(out)
    assert list(found) == ["demo-1.0+torch2.8.tar.gz", "demo-1.0+torch2.9.tar.gz"]
    archive = out / "demo" / found["demo-1.0+torch2.9.tar.gz"]["url"].replace("%2B", "+")
    assert own_table(archive)["extra-build-dependencies"] == ["torch==2.9.1"]
    assert b"Requires-Dist: torch>=2.9.1,<2.10" in unpacked(archive)["PKG-INFO"]
    made(out, "plain==1.0", *NEED, "--for", "torch==2.8.0")
    assert list(files(out, "plain")) == ["plain-1.0+aug.tar.gz"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("torch==2.8.0,2.8.1", "are the same to what is pinned by x.x"),
        ("torch>=2.8", "expected NAME==VERSION"),
        ("torch==", "expected NAME==VERSION"),
        ("torch==2.8.0,", "expected NAME==VERSION"),
    ],
)
def test_versions_that_cannot_be_told_apart(out: Path, value: str, said: str) -> None:
    result = ran(out, "demo==1.0", "--require", "torch", "--for", value)
    assert result.exit_code == 2
    assert said in result.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ({"PKG-INFO": PROPRIETARY}, "its metadata says License :: Other/Proprietary License"),
        (
            {"PKG-INFO": MIT.replace("MIT", "for non-commercial use only")},
            "its metadata says License: for non-commercial",
        ),
        ({"PKG-INFO": UNSAID}, "it says nothing of a licence"),
        ({"PKG-INFO": UNSAID, "COPYING.txt": "free"}, ""),
        ({"PKG-INFO": MIT}, ""),
    ],
)
def test_only_what_may_be_passed_on(out: Path, upstream: Index, tmp_path: Path, own: dict[str, str], why: str) -> None:
    upstream.publish(sdist(tmp_path / "in", own))
    upstream.publish(sdist(tmp_path / "in", {"LICENSE": "x"}, name="other"), name="other")
    made(out, "demo==1.0", *NEED)
    assert files(out)
    told = made(out, "demo==1.0", "other==1.0", *NEED, "--only-redistributable")
    assert (f"demo 1.0+aug: left out, since {why}" in told) if why else "left out" not in told
    assert (out / "demo").exists() == (not why)
    assert "other-1.0+aug.tar.gz" in files(out, "other")
    assert b"x" in unpacked(next((out / "other").rglob("*.gz")))["LICENSE"]


def test_one_that_fails_does_not_lose_the_others(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    made(out, "demo==1.0", *NEED)
    upstream.publish(sdist(tmp_path / "in", name="other"), name="other")
    upstream.statuses["/simple/demo/"] = 500
    result = ran(out, "demo==1.0", "other==1.0", "absent==1", *NEED, "--prune")
    assert result.exit_code == 1
    assert "failed: 2 of 3; the others are as they should be" in result.stdout
    assert "there is no project absent" in result.stdout
    assert list(files(out)) == ["demo-1.0+aug.tar.gz"]
    assert list(files(out, "other")) == ["other-1.0+aug.tar.gz"]
    del upstream.pages["/simple/other/"]
    assert ran(out, "demo==1.0", "other==1.0", *NEED, "--offline").exit_code == 0


def test_what_is_declared_in_a_project_and_named_in_its_files(out: Path, upstream: Index, tmp_path: Path) -> None:
    for name in ("demo", "other"):
        for version in ("1.0", "2.0"):
            upstream.publish(sdist(tmp_path / "in", name=name, version=version), name=name)
    table = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["demo"]\n[tool.augbackend.packages.demo]\n'
    (tmp_path / "pyproject.toml").write_text(f'{table}extra-build-dependencies = ["wheel"]\n')
    (tmp_path / "requirements.txt").write_text("demo==1.0\nother==1.0\n")
    told = made(out, "-r", tmp_path / "requirements.txt")
    assert "not in the index, since nothing is declared for them: other" in told
    assert [name for name, one in files(out).items() if "_augbackend" in one] == ["demo-1.0+aug.tar.gz"]
    made(tmp_path / "all")
    assert [name for name, one in files(tmp_path / "all").items() if "_augbackend" in one] == ["demo-2.0+aug.tar.gz"]
    result = ran(tmp_path / "none", "other==1.0")
    assert result.exit_code == 1
    assert "nothing is declared for other==1.0: no option, no table here, no recipe" in result.stdout
    (tmp_path / "requirements.txt").write_text("other==1.0\n")
    assert "nothing is declared for what was asked for" in ran(out, "-r", tmp_path / "requirements.txt").output


def test_a_newer_sdist_of_upstreams_is_named(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    upstream.publish(sdist(tmp_path / "in", version="2.0"))
    told = made(out, "demo==1.0", *NEED)
    assert "note: demo: upstream's 2.0 is newer than 1.0+aug and has no wheel" in told
    assert "note" not in made(out, "demo==2.0", *NEED)


def test_pages_of_any_text_are_html(out: Path, upstream: Index, tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script>'
    as_json(upstream, [entry(upstream, sdist(tmp_path / "in"), yanked=evil, **{"requires-python": "<4&"})])
    made(out, "demo==1.0", *NEED)
    text = (out / "demo" / "index.html").read_text()
    assert "<script>" not in text
    assert anchors(out / "demo" / "index.html")[0]["data-yanked"] == evil


def test_what_it_says_to_a_script(out: Path, upstream: Index, tmp_path: Path) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    said = json.loads(made(out, "demo==1.0", *NEED, "--json"))
    (one,) = said["entries"]
    assert (one["project"], one["version"], one["state"]) == ("demo", "1.0+aug", "written")
    assert (out / one["path"].replace("%2B", "+")).is_file()
    assert said["projects"] == [{"name": "demo", "files": 1, "linked": 0}]
    assert said["failures"] == said["stale"] == said["removed"] == []
    assert sorted(said["written"])[:2] == [one["path"].replace("%2B", "+"), "demo/index.html"]


@pytest.mark.parametrize("name", ["file", "index.json"])
def test_a_folder_of_somebody_else_is_left_alone(out: Path, name: str) -> None:
    out.mkdir()
    (out / name).write_text("{}")
    result = ran(out, "demo==1.0", *NEED)
    assert result.exit_code == 2
    assert [one.name for one in out.iterdir()] == [name]


@pytest.mark.parametrize("url", ["../../victim/demo-1.0+aug.tar.gz", "/etc/passwd", "http://x/demo-1.0.tar.gz"])
def test_an_edited_page_leads_nowhere(out: Path, upstream: Index, tmp_path: Path, url: str) -> None:
    upstream.publish(sdist(tmp_path / "in"))
    made(out, "demo==1.0", *NEED)
    document = page(out)
    document["files"][0]["url"] = url
    (out / "demo" / "index.json").write_text(json.dumps(document))
    result = ran(out, "demo==1.0", *NEED, "--prune")
    assert result.exit_code == 2
    assert "it is no page of an index of ours" in result.output


@pytest.mark.parametrize(
    "arguments", [(), ("--require", "wheel"), ("-r", "pyproject.toml", "--require", "wheel"), ("--recipes",)]
)
def test_nothing_to_do_is_an_error(out: Path, arguments: tuple[str, ...]) -> None:
    Path("pyproject.toml").write_text("")
    assert ran(out, *arguments).exit_code == 2
    assert not out.exists()
