"""The served folder is whole at every moment: while it is written, after a kill, on a full disk, by two runs at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.edit import replace_file
from augbackend.cli.model.published_file import PublishedFile
from augbackend.cli.site import on_disk, site_project, writing
from augbackend.cli.site.site_project import SiteProject

from .archives import sha256


def published(out: Path, name: str, content: bytes, *, version: str = "1.0") -> SiteProject:
    """Put one archive of this content into the index."""
    with writing.locked(out), writing.staged(out, on_disk.read(out), check=False) as staging:
        made = staging / f"{name}-{version}.tar.gz"
        made.unlink(missing_ok=True)
        made.write_bytes(content)
        digest = sha256(made)
        url = site_project.address(made.name, digest)
        one = PublishedFile(made.name, url, {"sha256": digest}, size=len(content), kind="wrapped")
        project = SiteProject(name, (one,))
        writing.publish(out, project, {made.name: made})
        writing.list_projects(out)
    return project


def check_is_whole(out: Path) -> int:
    """Make sure that every page can be read, and names what is there; returns the number of files named."""
    count = 0
    for one in json.loads((out / "index.json").read_text())["projects"]:
        for form in ("index.html", "index.json"):
            assert (out / one["name"] / form).is_file()
    for name, project in on_disk.read(out).items():
        html = (out / name / "index.html").read_text()
        assert html.endswith("</html>\n")
        for file in project.files:
            assert on_disk.is_whole(out, name, file)
            count += 1
    return count


def test_a_reader_of_the_page_before_still_finds_what_it_names(tmp_path: Path) -> None:
    before = published(tmp_path / "site", "demo", b"first")
    published(tmp_path / "site", "demo", b"second")
    assert on_disk.is_whole(tmp_path / "site", "demo", before.files[0])
    with writing.locked(tmp_path / "site"):
        assert writing.remove_unnamed(tmp_path / "site") == ["demo/demo-1.0.tar.gz"]
    assert not on_disk.is_whole(tmp_path / "site", "demo", before.files[0])
    assert check_is_whole(tmp_path / "site") == 1


def test_readers_see_a_whole_index_while_it_is_written(tmp_path: Path) -> None:
    out, seen, is_done = tmp_path / "site", [], threading.Event()
    published(out, "demo", b"0")

    def read() -> None:
        while not is_done.is_set():
            seen.append(check_is_whole(out))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 40):
            published(out, "demo", b"%d" % number)
    finally:
        is_done.set()
        reader.join()
    assert seen
    assert {*seen} == {1}


@pytest.mark.parametrize("nth", range(8))
def test_a_run_that_ends_anywhere_leaves_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    out = tmp_path / "site"
    published(out, "demo", b"first")
    calls = {"count": 0}

    def full(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            calls["count"] += 1
            if calls["count"] > nth:
                raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as during:
        during.setattr(replace_file, "replace_file", full(replace_file.replace_file))
        during.setattr(writing, "_link", full(writing._link))
        during.setattr(Path, "replace", full(Path.replace))
        for name in ("demo", "other"):
            try:
                published(out, name, b"second")
            except OSError:
                check_is_whole(out)
    published(out, "demo", b"second")
    published(out, "other", b"second")
    assert check_is_whole(out) == 2
    assert not [*out.glob(".part-*")]


WRITER = """
import sys; from pathlib import Path
from tests.cli.test_index_writing import published
for number in range(int(sys.argv[2]), 10**6):
    published(Path(sys.argv[1]), "demo", b"x" * 100_000 + b"%d" % number); print(number, flush=True)
"""


@pytest.mark.processes
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_at_any_time(tmp_path: Path) -> None:
    out = tmp_path / "site"
    for number in range(4):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(out), str(number * 1000)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.003 * number)
            os.kill(process.pid, signal.SIGKILL)
        assert check_is_whole(out) == 1
    published(out, "demo", b"last")
    assert not [*out.glob(".part-*")]


def test_two_runs_at_once_wait_for_each_other(tmp_path: Path) -> None:
    out = tmp_path / "site"
    failed: list[Exception] = []

    def write(name: str) -> None:
        try:
            for number in range(5):
                published(out, name, b"%d" % number)
        except Exception as error:  # noqa: BLE001  # of a thread
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("demo", "other", "third")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert check_is_whole(out) == 3
    assert [one["name"] for one in json.loads((out / "index.json").read_text())["projects"]] == [
        "demo",
        "other",
        "third",
    ]
