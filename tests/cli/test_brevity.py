"""What `augbackend wrap` prints fits on a screen: details give way, failures and what to do next never."""

from __future__ import annotations

from pathlib import Path

import pytest

from augbackend.cli.wrapping.brevity import MOST, Section, fitted, whole

from .archives import sdist, wrap, wrapped
from .test_wrap_project import locked, project, uv_lock

MORE = "-v shows the rest"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_index: None) -> Path:
    del no_index
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def many(here: Path, count: int, *, lost: int = 0, is_direct: bool = True) -> None:
    names = [f"demo{number}" for number in range(count)]
    for name in names:
        sdist(here.parent / "links", name=name)
    names += [f"lost{number}" for number in range(lost)]
    pins = ", ".join(f'"{name}==1.0"' for name in names if is_direct)
    tables = "".join(f'{name} = ["ninja"]\n' for name in names)
    project(here, f'[project]\nname = "app"\nversion = "1"\ndependencies = [{pins}]\n'
            f"[tool.uv.extra-build-dependencies]\n{tables}")  # fmt: skip


@pytest.mark.parametrize("command", ["", "--check"])
@pytest.mark.parametrize("count", [1, 5, 7, 30, 60])
@pytest.mark.parametrize("is_direct", [True, False])
def test_forty_lines_with_many_packages(here: Path, count: int, command: str, is_direct: bool) -> None:
    many(here, count, is_direct=is_direct)
    found = wrap(*command.split())
    lines = found.stdout.splitlines()
    assert len(lines) <= MOST
    assert sum(line.startswith("wrapped.d/demo") for line in lines) >= min(count, 10)
    last = ["next:\n", "  uv sync\n"] if is_direct else []  # of the others nobody says which version is meant
    assert all(one in found.stdout for one in (["stale: "] if command else [*last, "commit"]))
    is_short = lines[-1] == "augbackend wrap -v shows the rest"
    assert is_short or count <= 5
    told = wrap("-v", *command.split()).stdout.splitlines()
    assert len(told) > len(lines) if is_short else told == [*lines] or not command
    assert sum("ninja" in line for line in told) == count


def test_failures_are_told_in_full(here: Path) -> None:
    many(here, 30, lost=15)
    found = wrap()
    assert found.exit_code == 1
    assert found.stdout.count("there is no project lost") == 15
    assert found.stdout.count("hint: ") == 15
    assert "  … and " in found.stdout
    size = sum(file.stat().st_size for file in (here / "wrapped.d").iterdir()) / 1e6
    assert f"commit wrapped.d: 30 new archives ({size:.1f} MB)" in found.stdout


def test_two_lines_of_a_list_of_urls(here: Path) -> None:
    sdist(here.parent / "links")
    wheels = [
        {"url": f"https://torch.example.org/torch-2.8.0-cp{minor}-cp{minor}-{platform}.whl", "hash": "sha256:0"}
        for minor in (310, 311, 312)
        for platform in ("manylinux_2_28_x86_64", "win_amd64")
    ]
    registry = {"registry": "https://torch.example.org/simple"}
    text = '[project]\nname = "app"\nversion = "1"\ndependencies = ["demo==1.0", "torch==2.8.0"]\n[tool.uv]\n'
    text += '[[tool.uv.index]]\nname = "torch"\nurl = "https://torch.example.org/simple"\nexplicit = true\n'
    text += '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }]\n'
    torch = locked("2.8.0+cu128", "torch", source=registry, wheels=wheels)
    project(here, text, uv_lock(locked(), torch))
    said = wrapped().stdout
    assert (said.count("  + torch @ "), "    … and 4 more\n" in said) == (2, True), said
    assert said.endswith("\naugbackend wrap -v shows the rest\n")
    assert wrapped("-v").stdout.count("  + torch @ ") == 6


def test_what_gives_way() -> None:
    long, firm = tuple(map(str, range(30))), ("a", *"b" * 10, "")
    end = [*firm[:-1], "", MORE]
    assert fitted([Section((*long, ""), ("x", "x", "")), Section(firm)], MORE) == ["x", "x", "", *end]
    assert whole([Section((*long, "")), Section(firm)]) == [*long, "", *end[:-2]]
    assert fitted([Section(long, (*long, "")), Section(firm)], MORE) == [*long[:25], "  … and 5 more", "", *end]
    both = fitted([Section(long, (*long, "")), Section(long, long), Section(firm)], MORE)
    assert both == [*long[:12], "  … and 18 more", "", *long[:12], "  … and 18 more", *end]
    assert fitted([Section((*long, ""), has_more=True)], MORE) == [*long, "", MORE]
    assert fitted([Section(long * 2)], MORE) == [*long, *long, "", MORE]
    assert fitted([], MORE) == []
