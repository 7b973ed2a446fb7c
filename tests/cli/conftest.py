"""What the tests of ``wrap`` share: nothing of this machine's settings, no way to the network, a folder for temporary files."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from augbackend.cli.fetch import index, recipe_places
from augbackend.cli.strangers import environment
from augbackend.cli.strangers.environment import Environment
from augbackend.cli.strangers.process import Ran

from ..json_outputs import printed_json  # noqa: F401  # of each test


def _only_here(ask: Any) -> Any:
    def asked(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != "127.0.0.1":
            raise OSError(f"{host}: a test has no network")
        return ask(host, *arguments, **options)

    return asked


@pytest.fixture(autouse=True)
def no_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the recipes that a test names: neither this machine's nor those that are shipped."""
    nowhere = Path(os.devnull) / "recipes"
    monkeypatch.setattr(recipe_places, "own_folder", lambda: nowhere)
    monkeypatch.setattr(recipe_places, "shipped_folder", lambda: nowhere)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith(("PIP_", "UV_")) or "PROXY" in name.upper()]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setattr(socket, "getaddrinfo", _only_here(socket.getaddrinfo))
    # Reading this machine's certificates for each client takes longer than all the rest, and nobody speaks TLS here.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    index._finder.cache_clear()
    return temporary


@pytest.fixture
def no_index(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only folders are looked in."""
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")


class _Installed(Environment):
    """Stands for an environment that is not isolated, where nothing can be installed."""

    @property
    def python_executable(self) -> str:
        return sys.executable

    def make_extra_environ(self) -> Mapping[str, str]:
        return {}

    def install(self, requirements: Iterable[Requirement], limit: float) -> Ran:
        raise AssertionError(list(requirements), limit)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source trees are built with this interpreter: what it has need not be installed."""
    monkeypatch.setattr(environment, "created", lambda using, within, _: _Installed(within, using))
