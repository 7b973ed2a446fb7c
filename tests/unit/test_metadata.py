"""The promise of a wrapped sdist: when it counts, how the metadata hook answers from it, and how a wheel is held against it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Callable

import pytest

from augbackend.errors import AugbackendError
from augbackend.features.metadata import FEATURE
from augbackend.hook import edited_metadata
from augbackend.hook.declared import read
from augbackend.standards.core_metadata import parse

from ..conftest import ROOT, Outcome, run_hook, write

Tree = Callable[[dict[str, "str | bytes"]], Path]

PYPROJECT = """
[build-system]
requires = ["augbackend"]
build-backend = "augbackend"
[tool.augbackend]
build-backend = "inner"
backend-path = ["_inner"]
metadata = { pkg-info = PROMISED }
"""
PKG_INFO = """Metadata-Version: 2.2
Name: My.Demo
Version: 1.0
Requires-Python: >=3.9, <4
Requires-Dist: six>=1.0,<2
Requires-Dist: rich[a,b]; extra == "x" and python_version > "3"
Requires-Dist: direct @ https://host/x.whl
Provides-Extra: x

Requires-Dist: not-a-field
"""
METADATA = PKG_INFO.replace("2.2", "2.1")


def keep(promise: str, text: str, wheel: str, *, is_wrapped: bool, override: bool = False) -> str:
    table = {"metadata": {"pkg-info": is_wrapped, "override": override}}
    build = read(Path(), environ={}, document={"tool": {"augbackend": table}})
    assert FEATURE.keep is not None
    metadata = parse(text.encode())
    return FEATURE.keep(build, parse(promise.encode()), metadata, metadata, wheel).content.decode()


def written(text: str, folder: Path) -> str:
    return edited_metadata.write_answer(parse(text.encode()), read(Path(), environ={}, document={}), str(folder))


# --- is_static ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metadata-Version: 2.2\n", True),
        ("Metadata-Version: 2.3\n", True),
        ("Metadata-Version: 2.10\n", True),
        ("Metadata-Version: 3.0\n", True),
        ("metadata-version:2.2", True),
        ("METADATA-VERSION: 2.2\n", True),
        ("Metadata-Version: 2.2\r\n", True),
        ("Metadata-Version: 2.1\n", False),
        ("Metadata-Version: 1.2\n", False),
        ("Metadata-Version: 1.10\n", False),
        ("Metadata-Version: two\n", False),
        ("Metadata-Version:\n", False),
        ("Name: demo\n", False),
        ("", False),
        ("\nMetadata-Version: 2.2\n", False),
        ("Metadata-Version: 2.2\nDynamic: Requires-Dist\n", False),
        ("Metadata-Version: 2.2\nDynamic: requires-dist\n", False),
        ("Metadata-Version: 2.2\ndynamic: REQUIRES-DIST\n", False),
        ("Metadata-Version: 2.2\nDynamic: Requires-Python\n", False),
        ("Metadata-Version: 2.2\nDynamic: Provides-Extra\n", False),
        ("Metadata-Version: 2.2\nDynamic: License\nDynamic: Provides-Extra\n", False),
        ("Metadata-Version: 2.2\nDynamic: Provides-Extra\nDynamic: License\n", False),
        ("Metadata-Version: 2.2\nDynamic: Description\n", True),
        ("Metadata-Version: 2.2\nDescription: a\n b\nDynamic: Requires-Dist\n", False),
        ("Metadata-Version: 2.2\nDescription: a\n        \n        b\nDynamic: Requires-Dist\n", False),
        ("Metadata-Version: 2.2\n\nDynamic: Requires-Dist\n", True),
        ("Metadata-Version: 2.2\r\nDynamic: Requires-Dist\r\n\r\nx\r\n", False),
    ],
)
def test_is_static(text: str, expected: bool) -> None:
    assert parse(text.encode()).is_static is expected


@pytest.mark.parametrize(
    "text",
    [
        PKG_INFO,
        "A: 1\nB: two words : more\n\nC: 3\n",
        "A: 1\n 2\n\t3\nB: x\n",
        "A: 1\n        \n        2\nB: x\n",
        "A:\nB:x\n",
    ],
)
def test_fields_are_what_an_email_parser_finds(text: str) -> None:
    expected = [(name.lower(), str(value).split()) for name, value in message_from_string(text).items()]
    assert [(field.name, field.value.split()) for field in parse(text.encode()).fields] == expected


# --- write ---


@pytest.mark.parametrize(
    ("name", "version", "folder"),
    [
        ("demo", "1.0", "demo-1.0.dist-info"),
        ("My.Demo-X__y", "1.0+cpu.1", "my_demo_x_y-1.0+cpu.1.dist-info"),
        ("demo", "1!2.0.post1", "demo-1!2.0.post1.dist-info"),
    ],
)
def test_write(tmp_path: Path, name: str, version: str, folder: str) -> None:
    text = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n\nλ\n"
    assert written(text, tmp_path / "new") == folder
    assert (tmp_path / "new" / folder / "METADATA").read_bytes() == text.encode()
    assert written(text, tmp_path / "new") == folder  # again


# --- check ---


KEPT = {
    "as it stands": METADATA,
    "the order": "\n".join([*sorted(METADATA.split("\n\n", maxsplit=1)[0].splitlines()), "", "Other."]),
    "a name": METADATA.replace("My.Demo", "my-demo"),
    "a version": METADATA.replace("1.0\n", "1.0.0\n", 1),
    "spaces": METADATA.replace("six>=1.0,<2", "Six <2 , >= 1.0"),
    "parentheses": METADATA.replace("six>=1.0,<2", "six (>=1.0,<2)"),
    "extras": METADATA.replace("rich[a,b]", "rich[B, a]"),
    "quotes": METADATA.replace('"x"', "'x'").replace('"3"', "'3'"),
    "a marker's order": METADATA.replace('extra == "x" and python_version > "3"', 'python_version > "3" and extra == "x"'),
    "a marker's parentheses": METADATA.replace('extra == "x" and python_version > "3"', '(extra == "x") and (python_version > "3")'),
    "python": METADATA.replace(">=3.9, <4", "<4,>=3.9"),
    "an extra": METADATA.replace("Provides-Extra: x", "Provides-Extra: X"),
    "twice": METADATA.replace("Provides-Extra: x", "Provides-Extra: x\nProvides-Extra: x"),
    "other fields": METADATA.replace("Name:", "Summary: new\nKeywords: x\nName:"),
    "a field's name": METADATA.replace("Requires-Dist:", "requires-dist:"),
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT)
def test_a_promise_that_is_kept(case: str) -> None:
    keep(PKG_INFO, KEPT[case], "demo.whl", is_wrapped=True)


BROKEN: dict[str, tuple[str, str, str, str]] = {
    "name": ("Name: My.Demo", "Name: other", "Name: promised My.Demo, built other", "wrap it again"),
    "version": ("Version: 1.0", "Version: 1.0+cpu", "Version: promised 1.0, built 1.0+cpu", "wrap it again"),
    "one more": (
        "Provides-Extra: x",
        "Provides-Extra: x\nRequires-Dist: torch==2.8",
        'Requires-Dist: promised six>=1.0,<2, rich[a,b]; extra == "x" and python_version > "3", direct @ https://host/x.whl, '
        'built six>=1.0,<2, rich[a,b]; extra == "x" and python_version > "3", direct @ https://host/x.whl, torch==2.8',
        '--requires-dist "torch==2.8"',
    ),
    "one less": ("Requires-Dist: six>=1.0,<2\n", "", "Requires-Dist: promised six>=1.0,<2, ", "--requires-dist"),
    "a bound": ("six>=1.0,<2", "six>=1.1,<2", "built six>=1.1,<2", '--requires-dist "six>=1.1,<2"'),
    "a marker": ('python_version > "3"', 'python_version > "3.8"', 'python_version > "3.8"', "--requires-dist"),
    "a junction": ('"x" and python', '"x" or python', 'extra == "x" or python_version', "--requires-dist"),
    "an extra of it": ("rich[a,b]", "rich[a]", 'built six>=1.0,<2, rich[a]; extra == "x"', "--requires-dist"),
    "a url": ("host/x.whl", "host/y.whl", "direct @ https://host/y.whl", "--requires-dist"),
    "python": (">=3.9, <4", ">=3.10", "Requires-Python: promised >=3.9, <4, built >=3.10", "wrap it again"),
    "no python": ("Requires-Python: >=3.9, <4\n", "", "Requires-Python: promised >=3.9, <4, built none", "wrap it again"),
    "an extra": ("Provides-Extra: x", "Provides-Extra: y", "Provides-Extra: promised x, built y", "wrap it again"),
    "an extra more": ("Provides-Extra: x", "Provides-Extra: x\nProvides-Extra: y", "Provides-Extra: promised x, built x, y", "wrap it again"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_promise_that_is_broken(case: str) -> None:
    old, new, expected, hint = BROKEN[case]
    assert old in METADATA
    with pytest.raises(AugbackendError) as caught:
        keep(PKG_INFO, METADATA.replace(old, new), "demo.whl", is_wrapped=True)
    assert expected in caught.value.what
    assert caught.value.what.startswith("the wheel is not what PKG-INFO of its sdist promises; ")
    assert hint in caught.value.hint
    assert "demo.whl" in caught.value.where


def test_what_overrides_is_put_into_the_wheel() -> None:
    built = METADATA.replace("six>=1.0,<2", "other").replace("Provides-Extra: x", "Provides-Extra: y\nSummary: kept")
    found = keep(PKG_INFO, built.replace(">=3.9, <4", ">=3"), "demo.whl", is_wrapped=True, override=True)
    assert found == PKG_INFO.replace("Provides-Extra: x", "Provides-Extra: x\nSummary: kept")
    assert keep(PKG_INFO, METADATA, "demo.whl", is_wrapped=True) == METADATA
    nothing = "Metadata-Version: 2.2\nName: my-demo\nVersion: 1\n"
    assert keep(nothing, METADATA, "demo.whl", is_wrapped=True, override=True).count("\nRequires-") == 1  # in the body
    with pytest.raises(AugbackendError, match=r"Version: promised 1\.0, built 2"):
        keep(PKG_INFO, METADATA.replace("Version: 1.0", "Version: 2"), "demo.whl", is_wrapped=True, override=True)


def test_all_that_is_broken_is_named() -> None:
    with pytest.raises(AugbackendError) as caught:
        keep(PKG_INFO, "Metadata-Version: 2.1\nName: other\nVersion: 2\n", "demo.whl", is_wrapped=True)
    for text in ("Name: promised", "Version: promised", "Requires-Dist: promised", "Requires-Python: promised"):
        assert text in caught.value.what
    assert "built none" in caught.value.what


def test_an_owner_is_told_what_to_write() -> None:
    with pytest.raises(AugbackendError) as caught:
        keep(PKG_INFO, METADATA.replace("six>=1.0,<2", "six"), "demo.whl", is_wrapped=False)
    assert caught.value.hint.startswith('write requires-dist = ["six", ')
    with pytest.raises(AugbackendError) as caught:
        keep(PKG_INFO, METADATA.replace(">=3.9, <4", ">=3.10"), "demo.whl", is_wrapped=False)
    assert caught.value.hint == 'write requires-python = ">=3.10" in [tool.augbackend.metadata]'


@pytest.mark.parametrize("text", ["Requires-Dist: to rch\n", "Requires-Python: nonsense\n", "Version: odd one\n"])
def test_what_has_no_known_form_is_compared_as_it_stands(text: str) -> None:
    header = "Metadata-Version: 2.2\nName: x\n"
    keep(header + text, header + text, "x.whl", is_wrapped=True)
    with pytest.raises(AugbackendError):
        keep(header + text, header + text.replace("\n", " more\n"), "x.whl", is_wrapped=True)


# --- hooks ---

INNER = """
import json, os, zipfile
def note(what):
    with open("calls", "a") as file:
        file.write(json.dumps(what) + "\\n")
note(["import"])
def get_requires_for_build_wheel(config_settings=None):
    note(["requires"])
    return []
def build_wheel(folder, config_settings=None, metadata_directory=None):
    note(["wheel", metadata_directory])
    with open("PKG-INFO", "w") as file:
        file.write("Metadata-Version: 2.2\\nName: overwritten\\n")
    name = "my_demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        archive.writestr("my_demo-1.0.dist-info/METADATA", open("METADATA").read())
    return name
def build_sdist(folder, config_settings=None): raise SystemExit("no")
"""
PREPARE = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    note(["metadata"])
    os.mkdir(os.path.join(folder, "theirs.dist-info"))
    return "theirs.dist-info"
"""


def project(
    tree: Tree, files: dict[str, str | bytes] | None = None, *, promised: bool = True, inner: str = INNER
) -> Path:
    named: dict[str, str | bytes] = {
        "pyproject.toml": PYPROJECT.replace("PROMISED", str(promised).lower()),
        "_inner/inner.py": inner,
        "PKG-INFO": PKG_INFO,
        "METADATA": METADATA,
    }
    return tree({**named, **(files or {})})


def calls(folder: Path) -> list[list[str | None]]:
    file = folder / "calls"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def prepared(folder: Path) -> Outcome:
    out = folder.parent / "out"
    out.mkdir(exist_ok=True)
    return run_hook(folder, "prepare_metadata_for_build_wheel", str(out))


@pytest.mark.processes
def test_the_metadata_hook_answers_without_the_wrapped_backend(tree: Tree) -> None:
    folder = project(tree, inner=INNER + PREPARE)
    outcome = prepared(folder)
    assert (outcome.answer, outcome.status) == ("my_demo-1.0.dist-info", 0), outcome.stderr
    assert (folder.parent / "out" / "my_demo-1.0.dist-info" / "METADATA").read_text() == PKG_INFO
    assert calls(folder) == []


@pytest.mark.processes
def test_the_metadata_hook_answers_without_setup_py(tree: Tree) -> None:
    text = PYPROJECT.replace("PROMISED", "true").replace('"inner"', '"setuptools.build_meta:__legacy__"')
    text = text.replace('backend-path = ["_inner"]\n', "")
    setup = "open('ran', 'w')\nfrom setuptools import setup\nsetup(name='my.demo', version='1.0')\n"
    folder = tree({"pyproject.toml": text, "setup.py": setup, "PKG-INFO": PKG_INFO})
    assert prepared(folder).answer == "my_demo-1.0.dist-info"
    assert not (folder / "ran").exists()
    (folder / "pyproject.toml").write_text(text.replace("true", "false"))
    prepared(folder)
    assert (folder / "ran").exists()


@pytest.mark.processes
def test_the_requirements_need_not_be_installed_to_answer(tree: Tree) -> None:
    folder = project(tree)
    with (folder / "pyproject.toml").open("a") as file:
        file.write('extra-build-dependencies = ["not-installed-anywhere"]\n')
    assert prepared(folder).answer == "my_demo-1.0.dist-info"
    (folder.parent / "wheels").mkdir()
    outcome = run_hook(folder, "build_wheel", str(folder.parent / "wheels"))
    assert (outcome.status, "not-installed-anywhere" in outcome.stderr) == (1, True)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("files", "promised"),
    [
        ({}, False),
        ({"PKG-INFO": METADATA}, True),
        ({"PKG-INFO": PKG_INFO.replace("\n\n", "\nDynamic: Requires-Dist\n\n")}, True),
        ({"PKG-INFO": PKG_INFO.replace("\n\n", "\ndynamic: requires-python\n\n")}, True),
        ({"PKG-INFO": PKG_INFO.encode() + b"\xff"}, True),
    ],
)
def test_no_promise(tree: Tree, files: dict[str, str | bytes], promised: bool) -> None:
    folder = project(tree, {**files, "METADATA": "Name: anything\n"}, promised=promised, inner=INNER + PREPARE)
    assert prepared(folder).answer == "theirs.dist-info"
    assert calls(folder) == [["import"], ["metadata"]]
    out = folder.parent / "out"
    outcome = run_hook(folder, "build_wheel", str(out), None, str(out / "theirs.dist-info"))
    assert outcome.answer == "my_demo-1.0-py3-none-any.whl", outcome.stderr
    assert calls(folder)[-1] == ["wheel", str(out / "theirs.dist-info")]


@pytest.mark.processes
@pytest.mark.parametrize(("promised", "expected"), [(True, "True"), (False, "False")])
def test_the_metadata_hook_is_there_even_if_the_wrapped_backend_has_none(
    tree: Tree, promised: bool, expected: str
) -> None:
    folder = project(tree, promised=promised)
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import augbackend; print(hasattr(augbackend, 'prepare_metadata_for_build_wheel'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
    outcome = prepared(folder)
    assert outcome.answer == ("my_demo-1.0.dist-info" if promised else None)


@pytest.mark.processes
def test_a_dynamic_pkg_info_exposes_no_hook(tree: Tree) -> None:
    info = PKG_INFO.replace("\n\n", "\nDynamic: Requires-Dist\n\n")
    folder = project(tree, {"PKG-INFO": info})
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import augbackend; print(hasattr(augbackend, 'prepare_metadata_for_build_wheel'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.processes
def test_the_metadata_directory_is_not_handed_on(tree: Tree) -> None:
    folder = project(tree)
    prepared(folder)
    out = folder.parent / "out"
    outcome = run_hook(folder, "build_wheel", str(out), None, str(out / "my_demo-1.0.dist-info"))
    assert outcome.answer == "my_demo-1.0-py3-none-any.whl", outcome.stderr
    assert calls(folder) == [["import"], ["wheel", None]]
    assert (out / "my_demo-1.0-py3-none-any.whl").is_file()


@pytest.mark.processes
def test_a_wheel_that_breaks_the_promise(tree: Tree) -> None:
    folder = project(tree, {"METADATA": METADATA.replace("six>=1.0,<2", "six>=1.1")})
    out = folder.parent / "out"
    out.mkdir()
    outcome = run_hook(folder, "build_wheel", str(out))
    assert (outcome.status, outcome.answer, list(out.iterdir())) == (1, None, [])
    assert outcome.stderr.startswith("augbackend: error: the wheel is not what PKG-INFO of its sdist promises; ")
    assert "Traceback" not in outcome.stderr
    assert '--requires-dist "six>=1.1"' in outcome.stderr.splitlines()[-1]


@pytest.mark.processes
def test_a_wheel_that_breaks_the_promise_that_overrides_it(tree: Tree) -> None:
    table = PYPROJECT.replace("pkg-info = PROMISED", "pkg-info = true, override = true")
    folder = project(tree, {"METADATA": METADATA.replace("six>=1.0,<2", "six>=1.1"), "pyproject.toml": table})
    out = folder.parent / "out"
    out.mkdir()
    wheel = out / str(run_hook(folder, "build_wheel", str(out)).answer)
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("my_demo-1.0.dist-info/METADATA").decode() == PKG_INFO


@pytest.mark.processes
def test_a_promise_that_is_not_there(tree: Tree) -> None:
    folder = project(tree)
    (folder / "PKG-INFO").unlink()
    outcome = prepared(folder)
    assert (outcome.status, "Traceback" in outcome.stderr) == (1, False)
    assert outcome.stderr.startswith("augbackend: error: cannot read it: No such file or directory\n")
    assert "promised by tool.augbackend.metadata.pkg-info" in outcome.stderr


@pytest.mark.processes
def test_the_promise_can_be_taken_back(tree: Tree) -> None:
    folder = project(tree, {"METADATA": METADATA.replace("six>=1.0,<2", "six>=1.1")})
    out = folder.parent / "out"
    out.mkdir()
    environ = {"AUGBACKEND_METADATA": "{ pkg-info = false }"}
    assert run_hook(folder, "build_wheel", str(out), environ=environ).answer == "my_demo-1.0-py3-none-any.whl"


@pytest.mark.processes
def test_a_warning_is_said_once(tmp_path: Path) -> None:
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "augbackend"\n'
    setup = "from setuptools import setup\nsetup(name='demo', version='1.0', py_modules=[])\n"
    tree = write(tmp_path / "tree", {"pyproject.toml": pyproject, "setup.py": setup})
    (tmp_path / "out").mkdir()
    environ = {"AUGBACKEND_JOB": "1"}
    found = run_hook(tree, "prepare_metadata_for_build_wheel", str(tmp_path / "out"), environ=environ)
    assert found.stderr.count("augbackend: warning") == 1, found.stderr


def test_nothing_is_promised_where_nothing_is_declared(tmp_path: Path) -> None:
    assert FEATURE.promise is not None
    assert FEATURE.promise(read(tmp_path, environ={}, document={})) is None


def test_a_copy_without_readers_knows_no_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "augbackend.standards.setup_identity", None)
    document = {"tool": {"augbackend": {"metadata": {"requires-dist": ["a"]}}}}
    build = read(write(tmp_path, {"setup.py": "setup(name='a', version='1')"}), environ={}, document=document)
    assert not edited_metadata.is_answer(edited_metadata.promised(build))
    promise = edited_metadata.promised(build)
    assert promise is not None
    assert promise.values("requires-dist") == ["a"]


# --- before anything is compiled ---

TELLS = """
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    note(["metadata"])
    os.mkdir(os.path.join(folder, "theirs.dist-info"))
    with open(os.path.join(folder, "theirs.dist-info", "METADATA"), "w") as file:
        file.write(open("METADATA").read())
    return "theirs.dist-info"
"""
WORD = PYPROJECT.replace("pkg-info = PROMISED", 'requires-dist = ["six"]WORD')
UNPINNED = """, requires-dist = ["six>=1.0,<2", "direct @ https://host/x.whl", 'rich[a,b]; extra == "x" and python_version > "3"']"""
THEIRS = "Metadata-Version: 2.1\nName: my.demo\nVersion: 1.0\nRequires-Dist: six>=1.2\n"
NAMED = "Metadata-Version: 2.2\nName: my.demo\nVersion: 1.0\n"


def built(folder: Path) -> Outcome:
    out = folder.parent / "out"
    out.mkdir(exist_ok=True)
    return run_hook(folder, "build_wheel", str(out))


@pytest.mark.processes
@pytest.mark.parametrize(
    ("word", "inner", "expected"),
    [
        ("", INNER + TELLS, [["import"], ["metadata"]]),  # nobody compiles for hours to be told so
        ("", INNER, [["import"], ["wheel", None]]),  # nobody can be asked
        (", override = true", INNER + TELLS, [["import"], ["wheel", None]]),
    ],
)
def test_a_word_is_held_before_the_build(tree: Tree, word: str, inner: str, expected: object) -> None:
    folder = project(
        tree, {"pyproject.toml": WORD.replace("WORD", word), "METADATA": THEIRS, "PKG-INFO": NAMED}, inner=inner
    )
    outcome = built(folder)
    assert calls(folder) == expected
    if word:
        assert outcome.status == 0, outcome.stderr
        return
    assert outcome.status == 1
    assert "Requires-Dist: promised six, built six>=1.2\n" in outcome.stderr
    assert outcome.stderr.endswith('  hint: write requires-dist = ["six>=1.2"] in [tool.augbackend.metadata]\n')
    assert ("METADATA of what inner is about to build" in outcome.stderr) == ("prepare" in inner)


@pytest.mark.processes
def test_a_word_that_is_kept_is_built(tree: Tree) -> None:
    text = WORD.replace('"six"]WORD', '"six>=1.2"]')
    folder = project(tree, {"pyproject.toml": text, "METADATA": THEIRS, "PKG-INFO": NAMED}, inner=INNER + TELLS)
    assert built(folder).answer == "my_demo-1.0-py3-none-any.whl"
    assert calls(folder) == [["import"], ["metadata"], ["wheel", None]]


@pytest.mark.processes
@pytest.mark.parametrize("unpinned", ["", UNPINNED])
def test_what_wrap_promises_costs_no_second_run(tree: Tree, unpinned: str) -> None:
    text = PYPROJECT.replace("PROMISED", f"true{unpinned}")
    folder = project(tree, {"pyproject.toml": text}, inner=INNER + TELLS)
    assert built(folder).status == 0
    assert calls(folder) == [["import"], ["wheel", None]]


@pytest.mark.processes
def test_a_promise_without_a_name_is_held_when_metadata_is_asked_for(tree: Tree) -> None:
    folder = project(tree, {"pyproject.toml": WORD.replace("WORD", ""), "METADATA": THEIRS}, inner=INNER + TELLS)
    (folder / "PKG-INFO").unlink()
    outcome = prepared(folder)
    assert (outcome.status, calls(folder)) == (1, [["import"], ["metadata"]])
    assert "Requires-Dist: promised six, built six>=1.2\n" in outcome.stderr


def test_the_hint_names_the_range_that_one_writes_not_the_pin() -> None:
    table = {"metadata": {"requires-dist": ["other"]}}
    build = read(Path(), environ={}, document={"tool": {"augbackend": table}})
    plain, pinned = (
        parse(f"Name: x\nVersion: 1\nRequires-Dist: six{bounds}\n".encode()) for bounds in ("", ">=1.17.0,<1.18")
    )
    promise = parse(b"Name: x\nVersion: 1\nRequires-Dist: other\n")
    assert FEATURE.keep is not None
    with pytest.raises(AugbackendError) as caught:
        FEATURE.keep(build, promise, pinned, plain, "x.whl")
    assert caught.value.hint == 'write requires-dist = ["six"] in [tool.augbackend.metadata]'
