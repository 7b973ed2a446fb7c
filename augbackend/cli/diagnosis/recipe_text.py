"""A diagnosis as a recipe that can be contributed: what it declares, the evidence, and the build that was made."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from augbackend.cli.edit import toml_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .evidence import Proposal
    from .report import Diagnosis

_AT = re.compile(r"(?P<file>[\w./-]+\.\w+),? line (?P<line>\d+):? ?(?P<text>.*)")
_INSTALLERS = ("pip", "uv")  # they make the environment, and no build asks for them


def text(diagnosis: Diagnosis, sha256: str) -> str:
    """The recipe of what was found to make a package build.

    :param sha256: of its sdist; empty where it is of none.
    """
    return "\n".join(_statements(diagnosis, sha256)) + "\n"


def _statements(diagnosis: Diagnosis, sha256: str) -> Iterator[str]:
    found, subject = diagnosis.found, diagnosis.subject
    yield f"# {subject.name}.toml: `augbackend recipes check` holds it against its form."
    yield _statement("project", subject.name)
    yield ""
    yield "[[entries]]"
    yield f"{_statement('versions', f'=={subject.version}')}  # widen it to what you know"
    for key, value in found.declaration.as_table().items():
        yield from toml_text.listed(key, value) if isinstance(value, list) else [_statement(key, value)]
    if found.declaration.patches:
        yield from toml_text.listed("patches", [one.name for one in found.declaration.patches])
    yield from toml_text.listed("why", _evidence_of(diagnosis))
    first = found.attempts[0] if found.attempts else None
    without = first.failure.headline if first and first.failure and not first.declaration.size else ""
    if found.check is None or not found.check.imports or not without:
        return
    yield ""
    yield "[[entries.checked]]"
    yield _statement("version", subject.version)
    yield _statement("python", diagnosis.python.version)
    yield f"date = {datetime.now(timezone.utc).strftime('%Y-%m-%d')}"
    yield _statement("how", "built-and-imported")
    yield _statement("without", without)
    yield from [_statement("sdist", f"sha256:{sha256}")] if sha256 else []
    had = [f"{name}=={one}" for name, one in sorted(found.attempt.installed.items()) if name not in _INSTALLERS]
    yield from toml_text.listed("build-environment", had)


def _statement(key: str, value: Any) -> str:
    return f"{toml_text.key((key,))} = {toml_text.inline(value)}"


def _evidence_of(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """The evidence, each piece once."""
    found: list[dict[str, Any]] = []
    for (_, name), proposal in diagnosis.found.reasons.items():
        one = _piece(proposal, name)
        found += [] if one in found else [one]
    return found


def _piece(proposal: Proposal, name: str) -> dict[str, Any]:
    why = proposal.whys.get(name, proposal.why)
    place = _AT.search(why)
    if place is not None:
        at = {"file": place["file"], "line": int(place["line"]), "text": place["text"]}
        at = {key: value for key, value in at.items() if value != ""}
        return {**at, "message": proposal.said} if proposal.said else at
    return {"message": proposal.said or why}
