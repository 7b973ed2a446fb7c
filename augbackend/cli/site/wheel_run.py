"""What became of an index's wheels: the values that the report and ``--json`` are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Optional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from augbackend.cli.model.published_file import PublishedFile

    from .wheel_build import WheelBuild

WheelState = Literal["built", "cached", "failed", "left-out"]


@dataclass(frozen=True)
class BuiltWheel:
    """One wheel that was wanted.

    :param file: as its page tells of it; ``None`` if there is none.
    :param reason: why there is none.
    :param output: the end of what the build printed.
    """

    build: WheelBuild
    state: WheelState
    file: Optional[PublishedFile] = None
    reason: str = ""
    output: str = ""


@dataclass(frozen=True)
class WheelRun:
    """The whole.

    :param platform: the tag of what is compiled here.
    """

    platform: str
    wheels: tuple[BuiltWheel, ...]

    @property
    def is_lacking(self) -> bool:
        """Whether some of what was wanted is not there."""
        return any(one.state == "failed" for one in self.wheels)

    def lines(self, *, verbose: bool) -> Iterator[str]:
        """The report for a reader.

        :param verbose: also what is there already, and what failed builds printed.
        """
        for one in self.wheels:
            if one.state == "built" and one.file is not None:
                yield f"{one.build}: built {one.file.filename}"
            elif one.state in ("failed", "left-out"):
                yield f"{one.build}: {one.state.replace('-', ' ')}: {one.reason}"
                yield from (f"  {line}" for line in one.output.splitlines() if verbose)
            elif verbose and one.file is not None:
                yield f"{one.build}: there already, {one.file.filename}"
        counts = {state: sum(one.state == state for one in self.wheels) for state in ("built", "cached", "failed")}
        yield f"wheels: {', '.join(f'{count} {state}' for state, count in counts.items())}"
        if any(one.file is not None and one.file.filename.endswith(f"-{self.platform}.whl") for one in self.wheels):
            yield f"note: {self.platform} is for machines like this one; auditwheel, which looks further, is not run"
        if counts["failed"]:
            yield "hint: what a build is missing is found out by: augbackend diagnose NAME==VERSION"

    def as_json(self) -> list[dict[str, Any]]:
        """The same for a script."""
        return [
            {
                "id": one.build.id,
                "project": one.build.project,
                "version": one.build.version,
                "python": one.build.python,
                "state": one.state,
                "filename": one.file.filename if one.file else "",
                "path": f"{one.build.project}/{one.file.url}" if one.file else "",
                "sha256": one.file.sha256 if one.file else "",
                "reason": one.reason,
                "output": one.output,
            }
            for one in self.wheels
        ]
