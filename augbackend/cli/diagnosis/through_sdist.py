"""Whether a folder's wheel comes out of its own sdist as well: ``uv build`` and ``python -m build`` make it that way.

::

    folder, what is declared -> its sdist -> unpacked -> a wheel -> held against the wheel that was built in the folder
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from augbackend.cli.fetch import sdist, wheel_content
from augbackend.cli.fetch.wheel_content import UnsoundWheelError
from augbackend.cli.strangers import temporary_folder
from augbackend.errors import AugbackendError

from . import attempt as attempts
from . import wheel_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .attempt import Attempt, Circumstances, Failure

_CODE = (".py", ".so", ".pyd", ".dylib", ".dll")
_MOST_NAMED = 3
_LONGEST_OUTPUT, _MOST_WORDS = 50_000, 20_000  # of a failure, which may name a file that the sdist has not
_WORD = re.compile(r"[\w./\\+\-]+")
_NOBODYS = frozenset({".git", ".hg", "build", "dist", ".tox", ".nox", ".venv", "env", "venv"})


@dataclass(frozen=True)
class Loss:
    """Why the wheel does not come out of the sdist.

    :param reason: in words, with the cure where that is known.
    :param failure: for what may be declared against it; ``None`` where no declaration can help.
    """

    reason: str
    failure: Failure | None = None


def loss(built: Attempt, having: Circumstances, environ: Mapping[str, str], tell: Callable[[str], None]) -> Loss | None:
    """Build the folder's sdist, and a wheel of that; ``None`` if the wheel is the same.

    :param built: the attempt that gave a wheel in the folder.
    :raises TimeoutError: if the time ran out, or the user ended it.
    """
    made = attempts.attempt(built.declaration, having, environ, tell, product="sdist")
    if made.failure is not None:
        return Loss(f"no sdist can be made of it: {made.failure.headline}", _in_full(made.failure))
    with temporary_folder.temporary(having.workplace) as folder:
        try:
            with sdist.opened(made.wheel or Path()) as archive:
                tree, names = sdist.unpack(archive, folder), frozenset(archive.names)
        except AugbackendError as error:
            return Loss(f"its sdist cannot be used: {error.what}")
        identity = wheel_identity.of_file(made.wheel.name) if made.wheel else None
        again = attempts.attempt(
            built.declaration, replace(having, tree=tree, root=None, identity=identity), environ, tell
        )
    left_out = [name for name in _sources(having.tree) if name not in names]
    if again.failure is not None:
        failure = _in_full(again.failure)
        missing = _lacking(left_out, failure.output)
        outside = re.search(r"(?<![\w.])\.\./[\w./+\-]{1,200}", failure.output[-_LONGEST_OUTPUT:])
        if missing:
            return Loss(
                f"its sdist lacks {', '.join(missing)} ({failure.headline}); {_cure(missing, left_out, having)}"
            )
        if outside:
            return Loss(f"{outside[0]} lies outside of the folder, and no sdist holds it ({failure.headline})")
        return Loss(f"a wheel is not built from its sdist: {failure.headline}", failure)
    lost = _lost(built, again)
    if not lost:
        return None
    sources = left_out[:_MOST_NAMED]
    cure = (
        f"; of the folder's files it lacks {', '.join(sources)}; {_cure(sources, left_out, having)}" if sources else ""
    )
    return Loss(f"the wheel that is built from that lacks {', '.join(lost[:_MOST_NAMED])}{cure}")


def _in_full(failure: Failure) -> Failure:
    if failure.is_cut_short:
        raise TimeoutError
    return failure


def _sources(tree: Path) -> list[str]:
    """The files of a tree that may be sources, relative to it."""
    found = (path.relative_to(tree) for path in sorted(tree.rglob("*")) if path.is_file())
    return [path.as_posix() for path in found if not _NOBODYS & {*path.parts} and path.name[0] != "."]


def _lacking(left_out: Iterable[str], output: str) -> list[str]:
    """Which files a failure names: by path, by name, or a module by what it is imported as."""
    text = output[-_LONGEST_OUTPUT:]
    words = {word.removeprefix("./").strip(".") for word in _WORD.findall(text)[-_MOST_WORDS:]}
    modules = {name.replace(".", "/") for name in re.findall(r"No module named '([\w.]{1,200})'", text)}
    found = []
    for name in left_out:
        stem = name.removesuffix(".py").removesuffix("/__init__")
        is_module = name.endswith(".py") and any(stem in (one, f"src/{one}") for one in modules)
        if name in words or Path(name).name in words or is_module:
            found.append(name)
    return found[:_MOST_NAMED]


def _lost(built: Attempt, again: Attempt) -> list[str]:
    """The code that a wheel has and the other has not."""
    try:
        before, after = (_code(wheel_content.read(one.wheel or Path()).names) for one in (built, again))
    except UnsoundWheelError:
        return []
    return [name for name in before if name not in after]


def _code(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.endswith(_CODE) and ".dist-info/" not in name]


def _cure(missing: Sequence[str], left_out: Sequence[str], having: Circumstances) -> str:
    """How an sdist comes to hold files, and those beside them that the build would ask for next."""
    if not having.backend.startswith("setuptools."):
        return f"a setting for sdists of its backend, {having.backend}, takes that in"
    lines = list(dict.fromkeys(_taking_in(PurePosixPath(name), left_out) for name in missing))
    return f"{'a line' if len(lines) == 1 else 'lines'} of MANIFEST.in for that: {'; '.join(lines)}"


def _taking_in(file: PurePosixPath, left_out: Sequence[str]) -> str:
    """A line of ``MANIFEST.in``: for all files of a kind in a folder below the tree, if more than one is left out."""
    alike = [one for one in map(PurePosixPath, left_out) if one.suffix == file.suffix and file.parent in one.parents]
    if len(alike) > 1 and file.suffix and file.parent.name:
        return f"recursive-include {file.parent} *{file.suffix}"
    return f"include {file}"
