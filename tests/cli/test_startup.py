"""What a command imports before it has anything to do: the time that everybody waits."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import click
import pytest

from augbackend.cli.main import COMMANDS

# Each takes as long to import as all that `--help` needs.
HEAVY = {"httpx2", "python_discovery", "rich.console", "tomlkit", "unearth"}
OURS = {  # all that `--help` needs beside click
    "augbackend",
    "augbackend.cli",
    "augbackend.cli.colours",
    "augbackend.cli.command",
    "augbackend.cli.loudness",
    "augbackend.cli.main",
    "augbackend.cli.model",
    "augbackend.cli.model.cli_error",
    "augbackend.cli.model.error_ids",
    "augbackend.cli.model.error_report",
    "augbackend.cli.model.usage_mistake",
    "augbackend.cli.strangers",
    "augbackend.cli.strangers.interruption",
    "augbackend.cli.terminal",
    "augbackend.cli.usage_errors",
    "augbackend.errors",
}


def imported_by(code: str) -> set[str]:
    """The modules of a process that runs this, less the standard library's."""
    of_installed = "'site-packages' in str(getattr(module, '__file__', '')) or name.startswith('augbackend')"
    shown = f"print('modules', *[name for name, module in sys.modules.items() if {of_installed}])"
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; {shown}"], capture_output=True, text=True, check=True
    )
    return set(ran.stdout.splitlines()[-1].split()[1:])


@pytest.mark.processes
def test_help_imports_click_and_nothing_else() -> None:
    found = imported_by("from augbackend.cli.main import group; group(['--help'], standalone_mode=False)")
    ours = {one for one in found if one.partition(".")[0] == "augbackend"}
    assert ours == OURS
    assert {one.partition(".")[0] for one in found - ours - imported_by("pass")} <= {"click", "colorama"}


@pytest.mark.processes
@pytest.mark.parametrize("command", ["show", "wrap"])
def test_no_command_imports_what_only_a_download_needs(command: str) -> None:
    found = imported_by(f"import augbackend.cli.commands.{command}")
    assert not found & (HEAVY - {"tomlkit"})  # both read the table that is to be edited


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_itself(name: str) -> None:
    command = getattr(import_module(f"augbackend.cli.commands.{name}"), name)
    assert isinstance(command, click.Command)
    assert command.get_short_help_str(1000).rstrip(".") == COMMANDS[name].rstrip(".")  # click before 8.2 drops it
