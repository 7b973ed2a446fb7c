"""`augbackend wrap` in a project: its tables, its lock, its pins; and the sources that lead to the archives."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from unearth.evaluator import Evaluator

from ..conftest import write
from .archives import Index, content, own_table, report, sdist, serving, sha256, table_of, text_of, wrap, wrapped
from .test_wrap import TREE, fields, git

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["demo==1.0", "torch==2.8.0"]\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_index: None) -> Path:
    """The project's folder, and upstream's sdists in ``../links``."""
    del no_index
    for version in ("1.0", "1.1", "2.0"):
        sdist(tmp_path / "links", version=version)
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PIP_FIND_LINKS", (tmp_path / "links").as_uri())
    return folder


@pytest.fixture
def with_urls(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads, which a missing index keeps away."""
    del here
    monkeypatch.delenv("PIP_NO_INDEX")


def project(here: Path, text: str, lock: str = "", **files: str) -> Path:
    named: dict[str, str | bytes] = {"pyproject.toml": text, **({"uv.lock": lock} if lock else {}), **files}
    return write(here, named)


def uv_lock(*packages: Mapping[str, Any], **more: Any) -> str:
    """A ``uv.lock`` of packages: each a name, a version, and what is not usual of it."""
    lines = ["version = 1", "revision = 3", 'requires-python = ">=3.9"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    for package in packages:
        lines.append("\n[[package]]")
        lines += [f"{key} = {_inline(value)}" for key, value in {"source": REGISTRY, **package}.items()]
    return "\n".join(lines) + "\n"


REGISTRY = {"registry": "https://index.example.org/simple"}


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_inline(item)}' for key, item in value.items())} }}"
    return f"[{', '.join(map(_inline, value))}]" if isinstance(value, list) else json.dumps(value)


def locked(version: str = "1.0", name: str = "demo", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, **more}


def at(index: Index, archive: Path, digest: str = "") -> dict[str, Any]:
    index.pages[f"/files/{archive.name}"] = archive.read_bytes()
    return {"url": f"{index.url}/files/{archive.name}", "hash": f"sha256:{digest or sha256(archive)}"}


def archive(here: Path, version: str = "1.0", name: str = "demo") -> Path:
    return here / "wrapped.d" / f"{name}-{version}.tar.gz"


def requirements(here: Path, version: str = "1.0") -> list[Any]:
    found: list[Any] = own_table(archive(here, version)).get("extra-build-dependencies", [])
    return found


def uv_sources(here: Path) -> Any:
    document = tomllib.loads((here / "pyproject.toml").read_text())
    return document.get("tool", {}).get("uv", {}).get("sources")


# --- tables ---


def test_uvs_four_tables(here: Path) -> None:
    text = """
[tool.uv.extra-build-dependencies]
Demo = ["ninja", { requirement = "torch", match-runtime = true }, "triton; sys_platform == 'linux'"]

[tool.uv.extra-build-variables]
demo = { A = "$HOME ${X} $$", B = "1" }

[tool.uv.config-settings-package]
demo = { k = "v", list = ["a", "b"] }

[[tool.uv.dependency-metadata]]
name = "DEMO"
requires-dist = ["attrs", "rich; extra == 'x'"]
requires-python = ">=3.8"
provides-extra = ["X"]
"""
    project(here, PROJECT + text)
    wrapped()
    own = own_table(archive(here))
    torch = {"requirement": "torch==2.8.0", "match-runtime": True, "locked": ["torch==2.8.0"]}
    assert own["extra-build-dependencies"] == ["ninja", torch, "triton; sys_platform == 'linux'"]
    assert own["pin-runtime"] == {"torch": "auto"}
    assert own["extra-build-variables"] == {"A": "$$HOME $${X} $$$$", "B": "1"}
    assert own["config-settings"] == {"k": "v", "list": ["a", "b"]}
    found = fields(archive(here))
    assert [value for key, value in found if key in {"Requires-Dist", "Requires-Python", "Provides-Extra"}] == [
        ">=3.8", "attrs", "rich; extra == 'x'", "torch>=2.8.0,<2.9", "x",
    ]  # fmt: skip
    stated = ["attrs", "rich; extra == 'x'"]
    assert own["metadata"] == {"pkg-info": True, "requires-dist": stated, "override": True}
    # What stands in build-system.requires is installed in any case: an override could not replace it.
    assert table_of(archive(here))["build-system"]["requires"][-2:] == ["ninja", "triton; sys_platform == 'linux'"]


def test_a_variable_with_a_dollar_sign_arrives_as_it_is(here: Path) -> None:
    from augbackend.table import templates

    project(here, f"{PROJECT}[tool.uv.extra-build-variables]\ndemo = {{ A = '$x$${{y}}' }}\n")
    wrapped()
    value = own_table(archive(here))["extra-build-variables"]["A"]
    assert templates.parse(value) == templates.parse("$$x$$$${y}")


def test_uv_toml_is_read_instead_of_the_table(here: Path) -> None:
    table = PROJECT + '[tool.uv.extra-build-dependencies]\ndemo = ["no"]\nother = ["no"]\n'
    project(here, table, **{"uv.toml": '[extra-build-dependencies]\ndemo = ["ninja"]\n'})
    wrapped()
    assert requirements(here) == ["ninja"]
    assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}


def test_uv_toml_is_broken(here: Path) -> None:
    before = content(project(here, PROJECT, **{"uv.toml": "x ="}))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert "it cannot be read: " in result.output
    assert "uv.toml" in result.output


OURS = """
[tool.augbackend.packages.Demo]
extra-build-dependencies = [
  "ninja",
  { requirement = "torch", match-runtime = true, marker = "sys_platform == 'linux'" },
  { requirement = "cmake", unless-command = "cmake" },
  { requirement = "pandoc", hooks = ["sdist"] },
]
remove-build-dependencies = ["numpy"]
extra-build-variables = { A = "$HOME", B = { value = "1", marker = "os_name == 'nt'", default = true } }
config-settings = { k = ["v"] }
requires-dist = []
"""


def test_our_own_table(here: Path) -> None:
    project(here, PROJECT + OURS)
    output = wrapped().output
    own = own_table(archive(here))
    torch = 'torch==2.8.0 ; sys_platform == "linux"'
    assert own["extra-build-dependencies"] == [
        "ninja",
        {"requirement": torch, "match-runtime": True, "locked": [torch]},
        {"requirement": "cmake", "unless-command": "cmake"},
        {"requirement": "pandoc", "hooks": ["sdist"]},
    ]
    assert table_of(archive(here))["build-system"]["requires"][2:] == ["ninja"]
    assert own["remove-build-dependencies"] == ["numpy"]
    variable = {"value": "1", "marker": "os_name == 'nt'", "default": True}
    assert own["extra-build-variables"] == {"A": "$HOME", "B": variable}
    assert own["config-settings"] == {"k": ["v"]}
    assert [value for key, value in fields(archive(here)) if key == "Requires-Dist"] == ["torch>=2.8.0,<2.9"]
    assert "  B = 1  (where os_name == 'nt')  (unless it is set)\n" in output
    assert "  + ninja  (tool.augbackend.packages.demo)\n" in output
    assert uv_sources(here) is None  # uv is not used here
    assert "uv sync" not in output
    assert f"pip install . .{'/'}wrapped.d/demo-1.0.tar.gz\n" in output


def test_both_tables_are_merged(here: Path) -> None:
    text = """
[tool.uv]
extra-build-dependencies = { demo = ["ninja"] }
extra-build-variables = { demo = { A = "uv", B = "uv" } }
[tool.augbackend.packages.demo]
extra-build-dependencies = ["cmake"]
extra-build-variables = { A = "ours" }
"""
    project(here, PROJECT + text)
    found = report()["packages"][0]
    assert found["build-requirements"] == [
        {"requirement": "ninja", "why": "tool.uv.extra-build-dependencies"},
        {"requirement": "cmake", "why": "tool.augbackend.packages.demo"},
    ]
    assert found["variables"] == {"A": "ours", "B": "uv"}


def test_dependency_metadata_of_another_version(here: Path) -> None:
    table = '[[tool.uv.dependency-metadata]]\nname = "demo"\nversion = "{}"\nrequires-dist = ["attrs"]\n'
    tables = PROJECT + '[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\n'
    for version, expected in (("9.9", "six"), ("1.0", "attrs")):
        project(here, tables + table.format(version))
        wrapped()
        assert [value for key, value in fields(archive(here)) if key == "Requires-Dist"] == [expected]


def test_a_project_that_says_nothing(here: Path) -> None:
    for text in ("", PROJECT, PROJECT + "[tool.uv]\ndev-dependencies = []\n"):
        before = content(project(here, text))
        result = wrap()
        assert (result.exit_code, content(here)) == (2, before)
        assert "there is no package to wrap" in result.output


MISTAKES: dict[str, tuple[str, list[str]]] = {
    "uv": (
        """[tool.uv.extra-build-dependencies]
demo = ["to rch", 3, { requirement = "x", nonsense = true }]
other = "x"
[tool.uv.extra-build-variables]
demo = { A = 1, "=" = "x" }
[tool.uv.config-settings-package]
demo = 3
[[tool.uv.dependency-metadata]]
name = "demo"
requires-dist = ["to rch"]
""",
        [
            "tool.uv.extra-build-dependencies.demo[0]",
            "tool.uv.extra-build-dependencies.demo[1]",
            "tool.uv.extra-build-dependencies.demo[2].nonsense",
            "tool.uv.extra-build-dependencies.other",
            "tool.uv.extra-build-variables.demo.A",
            "tool.uv.extra-build-variables.demo",
            "tool.uv.config-settings-package.demo",
            "tool.uv.requires-dist.demo",
        ],
    ),
    "ours": (
        "[tool.augbackend.packages.demo]\nextra-build-dependencies = ['to rch']\nremove-build-dependencies = 3\nnonsense = 1\n",
        [
            "tool.augbackend.packages.demo.extra-build-dependencies[0]",
            "tool.augbackend.packages.demo.remove-build-dependencies",
            "tool.augbackend.packages.demo.nonsense",
        ],
    ),
    "both": (
        "[tool.uv.extra-build-dependencies]\ndemo = ['to rch']\n[tool.augbackend.packages.demo]\nnonsense = 1\n",
        ["tool.uv.extra-build-dependencies.demo[0]", "tool.augbackend.packages.demo.nonsense"],
    ),
    "not a table": ("[tool.uv]\nextra-build-dependencies = ['x']\n", ["tool.uv.extra-build-dependencies"]),
    "dotted name": ("[tool.uv.extra-build-dependencies]\n'zope.demo' = ['to rch']\n", ["tool.uv.extra-build-dependencies.zope"]),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(here: Path, case: str) -> None:
    tables, keys = MISTAKES[case]
    before = content(project(here, PROJECT + tables))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before), result.output
    first, *lines = result.output.splitlines()
    assert f"{len(keys)} mistakes" in first or (len(keys) == 1 and "a mistake" in first), result.output
    for key in keys:
        assert any(line.startswith(f"  {key}") for line in lines), (key, lines)


def test_a_requirement_that_is_none_in_a_marker(here: Path) -> None:
    before = content(project(here, PROJECT + "[tool.augbackend.packages.demo]\nextra-build-dependencies = [{ requirement = 'x', marker = 'nonsense' }]\n"))  # fmt: skip
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert "tool.augbackend.packages.demo.extra-build-dependencies[0].marker" in result.output


# --- versions ---

NINJA = '[tool.uv.extra-build-dependencies]\ndemo = ["ninja"]\n'
VARIABLE = '[tool.uv.extra-build-variables]\ndemo = { A = "1" }\n'


def version_of(*arguments: str) -> tuple[str, str]:
    found = report(*arguments)["packages"]
    assert len(found) == 1
    return found[0]["version"], found[0]["version-from"]


@pytest.mark.parametrize(
    ("dependencies", "version", "why"),
    [
        ('dependencies = ["demo==1.1"]', "1.1", "pinned in pyproject.toml"),
        ('dependencies = ["Demo >= 1, < 2"]', "1.1", "the newest that demo<2,>=1 allows"),
        ('dependencies = ["demo"]', "2.0", "the newest that demo allows"),
        ("dependencies = []", "2.0", "the newest that demo allows"),
        ('optional-dependencies = { x = ["demo[y]===1.1"] }', "1.1", "pinned in pyproject.toml"),
        (
            '[dependency-groups]\na = [{ include-group = "b" }, 3]\nb = ["demo==1.0"]',
            "1.0",
            "pinned in pyproject.toml",
        ),
        ('[tool.uv]\nconstraint-dependencies = ["demo==1.0"]', "1.0", "pinned in pyproject.toml"),
        (
            'dependencies = ["demo>=1", "other"]\n[dependency-groups]\na = ["demo==1.0"]',
            "1.0",
            "pinned in pyproject.toml",
        ),
    ],
)
def test_pins(here: Path, dependencies: str, version: str, why: str) -> None:
    project(here, f'[project]\nname = "app"\nversion = "1"\n{dependencies}\n{NINJA}')
    assert version_of() == (version, why)


@pytest.mark.usefixtures("with_urls")
def test_locked_by_uv(here: Path) -> None:
    with serving() as index:
        lock = uv_lock(locked("1.1", sdist=at(index, here.parent / "links" / "demo-1.1.tar.gz")))
        project(here, PROJECT.replace("demo==1.0", "demo>=1") + NINJA, lock)
        assert version_of() == ("1.1", "locked in uv.lock")
    origin = own_table(archive(here, "1.1"))["origin"]
    assert origin["url"] == f"{index.url}/files/demo-1.1.tar.gz"
    assert version_of() == ("1.1", "locked in uv.lock")  # from the cache


@pytest.mark.parametrize("dependency", ["demo>=1", "demo"])
def test_a_lock_without_a_url_is_a_pin(here: Path, dependency: str) -> None:
    project(here, PROJECT.replace("demo==1.0", dependency) + NINJA, uv_lock(locked("1.0")))
    assert version_of() == ("1.0", "locked in uv.lock")


@pytest.mark.usefixtures("with_urls")
def test_another_sha256_than_the_lock_says(here: Path) -> None:
    with serving() as index:
        upstream = here.parent / "links" / "demo-1.0.tar.gz"
        project(here, PROJECT + NINJA, uv_lock(locked(sdist=at(index, upstream, "0" * 64))))
        before = content(here)
        result = wrap()
    assert (result.exit_code, content(here)) == (1, before)
    assert f"its sha256 is {sha256(upstream)}, expected {'0' * 64}" in result.output


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_lock_of_paths(here: Path) -> None:
    sdist(here / "vendor", {"x": "vendored"})
    write(here / "tree", {**TREE, "VERSION": "1.5"})
    lock = uv_lock(locked(source={"path": "vendor/demo-1.0.tar.gz"}))
    project(here, PROJECT + NINJA, lock)
    assert report()["packages"][0]["sdist-from"] == "the file given"
    for key in ("directory", "editable"):
        project(here, PROJECT.replace("demo==1.0", "demo") + VARIABLE, uv_lock(locked("1.5", source={key: "tree"})))
        assert version_of() == ("1.5", "locked in uv.lock")
    project(here, PROJECT + NINJA, uv_lock(locked(source={"path": "vendor/demo-1.0.tar.gz"}, sdist={"hash": f"sha256:{'0' * 64}"})))  # fmt: skip
    assert wrap().exit_code == 1


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_lock_of_a_repository(here: Path) -> None:
    folder = write(here.parent / "repository", {f"python/{name}": text for name, text in TREE.items()})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    commit = git(folder, "rev-parse", "HEAD")
    source = {"git": f"{folder.as_uri()}?subdirectory=python&rev=main#{commit}"}
    project(here, PROJECT + VARIABLE, uv_lock(locked(source=source)))
    assert version_of() == ("1.0", "locked in uv.lock")
    assert own_table(archive(here))["origin"]["url"].endswith(f"@{commit}#subdirectory=python")


PYLOCK = """lock-version = "1.0"
created-by = "x"
[[packages]]
name = "demo"
version = "1.1"
"""


@pytest.mark.usefixtures("with_urls")
def test_locked_by_pylock(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PROJECT.replace("demo==1.0", "demo>=1") + NINJA
    upstream = here.parent / "links" / "demo-1.1.tar.gz"
    with serving() as index:
        place = at(index, upstream)
        one = f"[packages.sdist]\nname = 'demo-1.1.tar.gz'\nurl = '{place['url']}'\nhashes = {{ sha256 = 'DIGEST' }}\n"
        project(here, text, **{"pylock.toml": PYLOCK + one.replace("DIGEST", sha256(upstream))})
        assert version_of() == ("1.1", "locked in pylock.toml")
        project(here, text, **{"pylock.toml": PYLOCK + one.replace("DIGEST", "0" * 64)})
        assert wrap().exit_code == 1
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = "wheels = [{ url = 'https://host/demo-1.1-cp27-cp27m-win32.whl', hashes = { sha256 = '00' } }]\n"
    project(here, text, **{"pylock.toml": PYLOCK + wheel})
    assert version_of() == ("1.1", "locked in pylock.toml")
    digest = sha256(sdist(here / "vendor", {"x": "vendored"}, version="1.1"))
    local = f"sdist = {{ path = 'vendor/demo-1.1.tar.gz', hashes = {{ sha256 = '{digest}' }} }}\n"
    project(here, text, **{"pylock.toml": PYLOCK + local})
    assert report()["packages"][0]["sdist-from"] == "the file given"


def test_a_stale_lock(here: Path) -> None:
    project(here, PROJECT + NINJA, uv_lock(locked("2.0"), locked("2.7.0", "torch")))
    stale = "pinned in pyproject.toml; uv.lock is locked to 2.0, which the project does not allow"
    assert version_of() == ("1.0", stale)
    project(
        here, PROJECT + '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }]\n'
    )
    found = report()["packages"][0]["build-requirements"]
    why = "tool.uv.extra-build-dependencies, matched to the pin in pyproject.toml"
    assert found == [{"requirement": "torch==2.8.0", "why": why}]


def test_a_prerelease_that_is_locked_is_not_stale(here: Path) -> None:
    sdist(here.parent / "links", version="1.2rc1")
    project(here, PROJECT.replace("demo==1.0", "demo>=1") + NINJA, uv_lock(locked("1.2rc1")))
    assert version_of() == ("1.2rc1", "locked in uv.lock")


@pytest.mark.parametrize(("lock", "expected"), [("version = 2\n", "its format is 2"), ("x =", "it cannot be read")])
def test_a_lock_that_cannot_be_read(here: Path, lock: str, expected: str) -> None:
    before = content(project(here, PROJECT + NINJA, lock))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert expected in result.output
    assert "uv.lock" in result.output


LINUX, MAC = "sys_platform == 'linux'", "sys_platform == 'darwin'"
FORKS: tuple[dict[str, Any], ...] = ({"resolution-markers": [LINUX]}, {"resolution-markers": [MAC, "os_name == 'nt'"]})
BOTH = f"({MAC}) or (os_name == 'nt')"


PINNED = ('sys_platform == "linux"', 'sys_platform != "linux"')


@pytest.mark.parametrize(
    ("dependencies", "markers"),
    [
        ('["demo"]', (LINUX, BOTH)),
        ('["demo>=1"]', (LINUX, BOTH)),
        ("[\"demo==1.0; sys_platform == 'linux'\", \"demo==1.1; sys_platform != 'linux'\"]", PINNED),  # as unlocked
        ("[\"demo<1.1; sys_platform == 'linux'\", \"demo>=1.1; sys_platform != 'linux'\"]", (LINUX, BOTH)),
    ],
)
def test_forks(here: Path, dependencies: str, markers: tuple[str, str]) -> None:
    lock = uv_lock(locked("1.0", **FORKS[0]), locked("1.1", **FORKS[1]))
    project(here, f'[project]\nname = "app"\nversion = "1"\ndependencies = {dependencies}\n{NINJA}', lock)
    found = report()["packages"]
    assert [(package["version"], package["version-from"]) for package in found] == [
        ("1.0", "locked in uv.lock"),
        ("1.1", "locked in uv.lock"),
    ]
    assert uv_sources(here) == {
        "demo": [
            {"path": "wrapped.d/demo-1.0.tar.gz", "marker": markers[0]},
            {"path": "wrapped.d/demo-1.1.tar.gz", "marker": markers[1]},
        ]
    }
    before = content(here)
    assert [package["state"] for package in report()["packages"]] == ["unchanged", "unchanged"]
    assert content(here) == before


def test_forks_and_conflicting_extras(here: Path) -> None:
    text = '[project]\nname = "app"\nversion = "1"\noptional-dependencies = { a = ["demo==1.0"], b = ["demo==1.1"] }\n'
    project(here, text + NINJA, uv_lock(locked("1.0"), locked("1.1")))
    assert [package["version"] for package in report()["packages"]] == ["1.0", "1.1"]


MATCH = '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }]\n'


@pytest.mark.parametrize(
    "torch", ['"torch"', "\"torch>=2.8; sys_platform == 'linux'\", \"torch<2.8; sys_platform != 'linux'\""]
)
def test_match_runtime_of_a_fork(here: Path, torch: str) -> None:
    lock = uv_lock(locked(), locked("2.8.0", "torch", **FORKS[0]), locked("2.7.1", "torch", **FORKS[1]))
    project(here, PROJECT.replace('"torch==2.8.0"', torch) + MATCH, lock)
    found = report()["packages"][0]["build-requirements"]
    why = "tool.uv.extra-build-dependencies, matched to uv.lock"
    assert found == [
        {"requirement": f"torch===2.8.0 ; {LINUX}", "why": why},
        {"requirement": f"torch===2.7.1 ; {BOTH}", "why": why},
    ]
    assert [value for key, value in fields(archive(here)) if key == "Requires-Dist"] == [
        "six",
        f"torch>=2.8.0,<2.9 ; {LINUX}",
        f"torch>=2.7.1,<2.8 ; {BOTH}",
    ]


def test_match_runtime_and_a_marker(here: Path) -> None:
    lock = uv_lock(locked(), locked("2.8.0", "torch", **FORKS[0]), locked("2.7.1", "torch", **FORKS[1]))
    entry = (
        "{ requirement = \"Torch[x]>=2; os_name == 'posix'\", match-runtime = true, marker = \"python_version > '3'\" }"
    )
    text = (
        PROJECT.replace('"torch==2.8.0"', '"torch"')
        + f"[tool.augbackend.packages.demo]\nextra-build-dependencies = [{entry}]\n"
    )
    project(here, text, lock)
    wrapped()
    from packaging.markers import Marker
    from packaging.requirements import Requirement

    one, other = map(Requirement, own_table(archive(here))["extra-build-dependencies"][0]["locked"])
    assert (one.name, one.extras, str(one.specifier)) == ("Torch", {"x"}, "===2.8.0")
    assert (other.name, other.extras, str(other.specifier)) == ("Torch", {"x"}, "===2.7.1")
    base = {"os_name": "posix", "python_version": "3.12", "python_full_version": "3.12.0"}
    for platform, name, expected in (
        ("linux", "posix", (True, False)),
        ("darwin", "posix", (False, True)),
        ("linux", "nt", (False, False)),
        ("win32", "posix", (False, False)),
    ):
        environment = {**base, "sys_platform": platform, "os_name": name}
        markers = [one.marker or Marker(""), other.marker or Marker("")]
        assert tuple(marker.evaluate(environment) for marker in markers) == expected


@pytest.mark.parametrize(
    ("torch", "expected", "why"),
    [
        ('"torch==2.8.0"', "torch==2.8.0", "matched to the pin in pyproject.toml"),
        ('"torch>=2,<3"', "torch<3,>=2", "neither locked nor pinned, so matched when it builds"),
        ("", "torch", "neither locked nor pinned, so matched when it builds"),
    ],
)
def test_match_runtime_without_a_lock(here: Path, torch: str, expected: str, why: str) -> None:
    project(here, PROJECT.replace('"torch==2.8.0"', torch) + MATCH)
    found = report()["packages"][0]["build-requirements"]
    assert [one["requirement"] for one in found] == [expected]
    assert found[0]["why"].endswith(why)


def test_a_workspace(here: Path) -> None:
    root = here.parent
    lock = uv_lock(locked("1.1", source={"path": "vendor/demo-1.1.tar.gz"}))
    sdist(root / "vendor", version="1.1")
    project(here, PROJECT.replace("demo==1.0", "demo") + NINJA)
    write(root, {"uv.lock": lock, "pyproject.toml": "[tool.uv.workspace]\nmembers = ['app']\n"})
    found = report()["packages"][0]
    assert (found["version"], found["version-from"], found["sdist-from"]) == (
        "1.1",
        "locked in uv.lock",
        "the file given",
    )
    write(root, {"pyproject.toml": "[project]\nname = 'unrelated'\n"})
    assert version_of()[0] == "2.0"


# --- which ---


def test_a_package_with_a_wheel_is_wrapped_if_it_is_named(here: Path) -> None:
    wheel = {"url": "https://host/demo-1.0-py3-none-any.whl"}
    project(here, PROJECT + NINJA, uv_lock(locked(wheels=[wheel])))
    found = report("demo")
    assert ([package["state"] for package in found["packages"]], found["skipped"]) == (["written"], [])


def test_one_of_them(here: Path) -> None:
    sdist(here.parent / "links", name="other")
    project(here, PROJECT + NINJA + 'other = ["cmake"]\n')
    found = report("other")["packages"]
    assert [(package["name"], package["build-requirements"][0]["requirement"]) for package in found] == [
        ("other", "cmake")
    ]
    assert uv_sources(here) == {"other": {"path": "wrapped.d/other-1.0.tar.gz"}}
    assert [package["name"] for package in report()["packages"]] == ["demo", "other"]
    assert version_of("demo==2.0") == ("2.0", "named on the command line")


def test_a_package_that_the_project_says_nothing_of(here: Path) -> None:
    before = project(here, PROJECT + NINJA).joinpath("pyproject.toml").read_bytes()
    sdist(here.parent / "links", name="other")
    assert report("other==1.0")["sources"] is None
    assert report("demo==1.0", "--require", "cmake")["packages"][0]["build-requirements"][0]["why"] == "--require"
    assert (here / "pyproject.toml").read_bytes() == before


def test_archives_of_other_versions_are_named(here: Path) -> None:
    project(here, PROJECT + NINJA)
    wrapped()
    project(here, PROJECT.replace("demo==1.0", "demo==1.1") + NINJA)
    output = wrapped().output
    assert "demo-1.0.tar.gz is of another version, and not used by this project any more" in output
    assert archive(here).exists()


@pytest.mark.parametrize(
    "tables",
    [
        "[[tool.uv.index]]\nurl = '{}'\n",
        "[[tool.uv.index]]\nurl = '{}'\ndefault = true\n",
        "[tool.uv]\nindex-url = '{}'\n",
        "[tool.uv]\nextra-index-url = ['{}']\nindex-url = '{}'\n",
    ],
)
def test_the_indexes_of_the_project(here: Path, monkeypatch: pytest.MonkeyPatch, tables: str) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with serving() as index:
        index.publish(here.parent / "links" / "demo-1.0.tar.gz")
        default = "" if "index-url" in tables or "default" in tables else f"[[tool.uv.index]]\nurl = '{index.url}/none/'\ndefault = true\n"  # fmt: skip
        project(here, PROJECT + NINJA + tables.format(index.simple, index.simple) + default)
        assert report()["packages"][0]["sdist-from"] == "the index"


@pytest.mark.parametrize(
    "tables", ["[tool.uv]\nfind-links = ['../links']\n", "[[tool.uv.index]]\nurl = '../links'\nformat = 'flat'\n"]
)
def test_the_folders_of_the_project(here: Path, monkeypatch: pytest.MonkeyPatch, tables: str) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS")
    project(here, PROJECT + NINJA + tables)
    assert report()["packages"][0]["state"] == "written"


# --- sources ---

SOURCES = """# the project
[project]
name = "app"  # ours
version = "1"
dependencies = [
    "demo==1.0",   # why
]

[tool.uv]
environments = ["sys_platform == 'linux'"]  # kept

[tool.uv.extra-build-dependencies]
demo = ["ninja"]

[tool.uv.sources]
# other things
other = { path = "../other", editable = true }  # stays
{demo}
[tool.black]
line-length = 3
"""
POINTED = 'demo = { path = "wrapped.d/demo-1.0.tar.gz" }'


def test_sources_are_added_to_the_table(here: Path) -> None:
    before = SOURCES.replace("{demo}", "")
    project(here, before)
    wrapped()
    text = (here / "pyproject.toml").read_text()
    assert text == SOURCES.replace("{demo}", f"{POINTED}\n")
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == before


def test_a_table_of_sources_is_made(here: Path) -> None:
    before = PROJECT + "\n" + NINJA
    project(here, before)
    wrapped()
    assert (here / "pyproject.toml").read_text() == f"{before}\n[tool.uv.sources]\n{POINTED}\n"
    assert wrapped("--remove").output.splitlines() == [
        "pyproject.toml: the sources that pointed into wrapped.d are removed",
        "wrapped.d/demo-1.0.tar.gz: deleted",
    ]
    assert content(here) == {"pyproject.toml": before.encode()}
    assert wrapped("--remove").output == "nothing to undo\n"


REPLACED = {
    "git": 'demo = { git = "https://host/x", tag = "v1.0", subdirectory = "python" }',
    "index": 'demo = { index = "mine" }',
    "spelling": 'Demo = { index = "mine" }',
    "workspace": "demo = { workspace = true }",
    "tar.gz": 'demo = { path = "../links/demo-1.0.tar.gz" }',
    "list": "demo = [{ index = \"a\", marker = \"os_name == 'nt'\" }, { index = \"b\", marker = \"os_name != 'nt'\" }]",
    "lines": "demo = [\n  { index = \"a\", marker = \"os_name == 'nt'\" },\n  { index = \"b\", marker = \"os_name != 'nt'\" },\n]",
}  # fmt: skip


@pytest.mark.parametrize("case", REPLACED)
def test_a_source_that_is_replaced_comes_back(here: Path, case: str) -> None:
    before = SOURCES.replace("{demo}", f"{REPLACED[case]}\n")
    project(here, before, uv_lock(locked()))
    wrapped()
    once = (here / "pyproject.toml").read_text()
    found = [value for name, value in uv_sources(here).items() if name.lower() == "demo"]
    assert found == [{"path": "wrapped.d/demo-1.0.tar.gz"}]
    if case in ("git", "index", "spelling", "workspace"):
        name, _, value = REPLACED[case].partition(" = ")
        assert once == SOURCES.replace("{demo}", f"{POINTED.replace('demo', name, 1)} # was: {value}\n")
    wrapped()
    assert (here / "pyproject.toml").read_text() == once
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == before


def test_a_comment_beside_a_source_that_is_replaced(here: Path) -> None:
    before = SOURCES.replace("{demo}", 'demo = { index = "mine" }  # since 1.0 is gone\n')
    project(here, before, uv_lock(locked()))
    wrapped()
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == before


def test_a_source_that_is_a_table_of_its_own(here: Path) -> None:
    before = PROJECT + NINJA + '[tool.uv.sources.demo]\nindex = "mine"\n'
    project(here, before, uv_lock(locked()))
    result = wrap()
    assert result.exit_code in (0, 2), result.output
    if result.exit_code == 0:
        assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}
        wrapped("--remove")
        assert uv_sources(here) == {"demo": {"index": "mine"}}
    else:
        assert (here / "pyproject.toml").read_text() == before


@pytest.mark.processes
@pytest.mark.usefixtures("quick")
def test_a_repository_as_source(here: Path) -> None:
    folder = write(here.parent / "repository", TREE)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "v1")
    commit = git(folder, "rev-parse", "HEAD")
    source = f'{{ git = "{folder.as_uri()}", tag = "v1" }}'
    before = PROJECT + VARIABLE + f"[tool.uv.sources]\ndemo = {source}\n"
    project(here, before)
    assert version_of() == ("1.0", "pointed to in pyproject.toml")
    once = content(here)
    git(folder, "tag", "-d", "v1")
    assert report()["packages"][0]["state"] == "unchanged"  # by the commit in the archive
    assert content(here) == once
    assert own_table(archive(here))["origin"]["url"].endswith(f"@{commit}")
    write(here, {"uv.lock": uv_lock(locked(source={"path": "wrapped.d/demo-1.0.tar.gz"}))})
    assert report()["packages"][0]["state"] == "unchanged"
    wrapped("--remove")
    assert (here / "pyproject.toml").read_text() == before


@pytest.mark.usefixtures("with_urls")
@pytest.mark.parametrize("form", ["path", "url", "requirement"])
def test_an_sdist_as_source(here: Path, form: str) -> None:
    upstream = sdist(here.parent / "vendor", {"x": "vendored"})
    text = PROJECT + NINJA
    if form == "requirement":
        text = text.replace("demo==1.0", f"demo @ {upstream.as_uri()}")
    else:
        value = "../vendor/demo-1.0.tar.gz" if form == "path" else upstream.as_uri()
        text += f'[tool.uv.sources]\ndemo = {{ {form} = "{value}" }}\n'
    project(here, text)
    for state in ("written", "unchanged"):
        found = report()["packages"][0]
        assert (found["state"], found["version-from"]) == (state, "pointed to in pyproject.toml")
    assert own_table(archive(here))["origin"]["sha256"] == sha256(upstream)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_lock_that_was_made_with_the_sources(here: Path, version: str) -> None:
    project(here, PROJECT.replace("demo==1.0", "demo") + NINJA, uv_lock(locked(version)))
    wrapped()
    before = content(here)
    path = f"wrapped.d/demo-{version}.tar.gz"
    project(here, (here / "pyproject.toml").read_text(), uv_lock(locked(version, source={"path": path}, sdist={"hash": f"sha256:{sha256(here / path)}"})))  # fmt: skip
    assert report()["packages"][0]["state"] == "unchanged"
    assert {**content(here), "uv.lock": b""} == {**before, "uv.lock": b""}


def test_a_second_run_changes_no_byte(here: Path) -> None:
    project(here, PROJECT + "\n" + NINJA)
    wrapped()
    before = content(here)
    found = report()
    assert (found["packages"][0]["state"], found["sources"]) == (
        "unchanged",
        {"file": "pyproject.toml", "state": "current"},
    )
    assert content(here) == before


def test_a_source_in_another_layout_is_left_as_it_is(here: Path) -> None:
    text = PROJECT + NINJA + "[tool.uv.sources]\ndemo = {path='wrapped.d/demo-1.0.tar.gz'}   # mine\n"
    project(here, text)
    wrapped()
    assert (here / "pyproject.toml").read_text() == text


def test_line_endings_are_kept(here: Path) -> None:
    text = (PROJECT + "\n" + NINJA).replace("\n", "\r\n")
    write(here, {"pyproject.toml": text.encode()})
    wrapped()
    written = (here / "pyproject.toml").read_bytes()
    assert written.count(b"\n") == written.count(b"\r\n") > 6
    wrapped("--remove")
    assert (here / "pyproject.toml").read_bytes() == text.encode()


def test_no_sources(here: Path) -> None:
    before = PROJECT + NINJA
    project(here, before)
    wrapped("--no-sources")
    assert ((here / "pyproject.toml").read_text(), archive(here).is_file()) == (before, True)
    assert wrap("--check", "--no-sources").exit_code == 0
    assert wrap("--check").exit_code == 1


def test_another_output_folder(here: Path) -> None:
    before = PROJECT + "\n" + NINJA
    project(here, before)
    wrapped("--output", "build/wheels")
    assert uv_sources(here) == {"demo": {"path": "build/wheels/demo-1.0.tar.gz"}}
    wrapped("--remove")
    assert uv_sources(here) == {"demo": {"path": "build/wheels/demo-1.0.tar.gz"}}
    wrapped("--remove", "--output", "build/wheels")
    assert (here / "pyproject.toml").read_text() == before
    wrapped("--output", ".")
    assert uv_sources(here) == {"demo": {"path": "demo-1.0.tar.gz"}}
    wrapped("--remove", "--output", ".")
    assert (here / "pyproject.toml").read_text() == before


def test_remove_deletes_what_is_ours_only(here: Path) -> None:
    project(here, PROJECT + NINJA)
    wrapped()
    theirs = here / "wrapped.d" / "theirs-1.0.tar.gz"
    theirs.write_bytes((here.parent / "links" / "demo-1.0.tar.gz").read_bytes())
    wrapped("--remove")
    assert (theirs.is_file(), archive(here).exists()) == (True, False)


def test_remove_needs_no_network_and_no_tables(here: Path) -> None:
    project(here, PROJECT + "\n" + NINJA)
    wrapped()
    (here / "pyproject.toml").write_text((here / "pyproject.toml").read_text().replace(NINJA, ""))
    result = wrap("--remove")
    assert (result.exit_code, uv_sources(here)) == (0, None), result.output


def test_a_project_that_cannot_be_edited(here: Path) -> None:
    text = 'project = { name = "app", version = "1" }\ntool = { uv = { extra-build-dependencies = { demo = ["ninja"] } } }\n'
    project(here, text)
    result = wrap("demo==1.0")
    if result.exit_code == 0:
        assert uv_sources(here) == {"demo": {"path": "wrapped.d/demo-1.0.tar.gz"}}
    else:
        assert (result.exit_code, (here / "pyproject.toml").read_text()) == (2, text), result.output


# --- check ---


def test_check(here: Path) -> None:
    project(here, PROJECT + "\n" + NINJA)
    before = content(here)
    result = wrap("--check")
    assert (result.exit_code, content(here)) == (1, before)
    assert result.output.endswith(
        "stale: wrapped.d/demo-1.0.tar.gz, pyproject.toml, tool.uv.sources; run augbackend wrap\n"
    )
    assert "tool.uv.sources.demo does not lead to one archive, and should to wrapped.d/demo-1.0.tar.gz" in result.output
    wrapped()
    assert wrapped("--check").output.endswith("everything is up to date\n")
    text = (here / "pyproject.toml").read_text()
    for old, new, stale in (
        ('demo = ["ninja"]', 'demo = ["cmake"]', "stale: wrapped.d/demo-1.0.tar.gz; run"),
        (POINTED, 'demo = { path = "elsewhere" }', "stale: pyproject.toml, tool.uv.sources; run"),
        ("demo==1.0", "demo==1.1", "stale: wrapped.d/demo-1.1.tar.gz, pyproject.toml, tool.uv.sources; run"),
    ):
        changed = project(here, text.replace(old, new), uv_lock(locked("1.1" if "1.1" in new else "1.0")))
        before = content(changed)
        result = wrap("--check")
        assert (result.exit_code, content(here)) == (1, before)
        assert stale in result.output
        changed_source = "tool.uv.sources.demo leads to " in result.output
        assert changed_source == ("tool.uv.sources;" in stale)
        found = json.loads(wrap("--check", "--json").output)
        assert (found["sources"]["state"] == "stale") == ("tool.uv.sources" in stale)
    project(here, text)
    assert wrap("--check").exit_code == 0
    archive(here).unlink()
    assert "stale: wrapped.d/demo-1.0.tar.gz; run" in wrap("--check").output


def test_check_of_a_broken_project(here: Path) -> None:
    project(here, PROJECT + '[tool.uv.extra-build-dependencies]\ndemo = ["to rch"]\n')
    assert wrap("--check").exit_code == 2


def test_text(here: Path) -> None:
    text = PROJECT.replace('version = "1"', 'version = "1"\nscripts = { app = "app:main" }')
    lock = uv_lock(locked(), locked("2.8.0", "torch"))
    table = '[tool.uv.extra-build-dependencies]\ndemo = [{ requirement = "torch", match-runtime = true }, "ninja"]\n'
    project(here, text + table, lock)
    assert wrapped().output == (
        "wrapped.d/demo-1.0.tar.gz: written\n"
        "  demo 1.0  (locked in uv.lock; sdist from a folder of find-links, demo-1.0.tar.gz)\n"
        "  + torch==2.8.0  (tool.uv.extra-build-dependencies, matched to the pin in pyproject.toml)\n"
        "  + ninja  (tool.uv.extra-build-dependencies)\n"
        "  its dependencies are known without a build: setup.py's literal install_requires\n"
        "  its wheel requires torch>=2.8.0,<2.9\n"
        "\n"
        "pip compiles an archive that is given by its path every time, with --constraints FILE only once\n"
        "\n"
        "commit these:\n"
        f"  wrapped.d/demo-1.0.tar.gz  ({archive(here).stat().st_size / 1e6:.1f} MB)\n"
        "\n"
        "next:\n"
        "  uv sync\n"
        "  uv tool install .\n"
        "  uvx --from . app\n"
        "  pip install . ./wrapped.d/demo-1.0.tar.gz\n"
    )
    assert "# Written by augbackend wrap" in text_of(archive(here))


# --- what is ours, what is theirs ---


def test_archives_are_known_by_what_they_say(here: Path) -> None:
    project(here, PROJECT + NINJA)
    wrapped()
    wrapped("--output", "elsewhere")
    assert uv_sources(here) == {"demo": {"path": "elsewhere/demo-1.0.tar.gz"}}


@pytest.mark.parametrize("option", ["--check", "--json", "--no-sources"])
def test_remove_goes_with_nothing_else(here: Path, option: str) -> None:
    project(here, PROJECT + NINJA)
    wrapped()
    before = content(here)
    assert wrap("--remove", option).exit_code == 2
    assert content(here) == before


def test_remove_leaves_their_sources(here: Path) -> None:
    project(here, PROJECT + NINJA)
    wrapped()
    theirs = here / "wrapped.d" / "own-1.0.tar.gz"
    theirs.write_bytes((here.parent / "links" / "demo-1.0.tar.gz").read_bytes())
    (here / "wrapped.d" / "broken-1.0.tar.gz").write_bytes(b"x")
    line = 'own = { path = "wrapped.d/own-1.0.tar.gz" }  # mine\n'
    (here / "pyproject.toml").write_text((here / "pyproject.toml").read_text() + line)
    wrapped("--remove")
    assert uv_sources(here) == {"own": {"path": "wrapped.d/own-1.0.tar.gz"}}
    assert line in (here / "pyproject.toml").read_text()
    assert sorted(file.name for file in (here / "wrapped.d").iterdir()) == ["broken-1.0.tar.gz", "own-1.0.tar.gz"]


def test_a_package_that_the_project_does_not_depend_on(here: Path) -> None:
    text = PROJECT.replace('"demo==1.0", ', "").replace('"demo==1.0"', "")
    project(here, text + NINJA, uv_lock(locked("2.8.0", "torch")))
    found = report()
    assert (found["packages"], found["skipped"]) == (
        [],
        [{"name": "demo", "why": "this project does not depend on it"}],
    )


def test_a_file_that_cannot_be_edited_is_known_before_anything_is_written(here: Path) -> None:
    text = 'project = { name = "app", version = "1", dependencies = ["demo==1.0"] }\n[tool]\n'
    text += 'uv = { extra-build-dependencies = { demo = ["ninja"] } }\n'
    project(here, text)
    result = wrap()
    assert result.exit_code == 0 or not (here / "wrapped.d").exists(), result.output


def test_match_runtime_of_versions_that_extras_tell_apart(here: Path) -> None:
    lock = uv_lock(locked(), locked("2.8.0", "torch"), locked("2.7.1", "torch"))
    project(here, PROJECT.replace('"torch==2.8.0"', '"torch"') + MATCH, lock)
    result = wrap()
    assert (result.exit_code, "no marker tells them apart" in result.output) == (2, True), result.output


def test_remove_where_sources_are_no_table(here: Path) -> None:
    project(here, PROJECT + NINJA.replace("[tool.uv", "[tool.uv]\nsources = 3\n[tool.uv", 1))
    before = content(here)
    assert wrap("--remove").output == "nothing to undo\n"
    assert content(here) == before


def test_a_version_that_uv_is_told_of_has_to_move(here: Path) -> None:
    table = '[[tool.uv.dependency-metadata]]\nname = "Demo"\nversion = "1.0"\nrequires-dist = ["attrs"]\n'
    project(here, PROJECT + NINJA + table)
    said = wrapped("--no-sources").output
    assert "demo: uv sync fails, since uv takes an entry with a version for the archive's own" in said
    assert "\n  uv sync\n" not in said
    said = wrapped().output
    assert "demo: tool.uv.dependency-metadata is moved to tool.augbackend.packages.demo" in said
    assert "\n  uv sync\n" in said
    project(here, PROJECT + NINJA + table.replace('version = "1.0"\n', ""))
    assert "\n  uv sync\n" in wrapped().output


def test_many_packages_are_looked_for_in_bounded_work(
    tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second of two runs that change nothing looks at each file, and parses the project, a few times in all."""
    names = [f"a{number:02}-demo" for number in range(30)]
    for name in names:
        sdist(tmp_path / "links", name=name)
    tables = [f'[tool.augbackend.packages.{name}]\nextra-build-dependencies = ["ninja"]\n' for name in names]
    pins = json.dumps([f"{name}==1.0" for name in names])
    project(here, f'[project]\nname = "app"\nversion = "1"\ndependencies = {pins}\n{"".join(tables)}[tool.uv]\n')
    first = report()
    assert [one["state"] for one in first["packages"]] == ["written"] * 30
    looked: list[Any] = []
    parsed: list[str] = []
    evaluate, parse = Evaluator.evaluate_link, tomlkit.parse
    monkeypatch.setattr(Evaluator, "evaluate_link", lambda *what: (looked.append(what), evaluate(*what))[1])  # type: ignore[func-returns-value]
    monkeypatch.setattr(tomlkit, "parse", lambda text: (parsed.append(text), parse(text))[1])  # type: ignore[func-returns-value]
    text = (here / "pyproject.toml").read_text()
    second = report()
    assert [{**one, "state": ""} for one in second["packages"]] == [{**one, "state": ""} for one in first["packages"]]
    assert {one["state"] for one in second["packages"]} == {"unchanged"}
    assert len(looked) <= 2 * len(names)
    assert parsed.count(text) <= 2
