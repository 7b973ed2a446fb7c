"""``compiler-cache`` on the command line: what ``cache`` tells and clears, what ``show`` tells, what ``wrap`` writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from augbackend.cli.fetch import cache as caches
from augbackend.cli.main import group
from augbackend.features import _stable_paths

from ..conftest import write
from .archives import own_table, sdist, wrapped
from .runner import CliRunner

pytestmark = pytest.mark.processes


def run(*arguments: str) -> str:
    result = CliRunner().invoke(group, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no links for builds on Windows")
def test_what_a_build_uses_is_not_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    downloads, paths = tmp_path / "cache", tmp_path / "cache" / "environments"
    monkeypatch.setattr(caches, "default_folder", lambda: downloads)
    monkeypatch.setattr(_stable_paths, "cache_folder", lambda: paths)
    write(downloads, {"sdists/a.tar.gz": b"12345"})
    used = _stable_paths.first_free(_stable_paths._own_cache(), "used")
    write(paths, {"old.0/lock": ""})
    found = json.loads(run("cache", "--json"))
    assert found["downloads"] == {"folder": str(downloads), "bytes": 5}
    assert found["environments"] == {"folder": str(paths), "count": 2}
    assert f"downloads: {downloads} (0.0 MB)\n" in run("cache", "--clear")
    assert [*paths.iterdir()] == [used]
    assert not (downloads / "sdists").exists()


def test_nothing_is_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "default_folder", lambda: tmp_path / "none")
    monkeypatch.setattr(_stable_paths, "cache_folder", lambda: tmp_path / "none" / "environments")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert run("cache", "--clear").endswith("compiler caches: neither ccache nor sccache is on PATH\n")


def test_show_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = '[build-system]\nrequires = ["augbackend"]\nbuild-backend = "augbackend"\n'
    write(tmp_path, {"pyproject.toml": f'{backend}[tool.augbackend]\ncompiler-cache = "auto"\n'})
    monkeypatch.setenv("CC", "ccache gcc")
    assert "compiler cache: none: " in run("show", str(tmp_path))
    assert json.loads(run("show", str(tmp_path), "--json"))["compiler-cache"]["program"] == ""


def test_wrap_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(tmp_path / "upstream")
    wrapped(archive, "--require", "numpy", "--compiler-cache", "auto")
    assert own_table(tmp_path / "wrapped.d" / archive.name)["compiler-cache"] == "auto"


def test_a_project_says_it_for_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    archive = sdist(tmp_path / "links")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(archive.parent))
    table = '[project]\nname = "app"\nversion = "1"\ndependencies = ["demo==1.0"]\n[tool.augbackend.packages.demo]\n'
    write(tmp_path, {"pyproject.toml": f'{table}compiler-cache = "ccache"\n'})
    wrapped()
    assert own_table(tmp_path / "wrapped.d" / archive.name)["compiler-cache"] == "ccache"


def test_show_says_what_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: dict[str, str | bytes] = {
        "pyproject.toml": '[build-system]\nrequires = ["augbackend"]\nbuild-backend = "augbackend"\n'
        '[project]\nname = "My.Demo"\nversion = "1"\n[tool.augbackend]\ncompiler-cache = "auto"\n',
        "a.c": "const char *built = __TIME__;\n",
        "b.c": "int b;\n",
    }
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    write(tree, files)
    script = f"#!/bin/sh\necho {tmp_path / 'file' / 'ccache'}\n"
    write(tmp_path / "programs", {"ccache": script})
    (tmp_path / "programs" / "ccache").chmod(0o755)
    (tmp_path / "temporary").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path / "file")  # as for who is not root
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("CFLAGS", f"-I{tmp_path}/temporary/x1")
    for name in ("SOURCE_DATE_EPOCH", "CC", "CXX", "CCACHE_DISABLE"):
        monkeypatch.delenv(name, raising=False)
    found = json.loads(run("show", str(tree), "--json"))["compiler-cache"]["obstacles"]
    assert [line.split(":")[0] for line in found] == [
        f"{tmp_path / 'file' / 'ccache'} cannot be written",
        f"CFLAGS names a folder in {tmp_path}/temporary/",
        "a.c says the time (__DATE__, __TIME__)",
        "no build of this project was here yet",
    ]
    write(cache / "augbackend" / "environments", {"0123abcd-my_demo.0/lock": ""})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.delenv("CFLAGS")
    (tmp_path / "programs" / "ccache").write_text(script.replace("file", "other"))
    write(tmp_path / "programs", {"gcc": ""})
    (tmp_path / "programs" / "gcc").chmod(0o755)
    said = run("show", str(tree))
    (line,) = (one for one in said.splitlines() if one.startswith("  compilers that it calls: "))
    assert "gcc" in line
    assert f"through links in {cache / 'augbackend' / 'environments'}\n" in said
    assert "  nothing was seen that would keep it from hits\n" in said
    monkeypatch.setenv("CC", "gcc '")
    assert "  compilers that it calls: none\n" in run("show", str(tree))
    assert json.loads(run("show", str(tree), "--json"))["compiler-cache"]["obstacles"] == []
