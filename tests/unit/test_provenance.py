"""`provenance`: what went into a wheel, in a form that others read, and the same whenever and wherever it is built."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import packageurl
import pytest
from cyclonedx import schema
from cyclonedx.validation import json as validation

from augbackend import __version__
from augbackend.features import provenance
from augbackend.hook import declared
from augbackend.standards.core_metadata import parse
from augbackend.table import Target

from ..conftest import run_hook, write
from .test_finish import INNER, METADATA, PYPROJECT, check_record
from .test_local_version import content_of
from .test_pin_runtime import install, seen

URL, SHA256 = "https://files.example.org/demo-1.0.tar.gz", "0a" * 32
ORIGIN = {"name": "demo", "version": "1.0", "augbackend": "0.1"}
PUBLIC = f"/packages/0a/1b/{'2c' * 30}/demo-1.0.tar.gz"
ORIGINS: dict[str, dict[str, str]] = {
    "an index": {**ORIGIN, "url": URL, "sha256": SHA256},
    "the index": {**ORIGIN, "url": f"https://files.example.org{PUBLIC}", "sha256": SHA256},
    "a mirror": {**ORIGIN, "url": f"https://mirror.example.org:8080/some/where{PUBLIC}", "sha256": SHA256},
    "an index that says so": {**ORIGIN, "url": f"{URL}?{PUBLIC}", "sha256": SHA256},
    "not encrypted": {**ORIGIN, "url": f"http://files.example.org{PUBLIC}", "sha256": SHA256},
    "a repository of that name": {**ORIGIN, "url": f"git+https://files.example.org{PUBLIC}"},
    "a repository": {**ORIGIN, "url": "git+https://host.example.org/demo@abc#subdirectory=x"},
    "a disk": {**ORIGIN, "sha256": SHA256},
    "a folder": ORIGIN,
}
PRESENT = {"setuptools": "80.0", "torch": "2.8.0+cu128", "six": "1!1.0", "flash-attn": "2.8.3"}
TEXT = "Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0+team\n\nVersion: 2\n"


def document(
    table: dict[str, Any], requires: tuple[str, ...] = (), target: Target = "wheel", text: str = TEXT
) -> dict[str, Any]:
    whole = {"build-system": {"requires": list(requires)}, "tool": {"augbackend": table}}
    build = declared.read(Path(), environ={}, document=whole)
    written = provenance.document(build, target, parse(text.encode()), PRESENT).decode()
    check_schema(written)
    found: dict[str, Any] = json.loads(written)
    return found


def check_schema(text: str) -> None:
    """Hold a document against the schema, by the library of those who made it."""
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None


def components(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found["components"]}


def properties(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in found.get("properties", [])]


def strings(value: Any) -> Iterator[str]:
    """All keys and values."""
    if isinstance(value, dict):
        yield from (text for pair in value.items() for one in pair for text in strings(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in strings(one))
    else:
        yield str(value)


def test_the_schema_is_held_against_something() -> None:
    with pytest.raises(AssertionError):
        check_schema(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "host": "x"}))


# --- what is in it ---


def test_the_package_and_the_tool() -> None:
    found = document({})
    package, (tool,) = found["metadata"]["component"], found["metadata"]["tools"]["components"]
    assert (package["name"], package["version"]) == ("My.Demo", "1.0+team")
    assert package["purl"] == "pkg:pypi/my-demo@1.0%2Bteam"
    assert "pedigree" not in package
    assert (tool["name"], tool["version"], tool["type"]) == ("augbackend", __version__, "application")
    assert found["metadata"]["lifecycles"] == [{"phase": "build"}]


@pytest.mark.parametrize("place", ORIGINS)
def test_where_it_came_from(place: str) -> None:
    origin = ORIGINS[place]
    (upstream,) = document({"origin": origin})["metadata"]["component"]["pedigree"]["ancestors"]
    purl = f"pkg:{'pypi' if place in ('the index', 'a mirror') else 'generic'}/demo@1.0"
    assert (upstream["name"], upstream["version"], upstream["purl"]) == ("demo", "1.0", purl)
    assert packageurl.PackageURL.from_string(purl).to_string() == purl
    hashes = [{"alg": "SHA-256", "content": SHA256}] if "sha256" in origin else None
    kind = "vcs" if "a repository" in place else "source-distribution"
    (reference,) = upstream.get("externalReferences", [None])
    assert upstream.get("hashes") == hashes
    assert reference == (
        {"type": kind, "url": origin["url"], **({"hashes": hashes} if hashes else {})} if "url" in origin else None
    )


def test_the_patches_that_were_applied() -> None:
    origin: Any = {**ORIGINS["an index"], "patches": [{"file": "_augbackend/p/fix.patch", "sha256": SHA256}]}
    found = document({"origin": origin})["metadata"]
    assert found["component"]["pedigree"]["patches"] == [
        {"type": "unofficial", "diff": {"url": "_augbackend/p/fix.patch"}}
    ]
    assert ("augbackend:patch", f"_augbackend/p/fix.patch sha256:{SHA256}") in properties(found)
    assert "patches" not in document({"origin": ORIGINS["an index"]})["metadata"]["component"]["pedigree"]


def test_what_was_there() -> None:
    found = components(document({}))
    assert [(name, one["version"]) for name, one in found.items()] == sorted(PRESENT.items())
    assert {one["scope"] for one in found.values()} == {"excluded"}  # of the build, not of the package
    assert found["torch"]["purl"] == "pkg:pypi/torch@2.8.0%2Bcu128"
    assert found["six"]["purl"] == "pkg:pypi/six@1%211.0"


def test_package_urls_as_others_read_them() -> None:
    found = document({"origin": ORIGINS["an index"]})
    package = found["metadata"]["component"]
    for one in (*found["components"], package):
        purl = packageurl.PackageURL.from_string(one["purl"])
        assert (purl.type, purl.version) == ("pypi", one["version"])
        assert purl.to_string().replace("%21", "!") == one["purl"].replace("%21", "!")


def test_references_are_unique() -> None:
    found = document({"origin": ORIGINS["an index"]}, text=TEXT.replace("My.Demo", "torch"))
    references = [text for key, text in pairs(found) if key == "bom-ref"]
    assert len(references) == len(set(references)) == len(PRESENT) + 3


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from pairs(one)


@pytest.mark.parametrize(("target", "has_six"), [("wheel", False), ("editable", True)])
def test_where_it_was_asked_for(target: Target, has_six: bool) -> None:
    declared = ["Flash_Attn>=2", {"requirement": "six", "hooks": ["editable"]}, {"requirement": "torch", "match-runtime": True}]  # fmt: skip
    found = components(document({"extra-build-dependencies": declared}, ("setuptools", "flash-attn", "to rch"), target))
    own, theirs = "extra-build-dependencies", "build-system.requires"
    assert {name: [value for _, value in properties(one)] for name, one in found.items()} == {
        "flash-attn": [theirs, own],
        "setuptools": [theirs],
        "six": [own] * has_six,
        "torch": [own],
    }
    assert {key for one in found.values() for key, _ in properties(one)} == {"augbackend:declared-in"}


def test_the_wrapped_backend_and_names_of_variables() -> None:
    table = {
        "build-backend": "hatchling.build",
        "extra-build-variables": {"TOKEN": "s3cret", "A": {"value": "s3cret", "default": True}},
        "config-settings": {"key": "s3cret"},
    }
    found = document(table)
    assert properties(found["metadata"]) == [
        ("augbackend:wrapped-backend", "hatchling.build"),
        ("augbackend:variable", "A"),
        ("augbackend:variable", "TOKEN"),
    ]
    assert [text for text in strings(found) if "s3cret" in text] == []


# --- in a wheel ---


WITH = f"""
extra-build-dependencies = ["torch==2.8.1"]
extra-build-variables = {{ TOKEN = "s3cret" }}
pin-runtime = {{ torch = "x.x" }}
local-version = "team"
provenance = true
[tool.augbackend.origin]
name = "demo"
version = "1.0"
url = "{URL}"
sha256 = "{SHA256}"
augbackend = "0.1"
"""
SETUPTOOLS = PYPROJECT.replace('"inner"', '"setuptools.build_meta"').replace('backend-path = ["_inner"]\n', "")
TREES: dict[str, dict[str, str | bytes]] = {
    "inner": {"pyproject.toml": PYPROJECT + WITH, "_inner/inner.py": INNER, "METADATA": METADATA},
    "setuptools": {
        "pyproject.toml": SETUPTOOLS.replace("requires = []", 'requires = ["setuptools"]') + WITH,
        "setup.py": "from setuptools import setup\nsetup(name='demo', version='1.0', py_modules=['demo'])\n",
        "demo.py": "x = 1\n",
    },
}


def wheel(folder: Path, kind: str, **environ: str) -> tuple[Path, dict[str, str]]:
    """A wheel that says what went into it, and the environment that it was built in."""
    tree = write(folder / "tree", TREES[kind])
    for file in tree.rglob("*"):
        os.utime(file, (len(str(folder)) * 10**7,) * 2)
    (folder / "out").mkdir()
    seeing = seen(install(folder / "site", torch="2.8.1"))
    outcome = run_hook(tree, "build_wheel", str(folder / "out"), environ={**seeing, **environ})
    assert outcome.status == 0, outcome.stderr
    return folder / "out" / outcome.answer, seeing


FILE = "demo-1.0+team.dist-info/sboms/augbackend.cdx.json"
LISTED = """
import json
from importlib.metadata import distributions
found = {}
for one in distributions():
    found.setdefault(one.metadata["Name"].lower().replace("_", "-").replace(".", "-"), one.version)
print(json.dumps(found))
"""


@pytest.mark.processes
@pytest.mark.parametrize("kind", TREES)
def test_a_wheel_has_it(tmp_path: Path, kind: str) -> None:
    """And of the environment just what was installed there: what setuptools carries in itself is not listed."""
    path, environ = wheel(tmp_path, kind)
    members = content_of(path)
    if kind == "inner":
        check_record(members, "demo-1.0+team.dist-info")
    check_schema(members[FILE].decode())
    found = json.loads(members[FILE])
    listed = subprocess.run(
        [sys.executable, "-c", LISTED], cwd=tmp_path, env={**os.environ, **environ}, capture_output=True, check=True
    )
    assert {name: one["version"] for name, one in components(found).items()} == json.loads(listed.stdout)
    assert components(found)["torch"]["version"] == "2.8.1"
    assert found["metadata"]["component"]["version"] == "1.0+team"
    (upstream,) = found["metadata"]["component"]["pedigree"]["ancestors"]
    assert (upstream["externalReferences"][0]["url"], upstream["hashes"][0]["content"]) == (URL, SHA256)


@pytest.mark.processes
@pytest.mark.parametrize("kind", TREES)
def test_nothing_of_the_machine_and_of_the_moment(tmp_path: Path, kind: str) -> None:
    found = json.loads(content_of(wheel(tmp_path, kind)[0])[FILE])
    places = (str(tmp_path), sys.prefix, "s3cret")
    assert [text for text in strings(found) if any(place in text for place in places)] == []
    assert {platform.node(), "timestamp", "serialNumber"}.isdisjoint(strings(found))


@pytest.mark.processes
@pytest.mark.parametrize("kind", TREES)
def test_two_builds_give_the_same_bytes(tmp_path: Path, kind: str) -> None:
    written = set()
    for folder, seed in (("one", "1"), ("somewhere else", "2")):
        path, _ = wheel(tmp_path / folder, kind, SOURCE_DATE_EPOCH="1600000000", PYTHONHASHSEED=seed)
        written.add((path.name, path.read_bytes()))
    assert len(written) == 1


@pytest.mark.processes
def test_an_editable_wheel_has_it(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", TREES["inner"])
    (tmp_path / "out").mkdir()
    outcome = run_hook(tree, "build_editable", str(tmp_path / "out"), environ=seen(install(tmp_path / "site", torch="2.8.1")))  # fmt: skip
    check_schema(content_of(tmp_path / "out" / outcome.answer)[FILE].decode())


def test_none_is_wanted(tmp_path: Path) -> None:
    build = declared.read(tmp_path, environ={}, document={"tool": {"augbackend": {"provenance": False}}})
    assert provenance.FEATURE.wheel is not None
    assert provenance.FEATURE.wheel(build, "wheel", None, False) is None
