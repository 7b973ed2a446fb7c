"""Recipes: read in one place, held against their form, listed and shown; and what the repository ships."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.docs import schema
from augbackend.cli.edit import recipe_checks
from augbackend.cli.fetch import recipe_places
from augbackend.cli.fetch.recipe_places import RecipePlace
from augbackend.cli.main import group
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model.recipe import RecipeError
from augbackend.cli.model.recipe_entry import RecipeCheck
from augbackend.errors import AugbackendError

from ..conftest import ROOT, write
from .runner import CliRunner, Result

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DIGEST = "sha256:" + "a" * 64
ENTRY = """
[[entries]]
versions = "<=2.1.7"   # a comment
extra-build-dependencies = ["cython"]
why = [{ file = "setup.py", line = 12, text = "from Cython.Build import cythonize" }]
"""
CHECK = f"""
[[entries.checked]]
version = "2.1.7"
python = "3.11.7"
date = 2026-11-26
how = "built-and-imported"
without = "ModuleNotFoundError: No module named 'Cython'"   # seen
sdist = "{DIGEST}"
build-environment = ["cython==3.2.1", "setuptools==82.0.1"]
"""
GOOD = f'project = "demo"\n{ENTRY}{CHECK}'


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["recipes", *map(str, arguments)], catch_exceptions=False)


def mistakes(text: str, name: str = "demo") -> list[str]:
    try:
        return recipes.mistakes_of(recipes.read(text.encode(), f"{name}.toml", name))
    except RecipeError as error:
        return list(error.mistakes)


def test_a_good_recipe() -> None:
    assert mistakes(GOOD) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace('"demo"', '"Demo_1"'), "project: found 'Demo_1'; write the normalised name, 'demo-1'"),
        (GOOD.replace('"demo"', '"other"'), "project: found 'other'; the file is called demo.toml"),
        ("more = 1\n" + GOOD, "more: unknown key"),
        (GOOD.replace('versions = "<=2.1.7"', 'python = ">=3"'), "entries[0]: the key 'versions' is missing"),
        (GOOD.replace("<=2.1.7", "2.1.7"), "entries[0].versions: found '2.1.7'"),
        (GOOD.replace("<=2.1.7", ">2,<1"), "entries[0].versions: no version fits '>2,<1'"),
        (GOOD.replace("extra-build-dep", "extra-dep"), "unknown key, did you mean 'extra-build-dependencies'?"),
        (GOOD.replace('["cython"]', "[]"), "entries[0]: it declares nothing"),
        (GOOD.replace("why", "# why"), "entries[0]: the key 'why' is missing"),
        (GOOD.replace("2026-11-26", '"2026-11-26"'), "entries[0].checked[0].date: found '2026-11-26' (a string)"),
        (GOOD.replace('n = "2.1.7"', 'n = "9"'), "entries[0].checked[0].version: 9 is not in '<=2.1.7'"),
        (GOOD.replace("sdist =", "# sdist ="), "entries[0].checked[0]: the key 'sdist' is missing"),
        (GOOD.replace("sha256:", "md5:"), "entries[0].checked[0].sdist: found"),
        (GOOD.replace("\nwhy", '\npython = ">=3.12"\nwhy'), "checked[0].python: 3.11.7 is not in '>=3.12'"),
        (GOOD + CHECK, "entries[0].checked[1]: 2.1.7 on Python 3.11 is there twice"),
        (GOOD + ENTRY.replace("<=", ">="), "entries[1].versions: 2.1.7 is also in entries[0] (<=2.1.7)"),
        ("project = [", "it is not TOML in UTF-8"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_key(text: str, said: str) -> None:
    assert any(said in line for line in mistakes(text)), mistakes(text)


def test_entries_for_other_pythons_do_not_meet() -> None:
    first, second = ('python = "<3.12"\nwhy', 'python = ">=3.12"\nwhy')
    assert mistakes(f'project = "demo"\n{ENTRY.replace("why", first)}{ENTRY.replace("why", second)}') == []


def test_the_first_entry_that_fits_counts() -> None:
    other = ENTRY.replace("<=2.1.7", ">=1").replace('"cython"', '"numpy"')
    found = recipes.read(f'project = "demo"\n{ENTRY}{other}'.encode(), "", "demo")
    declared = [
        recipes.declaration_of(found, entry, "").in_words()
        for text in ("2.0", "3.0")
        if (entry := found.entry_for(text, "3.11"))
    ]
    assert declared == ["cython", "numpy"]


def test_an_archive_takes_an_entry_that_this_python_does_not_need() -> None:
    text = GOOD.replace("\nwhy", '\npython = ">=3.11"\nwhy')
    found = recipes.read(text.encode(), "", "demo")
    assert found.entry_for("2.1.7", "3.10.2") is None
    assert found.entry_for_archive("2.1.7", "3.10.2") is not None
    assert found.entry_for("2.1.7", "3.11.0") is not None


def test_check_names_file_and_key(tmp_path: Path) -> None:
    folder = write(tmp_path, {"recipes/demo.toml": GOOD.replace("why", "# why"), "recipes/fine.toml": GOOD})
    result = run("check", folder / "recipes")
    assert result.exit_code == 1
    assert "demo.toml: entries[0]: the key 'why' is missing" in result.output
    assert "fine.toml: project: found 'demo'; the file is called fine.toml" in result.output
    found = json.loads(run("check", folder / "recipes", "--json").stdout)
    assert (found["checked"], len(found["wrong"])) == (2, 2)


def test_list_and_show(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"demo.toml": GOOD})
    assert "demo  <=2.1.7" in run("list", "--recipes", folder).output
    document = json.loads(run("list", "--recipes", folder, "--json").stdout)
    (one,) = document["recipes"]
    assert document["format"] == 1
    assert (one["project"], one["versions"], one["verified"], one["from"]) == (
        "demo",
        "<=2.1.7",
        True,
        "the folder mine",
    )
    assert one["declares"] == {"extra-build-dependencies": ["cython"]}
    shown = run("show", "Demo", "--recipes", folder).output
    assert "why: setup.py, line 12: from Cython.Build import cythonize" in shown
    assert "without it: ModuleNotFoundError" in shown
    missing = run("show", "nope", "--recipes", folder)
    assert (missing.exit_code, "there is no recipe for nope" in missing.output) == (2, True)


def test_what_the_user_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given", "own", "shipped"):
        write(tmp_path / name, {"demo.toml": GOOD.replace("cython", name)})
    monkeypatch.setattr(recipe_places, "own_folder", lambda: tmp_path / "own")
    monkeypatch.setattr(recipe_places, "shipped_folder", lambda: tmp_path / "shipped")
    lookup: Any = None
    places = [one.words for one in recipe_places.places([str(tmp_path / "given")], lookup).places]
    assert places == ["the folder given", "your own folder", "shipped with augbackend"]
    with pytest.raises(AugbackendError, match="no such folder"):
        recipe_places.places([str(tmp_path / "absent")], lookup)


def check(**changes: Any) -> RecipeCheck:
    values = {
        "version": "2.1.7",
        "how": "built-and-imported",
        "date": "2026-11-26",
        "python": "3.11.7",
        "without": "ModuleNotFoundError: No module named 'Cython'",
        "sdist": DIGEST,
        "build_environment": ("cython==3.2.1", "setuptools==82.0.1"),
    }
    return RecipeCheck(**{**values, **changes})


def test_the_same_check_changes_nothing() -> None:
    assert recipe_checks.with_check(GOOD, 0, check()) == GOOD


def test_a_check_takes_the_place_of_an_earlier_one() -> None:
    new = recipe_checks.with_check(GOOD, 0, check(date="2026-12-01", python="3.11.9"))
    assert new == GOOD.replace("2026-11-26", "2026-12-01").replace("3.11.7", "3.11.9")


def test_a_check_of_another_python_stands_beside() -> None:
    new = recipe_checks.with_check(GOOD, 0, check(python="3.12.1"))
    assert new.startswith(GOOD.rstrip())
    assert [one["python"] for one in tomllib.loads(new)["entries"][0]["checked"]] == ["3.11.7", "3.12.1"]
    assert mistakes(new) == []


def test_a_first_check_and_one_of_a_later_entry() -> None:
    text = f'project = "demo"\n{ENTRY}\n# the other\n{ENTRY.replace("<=2.1.7", ">2.1.7")}'
    for at, version in ((0, "2.1.7"), (1, "3.0")):
        text = recipe_checks.with_check(text, at, check(version=version, build_environment=tuple("abcdefghij"[:1])))
        found = tomllib.loads(text)["entries"][at]["checked"]
        assert [(one["version"], one["date"]) for one in found] == [(version, date(2026, 11, 26))]
    assert "# the other" in text
    assert text.count("# a comment") == 2
    assert mistakes(text) == []


def test_a_build_takes_the_place_of_what_was_only_read() -> None:
    read = (
        'project = "demo"\n'
        + ENTRY
        + '\n[[entries.checked]]\nversion = "2.1.7"\ndate = 2026-11-25\nhow = "read-only"\n'
    )
    assert recipes.how_checked(recipes.read(read.encode(), "", "demo").entries[0]) == "read-only"
    found = tomllib.loads(recipe_checks.with_check(read, 0, check()))["entries"][0]["checked"]
    assert [one["how"] for one in found] == ["built-and-imported"]


def shipped() -> Iterator[Path]:
    return iter(sorted((ROOT / "recipes").glob("*.toml")))


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(one) for key, one in value.items()}
    return (
        [as_json(one) for one in value] if isinstance(value, list) else str(value) if isinstance(value, date) else value
    )


def test_every_recipe_that_is_shipped_is_well_formed() -> None:
    validate: Any = pytest.importorskip("fastjsonschema").compile(schema.get_recipe_schema())
    for file in shipped():
        found = RecipePlace("", file.parent).recipe(file.stem)
        assert found is not None
        assert recipes.mistakes_of(found) == [], file.name
        validate(as_json(tomllib.loads(file.read_text(encoding="utf-8"))))


def test_the_schema_takes_what_the_reader_takes() -> None:
    library: Any = pytest.importorskip("fastjsonschema")
    validate = library.compile(schema.get_recipe_schema())
    validate(as_json(tomllib.loads(GOOD)))
    for bad in (GOOD.replace("versions", "version"), GOOD.replace("built-and-imported", "built"), "project = 'x'"):
        with pytest.raises(library.JsonSchemaException):
            validate(as_json(tomllib.loads(bad)))


def test_the_schema_in_the_repository_is_of_today() -> None:
    kept = json.loads((ROOT / "recipes" / "schema.json").read_text(encoding="utf-8"))
    assert kept == schema.get_recipe_schema(), "run: python -m augbackend.cli.docs.schema recipe > recipes/schema.json"
