"""Writes what the pages of the manual have from the code: `python docs/generate.py`.

A page says which text it wants between two comments. The texts come from click's commands, from the dataclasses that
read the tables, from the knowledge's kinds of rows and from the errors in the code. They are kept in the pages, so that
these read well without a build.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Callable, get_args

import click

from augbackend.cli.docs import messages, reference
from augbackend.cli.docs.markdown import cell, prose
from augbackend.cli.edit.replace_file import replace_file
from augbackend.cli.main import group
from augbackend.cli.model.recipe_entry import RecipeEntry
from augbackend.cli.outputs import reference as outputs
from augbackend.knowledge import rows
from augbackend.table.convert import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
SCHEMAS = FOLDER / "reference" / "schemas"
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
        lines = [f"| `{cell(names)}` | {cell(prose(text))} |" for names, text in options]
        parts.append("\n".join(["| option | what it does |", "|---|---|", *lines]))
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    return "\n\n".join([*parts, *(_command(f"{path} {name}", one) for name, one in sorted(inner))])


def _usage(context: click.Context) -> str:
    return context.get_usage().removeprefix("Usage: ") if hasattr(str, "removeprefix") else context.get_usage()[7:]


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs of a command's help; those that click leaves as they stand become code."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(command.help or "")):
        if not paragraph.startswith("\b"):
            yield prose(" ".join(paragraph.split()))
            continue
        title, *lines = paragraph.removeprefix("\b").strip("\n").split("\n")
        yield title.strip()
        yield "```text\n" + textwrap.dedent("\n".join(lines)) + "\n```"


def knowledge() -> str:
    """Each kind of row: what it is, and its keys."""
    lines = ["| row | what it says | keys |", "|---|---|---|"]
    for name, hint in fields_of(rows.Knowledge).items():
        (kind,) = {one for one in get_args(hint) if one is not ...}
        text = " ".join((inspect.getdoc(kind) or "").replace("``", "`").split())
        keys = ", ".join(f"`{key}`" for key in fields_of(kind))
        lines.append(f"| `{name}` | {cell(text)} | {keys} |")
    return "\n".join(lines)


def recipe() -> str:
    """The keys of a recipe's entry, and of the tables in it."""
    return reference.tables_of("An entry: `[[entries]]`", RecipeEntry)


WRITERS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "knowledge": knowledge,
    "messages": messages.page,
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
