"""The hooks, called as frontends call them: in a fresh process, around a wrapped backend of a few lines."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from augbackend.hook import installed_check

from ..conftest import ROOT, run_hook, write

pytestmark = pytest.mark.processes

PYTHON = shlex.quote(sys.executable)
Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = ["augbackend"]
build-backend = "augbackend"
[tool.augbackend]
build-backend = "{backend}"
backend-path = ["_inner"]
{table}
"""
MINIMAL = "def build_wheel(d, c=None, m=None): return 'w'\ndef build_sdist(d, c=None): return 's'\n"


def project(tree: Tree, inner: str, table: str = "", backend: str = "inner") -> Path:
    return tree({"pyproject.toml": PYPROJECT.format(backend=backend, table=table), "_inner/inner.py": inner})


def python(folder: Path, code: str, *arguments: str, isolated: bool = False) -> subprocess.CompletedProcess[str]:
    options = ["-I", "-S"] if isolated else []
    command = [sys.executable, *options, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def present(folder: Path) -> dict[str, str]:
    code = """
import json, augbackend
def state(name):
    try:
        return str(hasattr(augbackend, name))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
print(json.dumps({name: state(name) for name in [*augbackend.HOOKS, "UnsupportedOperation", "nonsense"]}))
"""
    done = python(folder, code)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def true(found: dict[str, str]) -> set[str]:
    assert set(found.values()) <= {"True", "False"}
    return {name for name, state in found.items() if state == "True"}


ALWAYS = {"get_requires_for_build_wheel", "get_requires_for_build_sdist", "build_wheel", "build_sdist"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", set()),
        ("def prepare_metadata_for_build_wheel(d, c=None): ...", {"prepare_metadata_for_build_wheel"}),
        ("def build_editable(d, c=None, m=None): ...", {"build_editable", "get_requires_for_build_editable"}),
        ("def get_requires_for_build_editable(c=None): ...", set()),
        ("class UnsupportedOperation(Exception): ...", {"UnsupportedOperation"}),
        ("def nonsense(): ...", set()),
    ],
)
def test_a_hook_exists_where_the_wrapped_backend_has_it(tree: Tree, more: str, expected: set[str]) -> None:
    assert true(present(project(tree, MINIMAL + more))) == ALWAYS | expected


def test_hooks_of_an_object(tree: Tree) -> None:
    inner = "class A:\n  class B:\n    @staticmethod\n    def build_sdist(d, c=None): return 's'\n"
    folder = project(tree, inner, backend="inner:A.B")
    assert true(present(folder)) == ALWAYS - {"build_wheel"}
    assert run_hook(folder, "build_sdist", str(folder)).answer == "s"


@pytest.mark.parametrize("dynamic", ["dependencies", "optional-dependencies", "version"])
def test_hatchling_with_dynamic_dependencies_has_no_metadata_hook(tree: Tree, dynamic: str) -> None:
    hooks = MINIMAL + "def prepare_metadata_for_build_wheel(d, c=None): ...\n"
    folder = tree(
        {
            "pyproject.toml": PYPROJECT.format(backend="hatchling.build", table="")
            + f"[project]\nname = 'x'\ndynamic = ['{dynamic}']\n",
            "_inner/hatchling/__init__.py": "",
            "_inner/hatchling/build.py": hooks,
        }
    )
    assert (present(folder)["prepare_metadata_for_build_wheel"] == "True") == (dynamic == "version")


@pytest.mark.parametrize(
    ("backend", "inner", "expected"),
    [
        ("nowhere", "", "the wrapped backend is not in its backend-path: no module 'nowhere' there"),
        ("inner.sub", "", "the wrapped backend cannot be imported: No module named 'inner.sub'"),
        ("inner:thing", "", "the wrapped backend has no 'thing'"),
        ("json", "", "the wrapped backend is not in its backend-path: no module 'json' there"),
    ],
)
def test_wrapped_backend_that_is_not_there(tree: Tree, backend: str, inner: str, expected: str) -> None:
    folder = project(tree, inner, backend=backend)
    found = present(folder)
    assert found["build_editable"].startswith("WrappedBackendUnavailable: augbackend: error: " + expected)
    outcome = run_hook(folder, "get_requires_for_build_wheel")
    assert (outcome.status, "Traceback" in outcome.stderr) == (1, False)
    assert outcome.stderr.startswith("augbackend: error: " + expected)
    assert f"tool.augbackend in pyproject.toml: '{backend}'" in outcome.stderr
    assert "  hint: " in outcome.stderr.splitlines()[-1]


def test_wrapped_backend_that_is_misspelt_without_a_path(tree: Tree) -> None:
    folder = tree({"pyproject.toml": "[tool.augbackend]\nbuild-backend = 'hatchlin.build'\n"})
    outcome = run_hook(folder, "build_sdist", "x")
    assert "Traceback (most recent call last)" in outcome.stderr  # the frontend's: it was the lookup that failed
    assert "hint: misspelt, or the project that provides 'hatchlin' is not in build-system.requires" in outcome.stderr
    assert "AttributeError" not in outcome.stderr


def test_attribute_error_while_importing_is_not_taken_for_a_missing_hook(tree: Tree) -> None:
    found = present(project(tree, "import os\nos.nothing\n"))
    assert found["build_editable"].startswith(
        "ImportError: augbackend: error: importing the wrapped backend 'inner' failed"
    )


def test_mistake_in_the_table_is_reported_by_the_hook_not_by_the_lookup(tree: Tree) -> None:
    folder = project(tree, MINIMAL, table="nope = 1")
    assert present(folder)["build_wheel"] == "True"
    outcome = run_hook(folder, "build_wheel", "x")
    assert outcome.status == 1
    assert outcome.stderr.splitlines() == [
        f"augbackend: error: a mistake in the settings for this build ({folder / 'pyproject.toml'})",
        "  tool.augbackend.nope: unknown key, expected one of backend-path, build-backend, compiler-cache, config-settings,"
        " dynamic-requires, extra-build-dependencies, extra-build-variables, jobs, local-version, match-runtime, metadata,"
        " origin, passthrough, pin-runtime, preflight, provenance, remove-build-dependencies, packages",
    ]


RECORDER = """
import os
AT_IMPORT = os.environ.get("DECLARED")
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return repr([AT_IMPORT, wheel_directory, config_settings, metadata_directory])
def build_sdist(sdist_directory, config_settings=None):
    return repr([AT_IMPORT, sdist_directory, config_settings])
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return "e"
def get_requires_for_build_wheel(config_settings=None):
    return [f"asked-{config_settings}"]
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    return repr([AT_IMPORT, metadata_directory, config_settings])
"""


def test_arguments_and_settings_arrive(tree: Tree) -> None:
    folder = project(tree, RECORDER, "config-settings = { a = '1' }\nextra-build-variables = { DECLARED = 'yes' }")
    outcome = run_hook(folder, "build_wheel", "wd", {"b": ["2"], "augbackend.jobs": "max=1"}, "md")
    assert outcome.answer == repr(["yes", "wd", {"a": "1", "b": ["2"]}, "md"])
    assert run_hook(folder, "build_wheel", "wd").answer == repr(["yes", "wd", {"a": "1"}, None])
    assert run_hook(folder, "prepare_metadata_for_build_wheel", "md").answer == repr(["yes", "md", {"a": "1"}])


@pytest.mark.parametrize("given", ["theirs", ""])
def test_a_default_yields_to_what_is_set(tree: Tree, given: str) -> None:
    """An empty value is a value: whoever sets it switches something off."""
    table = "extra-build-variables = { DECLARED = { value = 'ours', default = true } }"
    folder = project(tree, RECORDER, table)
    answer = run_hook(folder, "build_wheel", "wd", environ={"DECLARED": given}).answer
    assert answer == repr([given, "wd", None, None])


def test_no_settings_stay_none(tree: Tree) -> None:
    assert run_hook(project(tree, RECORDER), "build_wheel", "wd").answer == repr([None, "wd", None, None])


def test_a_process_that_stays(tree: Tree) -> None:
    """Hooks in any order, twice, by position and by keyword; the process is as it was after each."""
    disturb = """
import os, sys
def disturb():
    os.environ["LEFT"] = "1"; os.environ.pop("HOME", None); sys.argv[:] = ["setup.py"]
    sys.path.insert(0, "/left"); os.chdir("/")
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    assert os.environ["DECLARED"] == "yes"; disturb(); return "w"
def build_sdist(sdist_directory, config_settings=None):
    disturb(); raise OSError("by intent")
def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    disturb(); return "e"
def get_requires_for_build_sdist(config_settings=None):
    disturb(); return ["x"]
def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    disturb(); return "m"
"""
    code = """
import itertools, os, sys, augbackend
def state(): return dict(os.environ), sys.argv, list(sys.argv), sys.path, list(sys.path), os.getcwd()
def failing():
    try: augbackend.build_sdist(sdist_directory=".", config_settings={})
    except OSError as error: assert "by intent" in str(error)
    else: raise AssertionError
calls = [
    lambda: augbackend.build_wheel(".", None, None),
    lambda: augbackend.build_wheel(wheel_directory=".", config_settings={}, metadata_directory=None),
    lambda: augbackend.build_editable(wheel_directory="."),
    failing,
    lambda: augbackend.get_requires_for_build_wheel(),
    lambda: augbackend.get_requires_for_build_sdist(config_settings=None),
    lambda: augbackend.get_requires_for_build_editable({}),
    lambda: augbackend.prepare_metadata_for_build_wheel(metadata_directory=".", config_settings=None),
    lambda: hasattr(augbackend, "prepare_metadata_for_build_editable"),
]
before = state()
for first, second in itertools.product(calls, repeat=2):
    first(); assert state() == before, first
    second(); assert state() == before, second
print("fine")
"""
    folder = project(tree, disturb, "extra-build-variables = { DECLARED = 'yes' }")
    done = python(folder, code)
    notes = "augbackend: raised in inner, hook build_sdist\n"  # where Python cannot attach them (PEP 678)
    assert (done.stdout, done.stderr.replace(notes, "")) == ("fine\n", "")


GET_REQUIRES = """
def get_requires_for_build_wheel(config_settings=None):
    {body}
def build_editable(*arguments): ...
"""


def requires(tree: Tree, body: str, table: str, target: str = "wheel") -> tuple[list[str] | None, str]:
    outcome = run_hook(project(tree, GET_REQUIRES.format(body=body), table), f"get_requires_for_build_{target}")
    return outcome.answer, outcome.stderr


def test_theirs_less_removed_then_ours(tree: Tree) -> None:
    answer, stderr = requires(
        tree,
        "return ['Torch==1.9', 'cmake', 'wheel']",
        "remove-build-dependencies = ['torch']\nextra-build-dependencies = ['torch==2.8.0', 'cmake']",
    )
    assert (answer, stderr) == (["cmake", "wheel", "torch==2.8.0"], "")


@pytest.mark.parametrize("text", ["torch==1.0; os.name == 'posix'", "torch ; odd == 'marker'", "Torch[x] @ file:///x"])
def test_removed_by_name_whatever_follows_it(tree: Tree, text: str) -> None:
    assert requires(tree, f"return [{text!r}]", "remove-build-dependencies = ['torch']")[0] == []


def test_markers_are_attached_not_evaluated(tree: Tree) -> None:
    table = "extra-build-dependencies = [{ requirement = 'x', marker = \"sys_platform == 'nowhere'\" }]"
    assert requires(tree, "return []", table)[0] == ["x ; sys_platform == 'nowhere'"]


def test_strings_of_build_system_requires_come_back_byte_for_byte(tree: Tree) -> None:
    folder = tree(
        {
            "pyproject.toml": """
                [build-system]
                requires = ["Torch == 2.8.0;os_name=='posix'", "ninja "]
                [tool.augbackend]
                build-backend = "inner"
                backend-path = ["_inner"]
                extra-build-dependencies = [{ requirement = "torch==2.8.0", marker = "os_name == 'posix'" }, "ninja"]
            """,
            "_inner/inner.py": MINIMAL,
        }
    )
    answer = run_hook(folder, "get_requires_for_build_sdist").answer
    assert answer == ["Torch == 2.8.0;os_name=='posix'", "ninja "]


@pytest.mark.parametrize(
    ("target", "expected"), [("wheel", ["a", "c"]), ("sdist", ["b", "c"]), ("editable", ["a", "c"])]
)
def test_hooks_of_an_entry(tree: Tree, target: str, expected: list[str]) -> None:
    table = """
    extra-build-dependencies = [
      { requirement = "a", hooks = ["wheel", "editable"] }, { requirement = "b", hooks = ["sdist"] }, "c"]
    """
    assert requires(tree, "return []", table, target)[0] == expected


def test_unless_command(tree: Tree) -> None:
    table = """
    extra-build-dependencies = [
      { requirement = "a", unless-command = "git" }, { requirement = "b", unless-command = "no-such-command" }]
    """
    assert requires(tree, "return []", table)[0] == ["b"]


def test_failure_before_the_declared_ones_are_installed_is_no_error(tree: Tree) -> None:
    folder = project(
        tree, GET_REQUIRES.format(body="import no_such_thing"), "extra-build-dependencies = ['no-such-thing']"
    )
    write(folder, {"setup.py": "import no_such_thing\nsetup(setup_requires=['cython'])"})
    outcome = run_hook(folder, "get_requires_for_build_wheel")
    assert outcome.answer == ["cython", "no-such-thing"]
    (line,) = outcome.stderr.splitlines()
    assert line == (
        "augbackend: note: inner could not name its requirements before no-such-thing is installed"
        " (ModuleNotFoundError: No module named 'no_such_thing'); going on with the declared ones and cython"
    )


@pytest.mark.parametrize(
    "body", ["raise SystemExit('install no-such-thing first')", "raise RuntimeError('two\\nlines')"]
)
def test_other_ways_to_fail_before(tree: Tree, body: str) -> None:
    answer, stderr = requires(tree, body, "extra-build-dependencies = ['no-such-thing']")
    assert answer == ["no-such-thing"]
    assert len(stderr.splitlines()) == 1


def test_wrapped_backend_that_is_itself_declared(tree: Tree) -> None:
    folder = tree(
        {
            "pyproject.toml": "[tool.augbackend]\nbuild-backend = 'no_such_backend.build'\n"
            "extra-build-dependencies = ['no-such-backend']\n"
        }
    )
    assert run_hook(folder, "get_requires_for_build_wheel").answer == ["no-such-backend"]


@pytest.mark.parametrize(
    "table",
    [
        "",
        "extra-build-dependencies = ['no-such-thing']\ndynamic-requires = 'always'",
        "extra-build-dependencies = ['pytest']",
    ],
)
def test_failure_is_the_users_to_see(tree: Tree, table: str) -> None:
    answer, stderr = requires(tree, "import no_such_thing", table)
    assert answer is None
    assert "ModuleNotFoundError: No module named 'no_such_thing'" in stderr
    assert "raised in inner, hook get_requires_for_build_wheel" in stderr


def test_never_does_not_even_import(tree: Tree) -> None:
    folder = project(tree, "raise Exception", "dynamic-requires = 'never'\nextra-build-dependencies = ['a']")
    assert run_hook(folder, "get_requires_for_build_wheel").answer == ["a"]


def test_missing_requirement_before_a_build(tree: Tree) -> None:
    table = (
        "extra-build-dependencies = ['no-such-thing>=1', 'pytest', { requirement = 'nt', marker = \"os_name == 'x'\" }]"
    )
    folder = project(tree, RECORDER, table)
    for hook in ("build_wheel", "build_editable", "prepare_metadata_for_build_wheel"):
        outcome = run_hook(folder, hook, "x")
        first, where, hint = outcome.stderr.splitlines()
        assert outcome.status == 1
        assert first == "augbackend: error: not installed in the build environment: no-such-thing"
        assert "without build isolation" in where
        assert hint == f"  hint: {PYTHON} -m pip install 'no-such-thing>=1'"
    assert run_hook(folder, "build_sdist", "x").status == 0


@pytest.mark.parametrize("extra", ["[]", "['pytest']", "['nothing-such>=2']"])
def test_a_wrapped_backend_that_is_not_installed(tree: Tree, extra: str) -> None:
    """What a user of --no-build-isolation meets: all that is missing in one message, from every hook."""
    requires = ["pytest", "Nothing_Much>=1", "no requirement!", "nt; os_name == 'x'"]
    table = f"[tool.augbackend]\nbuild-backend = 'nothing_much.api'\nextra-build-dependencies = {extra}\n"
    folder = tree({"pyproject.toml": f"[build-system]\nrequires = {json.dumps(requires)}\n{table}"})
    more = ["nothing-such>=2"] if "such" in extra else []
    for hook in ("build_wheel", "build_editable", "build_sdist", "prepare_metadata_for_build_wheel"):
        outcome = run_hook(folder, hook, "x")
        first, where, hint = outcome.stderr.splitlines()
        assert outcome.status == 1
        assert (
            first
            == f"augbackend: error: not installed in the build environment: nothing-much{', nothing-such' * len(more)}"
        )
        assert "build-system.requires" in where
        assert hint == f"  hint: {PYTHON} -m pip install 'Nothing_Much>=1'{''.join(f' {one!r}' for one in more)}"


def test_other_version_is_warned_of(tree: Tree) -> None:
    outcome = run_hook(project(tree, RECORDER, "extra-build-dependencies = ['pytest<1']"), "build_wheel", "x")
    assert outcome.status == 0
    assert outcome.stderr.startswith("augbackend: warning: pytest<1 is declared, but pytest ")


IN_REQUIRES = """
[build-system]
requires = [{requires}]
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
{table}
"""


def requiring(tree: Tree, requires: str, table: str = "", inner: str = RECORDER) -> Path:
    return tree({"pyproject.toml": IN_REQUIRES.format(requires=requires, table=table), "_inner/inner.py": inner})


def test_what_stands_in_build_system_requires_has_to_be_installed(tree: Tree) -> None:
    requires = """'pytest', 'No_Such>=1', "nt; os_name == 'x'", 'no requirement!', 'Pytest>1'"""
    folder = requiring(tree, requires, "extra-build-dependencies = ['other-such']")
    outcome = run_hook(folder, "build_wheel", "x")
    first, where, hint = outcome.stderr.splitlines()
    assert first == "augbackend: error: not installed in the build environment: no-such, other-such"
    assert where.startswith("  where: build-system.requires, ")
    assert hint == f"  hint: {PYTHON} -m pip install 'No_Such>=1' other-such"
    assert run_hook(folder, "build_sdist", "x").status == 0


def test_another_version_than_in_build_system_requires_is_warned_of(tree: Tree) -> None:
    outcome = run_hook(
        requiring(tree, "'pytest<1', 'click'", "extra-build-dependencies = ['pytest<1']"), "build_wheel", "x"
    )
    assert (outcome.status, outcome.stderr.count("augbackend: warning: pytest<1 is declared, but pytest ")) == (0, 1)


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("demo", True),
        ("demo==1.10", True),
        ("demo>=1.2", True),
        ("demo>=1.10", True),
        ("demo>=1.11", False),
        ("demo>=1.10.0", False),
        ("demo==1.9", False),
        ("demo>=1,<2", False),
        ("demo >= 1", False),
        ("Demo", False),
        ("other>=1", False),
    ],
)
def test_what_no_parser_is_needed_for(text: str, is_there: bool) -> None:
    assert installed_check._is_plainly_there(text, {"demo": "1.10"}) is is_there


TWICE = {
    "torch==2.8.0": ("'torch==2.9.0'", "refused"),
    "torch>=2,<2.8": ("'torch==2.9.0'", "refused"),
    "torch==2.8.1": ("'torch==2.9.*'", "refused"),
    "torch==2.8.2": ("'torch>=2'", "warned of"),
    "torch==2.8.3": ("'torch', 'no requirement!', 'other==1'", "fine"),
    "torch": ("'torch==2.9.0'", "fine"),
    "torch==2.8.4": ("\"torch==2.9.0; os_name == 'x'\"", "fine"),
    "torch==2.8.5": ("'torch == 2.8.5'", "fine"),
}


@pytest.mark.parametrize("declared", TWICE)
def test_one_project_in_both_places(tree: Tree, declared: str) -> None:
    """Both lines are named: a resolver, or a build without isolation, would name neither."""
    requires, verdict = TWICE[declared]
    folder = requiring(tree, requires, f"extra-build-dependencies = ['{declared}']")
    outcome = run_hook(folder, "get_requires_for_build_wheel")
    assert outcome.status == (1 if verdict == "refused" else 0)
    if verdict == "fine":
        assert outcome.stderr == ""
        return
    text = requires.strip("'")
    lines = f"build-system.requires says '{text}', tool.augbackend.extra-build-dependencies says '{declared}'"
    assert lines in outcome.stderr
    assert ("no version satisfies both" in outcome.stderr) == (verdict == "refused")


def test_a_failure_before_build_system_requires_is_installed_is_no_error(tree: Tree) -> None:
    """`python -m build --no-isolation` asks first, and then says itself what is missing."""
    folder = requiring(tree, "'no-such-thing'", inner=GET_REQUIRES.format(body="import no_such_thing"))
    assert run_hook(folder, "get_requires_for_build_wheel").answer == []


def test_what_stands_in_build_system_requires_is_not_proposed(tree: Tree) -> None:
    inner = "def build_wheel(*arguments):\n  raise ModuleNotFoundError(name='pytest')\n"
    assert (
        '"pytest"'
        not in run_hook(requiring(tree, "'pytest', 'no requirement!'", inner=inner), "build_wheel", "x").stderr
    )


def test_missing_module_becomes_the_line_to_add(tree: Tree) -> None:
    inner = "def build_wheel(*arguments):\n  import no_such.thing\n"
    outcome = run_hook(project(tree, inner, "extra-build-dependencies = ['pytest']"), "build_wheel", "x")
    assert "ModuleNotFoundError: No module named 'no_such'" in outcome.stderr
    assert "augbackend: raised in inner, hook build_wheel\n" in outcome.stderr
    line = '\n  "no-such"\naugbackend: to build-system.requires in pyproject.toml\n'
    assert outcome.stderr.endswith(line) if sys.version_info >= (3, 11) else line in outcome.stderr


@pytest.mark.parametrize(("module", "project_of_it"), [("pkg_resources", "setuptools<82"), ("distutils", "setuptools")])
def test_modules_that_left(tree: Tree, module: str, project_of_it: str) -> None:
    inner = f"def build_wheel(*arguments):\n  raise ModuleNotFoundError(name={module!r})\n"
    assert f'\n  "{project_of_it}"\n' in run_hook(project(tree, inner), "build_wheel", "x").stderr


def test_what_is_declared_already_is_not_proposed(tree: Tree) -> None:
    inner = "def build_wheel(*arguments):\n  raise ModuleNotFoundError(name='pytest')\n"
    outcome = run_hook(project(tree, inner, "extra-build-dependencies = ['pytest']"), "build_wheel", "x")
    assert "which nothing declares" not in outcome.stderr


def test_wrapped_backend_that_needs_a_declared_requirement_to_be_imported(tree: Tree) -> None:
    """A frontend may look for hooks before it installs what `get_requires` answers: pip does, for an editable."""
    folder = project(tree, "import no_such_thing\n" + MINIMAL, "extra-build-dependencies = ['no-such-thing']")
    assert present(folder)["build_editable"] == "True"
    assert run_hook(folder, "get_requires_for_build_editable").answer == ["no-such-thing"]
    outcome = run_hook(folder, "build_wheel", "x")
    assert outcome.stderr.startswith("augbackend: error: not installed in the build environment: no-such-thing\n")


@pytest.mark.parametrize("error", ["RuntimeError('x')", "AttributeError('x')", "SyntaxError('x')"])
def test_import_that_fails_is_an_import_error(tree: Tree, error: str) -> None:
    found = present(project(tree, f"raise {error}\n"))
    assert found["build_editable"] == (
        f"ImportError: augbackend: error: importing the wrapped backend 'inner' failed: {error.partition('(')[0]}: x"
    )


def test_hook_that_only_an_override_takes_away(tree: Tree) -> None:
    folder = project(tree, RECORDER)
    write(folder, {"_inner/other.py": "def build_wheel(*a): return 'w'"})
    outcome = run_hook(folder, "prepare_metadata_for_build_wheel", "x", {"augbackend.build-backend": "other"})
    assert outcome.stderr.startswith(
        "augbackend: error: the wrapped backend 'other' has no hook 'prepare_metadata_for_build_wheel'"
    )


def test_an_error_comes_after_what_was_printed_before(tree: Tree) -> None:
    """Both streams of a hook often end in one log."""
    folder = write(project(tree, RECORDER), {"_inner/other.py": "print('theirs')\ndef build_wheel(*a): return 'w'"})
    code = "import augbackend; augbackend.build_editable('.', {'augbackend.build-backend': 'other'})"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("theirs\naugbackend: error: the wrapped backend 'other' has no hook")


def test_in_tree_comes_before_every_other_finder(tree: Tree, tmp_path: Path) -> None:
    """As with an editable install of something of the same name."""
    elsewhere = write(tmp_path / "elsewhere", {"inner.py": "raise Exception('the wrong one')"})
    code = f"""
import importlib.util
class Editable:
    def find_spec(name, path=None, target=None):
        return importlib.util.spec_from_file_location(name, {str(elsewhere / "inner.py")!r}) if name == "inner" else None
sys.meta_path.insert(0, Editable)
before = list(sys.meta_path)
import augbackend
print(augbackend.build_wheel("x"), sys.meta_path == before)
"""
    assert python(project(tree, MINIMAL), code).stdout == "w True\n"


def test_a_folder_of_the_tree_hides_no_package(tree: Tree) -> None:
    pyproject = "[tool.augbackend]\nbuild-backend = 'inner'\nbackend-path = ['.']\n"
    inner = "import pluggy\ndef build_wheel(*a): return pluggy.__file__\n"
    folder = tree({"pyproject.toml": pyproject, "inner.py": inner, "pluggy/data.txt": ""})
    assert str(folder) not in run_hook(folder, "build_wheel", "x").answer


@pytest.mark.parametrize("path", ["_inner/pluggy/data.txt", "_inner/json.py", "_inner/time.py"])
def test_a_backend_that_is_found_elsewhere(tree: Tree, path: str) -> None:
    """A folder without a module is passed over; what is imported already, or is in no file, is not looked for."""
    name = Path(path).parts[1].partition(".")[0]
    folder = project(tree, "", backend=name)
    outcome = run_hook(write(folder, {path: ""}), "build_sdist", "x")
    assert "augbackend: error: the wrapped backend was not found in-tree, but as " in outcome.stderr
    assert f"tool.augbackend.backend-path says {folder / '_inner'}" in outcome.stderr


def test_module_of_the_tree_is_not_looked_for_on_an_index(tree: Tree) -> None:
    folder = project(
        tree, "def build_wheel(*a):\n  import sys; sys.path[:] = filter(None, sys.path)\n  import own.part\n"
    )
    write(folder, {"own/__init__.py": ""})
    outcome = run_hook(folder, "build_wheel", "x")
    assert "'own' is a module of this tree" in outcome.stderr
    assert "extra-build-dependencies" not in outcome.stderr


def test_a_wrong_answer_is_the_frontends_to_judge(tree: Tree) -> None:
    folder = project(tree, "def build_wheel(*a): ...\ndef build_sdist(*a): ...\n")
    assert run_hook(folder, "build_wheel", "x").answer is None
    assert run_hook(folder, "build_sdist", "x").status == 0


def test_unsupported_operation_passes(tree: Tree) -> None:
    inner = "class UnsupportedOperation(Exception): ...\ndef build_sdist(*arguments): raise UnsupportedOperation('no VCS')\n"
    code = """
import augbackend
try: augbackend.build_sdist(".")
except augbackend.UnsupportedOperation as error: print("unsupported:", error.args)
"""
    assert python(project(tree, inner), code).stdout == "unsupported: ('no VCS',)\n"


def test_nothing_of_ours_is_left_in_the_tree(tree: Tree) -> None:
    folder = project(tree, RECORDER)
    before = {file for file in folder.rglob("*") if "__pycache__" not in file.parts}
    for hook in ("get_requires_for_build_wheel", "get_requires_for_build_sdist"):
        run_hook(folder, hook)
    run_hook(folder, "build_wheel", str(folder))
    assert {file for file in folder.rglob("*") if "__pycache__" not in file.parts} == before


def test_the_backend_needs_nothing_installed(tmp_path: Path) -> None:
    """And never imports the command line, nor anything else that is not in the standard library."""
    code = """
import augbackend, pkgutil, importlib
for folder in ("hook", "features", "table", "standards"):
    package = importlib.import_module(f"augbackend.{folder}")
    for module in pkgutil.iter_modules(package.__path__): importlib.import_module(f"augbackend.{folder}.{module.name}")
from pathlib import Path
from augbackend.hook import declared
Path("pyproject.toml").write_text("") ; sys.version_info < (3, 11) or declared.read(Path.cwd())
roots = {name.partition(".")[0] for name in sys.modules} - {"augbackend", "__main__"}
if sys.version_info >= (3, 10): print(sorted(r for r in roots if r not in sys.stdlib_module_names))
print(sorted(name for name in sys.modules if name.startswith("augbackend.cli")))
"""
    done = python(tmp_path, code, isolated=True)
    assert done.stderr == ""
    assert set(done.stdout.splitlines()) == {"[]"}


def test_importing_reads_and_imports_nothing_else(tmp_path: Path) -> None:
    done = python(tmp_path, "import augbackend; print([name for name in sys.modules if name.startswith('augbackend')])")
    assert done.stdout == "['augbackend']\n"
