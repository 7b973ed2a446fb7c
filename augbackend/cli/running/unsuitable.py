"""Failures that no constraint cures, each with what does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .failed_package import FailedPackage
    from .frontend_command import FrontendCommand

_HASHES = ("--require-hashes", "--require-build-hashes")
_HASH_VARIABLES = ("PIP_REQUIRE_HASHES", "UV_REQUIRE_HASHES")
_NO_ISOLATION = ("--no-build-isolation", "--no-build-isolation-package")
_TRUE = ("1", "true", "yes", "on")
_WITH = ("--with", "-w", "--with-requirements", "--with-editable")


def refusal(command: FrontendCommand, failed: FailedPackage, environ: Mapping[str, str]) -> AugbackendError | None:
    """Why the command cannot be led to a wrapped archive, and what to do instead; ``None`` if it can."""
    if not failed.version:
        return _of_place(failed)
    if command.frontend == "uv project" or (command.frontend == "uv run" and not command.has(*_WITH)):
        return AugbackendError(
            f"{failed} did not build, and uv's project commands take no constraints",
            hint="in the project, augbackend diagnose --apply finds out what is missing and declares it",
        )
    if command.has(*_HASHES) or any(environ.get(name, "").lower() in _TRUE for name in _HASH_VARIABLES):
        return AugbackendError(
            f"{failed} did not build, and hashes are required: a wrapped archive has another than upstream's",
            hint=f"wrap it (augbackend wrap {failed.name}=={failed.version}), and lock the archive with its hash",
        )
    if command.has(*_NO_ISOLATION):
        return AugbackendError(
            f"{failed} did not build, and without build isolation nothing is installed for it",
            hint="leave --no-build-isolation out: augbackend gives the isolated build what it needs",
        )
    return None


def _of_place(failed: FailedPackage) -> AugbackendError:
    """What is no release of an index: a folder of the user's, a repository, an archive by its URL."""
    place = failed.place
    if place.startswith(("git+", "hg+", "svn+", "bzr+")) or ".git@" in place:
        hint = f"augbackend wrap '{_repository(place)}' makes an archive of it; ask for that instead"
        return AugbackendError(f"{failed.name} is asked for as a repository, and did not build", hint=hint)
    path = unquote(urlsplit(place).path) if place.startswith("file:") else place
    if "://" in place and not place.startswith("file:"):
        hint = f"augbackend wrap '{place}' makes an archive of it; ask for that instead"
        return AugbackendError(f"{failed.name} is asked for by its URL, and did not build", hint=hint)
    if path.endswith((".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz")):
        hint = f"augbackend diagnose {path} --apply wraps it; ask for that archive instead"
        return AugbackendError(f"{failed.name} is asked for by its file, and did not build", hint=hint)
    hint = f"augbackend diagnose {path} finds out what it is missing; with --apply it is declared there"
    return AugbackendError(f"{failed.name} is a folder of your own, and did not build", hint=hint)


def _repository(place: str) -> str:
    return place if "+" in place.partition(":")[0] else f"git+{place}"
