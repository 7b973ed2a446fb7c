"""``augbackend show``: what each hook would inject on this machine, and why.

Everything is first gathered into one plain structure. ``--json`` prints it; the text is made from it.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from augbackend import __version__, features
from augbackend.cli import terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.diagnosis import cache_obstacles
from augbackend.cli.edit import backend_copy
from augbackend.cli.fetch import sdist
from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.strangers import confinement, temporary_folder, wrapped_backend
from augbackend.errors import say
from augbackend.features import _stable_paths as stable_paths
from augbackend.features import (
    compiler_cache,
    extra_build_dependencies,
    extra_build_variables,
    jobs,
    match_runtime,
    remove_build_dependencies,
)
from augbackend.hook import declared as declarations
from augbackend.hook.absent import command_line
from augbackend.hook.wrapped_backend import resolved as resolved_variables
from augbackend.hook.wrapped_backend import surrounded
from augbackend.standards import InvalidRequirement
from augbackend.standards.requirements import parse_requirement
from augbackend.table import Target, layers

from . import confined, foreign_tree, options, passed_through, preflight_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.strangers.confinement import Level
    from augbackend.features.extra_build_dependencies import BuildDependency
    from augbackend.table import Build

TARGETS: tuple[Target, ...] = get_args(Target)


def gather(
    tree: Path, config_settings: dict[str, str | list[str]], *, isolated: bool, is_archive: bool = False
) -> dict[str, Any]:
    """Everything that ``show`` has to say, as JSON knows it.

    :param isolated: install ``build-system.requires`` and the declared requirements into an isolated
        environment and ask the wrapped backend there, on a copy of the tree.
    :param is_archive: whether it was unpacked just now, so that its code may be anybody's: without isolation none runs.
    :raises AugbackendError: for a declaration that no build would accept.
    """
    document = layers.read_pyproject(tree)
    build = declarations.read(tree, config_settings, document=document)
    resolved = resolved_variables(build)
    ask = _ask_isolated if isolated else _ask_nobody if is_archive else _ask_here
    asked = ask(build, config_settings)
    with surrounded(build):  # `unless-command` is looked for on the declared PATH
        rows = {target: _requirements(build, target, asked) for target in TARGETS}
        preflight = preflight_outcome.gather(build)
    return {
        "augbackend": __version__,
        "tree": str(tree.resolve()),
        "build-backend": layers.at(document, "build-system", "build-backend", default=None),
        "in-tree": bool(build.backend_path),
        "wrapped-backend": {
            "build-backend": build.wrapped_backend,
            "backend-path": list(_value(build, "backend-path")),
            "origin": build.origins.get("build-backend", "default"),
            "hooks": asked["hooks"],
            "problem": asked["problem"],
        },
        "dynamic-requires": _value(build, "dynamic-requires"),
        "requirements": rows,
        "failed": asked["failed"],
        "pin-runtime": dict(_value(build, "pin-runtime")),
        "provenance": _value(build, "provenance"),
        "remove-build-dependencies": list(_value(build, "remove-build-dependencies")),
        "variables": [
            {
                "name": one.name,
                "value": one.value,
                "why": one.why,
                "origin": build.origins.get(f"extra-build-variables.{one.name}", build.origins.get("jobs", "")),
            }
            for one in resolved
        ],
        "jobs": _jobs(build),
        "preflight": preflight,
        "passthrough": passed_through.gather(build),
        "compiler-cache": _compiler_cache(build),
        "config-settings": dict(build.config_settings or {}),
        "packages": [] if is_archive else foreign_tree.of_packages(tree),
        "confinement": confinement.here().as_json(),
    }


def _requirements(build: Build, target: Target, asked: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [*_of_build_system(build, target)]
    theirs = [] if _value(build, "dynamic-requires") == "never" else asked["requires"].get(target, [])
    for text in theirs:
        why = "asked for by the wrapped backend"
        removed = remove_build_dependencies.is_removed(build, text)
        why += ", removed by remove-build-dependencies" if removed else ""
        rows.append(_row(build, text, injected=not removed, why=why))
    for declared in extra_build_dependencies.entries(build):
        if not extra_build_dependencies.is_wanted(declared, target):
            rows.append(_row(build, declared.text, injected=False, why=_why_not(declared, target)))
            continue
        found = match_runtime.match(build, declared) if declared.match_runtime else None
        for entry in found.entries if found else (declared,):
            holds = entry.parsed.applies()
            why = f"declared, {found.why}" if found else "declared"
            why += "" if holds else ", but its marker does not hold here"
            row = _row(build, extra_build_dependencies.text_for(build, entry), injected=holds, why=why)
            rows.append({**row, "match-runtime": found.rung if found else None})
    return rows


def _of_build_system(build: Build, target: Target) -> Iterator[dict[str, Any]]:
    """Of ``build-system.requires``, what the table does not say as well."""
    wanted = [one for one in extra_build_dependencies.entries(build) if extra_build_dependencies.is_wanted(one, target)]
    twice = {extra_build_dependencies.text_for(build, one) for one in wanted}
    for text in build.requires:
        if text not in twice:
            try:
                holds = parse_requirement(text).applies()
                why = "" if holds else "its marker does not hold here"
            except InvalidRequirement as error:
                holds, why = False, f"no requirement: {error}"
            yield {**_row(build, text, injected=holds, why=why), "origin": "build-system.requires"}


def _compiler_cache(build: Build) -> dict[str, Any]:
    """The cache that a build would compile with here, and why that one, or none; and why it would not hit."""
    program, why = compiler_cache.chosen(_value(build, "compiler-cache"), os.environ)
    origin = build.origins.get("compiler-cache", "")
    return {
        "program": program,
        "why": why,
        "origin": origin,
        "paths": str(stable_paths.cache_folder()) if program else "",
        "compilers": _cached_compilers() if program else [],
        "obstacles": list(cache_obstacles.obstacles(build, program, os.environ)),
    }


def _cached_compilers() -> list[str]:
    with suppress(ValueError):  # CC is no command
        return sorted(name for name, _ in compiler_cache.compilers_on_path(os.environ))
    return []


def _of_compiler_cache(found: dict[str, Any]) -> Iterator[str]:
    yield f"  compilers that it calls: {', '.join(found['compilers']) or 'none'}"
    yield f"  the build environment has the same path in each build, through links in {found['paths']}"
    yield from (f"  {line}" for line in found["obstacles"] or ["nothing was seen that would keep it from hits"])


def _jobs(build: Build) -> dict[str, Any] | None:
    """How many compilers a build would run at once here, and why so many; ``None`` if it is not asked to tell."""
    if "jobs" not in build.values:
        return None
    found = jobs.planned(build, os.environ, extra_build_variables.resolved(build, os.environ))
    return {**found._asdict(), "exclusive": build.values["jobs"].exclusive, "origin": build.origins.get("jobs", "")}


def _value(build: Build, key: str) -> Any:
    feature = features.find(key)
    return build.values.get(key, feature.default if feature else None)


def _row(build: Build, text: str, *, injected: bool, why: str) -> dict[str, Any]:
    return {
        "requirement": text,
        "injected": injected,
        "why": why,
        "in-build-system-requires": text in build.requires,
        "origin": build.origins.get("extra-build-dependencies", "") if why.startswith("declared") else "",
        "match-runtime": None,
    }


def _why_not(entry: BuildDependency, target: Target) -> str:
    if target not in entry.hooks:
        return f"declared for {', '.join(entry.hooks)} only"
    return f"the command {entry.unless_command!r} is here: {shutil.which(entry.unless_command)}"


def _ask_nobody(_build: Build, _config_settings: dict[str, str | list[str]]) -> dict[str, Any]:
    return {"hooks": None, "problem": "an archive's code is not run", "requires": {}, "failed": {}}


def _ask_here(build: Build, config_settings: dict[str, str | list[str]]) -> dict[str, Any]:
    """What is known without an environment of its own; a command line has no backends beside it, as a rule."""
    top = build.wrapped_backend.partition(":")[0].partition(".")[0]
    if not _value(build, "backend-path") and PathFinder.find_spec(top) is None:
        problem = f"{top} is not installed beside this command"
        return {"hooks": None, "problem": problem, "requires": {}, "failed": {}}
    return wrapped_backend.asked_here(build, config_settings)


def _ask_isolated(build: Build, config_settings: dict[str, str | list[str]]) -> dict[str, Any]:
    from augbackend.cli.fetch import build_environment

    with surrounded(build):
        declared = {entry.text for target in TARGETS for entry in extra_build_dependencies.declared(build, target)}
    wanted = {*build.requires, *declared}
    return wrapped_backend.asked_in_isolation(build, config_settings, wanted, build_environment.filled)


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The text of ``show``, a line at a time."""
    backend = found["wrapped-backend"]
    yield f"{found['tree']} (augbackend {found['augbackend']}, {'in-tree' if found['in-tree'] else 'installed'})"
    yield ""
    yield f"wrapped backend: {backend['build-backend']}  ({_source(backend['origin'])})"
    if backend["hooks"] is None:
        yield f"  hooks: not known here: {backend['problem']}"
        yield "  (--isolated installs what is required, and asks for its hooks and its own requirements)"
    else:
        yield from terminal.wrapped("hooks: " + ", ".join(backend["hooks"]), "  ", "    ")
    if found["config-settings"]:
        yield f"  config settings: {json.dumps(found['config-settings'])}"
    by_rows: dict[str, list[str]] = {}
    for target, rows in found["requirements"].items():
        by_rows.setdefault("\n".join(_requirement_lines(found, target, rows)), []).append(target)
    for text, targets in by_rows.items():
        yield ""
        yield f"build requirements for {', '.join(targets)}:"
        yield text
    if found["passthrough"]:
        yield ""
        yield "passed through, where pip builds (pipx, tox and pdm as well):"
        yield from passed_through.lines(found["passthrough"])
    if found["pin-runtime"]:
        yield ""
        yield "the wheel will require what it was built with:"
        yield from (f"  {name} {width}" for name, width in found["pin-runtime"].items())
    if found["provenance"]:
        yield ""
        yield "the wheel will say what went into it (provenance)"
    yield from _jobs_lines(found["jobs"])
    if found["preflight"] is not None:
        yield ""
        source = _source(found["preflight"]["origin"])
        yield f"looked at before a wheel is built (preflight), and here and now:  ({source})"
        yield from preflight_outcome.lines(found["preflight"])
    cache = found["compiler-cache"]
    if cache["origin"]:
        yield ""
        yield f"compiler cache: {'' if cache['program'] else 'none: '}{cache['why']}  ({_source(cache['origin'])})"
        yield from _of_compiler_cache(cache) if cache["program"] else ()
    yield ""
    yield "environment variables:"
    if not found["variables"]:
        yield "  none"
    for one in found["variables"]:
        value = "left alone" if one["value"] is None else f"= {one['value']}"
        yield f"  {one['name']} {value}  ({'; '.join(filter(None, [one['why'], _source(one['origin'])]))})"
    yield from foreign_tree.lines_of_packages(found["packages"])


def _jobs_lines(found: dict[str, Any] | None) -> Iterator[str]:
    if found is not None:
        threads = f", each with {found['threads']} threads of nvcc" if found["threads"] > 1 else ""
        yield ""
        yield f"jobs: {found['jobs']} at once{threads}: {found['why']}  ({_source(found['origin'])})"
        yield from ["  no other exclusive build of this user's compiles at that time"] if found["exclusive"] else []


def _source(origin: str) -> str:
    return "table" if origin.startswith("tool.augbackend") else origin


def _requirement_lines(found: dict[str, Any], target: str, rows: list[dict[str, Any]]) -> Iterator[str]:
    if found["dynamic-requires"] == "never":
        yield "  (the wrapped backend is not asked: dynamic-requires is never)"
    elif target in found["failed"]:
        yield f"  (the wrapped backend failed to answer: {found['failed'][target]})"
    if not rows:
        yield "  none"
    if any(row["match-runtime"] == "bare" for row in rows):
        yield "  (pip, pipx, tox and pdm: the version in the environment that they install into is taken)"
    for row in rows:
        is_twice = row["in-build-system-requires"] and row["origin"] != "build-system.requires"
        also = "also in build-system.requires" if is_twice else ""
        because = "; ".join(filter(None, [row["why"], also, _source(row["origin"])]))
        yield f"  {'+' if row['injected'] else '-'} {row['requirement']}  ({because})"


@click.command(cls=CliCommand)
@click.argument("tree", type=click.Path(path_type=Path, exists=True), default=".", metavar="[TREE|ARCHIVE]")
@options.config_setting("A config setting, as frontends take it; augbackend.KEY=VALUE overrides a key of the table.")
@click.option("--isolated", is_flag=True, help="Also ask the wrapped backend what it requires, in isolation.")
@options.require_confinement
@options.as_json
def show(
    tree: Path,
    config_settings: dict[str, str | list[str]],
    require_confinement: Level | None,
    *,
    isolated: bool,
    as_json: bool,
) -> None:
    """Print what a build of TREE would get here, and why.

    TREE is the folder here, if you name none; a wrapped archive is looked at as it stands, and none of its code runs
    without --isolated. Of a tree that augbackend does not build, who does is said; of a project that declares something
    for the builds of its dependencies, what that comes to.

    Exit status: 0, or 1 if augbackend does not build it and nothing is declared there.

    \b
    Examples:
      augbackend show . -C augbackend.dynamic-requires=never
      augbackend show wrapped.d/flash_attn-2.8.3.tar.gz
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    confinement.require(require_confinement)
    with _unpacked(tree) as folder:
        document = layers.read_pyproject(folder) if (folder / "pyproject.toml").is_file() else {}
        if foreign_tree.is_foreign(document):
            about = {**foreign_tree.gather(folder, document), "tree": str(tree.resolve())}
            click.echo(terminal.as_json(about) if as_json else "\n".join(foreign_tree.lines(about)))
            if not about["packages"]:
                raise SystemExit(1)
            return
        if isolated:  # else it runs code of the tree only, which the user has here
            confined.checked(require_confinement)
        found = gather(folder, config_settings, isolated=isolated, is_archive=tree.is_file())
        copy = backend_copy.folder_of(document)
        is_whole = copy is None or bool(backend_copy.files_in(folder, copy))
    found["tree"] = str(tree.resolve())
    click.echo(terminal.as_json(found) if as_json else "\n".join(lines(found)))
    if found["build-backend"] != "augbackend":
        say("warning", "it is not the build backend of this tree; see augbackend adopt")
        raise SystemExit(1)
    if not is_whole:
        again = command_line(["augbackend", "adopt", shown_path(tree)])
        say("warning", f"no build works: {copy}/augbackend/ is not there; {again} puts it there again")
        raise SystemExit(1)


@contextmanager
def _unpacked(tree: Path) -> Iterator[Path]:
    """A folder as it is; an archive unpacked, for as long as the context lasts."""
    if tree.is_dir():
        yield tree
        return
    with temporary_folder.temporary() as place, sdist.opened(tree) as archive:
        yield sdist.unpack(archive, place)
