"""``diagnose`` of a project: which packages, what is remembered, what is told and written. Nothing is built."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.diagnosis import confined_lock, own_processes, project_markdown
from augbackend.cli.diagnosis.diagnosing_processes import Document, PackageToDiagnose, Processes, not_diagnosed
from augbackend.cli.diagnosis.package_diagnosis import PackageDiagnosis
from augbackend.cli.edit import build_tables
from augbackend.cli.main import group
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.declaration import BuildRequirement, Declaration
from augbackend.cli.project import lock_files
from augbackend.cli.strangers import interpreter
from augbackend.cli.strangers.confinement import Confinement
from augbackend.features.extra_build_dependencies import BuildDependency
from augbackend.table import layers

from ..conftest import write
from .archives import sdist
from .runner import CliRunner, Result

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("no_index")]

Answers = dict[str, dict[str, Any]]
NOTHING: dict[str, Any] = {
    "extra-build-dependencies": [],
    "extra-build-variables": {},
    "remove-build-dependencies": [],
}
PROJECT = """[project]
name = "app"
version = "1"  # ours
requires-python = ">=3.9"
dependencies = ["broken==1.0", "sound==1.0", "wheely==1.0"]

[tool.uv]
package = false
"""
PACKAGE = '\n[[package]]\nname = "{0}"\nversion = "1.0"\nsource = {{ registry = "links" }}\n'
LOCK = (
    'version = 1\nrequires-python = ">=3.9"\n'
    + PACKAGE.format("broken")
    + 'sdist = { path = "broken-1.0.tar.gz" }\n'
    + PACKAGE.format("sound")
    + 'sdist = { path = "sound-1.0.tar.gz" }\n'
    + PACKAGE.format("wheely")
    + 'sdist = { path = "wheely-1.0.tar.gz" }\nwheels = [{ path = "wheely-1.0-py3-none-any.whl" }]\n'
    + '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    + 'dependencies = [{ name = "broken" }, { name = "sound" }, { name = "wheely" }]\n'
)
BROKEN = {"verdict": "builds-when-declared", "extra-build-dependencies": ["scanner"], "seconds": 4.0}
SOUND = {"verdict": "builds-as-is", "seconds": 2.5}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[PackageToDiagnose]:
    """The packages that a process was started for."""
    found: list[PackageToDiagnose] = []

    def documents(
        _: Processes, packages: Iterable[PackageToDiagnose], __: Callable[[PackageToDiagnose], None]
    ) -> Iterator[tuple[PackageToDiagnose, Document]]:
        for package in packages:
            found.append(package)
            ending = BROKEN if package.name == "broken" else SOUND
            yield package, {**not_diagnosed(package, ""), "build-requires": ["setuptools"], **ending}

    monkeypatch.setattr(Processes, "documents", documents)
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write(tmp_path / "app", {"pyproject.toml": PROJECT, "uv.lock": LOCK, "deep/er/x.py": ""})
    links = folder / "links"
    links.mkdir()
    for name in ("broken", "sound", "wheely"):
        setup = f"from setuptools import setup\nsetup(name='{name}', version='1.0', py_modules=['{name}'])\n"
        sdist(links, {"setup.py": setup, f"{name}.py": ""}, name=name)
    monkeypatch.setenv("UV_FIND_LINKS", links.as_uri())
    monkeypatch.chdir(folder)
    return folder


def diagnose(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["diagnose", *arguments])


def rows(result: Result) -> list[list[str]]:
    return [" ".join(line.split()).split(" ", 2) for line in result.stdout.split("\n\n")[0].splitlines()]


# --- which packages, and how it is told ------------------------------------------------------------------------------


def test_what_has_a_wheel_is_not_built(project: Path, asked: list[PackageToDiagnose]) -> None:
    del project
    result = diagnose()
    assert [one.target for one in asked] == ["broken==1.0", "sound==1.0"]
    assert rows(result)[1:] == [
        ["broken", "1.0", "builds when declared scanner 4.0"],
        ["sound", "1.0", "builds as it is 2.5"],
    ]
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "To have what is missing declared: augbackend diagnose --apply"
    assert result.stderr.splitlines() == [
        "[1/2] broken 1.0  builds when declared: scanner  (4.0 s)",
        "[2/2] sound 1.0  builds as it is  (2.5 s)",
    ]


def test_the_columns_stand_below_each_other(project: Path, asked: list[PackageToDiagnose]) -> None:
    del project, asked
    head, *table = diagnose().stdout.split("\n\n")[0].splitlines()
    for column in ("version", "verdict"):
        assert all(line[head.index(column) - 1] == " " != line[head.index(column)] for line in table)


def test_from_a_folder_inside(project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "deep" / "er")
    assert diagnose().exit_code == 1
    assert [one.name for one in asked] == ["broken", "sound"]


def test_json_has_the_document_of_each_package(project: Path, asked: list[PackageToDiagnose]) -> None:
    del project, asked
    document = json.loads(diagnose("--json").stdout)
    assert document["project"]["lock"] == "uv.lock"
    assert [(one["name"], one["verdict"]) for one in document["packages"]] == [
        ("broken", "builds-when-declared"),
        ("sound", "builds-as-is"),
    ]


def test_a_verdict_that_is_not_known_is_no_cure(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    del project, asked
    monkeypatch.setitem(BROKEN, "verdict", "unfinished")
    result = diagnose("--apply")
    assert result.exit_code == 1
    assert rows(result)[1][2].startswith("unfinished")
    assert "uv sync" not in result.stdout


def test_a_requirements_file(project: Path, asked: list[PackageToDiagnose]) -> None:
    (project / "requirements.txt").write_text("sound==1.0\n# broken\n", encoding="utf-8")
    assert diagnose("requirements.txt").exit_code == 0
    assert [one.target for one in asked] == ["sound==1.0"]


def test_a_folder_without_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = diagnose()
    assert (result.exit_code, "there is no project here" in result.stderr) == (2, True)


def test_who_ends_it_is_told_what_was_found(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    del project
    documents = Processes.documents

    def ended(*arguments: Any) -> Iterator[Any]:
        yield next(iter(documents(*arguments)))
        raise SystemExit(143)

    monkeypatch.setattr(Processes, "documents", ended)
    result = diagnose()
    assert (result.exit_code, len(asked)) == (143, 1)
    assert "interrupted; found so far:" in result.stdout
    assert "builds when declared" in result.stdout


def test_urls_in_a_requirements_file_are_built(project: Path, asked: list[PackageToDiagnose]) -> None:
    place = (project / "links" / "sound-1.0.tar.gz").as_uri()
    (project / "requirements.txt").write_text(f"sound @ {place}\n", encoding="utf-8")
    assert diagnose("requirements.txt").exit_code == 0
    assert [one.target.partition("#")[0] for one in asked] == [place]


def test_a_lock_that_is_older_than_the_project_is_not_believed(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = LOCK.replace('[{ name = "broken" }, ', "[") + '[package.metadata]\nrequires-dist = [{ name = "sound" }]\n'
    (project / "uv.lock").write_text(old, encoding="utf-8")
    new = lock_files.that_uv_makes(LOCK.encode(), project / "uv.lock")
    monkeypatch.setattr(confined_lock.ProjectCopy, "locked", lambda *_: new)
    result = diagnose()
    assert [one.name for one in asked] == ["broken", "sound"]
    assert "uv.lock is older than pyproject.toml (" in result.stderr
    assert json.loads(diagnose("--json").stdout)["project"]["lock"] == ""
    assert "is looked at nevertheless" in diagnose("uv.lock").stderr


def test_what_a_requirements_file_asks_for_by_its_place_is_named(project: Path, asked: list[PackageToDiagnose]) -> None:
    text = "-f https://me:secret@example.org/x\n-e ./one\n--hash=sha256:0\n-r more.txt\n--no-binary :all:\n"
    (project / "requirements.txt").write_text(f"sound==1.0 --hash=sha256:0\n{text}", encoding="utf-8")
    (project / "more.txt").write_text("./two # there\nhttps://me:secret@example.org/three.tar.gz\n", encoding="utf-8")
    result = diagnose("requirements.txt")
    assert [one.name for one in asked] == ["sound"]
    notes = [line.replace("\\", "/") for line in result.stderr.splitlines() if ": note: " in line]
    assert [line.split(": note: ./")[1].partition(" is passed over")[0] for line in notes] == [
        "requirements.txt: -f",
        "requirements.txt: ./one",
        "more.txt: ./two",
        "more.txt: https://example.org/three.tar.gz",
    ]
    assert "secret" not in result.output


def test_a_table_for_an_issue(project: Path, asked: list[PackageToDiagnose]) -> None:
    result = diagnose("--markdown")
    head, line, *cells = result.stdout.splitlines()[:3]
    assert (result.exit_code, len(asked)) == (1, 2)
    assert head == "| package | version | verdict | declared | seconds |"
    assert line == "|---|---|---|---|---|"
    assert cells[0].startswith("| `broken` | `1.0` | `builds when declared` | `scanner")
    assert str(project) not in result.stdout
    assert "--apply" not in result.stdout


def test_what_strangers_say_is_no_markup() -> None:
    said = {
        **NOTHING,
        "name": "bad",
        "version": "1",
        "seconds": 1.0,
        "verdict": "not-by-a-declaration",
        "declared": NOTHING,
    }
    reason = "```\n@somebody <b> #1"
    python, confinement = interpreter.this(), Confinement("none", ())
    lines = [*project_markdown.lines([PackageDiagnosis({**said, "reason": reason})], python, confinement)]
    at = lines.index("````text")
    assert lines[at + 1 : at + 4] == [*reason.splitlines(), "````"]
    pipes = {**said, "verdict": "builds-when-declared", "extra-build-variables": {"A": "x|`y`"}}
    assert "`A=x\\|'y'`" in [*project_markdown.lines([PackageDiagnosis(pipes)], python, confinement)][2]


# --- what is declared already ----------------------------------------------------------------------------------------


def test_what_is_declared_is_where_a_diagnosis_starts(project: Path, asked: list[PackageToDiagnose]) -> None:
    table = (
        '\n[tool.uv.extra-build-dependencies]\nbroken = ["scanner", { requirement = "numpy", match-runtime = false }]\n'
    )
    text = PROJECT + table.replace(', { requirement = "numpy", match-runtime = false }', "")
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    result = diagnose()
    assert asked[0].declared.requirement_texts == {"scanner": "scanner"}
    assert (result.exit_code, rows(result)[1][2]) == (0, "builds as declared scanner 4.0")


def test_what_lacks_more_is_told_apart() -> None:
    declared = {**NOTHING, "extra-build-dependencies": ["setuptools"]}
    found = {**NOTHING, "extra-build-dependencies": ["setuptools<82", "scanner"], "extra-build-variables": {"X": "1"}}
    one = PackageDiagnosis({**found, "verdict": "builds-when-declared", "declared": declared})
    assert (one.builds, one.can_be_cured) == (False, True)
    assert one.missing.in_words() == "setuptools<82, scanner, X=1"
    more = {**declared, "extra-build-dependencies": ["setuptools<82"], "extra-build-variables": {"X": "1"}}
    assert PackageDiagnosis({**one.document, "declared": more}).in_words() == (
        "setuptools<82 (already), scanner, X=1 (already)"
    )


# --- what is remembered ----------------------------------------------------------------------------------------------


def entries(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "augbackend" / "diagnosed").glob("*.json"))


def test_what_was_diagnosed_is_remembered(project: Path, asked: list[PackageToDiagnose]) -> None:
    first = json.loads(diagnose("--json").stdout)["packages"]
    asked.clear()
    again = json.loads(diagnose("--json").stdout)["packages"]
    assert (asked, len(entries(project))) == ([], 3)  # one of them as it is when it is declared
    assert [{key: value for key, value in one.items() if key != "remembered"} for one in again] == first
    assert "remembered from " in rows(diagnose())[1][2]
    diagnose("--refresh")
    assert len(asked) == 2


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 1, "day": "x"}', '{"document": {}}', "\udcff"])
def test_an_entry_that_is_none_is_passed_over(project: Path, asked: list[PackageToDiagnose], content: str) -> None:
    diagnose()
    for file in entries(project):
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    asked.clear()
    assert diagnose().exit_code == 1
    assert len(asked) == 2


def test_another_sdist_is_another_package(project: Path, asked: list[PackageToDiagnose]) -> None:
    diagnose()
    sdist(project / "links", {"setup.py": "from setuptools import setup\nsetup()\n", "more.py": ""}, name="broken")
    asked.clear()
    diagnose()
    assert [one.name for one in asked] == ["broken"]


def test_a_new_release_of_a_build_requirement_counts(project: Path, asked: list[PackageToDiagnose]) -> None:
    diagnose()
    sdist(project / "links", {"setup.py": ""}, name="setuptools", version="99.0")
    asked.clear()
    from augbackend.cli.fetch import index

    index._finder.cache_clear()
    diagnose()
    assert len(asked) == 2


# --- what is written -------------------------------------------------------------------------------------------------


def test_what_is_found_is_declared_and_wrapped(project: Path, asked: list[PackageToDiagnose]) -> None:
    result = diagnose("--apply")
    assert result.exit_code == 0, result.output
    document = layers.toml((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["tool"]["uv"]["extra-build-dependencies"] == {"broken": ["scanner"]}
    assert document["tool"]["uv"]["sources"] == {"broken": {"path": "wrapped.d/broken-1.0.tar.gz"}}
    assert (project / "wrapped.d" / "broken-1.0.tar.gz").is_file()
    assert "tool.uv: broken is declared: scanner" in result.stdout
    assert "  uv sync" in result.stdout.splitlines()
    asked.clear()
    again = diagnose()
    assert (again.exit_code, asked) == (0, [])  # what was built with it is known of it
    assert rows(again)[1][2].startswith("builds as declared scanner remembered from")


def test_without_uv_our_table_says_it(project: Path, asked: list[PackageToDiagnose]) -> None:
    del asked
    (project / "uv.lock").unlink()
    text = PROJECT.partition("[tool.uv]")[0]
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    lock = 'lock-version = "1.0"\ncreated-by = "test"\n\n[[packages]]\nname = "broken"\nversion = "1.0"\n'
    lock += '[packages.sdist]\npath = "links/broken-1.0.tar.gz"\nhashes = { sha256 = "HERE" }\n'
    import hashlib

    digest = hashlib.sha256((project / "links" / "broken-1.0.tar.gz").read_bytes()).hexdigest()
    (project / "pylock.toml").write_text(lock.replace("HERE", digest), encoding="utf-8")
    result = diagnose("--apply")
    assert result.exit_code == 0, result.output
    document = layers.toml((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["tool"] == {"augbackend": {"packages": {"broken": {"extra-build-dependencies": ["scanner"]}}}}


def test_a_file_of_requirements_gets_constraints(project: Path, asked: list[PackageToDiagnose]) -> None:
    del asked
    before = (project / "pyproject.toml").read_bytes()
    (project / "requirements.txt").write_text("broken==1.0\n", encoding="utf-8")
    result = diagnose("requirements.txt", "--apply")
    assert result.exit_code == 0, result.output
    assert "broken @ file:" in (project / "wrapped.d" / "constraints.txt").read_text(encoding="utf-8")
    assert "-c ./wrapped.d/constraints.txt -r ./requirements.txt" in result.stdout.replace("\\", "/")
    assert (project / "pyproject.toml").read_bytes() == before


TORCH = 'wheels = [{ url = "https://example.org/torch-1.0-py3-none-any.whl" }]\n'


def test_what_is_matched_to_run_time_is_said_in_our_table(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv matches by its own table only what has static metadata, from an index."""
    del asked
    monkeypatch.setitem(BROKEN, "extra-build-dependencies", [{"requirement": "torch", "match-runtime": True}])
    text = PROJECT.replace('"broken==1.0"', '"torch==1.0"')
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    head, *tables = LOCK.split("[[package]]")
    tables[1] += 'dependencies = [{ name = "broken" }]\n\n'
    tables[-1] = tables[-1].replace('"broken"', '"torch"')
    torch = f"{PACKAGE.format('torch')}{TORCH}\n".replace("[[package]]", "").strip("\n")
    (project / "uv.lock").write_text("[[package]]".join([head, f"\n{torch}\n\n", *tables]), encoding="utf-8")
    result = diagnose("--apply")
    assert result.exit_code == 0, result.output
    tool = layers.toml((project / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    matched = {"requirement": "torch", "match-runtime": True}
    assert tool["augbackend"]["packages"] == {"broken": {"extra-build-dependencies": [matched]}}
    assert tool["uv"]["constraint-dependencies"] == ["broken"]
    assert "extra-build-dependencies" not in tool["uv"]
    assert "  uv sync" in result.stdout.splitlines()


def test_what_cannot_be_had_is_told_once(project: Path, asked: list[PackageToDiagnose]) -> None:
    del asked
    (project / "links" / "broken-1.0.tar.gz").unlink()
    (project / "requirements.txt").write_text("broken==1.0\nsound==1.0\n-r more.txt\n", encoding="utf-8")
    (project / "more.txt").write_text("broken==1.0 ; python_version > '3'\n", encoding="utf-8")
    result = diagnose("requirements.txt")
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == ["[1]", "[2/2]"]


def test_for_another_tools_project_there_is_a_command(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    del asked
    (project / "uv.lock").unlink()
    text = PROJECT.replace("[tool.uv]\npackage = false", "[tool.pdm]\ndistribution = false")
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    lock = LOCK.replace('name = "app"\nversion = "1"', 'name = "augbackend-resolution"\nversion = "0"')
    made = lock_files.that_uv_makes(lock.encode(), project / "uv.lock")
    monkeypatch.setattr(confined_lock.ProjectCopy, "locked", lambda *_: made)
    result = diagnose("--apply")
    assert result.exit_code == 0, result.output
    said = result.stdout.replace("\\", "/").splitlines()
    assert said[-2:] == ["next:", "  pip install . ./wrapped.d/broken-1.0.tar.gz"]


def test_no_constraint_replaces_a_url(project: Path, asked: list[PackageToDiagnose]) -> None:
    """Both pip and uv build what the URL leads to: seen with real ones."""
    del asked
    place = (project / "links" / "broken-1.0.tar.gz").as_uri()
    (project / "requirements.txt").write_text(f"broken @ {place}\n", encoding="utf-8")
    result = diagnose("requirements.txt", "--apply")
    assert result.exit_code == 1, result.output
    said = result.stdout.replace("\\", "/")
    assert "asks for broken by its URL, which no constraint replaces; " in said
    assert "write there the line of ./wrapped.d/constraints.txt that names it" in said
    assert "-r ./requirements.txt" not in said


SAID = {
    "one": declarations.of(["scanner", "setuptools<82"], "", (), {"A_B": "$1"}),
    "Gone.py": declarations.of([], "", ["torch"], {"A": "$1"}),
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[project]\nname = "x" # stays\n',
        "[tool.uv]\npackage = false  # stays\n\n[tool.other]\nx = 1\n",
        '[tool.uv]\nextra-build-dependencies = { One = ["setuptools", "wheel"] }\n',
        '[tool.uv.extra-build-dependencies]\n# stays\none = [\n  "wheel", # stays\n]\n[tool.other]\nx = 1\n',
        '[tool.uv.extra-build-variables]\none = { C = "1" }\n[tool.augbackend.packages."gone-py"]\nversions = ""\n',
    ],
)
def test_tables_are_added_to(text: str) -> None:
    new = build_tables.with_declared(text, SAID, of_uv=["one"])
    document = layers.toml(new)
    uv, ours = document["tool"]["uv"], document["tool"]["augbackend"]["packages"]
    (listed,), (variables,) = uv["extra-build-dependencies"].values(), uv["extra-build-variables"].values()
    assert {"scanner", "setuptools<82"} <= {*listed}
    assert "setuptools" not in listed
    assert variables["A_B"] == "$1"
    (gone,) = ours.values()
    assert gone["remove-build-dependencies"] == ["torch"]
    assert gone["extra-build-variables"] == {"A": "$$1"}  # ours are templates
    assert new.count("stays") == text.count("stays")
    assert ("wheel" in listed) == ("wheel" in text)


MATCHED = Declaration(
    (
        BuildRequirement(BuildDependency(requirement="torch>=2", match_runtime=True), ""),
        BuildRequirement(BuildDependency(requirement="ninja"), ""),
    )
)


@pytest.mark.parametrize("of_uv", [["one"], []])
@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("[]", [{"requirement": "torch>=2", "match-runtime": True}, "ninja"]),
        ('["Torch<2", "wheel"]', [{"requirement": "torch>=2", "match-runtime": True}, "wheel", "ninja"]),
        (
            '[{ requirement = "torch", match-runtime = false }]',
            [{"requirement": "torch>=2", "match-runtime": True}, "ninja"],
        ),
        (
            """["torch<2 ; sys_platform == 'nowhere'", "torch<3 ; sys_platform != 'nowhere'"]""",
            [
                "torch<2 ; sys_platform == 'nowhere'",
                {"requirement": "torch>=2", "match-runtime": True},
                "ninja",
            ],
        ),
        (
            '[{ requirement = "ninja<1", match-runtime = true }]',
            [{"requirement": "ninja", "match-runtime": True}, {"requirement": "torch>=2", "match-runtime": True}],
        ),
    ],
)
def test_what_is_matched_to_run_time_is_declared_so(there: str, then: list[Any], of_uv: list[str]) -> None:
    table = "tool.uv.extra-build-dependencies" if of_uv else "tool.augbackend.packages.one"
    key = "one" if of_uv else "extra-build-dependencies"
    text = f"[{table}]  # stays\n{key} = {there}\n"
    new = build_tables.with_declared(text, {"one": MATCHED}, of_uv=of_uv)
    tool = layers.toml(new)["tool"]
    listed = tool["uv"] if of_uv else tool["augbackend"]["packages"]["one"]
    (found,) = (listed["extra-build-dependencies"] if of_uv else listed).values()
    assert found == then
    assert "# stays" in new
    assert new == build_tables.with_declared(new, {"one": MATCHED}, of_uv=of_uv)


# --- without a lock --------------------------------------------------------------------------------------------------


def test_the_copy_that_is_locked_leads_to_the_same_places(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "app"\n[tool.uv]\nfind-links = ["../links"]\n'
        '[tool.uv.sources]\nout = { path = "../out" }\nin = { path = "in" }\nfile = { path = "in/x-1.tar.gz" }\n'
    )
    app = write(tmp_path / "app", {"pyproject.toml": text, "in/setup.py": "", "in/x-1.tar.gz": ""})
    within = tmp_path / "within"
    within.mkdir()
    uv = confined_lock.copy(app, within).document["tool"]["uv"]
    assert uv["find-links"] == [str(tmp_path / "links")]
    assert uv["sources"] == {
        "out": {"path": str(tmp_path / "out")},
        "in": {"path": "in"},
        "file": {"path": str(app / "in" / "x-1.tar.gz")},
    }


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("error: Failed to build `Bad_One==1.0+x`\n  cause: Failed to build `other==2`", ("bad-one", "1.0+x", "")),
        ("error: Failed to download and build `bad==1.0`", ("bad", "1.0", "")),
        ("error: Failed to build `lib @ file:///a%20b/lib`", ("lib", "", "file:///a%20b/lib")),
        ("hint: Metadata for `bad` (v1.0) was inconsistent:\n  Package metadata version `2`", ("bad", "1.0", "")),
        ("error: No solution found when resolving dependencies", None),
        ("Failed to build `" + "a" * 100_000, None),
    ],
)
def test_which_build_uv_says_has_failed(said: str, expected: tuple[str, str, str] | None) -> None:
    found = confined_lock.failed_build(said)
    assert (found and (found.name, found.version, found.url)) == expected


def test_a_build_cannot_name_a_folder_of_the_users(tmp_path: Path) -> None:
    app = write(tmp_path / "app", {"pyproject.toml": '[project]\nname = "app"\n', "lib/setup.py": ""})
    within = tmp_path / "within"
    within.mkdir()
    copy = confined_lock.copy(app, within)
    assert not copy._is_known(tmp_path / "secret")
    assert copy._is_known(copy.place / "lib")
    assert copy.own(copy.place / "lib") == app / "lib"


def test_a_lock_alone_names_a_project_that_is_not_there(
    project: Path, asked: list[PackageToDiagnose], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = write(project / "alone", {"uv.lock": LOCK.replace("virtual", "editable")})
    monkeypatch.chdir(alone)
    assert diagnose("uv.lock").exit_code == 1
    assert [one.name for one in asked] == ["broken", "sound"]


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml", "requirements-dev.txt"])
def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = diagnose(name)
    assert (result.exit_code, "it cannot be read" in result.stderr) == (2, True)


def test_what_uv_is_told_of_a_package(tmp_path: Path) -> None:
    copy = confined_lock.made(tmp_path, ["one"], [], ">=3.11", tmp_path)
    copy.tell("one", "1.0", ["idna ; extra == 'net'", "six"])
    assert copy.known == [
        {"name": "one", "requires-dist": ["idna ; extra == 'net'", "six"], "provides-extra": ["net"], "version": "1.0"}
    ]


def test_a_process_takes_no_module_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"click.py": "raise SystemExit('a stranger')\n", "json.py": "raise SystemExit('a stranger')\n"})
    monkeypatch.chdir(tmp_path)
    import subprocess

    words = [sys.executable, "-c", own_processes._PROGRAM, "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_declaration_is_joined() -> None:
    assert Declaration().joined(declarations.of(["a<2", "a>=1"], "")).requirement_texts == {"a": "a>=1,<2"}
