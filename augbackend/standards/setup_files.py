"""What ``setup.py`` and ``setup.cfg`` say literally: read as text, never run.

A value is read at one of two levels. Lenient: what can be seen of it. Certain: all of it, and only if nothing else in
the file can change it.
"""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import Any

LONGEST = 2**18  # bytes of a file that is parsed: its syntax takes a thousand times as much memory
_LONGEST_GAP = 200  # blanks in a row: configparser's patterns take quadratic time on them
_LONGEST_SUM = 2**14  # entries of a list, or characters of a text, that a sum makes
COMPUTED: Any = type("Computed", (), {"__repr__": lambda _: "computed"})()  # in place of a value that cannot be seen


@dataclass(frozen=True)
class ParsedFile:
    """The syntax of a Python file; empty if there is no such file, or if it cannot be parsed.

    :param problem: why it cannot be parsed, in Python's words.
    """

    module: ast.Module
    problem: str = ""


def parse(file: Path) -> ParsedFile:
    """Parse a Python file. The compiler's warnings are left out: its author sees them when the file runs."""
    nothing = ast.Module(body=[], type_ignores=[])
    try:
        if file.stat().st_size > LONGEST:
            return ParsedFile(nothing, f"it is longer than {LONGEST} bytes")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ParsedFile(ast.parse(file.read_bytes()))
    except FileNotFoundError:
        return ParsedFile(nothing)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return ParsedFile(nothing, f"{type(error).__name__}: {getattr(error, 'msg', error)}")


@dataclass(frozen=True)
class SetupCfg:
    """The sections of ``setup.cfg``, and their options as they are spelled there.

    :param problem: why it cannot be read; there are no sections then.
    """

    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problem: str = ""

    def options(self, section: str) -> dict[str, str]:
        """The options of a section by the names that setuptools gives them: ``Build-Base`` is ``build_base``."""
        return {name.replace("-", "_").lower(): value for name, value in self.sections.get(section, {}).items()}


def read_cfg(*files: Path) -> SetupCfg:
    """Read ``setup.cfg``, or several files of its format; the last one wins, and a missing one says nothing."""
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the name of an extra may have capitals
    try:
        for file in files:
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            if len(text) > LONGEST or any(len(gap) > _LONGEST_GAP for gap in re.findall(r"[^\S\n]+", text)):
                return SetupCfg(problem=f"it is longer than {LONGEST} characters, or has a gap of {_LONGEST_GAP}")
            parser.read_string(text)
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        return SetupCfg(problem=f"{type(error).__name__}: {error}")
    return SetupCfg({name: dict(parser[name]) for name in parser.sections()})


def setup_requires(tree: Path) -> list[str]:
    """What can be seen of ``setup_requires`` (lenient), in setuptools' order: ``setup.cfg``, then ``setup.py``."""
    found = requirements(split_semicolons(read_cfg(tree / "setup.cfg").options("options").get("setup_requires", "")))
    module = parse(tree / "setup.py").module
    literals = Literals(module)
    for call in calls(module, "setup"):
        found += requirements(literals.keywords(call).get("setup_requires", _UNSEEN).value)
    return list(dict.fromkeys(found))


def split_semicolons(value: str) -> list[str]:
    """The items of a list in ``setup.cfg``: one a line or, on a single line, separated by semicolons."""
    return value.splitlines() if "\n" in value else value.split(";")


def requirements(value: Any) -> list[str]:
    """The requirements in a list, or in the lines of a text, without comments; none in anything else."""
    items = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    lines = [re.sub(r"(^|\s)#.*", "", item).strip() for item in items if isinstance(item, str)]
    return [line for line in lines if line]


def calls(module: ast.Module, name: str) -> list[ast.Call]:
    """The calls of any function of that name, whatever module it comes from."""
    found = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    return [call for call in found if dotted(call.func).rpartition(".")[2] == name]


def dotted(node: ast.AST) -> str:
    """The name that an expression spells, such as ``os.environ.get``; ``.get`` if it begins with something else."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def unconditional(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run whenever the file does; ``__name__`` is ``__main__`` for a build backend, too."""
    for node in body:
        if isinstance(node, ast.With) or (isinstance(node, ast.If) and _is_main(node.test)):
            yield from unconditional(node.body)
        else:
            yield node


def _is_main(test: ast.expr) -> bool:
    if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.Eq):
        return False
    return dotted(test.left) == "__name__" and [getattr(one, "value", "") for one in test.comparators] == ["__main__"]


@dataclass(frozen=True)
class Seen:
    """What can be seen of a value.

    :param value: a list or dictionary holds only the entries that can be seen; :data:`COMPUTED` if nothing can.
    :param is_certain: whether that is all of it, and nothing else in the file can change it.
    """

    value: Any
    is_certain: bool = False

    @property
    def certain(self) -> Any:
        """The value; :data:`COMPUTED` unless it is certain."""
        return self.value if self.is_certain else COMPUTED


_UNSEEN = Seen(COMPUTED)


class Literals:
    """Reads the expressions of a file: literals, sums of them, and names that are assigned them at its top.

    :param settled: names that are bound and read once; what other names hold is not certain.
    """

    def __init__(self, module: ast.Module, settled: Container[str] = ()) -> None:
        self._names: dict[str, Seen] = {}
        for node in unconditional(module.body):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name, seen = node.targets[0].id, self.value(node.value)
                self._names[name] = Seen(seen.value, seen.is_certain and name in settled)

    def value(self, node: ast.expr) -> Seen:
        """What can be seen of an expression's value."""
        try:
            return self._value(node)
        except RecursionError:
            return _UNSEEN

    def keywords(self, call: ast.Call) -> dict[str, Seen]:
        """What can be seen of a call's keywords, and of those that ``**`` adds."""
        found = {}
        for keyword in call.keywords:
            seen = self.value(keyword.value)
            if keyword.arg is not None:
                found[keyword.arg] = seen
            elif isinstance(seen.value, dict):
                found.update({name: Seen(value) for name, value in seen.value.items()})
        return found

    def _value(self, node: ast.expr) -> Seen:
        if isinstance(node, ast.Constant):
            return Seen(node.value, is_certain=True)
        if isinstance(node, ast.Name):
            return self._names.get(node.id, _UNSEEN)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            items = [self._value(item) for item in node.elts]
            values = [item.value for item in items if item.value is not COMPUTED]
            return Seen(values, all(item.is_certain for item in items))
        if isinstance(node, ast.Dict):
            keys = [_UNSEEN if key is None else self._value(key) for key in node.keys]
            pairs = list(zip(keys, map(self._value, node.values)))
            found = {key.value: item.value for key, item in pairs if isinstance(key.value, str)}
            return Seen(found, all(isinstance(key.certain, str) and item.is_certain for key, item in pairs))
        if isinstance(node, ast.Call) and dotted(node.func) == "dict" and not node.args:
            return Seen({name: seen.value for name, seen in self.keywords(node).items()})
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._value(node.left), self._value(node.right)
            kinds = {type(left.value), type(right.value)}
            if kinds in ({list}, {str}) and len(left.value) + len(right.value) <= _LONGEST_SUM:
                return Seen(left.value + right.value, left.is_certain and right.is_certain)
            return next((Seen(one.value) for one in (left, right) if isinstance(one.value, list)), _UNSEEN)
        return _UNSEEN
