"""What an earlier build left in ``build/`` stays out of a wheel that is built with another augmentation."""

from __future__ import annotations

from pathlib import Path
from typing import Callable
from zipfile import ZipFile

import pytest

from augbackend.hook import build_folder, other_build_folder

from ..conftest import run_hook

pytestmark = pytest.mark.processes

Tree = Callable[[dict[str, str]], Path]

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "augbackend"
[tool.augbackend]
extra-build-dependencies = ["setuptools"]
extra-build-variables = { WITH = { value = "one", default = true } }
"""
# Without the module that is left out, its old copy in build/lib would still be taken.
SETUP = """
import os
from setuptools import setup
setup(name="demo", version="1.0", py_modules=os.environ["WITH"].split(","))
"""
FILES = {"pyproject.toml": PYPROJECT, "setup.py": SETUP, "one.py": "x = 1\n", "two.py": "x = 2\n"}


def built(tree: Path, config_settings: dict[str, str] | None = None, **environ: str) -> set[str]:
    out = tree.parent / "out"
    out.mkdir(exist_ok=True)
    outcome = run_hook(tree, "build_wheel", str(out), config_settings, environ=environ)
    assert outcome.status == 0, outcome.stderr
    with ZipFile(out / outcome.answer) as wheel:
        return {name for name in wheel.namelist() if not name.startswith("demo-1.0.dist-info/")}


def test_old_objects_stay_out(tree: Tree) -> None:
    folder = tree(FILES)
    assert built(folder, WITH="one,two") == {"one.py", "two.py"}
    assert built(folder, WITH="one") == {"one.py"}
    assert built(folder, WITH="one,two") == {"one.py", "two.py"}


def test_those_of_somebody_else_as_well(tree: Tree) -> None:
    folder = tree({**FILES, "build/lib/old.py": "stale"})
    assert built(folder) == {"one.py"}
    assert (folder / "build" / "lib" / "old.py").read_text() == "stale"  # nobody's to delete


def test_the_same_augmentation_takes_them_again(tree: Tree) -> None:
    folder = tree(FILES)
    built(folder)
    (folder / "build" / "lib" / "kept.py").write_text("")
    assert built(folder) == {"one.py", "kept.py"}
    built(folder, WITH="two")
    (other,) = folder.glob("build/augbackend-*")
    (other / "lib" / "kept.py").write_text("")
    assert built(folder, WITH="two") == {"two.py", "kept.py"}
    assert built(folder) == {"one.py", "kept.py"}


def test_other_settings_are_another_augmentation(tree: Tree) -> None:
    folder = tree(FILES)
    built(folder, {"of-theirs": "1"})
    (folder / "build" / "lib" / "kept.py").write_text("")
    assert built(folder, {"of-theirs": "2"}) == {"one.py"}
    assert built(folder) == {"one.py"}
    assert built(folder, {"of-theirs": "1"}) == {"one.py", "kept.py"}


def test_what_changes_by_itself_is_no_other_augmentation(tree: Tree) -> None:
    pyproject = PYPROJECT.replace("default = true }", 'default = true }, PATH = "bin"') + "jobs = { max = 1 }\n"
    folder = tree({**FILES, "pyproject.toml": pyproject})
    built(folder, PATH="/here")
    built(folder, PATH="/there", MAX_JOBS="3")
    assert not list(folder.glob("build/augbackend-*"))


def test_a_folder_of_the_trees_own_choice(tree: Tree) -> None:
    folder = tree({**FILES, "setup.cfg": "[build]\nbuild_base = objects\n", "objects/lib/old.py": ""})
    assert built(folder) == {"one.py"}
    assert not (folder / "build").exists()


def test_a_folder_that_no_variable_moves(tree: Tree) -> None:
    """A table in pyproject.toml is read last."""
    table = '[tool.distutils.build]\nbuild-base = "objects"\n'
    folder = tree({**FILES, "pyproject.toml": PYPROJECT + table, "objects/lib/old.py": ""})
    outcome = run_hook(folder, "build_wheel", "x")
    assert outcome.stderr.startswith("augbackend: error: it has objects of a build with another augmentation")
    assert f"  where: {folder / 'objects'}\n" in outcome.stderr


def test_the_callers_own_configuration_stays(tree: Tree, tmp_path: Path) -> None:
    folder = tree({**FILES, "build/lib/old.py": ""})
    (tmp_path / "own.cfg").write_text("[build]\nforce = 1\n[bdist_wheel]\nbuild_number = 7\n")
    out = tmp_path / "out"
    out.mkdir()
    outcome = run_hook(folder, "build_wheel", str(out), environ={"DIST_EXTRA_CONFIG": str(tmp_path / "own.cfg")})
    assert outcome.answer == "demo-1.0-7-py3-none-any.whl"
    with ZipFile(out / outcome.answer) as wheel:
        assert "old.py" not in wheel.namelist()


def test_a_setuptools_that_cannot_be_told(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    from augbackend.errors import AugbackendError
    from augbackend.hook import declared

    folder = tree({**FILES, "build/lib/x": ""})
    monkeypatch.setattr(other_build_folder, "_is_obeyed", lambda: False)
    with pytest.raises(AugbackendError) as caught, build_folder.fresh(declared.read(folder, environ={}), "wheel"):
        pass
    assert caught.value.where == str(folder / "build")
    assert "setuptools from 6" in caught.value.hint


def test_sources_that_setup_py_writes_there_are_no_objects(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    from augbackend.hook import declared

    folder = tree({**FILES, "build/src/x": ""})
    monkeypatch.setattr(other_build_folder, "_is_obeyed", lambda: False)
    with build_folder.fresh(declared.read(folder, environ={}), "wheel"):
        pass
    assert (folder / "build" / ".augbackend").is_file()


def test_editable_and_other_backends_are_left_alone(tree: Tree) -> None:
    from augbackend.hook import declared

    folder = tree({"pyproject.toml": '[tool.augbackend]\nbuild-backend = "hatchling.build"\n'})
    with build_folder.fresh(declared.read(folder, environ={}), "wheel"):
        pass
    folder = tree(FILES)
    with build_folder.fresh(declared.read(folder, environ={}), "editable"):
        pass
    assert not (folder / "build").exists()


def test_an_empty_table_is_setuptools_as_it_is(tree: Tree) -> None:
    folder = tree({**FILES, "pyproject.toml": PYPROJECT.partition("extra-")[0]})
    assert built(folder, WITH="one") == {"one.py"}
    assert built(folder, WITH="one,two") == {"one.py", "two.py"}
    assert not list(folder.glob("build/augbackend-*"))


def test_the_folder_is_made_by_setuptools_alone(tree: Tree) -> None:
    """One that is there before is a package to a finder of namespace packages."""
    setup = "import os\nfrom setuptools import setup\nassert not os.path.exists('build')\nsetup(name='demo', version='1.0', "
    folder = tree({**FILES, "setup.py": f"{setup}py_modules=['one'])\n"})
    assert built(folder) == {"one.py"}
    assert (folder / "build" / ".augbackend").is_file()


def test_a_build_that_fails(tree: Tree) -> None:
    from augbackend.hook import declared

    folder = tree({**FILES, "setup.py": "raise SystemExit('no')\n"})
    with build_folder.fresh(declared.read(folder, environ={}), "wheel"):
        pass
    assert run_hook(folder, "build_wheel", str(folder)).status != 0
    assert not (folder / "build").exists()
    failing = "from setuptools import Extension, setup\n"
    failing += "setup(name='demo', version='1.0', py_modules=['one'], ext_modules=[Extension('x', ['absent.c'])])\n"
    (folder / "setup.py").write_text(failing)
    assert run_hook(folder, "build_wheel", str(folder)).status != 0
    assert (folder / "build" / ".augbackend").is_file()  # what it made is the next one's to take
