"""The folders of the command line import downwards only, also for types and inside of functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from augbackend import cli

ROOT = Path(cli.__file__).parent
PACKAGE = "augbackend.cli"
# Each may import those below it, and none beside it.
LAYERS = (
    ("__main__",),
    ("__init__",),
    ("main",),
    ("commands",),
    ("command", "outputs", "usage_errors"),
    ("diagnosis", "docs", "running", "site", "wrapping"),
    ("project",),
    ("fetch",),
    ("strangers",),
    ("edit",),
    ("model", "progress"),
    ("terminal",),
    ("colours", "install_hint", "loudness"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imported(file: Path) -> Iterator[str]:
    """The modules that a file of the command line imports, by their whole names."""
    package = [*PACKAGE.split("."), *file.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{source}.{one.name}" for one in node.names)


def layer(parts: tuple[str, ...]) -> str:
    return parts[0].removesuffix(".py")


def test_imports_lead_downwards() -> None:
    wrong = set()
    for file in ROOT.rglob("*.py"):
        name = file.relative_to(ROOT)
        own = layer(name.parts)
        for module in imported(file):
            other = layer(tuple(module.removeprefix(f"{PACKAGE}.").split(".")))
            if module.startswith(f"{PACKAGE}.") and other != own and RANK[other] <= RANK[own]:
                wrong.add(f"{name.as_posix()} imports {module}")
    assert not wrong


def test_every_folder_has_its_layer() -> None:
    there = {layer((entry.name,)) for entry in ROOT.iterdir() if entry.name != "__pycache__"}
    assert there == set(RANK)
