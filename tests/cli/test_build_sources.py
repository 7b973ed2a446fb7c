"""Build requirements that the project has a source for: the archive asks for them there, or is not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.project import project as projects

from ..conftest import write
from .archives import content, report, sdist, wrap, wrapped
from .test_wrap_project import (
    BOTH,
    FORKS,
    LINUX,
    PROJECT,
    archive,
    here,
    locked,
    project,
    requirements,
    uv_lock,
)

__all__ = ["here"]  # a fixture

INDEX = '[[tool.uv.index]]\nname = "cu"\nurl = "https://cu.example/simple"\nexplicit = true\n'
HERE = {"registry": "https://cu.example/simple"}
WHEEL = {"url": "https://cu.example/files/torch-2.8.0%2Bcu128-py3-none-any.whl", "hash": "sha256:aa"}
URL = "https://cu.example/files/torch-2.8.0%2Bcu128-py3-none-any.whl#sha256=aa"
MATCHED = '{ requirement = "torch", match-runtime = true }'


def sourced(source: str, asked: str = '"torch==2.8.0"') -> str:
    tables = f"[tool.uv.sources]\ntorch = {source}\n[tool.uv.extra-build-dependencies]\ndemo = [{asked}]\n"
    return PROJECT + INDEX + tables


def read_project(here: Path) -> projects.Project:
    found = projects.read(here)
    assert found is not None
    return found


def lock_of(version: str = "2.8.0+cu128", **more: Any) -> str:
    return uv_lock(locked(), locked(version, "torch", **{"source": HERE, "wheels": [WHEEL], **more}))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('"torch==2.8.0"', f"torch @ {URL}"),
        ('"torch"', f"torch @ {URL}"),
        ("\"Torch[x]>=2 ; os_name != 'nt'\"", f'Torch[x] @ {URL} ; os_name != "nt"'),
    ],
)
def test_a_plain_requirement_is_the_locked_one(here: Path, asked: str, expected: str) -> None:
    project(here, sourced('{ index = "cu" }', asked), lock_of())
    result = wrapped()
    assert requirements(here)[0] == expected
    assert "pip install" not in result.output  # pip reads no sources
    assert wrapped("--check").exit_code == 0


@pytest.mark.parametrize("at", ["root", "member"])
def test_a_source_of_a_member(here: Path, at: str) -> None:
    """In a workspace, the torch that runs is the one that a member points to."""
    indexes = {"root": "", "member": "", at: INDEX}
    member = f'{PROJECT}[tool.uv.sources]\ntorch = {{ index = "cu" }}\n{indexes["member"]}'
    root = f'[tool.uv.workspace]\nmembers = ["m"]\n{indexes["root"]}[tool.uv.extra-build-dependencies]\n'
    write(here, {"m/pyproject.toml": member})
    project(here, f"{root}demo = [{MATCHED}]\n")
    assert "the lock says its URL: run uv lock" in wrap("--offline").output
    project(here, f"{root}demo = [{MATCHED}]\n", lock_of())
    wrapped()
    assert requirements(here)[0]["locked"] == [f"torch @ {URL}"]


@pytest.mark.parametrize("other", ["cu", "usual"])
def test_members_that_differ(here: Path, other: str) -> None:
    second = INDEX.replace("cu", "usual") + f'[tool.uv.sources]\ntorch = {{ index = "{other}" }}\n'
    for name, more in (("a", '[tool.uv.sources]\ntorch = { index = "cu" }\n'), ("b", second)):
        write(here, {f"{name}/pyproject.toml": PROJECT.replace("app", name) + more})
    build = f"[tool.uv.extra-build-dependencies]\ndemo = [{MATCHED}]\n"
    project(here, f'[tool.uv.workspace]\nmembers = ["a", "b"]\n{INDEX}{build}')
    sources = read_project(here).runtime.sources
    assert bool(sources["torch"].indexes) == (other == "cu")


def test_a_member_that_points_to_the_package_itself(here: Path) -> None:
    """uv takes a member's source, so that one of the root would not reach it."""
    root = '[tool.uv.workspace]\nmembers = ["m"]\n[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\n'
    project(here, root)
    for url, word in (("https://x.example/demo-1.0-py3-none-any.whl", "points to a wheel"), ("", "move it to")):
        source = url or (here.parent / "links" / "demo-1.0.tar.gz").as_uri()
        write(here, {"m/pyproject.toml": f'{PROJECT}[tool.uv.sources]\ndemo = {{ url = "{source}" }}\n'})
        result = wrap()
        assert (result.exit_code != 0, word in result.output) == (not url, True)
        assert not (here / "wrapped.d").exists()
        assert (here / "pyproject.toml").read_text() == root


def test_an_override_is_for_what_is_matched_only(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGBACKEND_MATCH_RUNTIME", "torch==2.9.0")
    project(here, sourced('{ index = "cu" }', '"torch"'), lock_of())
    wrapped()
    assert requirements(here)[0] == f"torch @ {URL}"
    project(here, sourced('{ index = "cu" }', MATCHED), lock_of())
    wrapped()
    assert requirements(here)[0]["locked"] == ["torch==2.9.0"]


def test_a_constraint_that_the_locked_one_fulfils_adds_nothing(here: Path) -> None:
    constraint = '[tool.uv]\nbuild-constraint-dependencies = ["torch<2.9"]\n'
    project(here, sourced('{ index = "cu" }') + constraint, lock_of())
    wrapped()
    assert [one for one in requirements(here) if "torch" in one] == [f"torch @ {URL}"]


def test_other_requirements_stay(here: Path) -> None:
    project(here, sourced('{ index = "cu" }', '"ninja", "torch @ https://host.example/torch-2.8.0.tar.gz"'), lock_of())
    wrapped()
    assert requirements(here)[:2] == ["ninja", "torch @ https://host.example/torch-2.8.0.tar.gz"]


def test_forks_of_one_requirement(here: Path) -> None:
    linux = {**FORKS[0], "source": HERE, "wheels": [WHEEL]}
    lock = uv_lock(locked(), locked("2.8.0+cu128", "torch", **linux), locked("2.8.0", "torch", **FORKS[1]))
    project(here, sourced('[{ index = "cu", marker = "sys_platform == \'linux\'" }]'), lock)
    wrapped()
    assert requirements(here)[:2] == [f"torch @ {URL} ; {LINUX}", f"torch===2.8.0 ; {BOTH}"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{ url = "https://host.example/torch-2.8.0-py3-none-any.whl" }', "https://host.example/torch-2.8.0-py3-none-any.whl"),
        ('{ git = "https://host.example/torch", tag = "v2", subdirectory = "a" }', "git+https://host.example/torch@v2#subdirectory=a"),
        ('{ git = "ssh://git@host.example/torch", rev = "abc" }', "git+ssh://git@host.example/torch@abc"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("asked", ['"torch"', MATCHED])
def test_a_url_or_a_repository_needs_no_lock(here: Path, source: str, expected: str, asked: str) -> None:
    project(here, sourced(source, asked))
    assert report()["packages"][0]["build-requirements"][0]["requirement"] == f"torch @ {expected}"


@pytest.mark.parametrize("asked", ['"torch"', MATCHED])
def test_a_locked_repository_is_asked_for_at_its_commit(here: Path, asked: str) -> None:
    git = {"git": "https://host.example/torch?branch=main#0123456789012345678901234567890123456789"}
    project(
        here,
        sourced('{ git = "https://host.example/torch", branch = "main" }', asked),
        lock_of("2.8.0", source=git, wheels=[]),
    )
    found = report()["packages"][0]["build-requirements"][0]["requirement"]
    assert found == "torch @ git+https://host.example/torch@0123456789012345678901234567890123456789"


@pytest.mark.parametrize(
    ("source", "asked", "lock", "expected"),
    [
        ('{ index = "cu" }', '"torch==2.8.0"', "", "run uv lock, then this again"),
        ('{ index = "cu" }', MATCHED, "", "run uv lock, then this again"),
        ('{ index = "cu" }', '"torch==2.9.0"', lock_of(), "the project is locked to torch 2.8.0+cu128"),
        ('{ path = "../torch" }', '"torch"', "", "no archive can name it"),
        ('{ path = "../torch.tar.gz" }', MATCHED, lock_of("2.8.0", source={"path": "../torch.tar.gz"}), "no archive can name it"),
        ("{ workspace = true }", '"torch"', "", "no archive can name it"),
        ('{ url = "file:///tmp/torch-2.8.0-py3-none-any.whl" }', MATCHED, "", "no archive can name it"),
        ('{ git = "file:///tmp/torch" }', '"torch"', "", "no archive can name it"),
        ("[{ url = 'https://host.example/a.whl', marker = \"os_name == 'nt'\" }]", '"torch"', "", "run uv lock"),
        ("{ url = 'https://me:secret@host.example/torch-2.8.0-py3-none-any.whl' }", '"torch"', "", "has credentials in it"),
    ],
)  # fmt: skip
def test_what_an_archive_cannot_name_is_refused(here: Path, source: str, asked: str, lock: str, expected: str) -> None:
    sdist(here.parent, name="torch", version="2.8.0").rename(here.parent / "torch.tar.gz")
    before = content(project(here, sourced(source, asked), lock))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert expected in result.output
    assert "tool.uv.sources.torch" in result.output
    assert "secret" not in result.output


@pytest.mark.parametrize(
    "source", ['{ index = "cu", extra = "gpu" }', '{ index = "cu", group = "gpu" }', '{ index = "usual" }', "3", "[]"]
)
def test_sources_that_a_build_does_not_have(here: Path, source: str) -> None:
    usual = '[[tool.uv.index]]\nname = "usual"\nurl = "https://usual.example/simple"\ndefault = true\n'
    project(here, sourced(source) + usual)
    wrapped("--no-sources", "--offline")
    assert requirements(here)[0] == "torch==2.8.0"


def test_another_package_that_is_wrapped_here_is_no_source(here: Path) -> None:
    other = '[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\nother = ["demo"]\n'
    sdist(here.parent / "links", name="other", version="1.0")
    project(here, PROJECT.replace('"demo==1.0"', '"demo==1.0", "other==1.0"') + other)
    wrapped()
    assert wrapped("--check").exit_code == 0
    archive(here).unlink()
    wrapped()
    assert wrapped("--check").exit_code == 0
