"""``passthrough``: a build requirement from the environment that is installed into, instead of a copy of it.

The key itself says no for one build; an entry of ``extra-build-dependencies`` says that it is to be passed through::

    match-runtime -> the version that counts -> installed there, with all that it requires? -> links to its files on
    sys.path and PYTHONPATH, for each hook -> get_requires does not ask for it

A later hook, which is another process, comes to the same: what the frontend has installed meanwhile is in the build
environment, and that always wins.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, cast

from augbackend.errors import FOREIGN, AugbackendError, add_note, say
from augbackend.standards import InvalidRequirement, requirements
from augbackend.standards.installed import installed as installed_here
from augbackend.standards.installed import installed_version

from . import Feature
from ._installed_closure import Distribution, UnusableError, closure, installed, reached
from .extra_build_dependencies import entries, is_wanted
from .match_runtime import match, target_folders, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from augbackend.table import Build, Target

    from .extra_build_dependencies import BuildDependency


class Passed(NamedTuple):
    """What would be passed through.

    :param named: of what is declared: name → the distribution.
    :param files: of these and all that they require, each with the names of its files.
    :param refused: of what is declared: name → why it is installed as any other requirement.
    """

    named: Mapping[str, Distribution]
    files: Sequence[tuple[Distribution, list[str]]]
    refused: Mapping[str, str]


_SAID = "matched to nothing"  # match-runtime itself tells of that
NOTHING = Passed({}, (), {})


def plan(build: Build, target: str, folders: Sequence[str]) -> Passed:
    """Look what can be passed through.

    :param folders: of the environment that is installed into.
    """
    declared = _declared(build, target) if folders else []
    here = installed_here(build.path) if declared else {}
    wanted = [one for one in declared if one.parsed.name not in here]
    if not wanted:
        return NOTHING
    named, refused = dict[str, Distribution](), dict[str, str]()
    passed, files = dict[str, Distribution](), dict[str, list[str]]()
    there = installed(folders)
    others = [one.parsed.name for one in entries(build) if one not in wanted and is_wanted(one, cast("Target", target))]
    for entry in wanted:
        name = entry.parsed.name
        try:
            _check_alone(name, [other for other in others if other not in here], there)
            found = closure(_matched(build, entry, there, folders), there, here)
            files.update({one.name: one.files() for one in found.values() if one.name not in files})
        except UnusableError as error:
            refused[name] = str(error)
        else:
            named[name] = found[name]
            passed.update(found)
    return Passed(named, [(one, files[name]) for name, one in sorted(passed.items())], refused)


def _check_alone(name: str, others: Sequence[str], there: Mapping[str, Sequence[Distribution]]) -> None:
    """Refuse what the frontend installs in any case, in whatever version, since another requirement requires it."""
    for other in others:
        if name in reached(other, there):
            raise UnusableError(f"{other} is installed for the build as well, and requires {name}")


def _declared(build: Build, target: str) -> list[BuildDependency]:
    if not build.values.get("passthrough", True):
        return []
    return [
        one
        for one in entries(build)
        if one.passthrough and is_wanted(one, cast("Target", target)) and one.parsed.applies()
    ]


def _matched(
    build: Build, entry: BuildDependency, there: Mapping[str, Sequence[Distribution]], folders: Sequence[str]
) -> requirements.Requirement:
    """The requirement in the version that counts, if that is there.

    :raises UnusableError: if it is not.
    """
    found, wanted = match(build, entry, folders), entry.parsed
    if found.rung == "bare":
        raise UnusableError(found.why)
    first = next(iter(there.get(wanted.name, ())), None)
    if first is None:
        raise UnusableError(f"no .dist-info of it is there; {found.why}")
    for one in (one.parsed for one in found.exact or found.entries):
        is_this = f"-{first.version}-" in unquoted(one.url) if one.url else one.accepts(first.version)
        if is_this and one.applies():
            return one._replace(extras=one.extras | wanted.extras)
    texts = " or ".join(one.text for one in found.entries)
    raise UnusableError(f"{first.version} is there, and {texts} is asked for, {found.why}")


@contextmanager
def _shown(build: Build, hook: str) -> Iterator[Build]:
    is_asked, folders = hook.startswith("get_requires"), target_folders()
    found = plan(build, hook.rpartition("_")[2], folders)
    with ExitStack() as stack:
        if found.files:
            try:
                from ._linked_distributions import linked

                site, scripts = stack.enter_context(linked(found.files))
            except (OSError, ImportError) as error:  # no links, or no locks
                why = f"no links to it can be made: {error}"
                if not is_asked:
                    raise _too_late(next(iter(found.named)), why) from None
                found = Passed({}, (), {**found.refused, **dict.fromkeys(found.named, why)})
        if is_asked:
            _say(found, folders)
        if not found.files:
            yield build
            return
        sys.path.append(str(site))
        stack.callback(_forget, str(site))
        os.environ["PYTHONPATH"] = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(site)])
        if scripts.is_dir():
            os.environ["PATH"] = os.pathsep.join([str(scripts), *filter(None, [os.environ.get("PATH")])])
        before = [one.stamp for one, _ in found.files]
        try:
            yield build._replace(path=(*build.path, str(site)), passed=tuple(sorted(found.named)))
        except (Exception, SystemExit) as error:
            if hasattr(error, FOREIGN):
                used = ", ".join(f"{name} {one.version} of {one.folder}" for name, one in found.named.items())
                cure = "AUGBACKEND_PASSTHROUGH=false has a copy installed for the build instead"
                add_note(error, f"augbackend: the build has used {used} (passthrough); {cure}")
            raise
        for (one, _), stamp in zip(found.files, before):
            if one.stamp != stamp:
                raise AugbackendError(
                    f"{one.name} {one.version} was removed or installed again while it was built against",
                    where=one.folder,
                    hint="build again, and leave that environment alone meanwhile",
                )


def _forget(site: str) -> None:
    with suppress(ValueError):  # led through another path meanwhile
        sys.path.remove(site)


def _say(found: Passed, folders: Sequence[str]) -> None:
    for name, one in found.named.items():
        say("note", f"{name} {one.version} is not installed for the build: the one in {one.folder} is used")
    for name, why in found.refused.items():
        if not why.startswith(_SAID):
            say("note", f"{name} is installed for the build, since the one in {folders[0]} cannot be used: {why}")


def _removes(build: Build, text: str) -> bool:
    """Whether the wrapped backend asks for what is passed through."""
    with suppress(InvalidRequirement):
        wanted = requirements.parse_requirement(text)
        if wanted.name in build.passed and not (wanted.extras or wanted.url):  # those are not looked into
            version = installed_version(wanted.name, build.path)
            return version is not None and wanted.accepts(version)
    return False


def _check(build: Build, target: Target) -> None:
    """Refuse a build that has not, or not in the right version, what the frontend was told not to install."""
    folders = target_folders()
    refused = plan(build, target, folders).refused
    if refused:
        raise _too_late(*next(iter(refused.items())))
    here = installed_here(build.path, build.seen)
    for entry in _declared(build, target) if folders else ():
        version = here.get(entry.parsed.name)
        if version is not None and entry.parsed.name not in build.passed:
            found = match(build, entry, folders)
            if found.rung != "bare" and not any(one.parsed.accepts(version) for one in found.entries):
                texts = " or ".join(one.text for one in found.entries)
                raise AugbackendError(
                    f"{version} of {entry.parsed.name} is in the build environment, for another build requirement, and"
                    f" {texts} is asked for, {found.why}",
                    where=_place(entry.parsed.name),
                    hint="build with AUGBACKEND_PASSTHROUGH=false, and one is installed for the build that suits both",
                )


def _too_late(name: str, why: str) -> AugbackendError:
    return AugbackendError(
        f"{name} is not in the build environment, and the one that is installed into cannot be used: {why}",
        where=_place(name),
        hint="build again, and it is installed for the build; with AUGBACKEND_PASSTHROUGH=false it is in any case",
    )


def _place(name: str) -> str:
    return f"tool.augbackend.extra-build-dependencies, {name}: passthrough"


FEATURE = Feature(
    bool,
    "`false`: for one build, what says `passthrough` is installed as any other build requirement is.",
    default=True,
    removes=_removes,
    shown=_shown,
    before=_check,
)
