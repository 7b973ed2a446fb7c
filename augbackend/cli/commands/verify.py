"""``augbackend verify``: prove that a wrapped sdist differs from upstream's only in the files that it declares."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from augbackend.cli import terminal
from augbackend.cli.command import CliCommand
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import error_report
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.model.usage_mistake import UsageMistakeError
from augbackend.cli.project import project as projects
from augbackend.cli.strangers import confinement
from augbackend.cli.wrapping.verification import prove
from augbackend.cli.wrapping.verification.proof import Proof
from augbackend.errors import AugbackendError

from . import options, recipe_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from augbackend.cli.project.project import Project
    from augbackend.cli.strangers.confinement import Level


def lines(archive: Path, found: Proof, *, with_diff: bool = False) -> Iterator[str]:
    """The text of ``verify`` about one archive, a line at a time; the first says it all.

    :param with_diff: whether the declared texts are shown as diffs as well.
    """
    return map(_escaped_line, _proof_lines(archive, found, with_diff=with_diff))


def _escaped_line(text: str) -> str:
    """A text as one line: names and values in an archive may hold anything, a line of ours included."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _proof_lines(archive: Path, found: Proof, *, with_diff: bool) -> Iterator[str]:
    yield _verdict(found)  # nothing that an archive says, its name included, stands before it
    yield f"  {archive}"
    yield f"  upstream: {found.url or 'a file without a URL'}"
    yield from [f"  sha256: {', '.join(filter(None, [found.sha256, found.index]))}"] if found.sha256 else []
    if found.backend:
        yield f"  {found.same} members are upstream's, unchanged"
        yield f"  added: {found.backend}"
    for name, diff in found.declared.items():
        yield f"  declared: {name}"
        yield from (f"    {line}" for line in diff.splitlines() if with_diff)
    for one in found.additions:
        yield f"  + {one.key}: {one.text}" if not one.warning else f"  ! {one.key}: {one.text} ({one.warning})"
    yield from (f"  not proved without a build: {one}" for one in found.unproved)
    yield from (f"  problem: {problem}" for problem in found.problems)
    yield from [f"  not known: {found.unanswered}"] if found.unanswered else []


def _verdict(found: Proof) -> str:
    if found.problems:
        count = "a problem" if len(found.problems) == 1 else f"{len(found.problems)} problems"
        return f"not proved to be upstream's: {count}"
    if found.unanswered:
        return "not proved: upstream, or what the index says of it, could not be had"
    if found.unproved:
        return "not proved without a build: add --build, which runs upstream's code, confined"
    count = f"{len(found.additions)} addition{'' if len(found.additions) == 1 else 's'}"
    marked = sum(bool(one.warning) for one in found.additions)
    listed = f"listed below, {marked} of them marked with !" if marked else "listed below"
    patched = ", patched" if any(one.key == "patch" for one in found.additions) else ""
    return f"proved: it is {found.made_from}{patched}, with {count} ({listed}); nothing else differs"


EXISTING = click.Path(path_type=Path, exists=True)
_DISTRIBUTIONS = (".tar.gz", ".tgz", ".zip", ".whl", ".tar.bz2", ".tar.xz", ".tar")  # what a find-links folder offers


@click.command(cls=CliCommand)
@click.argument("given_paths", metavar="ARCHIVE|FOLDER...", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--upstream",
    "given",
    type=EXISTING,
    help="Upstream's sdist or folder, which is not fetched then.",
)
@click.option(
    "--build",
    "is_built",
    is_flag=True,
    help="Make the sdist of a repository or folder again. This runs its code, confined. Otherwise, no code runs.",
)
@click.option(
    "--allow-origin",
    "schemes",
    multiple=True,
    metavar="SCHEME",
    help="Also fetch an origin whose URL has this scheme, such as git+ssh. https and http are allowed. Repeatable.",
)
@click.option(
    "--expect",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The pyproject.toml of a project: what the archive declares has to be just what its tables say.",
)
@click.option("--diff", "with_diff", is_flag=True, help="Also print the declared texts as diffs.")
@recipe_options.recipes
@options.sources
@options.require_confinement
@options.as_json
def verify(
    given_paths: tuple[Path, ...],
    given: Path | None,
    schemes: tuple[str, ...],
    expect: Path | None,
    recipes_: tuple[str, ...],
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    require_confinement: Level | None,
    *,
    is_built: bool,
    with_diff: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Prove that wrapped archives are upstream's.

    Upstream's sdist is fetched again and compared, and the index is asked for its sha256. Only what is printed may
    differ: all that is added is listed, with a ! where it is worth a second look. A repository is compared by its files
    at the commit; what its build adds is proved only with --build. With --offline, earlier downloads are compared, and
    nothing is proved.

    Exit status: 0 if all is proved, 1 if not, 2 if one is no archive of ours, or an option is missing.

    \b
    Example:
      augbackend verify wrapped.d/flash_attn-2.8.3.tar.gz
      augbackend verify wrapped.d
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    if is_built:
        confinement.require(require_confinement)
    archives = [*dict.fromkeys(archive for path in given_paths for archive in _archives(path))]
    if given is not None and len(archives) > 1:
        raise UsageMistakeError("--upstream is of one archive: name just that one", id="upstream-of-one-archive")
    where = options.places(index_url, extra_index_url, find_links)
    at_first = Lookup(where, caches.Cache(cache_dir or caches.default_folder()), offline, Path())
    completion = recipe_options.completion(recipes_, at_first, no_recipes=expect is None and not recipes_)
    project = _expected(expect) if expect else None
    proofs: dict[Path, Proof | AugbackendError] = {}
    with tempfile.TemporaryDirectory(prefix="augbackend-") as nothing:
        cache = caches.Cache((cache_dir or caches.default_folder()) if offline else Path(nothing))
        for archive in archives:
            lookup = Lookup(where, cache, offline, archive.parent)
            try:
                proofs[archive] = prove.prove(
                    archive, prove.Terms(lookup, given, is_built, schemes, project, completion)
                )
            except AugbackendError as error:
                if len(archives) == 1:
                    raise
                proofs[archive] = error
            except OSError as error:
                proofs[archive] = error_report.of_system(error)
    how = confinement.here() if is_built else None
    if as_json:
        click.echo(terminal.as_json({**_proofs_as_json(proofs), "confinement": how.as_json() if how else None}))
    else:
        click.echo("\n".join(_all_lines(proofs, with_diff=with_diff)))
        if how is not None:
            click.echo(f"  {how.in_words()}")
    if any(isinstance(found, AugbackendError) for found in proofs.values()):
        raise SystemExit(2)
    if not all(_is_proved(found) for found in proofs.values()):
        raise SystemExit(1)


def _archives(path: Path) -> list[Path]:
    """The archive that was named; of a folder, each file that an installer might take: one of another hand, too.

    :raises AugbackendError: if there is nothing to verify.
    """
    if not path.is_dir():
        return [path]
    found = [file for file in sorted(path.iterdir()) if file.name.lower().endswith(_DISTRIBUTIONS)]
    if not found:
        raise CliError(
            "there is no archive in it",
            id="no-archive-there",
            where=str(path),
            hint="name the folder that wrap writes to",
        )
    return found


def _is_proved(found: Proof | AugbackendError) -> bool:
    return not isinstance(found, AugbackendError) and found.is_proved


def _all_lines(proofs: Mapping[Path, Proof | AugbackendError], *, with_diff: bool) -> Iterator[str]:
    """The verdict of all, then each archive's."""
    if len(proofs) > 1:
        yield f"{sum(map(_is_proved, proofs.values()))} of {len(proofs)} archives are proved"
    for archive, found in proofs.items():
        yield from [""] if len(proofs) > 1 else []
        if isinstance(found, AugbackendError):
            more = [f"  {name}: {text}" for name, text in (("where", found.where), ("hint", found.hint)) if text]
            yield from map(_escaped_line, [f"not proved: {error_report.what(found)}", f"  {archive}", *more])
        else:
            yield from lines(archive, found, with_diff=with_diff)


def _proofs_as_json(proofs: Mapping[Path, Proof | AugbackendError]) -> dict[str, Any]:
    archives: list[dict[str, Any]] = []
    for archive, found in proofs.items():
        error = error_report.as_json(found) if isinstance(found, AugbackendError) else None
        proof = Proof("", "", "") if isinstance(found, AugbackendError) else found
        said = {key.replace("_", "-"): value for key, value in asdict(proof).items()}
        said["additions"] = [one._asdict() for one in proof.additions]
        archives.append({"archive": str(archive), "proved": _is_proved(found), "error": error, **said})
    return {"proved": all(map(_is_proved, proofs.values())), "archives": archives}


def _expected(file: Path) -> Project:
    """The project whose tables an archive is held against."""
    found = projects.read_file(file)
    if found is None:
        hint = "fill tool.uv.extra-build-dependencies or tool.augbackend.packages there"
        raise CliError("it says nothing of any package", id="nothing-expected", where=str(file), hint=hint)
    return found
