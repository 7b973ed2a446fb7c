"""What the code of ``setup.py`` does when it runs, read as syntax: imports, variables, programs.

It is followed into those modules of its own tree that it imports at once.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from augbackend.standards.setup_files import LONGEST, dotted, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Kind = Literal["always", "if it is there", "later"]
DEEPEST = 4  # modules that import modules
_LARGEST = 2**63  # a number that a variable may hold
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,}")
_OPPOSITES = (
    ("TRUE", "FALSE"),
    ("True", "False"),
    ("true", "false"),
    ("ON", "OFF"),
    ("On", "Off"),
    ("on", "off"),
    ("YES", "NO"),
    ("Yes", "No"),
    ("yes", "no"),
    ("Y", "N"),
    ("y", "n"),
    ("1", "0"),
)
_RUNNERS = ("call", "check_call", "check_output", "run", "Popen", "system", "popen", "spawn", "getoutput")


@dataclass(frozen=True)
class SourceLine:
    """A line of a file of the tree."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True)
class Import:
    """One that runs always, one that may fail or be skipped, or one in a function."""

    module: str
    kind: Kind
    place: SourceLine

    @property
    def is_certain(self) -> bool:
        """Whether no build gets round it."""
        return self.kind == "always" and self.place.file == "setup.py"


@dataclass(frozen=True)
class Variable:
    """An environment variable that is read.

    :param yes: the value by which it says yes, as the code compares it.
    :param no: the value by which it says no; empty if none does.
    :param default: what the code takes where it is not set; empty if that is no constant.
    """

    name: str
    yes: str
    no: str
    place: SourceLine
    default: str = ""


@dataclass(frozen=True)
class Called:
    """A program that ``setup.py`` runs; ``requirement`` where that is pip, told to install one."""

    command: str
    requirement: str
    place: SourceLine


class Files:
    """The files that run when ``setup.py`` does, read one after the other."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._seen: set[str] = set()
        self.imports: list[Import] = []
        self.variables: list[Variable] = []
        self.called: list[Called] = []
        self.problem = ""

    def follow(self, name: str, depth: int = 0, *, is_optional: bool = False) -> None:
        """Read a file of the tree, and those of its own that it imports; what cannot be read is left out.

        :param is_optional: whether what imports it does without it.
        """
        file = self._tree / name
        if name in self._seen or not file.is_file() or file.stat().st_size > LONGEST:
            return
        self._seen.add(name)
        parsed = parse(file)
        module = parsed.module
        if not depth:
            self.problem = parsed.problem
        parents = {child: node for node in ast.walk(module) for child in ast.iter_child_nodes(node)}
        compared = _comparisons(module)
        for node in ast.walk(module):
            place = SourceLine(name, getattr(node, "lineno", 0))
            for imported in _modules_named_by(node, name):
                kind = _kind(node, parents)
                kind = "if it is there" if is_optional and kind == "always" else kind
                self.imports.append(Import(imported, kind, place))
            variable = _variable_read_by(node)
            if variable is not None:
                yes, no = _answers(node, parents, compared)
                self.variables.append(Variable(variable, yes, no, place, _text(_default_of(node))))
            self.called += _called(node, place)
        if depth < DEEPEST:
            for one in [one for one in self.imports if one.place.file == name and one.kind != "later"]:
                self.enter(one.module, depth + 1, is_optional=one.kind == "if it is there")
            for node in ast.walk(module):
                if isinstance(node, ast.ImportFrom) and _kind(node, parents) == "always":
                    for imported in _modules_named_by(node, name):
                        for alias in node.names:
                            self.enter(f"{imported}.{alias.name}", depth + 1, is_optional=is_optional)

    def enter(
        self, module: str, depth: int, *, is_optional: bool = False, folders: tuple[str, ...] = ("", "src/")
    ) -> None:
        """Read the files that importing a module of the tree runs, as far as they are its own."""
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            path = "/".join(parts[:length])
            for candidate in (f"{path}/__init__.py", f"{path}.py"):
                for folder in folders:
                    self.follow(f"{folder}{candidate}", depth, is_optional=is_optional)


def _modules_named_by(node: ast.AST, file: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if not node.level:
        return [node.module] if node.module else []
    package = file.removeprefix("src/").removesuffix("/__init__.py").removesuffix(".py").split("/")
    package = package[: len(package) - (node.level - file.endswith("/__init__.py"))]
    base = [*package, *([node.module] if node.module else [])]
    return [".".join(base)] if node.module else [".".join([*base, alias.name]) for alias in node.names]


def _kind(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Kind:
    kind: Kind = "always"
    while node in parents:
        parent = parents[node]
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return "later"
        if _forgives(parent, node) or isinstance(parent, (ast.If, ast.ExceptHandler, ast.While)):
            kind = "if it is there"
        node = parent
    return kind


def _forgives(parent: ast.AST, node: ast.AST) -> bool:
    """Whether an import may fail in a statement of that kind, and the run goes on."""
    if isinstance(parent, ast.Try):
        return node in parent.body and any(not _gives_up(handler) for handler in parent.handlers)
    items = parent.items if isinstance(parent, ast.With) else []
    calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
    return any(dotted(call.func).rpartition(".")[2] == "suppress" for call in calls)


def _gives_up(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends the run: then what it handles is needed all the same."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and dotted(node.func) in ("sys.exit", "exit", "quit", "os._exit"):
            return True
    return False


def _variable_read_by(node: ast.AST) -> str | None:
    """The name of the environment variable that an expression reads."""
    found: ast.AST | None = None
    if isinstance(node, ast.Call) and node.args:
        name = dotted(node.func)
        if name.endswith("environ.get") or "env" in name.rpartition(".")[2].lower():
            found = node.args[0]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_environ(node.value):
        found = node.slice
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        found = node.left if _is_environ(node.comparators[0]) else None
    is_text = isinstance(found, ast.Constant) and isinstance(found.value, str)
    text = found.value if is_text else ""  # type: ignore[union-attr]  # a Constant has one
    return text if _VARIABLE.fullmatch(str(text)) else None


def _is_environ(node: ast.AST) -> bool:
    return dotted(node).endswith("environ")


def _comparisons(module: ast.Module) -> dict[str, ast.Compare]:
    """The first comparison of each name."""
    found: dict[str, ast.Compare] = {}
    for one in ast.walk(module):
        if isinstance(one, ast.Compare):
            for side in (one.left, one.comparators[0]):
                found.setdefault(_root(side), one)
    return found


def _answers(node: ast.AST, parents: Mapping[ast.AST, ast.AST], compared: Mapping[str, ast.Compare]) -> tuple[str, str]:
    """The values by which a variable says yes and no, from what it is compared with, converted by, or defaults to."""
    if isinstance(node, ast.Compare):
        return "1", ""
    default = _default_of(node)
    converted = False
    while node in parents:
        parent = parents[node]
        if isinstance(parent, ast.Compare):
            return _answers_in(parent, default)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            other = compared.get(parent.targets[0].id)
            if other is not None:
                return _answers_in(other, default)
            break
        is_method = isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node)
        is_conversion = isinstance(parent, ast.Call) and parent.func is not node
        if is_conversion:
            converted = converted or dotted(parent.func).rpartition(".")[2] in ("int", "strtobool", "float")  # type: ignore[attr-defined]  # a Call
        elif not is_method:
            break
        node = parent
    pair = _pair(_text(default))
    if pair:
        return pair
    return ("1", "0") if converted else ("1", "")


def _default_of(node: ast.AST) -> ast.AST | None:
    return node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None


def _root(node: ast.AST) -> str:
    """The name that an expression such as ``int(name.lower())`` is made of."""
    names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id not in ("int", "bool", "str")]
    return names[0] if len(names) == 1 else ""


def _answers_in(node: ast.Compare, default: ast.AST | None) -> tuple[str, str]:
    values = [node.left, node.comparators[0]]
    values = [
        item for one in values for item in (one.elts if isinstance(one, (ast.Tuple, ast.List, ast.Set)) else [one])
    ]
    texts = [text for one in values if (text := _text(one))]
    if not texts:
        return "1", ""
    pair = next(filter(None, map(_pair, texts)), None)
    if pair:
        return pair
    if not isinstance(node.ops[0], (ast.Eq, ast.In, ast.Is)):
        return "1", texts[0]
    return texts[0], _text(default)


def _text(node: ast.AST | None) -> str:
    """A constant as an environment variable would hold it; empty if it is none, or nothing sensible."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, (bool, float, str)) or (isinstance(value, int) and abs(value) < _LARGEST):
        return str(value)
    return ""


def _pair(text: str) -> tuple[str, str] | None:
    return next((pair for pair in _OPPOSITES if text in pair), None)


def _called(node: ast.AST, place: SourceLine) -> list[Called]:
    if not isinstance(node, ast.Call) or not node.args:
        return []
    if dotted(node.func).rpartition(".")[2] not in _RUNNERS:
        return []
    first = node.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        words: list[str] = first.value.split()
    elif isinstance(first, (ast.List, ast.Tuple)):
        words = [_text(one) or dotted(one) or "…" for one in first.elts]
    else:
        return []
    if not words:
        return []
    if "pip" in words and "install" in words:
        after = [word for word in words[words.index("install") + 1 :] if not word.startswith("-")]
        return [Called("pip", word, place) for word in after]
    return [Called(words[0], "", place)]
