"""A declaration as tables of uv's, where uv keeps to them; else why it would not.

What uv does was tried. It gives up the bounds of its own table when a backend asks for more than ``requires`` has:
then it resolves anew, without the table. It matches a requirement to run time only if it knows what the package
depends on before a build, and takes sdists of two kinds only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from augbackend.cli.edit import toml_text
from augbackend.cli.fetch import sdist_identity
from augbackend.cli.model.requirement import project_of
from augbackend.features.metadata import extras

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from augbackend.cli.model.declaration import BuildRequirement, Declaration

    from .search_result import SearchResult
    from .static_reading import Reading
    from .subject import Subject

_ARCHIVES = (".tar.gz", ".zip")


@dataclass(frozen=True)
class SeenByUv:
    """What uv goes by, beside the declaration.

    :param is_static: whether it knows the package's dependencies without a build.
    :param requires_dist: what the wheel depends on.
    :param given_up: the declared requirements whose bounds it gives up.
    """

    is_static: bool = True
    requires_dist: tuple[str, ...] = ()
    given_up: tuple[str, ...] = ()


@dataclass(frozen=True)
class UvTables:
    """What to write.

    :param text: TOML; empty if no table of uv's does.
    :param word: what it needs, or why there is none; may be empty.
    """

    text: str = ""
    word: str = ""


def seen(reading: Reading, found: SearchResult) -> SeenByUv:
    """What uv goes by for a package that was read and built."""
    requires_dist = found.check.requires_dist if found.check else ()
    asked = {*found.attempt.asked}
    given_up: list[str] = []
    if asked - {*reading.requires}:
        first = found.attempts[0].installed if found.attempts else {}
        there = {*map(project_of, asked), *first}
        given_up = [one.entry.text for one in found.declaration.requires if one.parsed.specifier and one.name in there]
    return SeenByUv(reading.is_static, requires_dist, tuple(given_up))


def of(subject: Subject, declaration: Declaration, seen: SeenByUv) -> UvTables:
    """The tables for one package."""
    matched = [one for one in declaration.requires if one.entry.match_runtime]
    is_of_index = bool(subject.is_of_index)
    if declaration.patches:
        return UvTables(word="uv's own tables cannot patch a file: it can use what wrap writes")
    if declaration.removed:
        return UvTables(word="uv's own table cannot take a requirement away")
    if not subject.filename and "git+" not in subject.target:
        return UvTables(word="uv itself takes repositories of git only: it can use what wrap writes")
    if subject.filename and not subject.filename.endswith(_ARCHIVES):
        return UvTables(word=f"uv itself takes {' and '.join(_ARCHIVES)} only: it can use what wrap writes")
    version = _version_in(subject.filename, subject.name) if subject.filename else ""
    if version and version != sdist_identity.normal(subject.version):
        return UvTables(word=f"uv refuses the file as it is: its name says {version}, and it is {subject}")
    if seen.given_up:
        bounds = ", ".join(seen.given_up)
        return UvTables(word=f"uv's own table does not do: uv gives up {bounds} when the backend asks for more")
    if matched and not seen.is_static and not is_of_index:
        what = "only its build says what it depends on"
        return UvTables(word=f"uv's own table does not do: uv cannot match {matched[0].name} here, since {what}")
    blocks = [*_blocks(subject.name, declaration)]
    stated = matched and not seen.is_static
    if stated:
        blocks.append([*_stated_metadata(subject, seen.requires_dist)])
    return UvTables("\n\n".join("\n".join(block) for block in blocks), _needed(subject, matched, seen))


def _version_in(filename: str, name: str) -> str:
    """The version in an sdist's name, as uv takes it apart; empty if it does not begin with the project's name."""
    head, rest = filename[: len(name)], filename[len(name) :]
    suffix = next(one for one in _ARCHIVES if filename.endswith(one))
    is_called_so = canonicalize_name(head) == name and rest.startswith("-")
    return sdist_identity.normal(rest.removeprefix("-").removesuffix(suffix)) if is_called_so else ""


def _needed(subject: Subject, matched: Sequence[BuildRequirement], seen: SeenByUv) -> str:
    always = {project_of(text) for text in seen.requires_dist if "extra ==" not in text}
    bounded = [one.entry.text for one in matched if one.parsed.specifier]
    words = [] if subject.filename else ["with the repository in [tool.uv.sources]"]
    words += [f"the project has to ask for {one.name} as well" for one in matched if one.name not in always]
    words += [f"the project's own has to be {', '.join(bounded)}"] if bounded else []
    if matched and not seen.is_static:
        words.append("the last table says what its wheel depends on, without which uv matches nothing")
    if any(option == "--find-links" for option, _ in subject.places):
        words += [f"uv matches {one.name} from an index, and not from find-links" for one in matched]
    return "; ".join(words)


def _blocks(name: str, declaration: Declaration) -> Iterator[list[str]]:
    if declaration.requires:
        entries = [_uv_entry(one) for one in declaration.requires]
        yield ["[tool.uv.extra-build-dependencies]", *toml_text.listed(name, entries)]
    if declaration.variables:
        head = toml_text.key(("tool", "uv", "extra-build-variables", name))
        values = declaration.variable_values.items()
        yield [f"[{head}]", *(f"{toml_text.key((key,))} = {toml_text.inline(value)}" for key, value in values)]


def _uv_entry(one: BuildRequirement) -> object:
    if not one.entry.match_runtime:
        return one.entry.text
    return {"requirement": one.parsed.name, "match-runtime": True}  # uv refuses a bound there


def _stated_metadata(subject: Subject, requires_dist: Sequence[str]) -> Iterator[str]:
    yield "[[tool.uv.dependency-metadata]]"
    yield f"name = {toml_text.inline(subject.name)}"
    yield f"version = {toml_text.inline(subject.version)}"
    yield from toml_text.listed("requires-dist", requires_dist)
    names = sorted(extras(requires_dist))
    if names:
        yield from toml_text.listed("provides-extra", names)
