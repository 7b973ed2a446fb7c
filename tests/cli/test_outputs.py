"""The schemas of what is printed for scripts: sound, open to what later versions add; and what other tests print seldom.

That all that is printed is as they say is held by a fixture, ``printed_json``, in each test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli import outputs
from augbackend.cli.main import group

from .. import json_outputs
from ..conftest import write
from .archives import sdist
from .runner import CliRunner

EVERY_KEY = """
extra-build-dependencies = ["wheel", { requirement = "torch", match-runtime = true, passthrough = true, hooks = ["wheel"] }]
remove-build-dependencies = ["ninja"]
extra-build-variables = { A = "1", B = { value = "2", default = true, marker = "os_name != 'x'" } }
config-settings = { a = "1", b = ["1", "2"] }
pin-runtime = { torch = "x.x" }
compiler-cache = "auto"
local-version = "team"
jobs = { memory-per-job = "1GiB", max = 2, exclusive = true }
preflight = { commands = ["sh"], memory = "1 KB", unless-variables = { SKIP = "1" } }
"""
RECIPE = f"""project = "demo"
[[entries]]
versions = "<2"
{EVERY_KEY}
why = [{{ message = "E" }}, {{ file = "setup.py", line = 2, text = "import torch" }}]
"""
PATCH = "--- a/setup.py\n+++ b/setup.py\n@@ -1 +1 @@\n-a\n+b\n"


def printed(*words: str) -> Any:
    found = CliRunner().invoke(group, [*words, "--json"], catch_exceptions=False)
    return json.loads(found.stdout)


@pytest.fixture
def here(no_index: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    del no_index
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    monkeypatch.chdir(tmp_path)
    sdist(tmp_path / "sdists")
    return write(tmp_path, {"recipes/demo.toml": RECIPE})


@pytest.mark.parametrize("name", outputs.FORMS)
def test_a_published_schema_is_sound_and_open(name: str) -> None:
    validator = json_outputs.validator_of(outputs.schema_of(name))
    error = {"id": "usage", "what": "w", "where": "", "hint": "", "mistakes": [], "new": 1}
    assert validator.is_valid({"format": 1, "error": error, "new": 1})
    assert not validator.is_valid({"format": 2, "error": error})
    assert not validator.is_valid({"format": 1, "error": {**error, "id": "Not an id"}})
    assert not validator.is_valid({})


def test_no_key_passes_the_tests_that_a_schema_does_not_know() -> None:
    cache = {"folder": "", "bytes": 0}, {"folder": "", "count": 0}
    document = {"format": 1, "downloads": cache[0], "environments": cache[1], "compilers": {}}
    assert not json_outputs.mistakes(document)
    assert json_outputs.mistakes({**document, "new": 1})
    assert json_outputs.mistakes({**document, "downloads": {**cache[0], "new": 1}})
    assert json_outputs.mistakes({**document, "compilers": {"ccache": {"program": ""}}})


@pytest.mark.processes
def test_an_installed_augbackend_prints_them() -> None:
    command = [sys.executable, "-m", "augbackend.cli.outputs"]
    assert json.loads(subprocess.check_output([*command, "show"])) == outputs.schema_of("show")
    assert subprocess.run([*command, "nope"], capture_output=True, check=False).returncode == 1


def test_a_recipe_with_every_key(here: Path) -> None:
    write(here, {"recipes/demo/fix.patch": PATCH})
    (here / "recipes" / "demo.toml").write_text(f'{RECIPE}patches = ["demo/fix.patch"]\n')
    (one,) = printed("recipes", "show", "demo", "--recipes", "recipes")["recipes"]
    assert (len(one["declares"]), len(one["patches"])) == (9, 1)


@pytest.mark.processes
def test_an_archive_with_every_key(here: Path) -> None:
    assert here.is_dir()
    document = printed("wrap", "demo", "--recipes-from", "recipes", "--constraints", "constraints.txt")
    assert document["packages"][0]["recipe"]["recipe"] == "demo <2"
    assert document["packages"][0]["preflight"]["commands"] == ["sh"]
    assert document["constraints"]["state"] == "written"


@pytest.mark.processes
def test_a_tree_with_every_key(here: Path) -> None:
    build = (
        '[build-system]\nrequires = []\nbuild-backend = "augbackend"\n[tool.augbackend]\nbuild-backend = "no.such"\n'
    )
    packages = '[tool.augbackend.packages.demo]\nextra-build-dependencies = ["wheel"]\n'
    document = printed("show", str(write(here / "tree", {"pyproject.toml": f"{build}{EVERY_KEY}{packages}"})))
    keys = ("packages", "passthrough", "variables", "jobs", "preflight", "pin-runtime", "config-settings")
    assert all(document[key] for key in keys)


@pytest.mark.processes
def test_an_index_that_lacks_something(here: Path) -> None:
    assert here.is_dir()
    document = printed("index", "site", "lost==1", "demo==1.0", "--require", "wheel", "--check", "--mirror", "none")
    assert [one["asked"] for one in document["failures"]] == ["lost==1 (aug)"]
    assert document["entries"][0]["state"] == "missing"
