"""Said once: the schema and the manual's reference follow the settings' classes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from validate_pyproject import api, errors, plugins
from validate_pyproject.types import Schema

from augbackend.cli.docs import schema

from ..conftest import ROOT, write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VALIDATOR = api.Validator(plugins=[plugins.PluginWrapper("augbackend", lambda name: Schema(schema.get_schema(name)))])

GOOD = """
build-backend = "hatchling.build"
extra-build-dependencies = ["a", { requirement = "b", marker = "os_name == 'nt'", hooks = ["wheel"], unless-command = "b" }]
extra-build-variables = { A = "1", B = { value = "1", default = true } }
config-settings = { a = "1", b = ["1", "2"] }
jobs = { memory-per-job = "4GiB", max = 2 }
dynamic-requires = "never"
"""


def validate(table: str) -> dict[str, Any]:
    document = {"tool": {"augbackend": tomllib.loads(table)}}
    return dict(VALIDATOR(document))


def test_good_table() -> None:
    validate(GOOD)


@pytest.mark.parametrize(
    "table",
    [
        "nope = 1", "build-backend = 1", "extra-build-dependencies = 'a'", "extra-build-dependencies = [{ marker = 'x' }]",
        "extra-build-variables = { A = 1 }", "jobs = { max = 0 }", "dynamic-requires = 'sometimes'", "jobs = 1",
        "extra-build-dependencies = [{ requirement = 'x', hooks = ['weel'] }]", "config-settings = { a = [1] }",
    ],
)  # fmt: skip
def test_bad_table(table: str) -> None:
    with pytest.raises(errors.ValidationError):
        validate(table)


def test_every_key_is_documented() -> None:
    assert all(entry["description"] for entry in schema.get_schema()["properties"].values())


def test_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["validate_pyproject.tool_schema"] == {
        "augbackend": "augbackend.cli.docs.schema:get_schema"
    }


NEW_FEATURE = '''
"""``greeting``: a key that a test brings."""

from typing import Optional

from dataclasses import dataclass

from augbackend.features import Feature
from augbackend.features.extra_build_variables import Resolved
from augbackend.table.convert import key


@dataclass(frozen=True)
class Greeting:
    """How a build is greeted."""

    words: str = key(...)
    """What is said."""
    times: Optional[int] = key(None)
    """How often."""


FEATURE = Feature(
    Greeting,
    "Greets the wrapped backend.",
    variables=lambda build, *_: [Resolved("GREETING", build.values["greeting"].words, "a greeting")],
)
'''
INNER = "import os\ndef build_sdist(*arguments): return os.environ['GREETING']\n"
SEEN = """
import json, sys
from augbackend.cli.docs import reference, schema
import augbackend
print(json.dumps([augbackend.build_sdist("."), schema.get_schema()["properties"]["greeting"], reference.tables()]))
"""


@pytest.mark.processes
def test_a_key_is_a_file(tmp_path: Path) -> None:
    """One file dropped in: its key works in a build, in the schema and in the reference."""
    shutil.copytree(ROOT / "augbackend", tmp_path / "site" / "augbackend", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "site" / "augbackend" / "features" / "greeting.py").write_text(NEW_FEATURE)
    table = '[tool.augbackend]\nbuild-backend = "inner"\nbackend-path = ["."]\ngreeting = { words = "Hello" }\n'
    tree = write(tmp_path / "tree", {"pyproject.toml": table, "inner.py": INNER})
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", SEEN], cwd=tree, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer, described, tables = json.loads(done.stdout)
    assert answer == "Hello"
    assert described["description"] == "Greets the wrapped backend."
    assert (described["required"], set(described["properties"])) == (["words"], {"words", "times"})
    assert "| `greeting` | table |  | Greets the wrapped backend. |" in tables
    assert "## `greeting`" in tables
    assert "| `words` | string | required | What is said. |" in tables
