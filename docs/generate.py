"""Writes what the pages of the manual have from the code: `python docs/generate.py`.

A page says which text it wants between two comments. The texts come from click's commands, from the dataclasses that
read the tables, from the knowledge's kinds of rows and from the errors in the code. They are kept in the pages, so that
these read well without a build.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Callable, get_args

import click

from augbackend.cli.docs import reference
from augbackend.cli.edit.replace_file import replace_file
from augbackend.cli.main import group
from augbackend.cli.model import error_ids
from augbackend.cli.model.recipe_entry import RecipeEntry
from augbackend.cli.outputs import reference as outputs
from augbackend.knowledge import rows
from augbackend.table.convert import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
SCHEMAS = FOLDER / "reference" / "schemas"
_PACKAGE = FOLDER.parent / "augbackend"
_FEWEST_WORDS = 3  # of a message that says something without its names
_RAISED = {"AugbackendError", "WrappedBackendUnavailable"}
_PART = re.compile(r"(<!-- generated: ([a-z]+) -->\n).*?(<!-- end of what is generated -->)", re.DOTALL)


def commands() -> str:
    """Each command with its help and its options, a heading each."""
    context = click.Context(group, info_name="augbackend")
    named = {name: group.resolve_command(context, [name])[1] for name in group.list_commands(context)}
    return "\n\n".join(_command(f"augbackend {name}", one) for name, one in named.items() if one)


def _command(path: str, command: click.Command) -> str:
    context = click.Context(command, info_name=path, max_content_width=80)
    parts = [f"## `{path}`", f"```text\n{_usage(context)}\n```", *_help(command)]
    options = [record for parameter in command.params if (record := parameter.get_help_record(context)) and record[1]]
    if options:
        lines = [f"| `{_cell(names)}` | {_cell(_prose(text))} |" for names, text in options]
        parts.append("\n".join(["| option | what it does |", "|---|---|", *lines]))
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return "\n\n".join([*parts, *(_command(f"{path} {name}", one) for name, one in sorted(inner))])


def _usage(context: click.Context) -> str:
    return context.get_usage().removeprefix("Usage: ") if hasattr(str, "removeprefix") else context.get_usage()[7:]


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs of a command's help; those that click leaves as they stand become code."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        if not paragraph.startswith("\b"):
            yield _prose(" ".join(paragraph.split()))
            continue
        title, *lines = paragraph.removeprefix("\b").strip("\n").split("\n")
        yield title.strip()
        yield "```text\n" + textwrap.dedent("\n".join(lines)) + "\n```"


def _prose(text: str) -> str:
    """Options as code, and nothing that Markdown takes for markup."""
    text = re.sub(r"(?<![\w`-])(--[a-z][\w-]*|-[A-Za-z])(?![\w-])", r"`\1`", text)
    return re.sub(r"([<>*_\[\]$])", r"\\\1", text)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def knowledge() -> str:
    """Each kind of row: what it is, and its keys."""
    lines = ["| row | what it says | keys |", "|---|---|---|"]
    for name, hint in fields_of(rows.Knowledge).items():
        (kind,) = {one for one in get_args(hint) if one is not ...}
        text = " ".join((inspect.getdoc(kind) or "").replace("``", "`").split())
        keys = ", ".join(f"`{key}`" for key in fields_of(kind))
        lines.append(f"| `{name}` | {_cell(text)} | {keys} |")
    return "\n".join(lines)


def recipe() -> str:
    """The keys of a recipe's entry, and of the tables in it."""
    return reference.tables_of("An entry: `[[entries]]`", RecipeEntry)


def messages() -> str:
    """What errors say and advise, as far as it stands in the code as text; `…` is what a case fills in."""
    in_builds: set[tuple[str, str, str]] = set()
    by_id: dict[str, set[tuple[str, str, str]]] = {}
    for file in sorted(_PACKAGE.rglob("*.py")):
        module = ".".join(("augbackend", *file.relative_to(_PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for scope in ast.parse(file.read_text(encoding="utf-8")).body:
            given = dict(pair for one in ast.walk(scope) for pair in _assigned(one))
            for node in ast.walk(scope):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _RAISED and node.args:
                    hint = next((one.value for one in node.keywords if one.arg == "hint"), None)
                    said = given.get(hint.id) if isinstance(hint, ast.Name) else hint
                    if len(re.findall(r"[a-zA-Z]{2,}", what := _words(node.args[0]))) >= _FEWEST_WORDS:
                        kind = error_ids.OF_CLASSES.get(getattr(node.func, "id", "")) or error_ids.of_module(module)
                        is_of_cli = _PACKAGE / "cli" in file.parents
                        into = by_id.setdefault(kind or error_ids.OTHER, set()) if is_of_cli else in_builds
                        into.add((what.strip(" …'").lower(), what, _words(said) if said else ""))
    parts = [_messages_under("## In a build", in_builds), "## Of the command line"]
    return "\n\n".join([*parts, *(_messages_under(f"### {one}", by_id[one]) for one in sorted(by_id))])


def _messages_under(title: str, found: set[tuple[str, str, str]]) -> str:
    rows = [f"| {_cell(_prose(what))} | {_cell(_prose(hint))} |" for _, what, hint in sorted(found)]
    return "\n".join([title, "", "| message | what to do |", "|---|---|", *rows])


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The name that an assignment gives to a value."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        yield node.targets[0].id, node.value


def _words(node: ast.expr) -> str:
    """The text of a literal, with `…` for what is put into it."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return re.sub("…+", "…", "".join(_words(one) if isinstance(one, ast.Constant) else "…" for one in node.values))
    return ""


WRITERS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "knowledge": knowledge,
    "messages": messages,
    "outputs": outputs.tables,
    "recipe": recipe,
    "table": reference.tables,
}


def filled(text: str) -> str:
    """A page with each part as the code says it now."""
    return _PART.sub(lambda part: f"{part[1]}\n{WRITERS[part[2]]()}\n\n{part[3]}", text)


if __name__ == "__main__":
    for page in sorted(FOLDER.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if filled(text) != text:
            replace_file(page, filled(text).encode())
            print(f"written: {page.relative_to(FOLDER.parent)}")  # noqa: T201  # for whoever runs it
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in outputs.files().items():
        replace_file(SCHEMAS / name, text.encode())
