"""Said once: the schema and the README's reference follow the settings' classes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from validate_pyproject import api, errors, plugins
from validate_pyproject.types import Schema

from augbackend.cli.docs import reference, schema

from ..conftest import ROOT

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


def test_readme_has_the_reference_of_today() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert reference.inserted(text) == text, "run: python -m augbackend.cli.docs.reference README.md"


def test_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["validate_pyproject.tool_schema"] == {
        "augbackend": "augbackend.cli.docs.schema:get_schema"
    }
