"""`uv.lock` as a graph: which versions belong together, per extra, group and fork; and whether it is of this project.

The locks are as uv writes them, less hashes and what nobody reads.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ..conftest import write
from .archives import content, own_table, report, wrap, wrapped
from .test_wrap import fields
from .test_wrap_project import MATCH, archive, here, locked, project, uv_lock, uv_sources

__all__ = ["here"]  # a fixture

INDEXES = "".join(
    f'[[tool.uv.index]]\nname = "{name}"\nurl = "https://{name}.example/simple"\nexplicit = true\n'
    for name in ("cpu", "cu128")
)
CHOICES = '{{ index = "cpu", {0} = "cpu"{1} }}, {{ index = "cu128", {0} = "cu128"{1} }}'
ON_LINUX = ", marker = \"sys_platform == 'linux'\""
HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\nscripts = { app = "app:main" }\n'
EXTRAS = f"""{HEAD}
[project.optional-dependencies]
cpu = ["torch==2.8.0", "demo==1.0"]
cu128 = ["torch==2.8.0", "demo==1.0"]

[tool.uv]
conflicts = [[{{ extra = "cpu" }}, {{ extra = "cu128" }}]]

[tool.uv.sources]
torch = [{CHOICES.format("extra", ON_LINUX)}]

{MATCH}
{INDEXES}"""
GROUPS = f"""{HEAD}
[dependency-groups]
cpu = ["torch==2.8.0", "demo==1.0"]
cu128 = ["torch==2.8.0", "demo==1.0"]

[tool.uv]
conflicts = [[{{ group = "cpu" }}, {{ group = "cu128" }}]]
default-groups = ["cpu"]

[tool.uv.sources]
torch = [{CHOICES.format("group", "")}]

{MATCH}
{INDEXES}"""
USUAL, CPU, CU = (f'{{ registry = "https://{name}.example/simple" }}' for name in ("index", "cpu", "cu128"))
TORCHES = "".join(
    f'\n[[package]]\nname = "torch"\nversion = "{version}"\nsource = {source}\n{markers}\nwheels = ['
    f'{{ url = "{source[14:-10]}/torch-{version.replace("+", "%2B")}-py3-none-any.whl", hash = "sha256:aa" }}]\n'
    for version, source, markers in (
        ("2.8.0", USUAL, "resolution-markers = [\"sys_platform == 'darwin'\"]"),
        ("2.8.0+cpu", CPU, "resolution-markers = [\"sys_platform == 'linux'\"]"),
        ("2.8.0+cu128", CU, "resolution-markers = [\"sys_platform == 'linux'\"]"),
    )
)
IN_CPU, IN_CU = "extra == 'extra-3-app-cpu'", "extra == 'extra-3-app-cu128'"
# What uv says where one of two conflicting extras is chosen: the other one is not, so "both" may be anything.
NOT_LINUX_CPU = f"(sys_platform != 'linux' and {IN_CPU}) or ({IN_CPU} and {IN_CU})"
LINUX_CPU = f"(sys_platform == 'linux' and {IN_CPU}) or ({IN_CPU} and {IN_CU})"
NOT_LINUX_CU = f"(sys_platform != 'linux' or {IN_CPU}) and {IN_CU}"
LINUX_CU = f"(sys_platform == 'linux' or {IN_CPU}) and {IN_CU}"
BOTH_NOT_LINUX = f"(sys_platform != 'linux' and ({IN_CPU} or {IN_CU})) or ({IN_CPU} and {IN_CU})"
LOCK_HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'


def edge(version: str, source: str, marker: str = "") -> str:
    said = f', marker = "{marker}"' if marker else ""
    return f'    {{ name = "torch", version = "{version}", source = {source}{said} }},\n'


def extras_lock(cpu: str, cu128: str, *demos: str) -> str:
    """The lock of EXTRAS: what each extra needs of demo, and the entries of demo."""
    both = (
        ("cpu", cpu, edge("2.8.0", USUAL, NOT_LINUX_CPU) + edge("2.8.0+cpu", CPU, LINUX_CPU)),
        ("cu128", cu128, edge("2.8.0", USUAL, NOT_LINUX_CU) + edge("2.8.0+cu128", CU, LINUX_CU)),
    )
    required = "".join(
        f'    {{ name = "demo", marker = "extra == \'{name}\'", specifier = "==1.0" }},\n'
        f'    {{ name = "torch", marker = "sys_platform == \'linux\' and extra == \'{name}\'", specifier = "==2.8.0", '
        f'index = "https://{name}.example/simple", conflict = {{ package = "app", extra = "{name}" }} }},\n'
        f'    {{ name = "torch", marker = "sys_platform != \'linux\' and extra == \'{name}\'", specifier = "==2.8.0" }},\n'
        for name in ("cpu", "cu128")
    )
    lists = "".join(f'{name} = [\n    {{ name = "demo"{demo} }},\n{torches}]\n' for name, demo, torches in both)
    return (
        f'{LOCK_HEAD}conflicts = [[\n    {{ package = "app", extra = "cpu" }},\n'
        '    { package = "app", extra = "cu128" },\n]]\n'
        f'\n[[package]]\nname = "app"\nversion = "1"\nsource = {{ editable = "." }}\n'
        f"\n[package.optional-dependencies]\n{lists}"
        f'\n[package.metadata]\nrequires-dist = [\n{required}]\nprovides-extras = ["cpu", "cu128"]\n'
        + "".join(demos)
        + TORCHES
    )


def demo(version: str, source: str, *edges: str) -> str:
    return (
        f'\n[[package]]\nname = "demo"\nversion = "{version}"\nsource = {source}\ndependencies = [\n{"".join(edges)}]\n'
    )


EXTRAS_LOCK = extras_lock(
    "",
    "",
    demo(
        "1.0",
        USUAL,
        edge("2.8.0", USUAL, BOTH_NOT_LINUX),
        edge("2.8.0+cpu", CPU, LINUX_CPU),
        edge("2.8.0+cu128", CU, LINUX_CU),
    ),
)


def at(name: str) -> str:
    return f'{{ path = "wrapped.d/demo-1.0+{name}.tar.gz" }}'


# As uv locks the project when it is wrapped.
EXTRAS_LOCK_AFTER = extras_lock(
    f', version = "1.0+cpu", source = {at("cpu")}',
    f', version = "1.0+cu128", source = {at("cu128")}',
    demo("1.0+cpu", at("cpu"), edge("2.8.0", USUAL, NOT_LINUX_CPU), edge("2.8.0+cpu", CPU, LINUX_CPU)),
    demo("1.0+cu128", at("cu128"), edge("2.8.0", USUAL, NOT_LINUX_CU), edge("2.8.0+cu128", CU, LINUX_CU)),
)
FOR_EXTRAS = [
    {"path": "wrapped.d/demo-1.0+cpu.tar.gz", "extra": "cpu"},
    {"path": "wrapped.d/demo-1.0+cu128.tar.gz", "extra": "cu128"},
]


def asked_for(file: Path) -> list[str]:
    """What the archive asks for when it is built."""
    found = own_table(file)["extra-build-dependencies"]
    return [text for one in found for text in (one.get("locked", []) if isinstance(one, dict) else [one])]


def commands(text: str) -> list[str]:
    """What a run prints to be run."""
    return re.findall(r"^  ((?:uv|uvx|pip) .*)$", text, re.MULTILINE)


# --- which belong together ---


def test_conflicting_extras(here: Path) -> None:
    project(here, EXTRAS, EXTRAS_LOCK)
    result = wrapped()
    assert "note" not in result.output
    for name in ("cpu", "cu128"):
        url = f"https://{name}.example/torch-2.8.0%2B{name}-py3-none-any.whl#sha256=aa"
        wanted = ["torch===2.8.0 ; sys_platform != 'linux'", f"torch @ {url} ; sys_platform == 'linux'"]
        assert asked_for(archive(here, f"1.0+{name}")) == wanted
    assert uv_sources(here)["demo"] == FOR_EXTRAS
    assert commands(result.output) == [
        "uv sync --extra cpu",
        "uv sync --extra cu128",
        "uv tool install '.[cpu]'",
        "uvx --from '.[cpu]' app",
        "uv tool install '.[cu128]'",
        "uvx --from '.[cu128]' app",
    ]


@pytest.mark.parametrize("lock", [EXTRAS_LOCK, EXTRAS_LOCK_AFTER])
def test_conflicting_extras_again(here: Path, lock: str) -> None:
    project(here, EXTRAS, EXTRAS_LOCK)
    wrapped()
    write(here, {"uv.lock": lock})
    before = content(here)
    assert wrapped("--check").exit_code == 0
    assert [one["state"] for one in report()["packages"]] == ["unchanged", "unchanged"]
    assert content(here) == before
    for file in (here / "wrapped.d").iterdir():  # what they were made from is known all the same
        file.unlink()
    wrapped()
    assert content(here) == before
    wrapped("--remove")
    assert content(here) == {"pyproject.toml": EXTRAS.encode(), "uv.lock": lock.encode()}


def test_a_label_of_the_users_is_kept(here: Path) -> None:
    own = '[tool.augbackend.packages.demo]\nlocal-version = "team"\n'
    project(here, EXTRAS + own, EXTRAS_LOCK)
    wrapped()
    assert sorted(file.name for file in (here / "wrapped.d").iterdir()) == [
        "demo-1.0+team.cpu.tar.gz",
        "demo-1.0+team.cu128.tar.gz",
    ]


def groups_lock(*demos: str) -> str:
    required = "".join(
        f'{name} = [\n    {{ name = "demo", specifier = "==1.0" }},\n'
        f'    {{ name = "torch", specifier = "==2.8.0", index = "https://{name}.example/simple" }},\n]\n'
        for name in ("cpu", "cu128")
    )
    return (
        f'{LOCK_HEAD}conflicts = [[\n    {{ package = "app", group = "cpu" }},\n'
        '    { package = "app", group = "cu128" },\n]]\n'
        '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n\n[package.dev-dependencies]\n'
        f'cpu = [\n    {{ name = "demo" }},\n{edge("2.8.0+cpu", CPU)}]\n'
        f'cu128 = [\n    {{ name = "demo" }},\n{edge("2.8.0+cu128", CU)}]\n'
        f"\n[package.metadata]\n\n[package.metadata.requires-dev]\n{required}" + "".join(demos) + TORCHES
    )


GROUP_CPU, GROUP_CU = "extra == 'group-3-app-cpu'", "extra == 'group-3-app-cu128'"


@pytest.mark.parametrize(
    "edges", [(edge("2.8.0+cpu", CPU, GROUP_CPU), edge("2.8.0+cu128", CU, GROUP_CU)), ()]
)  # without them it needs torch only to build
def test_conflicting_groups(here: Path, edges: tuple[str, ...]) -> None:
    project(here, GROUPS, groups_lock(demo("1.0", USUAL, *edges)))
    result = wrapped()
    assert "note" not in result.output
    for name in ("cpu", "cu128"):
        url = f"https://{name}.example/torch-2.8.0%2B{name}-py3-none-any.whl#sha256=aa"
        assert asked_for(archive(here, f"1.0+{name}")) == [f"torch @ {url}"]
    assert [{**one, "path": ""} for one in uv_sources(here)["demo"]] == [
        {"path": "", "group": "cpu"},
        {"path": "", "group": "cu128"},
    ]
    # One of them is installed unasked. No tool has groups.
    assert commands(result.output) == ["uv sync", "uv sync --no-group cpu --group cu128"]
    assert wrapped("--check").exit_code == 0


@pytest.mark.parametrize(
    ("text", "lock", "where"),
    [
        (
            f'{HEAD}dependencies = ["demo==1.0"]\n',
            'dependencies = [\n    { name = "demo" },\n]\n',
            "project.dependencies",
        ),
        (
            f'{HEAD}[project.optional-dependencies]\nfast = ["demo==1.0"]\n',
            '[package.optional-dependencies]\nfast = [\n    { name = "demo" },\n]\n',
            "project.optional-dependencies.fast",
        ),
    ],
)
def test_what_cannot_be_told_apart_is_refused(here: Path, text: str, lock: str, where: str) -> None:
    head = EXTRAS_LOCK.partition("\n[[package]]")[0]
    own = f'\n[[package]]\nname = "app"\nversion = "1"\nsource = {{ virtual = "." }}\n{lock}'
    rest = demo("1.0", USUAL, edge("2.8.0+cpu", CPU, IN_CPU), edge("2.8.0+cu128", CU, IN_CU)) + TORCHES
    before = content(project(here, text + MATCH, head + own + rest))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert f"demo is asked for in {where}" in result.output
    assert "torch 2.8.0+cpu with the extra cpu" in result.output
    assert "ask for demo in each of the extras or groups that conflict" in result.output


def test_forks_by_platform_are_of_the_edges(here: Path) -> None:
    linux, others = "sys_platform == 'linux'", "sys_platform != 'linux'"
    edges = (edge("2.8.0+cpu", CPU, linux), edge("2.8.0", USUAL, others))
    own = '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "demo" }]\n'
    text = f'{HEAD}dependencies = ["demo"]\n{MATCH}{INDEXES}'
    project(here, text, LOCK_HEAD + own + demo("1.0", USUAL, *edges) + TORCHES)
    wrapped()
    url = "https://cpu.example/torch-2.8.0%2Bcpu-py3-none-any.whl#sha256=aa"
    assert asked_for(archive(here)) == [f"torch===2.8.0 ; {others}", f"torch @ {url} ; {linux}"]


def test_where_it_is_not_needed_itself_others_say_which(here: Path) -> None:
    linux, others = "sys_platform == 'linux'", "sys_platform != 'linux'"
    own = (
        '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [\n'
        f'    {{ name = "demo" }},\n{edge("2.8.0+cpu", CPU, linux)}{edge("2.8.0", USUAL, others)}]\n'
    )
    lock = LOCK_HEAD + own + demo("1.0", USUAL, edge("2.8.0+cpu", CPU, linux)) + TORCHES
    project(here, f'{HEAD}dependencies = ["demo", "torch"]\n{MATCH}{INDEXES}', lock)
    wrapped()
    assert [text.partition(" ; ")[2] for text in asked_for(archive(here))] == [others, linux]


@pytest.mark.parametrize(
    ("one", "other", "is_refused"),
    [
        ("sys_platform == 'linux'", "python_full_version < '3.13'", True),
        ("sys_platform == 'linux'", "sys_platform == 'darwin' or python_full_version < '3.9'", False),
        ("platform_machine == 'x86_64'", "platform_machine != 'x86_64'", False),
        ("platform_machine == 'x86_64'", "sys_platform == 'darwin'", True),
    ],
)
def test_markers_that_overlap(here: Path, one: str, other: str, is_refused: bool) -> None:
    torches = [
        locked(version, "torch", **{"resolution-markers": [marker]})
        for version, marker in (("2.8.0", one), ("2.7.1", other))
    ]
    project(here, f'{HEAD}dependencies = ["demo"]\n{MATCH}', uv_lock(locked(), *torches))
    result = wrap()
    assert (result.exit_code, "no marker tells them apart" in result.output) == (
        (2, True) if is_refused else (0, False)
    )


def test_only_environments_of_the_project_count(here: Path) -> None:
    markers = {"2.8.0": "sys_platform == 'linux'", "2.7.1": "sys_platform == 'darwin' or os_name == 'posix'"}
    torches = [locked(version, "torch", **{"resolution-markers": [one]}) for version, one in markers.items()]
    text = f'{HEAD}dependencies = ["demo"]\n{MATCH}'
    project(here, text, uv_lock(locked(), *torches))
    assert "no marker tells them apart" in wrap().output
    only = {"supported-markers": ["sys_platform == 'darwin'", "sys_platform == 'win32'"]}
    project(here, text, uv_lock(locked(), *torches, **only))
    wrapped()


def test_pins_of_different_extras_need_a_lock(here: Path) -> None:
    text = (
        f'{HEAD}[project.optional-dependencies]\na = ["torch==2.8.0", "demo==1.0"]\nb = ["torch==2.9.0", "demo==1.0"]\n'
    )
    before = content(project(here, text + MATCH))
    result = wrap()
    assert (result.exit_code, content(here)) == (2, before)
    assert "torch is asked for in the versions 2.8.0 and 2.9.0" in result.output
    assert "uv lock" in result.output


def test_a_constraint_that_names_the_label_narrows_a_pin(here: Path) -> None:
    text = f'{HEAD}dependencies = ["torch==2.8.0", "demo==1.0"]\n'
    project(here, f'{text}[tool.uv]\nconstraint-dependencies = ["torch==2.8.0+cpu"]\n{MATCH}')
    assert "  + torch==2.8.0+cpu  (" in wrapped().output


# --- whether it is fresh ---

MEMBER = '[project]\nname = "lib"\nversion = "1"\ndependencies = ["demo==1.0"]\n'
FRESH = f"""{HEAD}dependencies = ["Torch >= 2.8, <3 ; python_version < '3.14'", "demo[b, a]==1.0"]

[project.optional-dependencies]
X = ["attrs~=1.0"]

[dependency-groups]
dev = ["rich", {{ include-group = "more" }}]
more = ["six"]

[tool.uv]
override-dependencies = ["torch==2.9.0"]
constraint-dependencies = ["six<2"]

[tool.uv.workspace]
members = ["lib"]

[tool.uv.sources]
rich = {{ index = "cpu" }}
six = {{ index = "from-a-variable" }}

{MATCH}
{INDEXES}"""
FRESH_LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[manifest]
members = ["app", "lib"]
constraints = [{ name = "six", specifier = "<2", index = "https://anywhere.example/simple" }]
overrides = [{ name = "torch", specifier = "==2.9.0" }]

[[package]]
name = "app"
version = "1"
source = { editable = "." }
dependencies = [{ name = "demo" }, { name = "torch", marker = "python_full_version < '3.14'" }]

[package.metadata]
requires-dist = [
    { name = "attrs", marker = "extra == 'x'", specifier = "~=1.0" },
    { name = "demo", extras = ["a", "b"], specifier = "==1.0" },
    { name = "torch", marker = "python_full_version < '3.14'", specifier = ">=2.8,<3" },
]
provides-extras = ["x"]

[package.metadata.requires-dev]
dev = [
    { name = "rich", index = "https://cpu.example/simple/" },
    { name = "six", index = "https://anywhere.example/simple" },
]
more = [{ name = "six", index = "https://anywhere.example/simple" }]

[[package]]
name = "lib"
version = "1"
source = { editable = "lib" }
dependencies = [{ name = "demo" }]

[package.metadata]
requires-dist = [{ name = "demo", specifier = "==1.0" }]

[[package]]
name = "demo"
version = "1.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "torch" }]

[[package]]
name = "torch"
version = "2.9.0"
source = { registry = "https://index.example/simple" }
"""
OLDER = "uv.lock is older than pyproject.toml"


def test_a_fresh_lock_is_not_overruled(here: Path) -> None:
    project(here, FRESH, FRESH_LOCK, **{"lib/pyproject.toml": MEMBER})
    result = wrapped()
    assert OLDER not in result.output
    assert asked_for(archive(here)) == ["torch==2.9.0"]
    result = wrapped("--check")  # with a source that the lock does not have yet
    assert OLDER not in result.output


@pytest.mark.parametrize("is_fresh", [True, False])
def test_a_fresh_lock_is_not_overruled_by_a_bound_of_elsewhere(here: Path, *, is_fresh: bool) -> None:
    linux, others = "sys_platform == 'linux'", "sys_platform != 'linux'"
    text = f'{HEAD}dependencies = ["demo", "torch==2.8.0 ; {linux}", "torch ; {others}"]\n{MATCH}'
    own = (
        '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "demo" }]\n'
        '\n[package.metadata]\nrequires-dist = [\n    { name = "demo" },\n'
        f'    {{ name = "torch", marker = "{linux}", specifier = "==2.8.0" }},\n'
        f'    {{ name = "torch", marker = "{others}"{"" if is_fresh else ", specifier = chr"} }},\n]\n'
    ).replace("chr", '"<2.9"')
    torches = TORCHES.replace("2.8.0+cpu", "2.9.0")
    edges = edge("2.8.0", USUAL, linux), edge("2.9.0", CPU, others)
    project(here, text, LOCK_HEAD + own + demo("2.0", USUAL, *edges) + torches)
    result = wrapped()
    assert (OLDER in result.output) != is_fresh
    first = asked_for(archive(here, "2.0"))[0]
    assert first == (f"torch===2.8.0 ; {linux}" if is_fresh else 'torch==2.8.0 ; sys_platform == "linux"')


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (">= 2.8", ">= 2.7", "project.dependencies: torch"),
        ("3.14'", "3.13'", "project.dependencies: torch"),
        ("demo[b, a]", "demo[b]", "project.dependencies: demo"),
        ('dependencies = ["Torch', 'dependencies = ["new", "Torch', "project.dependencies: new"),
        ("attrs~=1.0", "attrs~=1.1", "project.optional-dependencies.x: attrs"),
        ("X = [", 'Y = ["new"]\nX = [', "project.optional-dependencies.y: new"),
        ('more = ["six"]', 'more = ["six", "attrs"]', "dependency-groups.dev: attrs"),
        ('rich = { index = "cpu" }', 'rich = { index = "cu128" }', "dependency-groups.dev: rich"),
        ('rich = { index = "cpu" }', 'rich = { git = "https://host.example/rich" }', "dependency-groups.dev: rich"),
        ("torch==2.9.0", "torch==2.9.1", "tool.uv.override-dependencies: torch"),
        ("six<2", "six<3", "tool.uv.constraint-dependencies: six"),
        ('members = ["lib"]', 'members = ["lib", "other"]', "the member other is new"),
    ],
)
def test_a_lock_that_is_older_than_the_project(here: Path, old: str, new: str, expected: str) -> None:
    assert old in FRESH
    text = FRESH.replace(old, new, 1)
    if "constraint" in expected:  # whose index is in no table, so that nothing is known of it
        text = text.replace('six = { index = "from-a-variable" }\n', "")
    other = MEMBER.replace('"lib"', '"other"')
    project(here, text, FRESH_LOCK, **{"lib/pyproject.toml": MEMBER, "other/pyproject.toml": other})
    result = wrap("--offline")
    assert OLDER in result.output
    assert expected in result.output
    assert "run uv lock" in result.output


def test_a_member_that_changed(here: Path) -> None:
    project(here, FRESH, FRESH_LOCK, **{"lib/pyproject.toml": MEMBER.replace("demo==1.0", "demo==1.1")})
    assert "project.dependencies: demo" in wrap().output
    write(here, {"lib/pyproject.toml": MEMBER})
    (here / "lib" / "pyproject.toml").unlink()
    assert "lib is gone" in wrap().output


def test_dependencies_that_only_a_build_knows(here: Path) -> None:
    text = f'{HEAD}dynamic = ["dependencies"]\n{MATCH}'
    own = (
        '\n[[package]]\nname = "app"\nsource = { editable = "." }\ndependencies = [{ name = "demo" }]\n'
        '\n[package.metadata]\nrequires-dist = [{ name = "demo", specifier = "==1.0" }]\n'
    )
    lock = LOCK_HEAD + own + '\n[[package]]\nname = "demo"\nversion = "1.0"\nsource = {}\n'
    project(here, text, lock)
    result = wrapped()
    assert OLDER not in result.output
    assert "not a direct dependency" not in result.output


# --- the same, locked or not ---


@pytest.mark.parametrize(
    ("dependencies", "overrides", "torch"),
    [
        ('"demo==1.0", "torch==2.8.0"', "", "2.8.0"),
        ("\"demo==1.0 ; sys_platform=='linux'\", \"torch==2.8.0 ; python_version<'3.14'\"", "", "2.8.0"),
        ('"demo==1.0", "torch==2.8.0"', '"torch==2.9.0"', "2.9.0"),
        ('"demo==1", "torch==2.8"', "", "2.8.0"),
    ],
)
def test_a_lock_that_appears_later_changes_nothing(here: Path, dependencies: str, overrides: str, torch: str) -> None:
    tables = f"[tool.uv]\noverride-dependencies = [{overrides}]\n{MATCH}"
    project(here, f"{HEAD}dependencies = [{dependencies}]\n{tables}")
    result = wrapped()
    assert [text.partition(" ")[0].rstrip(";") for text in asked_for(archive(here))] in (
        [[f"torch=={torch}"], ["torch==2.8"]] if torch == "2.8.0" else [[f"torch=={torch}"]]
    )
    # Only uv sync reads overrides.
    assert [one.split()[0] for one in commands(result.output)] == (["uv"] if overrides else ["uv", "uv", "uvx", "pip"])
    before = content(here)
    source = {"path": "wrapped.d/demo-1.0.tar.gz"}
    lock = uv_lock(locked(source=source, dependencies=[{"name": "torch"}]), locked(torch, "torch"))
    write(here, {"uv.lock": lock})
    assert wrapped("--check").exit_code == 0
    wrapped()
    assert {**content(here), "uv.lock": b""} == {**before, "uv.lock": b""}
    wrapped("--remove")
    project(here, (here / "pyproject.toml").read_text(), uv_lock(locked(), locked(torch, "torch")))
    wrapped()
    assert {**content(here), "uv.lock": b""} == {**before, "uv.lock": b""}


@pytest.mark.parametrize("is_locked", [False, True])
def test_pins_for_several_environments(here: Path, is_locked: bool) -> None:
    one, other = 'sys_platform == "linux"', 'sys_platform != "linux"'
    text = f"{HEAD}dependencies = ['demo', 'torch==2.8.0 ; {one}', 'torch==2.9.0 ; {other}']\n{MATCH}"
    entries = [locked(v, "torch", **{"resolution-markers": [m]}) for v, m in (("2.8.0", one), ("2.9.0", other))]
    project(here, text, uv_lock(locked("2.0"), *entries) if is_locked else "")
    wrapped()
    assert asked_for(archive(here, "2.0")) == [f"torch==2.8.0 ; {one}", f"torch==2.9.0 ; {other}"]
    pins = [value for key, value in fields(archive(here, "2.0")) if key == "Requires-Dist"]
    assert pins == ["six", f"torch>=2.8.0,<2.9 ; {one}", f"torch>=2.9.0,<2.10 ; {other}"]


# --- what is installed by which command ---


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ('dependencies = ["demo==1.0"]', ["uv sync", "uv tool install .", "uvx --from . app"]),
        (
            'optional-dependencies = { gpu = ["demo==1.0"] }',
            ["uv sync --extra gpu", "uv tool install '.[gpu]'", "uvx --from '.[gpu]' app"],
        ),
        ('[dependency-groups]\ngpu = ["demo==1.0"]', ["uv sync --group gpu"]),
        ('[dependency-groups]\ndev = ["demo==1.0"]', ["uv sync"]),
        (
            'dependencies = ["demo==1.0"]\n[tool.uv.sources]\ntorch = { index = "cpu", extra = "gpu" }',
            ["uv sync --extra gpu", "uv tool install '.[gpu]'", "uvx --from '.[gpu]' app"],
        ),
    ],
)
def test_commands(here: Path, lists: str, expected: list[str]) -> None:
    project(here, f"{HEAD}{lists}\n{MATCH}{INDEXES}[tool.uv]\n")
    found = report()["commands"]
    assert [one for one in found if not one.startswith("pip")] == expected
    installs = [shlex.split(one)[2] for one in found if one.startswith("pip")]
    extra = "[gpu]" if "extra" in lists or "optional" in lists else ""
    assert installs == ([] if "group" in lists else [f".{extra}"])


@pytest.mark.parametrize(("needed", "expected"), [('{ name = "lib" }', "uv sync"), ("", "uv sync --all-packages")])
def test_commands_of_a_workspace(here: Path, needed: str, expected: str) -> None:
    text = f'{HEAD}dependencies = [{needed and chr(34) + "lib" + chr(34)}]\n[tool.uv.workspace]\nmembers = ["lib"]\n{MATCH}'
    lock = FRESH_LOCK.replace(
        '{ name = "demo" }, { name = "torch", marker = "python_full_version < \'3.14\'" }', needed
    )
    project(here, text, lock, **{"lib/pyproject.toml": MEMBER})
    assert [one for one in commands(wrapped().output) if "sync" in one] == [expected]


def test_members_that_conflict_get_their_sources_by_hand(here: Path) -> None:
    members = "".join(
        f'\n[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ virtual = "{name}" }}\ndependencies = [\n'
        f'    {{ name = "demo", marker = "extra == \'project-1-{name}\'" }},\n]\n'
        for name in "ab"
    )
    lock = (
        f'{LOCK_HEAD}conflicts = [[\n    {{ package = "a" }},\n    {{ package = "b" }},\n]]\n'
        f'\n[manifest]\nmembers = ["a", "b"]\n{members}'
        + demo(
            "1.0",
            USUAL,
            edge("2.8.0+cpu", CPU, "extra == 'project-1-a'"),
            edge("2.8.0+cu128", CU, "extra == 'project-1-b'"),
        )
        + TORCHES
    )
    project(here, f"[tool.uv.workspace]\nmembers = ['a', 'b']\n{MATCH}", lock)
    result = wrapped()
    assert sorted(file.name for file in (here / "wrapped.d").iterdir()) == ["demo-1.0+a.tar.gz", "demo-1.0+b.tar.gz"]
    assert "write its tool.uv.sources by hand" in result.output
    assert uv_sources(here) is None
    assert commands(result.output) == []
