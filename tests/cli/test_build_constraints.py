"""`augbackend wrap` takes build constraints along: of uv's table, and of files that variables name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .archives import own_table, sdist, wrap, wrapped
from .test_wrap_project import PROJECT, here, project, requirements

__all__ = ["here"]  # a fixture

CONSTRAINED = (
    PROJECT + "[tool.uv]\nbuild-constraint-dependencies = [{}]\n[tool.uv.extra-build-dependencies]\ndemo = [{}]\n"
)


@pytest.mark.parametrize(
    ("constraint", "asked", "expected"),
    [
        ('"setuptools<82"', '"ninja"', ["ninja", "setuptools>=40.8.0,<82"]),  # setuptools is asked for by upstream
        ('"Ninja>=1,<2", "Numpy<2"', '"ninja"', ["Ninja<2,>=1"]),
        ('"ninja[x]<2; os_name == \'nt\'"', '"ninja"', ["ninja", 'ninja<2 ; os_name == "nt"']),
        (
            "\"ninja<2; os_name == 'nt' or os_name == 'posix'\"",
            "\"ninja; python_version > '3' or extra == 'x'\"",
            [
                "ninja; python_version > '3' or extra == 'x'",
                'ninja<2 ; (os_name == "nt" or os_name == "posix") and (python_version > "3" or extra == "x")',
            ],
        ),
        ('"ninja @ https://host.example/n-1-py3-none-any.whl"', '"ninja"', [
            "ninja @ https://host.example/n-1-py3-none-any.whl",
        ]),
        ('"ninja<2", "ninja!=1.5", "ninja<2"', '"ninja", "ninja>1"', ["ninja>1,<2,!=1.5"]),
        ('"ninja<2"', '"ninja==1.11"', ["ninja==1.11"]),  # fulfilled
        ('"ninja<2"', '"ninja==3"', ["ninja==3,<2"]),  # the frontend says that there is none
        ('"torch<2.9"', '{ requirement = "torch", match-runtime = true }', [
            {"requirement": "torch==2.8.0", "match-runtime": True, "locked": ["torch==2.8.0"]},
        ]),
        ('"ninja", "numpy<2"', '"ninja"', ["ninja"]),
    ],
)  # fmt: skip
def test_build_constraints_go_into_the_archive(here: Path, constraint: str, asked: str, expected: list[Any]) -> None:
    project(here, CONSTRAINED.format(constraint, asked))
    wrapped()
    assert [one for one in requirements(here) if one != "setuptools"] == expected
    assert wrapped("--check").exit_code == 0


def test_a_build_constraint_holds_where_its_requirement_does(here: Path) -> None:
    ours = '[tool.augbackend.packages]\ndemo = { extra-build-dependencies = [{ requirement = "ninja", hooks = ["wheel"], unless-command = "ninja" }] }\n'
    project(here, f'{PROJECT}[tool.uv]\nbuild-constraint-dependencies = ["ninja<2"]\n{ours}')
    wrapped()
    rest = {"hooks": ["wheel"], "unless-command": "ninja"}
    assert requirements(here)[:2] == [{"requirement": "ninja", **rest}, {"requirement": "ninja<2", **rest}]


def test_an_old_setuptools_by_a_constraint_builds_wheels_with_wheel(here: Path) -> None:
    project(here, CONSTRAINED.format('"setuptools<58", "wheel<0.40"', '"ninja"'))
    wrapped()
    assert {"wheel<0.40", "setuptools>=40.8.0,<58"} <= {*requirements(here)}


@pytest.mark.parametrize("variable", ["UV_BUILD_CONSTRAINT", "PIP_BUILD_CONSTRAINT"])
def test_build_constraints_of_the_environment(here: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    files = {
        "a.txt": "# why\nninja<2  # and\n-r more/b.txt\n",
        "more/b.txt": "setuptools<82 \\\n  ; os_name != 'x'\n",
        "c.txt": "numpy<2",
    }
    project(here, CONSTRAINED.format("", '"ninja"'), **files)
    monkeypatch.setenv(variable, "a.txt c.txt")
    result = wrapped()
    assert requirements(here) == ["ninja<2", 'setuptools<82 ; os_name != "x"']
    assert "not taken along: numpy<2\n" in result.output
    assert f"ninja<2  (a.txt, by {variable})" in result.output
    wrapped("demo==1.0", "--require", "ninja", "-o", "alone")
    assert "ninja<2" in own_table(here / "alone" / "demo-1.0.tar.gz")["extra-build-dependencies"]


@pytest.mark.parametrize(
    ("value", "content", "expected"),
    [
        ("missing.txt", "", "it cannot be read"),
        ("https://host.example/c.txt", "", "https://host.example/c.txt is no file"),
        ("c.txt", "ninja @ https://me:secret@host.example/n-1-py3-none-any.whl", "has credentials in it"),
        (
            "c.txt",
            "ninja @ file:///tmp/n-1-py3-none-any.whl",
            "the build constraint on ninja is a file of this machine",
        ),
    ],
)
def test_build_constraints_that_cannot_be_taken_along(
    here: Path, monkeypatch: pytest.MonkeyPatch, value: str, content: str, expected: str
) -> None:
    project(here, CONSTRAINED.format("", '"ninja"'), **{"c.txt": content})
    monkeypatch.setenv("UV_BUILD_CONSTRAINT", value)
    result = wrap()
    assert result.exit_code == (1 if "file:" in content else 2)  # of one package, or of all
    assert expected in result.output
    assert "secret" not in result.output
    assert not (here / "wrapped.d").exists()


@pytest.mark.parametrize("value", ['"ninja"', '["no good"]', "[1]", "[{ requirement = 'ninja<2' }]"])
def test_build_constraints_that_are_none(here: Path, value: str) -> None:
    project(
        here,
        f"{PROJECT}[tool.uv]\nbuild-constraint-dependencies = {value}\nextra-build-dependencies = {{ demo = [] }}\n",
    )
    result = wrap()
    assert result.exit_code == 2
    assert "tool.uv.build-constraint-dependencies" in result.output


def test_what_upstream_says_may_be_no_requirement(tmp_path: Path, here: Path) -> None:
    del here
    upstream = sdist(tmp_path / "in", {"setup.cfg": "[options]\nsetup_requires = \u00e9 x\n"})
    assert "does not begin with a project name" in wrap(upstream).output
