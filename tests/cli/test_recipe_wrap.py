"""Recipes are asked first: what `wrap` takes of one, what gives way, what the archive records; and `diagnose`."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from augbackend.cli.fetch import cache as caches
from augbackend.cli.fetch import recipe_places
from augbackend.cli.fetch.recipe_places import RecipePlace, RecipePlaces
from augbackend.cli.model import declaration as declarations
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.locked_version import Locked
from augbackend.cli.project.recipe_completion import RecipeCompletion
from augbackend.errors import AugbackendError

from ..conftest import write
from .archives import (
    content,
    entries,
    own_table,
    report,
    sdist,
    serving,
    sha256,
    tarred,
    text_of,
    unpacked,
    wrap,
    wrapped,
)

RECIPE = """
project = "demo"

[[entries]]
versions = "<2"
extra-build-dependencies = ["cython", "numpy<2"]
extra-build-variables = { DEMO = "1" }
remove-build-dependencies = ["torch"]
jobs = { max = 2 }
why = [{ message = "ModuleNotFoundError: No module named 'Cython'" }]

[[entries.checked]]
version = "1.0"
python = "3.11.7"
date = 2026-11-26
how = "built-and-imported"
without = "ModuleNotFoundError: No module named 'Cython'"
sdist = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
build-environment = ["cython==3.2.1", "numpy==1.26.4", "setuptools==82.0.1"]
"""
LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
sdist = {{ url = "{url}", hash = "sha256:{sha256}" }}

[[package]]
name = "consumer"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "demo" }}]

[package.metadata]
requires-dist = [{{ name = "demo" }}]
"""
CONSUMER = '[project]\nname = "consumer"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["demo"]\n{}'


@pytest.fixture
def folder(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sdist of demo 1.0 in `sdists`, a recipe for it in `mine`; the current folder."""
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    sdist(tmp_path / "sdists")
    write(tmp_path / "mine", {"demo.toml": RECIPE})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_without_options_the_recipe_is_taken_and_said(folder: Path) -> None:
    result = wrapped("demo", "--recipes", folder / "mine")
    (line,) = [line for line in result.stdout.splitlines() if "recipe demo" in line]
    assert line.split(": ", 1)[0].strip() == "recipe demo <2, the folder mine"
    assert "no torch of its own, cython, numpy<2, DEMO=1" in line
    assert "1.0 was built and imported on 2026-11-26 with Python 3.11.7" in line
    table = own_table(Path("wrapped.d/demo-1.0.tar.gz"))
    assert table["extra-build-dependencies"][:2] == ["cython", "numpy<2"]
    assert (table["extra-build-variables"], table["jobs"]) == ({"DEMO": "1"}, {"max": 2})
    assert table["origin"]["recipe"] == "demo <2, the folder mine"
    assert not [name for name in unpacked(Path("wrapped.d/demo-1.0.tar.gz")) if "recipe" in name], "never in a copy"


def test_the_users_word_wins_and_that_is_said(folder: Path) -> None:
    options = (
        "--recipes",
        folder / "mine",
        "--require",
        "numpy==1.20",
        "--variable",
        "DEMO=2",
        "--remove-require",
        "cython",
    )
    (package,) = report("demo", *options)["packages"]
    table = own_table(Path("wrapped.d/demo-1.0.tar.gz"))
    assert table["extra-build-dependencies"][0] == "numpy==1.20"
    assert "cython" not in table["extra-build-dependencies"]
    assert table["extra-build-variables"] == {"DEMO": "2"}
    assert package["recipe"]["overridden"] == [
        "cython of the recipe is left out, since you drop cython",
        "numpy<2 of the recipe gives way to numpy==1.20 (--require)",
        "DEMO=1 of the recipe gives way to DEMO=2",
    ]


def test_what_the_user_says_as_the_recipe_does_gives_way_to_nothing(folder: Path) -> None:
    options = ("--recipes", folder / "mine", "--require", "numpy<2", "--variable", "DEMO=1")
    (package,) = report("demo", *options)["packages"]
    assert package["recipe"]["overridden"] == []


def test_no_recipes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe_places, "own_folder", lambda: folder / "mine")
    (package,) = report("demo", "--no-recipes")["packages"]
    assert package["recipe"] is None
    assert "recipe" not in own_table(Path("wrapped.d/demo-1.0.tar.gz"))["origin"]
    (package,) = report("demo")["packages"]
    assert package["recipe"]["from"] == "your own folder"
    assert wrap("demo", "--no-recipes", "--recipes", folder / "mine").exit_code == 2


def test_a_version_that_no_entry_is_for_is_left_alone(folder: Path) -> None:
    sdist(folder / "sdists", version="2.0")
    (package,) = report("demo", "--recipes", folder / "mine")["packages"]
    assert (package["version"], package["recipe"]) == ("2.0", None)


def test_only_its_own_recipe_makes_an_archive_stale(folder: Path) -> None:
    options = ("demo", "--recipes", folder / "mine")
    wrapped(*options)
    write(folder / "mine", {"other.toml": RECIPE.replace("demo", "other")})
    write(folder / "mine", {"demo.toml": RECIPE.replace("2026-11-26", "2026-12-24").replace("82.0.1", "83")})
    assert wrap(*options, "--check").exit_code == 0
    write(folder / "mine", {"demo.toml": RECIPE.replace("numpy<2", "numpy<1.25")})
    stale = wrap(*options, "--check")
    assert stale.exit_code == 1
    assert "- numpy<2, + numpy<1.25" in stale.stdout


def test_frozen_pins_what_the_recorded_build_had(folder: Path) -> None:
    result = wrapped("demo", "--recipes", folder / "mine", "--frozen")
    table = own_table(Path("wrapped.d/demo-1.0.tar.gz"))
    pinned = [text.rpartition(",")[2] for text in table["extra-build-dependencies"]]
    assert sorted(pinned) == ["==82.0.1", "cython==3.2.1", "numpy==1.26.4"] or "cython==3.2.1" in pinned
    assert "numpy==1.26.4" in text_of(Path("wrapped.d/demo-1.0.tar.gz"))
    assert "82.0.1" in text_of(Path("wrapped.d/demo-1.0.tar.gz"))
    assert "pinned to the build of 1.0 on Python 3.11.7" in result.stdout


def test_frozen_needs_a_record(folder: Path) -> None:
    sdist(folder / "sdists", version="1.5")
    result = wrap("demo==1.5", "--recipes", folder / "mine", "--frozen")
    assert result.exit_code == 2
    assert "no build of demo 1.5 is recorded to pin to" in result.stderr
    assert "recorded is 1.0" in result.stderr
    assert not Path("wrapped.d").exists()
    sdist(folder / "sdists", name="else")
    assert "there is no recipe for else 1.0" in wrap("else", "--frozen").stderr
    assert wrap("demo", "--frozen", "--no-recipes").exit_code == 2


def project(folder: Path, tables: str = "") -> None:
    archive = folder / "sdists" / "demo-1.0.tar.gz"
    lock = LOCK.format(url=archive.as_uri().replace("file://", "https://"), sha256=sha256(archive))
    write(Path(), {"pyproject.toml": CONSUMER.format(tables), "uv.lock": lock})


@pytest.fixture
def fetched(folder: Path) -> Path:
    """The locked sdist is in the cache."""
    archive = folder / "sdists" / "demo-1.0.tar.gz"
    caches.Cache(caches.default_folder()).keep(archive, sha256(archive))
    return folder


def test_a_project_is_completed_and_its_tables_stay_the_authority(fetched: Path) -> None:
    project(fetched, '\n[tool.augbackend.packages.demo]\nextra-build-dependencies = ["numpy==1.21"]\n')
    (package,) = report("--recipes", fetched / "mine")["packages"]
    assert [one["requirement"] for one in package["build-requirements"]][:2] == ["numpy==1.21", "cython"]
    assert "gives way to numpy==1.21 (tool.augbackend.packages.demo)" in package["recipe"]["overridden"][0]
    assert package["recipe"]["declares"] == "no torch of its own, cython, DEMO=1"


def test_what_only_a_recipe_names_is_wrapped_if_it_has_no_wheel(fetched: Path) -> None:
    project(fetched)
    refused = wrap()
    assert (refused.exit_code, "there is no package to wrap" in refused.stderr) == (2, True)
    (package,) = report("--recipes", fetched / "mine")["packages"]
    assert (package["name"], package["version-from"]) == ("demo", "locked in uv.lock")
    assert wrap("--recipes", fetched / "mine", "--check").exit_code == 0
    # uv locks the archive then, and the recipe is still what says so.
    lock = Path("uv.lock").read_text().split("[[package]]")
    lock[1] = '\nname = "demo"\nversion = "1.0"\nsource = { path = "wrapped.d/demo-1.0.tar.gz" }\n\n'
    write(Path(), {"uv.lock": "[[package]]".join(lock)})
    again = wrap("--recipes", fetched / "mine", "--check")
    assert "recipe demo <2" in again.stdout


def test_recipes_from_an_archive_need_its_sha256(folder: Path) -> None:
    packed = folder / "recipes.tar.gz"
    packed.write_bytes(
        gzip.compress(tarred(entries({"recipes/demo.toml": RECIPE, "pyproject.toml": "["}, "all-1")), mtime=0)
    )
    with serving() as index:
        index.pages["/recipes.tar.gz"] = packed.read_bytes()
        url = f"{index.url}/recipes.tar.gz"
        refused = wrap("demo", "--recipes", url)
        assert "only with their sha256" in refused.stderr
        wrong = wrap("demo", "--recipes", f"{url}#sha256={'0' * 64}")
        assert (wrong.exit_code, "expected 0000" in wrong.stderr) == (2, True)
        assert not content(Path())
        (package,) = report("demo", "--recipes", f"{url}#sha256={sha256(packed)}")["packages"]
        asked = len(index.asked)
        report("demo", "--recipes", f"{url}#sha256={sha256(packed)}", "--check")
        assert len(index.asked) == asked, "it is kept"
    assert package["recipe"]["from"] == f"{url}#sha256={sha256(packed)[:16]}"


def test_a_broken_recipe_is_named(folder: Path) -> None:
    write(folder / "mine", {"demo.toml": RECIPE.replace("why", "wy")})
    result = wrap("demo", "--recipes", folder / "mine")
    assert result.exit_code == 2
    assert "entries[0].wy: unknown key" in result.stderr


def completion(text: str = RECIPE) -> RecipeCompletion:
    return RecipeCompletion(RecipePlaces((RecipePlace("a test", None, {"demo.toml": text.encode()}),)), "3.11.7")


def test_a_variable_of_a_recipe_sees_none_of_the_users() -> None:
    assert not completion().completed(Declaration(), "demo", "1.0").is_by_user


def test_a_build_takes_only_what_its_python_needs() -> None:
    text = RECIPE.replace("\nwhy", '\npython = ">=3.12"\nwhy', 1)
    here = completion(text)
    assert here.completed(Declaration(), "demo", "1.0").recipe is not None
    assert replace(here, is_for_this_build=True).completed(Declaration(), "demo", "1.0").recipe is None


def test_a_label_is_no_other_version() -> None:
    assert completion().completed(Declaration(), "demo", "1.0+team").recipe is not None


def test_what_is_matched_to_run_time_is_not_pinned() -> None:
    text = RECIPE.replace('"numpy<2"', '{ requirement = "numpy", match-runtime = true }')
    frozen = replace(completion(text), is_frozen=True).completed(Declaration(), "demo", "1.0")
    assert frozen.requirement_texts == {"numpy": "numpy", "cython": "cython==3.2.1", "setuptools": "setuptools==82.0.1"}


def test_pins_say_what_gives_way() -> None:
    own = declarations.of(["setuptools<70"], "--require")
    frozen = replace(completion(), is_frozen=True).completed(own, "demo", "1.0")
    assert frozen.requirement_texts["setuptools"] == "setuptools<70"
    assert frozen.recipe is not None
    assert frozen.recipe.overridden == (
        "setuptools==82.0.1, which is recorded, gives way to setuptools<70 (--require)",
    )


def test_frozen_without_any_recipe() -> None:
    with pytest.raises(AugbackendError, match="there is no recipe for nope 1"):
        replace(completion(), is_frozen=True).completed(Declaration(), "nope", "1")


def test_a_table_that_says_more_of_single_versions_is_completed_when_the_version_is_known() -> None:
    locked = [Locked("demo", "1.0", "", "", "", None, (), "", "uv.lock")]
    said = Declaration(by_version=((">=1", Declaration()),))
    assert completion().of_locked(said, "demo", locked) is said
    assert completion().of_locked(Declaration(), "demo", locked).recipe is not None
