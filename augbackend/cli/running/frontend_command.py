"""A frontend's command, understood: which one it is, what it does, and what its options say.

::

    words -> the program, through `python -m` and `uv tool` -> FrontendCommand: its action and its options

Only what stands before the name of a tool is the frontend's (``uvx``, ``uv run``, ``pipx run``): the rest belongs to
the tool.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Frontend = Literal["pip", "uv pip", "uv tool", "uv run", "uv project", "pipx", "build", "tox", ""]

KNOWN = "pip, uv pip, uv tool, uvx, uv run --with, pipx, python -m build and tox"
_ACTIONS: dict[str, tuple[str, ...]] = {
    "pip": ("install", "wheel", "download", "lock"),
    "uv pip": ("install", "sync", "compile"),
    "uv tool": ("install", "upgrade", "run"),
    "pipx": ("install", "install-all", "run", "inject", "upgrade", "upgrade-all", "reinstall", "reinstall-all"),
}
_UV_PROJECT = ("sync", "lock", "add", "remove", "export", "tree", "build")
_RUNS_A_TOOL = (("uv tool", "run"), ("uv run", "run"), ("pipx", "run"))  # what follows its name is the tool's

# Options that take a value in the next word. A flag that is not known here is taken for one without a value.
_OF_PYTHON = frozenset(("-W", "-X", "--check-hash-based-pycs"))
_INDEXES = ("-i", "--index-url", "--extra-index-url", "--keyring-provider", "--cache-dir")
_OF_PIP = frozenset((
    *_INDEXES, "-f", "--find-links", "-r", "--requirement", "-c", "--constraint", "--build-constraint", "-e",
    "--editable", "-t", "--target", "--platform", "--python-version", "--implementation", "--abi", "--root", "--prefix",
    "--src", "--upgrade-strategy", "-C", "--config-setting", "--config-settings", "--progress-bar",
    "--root-user-action", "--report", "--group", "--all-releases", "--only-final", "--no-binary", "--only-binary",
    "--refresh-package", "--uploaded-prior-to", "--python", "--log", "--proxy", "--retries", "--timeout",
    "--exists-action", "--trusted-host", "--cert", "--client-cert", "--use-feature", "--use-deprecated",
    "--resume-retries", "-w", "--wheel-dir", "-d", "--dest", "--global-option", "--build-option",
    "--requirements-from-script", "-o", "--output",
))  # fmt: skip
_OF_UV = frozenset((
    *_INDEXES, "-f", "--find-links", "--index", "--default-index", "--index-strategy", "-r", "--requirement",
    "--requirements", "-c", "--constraint", "--constraints", "-b", "--build-constraint", "--build-constraints", "-e",
    "--editable", "-t", "--target", "--prefix", "-C", "--config-setting", "--config-settings",
    "--config-setting-package", "--config-settings-package", "--extra", "--no-extra", "--group", "--no-group",
    "--only-group", "--no-binary", "--no-binary-package", "--only-binary", "--no-build-package",
    "--no-build-isolation-package", "--no-editable-package", "--no-emit-package", "--no-sources-package",
    "--override", "--overrides", "--excludes", "--package", "--prerelease", "--prerelease-package", "--project",
    "--directory", "-p", "--python", "--python-platform", "--python-version", "--python-preference",
    "--refresh-package", "--reinstall-package", "-P", "--upgrade-package", "--upgrade-group", "--resolution",
    "--fork-strategy", "--exclude-newer", "--exclude-newer-package", "--link-mode", "--torch-backend", "--from", "-w",
    "--with", "--with-editable", "--with-requirements", "--with-executables-from", "--env-file", "--color",
    "--config-file", "--allow-insecure-host", "--cert", "-o", "--output-file", "--format", "--output-format",
    "--annotation-style", "--custom-compile-command", "-m", "--module",
))  # fmt: skip
_OF_PIPX = frozenset((
    "-i", "--index-url", "--pip-args", "--python", "--suffix", "--preinstall", "--app", "--lock", "--cooldown",
    "--backend", "--output", "--fetch-python", "--upgrade-strategy", "--include-resources-from", "--with", "--spec",
    "--python-args", "-r", "--requirement",
))  # fmt: skip
_VALUED = {"pip": _OF_PIP, "pipx": _OF_PIPX}

_PYTHON = r"(?i)(python|pypy)(\d+(\.\d+)*)?(t|d)?|py"
_PROGRAM = r"(?i)(pip|pipx|uv|uvx|tox|pyproject-build|build)(\d+(\.\d+)*)?"


@dataclass(frozen=True)
class FrontendCommand:
    """A command, as far as it is understood.

    :param words: all of it.
    :param frontend: empty if it is none that is known.
    :param action: such as ``install``; empty where the frontend does one thing.
    :param starts: where the words begin that follow the action.
    :param ends: where the frontend's own words end.
    """

    words: tuple[str, ...]
    frontend: Frontend = ""
    action: str = ""
    starts: int = 0
    ends: int = 0

    @property
    def runs_a_tool(self) -> bool:
        """Whether a program is run that was installed for it."""
        return (self.frontend, self.action) in _RUNS_A_TOOL

    def options(self, *names: str) -> list[str]:
        """The values of options, in order."""
        return [value for name, value in self._given if name in names]

    def has(self, *names: str) -> bool:
        """Whether one of these options or flags is given."""
        return any(name in names for name, _ in self._given)

    @property
    def named(self) -> list[str]:
        """What is named without an option: requirements, paths, URLs."""
        return [value for name, value in self._given if not name]

    @property
    def requirements_files(self) -> list[str]:
        """The files that say what is asked for."""
        values = self.options("-r", "--requirement", "--requirements", "--with-requirements")
        named = self.named if self.frontend == "uv pip" and self.action in ("sync", "compile") else []
        return [*named, *(one for value in values for one in value.split(","))]

    @property
    def places(self) -> list[str]:
        """What is asked for by its place alone: a folder, a repository, an archive's path or URL."""
        if "build" in (self.frontend, self.action):  # of a tree, which is the current folder if none is named
            return self.named or ["."]
        asked = [*self.named, *self.options("-e", "--editable", "--with-editable", "--from", "--spec", "--with", "-w")]
        return [one for one in asked if one in (".", "..") or (re.search(r"[/\\]", one) and " @ " not in one)]

    @property
    def _given(self) -> list[tuple[str, str]]:
        # Options of uv and pip may stand before the action, too.
        valued = _VALUED.get(self.frontend, _OF_UV)
        after = _options_in(self.words[self.starts : self.ends], valued)
        before = [one for one in _options_in(self.words[1 : self.starts], valued) if one[0]]
        return [*before, *after]

    def with_words(self, *more: str) -> tuple[str, ...]:
        """All the words, with some more behind the action."""
        return (*self.words[: self.starts], *more, *self.words[self.starts :])


def understood(words: Sequence[str]) -> FrontendCommand:
    """What a command is; one without a frontend where that is not known."""
    whole = tuple(words)
    at, program = _program(whole)
    if program == "pip":
        return _with_action(whole, "pip", at, _OF_PIP)
    if program == "pipx":
        return _with_action(whole, "pipx", at, _OF_PIPX)
    if program == "uvx":
        return _ended(FrontendCommand(whole, "uv tool", "run", at), _OF_UV)
    if program == "uv":
        return _uv_command(whole, at)
    if program == "tox":
        return FrontendCommand(whole, "tox", "", at, len(whole))
    if program in ("build", "pyproject-build"):
        return FrontendCommand(whole, "build", "", at, len(whole))
    return FrontendCommand(whole)


def _program(words: Sequence[str]) -> tuple[int, str]:
    """Which program is called, and where its own words begin."""
    name = _program_name(words[0]) if words else ""
    if re.fullmatch(_PYTHON, name):
        at = 1
        while at < len(words) and words[at].startswith("-") and words[at] != "-m":
            at += 2 if words[at] in _OF_PYTHON else 1
        if at + 1 >= len(words) or words[at] != "-m":
            return 0, ""
        module = words[at + 1].partition(".")[0]
        return (at + 2, module) if module in ("pip", "pipx", "uv", "tox", "build") else (0, "")
    found = re.fullmatch(_PROGRAM, name)
    return (1, found[1].lower()) if found and name.lower() != "build" else (0, "")


def _program_name(word: str) -> str:
    """A program's name, without its folder and what Windows adds."""
    name = PureWindowsPath(PurePosixPath(word).name).name
    return re.sub(r"(?i)\.(exe|cmd|bat)$", "", name)


def _uv_command(words: tuple[str, ...], at: int) -> FrontendCommand:
    first = _next_word(words, at, _OF_UV)
    if first is None:
        return FrontendCommand(words)
    command = words[first]
    if command == "run":
        return _ended(FrontendCommand(words, "uv run", "run", first + 1), _OF_UV)
    if command == "pip":
        return _with_action(words, "uv pip", first + 1, _OF_UV)
    if command == "tool":
        return _with_action(words, "uv tool", first + 1, _OF_UV)
    if command in _UV_PROJECT:
        return FrontendCommand(words, "uv project", command, first + 1, len(words))
    return FrontendCommand(words)


def _with_action(words: tuple[str, ...], frontend: Frontend, at: int, valued: frozenset[str]) -> FrontendCommand:
    place = _next_word(words, at, valued)
    if place is None or words[place] not in _ACTIONS[frontend]:
        return FrontendCommand(words)
    return _ended(FrontendCommand(words, frontend, words[place], place + 1), valued)


def _ended(command: FrontendCommand, valued: frozenset[str]) -> FrontendCommand:
    """The command with the place where the frontend's own words end."""
    words, end = command.words, len(command.words)
    if command.runs_a_tool:
        place = _next_word(words, command.starts, valued)
        end = end if place is None else place + 1
        has_name = command.frontend == "uv run" or _names_its_package(words[command.starts : end])
        end -= 1 if place is not None and has_name else 0
    return FrontendCommand(words, command.frontend, command.action, command.starts, end)


def _names_its_package(words: Sequence[str]) -> bool:
    """Whether an option says what to install, so that the first word is only a program in it."""
    return any(word.partition("=")[0] in ("--from", "--spec") for word in words)


def _next_word(words: Sequence[str], at: int, valued: frozenset[str]) -> int | None:
    """Where the first word is that is neither an option nor its value."""
    while at < len(words):
        if words[at] == "--":
            return at + 1 if at + 1 < len(words) else None
        if not words[at].startswith("-"):
            return at
        at += 2 if words[at] in valued else 1
    return None


def _options_in(words: Sequence[str], valued: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value, and each other word without a name."""
    at = 0
    while at < len(words):
        word = words[at]
        name, separator, value = word.partition("=")
        if word == "--" or not word.startswith("-"):
            yield from [("", word)] if word != "--" else []
        elif word.startswith("--") and separator:
            yield name, value
        elif word in valued:
            at += 1
            yield word, words[at] if at < len(words) else ""
        elif not word.startswith("--") and word[:2] in valued:
            yield word[:2], word[2:]
        else:
            yield word, ""
        at += 1
