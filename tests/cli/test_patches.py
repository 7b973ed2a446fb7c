"""`patches` of a package: what wrap applies and carries, what verify proves, where recipes have theirs."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
import time
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import attempt, next_steps, search, tables_for_uv
from augbackend.cli.diagnosis.attempt import Circumstances
from augbackend.cli.diagnosis.diagnosing_processes import PackageToDiagnose, Processes
from augbackend.cli.diagnosis.package_diagnosis import PackageDiagnosis
from augbackend.cli.diagnosis.subject import Subject
from augbackend.cli.fetch import patched_sdist, recipe_places
from augbackend.cli.fetch import sdist as sdists
from augbackend.cli.fetch.cache import Cache
from augbackend.cli.fetch.lookup import Lookup
from augbackend.cli.fetch.recipe_places import RecipePlace, RecipePlaces
from augbackend.cli.main import group
from augbackend.cli.model import recipe as recipes
from augbackend.cli.model import source_patch
from augbackend.cli.model.declaration import Declaration
from augbackend.cli.model.package_sources import NOWHERE
from augbackend.cli.strangers.environment import Installer
from augbackend.cli.strangers.interpreter import Interpreter
from augbackend.errors import AugbackendError

from ..conftest import write
from .archives import (
    SETUP_PY,
    Entry,
    entries,
    hardlink,
    own_table,
    report,
    sdist,
    serving,
    sha256,
    symlink,
    tarred,
    text_of,
    unpacked,
    wrap,
    wrapped,
)
from .runner import CliRunner
from .test_verify import ALLOWED, Edit, added, claiming, replaced, repository, tampered, verify

pytestmark = pytest.mark.usefixtures("alone")

FIX = "--- a/setup.py\n+++ b/setup.py\n@@ -1,2 +1,2 @@\n from setuptools import setup\n-{}+{}"
SIX, SEVEN = SETUP_PY.splitlines(keepends=True)[1], SETUP_PY.splitlines(keepends=True)[1].replace("six", "seven")
FIRST, SECOND = FIX.format(SIX, SEVEN), FIX.format(SEVEN, SEVEN.replace("seven", "eight"))
NEW = "--- /dev/null\n+++ b/src/new.py\n@@ -0,0 +1 @@\n+x = 1\n"
PLACE = "_augbackend/upstream-patches"
RECIPE = 'project = "demo"\n\n[[entries]]\nversions = "<2"\npatches = ["demo/fix.patch"]\nwhy = [{ message = "E" }]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sdist in `sdists`, two patches; the current folder is beside them."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    sdist(tmp_path / "sdists", {"configure": "#!/bin/sh\n"})
    write(tmp_path, {"fix.patch": FIRST, "more/fix.patch": SECOND, "new.patch": NEW})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def archive() -> Path:
    return Path("wrapped.d/demo-1.0.tar.gz")


def test_patches_are_applied_in_order_and_travel(folder: Path) -> None:
    options = ("--patch", folder / "fix.patch", "--patch", folder / "more/fix.patch", "--patch", folder / "new.patch")
    (package,) = report("demo", *options)["packages"]
    assert package["patches"][0] == {
        "patch": "fix.patch",
        "sha256": sha256(folder / "fix.patch"),
        "files": ["setup.py"],
    }
    files = unpacked(archive())
    assert files["setup.py"].decode() == SETUP_PY.replace("six", "eight")
    assert (files["src/new.py"], files["configure"]) == (b"x = 1\n", b"#!/bin/sh\n")
    assert "Requires-Dist: eight" in text_of(archive(), "PKG-INFO"), "what is read is read after the patches"
    listed = own_table(archive())["origin"]["patches"]
    assert [one["file"] for one in listed] == [f"{PLACE}/{name}" for name in ("fix.patch", "2-fix.patch", "new.patch")]
    assert files[f"{PLACE}/2-fix.patch"].decode() == SECOND
    assert listed[1]["sha256"] == sha256(folder / "more/fix.patch")
    before = archive().read_bytes()
    assert report("demo", *options)["packages"][0]["state"] == "unchanged"
    archive().unlink()
    assert "  patched by fix.patch: setup.py\n" in wrapped("demo", *options).stdout
    assert archive().read_bytes() == before, "the same inputs, the same bytes"


def test_upstreams_members_keep_what_they_are(folder: Path) -> None:
    found = folder / "sdists" / "demo-1.0.tar.gz"
    members = [Entry("demo-1.0/PKG-INFO", b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n", mtime=1)]
    members += [
        Entry("demo-1.0/setup.py", SETUP_PY.encode(), mode=0o755, mtime=2, pax={"mtime": "2.5", "comment": "x"})
    ]
    found.write_bytes(gzip.compress(tarred([*members, Entry("demo-1.0/late.c", b"c\n", mtime=9)])))
    wrapped(found, "--patch", folder / "fix.patch")
    with tarfile.open(archive()) as tar:
        of = {one.name.partition("/")[2]: (oct(one.mode), one.mtime) for one in tar}
    assert (of["setup.py"], of["late.c"]) == (("0o755", 9), ("0o644", 9)), "what is patched is as new as the newest"


def test_a_patch_that_does_not_apply_leaves_no_archive(folder: Path) -> None:
    found = wrap("demo", "--patch", folder / "more/fix.patch")
    assert found.exit_code == 2
    assert "hunk 1 of setup.py does not apply: @@ -1,2 +1,2 @@" in found.stderr
    assert f"    2: {SIX}" in found.stderr
    assert f"where: {folder / 'more/fix.patch'}" in found.stderr
    assert not Path("wrapped.d").exists()


def test_a_changed_patch_is_stale(folder: Path) -> None:
    def check() -> str:
        return CliRunner().invoke(group, ["wrap", "--check"]).stdout

    table = '[tool.augbackend.packages.demo]\npatches = ["../fix.patch"]\n'
    write(
        folder / "here",
        {"pyproject.toml": f'[project]\nname = "c"\nversion = "0"\ndependencies = ["demo==1.0"]\n{table}'},
    )
    wrapped("--no-sources")
    first = archive().read_bytes()
    assert "everything is up to date" in check()
    write(folder, {"fix.patch": f"a word before\n{FIRST}"})
    assert "stale, since its patches: - " in check()
    wrapped("--no-sources")
    assert archive().read_bytes() != first, "another patch, another archive"
    write(folder, {"fix.patch": SECOND})
    assert "hunk 1 of setup.py does not apply" in check()


def test_tables_are_for_versions_and_name_what_is_there(folder: Path) -> None:
    table = '[[tool.augbackend.packages.demo]]\nversions = "<1"\npatches = ["../new.patch"]\n[[tool.augbackend.packages.demo]]\nversions = ">=1"\npatches = ["../fix.patch"]\n'
    head = '[project]\nname = "c"\nversion = "0"\ndependencies = ["demo==1.0"]\n'
    write(folder / "here", {"pyproject.toml": head + table})
    wrapped("--no-sources")
    assert unpacked(archive())["setup.py"].decode() == SETUP_PY.replace("six", "seven")
    write(folder / "here", {"pyproject.toml": head + table.replace("fix", "nope").replace("new", "no")})
    found = wrap().stderr
    for name in ("nope", "no"):
        assert f"tool.augbackend.packages.demo.patches: ../{name}.patch: there is no such file" in found


# --- verify ---


def test_the_patches_are_proved_and_listed(folder: Path) -> None:
    wrapped("demo", "--patch", folder / "fix.patch", "--patch", folder / "new.patch")
    found = verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz")
    assert found.exit_code == 0, found.output
    assert found.output.startswith("proved: it is demo 1.0 as the index has it, patched, with 7 additions ")
    assert "(listed below, 2 of them marked with !); nothing else differs" in found.output
    assert (
        f"  ! patch: {PLACE}/fix.patch (sha256 {sha256(folder / 'fix.patch')}) (it changes setup.py; --diff"
        in found.output
    )
    assert "  1 members are upstream's, unchanged" in found.output
    assert f"+{SEVEN}" in verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz", "--diff").output


def left_out(name: str) -> Edit:
    return lambda members: members.pop(f"demo-1.0/{name}") and None


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (replaced("setup.py", "seven", "evil"), "setup.py: changed"),
        (replaced("src/new.py", "1", "2"), "src/new.py: changed"),
        (left_out("src/new.py"), "src/new.py: left out"),
        (replaced(f"{PLACE}/fix.patch", "seven", "evil"), "fix.patch: changed, its sha256 is"),
        (replaced(f"{PLACE}/fix.patch", "@@", "##"), "fix.patch: it names setup.py, and changes nothing in it"),
        (left_out(f"{PLACE}/fix.patch"), "fix.patch: left out, and its origin names it as a patch"),
        (added(f"{PLACE}/evil.patch"), "evil.patch: added"),
        (replaced("pyproject.toml", 'patches = [{ file = "', 'patches = [{ file = "x/'), "left out, and its origin names it"),
        (replaced("pyproject.toml", "patches = [", "evil = ["), "origin.evil: unknown"),
    ],
)  # fmt: skip
def test_what_was_altered_is_found(folder: Path, edit: Edit, problem: str) -> None:
    wrapped("demo", "--patch", folder / "fix.patch", "--patch", folder / "new.patch")
    tampered(archive(), edit)
    found = verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz")
    assert found.exit_code in (1, 2), found.output
    assert problem in found.output + found.stderr
    assert "nothing else differs" not in found.output


def test_a_patch_and_its_sha256_that_were_altered_together(folder: Path) -> None:
    wrapped("demo", "--patch", folder / "fix.patch")
    digest = sha256(folder / "fix.patch")
    write(folder, {"evil.patch": FIRST.replace("seven", "evil")})
    tampered(archive(), replaced(f"{PLACE}/fix.patch", "seven", "evil"))
    tampered(archive(), replaced("pyproject.toml", digest, sha256(folder / "evil.patch")))
    assert "setup.py: changed" in verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz").output
    write(folder, {"bad.patch": SECOND})
    tampered(
        archive(),
        lambda members: members.update(
            {f"demo-1.0/{PLACE}/fix.patch": (members[f"demo-1.0/{PLACE}/fix.patch"][0], SECOND.encode())}
        ),
    )
    tampered(archive(), replaced("pyproject.toml", sha256(folder / "evil.patch"), sha256(folder / "bad.patch")))
    found = verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz")
    assert "its patches do not apply to upstream's: hunk 1 of setup.py" in found.output


def test_what_a_project_says_is_expected(folder: Path) -> None:
    table = '[tool.augbackend.packages.demo]\npatches = ["../fix.patch"]\n'
    project = folder / "here" / "pyproject.toml"
    write(
        folder / "here",
        {"pyproject.toml": f'[project]\nname = "c"\nversion = "0"\ndependencies = ["demo==1.0"]\n{table}'},
    )
    wrapped("--no-sources")
    options = ("--upstream", folder / "sdists" / "demo-1.0.tar.gz", "--expect", project)
    assert verify(archive(), *options).exit_code == 0
    write(folder, {"fix.patch": f"a word before\n{FIRST}"})
    found = verify(archive(), *options)
    assert found.exit_code == 1
    assert f"patch: {PLACE}/fix.patch (sha256 " in found.output
    assert "is not what" in found.output


@pytest.mark.processes
def test_a_repository_is_proved_with_its_patches(tmp_path: Path) -> None:
    where = repository(tmp_path / "repository")
    made = claiming(tmp_path, where)
    members = unpacked(made)
    line = members["setup.py"].decode().splitlines()[0]
    patch = f"--- a/setup.py\n+++ b/setup.py\n@@ -1 +1 @@\n-{line}\n+{line}  # patched\n"
    write(tmp_path, {"p.patch": patch})
    listed = f'[tool.augbackend.origin]\npatches = [{{ file = "{PLACE}/p.patch", sha256 = "{sha256(tmp_path / "p.patch")}" }}]'

    def edit(found: dict[str, tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo(f"demo-1.0/{PLACE}/p.patch")
        found[member.name] = (member, patch.encode())
        setup, content = found["demo-1.0/setup.py"]
        found[setup.name] = (setup, content.replace(line.encode(), f"{line}  # patched".encode(), 1))

    tampered(made, edit)
    tampered(made, replaced("pyproject.toml", "[tool.augbackend.origin]", listed))
    found = verify(made, *ALLOWED)
    assert f"  ! patch: {PLACE}/p.patch" in found.output
    assert "setup.py" not in "".join(
        one for one in found.output.splitlines() if "problem" in one or "not proved" in one
    )
    tampered(made, replaced("setup.py", "# patched", "# evil"))
    assert "problem: setup.py: changed" in verify(made, *ALLOWED).output


# --- recipes ---


def test_a_recipe_has_patches_beside_it(folder: Path) -> None:
    write(folder / "mine", {"demo.toml": RECIPE, "demo/fix.patch": FIRST})
    result = wrapped("demo", "--recipes", folder / "mine")
    assert "recipe demo <2, the folder mine: patched by fix.patch; not checked yet" in result.stdout
    assert unpacked(archive())["setup.py"].decode() == SETUP_PY.replace("six", "seven")
    before = recipe_places.places([str(folder / "mine")], None, with_others=False).digest("demo")  # type: ignore[arg-type]
    write(folder / "mine", {"demo/fix.patch": f"a word\n{FIRST}"})
    assert recipe_places.places([str(folder / "mine")], None, with_others=False).digest("demo") != before  # type: ignore[arg-type]
    wrapped("demo", "--recipes", folder / "mine", "--patch", folder / "new.patch")
    assert unpacked(archive())["setup.py"].decode() == SETUP_PY, "the user's patches take the place of the recipe's"
    assert (
        "fix.patch of the recipe gives way to new.patch"
        in wrapped("demo", "--recipes", folder / "mine", "--patch", folder / "new.patch").stdout
    )
    shown = CliRunner().invoke(group, ["recipes", "show", "demo", "--recipes", str(folder / "mine")]).stdout
    assert "  patches: demo/fix.patch, to setup.py\n" in shown


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("demo/fix.patch", None, "there is no such file"),
        ("demo/fix.patch", "words\n", "there is no change in it"),
        ("../fix.patch", FIRST, "below the recipe's folder"),
        ("/fix.patch", FIRST, "below the recipe's folder"),
        ("demo/fix.diff", FIRST, "that ends in .patch"),
    ],
)
def test_recipes_are_checked_with_their_patches(folder: Path, path: str, content: str | None, said: str) -> None:
    write(folder / "mine", {"demo.toml": RECIPE.replace("demo/fix.patch", path)})
    if content is not None and path.startswith("demo"):
        write(folder / "mine", {path: content})
    result = CliRunner().invoke(group, ["recipes", "check", str(folder / "mine" / "demo.toml")])
    assert result.exit_code == 1
    assert f"entries[0].patches: {path}: " in result.stdout
    assert said in result.stdout


@pytest.mark.parametrize("head", ["recipes/", "x-1/recipes/", "x-1/", ""])
def test_recipes_of_an_archive_have_their_patches(folder: Path, head: str) -> None:
    packed = folder / "recipes.tar.gz"
    files = {f"{head}demo.toml": RECIPE, f"{head}demo/fix.patch": FIRST, "elsewhere/fix.patch": SECOND}
    with tarfile.open(packed, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    with serving() as index:
        index.pages["/recipes.tar.gz"] = packed.read_bytes()
        wrapped("demo", "--recipes", f"{index.url}/recipes.tar.gz#sha256={sha256(packed)}")
    assert unpacked(archive())["setup.py"].decode() == SETUP_PY.replace("six", "seven")


def test_the_form_of_a_recipe_without_a_folder() -> None:
    with pytest.raises(recipes.RecipeError) as error:
        recipes.read(RECIPE.encode(), "", "demo")
    assert error.value.mistakes == ("entries[0].patches: demo/fix.patch: there is no folder that it could be in",)
    place = RecipePlace("x", None, {"demo.toml": RECIPE.encode(), "demo/fix.patch": FIRST.encode()})
    assert place.names() == ["demo"]
    (found,) = RecipePlaces((place,)).of("demo")
    assert recipes.mistakes_of(found) == []
    assert [one.name for one in recipes.declaration_of(found, found.entries[0], "").patches] == ["fix.patch"]


# --- sdists that patches do not fit ---


@pytest.mark.parametrize(
    ("more", "patch", "said"),
    [
        ([symlink("demo-1.0/x.py", "setup.py")], FIRST.replace("setup.py", "x.py"), "x.py is no file but a link"),
        ([Entry("demo-1.0/x.py", kind=tarfile.DIRTYPE)], FIRST.replace("setup.py", "x.py"), "no file but a folder"),
        ([hardlink("demo-1.0/x.py", "demo-1.0/setup.py")], FIRST, "setup.py is there under two names"),
        ([symlink("demo-1.0/src", "d"), Entry("demo-1.0/d/y", b"")], NEW, "lies behind a link"),
        ([Entry("demo-1.0/src", b"")], NEW, "lies behind"),
        ([], NEW.replace("src/new.py", "a\x01b"), "is a name that not every system"),
    ],
)
def test_what_no_patch_changes(tmp_path: Path, more: list[Entry], patch: str, said: str) -> None:
    file = tmp_path / "demo-1.0.tar.gz"
    file.write_bytes(gzip.compress(tarred([*entries({"setup.py": SETUP_PY}), *more])))
    found = source_patch.read("fix.patch", patch.encode(), "fix.patch")
    with (
        pytest.raises(AugbackendError, match=said),
        sdists.opened(file) as opened,
        patched_sdist.patched(opened, [found]),
    ):
        pass


def test_json_of_verify(folder: Path) -> None:
    wrapped("demo", "--patch", folder / "fix.patch")
    told = json.loads(verify(archive(), "--upstream", folder / "sdists" / "demo-1.0.tar.gz", "--json").stdout)
    (one,) = [one for one in told["archives"][0]["additions"] if one["key"] == "patch"]
    assert one["warning"] == "it changes setup.py; --diff shows it"


# --- diagnose ---


def test_diagnose_tells_of_patches(tmp_path: Path) -> None:
    write(tmp_path, {"fix.patch": FIRST})
    of_user = source_patch.of_file(tmp_path / "fix.patch")
    of_recipe = source_patch.read("new.patch", NEW.encode(), "demo/new.patch")
    subject = Subject("demo==1.0", None, "demo", "1.0", "demo-1.0.tar.gz", "demo-1.0", recipes=("mine",))
    command = next_steps.command(subject, Declaration(patches=(of_user,)))
    assert command == ["augbackend", "wrap", "demo==1.0", "--patch", str(tmp_path / "fix.patch")]
    assert next_steps.command(subject, Declaration(patches=(of_recipe,)))[3:] == ["--recipes", "mine"]
    both = Declaration(patches=(of_user, of_recipe))
    assert "cannot patch a file" in tables_for_uv.of(subject, both, tables_for_uv.SeenByUv()).word
    assert (both.size, both.in_words()) == (2, "patched by fix.patch, patched by new.patch")
    assert both.without("patches", "fix.patch") == Declaration(patches=(of_recipe,))
    assert search.key(both) != search.key(Declaration(patches=(of_recipe,)))
    assert both.joined(both).patches == both.patches, "each is applied once"


def test_a_project_has_its_patches_diagnosed(tmp_path: Path) -> None:
    write(tmp_path, {"fix.patch": FIRST})
    of_user = source_patch.of_file(tmp_path / "fix.patch")
    package = PackageToDiagnose("demo", "1.0", "demo==1.0", "0", Declaration(patches=(of_user,)))
    cache = Cache(tmp_path)
    lookup = Lookup(NOWHERE, cache, offline=False, output=tmp_path)
    words = Processes(Interpreter(sys.executable, "3.11.7"), lookup, (), 1)._words(package)
    assert words[words.index("--patch") + 1] == str(tmp_path / "fix.patch")
    nothing: dict[str, object] = {
        "extra-build-dependencies": [],
        "extra-build-variables": {},
        "remove-build-dependencies": [],
    }
    recipes_patch = source_patch.read("new.patch", NEW.encode(), "").as_json()
    document = {
        **nothing,
        "verdict": "builds-when-declared",
        "patches": [of_user.as_json()],
        "declared": package.declared_keys,
    }
    assert PackageDiagnosis(document).builds
    more = PackageDiagnosis({**document, "patches": [of_user.as_json(), recipes_patch]})
    assert (more.builds, more.can_be_cured, more.patched_by) == (False, True, ("new.patch",))
    assert more.in_words() == "patched by new.patch"


def test_an_attempt_builds_what_is_patched(tmp_path: Path) -> None:
    """The tree that is diagnosed stays as it is; a patch that does not apply ends the attempt."""
    write(tmp_path / "tree", {"setup.py": SETUP_PY})
    installer = Installer(Interpreter(sys.executable, "3.11.7"), "uv", NOWHERE, {}, {}, tmp_path, is_uv=True)
    having = Circumstances(tmp_path / "tree", "", installer, time.monotonic() + 60, tmp_path)
    bad = Declaration(patches=(source_patch.read("bad.patch", SECOND.encode(), "bad.patch"),))
    made = attempt.attempt(bad, having, {})
    assert made.failure is not None
    assert (made.failure.stage, "hunk 1 of setup.py does not apply" in made.failure.output) == ("install", True)
    assert (tmp_path / "tree" / "setup.py").read_text() == SETUP_PY
