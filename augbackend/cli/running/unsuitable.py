"""Failures that no constraint cures, each with what does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from augbackend.cli.model.cli_error import CliError

from .failed_package import FailedPackage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .failed_package import Unclear
    from .frontend_command import FrontendCommand

_HASHES = ("--require-hashes", "--require-build-hashes")
_HASH_VARIABLES = ("PIP_REQUIRE_HASHES", "UV_REQUIRE_HASHES")
_NO_ISOLATION = ("--no-build-isolation", "--no-build-isolation-package")
_TRUE = ("1", "true", "yes", "on")
_WRITES = "writes an archive of it that builds; ask for that instead"
_WITH = ("--with", "-w", "--with-requirements", "--with-editable")


def refusal(command: FrontendCommand, failed: FailedPackage, environ: Mapping[str, str]) -> CliError | None:
    """Why the command cannot be led to a wrapped archive, and what to do instead; ``None`` if it can."""
    if not failed.version:
        return _of_place(failed)
    if command.frontend == "uv project" or (command.frontend == "uv run" and not command.has(*_WITH)):
        return of_project(failed)
    if _wants_hashes(command, environ):
        return CliError(
            f"{failed} did not build, and hashes are asked for: a wrapped archive has another than upstream's",
            id="hashes-are-asked-for",
            hint=f"augbackend diagnose --apply {failed.name}=={failed.version} wraps it; lock that with its hash",
        )
    if command.has(*_NO_ISOLATION):
        return CliError(
            f"{failed} did not build, and without build isolation nothing is installed for it",
            id="without-build-isolation",
            hint="leave --no-build-isolation out: augbackend gives the isolated build what it needs",
        )
    return None


def of_project(failed: FailedPackage) -> CliError:
    """What a project of uv's depends on."""
    return CliError(
        f"{failed} did not build, and uv's project commands take no constraints",
        id="uv-project-command",
        hint="in the project, augbackend diagnose --apply finds out what is missing and declares it",
    )


def unclear(command: FrontendCommand, said: Unclear) -> CliError:
    """Why it cannot be told what did not build, and what to do.

    uv does not name what is asked for by its place alone: if there is only one such, it is that.
    """
    places = command.places if said.is_unnamed else []
    if len(places) == 1:
        return _of_place(FailedPackage("", "", places[0]))
    hint = "run it without -q, or name the package: augbackend diagnose NAME==VERSION"
    if places:
        hint = "find out which it is, and what it is missing: augbackend diagnose PLACE"
    return CliError(f"it is not clear which package did not build: {said.why}", id="failed-package-unclear", hint=hint)


def _wants_hashes(command: FrontendCommand, environ: Mapping[str, str]) -> bool:
    """Whether hashes are required, or files of requirements have some: pip and uv then hold to them by themselves."""
    if command.has(*_HASHES) or any(environ.get(name, "").lower() in _TRUE for name in _HASH_VARIABLES):
        return True
    return any(map(_has_hashes, command.requirements_files))


def _has_hashes(file: str) -> bool:
    try:
        return bool(re.search(rb"\s--hash[= ]", Path(file).read_bytes()))
    except (OSError, ValueError):
        return False


def _of_place(failed: FailedPackage) -> CliError:
    """What is no release of an index: a folder of the user's, a repository, an archive by its URL."""
    place = failed.place
    subject = failed.name or place
    if place.startswith(("git+", "hg+", "svn+", "bzr+")) or ".git@" in place:
        hint = f"augbackend diagnose --apply {shlex.quote(_repository(place))} {_WRITES}"
        return CliError(
            f"{subject} is asked for as a repository, and did not build", id="repository-not-built", hint=hint
        )
    path = unquote(urlsplit(place).path) if place.startswith("file:") else place
    if "://" in path:
        hint = f"augbackend diagnose --apply {shlex.quote(place)} {_WRITES}"
        return CliError(f"{subject} is asked for by its URL, and did not build", id="url-not-built", hint=hint)
    if path.endswith((".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz")):
        hint = f"augbackend diagnose --apply {shlex.quote(path)} {_WRITES}"
        return CliError(f"{subject} is asked for by its file, and did not build", id="file-not-built", hint=hint)
    hint = f"augbackend diagnose {shlex.quote(path)} finds out what it is missing; with --apply it is declared there"
    return CliError(f"{subject} is a folder of your own, and did not build", id="folder-not-built", hint=hint)


def _repository(place: str) -> str:
    """A repository as git takes it; pip prints ``git+file:/home`` for ``git+file:///home``."""
    whole = place if "+" in place.partition(":")[0] else f"git+{place}"
    return re.sub(r"(\+file:)/(?!/)", r"\1///", whole)
