"""What a source tree says of its build, read as syntax: nothing of it is run.

``setup.py`` is followed into those modules of its own tree that it imports at once.
"""

from __future__ import annotations

import ast
import pkgutil
import re
import sys
import sysconfig
from dataclasses import dataclass
from email.parser import HeaderParser
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from augbackend import setup_py, sources
from augbackend.cli import declaration, setup_call
from augbackend.errors import AugbackendError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Kind = Literal["always", "if it is there", "later"]
_LONGEST, _DEEPEST = 2**21, 4  # bytes of a file that is read; modules that import modules
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,}")
_WORDS = [
    "TRUE",
    "FALSE",
    "True",
    "False",
    "true",
    "false",
    "ON",
    "OFF",
    "On",
    "Off",
    "on",
    "off",
    "YES",
    "NO",
    "Yes",
    "No",
    "yes",
    "no",
    "Y",
    "N",
    "y",
    "n",
    "1",
    "0",
]
_OPPOSITES = tuple(zip(_WORDS[::2], _WORDS[1::2]))
_RUNNERS = ("call", "check_call", "check_output", "run", "Popen", "system", "popen", "spawn", "getoutput")


@dataclass(frozen=True)
class Place:
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
    place: Place

    @property
    def is_certain(self) -> bool:
        """Whether no build gets round it."""
        return self.kind == "always" and self.place.file == "setup.py"


@dataclass(frozen=True)
class Variable:
    """An environment variable that is read.

    :param yes: the value by which it says yes, as the code compares it.
    :param no: the value by which it says no; empty if none does.
    """

    name: str
    yes: str
    no: str
    place: Place


@dataclass(frozen=True)
class Called:
    """A program that ``setup.py`` runs; ``requirement`` where that is pip, told to install one."""

    command: str
    requirement: str
    place: Place


@dataclass(frozen=True)
class Reading:
    """What was read.

    :param modules: importable names at the tree's top and in ``src``.
    :param pyx: Cython's sources, relative to the tree.
    :param asks_for: ``build-system.requires``, or what a frontend assumes, and literal ``setup_requires``.
    :param problem: why ``setup.py`` cannot be read, in Python's words.
    """

    name: str = ""
    version: str = ""
    backend: str = ""
    asks_for: tuple[str, ...] = ()
    imports: tuple[Import, ...] = ()
    variables: tuple[Variable, ...] = ()
    called: tuple[Called, ...] = ()
    modules: frozenset[str] = frozenset()
    pyx: tuple[str, ...] = ()
    requires_python: str = ""
    pythons: tuple[str, ...] = ()
    requires_dist: tuple[str, ...] = ()
    problem: str = ""


def read(tree: Path) -> Reading:
    """Read a tree.

    :raises AugbackendError: if its ``pyproject.toml`` is none that a frontend takes, or there is no project.
    """
    document = sources.read_pyproject(tree) if (tree / "pyproject.toml").is_file() else {}
    if not document and not (tree / "setup.py").is_file() and not (tree / "setup.cfg").is_file():
        hint = "it holds neither pyproject.toml nor setup.py"
        raise AugbackendError("no Python project here", where=str(tree), hint=hint)
    declaration.check_shape(document)
    fields = _pkg_info(tree)
    project = sources.at(document, "project", default={})
    project = project if isinstance(project, dict) else {}
    asked = sources.at(document, "build-system", "requires", default=setup_call.assumed_requires(tree))
    files = _Files(tree)
    files.follow("setup.py")
    classifiers = [*fields.get("classifier", ()), *map(str, project.get("classifiers", ()))]
    literal = setup_py.identity(tree)
    return Reading(
        name=(*fields.get("name", ()), str(project.get("name", "")), literal[0])[0],
        version=(*fields.get("version", ()), str(project.get("version", "")), literal[1])[0],
        backend=declaration.backend(document) or declaration.LEGACY_BACKEND,
        asks_for=(*asked, *(text for text in setup_py.setup_requires(tree) if text not in asked)),
        imports=tuple(dict.fromkeys(files.imports)),
        variables=tuple({one.name: one for one in reversed(files.variables)}.values())[::-1],
        called=tuple(files.called),
        modules=frozenset(_modules(tree)),
        pyx=tuple(sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*.pyx"))),
        requires_python=next(iter(fields.get("requires-python", ())), str(project.get("requires-python", ""))),
        pythons=tuple(
            re.findall(r"^Programming Language :: Python :: (\d+\.\d+)\s*$", "\n".join(classifiers), re.MULTILINE)
        ),
        requires_dist=tuple(fields.get("requires-dist", ())),
        problem=files.problem,
    )


def is_standard(module: str) -> bool:
    """Whether a module is of this Python's standard library."""
    return module.partition(".")[0] in _standard_modules()


@lru_cache
def _standard_modules() -> frozenset[str]:
    if sys.version_info >= (3, 10):
        return sys.stdlib_module_names
    names = [one.name for one in pkgutil.iter_modules([sysconfig.get_path("stdlib")])]
    return frozenset({*names, *sys.builtin_module_names})


def _pkg_info(tree: Path) -> Mapping[str, list[str]]:
    try:
        text = (tree / "PKG-INFO").read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, list[str]] = {}
    for name, value in HeaderParser().parsestr(text).items():
        found.setdefault(name.lower(), []).append(str(value))
    return found


def _modules(tree: Path) -> Iterator[str]:
    for folder in (tree, tree / "src"):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                yield path.stem


class _Files:
    """The files that run when ``setup.py`` does, read one after the other."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._seen: set[str] = set()
        self.imports: list[Import] = []
        self.variables: list[Variable] = []
        self.called: list[Called] = []
        self.problem = ""

    def follow(self, name: str, depth: int = 0) -> None:
        file = self._tree / name
        if name in self._seen or not file.is_file() or file.stat().st_size > _LONGEST:
            return
        self._seen.add(name)
        try:
            module = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError, RecursionError, OSError) as error:
            if not depth:
                self.problem = f"{type(error).__name__}: {getattr(error, 'msg', error)}"
            return
        parents = {child: node for node in ast.walk(module) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(module):
            place = Place(name, getattr(node, "lineno", 0))
            for imported in _imported(node, name):
                self.imports.append(Import(imported, _kind(node, parents), place))
            variable = _variable(node)
            if variable is not None:
                yes, no = _answers(node, parents, module)
                self.variables.append(Variable(variable, yes, no, place))
            self.called += _called(node, place)
        if depth < _DEEPEST:
            for one in [one for one in self.imports if one.place.file == name and one.kind == "always"]:
                self._enter(one.module, depth + 1)

    def _enter(self, module: str, depth: int) -> None:
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            path = "/".join(parts[:length])
            for candidate in (f"{path}/__init__.py", f"{path}.py"):
                self.follow(candidate, depth)


def _imported(node: ast.AST, file: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if not node.level:
        return [node.module] if node.module else []
    package = file.removesuffix("/__init__.py").removesuffix(".py").split("/")
    package = package[: len(package) - (node.level - file.endswith("/__init__.py"))]
    base = [*package, *([node.module] if node.module else [])]
    return [".".join(base)] if node.module else [".".join([*base, alias.name]) for alias in node.names]


def _kind(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> Kind:
    kind: Kind = "always"
    while node in parents:
        parent = parents[node]
        if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            return "later"
        in_body = isinstance(parent, ast.Try) and node in parent.body and parent.handlers
        is_forgiven = in_body and not all(_gives_up(handler) for handler in parent.handlers)  # type: ignore[attr-defined]  # a Try has them
        if is_forgiven or isinstance(parent, (ast.If, ast.ExceptHandler, ast.While)):
            kind = "if it is there"
        node = parent
    return kind


def _gives_up(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends the run: then what it handles is needed all the same."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "exit", "quit", "os._exit"):
            return True
    return False


def _variable(node: ast.AST) -> str | None:
    """The name of the environment variable that an expression reads."""
    found: ast.AST | None = None
    if isinstance(node, ast.Call) and node.args:
        name = ast.unparse(node.func)
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
    return ast.unparse(node).endswith("environ")


def _answers(node: ast.AST, parents: Mapping[ast.AST, ast.AST], module: ast.Module) -> tuple[str, str]:
    """The values by which a variable says yes and no, from what it is compared with, converted by, or defaults to."""
    if isinstance(node, ast.Compare):
        return "1", ""
    default = node.args[1] if isinstance(node, ast.Call) and len(node.args) > 1 else None
    converted = False
    while node in parents:
        parent = parents[node]
        if isinstance(parent, ast.Compare):
            return _compared(parent, default)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            name = parent.targets[0].id
            for other in ast.walk(module):
                if isinstance(other, ast.Compare) and _root(other.left) == name:
                    return _compared(other, default)
            break
        is_method = isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node)
        is_conversion = isinstance(parent, ast.Call) and parent.func is not node
        if is_conversion:
            converted = converted or ast.unparse(parent.func).rpartition(".")[2] in ("int", "strtobool", "float")  # type: ignore[attr-defined]  # a Call
        elif not is_method:
            break
        node = parent
    literal = default.value if isinstance(default, ast.Constant) else None
    pair = _pair(literal)
    if pair:
        return pair
    return ("1", "0") if converted else ("1", "")


def _root(node: ast.AST) -> str:
    """The name that an expression such as ``int(name.lower())`` is made of."""
    names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and one.id not in ("int", "bool", "str")]
    return names[0] if len(names) == 1 else ""


def _compared(node: ast.Compare, default: ast.AST | None) -> tuple[str, str]:
    values = [node.comparators[0]]
    if isinstance(values[0], (ast.Tuple, ast.List, ast.Set)):
        values = list(values[0].elts)
    texts = [str(one.value) for one in values if isinstance(one, ast.Constant) and one.value is not None]
    if not texts:
        return "1", ""
    pair = next(filter(None, map(_pair, texts)), None)
    if pair:
        return pair
    if not isinstance(node.ops[0], (ast.Eq, ast.In, ast.Is)):
        return "1", texts[0]
    return texts[0], str(default.value) if isinstance(default, ast.Constant) and default.value is not None else ""


def _pair(value: Any) -> tuple[str, str] | None:
    text = str(value)
    return next((pair for pair in _OPPOSITES if text in pair), None)


def _called(node: ast.AST, place: Place) -> list[Called]:
    if not isinstance(node, ast.Call) or not node.args:
        return []
    if ast.unparse(node.func).rpartition(".")[2] not in _RUNNERS:
        return []
    first = node.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        words: list[str] = first.value.split()
    elif isinstance(first, (ast.List, ast.Tuple)):
        words = [str(one.value) if isinstance(one, ast.Constant) else ast.unparse(one) for one in first.elts]
    else:
        return []
    if not words:
        return []
    if "pip" in words and "install" in words:
        after = [word for word in words[words.index("install") + 1 :] if not word.startswith("-")]
        return [Called("pip", word, place) for word in after]
    return [Called(words[0], "", place)]
