"""The backend in a tree that its user owns: put there, brought up to date, or taken out again.

First a plan is made of plain data (the new text, what to do with the copy), and the backend has to accept the result.
Only then is anything written: the copy first, ``pyproject.toml`` last.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Optional

from packaging.version import parse

from augbackend import __version__
from augbackend.cli.edit import (
    adopted_pyproject,
    backend_copy,
    copy_lists,
    manifest_in,
    package_discovery,
    pyproject,
    replace_file,
)
from augbackend.cli.model.cli_error import CliError
from augbackend.hook import declared
from augbackend.table import layers

from . import adoptable, copy_difference, ignored_copy, known_memory, setup_call

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from augbackend.cli.model.declaration import Declaration

Copy = Literal["write", "remove", "leave"]


@dataclass(frozen=True)
class TreePlan:
    """What a run will do to one tree: texts of ``pyproject.toml`` (``None``: no file) and the copy's fate.

    :param files: of the copy that is written.
    :param folder: of the copy.
    :param others: more files of the tree that change: name → old and new text, ``None`` where there is none.
    :param old_version: of the copy that is there; empty if there is none, or it does not say.
    """

    tree: Path
    old: Optional[str]
    new: Optional[str]
    copy: Copy
    files: Mapping[str, bytes] = field(default_factory=dict)
    old_version: str = ""
    folder: str = backend_copy.FOLDER
    others: Mapping[str, tuple[Optional[str], Optional[str]]] = field(default_factory=dict)


def planned(
    tree: Path,
    declaration: Declaration,
    more: Collection[str] = (),
    undeclared: Collection[str] = (),
    *,
    installed: bool,
) -> TreePlan:
    """Plan to make augbackend the build backend of ``tree``.

    :param more: keys whose files the copy is to have though the table does not use them.
    :param undeclared: variables that are not set any more.
    :raises AugbackendError: if the tree would be damaged, or the declaration would be refused when it builds.
    """
    if declaration.jobs is not None:
        compiler = known_memory.compiler_of(known_memory.files_in(tree))
        declaration = replace(declaration, jobs=known_memory.filled(declaration.jobs, compiler))
    old = pyproject_text(tree)
    if old is not None:
        declared.read(tree, environ={})  # a table with mistakes is for its author to mend, before anything is added
    document = project_document(tree, old)
    _check_variables(tree, document, undeclared)
    is_adopted = pyproject.backend(document) == "augbackend"
    there_in = backend_copy.folder_of(document)
    in_tree = there_in is not None
    if is_adopted and installed and in_tree:
        hint = "run it with --remove first"
        raise CliError("the backend is in this tree already", id="backend-in-tree-already", where=str(tree), hint=hint)
    if is_adopted and not in_tree and layers.at(document, "build-system", "backend-path", default=()):
        hint = f"this command changes only a copy in {backend_copy.FOLDER!r}"
        raise CliError(
            "another copy of augbackend builds this tree", id="another-copy-builds", where=str(tree), hint=hint
        )
    assumed = setup_call.assumed_requires(tree)
    if not (in_tree if is_adopted else not installed):
        new = adopted_pyproject.adopted(old, declaration, undeclared, folder=None, assumed_requires=assumed)
        declared.read(tree, environ={}, document=pyproject.parse(new, "pyproject.toml"))
        return TreePlan(tree, old, new, "leave")
    if there_in == backend_copy.FOLDER and package_discovery.is_taken_elsewhere(tree):
        what = f"setuptools would ship {there_in} in this project's wheel: it looks for namespace packages"
        hint = (
            f"exclude '{there_in}*' in setup.py or setup.cfg; a copy that is put in anew goes to {backend_copy.HIDDEN}"
        )
        raise CliError(what, id="setuptools-would-ship-copy", where=str(tree), hint=hint)
    folder = there_in or _folder_for(tree, old or "")
    _check_folder(tree, folder, is_adopted=is_adopted)
    _check_age(tree, folder)
    new = adopted_pyproject.adopted(old, declaration, undeclared, folder=folder, assumed_requires=assumed)
    document = pyproject.parse(new, "pyproject.toml")
    build = declared.read(tree, environ={}, document=document)
    there = backend_copy.manifest(tree, folder) if is_adopted else {}
    kept = {*more, *backend_copy.more_keys(there)}
    has_readers = backend_copy.needs_readers(tree, document)
    files = backend_copy.backend_files(document, "augbackend adopt", kept, has_readers=has_readers)
    ignored_copy.check(tree, folder, files)
    copy: Copy = "leave" if backend_copy.is_current(tree, files, folder) else "write"
    others = _manifest_in(tree, folder) if build.wraps_setuptools and (tree / "setup.py").is_file() else {}
    return TreePlan(tree, old, new, copy, files, str(there.get("augbackend", "")), folder, others)


def planned_removal(tree: Path) -> TreePlan:
    """Plan to give ``tree`` its old build backend back.

    :raises AugbackendError: if augbackend does not build it.
    """
    old = pyproject_text(tree)
    document = pyproject.parse(old or "", str(tree / "pyproject.toml"))
    pyproject.check_shape(document)
    if (
        old is None
        or pyproject.backend(document) != "augbackend"
        or not layers.at(document, "tool", "augbackend", default={})
    ):
        hint = "there is nothing to remove"
        raise CliError(
            "augbackend does not build this tree", id="not-adopted", where=str(tree / "pyproject.toml"), hint=hint
        )
    folder = backend_copy.folder_of(document)
    new = adopted_pyproject.restored(old)
    if folder is None:
        return TreePlan(tree, old, new, "leave")
    return TreePlan(tree, old, new, "remove", folder=folder, others=_manifest_in(tree, folder, removed=True))


def project_document(tree: Path, text: str | None) -> dict[str, Any]:
    """The ``pyproject.toml`` of a tree that can be adopted.

    :raises AugbackendError: if there is no package in it, or the file is not one that can be edited.
    """
    if text is None and not (tree / "setup.py").is_file() and not (tree / "setup.cfg").is_file():
        hint = "name the folder that holds pyproject.toml, setup.py or setup.cfg"
        raise CliError("no Python project here", id="not-a-python-project", where=str(tree), hint=hint)
    document = pyproject.parse(text or "", str(tree / "pyproject.toml"))
    pyproject.check_shape(document)
    adoptable.check_package(tree, document)
    return document


def carry_out(plan: TreePlan) -> None:
    """Write what the plan says; ``pyproject.toml`` changes last, so that it never names a copy that is not there."""
    if plan.copy == "write":
        backend_copy.write_copy(plan.tree, plan.files, plan.folder)
    for name, (old, new) in {**plan.others, "pyproject.toml": (plan.old, plan.new)}.items():
        if new is None:
            (plan.tree / name).unlink()
        elif new != old:
            replace_file.replace_file(plan.tree / name, new.encode())
    if plan.copy == "remove":
        backend_copy.remove_copy(plan.tree, plan.folder)


def diff(plan: TreePlan) -> str:
    """The change as a unified diff of the tree's own files, and a line for the copy."""
    lines: list[str] = []
    for name, texts in {"pyproject.toml": (plan.old, plan.new), **plan.others}.items():
        old, new = ([f"{line}\n" for line in (text or "").splitlines()] for text in texts)
        before, after = ("/dev/null" if text is None else name for text in texts)
        lines += difflib.unified_diff(old, new, before, after)
    if plan.copy != "leave":
        count = len(plan.files or backend_copy.files_in(plan.tree, plan.folder))
        said = copy_difference.in_words(plan) if plan.old_version and plan.copy == "write" else ""
        lines.append(f"# {plan.copy} {plan.folder}/augbackend/ ({count} files{f'; {said}' if said else ''})\n")
    return "".join(lines)


def _folder_for(tree: Path, text: str) -> str:
    """Where a copy goes that is not there yet.

    :raises AugbackendError: if this workspace has one already.
    """
    adoptable.check_workspace(tree)
    if package_discovery.is_taken_elsewhere(tree) or not copy_lists.can_be_put_in(text):
        return backend_copy.HIDDEN
    return backend_copy.FOLDER


def _manifest_in(tree: Path, folder: str, *, removed: bool = False) -> dict[str, tuple[Optional[str], Optional[str]]]:
    """``MANIFEST.in`` as it is, and as it is to be; empty if nothing changes."""
    file = tree / "MANIFEST.in"
    try:
        old = file.read_bytes().decode("utf-8") if file.is_file() else None
    except UnicodeDecodeError:
        return {}  # setuptools reads it as it likes; the hooks take the copy along in any case
    if removed and old is None:
        return {}
    new = manifest_in.without_copy(old or "", folder) if removed else manifest_in.with_copy(old, folder)
    return {} if new == old else {file.name: (old, new)}


def pyproject_text(tree: Path) -> str | None:
    """The tree's ``pyproject.toml`` as it stands; ``None`` if there is none.

    :raises AugbackendError: if it cannot be read, or lies outside of the tree.
    """
    file = tree / "pyproject.toml"
    if not file.exists() and not file.is_symlink():
        return None
    if tree.resolve() not in file.resolve().parents:
        hint = "replace the link by a file of the tree's own"
        raise CliError(
            f"it is a link that leads out of the tree, to {file.resolve()}",
            id="link-leads-out",
            where=str(file),
            hint=hint,
        )
    layers.read_pyproject(tree)  # says what is wrong with it, if anything is
    return file.read_bytes().decode("utf-8")


def _check_variables(tree: Path, document: Mapping[str, Any], names: Collection[str]) -> None:
    variables = layers.at(document, "tool", "augbackend", "extra-build-variables", default={})
    unknown = ", ".join(name for name in names if name not in variables)
    if unknown:
        where = f"{tree / 'pyproject.toml'}, tool.augbackend.extra-build-variables"
        raise CliError(
            f"not declared: {unknown}", id="not-declared", where=where, hint="augbackend show names what is declared"
        )


def _check_age(tree: Path, folder: str) -> None:
    """Refuse to put an older backend in the place of a newer one."""
    there = str(backend_copy.manifest(tree, folder).get("augbackend", "0"))
    if parse(there) > parse(__version__):
        raise CliError(
            f"its copy is of augbackend {there}, which is newer than this one ({__version__})",
            id="copy-is-newer",
            where=str(tree / folder),
            hint=f"use that version: uvx --from 'augbackend[cli]>={there}' augbackend adopt",
        )


def _check_folder(tree: Path, name: str, *, is_adopted: bool) -> None:
    folder = tree / name
    hint = f"adopt keeps its copy in {name!r}: move what is there, or use --installed"
    if folder.is_symlink() or (folder / "augbackend").is_symlink():
        raise CliError(
            "it is a link, and the backend must lie inside the tree",
            id="backend-folder-is-link",
            where=str(folder),
            hint=hint,
        )
    if folder.exists() and not folder.is_dir():
        raise CliError("it is a file", id="backend-folder-is-file", where=str(folder), hint=hint)
    # A run that was stopped between the copy and pyproject.toml leaves a copy of ours, and can be repeated.
    is_ours = is_adopted or backend_copy.looks_ours(folder)
    if folder.is_dir() and not is_ours and any(folder.iterdir()):
        raise CliError("it is not empty, and not ours", id="backend-folder-not-ours", where=str(folder), hint=hint)
