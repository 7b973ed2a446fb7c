"""Whether a folder is a package that a backend can be put into, and whether its workspace has a copy already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit.backend_copy import FOLDER, HIDDEN
from augbackend.cli.model.cli_error import CliError
from augbackend.cli.project import project_root
from augbackend.table import layers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SAYING_SO = (("build-system",), ("project",), ("tool", "poetry"), ("tool", "flit"), ("tool", "augbackend"))
_DENYING = (("tool", "uv", "package"), ("tool", "poetry", "package-mode"))


def check_package(tree: Path, document: Mapping[str, Any]) -> None:
    """Make sure that ``tree`` is one package.

    :raises AugbackendError: with what to name, or to write, instead.
    """
    has_setup = any((tree / name).is_file() for name in ("setup.py", "setup.cfg"))
    where = str(tree / "pyproject.toml")
    for keys in _DENYING:
        if layers.at(document, *keys, default=True) is False:
            hint = f"remove {keys[-1]} = false there if it is to be built"
            raise CliError(
                "it says that it is no package", id="says-no-package", where=f"{where}, {'.'.join(keys)}", hint=hint
            )
    if has_setup or any(layers.at(document, *keys, default=None) is not None for keys in _SAYING_SO):
        return
    members = project_root.members(tree, dict(document))
    if members:
        named = ", ".join(os.path.relpath(member, tree.resolve()).replace(os.sep, "/") for member in members[:3])
        what, hint = "it is the root of a workspace, and no package itself", f"name a member: {named}"
        raise CliError(what, id="is-workspace-root", where=where, hint=hint)
    what = "no package is described here: there is no [project], no [build-system], no setup.py or setup.cfg"
    hint = "name the folder of the package, or describe it in [project] first"
    raise CliError(what, id="no-package-described", where=where, hint=hint)


def check_workspace(tree: Path) -> None:
    """Refuse a second copy in a workspace of uv's: its review is the same once more, and one may be older.

    :raises AugbackendError: if another of its packages has one.
    """
    here = tree.resolve()
    for root in (here, *here.parents):
        others = project_root.members_of(root)
        if here != root and here not in others:
            continue
        for one in (root, *others):
            if one != here and any((one / folder / "augbackend").is_dir() for folder in (FOLDER, HIDDEN)):
                hint = "use --installed here: augbackend is then required from an index"
                what = f"this workspace has a copy of the backend already, in {os.path.relpath(one, here)}"
                raise CliError(what, id="workspace-has-copy", where=str(tree), hint=hint)
        if others:
            return
