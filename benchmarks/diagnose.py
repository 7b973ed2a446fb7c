"""What ``augbackend diagnose`` finds, held against cases whose truth is known and against following uv's hints by hand.

A case is an object of a JSON list: ``name``, ``version``, ``verdict`` (in words or as the command's), ``fix`` (uv's
keys) and ``python``. By hand means: build, read ``No module named 'x'``, declare ``x``, build again; until a wheel
stands, or the error is another one, at which a hint ends.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from augbackend.cli.diagnosis import attempt, subject
from augbackend.cli.diagnosis.attempt import Circumstances
from augbackend.cli.diagnosis.evidence import declaring
from augbackend.cli.fetch import cache, upstream
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.model import package_sources
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.strangers import environment, interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT = 1800.0
_KEYS = ("extra-build-dependencies", "extra-build-variables", "remove-build-dependencies")
_MOST_BY_HAND = 10


def figures(file: Path) -> Iterator[str]:
    """A row for each case, then the sums."""
    yield "| case | verdict | declared | the known fix | builds | seconds | by hand |"
    yield "|---|---|---|---|---|---|---|"
    right, solved, solvable, larger = 0, 0, 0, 0
    cases = json.loads(file.read_text(encoding="utf-8"))
    for case in cases:
        found, seconds = _diagnosed(case)
        wanted, fix = case["verdict"].replace(" ", "-"), case.get("fix") or {}
        is_right = found["verdict"] == wanted
        right += is_right
        solvable += wanted == "builds-when-declared"
        solved += is_right and wanted == "builds-when-declared"
        larger += is_right and _size(found) > _size(fix)
        mark = "" if is_right else f" (wrong: {wanted})"
        builds, by_hand = found.get("builds", 0), _by_hand(case)
        shown = (f"{case['name']} {case['version']}", f"{found['verdict']}{mark}", _shown(found), _shown(fix))
        yield f"| {' | '.join(shown)} | {builds} | {seconds:.0f} | {by_hand} |"
    yield ""
    yield f"{right} of {len(cases)} verdicts right; {solved} of {solvable} solved, {larger} by more than the known fix"


def _diagnosed(case: dict[str, Any]) -> tuple[dict[str, Any], float]:
    requirement = f"{case['name']}=={case['version']}"
    command = [sys.executable, "-m", "augbackend.cli", "diagnose", requirement, "--json", "--timeout", str(_TIMEOUT)]
    began = time.monotonic()
    done = subprocess.run([*command, "--python", case["python"]], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    try:
        return json.loads(done.stdout), seconds
    except ValueError:
        return {"verdict": f"none: {done.stderr.strip()}"}, seconds


def _by_hand(case: dict[str, Any]) -> str:
    requirement = f"{case['name']}=={case['version']}"
    where = package_sources.chosen(None, (), (), os.environ)
    lookup = Lookup(where, cache.Cache(cache.default_folder()), offline=False, output=Path("wrapped"))
    with (
        subject.unpacked(requirement, upstream.parse(requirement), lookup) as source,
        tempfile.TemporaryDirectory() as place,
    ):
        installer = environment.installer(interpreter.find(case["python"]), where, Path(place))
        deadline = time.monotonic() + _TIMEOUT
        having = Circumstances(source.tree, source.reading.backend, installer, deadline, Path(place))
        return _following_hints(having)


def _following_hints(having: Circumstances) -> str:
    declared = Declaration()
    for count in range(1, _MOST_BY_HAND):
        outcome = attempt.attempt(declared, having, os.environ)
        if outcome.failure is None:
            return f"{count}"
        hint = re.match(r"ModuleNotFoundError: No module named '(\w+)'", outcome.failure.message)
        more = declared.joined(declaring(hint[1])) if hint else declared
        if more == declared:
            break
        declared = more
    return f"{count}, then no hint"


def _size(found: dict[str, Any]) -> int:
    return sum(len(found.get(key) or ()) for key in _KEYS)


def _shown(found: dict[str, Any]) -> str:
    variables = [f"{name}={value}" for name, value in (found.get("extra-build-variables") or {}).items()]
    removed = [f"no {name}" for name in found.get("remove-build-dependencies") or ()]
    return ", ".join([*(found.get("extra-build-dependencies") or ()), *variables, *removed]) or "-"
