"""``augbackend verify``: prove that a wrapped sdist differs from upstream's only in the files that it declares."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augbackend.cli import terminal
from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import package_sources
from augbackend.cli.wrapping import verification

from . import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.wrapping.verification import Proof


def lines(archive: Path, found: Proof) -> Iterator[str]:
    """The text of ``verify``, a line at a time."""
    yield str(archive)
    yield f"  upstream: {found.url or 'a file without a URL'}"
    yield f"  sha256: {found.sha256}, {found.index or 'not as the index says'}" if found.sha256 else f"  {found.index}"
    yield f"  {found.same} members are upstream's, unchanged"
    yield f"  added: {found.backend}"
    for name, diff in found.declared.items():
        yield f"  declared: {name}"
        yield from (f"    {line}" for line in diff.splitlines())
    yield from (f"  not proved without a build: {one}" for one in found.unproved)
    yield from (f"  problem: {problem}" for problem in found.problems)
    if found.problems:
        yield "not proved to be upstream's"
    elif found.unproved:
        yield "not proved without a build: add --build, which runs upstream's code, confined"
    else:
        yield "nothing else differs"


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--upstream",
    "given",
    type=click.Path(path_type=Path, exists=True),
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
@options.sources
@options.as_json
def verify(
    archive: Path,
    given: Path | None,
    schemes: tuple[str, ...],
    index_url: str | None,
    extra_index_url: tuple[str, ...],
    find_links: tuple[str, ...],
    cache_dir: Path | None,
    *,
    is_built: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Prove that a wrapped ARCHIVE is upstream's.

    Upstream's sdist is fetched again and compared. Only the files that are printed may differ. A repository is compared
    by its files at the commit; what its build adds is proved only with --build. Earlier downloads are used only with
    --offline.

    Exit status: 0 if it is proved, 1 if not.

    \b
    Example:
      augbackend verify wrapped/flash_attn-2.8.3.tar.gz
    """  # noqa: D301  # click wants the backspace character, where it is not to wrap lines
    where = package_sources.chosen(index_url, extra_index_url, find_links, os.environ)
    with tempfile.TemporaryDirectory(prefix="augbackend-") as nothing:
        cache = caches.Cache((cache_dir or caches.default_folder()) if offline else Path(nothing))
        lookup = Lookup(where, cache, offline, archive.parent)
        found = verification.prove(archive, verification.Terms(lookup, given, is_built, schemes))
    document = {"archive": str(archive), "proved": found.is_proved, **asdict(found)}
    click.echo(terminal.as_json(document) if as_json else "\n".join(lines(archive, found)))
    if not found.is_proved:
        raise SystemExit(1)
