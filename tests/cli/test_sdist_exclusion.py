"""Whether a project's own sdist would hold the archives, and the line that keeps them out; tried in tests/builds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from augbackend.cli.wrapping.sdist_exclusion import exclusion

from ..conftest import write

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETUPTOOLS = 'build-backend = "setuptools.build_meta"\nrequires = ["setuptools"]\n'
SCM = 'build-backend = "setuptools.build_meta"\nrequires = ["setuptools", "setuptools_scm[toml]>=8"]\n'
HATCHLING = 'build-backend = "hatchling.build"\nrequires = ["hatchling"]\n'
SCIKIT = 'build-backend = "scikit_build_core.build"\nrequires = ["scikit-build-core"]\n'
MESON = 'build-backend = "mesonpy"\nrequires = ["meson-python"]\n'
ADOPTED = 'build-backend = "augbackend"\nbackend-path = ["x"]\nrequires = []\n[tool.augbackend]\nbuild-backend = "hatchling.build"\n'


def written(folder: Path, system: str, files: dict[str, str | bytes], place: str = "wrapped.d") -> str:
    """What is to be written: the file and the lines; empty if nothing is."""
    found = exclusion(tomllib.loads(f"[build-system]\n{system}"), write(folder, files), place)
    return "" if found is None else "|".join((found.file, *found.lines))


@pytest.mark.parametrize(
    ("manifest", "system", "is_in"),
    [
        ("", SETUPTOOLS, False),
        ("", SCM, True),
        ("prune wrapped.d", SCM, False),
        ("prune wrapped.d/", SCM, False),
        ("prune wrapped*\n", SCM, False),
        ("exclude wrapped.d/*\n", SCM, False),
        ("exclude *.gz\n", SCM, True),
        ("global-exclude *.py[cod] *.tar.gz", SCM, False),
        ("recursive-exclude wrapped.d *", SCM, False),
        ("recursive-exclude docs *", SCM, True),
        ("recursive-exclude", SCM, True),
        ("graft .", SETUPTOOLS, True),
        ("graft src\ngraft wrapped.d  # all", SETUPTOOLS, True),
        ("graft .\nprune wrapped.d", SETUPTOOLS, False),
        ("prune wrapped.d\ngraft .", SETUPTOOLS, True),
        ("global-include *", SETUPTOOLS, True),
        ("global-include *.py \\\n  *.gz", SETUPTOOLS, True),
        ("recursive-include . *.gz", SETUPTOOLS, True),
        ("include *", SETUPTOOLS, False),
        ("# graft .\n\ninclude LICENSE", SETUPTOOLS, False),
        ("graft .", 'requires = ["setuptools"]\n', True),
        ("graft .", 'build-backend = "setuptools.build_meta:__legacy__"\nrequires = []\n', True),
    ],
)
def test_manifest(tmp_path: Path, manifest: str, system: str, is_in: bool) -> None:
    files: dict[str, str | bytes] = {"MANIFEST.in": manifest} if manifest else {}
    assert written(tmp_path, system, files) == ("MANIFEST.in|prune wrapped.d" if is_in else "")


SDIST = "tool.hatch.build.targets.sdist"


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("", f'[{SDIST}]|exclude = ["/wrapped.d"]'),
        (f'[{SDIST}]\nexclude = ["/docs"]\n', f'"/wrapped.d" to {SDIST}.exclude'),
        (f"[{SDIST}]\ncore-metadata-version = '2.3'\n", f'exclude = ["/wrapped.d"] to [{SDIST}]'),
        (f'[{SDIST}]\nexclude = ["/wrapped.d"]\n', None),
        (f'[{SDIST}]\nexclude = ["wrapped.d/**"]\n', None),
        ('[tool.hatch.build]\nexclude = ["*.tar.gz"]\n', None),
        (f'[{SDIST}]\ninclude = ["/src"]\n', None),
        ('[tool.hatch.build]\nonly-include = ["src"]\n', None),
        ("[tool.hatch]\nbuild = 3\n", f'[{SDIST}]|exclude = ["/wrapped.d"]'),
    ],
)
def test_hatchling(tmp_path: Path, table: str, lines: str | None) -> None:
    assert written(tmp_path, HATCHLING + table, {}) == (f"pyproject.toml|{lines}" if lines else "")
    assert written(tmp_path, ADOPTED + table, {}) == (f"pyproject.toml|{lines}" if lines else "")


def test_other_backends(tmp_path: Path) -> None:
    added = 'pyproject.toml|[tool.scikit-build.sdist]|exclude = ["/wrapped.d"]'
    assert written(tmp_path, SCIKIT, {}) == added
    assert written(tmp_path, f'{SCIKIT}[tool.scikit-build.sdist]\nexclude = ["wrapped.d/"]\n', {}) == ""
    assert written(tmp_path, MESON, {}) == ".gitattributes|wrapped.d export-ignore"
    assert written(tmp_path, MESON, {".gitattributes": "a b\nwrapped.d export-ignore\n"}) == ""
    for name in ("flit_core.buildapi", "poetry.core.masonry.api", "pdm.backend", "uv_build"):
        assert written(tmp_path, f'build-backend = "{name}"\nrequires = []\n', {}) == ""


def test_an_output_that_is_elsewhere(tmp_path: Path) -> None:
    assert written(tmp_path, HATCHLING, {}, "../wrapped.d") == ""
    assert written(tmp_path, HATCHLING, {}, "a/b") == f'pyproject.toml|[{SDIST}]|exclude = ["/a/b"]'
