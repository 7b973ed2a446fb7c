"""`setup_requires` keeps working around us, also where setup.py cannot say it before something is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import pytest

from augbackend.cli.edit import adopted_pyproject, backend_copy
from augbackend.cli.model import declaration

from ..conftest import leaving_to_ci, write
from ..matrix import frontends as run
from ..matrix.frontends import BuildFailedError, Frontends

pytestmark = pytest.mark.builds

# The version says whether `fakelib` was there when the metadata were prepared.
VERSION = """
try:
    import fakelib
    version = "1.1"
except ImportError:
    version = "1.0"
"""
TREES: dict[str, dict[str, str | bytes]] = {
    "literal": {
        "setup.py": f"from setuptools import setup{VERSION}setup(name='p', version=version, setup_requires=['fakelib'])"
    },
    "computed": {
        "setup.py": f"from setuptools import setup{VERSION}"
        "setup(name='p', version=version, setup_requires=['fake' + part for part in ['lib']])"
    },
    "setup.cfg": {
        "setup.py": f"from setuptools import setup{VERSION}setup(name='p', version=version)",
        "setup.cfg": "[options]\nsetup_requires =\n  fakelib\n",
    },
    "with an import that fails": {
        "setup.py": f"import otherlib\nfrom setuptools import setup{VERSION}"
        "setup(name='p', version=version, setup_requires=['fakelib'])"
    },
    "computed, with an import that fails": {
        "setup.py": f"import otherlib\nfrom setuptools import setup{VERSION}"
        "setup(name='p', version=version, setup_requires=['fake' + part for part in ['lib']])"
    },
}
BUILDERS: dict[str, Callable[[Frontends, Path, Path], None]] = {
    "pip": run.pip_wheel,
    "uv": run.uv_build,
    "build": run.build,
}


@pytest.mark.parametrize("builder", leaving_to_ci(BUILDERS, ("pip", "uv")))
@pytest.mark.parametrize("case", TREES)
def test_setup_requires(frontends: Frontends, tmp_path: Path, case: str, builder: str) -> None:
    tree = write(tmp_path / "tree", TREES[case])
    requirements = ["otherlib"] if "import" in case else []
    given = declaration.of(requirements, "a test")
    text = adopted_pyproject.adopted(None, given, folder=backend_copy.FOLDER, assumed_requires=["setuptools"])
    if not case.startswith("computed,"):
        # Declared in the table alone: then the hook has to answer before the import can succeed.
        text = text.replace(', "otherlib"]', "]") + f"extra-build-dependencies = {json.dumps(requirements)}\n"
    (tree / "pyproject.toml").write_text(text)
    backend_copy.write_copy(tree, backend_copy.for_tree(tree))
    BUILDERS[builder](frontends, tree, tmp_path / "out")
    (wheel,) = (tmp_path / "out").glob("*.whl")
    assert wheel.name.startswith("p-1.1-")


def test_rapids_build_backend_refuses_such_a_tree(frontends: Frontends, tmp_path: Path) -> None:
    """The other wrapper that is generic: beside ours, on the same tree."""
    pyproject = """
[build-system]
requires = ["rapids-build-backend", "setuptools"]
build-backend = "rapids_build_backend.build"
[project]
name = "p"
dynamic = ["version"]
[tool.rapids-build-backend]
build-backend = "setuptools.build_meta"
requires = ["otherlib"]
disable-cuda = true
commit-files = []
dependencies-file = "none.yaml"
"""
    tree = write(tmp_path / "tree", {**TREES["with an import that fails"], "pyproject.toml": pyproject})
    with pytest.raises(BuildFailedError, match=r"Detected use of 'setup_requires' in a setup\.py file"):
        run.pip_wheel(frontends, tree, tmp_path / "out")
