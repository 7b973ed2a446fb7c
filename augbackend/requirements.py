"""Build requirements: what ``get_requires_for_build_*`` answers, and the check before a build."""

from __future__ import annotations

import os
import re
import shutil
import sys

from . import match_runtime, pep508, wrapped
from .errors import AugbackendError, say
from .installed import installed_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Optional

    from .reading import Build
    from .settings import BuildDependency, Target


def declared(build: Build, target: Target) -> list[BuildDependency]:
    """What ``extra-build-dependencies`` comes to for one kind of build: versions matched, commands looked for."""
    return [
        one
        for entry in build.settings.extra_build_dependencies
        if is_wanted(entry, target)
        for one in (match_runtime.match(build, entry).entries if entry.match_runtime else (entry,))
    ]


def is_wanted(entry: BuildDependency, target: Target) -> bool:
    """Whether one kind of build wants an entry on this machine, wherever its marker holds."""
    return target in entry.hooks and not (entry.unless_command and shutil.which(entry.unless_command))


def text_for(build: Build, entry: BuildDependency) -> str:
    """The requirement's text; byte for byte that of ``build-system.requires``, if it stands there too.

    Then uv sees nothing new and skips its second resolution.
    """
    for text in build.requires:
        try:
            if text == entry.text or pep508.parse_requirement(text) == entry.parsed:
                return text
        except pep508.InvalidRequirement:
            continue  # the frontend's to report, in its own words
    return entry.text


def answer(build: Build, target: Target, ask: Callable[[], Optional[Iterable[str]]]) -> list[str]:
    """What ``get_requires_for_build_<target>`` returns (PEP 517): the wrapped backend's wishes and ours.

    Markers are left for the frontend to evaluate.

    :param ask: calls the wrapped backend's own hook.
    """
    theirs: list[str] = []
    if build.settings.dynamic_requires != "never":
        theirs = _asked(build, target, ask)
    kept = [text for text in theirs if not is_removed(build, text)]
    _say_what_is_not_known(build, target)
    ours = [text_for(build, entry) for entry in declared(build, target)]
    return [*kept, *(text for text in dict.fromkeys(ours) if text not in kept)]


def _say_what_is_not_known(build: Build, target: Target) -> None:
    for entry in build.settings.extra_build_dependencies:
        if entry.match_runtime and is_wanted(entry, target) and entry.parsed.applies():
            found = match_runtime.match(build, entry)
            if found.rung == "bare":
                cure = f"AUGBACKEND_MATCH_RUNTIME={entry.parsed.name}==<version> says which"
                say("note", f"{found.entries[0].text} {found.why}; {cure}")


def _asked(build: Build, target: Target, ask: Callable[[], Optional[Iterable[str]]]) -> list[str]:
    """The wrapped backend's own answer; in ``auto``, what can be read instead if it cannot run yet."""
    try:
        return [str(text) for text in ask() or ()]
    except (Exception, SystemExit) as error:
        absent = unmet(build, target)
        if build.settings.dynamic_requires == "always" or not absent:
            raise
        from .standards.setup_files import setup_requires

        read = setup_requires(build.tree)
        if wrapped.module_name(build).startswith("setuptools") and _setuptools_needs_wheel():
            read.append("wheel")
        say(
            "note",
            f"{build.settings.build_backend} could not name its requirements before {', '.join(_names(absent))}"
            f" is installed ({type(error).__name__}: {str(error).strip().partition(chr(10))[0]}); going on with the"
            f" declared ones{' and ' + ', '.join(read) if read else ''}",
        )
        return read


def _setuptools_needs_wheel() -> bool:
    """setuptools before 70.1 has no ``bdist_wheel`` of its own and would have asked for ``wheel``."""
    from importlib.util import find_spec

    try:
        return find_spec("setuptools.command.bdist_wheel") is None
    except ModuleNotFoundError:
        return False


def is_removed(build: Build, text: str) -> bool:
    """Whether ``remove-build-dependencies`` names the project that a requirement begins with, whatever follows it."""
    dropped = {pep508.canonical_name(name) for name in build.settings.remove_build_dependencies}
    head = re.match(pep508.NAME, text.strip()) if dropped else None
    return head is not None and pep508.canonical_name(head[0]) in dropped


def _names(found: Sequence[tuple[BuildDependency, Optional[str]]]) -> list[str]:
    return [entry.parsed.name for entry, _ in found]


def unmet(build: Build, target: Target) -> list[tuple[BuildDependency, Optional[str]]]:
    """The declared entries that hold here and are not satisfied, each with the version that is installed."""
    found = []
    for entry in declared(build, target):
        requirement = entry.parsed
        if requirement.applies():
            version = installed_version(requirement.name)
            if version is None or not requirement.accepts(version):
                found.append((entry, version))
    return found


def check(build: Build, target: Target) -> None:
    """Before a build: every declared requirement that applies is installed.

    Frontends that isolate have seen to that; ``--no-build-isolation`` never calls ``get_requires``. Another
    version than the declared one is worth a warning: who turned isolation off may know why.

    :raises AugbackendError: naming what is missing and the command that installs it.
    """
    for wanted in build.settings.extra_build_dependencies:
        if wanted.match_runtime and is_wanted(wanted, target):
            _check_variant(match_runtime.match(build, wanted))
    absent = []
    for entry, version in unmet(build, target):
        if version is None:
            absent.append(entry)
        else:
            say("warning", f"{entry.text} is declared, but {entry.parsed.name} {version} is installed")
    if absent:
        command = [sys.executable or "python", "-m", "pip", "install", *(entry.text for entry in absent)]
        raise AugbackendError(
            f"not installed in the build environment: {', '.join(entry.parsed.name for entry in absent)}",
            where="tool.augbackend.extra-build-dependencies; a frontend without build isolation installs nothing",
            hint=command_line(command),
        )


def _check_variant(found: match_runtime.Match) -> None:
    """Refuse another variant of the matched version: no pin of the wheel's could tell ``2.8.0+cpu`` from ``2.8.0``."""
    for exact, entry in zip(found.exact, found.entries):
        name, version = exact.parsed.name, installed_version(exact.parsed.name)
        if version is None or exact.parsed.accepts(version) or not entry.parsed.accepts(version):
            continue
        if exact.parsed.applies():
            (_, bound), *_ = exact.parsed.clauses
            says = f"AUGBACKEND_MATCH_RUNTIME={name}"
            raise AugbackendError(
                f"{name} {version} is in the build environment, and {name} {bound} is what there will be at run time",
                where=f"tool.augbackend.extra-build-dependencies, {name}: {found.why}",
                hint=f"{says}=={version} takes it, {says}==={bound} does not",
            )


def command_line(command: Sequence[str]) -> str:
    """The command as one types it into this system's shell."""
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline(command)
    import shlex

    return " ".join(map(shlex.quote, command))
