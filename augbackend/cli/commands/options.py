"""Options that several commands share: how their values are read from the command line."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, TypeVar, get_args

import click
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from augbackend import features
from augbackend.cli.fetch import index, pip_configuration
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model import dependencies, package_sources, source_patch
from augbackend.cli.model.locked_version import exact_version
from augbackend.cli.model.requirement import why_none
from augbackend.cli.model.usage_mistake import UsageMistakeError, ValueMistakeError
from augbackend.cli.strangers.confinement import Level
from augbackend.features.compiler_cache import CacheName
from augbackend.features.pin_runtime import Width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.cli.model.package_sources import Sources
    from augbackend.cli.model.source_patch import SourcePatch

Command = TypeVar("Command", bound=Callable[..., Any])
Value = TypeVar("Value")
AUTO = "auto"


def requirements(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """PEP 508 strings, checked; none twice, and no two for different versions of a project in the same environments."""
    twice = next((value for value in values if values.count(value) > 1), "")
    if twice:
        raise ValueMistakeError(f"{twice!r} is given twice: leave one out", id="given-twice")
    pinned: dict[tuple[str, str], tuple[Version, str]] = {}
    for value in values:
        try:
            one = Requirement(value)
            version = Version(exact_version(one) or "0")
        except InvalidRequirement as error:
            raise ValueMistakeError(f"{value!r}: {why_none(value, error)}", id="not-a-requirement") from None
        except ValueError:  # of `===`, which may name anything
            continue
        if exact_version(one):
            before, text = pinned.setdefault((canonicalize_name(one.name), str(one.marker)), (version, value))
            if before != version:
                raise ValueMistakeError(
                    f"{text!r} and {value!r} cannot both hold: leave one out", id="requirements-contradict"
                )
    return values


def variables(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` pairs, one of a name."""
    return _one_of_each(_pairs(values, "NAME=VALUE"))


def names(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Names of projects or variables."""
    for value in values:
        _check_name(value)
    return values


def archive_places(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Folders, pages and URLs that archives are found in."""
    for value in values:
        if "://" not in value and not Path(value).exists():
            raise ValueMistakeError(f"there is no such folder or page: {value!r}", id="find-links-not-there")
    return values


def _one_of_each(pairs: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Pairs by name: of two words for one thing, nobody knows which is meant."""
    found: dict[str, Value] = {}
    for name, value in pairs:
        if name in found:
            raise ValueMistakeError(f"{name} is given twice: leave one out", id="given-twice")
        found[name] = value
    return found


def _check_name(name: str) -> None:
    if not name or any(one.isspace() for one in name):
        raise ValueMistakeError(
            f"{name!r} is no name: it has a blank in it" if name else "a name is missing", id="not-a-name"
        )


def _pairs(values: tuple[str, ...], expected: str) -> Iterator[tuple[str, str]]:
    for value in values:
        name, separator, text = value.partition("=")
        if not name or not separator:
            # Not the value, which may be a secret.
            raise ValueMistakeError(f"{name + separator!r}: expected {expected}", id="not-a-pair")
        _check_name(name)
        yield name, text


def config_settings(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str | list[str]]:
    """``KEY=VALUE`` pairs; repeated keys become a list, as in pip and build."""
    settings: dict[str, str | list[str]] = {}
    for name, text in _pairs(values, "KEY=VALUE"):
        before = settings.get(name)
        settings[name] = text if before is None else [*([before] if isinstance(before, str) else before), text]
    return settings


def source_patches(
    _context: click.Context, _parameter: click.Parameter, values: tuple[Path, ...]
) -> tuple[SourcePatch, ...]:
    """Patches, read."""
    return tuple(map(source_patch.of_file, values))


def preflight_table(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str | list[str] | dict[str, str]]:
    """``KEY=VALUE`` pairs: the commands separated by commas, of variables ``KEY=NAME=VALUE``."""
    found: dict[str, str | list[str] | dict[str, str]] = {}
    for key, text in _pairs(values, "KEY=VALUE"):
        if key.endswith("-variables"):
            before = found.get(key)
            pairs = (*(before if isinstance(before, dict) else {}).items(), *_pairs((text,), f"{key}=NAME=VALUE"))
            found[key] = _one_of_each(pairs)
        elif key in found:
            raise ValueMistakeError(f"{key} is given twice: leave one out", id="given-twice")
        else:
            found[key] = text.split(",") if key == "commands" else text
    return found


def widths(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, Width]:
    """``NAME=WIDTH`` pairs."""
    return _one_of_each(_widths(values))


def _widths(values: tuple[str, ...]) -> Iterator[tuple[str, Width]]:
    for value in values:
        name, _, text = value.partition("=")
        width = next((one for one in get_args(Width) if one == text), None)
        if not name or width is None:
            raise ValueMistakeError(
                f"{value!r}: expected NAME=WIDTH, the width one of {', '.join(get_args(Width))}", id="not-a-width"
            )
        yield name, width


def declaration(
    requirements: tuple[str, ...],
    removed: tuple[str, ...],
    variables: Mapping[str, str],
    *,
    matched: Sequence[Mapping[str, object]] = (),
    requires_dist: tuple[str, ...] = (),
    **further: Any,
) -> Declaration:
    """What the options declare.

    :param matched: what :func:`matched_entries` gives.
    :param further: keys of ``[tool.augbackend]``, with ``_`` for ``-``; and ``memory_per_job`` of ``jobs``.
    :raises SettingsError: with all mistakes at once.
    """
    table = {
        "extra-build-dependencies": [*requirements, *matched],
        "remove-build-dependencies": list(removed),
        "extra-build-variables": dict(variables),
        **{key.replace("_", "-"): value for key, value in further.items() if value},
    }
    size = table.pop("memory-per-job", "")
    if size:
        table["jobs"] = {} if size == AUTO else {"memory-per-job": size}
    found = declarations.from_table(table, "the options", "--require")
    requires = [replace(one, origin="--match-runtime") if one.entry.match_runtime else one for one in found.requires]
    stated = dependencies.stated(requires_dist) if requires_dist else None
    return replace(found, requires=tuple(requires), dependencies=stated)


def matched_entries(matched: Sequence[str], *, is_passed: bool) -> list[dict[str, object]]:
    """What ``--match-runtime`` and ``--passthrough`` ask for, as entries of the table.

    :raises UsageError: if nothing is named that could be passed through.
    """
    if is_passed and not matched:
        raise UsageMistakeError(
            "--passthrough needs --match-runtime, which says what is passed through",
            id="passthrough-needs-match-runtime",
        )
    more = {"passthrough": True} if is_passed else {}
    return [{"requirement": one, "match-runtime": True, **more} for one in matched]


def places(
    index_url: str | None, extra: Sequence[str], find_links: Sequence[str], project: Sources = package_sources.NOWHERE
) -> Sources:
    """Where to look for distributions: what the options say, then the variables, the project, pip's own files.

    :raises AugbackendError: if pip's files cannot be read.
    """
    default = package_sources.beneath(project, pip_configuration.sources(os.environ))
    return package_sources.chosen(index_url, extra, find_links, os.environ, default)


def places_given(index_url: str | None, extra: Sequence[str], find_links: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The options of :func:`places` that were given, to be printed: without passwords."""
    given = [("--index-url", index_url or ""), *(("--extra-index-url", url) for url in extra)]
    given += [("--find-links", link) for link in find_links]
    return tuple((option, index.shown(value)) for option, value in given if value)


tree = click.argument(
    "tree", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".", metavar="[TREE]"
)
require = click.option(
    "--require",
    "requirements",
    multiple=True,
    metavar="REQ",
    callback=requirements,
    help="A build requirement that the package forgot to declare. Repeatable.",
)
variable = click.option(
    "--variable",
    "variables_",
    multiple=True,
    metavar="NAME=VALUE",
    callback=variables,
    help="An environment variable that the build needs; VALUE may use $NAME. Repeatable.",
)
remove_require = click.option(
    "--remove-require",
    "removed",
    multiple=True,
    metavar="NAME",
    callback=names,
    help="Drop one of the package's own build requirements. Repeatable.",
)
patch = click.option(
    "--patch",
    "patches",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    metavar="FILE",
    callback=source_patches,
    help="A unified diff to apply to the sdist, exactly. Repeatable, in order.",
)


def config_setting(text: str) -> Callable[[Command], Command]:
    """The option ``-C``.

    :param text: what it is for.
    """
    return click.option(
        "-C",
        "--config-setting",
        "config_settings",
        multiple=True,
        metavar="KEY=VALUE",
        callback=config_settings,
        help=f"{text} Repeatable.",
    )


def match_runtime(more: str = "") -> Callable[[Command], Command]:
    """The option ``--match-runtime``.

    :param more: what is to be said beside.
    """
    return click.option(
        "--match-runtime",
        "matched",
        multiple=True,
        metavar="REQ",
        callback=requirements,
        help=f"A build requirement in the version that will be there at run time{more}. Repeatable.",
    )


passthrough = click.option(
    "--passthrough",
    is_flag=True,
    help="With --match-runtime: where pip builds, and the right version is installed already, use that one, and install"
    " no copy of it for the build.",
)


def pin_runtime(more: str = "") -> Callable[[Command], Command]:
    """The option ``--pin-runtime``.

    :param more: what is to be said beside.
    """
    return click.option(
        "--pin-runtime",
        "pins",
        multiple=True,
        metavar="NAME=WIDTH",
        callback=widths,
        help="Let the wheel require the NAME that it was built with, as WIDTH says: x, x.x, x.x.x, exact or none."
        f"{more} Repeatable.",
    )


feature = click.option(
    "--feature",
    multiple=True,
    metavar="KEY",
    type=click.Choice(features.known_keys()),
    help="Also copy the file of KEY, so that -C or the environment can set it. Repeatable.",
)
compiler_cache = click.option(
    "--compiler-cache",
    type=click.Choice([one for one in get_args(CacheName) if one != "none"]),
    help="Call its compilers by a cache, so that the next build compiles only what has changed.",
)
memory_per_job = click.option(
    "--memory-per-job",
    default="",
    metavar=f"SIZE|{AUTO}",
    help="Run no more compilers at once than this machine has memory for, if each needs SIZE (4GiB). "
    f"{AUTO}: what is known of nvcc, if it has files for that.",
)
preflight = click.option(
    "--preflight",
    "preflight_",
    multiple=True,
    metavar="KEY=VALUE",
    callback=preflight_table,
    help="What its build is to find before it begins, or it ends at once: cuda=torch, memory=8GB, disk=10GB,"
    " commands=ninja,cmake. Repeatable.",
)
require_confinement = click.option(
    "--require-confinement",
    is_flag=False,
    flag_value="any",
    type=click.Choice(get_args(Level)),
    help="Refuse to run other people's code where this system cannot confine it; with =full, where it cannot fully.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def timeout(seconds: float, text: str) -> Callable[[Command], Command]:
    """The option ``--timeout``.

    :param seconds: without it.
    :param text: what it is for.
    """
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=seconds,
        show_default=True,
        metavar="SECONDS",
        help=text,
    )


def cache_dir(what: str) -> Callable[[Command], Command]:
    """The option ``--cache-dir``.

    :param what: is kept there.
    """
    return click.option(
        "--cache-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help=f"Where {what} are kept. [default: this system's place]",
    )


_SOURCES = (
    click.option(
        "--index-url",
        metavar="URL",
        help="The index to look in. [default: what pip's and uv's variables and pip's files say]",
    ),
    click.option("--extra-index-url", multiple=True, metavar="URL", help="One more index. Repeatable."),
    click.option(
        "--find-links",
        multiple=True,
        metavar="PLACE",
        callback=archive_places,
        help="A folder or page of archives. Repeatable.",
    ),
    click.option("--offline", is_flag=True, help="Ask no index; use only what was downloaded before."),
    cache_dir("downloads"),
)


def sources(command: Command) -> Command:
    """The options that say where to look for distributions."""
    for option in reversed(_SOURCES):
        command = option(command)
    return command
