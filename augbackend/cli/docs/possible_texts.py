"""What the expressions of a module's code may come to, as texts: `…` stands for what only a run knows.

::

    module's tree -> block by block, what each name may be -> each call, with the names as they are there
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Names = Mapping[str, Sequence[str]]

UNKNOWN = "…"
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, Names]]:
    """Each call, with what the names around it may be there."""
    of_module: dict[str, Sequence[str]] = {}
    for one in tree.body:
        if isinstance(one, ast.Assign):
            of_module.update(_assigned(one, of_module))
    yield from _of_block(tree.body, of_module)


def texts(node: ast.expr | None, names: Names) -> list[str]:
    """What an expression may come to, less what is empty."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and node.value else []
    if isinstance(node, ast.Name):
        return list(names.get(node.id, [UNKNOWN]))
    if isinstance(node, ast.IfExp):
        return [*texts(node.body, names), *texts(node.orelse, names)]
    if isinstance(node, ast.BoolOp):
        return [one for value in node.values for one in texts(value, names)]
    if isinstance(node, ast.BinOp):
        return [_together(left, right) for left in texts(node.left, names) for right in texts(node.right, names)]
    if isinstance(node, ast.JoinedStr):
        found = [""]
        for part in node.values:
            filled = _filled(part, names)
            found = [_together(before, after) for before in found for after in filled]
        return found
    return [] if node is None else [UNKNOWN]


def _filled(part: ast.expr, names: Names) -> Sequence[str]:
    """A part of an f-string; a name in it counts where it is a sentence."""
    if not isinstance(part, ast.FormattedValue):
        return texts(part, names)
    found = texts(part.value, names) if isinstance(part.value, ast.Name) else []
    return found if found and all(" " in one for one in found) else [UNKNOWN]


def _together(before: str, after: str) -> str:
    return re.sub(f"{UNKNOWN}+", UNKNOWN, f"{before}{after}")


def _of_block(body: Iterable[ast.stmt], names: dict[str, Sequence[str]]) -> Iterator[tuple[ast.Call, Names]]:
    """The calls of statements in their order; what these assign is added to ``names``."""
    for one in body:
        inner = [part for field in ("body", "handlers", "orelse", "finalbody") for part in getattr(one, field, ())]
        own = (node for node in ast.iter_child_nodes(one) if node not in inner)
        yield from ((call, dict(names)) for node in own for call in ast.walk(node) if isinstance(call, ast.Call))
        if isinstance(one, _SCOPES):
            yield from _of_block(one.body, dict(names))
        elif isinstance(one, ast.Assign):
            names.update(_assigned(one, names))
        elif inner:
            yield from _of_branches(one, names)


def _of_branches(one: ast.stmt, names: dict[str, Sequence[str]]) -> Iterator[tuple[ast.Call, Names]]:
    """The calls in a statement that has blocks; behind it, a name may be what any of these has left."""
    before = dict(names)
    handlers = [handler.body for handler in getattr(one, "handlers", ())]
    after = [] if isinstance(one, ast.If) and one.orelse else [before]
    for body in (getattr(one, "body", []), *handlers, getattr(one, "orelse", []), getattr(one, "finalbody", [])):
        left = dict(before)
        yield from _of_block(body, left)
        if body and not isinstance(body[-1], _ENDS):
            after.append(left)
    for name in {name for one in after for name in one}:
        names[name] = list(dict.fromkeys(text for one in after for text in one.get(name, ())))


def _assigned(statement: ast.Assign, names: Names) -> Iterator[tuple[str, list[str]]]:
    target, value = statement.targets[0], statement.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts))
    for name, given in pairs:
        if isinstance(name, ast.Name):
            yield name.id, texts(given, names)
