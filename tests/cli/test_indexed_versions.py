"""Build requirements from an index of the project's own, where no lock says the version: the archive is a lock's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .archives import Index, content, report, serving, wrap, wrapped
from .test_wrap_project import PROJECT, archive, here, locked, project, requirements, uv_lock

__all__ = ["here"]  # a fixture

CP312, CP310 = "cp312-cp312-manylinux_2_28_x86_64", "cp310-cp310-win_amd64"
MATCHED = '{ requirement = "torch", match-runtime = true }'
ON_LINUX, ELSEWHERE = "sys_platform == 'linux'", "sys_platform != 'linux'"


@pytest.fixture
def index(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index with torches of two versions for two Pythons, the last wheel without a hash."""
    monkeypatch.delenv("PIP_NO_INDEX")
    with serving() as found:
        monkeypatch.setenv("PIP_INDEX_URL", f"{found.url}/usual/")
        sdist = here.parent / "links" / "demo-1.0.tar.gz"
        found.pages["/demo-1.0.tar.gz"] = sdist.read_bytes()
        found.pages["/usual/demo/"] = b'<a href="/demo-1.0.tar.gz">demo-1.0.tar.gz</a>'
        found.pages["/usual/torch/"] = page("2.8.0", "2.9.0")
        found.pages["/cu/torch/"] = page("2.8.0+cu128", "2.9.0+cu128")
        found.pages["/cpu/torch/"] = page("2.8.0+cpu")
        yield found


def page(*versions: str) -> bytes:
    wheels = [f"torch-{version}-{tag}.whl" for version in versions for tag in (CP312, CP310)]
    links = [f'<a href="/files/{one.replace("+", "%2B")}{hash_of(one)}">{one}</a>\n' for one in wheels]
    return "".join(links).encode()


def hash_of(wheel: str) -> str:
    return f"#sha256={'a' * 64}" if "cp312" in wheel else ""


def text(
    index: Index, asked: str = '"torch==2.8.0"', source: str = '{ index = "cu" }', torch: str = "torch==2.8.0"
) -> str:
    tables = [
        f'[[tool.uv.index]]\nname = "{one}"\nurl = "{index.url}/{one}/"\nexplicit = true\n' for one in ("cu", "cpu")
    ]
    uv = f"[tool.uv.sources]\ntorch = {source}\n[tool.uv.extra-build-dependencies]\ndemo = [{asked}]\n"
    dependencies = PROJECT.replace('"torch==2.8.0"', f'"{torch}"' if torch else "")
    return f'{dependencies}requires-python = ">=3.10"\n{"".join(tables)}{uv}'


def url(index: Index, tag: str, version: str = "2.8.0+cu128") -> str:
    wheel = f"torch-{version}-{tag}.whl"
    return f"torch @ {index.url}/files/{wheel.replace('+', '%2B')}{hash_of(wheel)}"


def marked(index: Index, version: str = "2.8.0+cu128", marker: str = "") -> list[str]:
    """A requirement for each wheel, in the order of their names."""
    more = f" and {marker}" if marker else ""
    cpython = "platform_python_implementation == 'CPython'"
    win = f"sys_platform == 'win32' and platform_machine == 'AMD64' and python_version == '3.10' and {cpython}{more}"
    linux = f"{ON_LINUX} and platform_machine == 'x86_64' and python_version == '3.12' and {cpython}{more}"
    return [f"{url(index, CP310, version)} ; {win}", f"{url(index, CP312, version)} ; {linux}"]


def lock_of(index: Index, *versions: str) -> str:
    found = []
    for version in versions:
        place = "cu" if "cu" in version else "cpu"
        urls = [url(index, tag, version).partition(" @ ")[2].partition("#sha256=") for tag in (CP310, CP312)]
        wheels = [{"url": at, **({"hash": f"sha256:{digest}"} if digest else {})} for at, _, digest in urls]
        more: dict[str, Any] = {"source": {"registry": f"{index.url}/{place}"}, "wheels": wheels}
        found.append(locked(version, "torch", **more))
    return uv_lock(locked(sdist={"url": f"{index.url}/demo-1.0.tar.gz"}), *found)


@pytest.mark.parametrize("asked", ['"torch==2.8.0"', '"torch"', MATCHED])
def test_an_exact_pin(here: Path, index: Index, asked: str) -> None:
    project(here, text(index, asked))
    found = wrapped()
    assert f"matched to the index cu, of {index.url}/cu" in found.output
    entries = requirements(here)
    assert (entries[0]["locked"] if asked == MATCHED else entries[:2]) == marked(index)
    before = archive(here).read_bytes()
    asked_for = len(index.asked)
    wrapped("--offline")
    assert len(index.asked) == asked_for
    project(here, (here / "pyproject.toml").read_text(), lock_of(index, "2.8.0+cu128"))
    assert "everything is up to date" in wrapped("--check").output
    assert archive(here).read_bytes() == before


def test_the_newest_that_is_allowed(here: Path, index: Index) -> None:
    project(here, text(index, '"torch>=2.8"', torch="torch<3"))
    wrapped()
    assert requirements(here)[:2] == marked(index, "2.9.0+cu128")
    project(here, text(index, '"torch<2.9"', torch=""))  # nothing at run time
    wrapped()
    assert requirements(here)[:2] == marked(index)


def test_wheels_that_nobody_here_can_take(here: Path, index: Index) -> None:
    project(here, text(index).replace(">=3.10", ">=3.11"))
    wrapped()
    assert requirements(here)[0] == marked(index)[1]


def test_an_index_for_each_of_several_environments(here: Path, index: Index) -> None:
    source = f'[{{ index = "cu", marker = "{ON_LINUX}" }}, {{ index = "cpu", marker = "{ELSEWHERE}" }}]'
    project(here, text(index, source=source))
    wrapped()
    cpu, cuda = marked(index, "2.8.0+cpu", ELSEWHERE)[0], marked(index, marker=ON_LINUX)[1]
    assert requirements(here)[:2] == [cpu, cuda]  # the other wheels are for environments where the index is not


def test_the_usual_index_where_no_other_is(here: Path, index: Index) -> None:
    project(here, text(index, source=f'[{{ index = "cu", marker = "{ON_LINUX}" }}]'))
    wrapped()
    assert requirements(here)[:2] == [f"torch===2.8.0 ; {ELSEWHERE}", marked(index, marker=ON_LINUX)[1]]


def test_an_override_asks_no_index(here: Path, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGBACKEND_MATCH_RUNTIME", "torch==2.9.0")
    project(here, text(index, MATCHED))
    wrapped()
    assert not any("/cu/" in path for path in index.asked)


def test_a_lock_that_is_out_of_date_does_not_count(here: Path, index: Index) -> None:
    project(here, text(index, '"torch"', torch="torch==2.9.0"), lock_of(index, "2.8.0+cu128"))
    wrapped()
    assert requirements(here)[:2] == marked(index, "2.9.0+cu128")


def test_no_credentials(here: Path, index: Index) -> None:
    project(here, text(index).replace("http://", "http://me:secret@"))
    found = wrapped()
    assert requirements(here)[:2] == marked(index)
    assert "secret" not in found.output
    cached = [file.read_bytes() for file in here.parent.joinpath("cache").rglob("*.json")]
    assert cached
    assert not any(b"secret" in text for text in cached)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (('{ index = "cu" }', '"torch==2.7.0"', "torch"), "the index cu has no torch==2.7.0"),
        (('{ index = "cu" }', '"torch==2.9.0"', "torch==2.8.0"), "the index cu has no torch=="),
        (('{ index = "x" }', '"torch"', "torch"), "tool.uv.index has none of the name 'x'"),
        (('{ index = "cu" }', MATCHED, "torch>=2"), "the lock says its URL: run uv lock, then this again"),
        (('[{ index = "cu", marker = "python_version ~= \'3.11\'" }]', '"torch"', "torch"), "the opposite of"),
    ],
)
def test_what_an_index_does_not_say(here: Path, index: Index, said: tuple[str, str, str], expected: str) -> None:
    source, asked, torch = said
    before = content(project(here, text(index, asked, source, torch)))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert expected in result.output
    assert "run uv lock, then this again" in result.output


def test_an_index_that_is_not_asked(here: Path, index: Index) -> None:
    before = content(project(here, text(index)))
    result = wrap("--offline")
    assert (result.exit_code, content(here)) == (2, before)
    assert "--offline asks no index" in result.output
    project(here, text(index).replace("127.0.0.1", "localhost.invalid"))
    assert "run uv lock, then this again" in wrap().output


def test_an_index_of_this_machine(here: Path, index: Index) -> None:
    project(here, text(index).replace(f"{index.url}/cu/", "./wheels"))
    assert "no archive can name it" in wrap().output


def test_a_flat_index(here: Path, index: Index) -> None:
    flat = text(index).replace('/cu/"', '/cu/torch/"\nformat = "flat"')
    project(here, flat)
    assert report()["packages"][0]["build-requirements"][0]["requirement"] == marked(index)[0]
