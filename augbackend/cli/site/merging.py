"""Parts of an index, each made elsewhere, put together: every file by its sha256, and what contradicts is said.

What is in the index already counts first, then the parts in their order.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augbackend.cli.model.cli_error import CliError

from . import on_disk, site_project, writing
from .site_project import SiteProject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from augbackend.cli.model.published_file import PublishedFile


@dataclass
class MergeRun:
    """What became of it.

    :param added: files of the parts, below the index.
    :param twice: wheels of the same sdist that several parts have built: the first is taken.
    :param conflicts: why a file is not taken, a sentence each.
    """

    out: Path
    added: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The report for a reader."""
        yield from (f"added {one}" for one in self.added)
        yield from (f"note: {one} was built more than once; the first is taken" for one in self.twice)
        yield from (f"conflict: {one}" for one in self.conflicts)
        yield f"{self.out}: {len(self.added)} added, {len(self.conflicts)} in conflict"

    def as_json(self) -> dict[str, Any]:
        """The same for a script."""
        return {"index": str(self.out), "added": self.added, "twice": self.twice, "conflicts": self.conflicts}


def merged(out: Path, parts: Sequence[Path]) -> MergeRun:
    """Put the files of parts into an index, and on its pages.

    :raises AugbackendError: if one of the folders holds something else.
    """
    read = {part: on_disk.read(part) for part in parts}
    empty = next((part for part, found in read.items() if not found), None)
    if empty is not None:
        raise CliError(
            "there is no index of ours",
            id="no-index-to-merge",
            where=str(empty),
            hint="name folders that index has made",
        )
    run = MergeRun(out)
    with writing.locked(out), writing.staged(out, {}, check=False) as staging:
        there = on_disk.read(out)
        for name in sorted({name for found in read.values() for name in found}):
            before = there[name].files if name in there else ()
            growing = _Growing(name, {one.filename: one for one in before}, staging)
            for part, found in read.items():
                for one in found[name].in_order if name in found else ():
                    growing.take(one, part, run)
            whole = SiteProject(name, tuple(growing.files.values()))
            page = whole.without_orphans()
            run.conflicts += [
                f"{name}/{one.filename}: the sdist that it was built of is another than the one that is there"
                for one in whole.files
                if one not in page.files
            ]
            kept = {filename: path for filename, path in growing.new.items() if filename in page.ours}
            if page.files:
                writing.publish(out, page, kept)
            run.added += [f"{name}/{page.ours[filename].url}" for filename in sorted(kept)]
        writing.list_projects(out)
    return run


@dataclass
class _Growing:
    """A project while it grows.

    :param files: on its page, by name.
    :param staging: a folder for files.
    :param new: those of parts, by name.
    """

    name: str
    files: dict[str, PublishedFile]
    staging: Path
    new: dict[str, Path] = field(default_factory=dict)

    def take(self, one: PublishedFile, part: Path, run: MergeRun) -> None:
        """Take a file of a part, or say why not."""
        called, old = f"{self.name}/{one.filename}", self.files.get(one.filename)
        if old is not None:
            if not (one.is_ours and old.is_ours) or one.sha256 == old.sha256:
                return
            if one.kind == old.kind == "built" and one.built_from == old.built_from:
                run.twice.append(called)
            else:
                run.conflicts.append(f"{called}: {part} has another than the one that is there")
            return
        if one.is_ours:
            if not on_disk.is_whole(part, self.name, one):
                run.conflicts.append(f"{called}: the file in {part} is not the one that its page names")
                return
            self._stage(one, site_project.place(part, self.name, one))
        self.files[one.filename] = one

    def _stage(self, one: PublishedFile, source: Path) -> None:
        staged = self.staging / one.filename
        for suffix in ("", *([site_project.METADATA] if one.core_metadata is not None else [])):
            shutil.copyfile(source.with_name(source.name + suffix), staged.with_name(staged.name + suffix))
        self.new[one.filename] = staged
