"""`match-runtime`, rung by rung: which version is asked for, and why."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pytest

from augbackend.errors import SettingsError
from augbackend.features import extra_build_dependencies, match_runtime
from augbackend.features.match_runtime import Match, separated
from augbackend.hook import declared, requires
from augbackend.standards.requirements import parse_requirement
from augbackend.table import Build

from ..conftest import ROOT, Outcome, run_hook, write
from .test_pin_runtime import ELSEWHERE, install, seen

TORCH = {"requirement": "torch", "match-runtime": True}


def build_of(entry: Any, *, requires: tuple[str, ...] = (), asked: str | None = None, **table: Any) -> Build:
    """A build with one entry; ``asked`` is `AUGBACKEND_MATCH_RUNTIME`."""
    own = {**table, "extra-build-dependencies": [entry]}
    document = {"build-system": {"requires": list(requires)}, "tool": {"augbackend": own}}
    environ = {} if asked is None else {"AUGBACKEND_MATCH_RUNTIME": asked}
    return declared.read(Path(), environ=environ, document=document)


def matched(build: Build) -> Match:
    return match_runtime.match(build, extra_build_dependencies.entries(build)[0])


def texts(build: Build) -> list[str]:
    return [entry.text for entry in matched(build).entries]


def meaning(*requirements: str) -> set[Any]:
    return {parse_requirement(text) for text in requirements}


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the environment that is installed into, off `sys.path` as pip's isolation has it."""
    folder = tmp_path / "target"
    folder.mkdir()
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(folder))
    monkeypatch.setattr(site, "getsitepackages", list)
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")
    return folder


# --- override ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch==2.8.0", ["torch==2.8.0"]),
        ("torch==2.8.0,numpy>=2,<3", ["torch==2.8.0", "numpy>=2,<3"]),
        (" torch >=2 , <3 , numpy==2.0 ", ["torch >=2,<3", "numpy==2.0"]),
        ("torch[a,b]==2.8.0,numpy==2", ["torch[a,b]==2.8.0", "numpy==2"]),
        ("torch[a, b]>=2,!=2.1,six~=1.0,attrs===25", ["torch[a,b]>=2,!=2.1", "six~=1.0", "attrs===25"]),
        ("torch (>=2,<3),numpy==2", ["torch (>=2,<3)", "numpy==2"]),
        ("torch @ https://host/torch.whl,numpy==2", ["torch @ https://host/torch.whl", "numpy==2"]),
        ("torch!=2.5,~=2.1,six==1", ["torch!=2.5,~=2.1", "six==1"]),
        ("torch==2.8.0,,", ["torch==2.8.0"]),
        ("", []),
    ],
)
def test_separated(text: str, expected: list[str]) -> None:
    assert separated(text) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("torch==2.8.0", "torch==2.8.0"),
        ("Torch >=2,<3", "torch>=2,<3"),
        ("numpy==2.0,torch[a,b]>=2.8,<3,six==1", "torch[a,b]>=2.8,<3"),
        ("torch @ https://host/torch.whl", "torch @ https://host/torch.whl"),
        ("numpy==2.0\ntorch==2.7", "torch==2.7"),
        ('["numpy==2.0, torch==2.6"]', "torch==2.6"),
        # the first that is for this machine
        (f"torch==2.8.0 ; {ELSEWHERE}, torch==2.7.0", "torch==2.7.0"),
        ("torch==2.8.0 ; python_version > '3', torch==2.7.0", "torch==2.8.0"),
    ],
)
def test_override(asked: str, expected: str) -> None:
    found = matched(build_of(TORCH, asked=asked))
    assert (found.rung, found.why) == ("override", "matched to environment variable AUGBACKEND_MATCH_RUNTIME")
    assert meaning(*(entry.text for entry in found.entries)) == meaning(expected)


def test_an_override_is_the_strongest(target: Path) -> None:
    install(target, torch="2.5")
    entry = {**TORCH, "locked": ["torch==2.6"]}
    assert texts(build_of(entry, asked="torch==2.8.0")) == ["torch==2.8.0"]
    assert texts(build_of(entry, asked=f"torch==2.8.0 ; {ELSEWHERE}")) == ["torch==2.6"]
    assert texts(build_of(entry, asked="numpy==2")) == ["torch==2.6"]
    assert texts(build_of(entry)) == ["torch==2.6"]


def test_where_an_override_is_from() -> None:
    table: dict[str, Any] = {"extra-build-dependencies": [TORCH], "match-runtime": ["torch==1.0"]}
    document = {"tool": {"augbackend": table}}
    option, variable = {"augbackend.match-runtime": "torch==2.0,six==1"}, {"AUGBACKEND_MATCH_RUNTIME": "torch==3.0"}
    for settings, environ, version, origin in (
        ({}, {}, "1.0", "tool.augbackend in pyproject.toml"),
        (option, {}, "2.0", "-C augbackend.match-runtime"),
        (option, variable, "3.0", "environment variable AUGBACKEND_MATCH_RUNTIME"),
    ):
        found = matched(declared.read(Path(), settings, environ, document))
        assert (found.entries[0].text, found.why) == (f"torch=={version}", f"matched to {origin}")


@pytest.mark.parametrize("text", ["torch", "to rch==2", "numpy==2,torch"])
def test_an_override_without_a_version(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build_of(TORCH, asked=text)
    assert "AUGBACKEND_MATCH_RUNTIME" in caught.value.mistakes[0]


# --- locked ---


@pytest.mark.parametrize("text", ["torch===2.8.0", "torch==2.8.0"])
def test_locked(text: str) -> None:
    found = matched(build_of({**TORCH, "locked": [text]}))
    assert (found.rung, found.why) == ("locked", "matched to the lock that augbackend wrap was given")
    assert [entry.text for entry in found.entries] == ["torch==2.8.0"]
    assert [entry.text for entry in found.exact] == [text]


def test_forks_are_all_asked_for() -> None:
    # which of them holds, the frontend decides; that one of them does is what matters here
    forks = [f"torch===2.8.0 ; {ELSEWHERE}", "torch===2.7.1 ; sys_platform != 'nowhere'"]
    build = build_of({**TORCH, "locked": forks})
    assert texts(build) == [text.replace("===", "==") for text in forks]
    assert [entry.text for entry in matched(build).exact] == forks


def test_urls_are_asked_for_as_they_are() -> None:
    urls = [
        f"torch @ https://host/torch-2.8.0%2Bcu128-cp311.whl#sha256=0a ; {ELSEWHERE}",
        "torch @ https://host/torch-2.8.0%2Bcu128-cp312.whl#sha256=0b ; sys_platform != 'nowhere'",
    ]
    assert texts(build_of({**TORCH, "locked": urls})) == urls


def test_a_lock_that_says_nothing_of_this_machine(target: Path) -> None:
    entry = {**TORCH, "locked": [f"torch===2.8.0 ; {ELSEWHERE}"]}
    assert (matched(build_of(entry)).rung, texts(build_of(entry))) == ("bare", ["torch"])
    install(target, torch="2.5")
    assert (matched(build_of(entry)).rung, texts(build_of(entry))) == ("installed", ["torch==2.5"])


# --- installed ---


@pytest.mark.parametrize(
    ("version", "exactly"),
    [("2.8.0", "==="), ("2.8.0+cu128", "=="), ("2.9.0rc1", "===")],
)
def test_installed(target: Path, version: str, exactly: str) -> None:
    install(target, torch=version)
    found = matched(build_of(TORCH))
    assert (found.rung, found.why) == ("installed", f"matched to what is installed in {target}")
    assert [entry.text for entry in found.entries] == [f"torch=={version}"]
    assert [entry.text for entry in found.exact] == [f"torch{exactly}{version}"]


def test_what_the_build_can_see_is_the_builds(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(target, torch="2.8.0")
    monkeypatch.syspath_prepend(target)
    found = matched(build_of(TORCH))
    assert (found.rung, texts(build_of(TORCH))) == ("bare", ["torch"])
    assert found.why.endswith("no override, none locked, the environment that is installed into cannot be seen")


@pytest.mark.skipif(os.name == "nt", reason="needs a symbolic link")
@pytest.mark.parametrize("is_link", [True, False])
def test_by_whatever_path(target: Path, monkeypatch: pytest.MonkeyPatch, is_link: bool) -> None:
    install(target, torch="2.8.0")
    link = target.parent / "link"
    link.symlink_to(target)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(target if is_link else link))
    monkeypatch.syspath_prepend(link if is_link else target)
    assert matched(build_of(TORCH)).rung == "bare"


def test_the_users_own_folder(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip switches it off for the build; outside virtual environments it is part of the target, and comes first."""
    users = install(target.parent / "users", torch="2.6", attrs="25.1")
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(users))
    install(target, torch="2.8")
    assert texts(build_of(TORCH)) == ["torch==2.8"]  # a virtual environment does not see it
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    assert texts(build_of(TORCH)) == ["torch==2.6"]
    assert texts(build_of({**TORCH, "requirement": "attrs"})) == ["attrs==25.1"]


def test_another_folder_of_the_target(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = install(target.parent / "dist-packages", torch="2.6")  # as Debian's Python has it
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(more)])
    assert texts(build_of(TORCH)) == ["torch==2.6"]


def test_installed_and_not_what_is_asked_for(target: Path) -> None:
    install(target, torch="1.9")
    build = build_of({**TORCH, "requirement": "torch>=2"})
    assert (matched(build).rung, texts(build)) == ("bare", ["torch>=2"])
    assert matched(build).why == f"matched to nothing: torch 1.9 in {target} is not what is asked for"


def test_installed_nowhere(target: Path) -> None:
    found = matched(build_of({**TORCH, "requirement": "torch>=2", "locked": []}))
    assert (found.rung, found.entries[0].text) == ("bare", "torch>=2")
    assert found.why == f"matched to nothing: no override, none locked, none in {target}"


AS_PIP = """
import os, sys, sysconfig
if sys.version_info < (3, 11):
    import tomli  # which the build's own environment has
target = {os.path.realpath(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
if {hidden}:
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) not in target]
sys.path.insert(0, {root!r})
import augbackend
print(augbackend.get_requires_for_build_wheel())
"""
PYPROJECT = """
[build-system]
requires = []
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["."]
"""
INNER = """
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None): return "w"
def build_sdist(sdist_directory, config_settings=None): return "s"
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None): return "m"
"""


@pytest.mark.processes
@pytest.mark.parametrize("hidden", [True, False])
def test_by_an_interpreter_as_pip_isolates_it(tmp_path: Path, hidden: bool) -> None:
    table = 'extra-build-dependencies = [{ requirement = "pytest", match-runtime = true }]\n'
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT + table, "inner.py": INNER})
    code = AS_PIP.replace("{hidden}", str(hidden)).replace("{root!r}", repr(str(ROOT)))
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False)
    expected = f"pytest=={version_of('pytest')}" if hidden else "pytest"
    assert done.stdout == f"{[expected]}\n", done.stderr
    assert done.stderr.count("augbackend: note: pytest matched to nothing: ") == (not hidden)


# --- extras and markers ---


HELD = "python_version > '3'"


@pytest.mark.parametrize("asked", ["torch==2.8.0", "torch @ https://host/x.whl", None])
@pytest.mark.parametrize(
    ("entry", "extras", "marker"),
    [
        ({"requirement": "torch[opt,more]>=2"}, "[opt,more]", ""),
        ({"requirement": f"Torch ; {HELD}"}, "", HELD),
        ({"requirement": "torch", "marker": HELD}, "", HELD),
        ({"requirement": f"torch[opt] ; {HELD}", "marker": "os_name != 'x'"}, "[opt]", f"({HELD}) and (os_name != 'x')"),
        ({"requirement": f"torch ; {ELSEWHERE}"}, "", ELSEWHERE),
        ({"requirement": f"torch[opt] @ https://host/mine.whl ; {HELD}"}, "[opt]", HELD),
    ],
)  # fmt: skip
def test_extras_and_markers_are_kept(
    target: Path, entry: dict[str, Any], extras: str, marker: str, asked: str | None
) -> None:
    install(target, torch="2.5")
    version = asked[len("torch") :] if asked else "==2.5"
    found = texts(build_of({**TORCH, **entry}, asked=asked))
    assert meaning(*found) == meaning(f"torch{extras}{version}" + f" ; {marker}" * bool(marker))


def test_a_bare_requirement_is_as_it_stands() -> None:
    entry = {**TORCH, "requirement": f"torch[opt] >=2,<3 ; {HELD}", "marker": ELSEWHERE}
    assert texts(build_of(entry)) == [f"torch[opt] >=2,<3 ; ({HELD}) and ({ELSEWHERE})"]


def test_extras_of_an_override_are_added_to_the_entrys() -> None:
    (found,) = meaning(*texts(build_of({**TORCH, "requirement": "torch[opt]"}, asked="torch[more]==2.8.0")))
    assert found.extras == {"opt", "more"}


def test_locked_versions_and_the_entrys_own_marker() -> None:
    entry = {**TORCH, "marker": HELD, "locked": ["torch[opt]===2.8.0 ; os_name != 'x'", f"torch===2.7 ; {ELSEWHERE}"]}
    assert meaning(*texts(build_of(entry))) == meaning(
        f"torch[opt]==2.8.0 ; (os_name != 'x') and ({HELD})", f"torch==2.7 ; ({ELSEWHERE}) and ({HELD})"
    )


@pytest.mark.parametrize(("asked", "marker"), [("torch==2.8.0", HELD), (None, HELD), (None, ELSEWHERE)])
def test_what_comes_of_an_entry_is_not_matched_again(asked: str | None, marker: str) -> None:
    for found in matched(build_of({**TORCH, "locked": [f"torch==1 ; {marker}"]}, asked=asked)).entries:
        assert (found.match_runtime, found.locked) == (False, ())


# --- in the hooks ---


@pytest.mark.parametrize("asked", ["torch==2.8.0", None])
def test_hooks_and_commands_are_obeyed(asked: str | None) -> None:
    only_sdist = build_of({**TORCH, "hooks": ["sdist"]}, asked=asked)
    assert extra_build_dependencies.declared(only_sdist, "wheel") == []
    assert [entry.hooks for entry in extra_build_dependencies.declared(only_sdist, "sdist")] == [("sdist",)]
    command = Path(sys.executable).name
    assert extra_build_dependencies.declared(
        build_of({**TORCH, "unless-command": "no-such-command"}, asked=asked), "wheel"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(sys.executable).parent))
        assert not extra_build_dependencies.declared(
            build_of({**TORCH, "unless-command": command}, asked=asked), "wheel"
        )


def test_the_string_of_build_system_requires() -> None:
    document = {
        "build-system": {"requires": ["Torch-Geometric  >=2", "to rch"]},
        "tool": {"augbackend": {"extra-build-dependencies": ["torch_geometric >= 2", TORCH]}},
    }
    build = declared.read(Path(), environ={"AUGBACKEND_MATCH_RUNTIME": "torch==2.8.0"}, document=document)
    assert requires.combined(build, "wheel", []) == ["Torch-Geometric  >=2", "torch==2.8.0"]


@pytest.mark.parametrize(
    "theirs", ["torch", "Torch == 2.8.0", "torch[opt]; os_name == 'x'", "torch @ https://host/x.whl"]
)
def test_what_is_to_match_may_not_stand_in_build_system_requires(theirs: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build_of(TORCH, requires=("setuptools", "torchvision", theirs))
    (mistake,) = caught.value.mistakes
    assert mistake.startswith(f"build-system.requires: found {theirs!r}, ")


def hooks(tmp_path: Path, entry: str, asked: str = "") -> list[tuple[Any, list[str]]]:
    """What each hook answers, and our lines on stderr."""
    table = f"extra-build-dependencies = [{entry}]\n"
    files: dict[str, str | bytes] = {"pyproject.toml": PYPROJECT + table, "inner.py": INNER}
    tree = write(tmp_path / "tree", files)
    environ = {**seen(install(tmp_path / "site", torch="2.8.0")), **({"AUGBACKEND_MATCH_RUNTIME": asked} if asked else {})}  # fmt: skip
    found = []
    for hook, arguments in (
        ("get_requires_for_build_wheel", ()),
        ("get_requires_for_build_sdist", ()),
        ("prepare_metadata_for_build_wheel", ("m",)),
        ("build_wheel", ("w",)),
        ("build_sdist", ("s",)),
    ):
        outcome = run_hook(tree, hook, *arguments, environ=environ)
        assert (outcome.status, outcome.stdout) == (0, ""), outcome.stderr
        found.append((outcome.answer, outcome.stderr.splitlines()))
    return found


@pytest.mark.processes
def test_one_line_where_nothing_is_known(tmp_path: Path) -> None:
    line = (
        "augbackend: note: torch>=2 matched to nothing: no override, none locked, the environment that is installed"
        " into cannot be seen; AUGBACKEND_MATCH_RUNTIME=torch==<version> says which"
    )
    entry = '{ requirement = "torch>=2", match-runtime = true, hooks = ["wheel"] }'
    assert hooks(tmp_path, entry) == [(["torch>=2"], [line]), ([], []), ("m", []), ("w", []), ("s", [])]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("entry", "asked", "expected"),
    [
        ('{ requirement = "torch", match-runtime = true }', "torch==2.8.0", "torch==2.8.0"),
        ('{ requirement = "torch", match-runtime = true, locked = ["torch==2.8.0"] }', "", "torch==2.8.0"),
        # of what is not wanted on this machine, nothing need be known
        (f'{{ requirement = "torch", match-runtime = true, marker = "{ELSEWHERE}" }}', "", f"torch ; {ELSEWHERE}"),
    ],
)
def test_nothing_is_said_otherwise(tmp_path: Path, entry: str, asked: str, expected: str) -> None:
    found = hooks(tmp_path, entry, asked)
    assert [answer for answer, _ in found] == [[expected], [expected], "m", "w", "s"]
    assert [lines for _, lines in found] == [[]] * 5


# --- what is in the build environment is something else ---


def built(tmp_path: Path, present: str, entry: str, asked: str = "") -> Outcome:
    table = f"extra-build-dependencies = [{{ requirement = 'torch', match-runtime = true, {entry} }}]\n"
    tree = write(tmp_path / "tree", {"pyproject.toml": PYPROJECT + table, "inner.py": INNER})
    environ = {**seen(install(tmp_path / "site", torch=present)), **({"AUGBACKEND_MATCH_RUNTIME": asked} if asked else {})}  # fmt: skip
    outcomes = [
        run_hook(tree, name, "x", environ=environ) for name in ("prepare_metadata_for_build_wheel", "build_wheel")
    ]
    assert outcomes[0].stderr == outcomes[1].stderr
    assert outcomes[0].status == outcomes[1].status
    return outcomes[1]


@pytest.mark.processes
def test_another_version_is_warned_of(tmp_path: Path) -> None:
    found = built(tmp_path, "2.8.0", 'locked = ["torch===2.7.0"]')
    assert (found.status, found.stderr) == (
        0,
        "augbackend: warning: torch==2.7.0 is declared, but torch 2.8.0 is installed\n",
    )


@pytest.mark.processes
def test_a_variant_is_refused(tmp_path: Path) -> None:
    """No frontend can be asked for 2.8.0 and no variant of it, and no pin tells them apart."""
    found = built(tmp_path, "2.8.0+cpu", 'locked = ["torch===2.8.0"]')
    assert (found.status, found.answer) == (1, None)
    assert found.stderr.splitlines() == [
        "augbackend: error: torch 2.8.0+cpu is in the build environment, and at run time there will be torch 2.8.0",
        "  where: tool.augbackend.extra-build-dependencies, torch: matched to the lock that augbackend wrap was given",
        "  hint: AUGBACKEND_MATCH_RUNTIME=torch==2.8.0+cpu takes it, AUGBACKEND_MATCH_RUNTIME=torch===2.8.0 does not",
    ]


@pytest.mark.processes
@pytest.mark.parametrize(
    ("present", "locked", "asked"),
    [
        ("2.8.0", "torch===2.8.0", ""),
        ("2.8.0.0", "torch==2.8.0", ""),
        ("2.8.0+cpu", "torch==2.8.0", ""),  # what a requirements file says, which does not tell them apart
        ("2.8.0+cpu", "torch==2.8.0+cpu", ""),
        ("2.8.0+cpu", f"torch===2.8.0 ; {ELSEWHERE}", ""),
        ("2.8.0+cpu", f'torch===2.8.0 ; {ELSEWHERE}", "torch==2.8.0+cpu ; {ELSEWHERE.replace("==", "!=")}', ""),
        ("2.8.0+cpu", "torch===2.8.0", "torch==2.8.0+cpu"),
        ("2.8.0+cpu", "torch @ https://host/torch.whl", ""),
    ],
)
def test_no_other_variant(tmp_path: Path, present: str, locked: str, asked: str) -> None:
    found = built(tmp_path, present, f'locked = ["{locked}"]', asked)
    assert (found.status, found.stderr) == (0, "")


def test_a_variant_that_the_lock_is_content_with(target: Path) -> None:
    install(target, torch="2.8.0+cpu")
    found = matched(build_of({**TORCH, "locked": ["torch==2.8.0", f"torch==2.7 ; {ELSEWHERE}"]}))
    assert (found.rung, [entry.text for entry in found.entries]) == ("locked", ["torch==2.8.0+cpu"])
    assert found.why.endswith(f"as the variant in {target}")
    assert found.exact == found.entries
