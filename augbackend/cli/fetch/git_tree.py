"""The files of a git repository at a commit, read from git's objects: nothing is checked out, so nothing runs.

A checkout would follow links, run filters that ``.gitattributes`` names, and fetch submodules.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from augbackend.cli import progress
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.strangers import process
from augbackend.cli.strangers.telling_line import telling_line

from . import git_credentials, index, repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .git_credentials import Access

_LIMIT = 1800.0  # seconds for fetching
_CHUNK = 2**20
_LARGEST_READ = 16 * 2**20
_LINK, _SUBMODULE = "120000", "160000"
_OF_A_REPOSITORY = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"),
)


class GitFile(NamedTuple):
    """One entry of the tree: ``mode`` as git writes it, ``size`` 0 for a submodule."""

    mode: str
    object_id: str
    size: int

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, whose target is its content."""
        return self.mode == _LINK

    @property
    def is_executable(self) -> bool:
        """Whether it is a program."""
        return self.mode.endswith("755")


@dataclass(frozen=True, eq=False)
class GitTree:
    """The files at a commit, by name, and the folders of its submodules; open as long as :func:`tree_at` lasts."""

    files: Mapping[str, GitFile]
    submodules: frozenset[str]
    objects: subprocess.Popen[bytes]

    def holds(self, name: str, content: IO[bytes]) -> bool:
        """Whether a file's content is this, byte for byte."""
        is_same = True
        for chunk in self._chunks(self.files[name]):
            is_same = content.read(len(chunk)) == chunk and is_same
        return is_same and not content.read(1)

    def read(self, name: str) -> bytes | None:
        """The content of a file; ``None`` if there is none of that name.

        :raises AugbackendError: if it is too large for what is read as a whole.
        """
        found = self.files.get(name)
        if found is None:
            return None
        if found.size > _LARGEST_READ:
            raise CliError(
                f"it has {found.size} bytes",
                id="too-large-to-compare",
                where=name,
                hint="that is too large to be compared",
            )
        return b"".join(self._chunks(found))

    def _chunks(self, file: GitFile) -> Iterator[bytes]:
        asked, answer = self.objects.stdin, self.objects.stdout
        if asked is None or answer is None:
            raise AssertionError
        asked.write(f"{file.object_id}\n".encode())
        asked.flush()
        answer.readline()  # the id, the type and the size again
        left = file.size
        while left:
            chunk = answer.read(min(left, _CHUNK))
            if not chunk:
                hint = "run it again; if it ends again, git fsck says what is broken"
                raise CliError(
                    "git ended while it was read from", id="git-ended-early", where=file.object_id, hint=hint
                )
            left -= len(chunk)
            yield chunk
        answer.read(1)  # a line's end


@contextmanager
def tree_at(url: str, *, is_whole: bool = False) -> Iterator[GitTree]:
    """Fetch a repository at a commit (``git+https://host/path@<commit>#subdirectory=folder``).

    :param is_whole: whether the tree is the repository's, also where the URL names a subdirectory.
    :raises AugbackendError: if it cannot be had, or names no commit.
    """
    from unearth.errors import URLError
    from unearth.vcs import vcs_support

    link, place = repository.link(url), index.shown(url)
    try:
        address, commit, _ = vcs_support.get_backend("git").get_url_and_rev_options(link)
    except URLError:
        address, commit = None, None
    if address is None or not repository.COMMIT.fullmatch(commit or ""):
        raise CliError("it names no commit", id="url-names-no-commit", where=place, hint="…@<the full commit id>")
    with tempfile.TemporaryDirectory(prefix="augbackend-") as name:
        git = _Git(Path(name), place, git_credentials.access(address.secret))
        git.fetch(str(commit))
        tree = f"{commit}:{'' if is_whole else (link.subdirectory or '').strip('/')}"
        files = {}
        for line in git.output("ls-tree", "-r", "-z", "-l", tree).split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, object_id, size = about.decode().split()
            files[path.decode("utf-8", "surrogateescape")] = GitFile(mode, object_id, int(size.replace("-", "0")))
        submodules = frozenset(path for path, file in files.items() if file.mode == _SUBMODULE)
        with git.started("cat-file", "--batch") as objects:
            yield GitTree({path: file for path, file in files.items() if path not in submodules}, submodules, objects)


@dataclass(frozen=True)
class _Git:
    """git in a new repository without a work tree."""

    folder: Path
    place: str
    access: Access

    def fetch(self, commit: str) -> None:
        """Get a commit: it alone, or all branches and tags from a server that gives nothing else."""
        form = ["--object-format=sha256"] if len(commit) > 40 else []  # noqa: PLR2004  # digits of a SHA-1
        # No template: the user's may hold hooks.
        self._run("init", "--quiet", "--bare", "--template=", *form, str(self.folder))
        with progress.shown(f"fetching {self.place}"):
            head = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules")
            alone = self._run(*head, "--depth=1", "--", self.access.url, commit)
            if alone is not None:
                refs = [f"+refs/{kind}/*:refs/theirs/{kind}/*" for kind in ("heads", "tags")]
                problem = self._run(*head, "--", self.access.url, *refs)
                if problem is not None:
                    hint = "is the URL right, and the revision there?"
                    raise CliError(
                        f"it cannot be fetched: {problem}", id="cannot-fetch-repository", where=self.place, hint=hint
                    )

    def output(self, *arguments: str) -> bytes:
        """What a command that only reads prints.

        :raises AugbackendError: if there is no such tree.
        """
        try:
            done = subprocess.run(  # noqa: S603  # git, on objects
                self._command(*arguments),
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=True,
            )
        except subprocess.CalledProcessError:
            hint = "the repository may have lost it, or the subdirectory is another"
            raise CliError(
                "there is no such commit or subdirectory", id="no-such-commit", where=self.place, hint=hint
            ) from None
        return done.stdout

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command that answers as long as the context lasts."""
        with subprocess.Popen(  # noqa: S603  # git, on objects
            self._command(*arguments),
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    def _run(self, *arguments: str) -> str | None:
        """Run a command; returns what went wrong."""
        ran = process.run(self._command(*arguments), self.folder, self._environ, _LIMIT)
        if ran.status == 0:
            return None
        return index.without_credentials(telling_line(ran.output))

    def _command(self, *arguments: str) -> list[str]:
        program = shutil.which("git")
        if program is None:
            raise CliError("there is no git here", id="no-git", where=self.place, hint="install git")
        settings = ("core.hooksPath=/dev/null", "gc.auto=0", "maintenance.auto=false")
        options = [*self.access.options, *(word for setting in settings for word in ("-c", setting))]
        return [program, f"--git-dir={self.folder}", *options, *arguments]

    @property
    def _environ(self) -> dict[str, str]:
        transport = self.access.url.partition("://")[0]
        return {
            **{name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY},
            **dict(self.access.environ),
            # This overrides the user's settings: a redirection must not lead to another kind of address.
            "GIT_ALLOW_PROTOCOL": "http:https" if transport == "http" else transport,
            "GIT_NO_LAZY_FETCH": "1",  # a repository on this disk may name another place, and how to get there
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }


def link_target(target: str) -> IO[bytes]:
    """A link's target as git keeps it."""
    return io.BytesIO(target.encode("utf-8", "surrogateescape"))
