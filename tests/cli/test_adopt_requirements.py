"""`augbackend adopt`: where a requirement stands, what replaces it, and that the owner's list comes back byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from augbackend.cli.edit import adopted_pyproject, backend_copy
from augbackend.cli.main import group
from augbackend.cli.model import declaration
from augbackend.features.extra_build_dependencies import BuildDependency

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Tree = Callable[[dict[str, "str | bytes"]], Path]

SETUP_PY = "from setuptools import setup\nsetup(name='x', version='1')\n"
TOMLI = "tomli>=1.1; python_version < '3.11'"
OWN = '[build-system]\nrequires = [{}]\nbuild-backend = "setuptools.build_meta"\n'


def adopt(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["adopt", *map(str, arguments)], catch_exceptions=False)


def document(folder: Path) -> Any:
    return tomllib.loads((folder / "pyproject.toml").read_bytes().decode())


def requires(folder: Path) -> list[str]:
    found: list[str] = [one for one in document(folder)["build-system"]["requires"] if one != TOMLI]
    return found


def table(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = document(folder)["tool"]["augbackend"]
    return found


# owner's list, what is given, the list then
REQUIRED: dict[str, tuple[str, list[str], list[str]]] = {
    "new": ('"setuptools"', ["torch==2"], ["setuptools", "torch==2"]),
    "there": ('"Torch == 2"', ["torch==2"], ["Torch == 2"]),
    "one version holds": ('"torch>=1", "setuptools"', ["torch==2"], ["torch==2", "setuptools"]),
    "another one version": ('"torch==1"', ["torch==2"], ["torch==2"]),
    "bounds are joined": ('"setuptools>=61"', ["setuptools<82"], ["setuptools>=61,<82"]),
    "no bound": ('"torch[a]"', ["torch<3"], ["torch[a]<3"]),
    "other markers": (
        "\"numpy<2; python_version < '3.10'\"",
        ["numpy>=2; python_version >= '3.10'"],
        ["numpy<2; python_version < '3.10'", "numpy>=2; python_version >= '3.10'"],
    ),
    "for every marker": (
        '"numpy==1; python_version < \'3.10\'", "x", "numpy==2; python_version >= \'3.10\'"',
        ["numpy==3"],
        ["numpy==3", "x"],
    ),
    "two of one project": (
        '"x"',
        ["torch==1; os_name == 'a'", "torch==2; os_name == 'b'"],
        ["x", "torch==1; os_name == 'a'", "torch==2; os_name == 'b'"],
    ),
    "no requirement": ('"what is this?"', ["torch"], ["what is this?", "torch"]),
    "a link": ('"torch @ https://host/a.whl"', ["torch @ https://host/b.whl"], ["torch @ https://host/b.whl"]),
}


@pytest.mark.parametrize("case", REQUIRED)
def test_a_requirement_stands_in_one_place(tree: Tree, case: str) -> None:
    listed, given_, expected = REQUIRED[case]
    text = OWN.format(listed)
    folder = tree({"pyproject.toml": text})
    arguments = [word for one in given_ for word in ("--require", one)]
    assert adopt(folder, *arguments).exit_code == 0
    assert requires(folder) == expected
    assert "extra-build-dependencies" not in table(folder)
    assert adopt(folder, *arguments).output.splitlines()[0] == f"{folder}: nothing to change"
    assert adopt(folder, "--check").output == f"{folder}: as adopt leaves it\n"
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == text


def test_where_nothing_is_assumed_but_setuptools(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    for wanted, expected in (("<58", ">=40.8.0,<58"), ("<60", ">=40.8.0,<60"), ("==59", "==59")):
        adopt(folder, "--require", f"setuptools{wanted}")
        assert requires(folder) == [f"setuptools{expected}"]
    assert adopt(folder, "--remove-require", "setuptools").exit_code == 0
    assert requires(folder) == ["setuptools>=40.8.0"]
    adopt(folder, "--remove")
    assert not (folder / "pyproject.toml").exists()


def test_another_version_replaces_what_was_declared(tree: Tree) -> None:
    text = OWN.format('"setuptools"')
    folder = tree({"pyproject.toml": text})
    adopt(folder, "--require", "torch==2.8.0", "--require", "ninja")
    adopt(folder, "--require", "torch==2.9.0")
    assert requires(folder) == ["setuptools", "torch==2.9.0", "ninja"]
    adopt(folder, "--require", "torch==2.7; os_name == 'a'", "--require", "torch==2.8; os_name == 'b'")
    assert requires(folder) == ["setuptools", "torch==2.7; os_name == 'a'", "ninja", "torch==2.8; os_name == 'b'"]
    adopt(folder, "--require", "torch")
    assert requires(folder) == ["setuptools", "torch", "ninja"]
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == text


def test_taking_back(tree: Tree) -> None:
    text = OWN.format('"setuptools", "torch"')
    folder = tree({"pyproject.toml": text})
    adopt(folder, "--require", "ninja", "--require", "torch==2.8.0", "--match-runtime", "numpy")
    for name in ("ninja", "torch", "numpy"):
        assert adopt(folder, "--remove-require", name).exit_code == 0
    assert requires(folder) == ["setuptools", "torch"]
    assert set(table(folder)) == {"build-backend"}
    adopt(folder, "--remove-require", "torch")  # the package's own by now
    assert requires(folder) == ["setuptools"]
    assert table(folder)["remove-build-dependencies"] == ["torch"]


def test_taking_back_a_variable(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--variable", "A=1", "--variable", "B=2")
    adopt(folder, "--remove-variable", "A")
    assert table(folder)["extra-build-variables"] == {"B": "2"}
    adopt(folder, "--remove-variable", "B", "--variable", "C=3")
    assert table(folder)["extra-build-variables"] == {"C": "3"}
    assert "not declared: B" in adopt(folder, "--remove-variable", "B").output
    adopt(folder, "--remove-variable", "C")
    assert set(table(folder)) == {"build-backend"}


def test_matched_to_run_time(tree: Tree) -> None:
    """In `build-system.requires` it would be installed in another version first, and pip would refuse the second."""
    text = OWN.format('"setuptools", "torch>=2", "wheel"')
    folder = tree({"pyproject.toml": text})
    result = adopt(folder, "--match-runtime", "torch>=2.1", "--pin-runtime", "torch=x.x")
    assert "build requirements: torch>=2.1 (as at run time)\n" in result.output
    assert requires(folder) == ["setuptools", "wheel"]
    assert table(folder)["extra-build-dependencies"] == [{"requirement": "torch>=2.1", "match-runtime": True}]
    assert table(folder)["pin-runtime"] == {"torch": "x.x"}
    assert adopt(folder, "--match-runtime", "torch>=2.1").output == f"{folder}: nothing to change\n"
    adopt(folder, "--match-runtime", "torch")
    assert table(folder)["extra-build-dependencies"] == [{"requirement": "torch", "match-runtime": True}]
    adopt(folder, "--require", "torch==2.8.0")
    assert requires(folder) == ["setuptools", "wheel", "torch==2.8.0"]
    assert set(table(folder)) == {"build-backend", "pin-runtime"}
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == text


def test_a_bot_may_raise_a_version(tree: Tree) -> None:
    text = OWN.format('"setuptools>=61", "numpy"')
    folder = tree({"pyproject.toml": text})
    adopt(folder, "--require", "torch==2.8.0", "--require", "setuptools<82")
    file = folder / "pyproject.toml"
    file.write_text(file.read_text().replace("2.8.0", "2.9.0").replace("<82", "<83").replace('"numpy"', '"numpy>=2"'))
    assert adopt(folder, "--check").exit_code == 0
    assert adopt(folder).output == f"{folder}: nothing to change\n"
    adopt(folder, "--remove")
    assert file.read_text() == text.replace('"numpy"', '"numpy>=2"')


def test_what_the_owner_has_of_tomli_stays(tree: Tree) -> None:
    text = OWN.format(f'"setuptools", "{TOMLI}"')
    folder = tree({"pyproject.toml": text})
    adopt(folder)
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == text


BOTH = """[build-system]
requires = ["setuptools", "tomli>=1.1; python_version < '3.11'", "torch==2.8.0", "ninja"]
build-backend = "augbackend"
backend-path = ["_augbackend"]

[tool.augbackend]
build-backend = "setuptools.build_meta"
extra-build-dependencies = ["torch==2.8.0", "ninja", { requirement = "cmake", unless-command = "cmake" }]
"""


def test_a_tree_that_says_it_twice(tree: Tree) -> None:
    """As an earlier version wrote it."""
    folder = tree({"pyproject.toml": BOTH})
    adopt(folder, "--feature", "jobs")
    (folder / "pyproject.toml").write_text(BOTH)
    said = adopt(folder, "--check")
    assert said.exit_code == 1
    twice = "stands in build-system.requires and in tool.augbackend.extra-build-dependencies"
    assert said.output.splitlines() == [
        f"{folder}: not as augbackend adopt {folder} leaves it",
        f"  pyproject.toml: 'torch==2.8.0' {twice}",
        f"  pyproject.toml: 'ninja' {twice}",
    ]
    assert (folder / "pyproject.toml").read_text() == BOTH
    adopt(folder)
    assert requires(folder) == ["setuptools", "torch==2.8.0", "ninja"]
    assert table(folder)["extra-build-dependencies"] == [{"requirement": "cmake", "unless-command": "cmake"}]
    assert adopt(folder, "--check").exit_code == 0
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == OWN.format('"setuptools"')


def test_removing_from_a_tree_that_says_it_twice(tree: Tree) -> None:
    folder = tree({"pyproject.toml": BOTH})
    adopt(folder, "--remove")
    assert (folder / "pyproject.toml").read_text() == OWN.format('"setuptools"')


def test_different_bounds_in_both_places(tree: Tree) -> None:
    folder = tree({"pyproject.toml": BOTH.replace('"torch==2.8.0", "ninja"]', '"torch==2.9.0"]')})
    lines = (
        "build-system.requires says 'torch==2.9.0', tool.augbackend.extra-build-dependencies says 'torch==2.8.0';"
        " no version satisfies both"
    )
    assert f"augbackend: warning: pyproject.toml: {lines}\n" in adopt(folder).output
    assert f"  pyproject.toml: {lines}\n" in adopt(folder, "--check").output
    assert "warning" not in adopt(folder, "--require", "torch==2.9.0").output
    assert requires(folder) == ["setuptools", "torch==2.9.0"]
    assert adopt(folder, "--check").exit_code == 0


# --- without the backend ---


def test_one_line_would_do(tree: Tree) -> None:
    folder = tree({"pyproject.toml": OWN.format('"setuptools"')})
    line = 'requires = ["setuptools", "torch==2.8.0"]'
    said = adopt(folder, "--require", "torch==2.8.0").output.splitlines()
    assert said[-2:] == [
        "  this line in [build-system] would do without augbackend (adopt --static writes it):",
        f"    {line}",
    ]
    assert "would do" not in adopt(folder, "--require", "torch==2.8.0", "--variable", "A=1").output
    assert "would do" not in adopt(folder, "--require", "torch==2.9.0").output  # the variable needs it
    assert "augbackend builds this tree already" in adopt(folder, "--static", "--require", "torch").output


def test_static(tree: Tree) -> None:
    text = "# mine\n" + OWN.format('\n  "setuptools",  # why\n')
    folder = tree({"pyproject.toml": text})
    diff = adopt(folder, "--static", "--require", "torch==2.8.0", "--dry-run").output
    assert '+  "torch==2.8.0",' in diff.splitlines()
    assert (folder / "pyproject.toml").read_text() == text
    said = adopt(folder, "--static", "--require", "torch==2.8.0").output
    assert said.endswith('  requires = ["setuptools", "torch==2.8.0"]\n')
    assert (folder / "pyproject.toml").read_text() == text.replace("# why\n", '# why\n  "torch==2.8.0",\n')
    assert [file.name for file in folder.iterdir()] == ["pyproject.toml"]
    assert adopt(folder, "--static", "--require", "torch==2.8.0").output == f"{folder}: nothing to change\n"


def test_static_without_a_file(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--static", "--require", "tabulate")
    expected = '[build-system]\nrequires = ["setuptools>=40.8.0", "tabulate"]\n'
    assert (folder / "pyproject.toml").read_text() == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from torch.utils.cpp_extension import CUDAExtension", True),
        ("from torch.utils import cpp_extension", True),
        ("import torch.utils.cpp_extension as x", True),
        ("def f():\n    from torch.utils import data, cpp_extension", True),
        ("import torch", False),
        ("from .torch.utils import cpp_extension", False),
    ],
)
def test_what_links_against_torch(tree: Tree, line: str, expected: bool) -> None:
    folder = tree({"setup.py": f"{line}\n{SETUP_PY}"})
    offer = "setup.py links against torch: --match-runtime torch"
    assert (offer in adopt(folder, "--require", "torch").output) == expected
    assert offer not in adopt(folder, "--match-runtime", "torch").output


# --- check ---


def test_a_copy_that_somebody_has_edited(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    copy = folder / "_augbackend" / "augbackend"
    (copy / "errors.py").write_text("mine")
    (copy / "table" / "convert.py").unlink()
    (copy / "more.py").write_text("")
    words = "edited: errors.py; missing: table/convert.py; not of it: more.py"
    said = adopt(folder, "--check")
    assert (said.exit_code, f"\n  _augbackend: {words}\n" in said.output) == (1, True)
    assert adopt(folder, "--dry-run").output.rstrip().endswith(f"files; {words})")
    manifest = copy / "copy.json"
    manifest.write_text(manifest.read_text().replace('"augbackend": "', '"augbackend": "0.0.0'))
    assert "\n  _augbackend: what is there is of augbackend 0.0.0" in adopt(folder, "--check").output
    adopt(folder)
    assert adopt(folder, "--check").exit_code == 0


def test_nothing_but_a_folder_of_a_run_that_was_stopped(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder)
    (folder / "_augbackend" / ".augbackend-1").mkdir()
    assert "\n  _augbackend: files are left over\n" in adopt(folder, "--check").output


def test_what_is_installed_is_checked_as_well(tree: Tree) -> None:
    folder = tree({"setup.py": SETUP_PY})
    adopt(folder, "--installed", "--require", "torch")
    assert adopt(folder, "--check").exit_code == 0


# --- byte for byte ---

LAYOUTS = [
    '[build-system]\nrequires = ["setuptools", "torch>=2"]\nbuild-backend = "setuptools.build_meta"\n',
    '[build-system]\nrequires = ["torch>=2","setuptools" ]  # here\nbuild-backend="x.y"\n',
    '[build-system]\nrequires = [\n  "setuptools",  # one\n  "torch>=2",  # two\n]\nbuild-backend = "x.y"\n',
    '[build-system]\nrequires = [\n  "torch>=2",\n  "setuptools"\n]\nbuild-backend = "x.y"\n\n[project]\nname = "x"\n',
    '[build-system]\r\nrequires = [\r\n  "torch>=2",\r\n  "setuptools",\r\n]\r\n',
    '[project]\nname = "x"\n\n[tool.z]\na = 1\n\n[build-system]\nbuild-backend = "x.y"\nrequires = ["torch>=2"]\n',
    'build-system.requires = ["torch>=2"]\nbuild-system.build-backend = "x.y"\n',
    '[build-system]\nbackend-path = [\n  "b",  # mine\n  "a",\n]  # order\nrequires = []\nbuild-backend = "be"  # x\n',
    '[build-system]\nrequires = []\nbackend-path = ["a"]\nbuild-backend = "be"\n[tool.x]\ny = 1\n',
    "[tool.x]\ny = 1\n",
    '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "x.y"\n\n\n',
    '[build-system]\r\nrequires = ["setuptools"]\r\nbuild-backend = "x.y"\r\n# end\r\n\r\n \t\r\n',
    '[project]\nname = "x"\nversion = "1"\n\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "x.y"',
    '[project]\nname = "x"\n# end',
    "\n\n",
    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'x.y'  # in quotes of this kind\n",
    '[build-system]\r\nrequires = ["torch>=2"]\nbuild-backend = "x.y"\r\n\n[tool.z]\na = 1\n',
    '[build-system]\nrequires = [\n  "a",\n  "torch>=2"  # why, "so"\n  # "c",\n]  # all\nbuild-backend = "x.y"\n',
    '[tool.z]\na = 1\n[build-system]\nrequires = []\nbuild-backend = "x.y"\n',
    '[tool]\nz = { a = 1 }\n[build-system]\nrequires = []\nbuild-backend = "x.y"\n',
]
GIVEN = [
    ["--require", "torch==2.8.0"],
    ["--require", "torch<3", "--require", "ninja"],
    ["--variable", "A=1", "--require", "setuptools<82"],
    ["--match-runtime", "numpy", "--remove-variable", "A"],
    ["--remove-require", "ninja"],
    ["--require", "torch==2.9.0; os_name == 'a'"],
]


@pytest.mark.parametrize("installed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_back_byte_for_byte(tree: Tree, layout: str, installed: bool) -> None:
    files = {"pyproject.toml": layout, "setup.py": SETUP_PY, "a/be.py": "", "b/x.py": "", "x/y.py": ""}
    folder = tree(dict(files))
    adopt(folder, *(["--installed"] if installed else []))
    for one in GIVEN[:4]:
        result = adopt(folder, *one)
        assert result.exit_code == 0, result.output
        assert adopt(folder, *(word for word in one if "remove-variable" not in word and word != "A")).exit_code == 0
    assert adopt(folder, "--remove").exit_code == 0
    assert (folder / "pyproject.toml").read_bytes().decode() == layout


NAMES = ["torch", "numpy", "setuptools"]
ENTRIES = st.builds(
    "{}{}{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(["", ">=1", "<9", "==2"]),
    st.sampled_from(["", "; os_name == 'a'", "; os_name == 'b'"]),
)
STEPS = st.lists(
    st.one_of(
        ENTRIES.map(lambda text: declaration.of([text], "")),
        st.sampled_from(NAMES).map(
            lambda name: declaration.Declaration(
                (declaration.BuildRequirement(BuildDependency(requirement=name, match_runtime=True), ""),)
            )
        ),
    ),
    max_size=5,
)


@given(listed=st.lists(ENTRIES, max_size=4), steps=STEPS, installed=st.booleans())
def test_whatever_is_declared_goes_again(
    listed: list[str], steps: list[declaration.Declaration], installed: bool
) -> None:
    old = text = OWN.format(", ".join(f'"{one}"' for one in listed))
    folder = None if installed else backend_copy.FOLDER
    for one in steps:
        new = adopted_pyproject.adopted(text, one, folder=folder, assumed_requires=[])
        assert adopted_pyproject.adopted(new, one, folder=folder, assumed_requires=[]) == new
        text = new
    assert adopted_pyproject.restored(text) == old if steps else True
