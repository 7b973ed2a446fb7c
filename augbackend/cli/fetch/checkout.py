"""A repository at a revision, checked out by its own program, which is told no password on its command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unearth.vcs import vcs_support
from unearth.vcs.base import HiddenText
from unearth.vcs.git import Git

from augbackend.cli.model.cli_error import CliError

from . import git_credentials, index

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from pathlib import Path

    from unearth import Link
    from unearth.vcs.base import VersionControl


def checked_out(link: Link, folder: Path) -> str:
    """Fetch it into a new folder.

    :return: the commit that is there.
    :raises AugbackendError: if its URL has a password, and its program has no other way to be told one.
    :raises unearth.errors.UnpackError: if it cannot be fetched.
    """
    if link.vcs == "git":
        address, _, _ = Git().get_url_and_rev_options(link)
        program: VersionControl = _QuietGit(git_credentials.access(address.secret))
    elif link.parsed.password:
        hint = f"take it out of the URL, and sign in as {link.vcs} has it"
        what = f"a password in the URL would be on a command line of {link.vcs}, where everybody reads it"
        raise CliError(what, id="password-in-url", where=index.shown(link.url), hint=hint)
    else:
        program = vcs_support.get_backend(link.vcs or "")
    program.fetch(link, folder)
    return str(program.get_revision(folder))


class _QuietGit(Git):
    """git, whose URL says neither user nor password, in its settings either."""

    def __init__(self, access: git_credentials.Access) -> None:
        super().__init__()
        self._access = access

    def run_command(
        self, cmd: Sequence[str | HiddenText], *arguments: Any, **named: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command; each may have to fetch."""
        words = [self._access.url if isinstance(word, HiddenText) else word for word in cmd]
        named["extra_env"] = {**dict(self._access.environ), **(named.get("extra_env") or {})}
        return super().run_command([*self._access.options, *words], *arguments, **named)
