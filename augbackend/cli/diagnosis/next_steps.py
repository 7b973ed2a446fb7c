"""What to do next: the lines to write, the commands to run, the tables for uv. They work as they are printed.

Of a folder, the owner writes what PEP 518 can say into ``[build-system]``; only what it cannot say takes the backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from augbackend.cli.model.shown_path import shown_path
from augbackend.cli.terminal import wrapped
from augbackend.hook.absent import command_line

from . import tables_for_uv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from augbackend.cli.model.declaration import Declaration
    from augbackend.errors import AugbackendError

    from .subject import Subject
    from .tables_for_uv import SeenByUv, UvTables

_WIDTH = 79
_NOT_READ = "uv tool and uvx do not read it"


@dataclass(frozen=True)
class OwnLines:
    """Lines that the owner of a folder writes, and that do all that is declared.

    :param place: where they go.
    :param is_adopted: whether augbackend builds it already.
    """

    place: str
    lines: tuple[str, ...]
    is_adopted: bool = False


@dataclass(frozen=True)
class Where:
    """What the commands depend on, beside the package and the declaration.

    :param own: of a folder that needs no backend of ours.
    :param refused: why a folder cannot be edited.
    :param is_applied: whether it is done by ``--apply``.
    :param is_uv_project: whether this is run in a project of uv's, so that its table is the shortest way.
    """

    own: OwnLines | None = None
    refused: AugbackendError | None = None
    is_applied: bool = False
    is_uv_project: bool = False


def command(subject: Subject, declaration: Declaration, *, is_static: bool = False) -> list[str]:
    """The command that carries the declaration out.

    :param is_static: whether a line in ``[build-system]`` does.
    """
    head, pairs = _command(subject, declaration, is_static=is_static)
    return [*head, *(word for pair in pairs for word in pair)]


def lines(subject: Subject, declaration: Declaration, where: Where, seen: SeenByUv) -> Iterator[str]:
    """What to do, for a reader; the shortest first."""
    if where.own is not None:
        how = "" if where.is_applied else " (--apply writes it)"
        yield from _block(f"{where.own.place}, for every frontend{how}:", where.own.lines)
        return
    if subject.tree is not None:
        yield from _for_folder(subject, declaration, where.refused)
        return
    found = tables_for_uv.of(subject, declaration, seen)
    ways = [_for_uv(found, is_project=where.is_uv_project), _for_all(subject, declaration)]
    for way in ways if where.is_uv_project and found.text else reversed(ways):
        yield from way


def to_go_on(subject: Subject, declaration: Declaration) -> Iterator[str]:
    """How to diagnose again, with what is known declared."""
    place = shown_path(subject.tree) if subject.tree else subject.archive
    again = command_line(["augbackend", "diagnose", place])
    yield from ("", *(f"  {line}" for line in (*_broken(*_command(subject, declaration)), again)))


def _for_folder(subject: Subject, declaration: Declaration, refused: AugbackendError | None) -> Iterator[str]:
    if refused is not None:
        yield from ("", *wrapped(f"It cannot be written there as it stands: {refused.what}"))
        yield from wrapped(f"where: {refused.where}", "  ", "    ")
        yield from wrapped(f"hint: {refused.hint}", "  ", "    ")
        return
    yield from _block(f"For every frontend ({_beyond(declaration)}):", _commands(subject, declaration))


def _beyond(declaration: Declaration) -> str:
    """What a line in ``[build-system]`` cannot say."""
    words = ["a variable"] if declaration.variables else []
    words += ["a patch"] if declaration.patches else []
    words += ["what is taken away"] if declaration.removed else []
    words += ["the version of run time"] if any(one.entry.match_runtime for one in declaration.requires) else []
    return f"[build-system] alone cannot say {' or '.join(words)}" if words else "augbackend builds it already"


def _for_all(subject: Subject, declaration: Declaration) -> Iterator[str]:
    yield from _block("For every frontend:", _commands(subject, declaration))
    if not subject.stem:
        what = "wrap has to know its name and version, and nothing says both: call the file NAME-VERSION.tar.gz first"
        yield from _wrapped(what)


def _for_uv(found: UvTables, *, is_project: bool) -> Iterator[str]:
    if found.text:
        whose = "this project of uv's" if is_project else "uv alone"
        words = "; ".join(filter(None, [_NOT_READ, found.word]))
        yield from _block(f"For {whose}, in pyproject.toml ({words}):", found.text.split("\n"))
    elif found.word:
        yield from ("", *_wrapped(found.word))


def _commands(subject: Subject, declaration: Declaration) -> Iterator[str]:
    head, pairs = _command(subject, declaration)
    yield from _broken(head, pairs)
    if subject.tree or subject.stem:
        place = shown_path(subject.tree) if subject.tree else subject.archive
        yield from _broken(["python", "-m", "pip", "install", place], subject.places)


def _command(
    subject: Subject, declaration: Declaration, *, is_static: bool = False
) -> tuple[list[str], list[tuple[str, str]]]:
    if subject.tree is not None:
        head, pairs = ["augbackend", "adopt", shown_path(subject.tree), *(["--static"] if is_static else [])], []
    else:
        head, pairs = ["augbackend", "wrap", subject.target], [*subject.places]
    for one in declaration.requires:
        pairs.append(("--match-runtime" if one.entry.match_runtime else "--require", one.entry.text))
    pairs += [("--remove-require", name) for name in sorted(declaration.removed)]
    pairs += [("--variable", f"{name}={value}") for name, value in declaration.variable_values.items()]
    pairs += [("--patch", shown_path(Path(one.file))) for one in declaration.patches if one.file]
    if any(not one.file for one in declaration.patches):  # wrap takes it of the recipe, where it finds that
        pairs += [("--recipes", place) for place in subject.recipes]
    return head, pairs


def _broken(head: Sequence[str], pairs: Iterable[Sequence[str]]) -> Iterator[str]:
    """A command in lines that a shell takes for one."""
    line = command_line(head)
    for pair in pairs:
        piece = command_line(pair)
        if len(line) + len(piece) > _WIDTH - 5:
            yield f"{line} \\"
            line = f"  {piece}"
        else:
            line += f" {piece}"
    yield line


def _block(title: str, inside: Iterable[str]) -> Iterator[str]:
    yield from ("", *wrapped(title), "")
    yield from (f"  {one}" if one else "" for one in inside)


def _wrapped(text: str) -> list[str]:
    return wrapped(f"({text})", "  ", "   ")
