"""What a tree of setuptools' is called, where nothing has to run to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augbackend.standards.setup_files import Literals, calls, parse, read_cfg

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def identity(tree: Path) -> tuple[str, str]:
    """The project's name and version (certain); empty where they are computed, or may be."""
    script, cfg = parse(tree / "setup.py"), read_cfg(tree / "setup.cfg")
    found = calls(script.module, "setup")
    has_more = any(call.args or any(keyword.arg is None for keyword in call.keywords) for call in found)
    if script.problem or cfg.problem or has_more or len(found) > 1:
        return "", ""
    stated: dict[str, Any] = cfg.options("metadata")
    for call in found:
        stated.update({name: seen.certain for name, seen in Literals(script.module).keywords(call).items()})
    values = [stated.get(name, "") for name in ("name", "version")]
    name, version = (one if isinstance(one, str) and not one.startswith(("attr:", "file:")) else "" for one in values)
    return name, version


def is_tagged(tree: Path) -> bool:
    """Whether ``setup.cfg`` has setuptools add something to the version; also if it cannot be read."""
    cfg = read_cfg(tree / "setup.cfg")
    return bool(cfg.problem) or not {"tag_build", "tag_date"}.isdisjoint(cfg.options("egg_info"))
