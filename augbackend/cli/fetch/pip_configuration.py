"""pip's own configuration files, read as pip reads them: where the user's pip looks, we look.

pip is not run: it may be another one than the user's, and none at all beside uv.
"""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model import package_sources
from augbackend.cli.model.cli_error import CliError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.cli.model.package_sources import Sources

_SECTIONS = ("global", "install")  # the second is stronger


def sources(environ: Mapping[str, str]) -> Sources:
    """Where pip's files say to look.

    :param environ: names the files and their folders; pip's other variables count for more, and are not read here.
    :raises AugbackendError: if a file is not of the form that pip reads: pip would refuse it as well.
    """
    found: dict[str, str] = {}
    for file in _files(environ):
        found.update(_options(file))
    variables = {f"PIP_{key.replace('-', '_').upper()}": value for key, value in found.items()}
    return package_sources.chosen(None, (), (), variables)


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The files that may be there, weakest first: the machine's, the user's, the environment's, the one named."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    prefix = Path(environ.get("VIRTUAL_ENV") or sys.prefix)
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or ".")
    if os.name == "nt":
        name = "pip.ini"
        yield Path(environ.get("PROGRAMDATA", "C:\\ProgramData"), "pip", name)
        users = [home / "pip" / name, Path(environ.get("APPDATA", home / "AppData" / "Roaming"), "pip", name)]
    else:
        name, is_mac = "pip.conf", sys.platform == "darwin"
        shared = "/Library/Application Support" if is_mac else environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        yield from (Path(folder, "pip", name) for folder in shared.split(os.pathsep) if folder)
        yield Path("/etc", name)
        of_mac = home / "Library" / "Application Support" / "pip"
        usual = Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip")
        users = [home / ".pip" / name, (of_mac if is_mac and of_mac.is_dir() else usual) / name]
    if not Path(named).is_file():  # pip, too, leaves the user's file out if another is named
        yield from users
    yield prefix / name
    if named:
        yield Path(named)


def _options(file: Path) -> dict[str, str]:
    """The options of one file, by names as on the command line; empty if it is not there, or not to be read."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, encoding="utf-8-sig")  # skips what it cannot open
    except (configparser.Error, UnicodeDecodeError) as error:
        what = f"pip's configuration cannot be read: {str(error).splitlines()[0]}"
        raise CliError(
            what,
            id="pip-configuration-unreadable",
            where=str(file),
            hint="mend it there; PIP_CONFIG_FILE names another",
        ) from None
    found: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            for key, value in parser.items(section):
                found[key.replace("_", "-").removeprefix("--")] = value
    return found
