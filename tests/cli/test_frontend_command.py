"""Which frontend a command is, and what its options say."""

from __future__ import annotations

import pytest

from augbackend.cli.running import frontend_command


@pytest.mark.parametrize(
    ("text", "frontend", "action", "named"),
    [
        ("pip install x y", "pip", "install", "x y"),
        ("python -m pip install -r r.txt x", "pip", "install", "x"),
        ("python3.11 -W ignore -I -m pip wheel x", "pip", "wheel", "x"),
        ("py -3.11 -m pip install x", "pip", "install", "x"),
        ("/home/me/env/bin/pip3.11 -q --log l install -cc.txt x", "pip", "install", "x"),
        (r"C:\env\Scripts\pip.exe install x", "pip", "install", "x"),
        ("pip list", "", "", ""),
        ("uv pip install --python env -c a x", "uv pip", "install", "x"),
        ("uv --directory sync pip compile r.in", "uv pip", "compile", "r.in"),
        ("uv -q tool install x --with y", "uv tool", "install", "x"),
        ("uvx x@1.0 --from q", "uv tool", "run", "x@1.0"),
        ("uvx --from x==1 y -c z", "uv tool", "run", ""),
        ("uv tool run --python 3.12 x -c y", "uv tool", "run", "x"),
        ("uv run --with x python -c 1", "uv run", "run", ""),
        ("uv run script.py --with z", "uv run", "run", ""),
        ("python -m uv sync", "uv project", "sync", ""),
        ("uv lock", "uv project", "lock", ""),
        ("uv self update", "", "", ""),
        ("uv", "", "", ""),
        ("pipx install -f x", "pipx", "install", "x"),
        ("pipx run --spec x y --flag", "pipx", "run", ""),
        ("pipx inject tool x", "pipx", "inject", "tool x"),
        ("python -m build .", "build", "", "."),
        ("pyproject-build", "build", "", ""),
        ("tox -e a", "tox", "", "a"),
        ("make install", "", "", ""),
        ("python setup.py install", "", "", ""),
        ("python", "", "", ""),
    ],
)
def test_commands(text: str, frontend: str, action: str, named: str) -> None:
    found = frontend_command.understood(text.split())
    assert (found.frontend, found.action) == (frontend, action)
    assert frontend in ("", "tox") or found.named == named.split()


def test_options_of_a_tool_are_its_own() -> None:
    found = frontend_command.understood(
        ["uvx", "--from", "x", "--with=a", "--with", "b", "tool", "--with", "c", "-c", "d"]
    )
    assert found.options("--with") == ["a", "b"]
    assert not found.has("-c")
    assert found.with_words("-c", "f")[:3] == ("uvx", "-c", "f")


def test_files_of_requirements() -> None:
    found = frontend_command.understood(["uv", "pip", "compile", "r.in", "-r", "s.in"])
    assert found.requirements_files == ["r.in", "s.in"]
    assert not found.places
    found = frontend_command.understood(["uvx", "--with-requirements", "a,b", "x"])
    assert found.requirements_files == ["a", "b"]


def test_options_before_the_action() -> None:
    found = frontend_command.understood(
        ["uv", "--python", "3.12", "pip", "install", "-r", "a", "-rb", "--constraint=c", "x"]
    )
    assert found.options("--python") == ["3.12"]
    assert found.options("-r") == ["a", "b"]
    assert found.options("--constraint") == ["c"]


def test_every_known_word_is_named_to_the_user() -> None:
    for frontend in ("pip", "uv pip", "uv tool", "uv run", "pipx", "build", "tox"):
        assert frontend in frontend_command.KNOWN
