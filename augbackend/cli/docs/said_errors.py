"""The errors of the code, as far as what they say stands there as text.

A function that makes errors for others has an ``id`` among its parameters: what its callers give is put into its words.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import augbackend

from . import possible_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from .possible_texts import Names

ROOT = Path(augbackend.__file__).parent
PASSED = "…"  # the id of another error, or the caller's
_OF_BUILDS = ("AugbackendError", "WrappedBackendUnavailable")
_WITH_ID = ("CliError", "UsageMistakeError", "ValueMistakeError")


@dataclass(frozen=True)
class SaidError:
    """A place in the code that makes an error.

    :param place: the file and the line.
    :param kind: the name of the class, or of the function that makes it.
    :param ident: empty if none is said.
    :param whats: what it may say.
    :param hints: what it may advise.
    """

    place: str
    kind: str
    ident: str
    whats: tuple[str, ...]
    hints: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    name: str
    tree: ast.Module

    @property
    def definitions(self) -> Iterator[ast.ClassDef | ast.FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, (ast.ClassDef, ast.FunctionDef)))


def of_command_line() -> list[SaidError]:
    """Every place in the command line that makes an error."""
    sources = [one for one in _every_source() if one.name.startswith("cli/")]
    makers = {*_WITH_ID, *(name for source in sources for name in _subclasses(source))}
    through = {
        one.name: one
        for source in sources
        for one in source.definitions
        if isinstance(one, ast.FunctionDef) and one.name != "__init__" and "id" in _parameters(one)
    }
    return [one for source in sources for one in _made_in(source, makers, through)]


def in_builds() -> list[SaidError]:
    """Every place in the backend's half that makes one."""
    sources = (one for one in _every_source() if not one.name.startswith("cli/"))
    return [one for source in sources for one in _made_in(source, _OF_BUILDS, {})]


def _every_source() -> Iterator[_Source]:
    for file in sorted(ROOT.rglob("*.py")):
        yield _Source(file.relative_to(ROOT).as_posix(), ast.parse(file.read_bytes()))


def _subclasses(source: _Source) -> Iterator[str]:
    """The classes of errors whose id is said where they are raised, and not by themselves."""
    for one in source.definitions:
        if isinstance(one, ast.ClassDef) and "CliError" in map(ast.unparse, one.bases):
            inits = [inner for inner in one.body if isinstance(inner, ast.FunctionDef) and inner.name == "__init__"]
            yield from [one.name] if all("id" in _parameters(init) for init in inits) else []


def _made_in(source: _Source, makers: Collection[str], through: Mapping[str, ast.FunctionDef]) -> Iterator[SaidError]:
    for call, names in possible_texts.calls(source.tree):
        kind, ident = ast.unparse(call.func).rpartition(".")[2], _keyword(call, "id")
        helper = through.get(kind) if ident is not None else None
        if kind in makers or helper or (kind == "__init__" and ident is not None):
            said = str(ident.value) if isinstance(ident, ast.Constant) else PASSED if ident is not None else ""
            whats, hints = _helped(call, names, helper) if helper else _texts_of(call, names)
            yield SaidError(f"{source.name}:{call.lineno}", kind, said, tuple(whats), tuple(hints))


def _texts_of(call: ast.Call, names: Names) -> tuple[Iterable[str], Iterable[str]]:
    what = call.args[0] if call.args else None
    return possible_texts.texts(what, names), possible_texts.texts(_keyword(call, "hint"), names)


def _helped(call: ast.Call, names: Names, helper: ast.FunctionDef) -> tuple[Iterable[str], Iterable[str]]:
    """What a function says with what it is given."""
    given = {name: possible_texts.texts(value, names) for name, value in zip(_parameters(helper), call.args)}
    made = [one for one in possible_texts.calls(ast.Module([helper], [])) if _keyword(one[0], "id") is not None]
    return _texts_of(made[0][0], {**made[0][1], **given})


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _parameters(function: ast.FunctionDef) -> list[str]:
    own = function.args
    return [one.arg for one in (*own.posonlyargs, *own.args, *own.kwonlyargs)]
