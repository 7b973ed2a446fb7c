"""The one door for other people's code: every command that runs some of it runs it confined."""

from __future__ import annotations

import sys
import tarfile
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from augbackend.cli.fetch import packed_tree, sdist_of_tree, tree_snapshot
from augbackend.cli.fetch.packed_tree import Snapshot
from augbackend.cli.main import group
from augbackend.cli.strangers import hook_call, left_file, process, wrapped_backend
from augbackend.cli.strangers.hook_call import BuildSystem, HookError, Hooks
from augbackend.cli.strangers.process import Ran

from ..conftest import write
from .archives import wrapped
from .confined import has_bubblewrap, has_landlock
from .runner import CliRunner, Result
from .test_wrap import TREE, TREE_BACKEND, TREE_PYPROJECT, git

pytestmark = [pytest.mark.once, pytest.mark.processes, pytest.mark.usefixtures("alone")]

OWN = '\n[tool.augbackend]\nbuild-backend = "be"\nbackend-path = ["_be"]\n'
AUGMENTED = TREE_PYPROJECT.replace('"be"', '"augbackend"').replace('backend-path = ["_be"]\n', "") + OWN
WATCHING = """
import os, pathlib, tempfile
for name in ("MY_TOKEN", "PIP_INDEX_URL", "SSH_AUTH_SOCK"):
    assert name not in os.environ, name
for folder in (os.environ["HOME"], tempfile.gettempdir()):
    pathlib.Path(folder, "written").touch()
    assert folder != HOME
try:
    pathlib.Path(OUTSIDE).touch()
except OSError:
    pass
"""
DOORS = {
    "wrap of a folder": (TREE_PYPROJECT, "wrap TREE"),
    "wrap of a repository": (TREE_PYPROJECT, "wrap REPOSITORY"),
    "show": (AUGMENTED, "show TREE"),
    "show in isolation": (AUGMENTED, "show --isolated TREE"),
    "verify": (TREE_PYPROJECT, "verify --build --upstream TREE ARCHIVE"),
}


def run(command: str, **places: object) -> Result:
    words = [str(places.get(word, word)) for word in command.split(" ")]
    if words[0] == "wrap":
        words += ["-o", str(places["OUT"])]
    return CliRunner().invoke(group, words, catch_exceptions=False)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and secrets in variables."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("MY_TOKEN", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple")
    return home


@pytest.mark.parametrize("door", DOORS)
def test_what_code_of_others_sees_and_where_it_writes(tmp_path: Path, mine: Path, door: str) -> None:
    if door == "show in isolation" and sys.version_info < (3, 11):
        pytest.skip("it needs tomli there, and this index has nothing")
    pyproject, command = DOORS[door]
    watching = WATCHING.replace("HOME)", f"{str(mine)!r})").replace("!= HOME", f"!= {str(mine)!r}")
    watching = watching.replace("OUTSIDE", repr(str(mine / "outside")))
    tree = write(tmp_path / "tree", {**TREE, "pyproject.toml": pyproject})
    repository = write(tmp_path / "repository", {**TREE, "_be/be.py": watching + TREE_BACKEND})
    git(repository, "init", "-q")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "x")
    archive = tmp_path / "made" / "demo-1.0.tar.gz"
    if "ARCHIVE" in command:
        wrapped(tree, "-o", archive.parent)
    write(tree, {"_be/be.py": watching + TREE_BACKEND})
    found = run(command, TREE=tree, REPOSITORY=f"git+{repository.as_uri()}", ARCHIVE=archive, OUT=tmp_path / "out")
    if door == "verify":  # its backend is another than the archive's, and its sdist was made
        assert "_be/be.py: changed" in found.output
    else:
        assert "not known here" not in found.output
        assert "makes no sdist" not in found.output
    assert (mine / "outside").exists() == (not has_landlock() and not has_bubblewrap())
    assert not (mine / "written").exists()


@pytest.mark.parametrize("door", DOORS)
def test_what_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    pyproject, command = DOORS[door]
    tree = write(tmp_path / "tree", {**TREE, "pyproject.toml": pyproject})
    archive = tmp_path / "made" / "demo-1.0.tar.gz"
    if "ARCHIVE" in command:
        wrapped(tree, "-o", archive.parent)
    write(tree, {"_be/be.py": "while True: pass\n"})
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    monkeypatch.setattr(sdist_of_tree, "LIMIT", 3.0)
    monkeypatch.setattr(wrapped_backend, "ASKING", 3.0)
    limits: list[float] = []
    run_process = process.run

    def limited(
        command: Sequence[str], cwd: Path, environ: Mapping[str, str], limit: float, *more: Any, **named: Any
    ) -> Ran:
        limits.append(limit)
        return run_process(command, cwd, environ, limit, *more, **named)

    monkeypatch.setattr(process, "run", limited)
    found = run(command, TREE=tree, REPOSITORY=f"git+{tree.as_uri()}", ARCHIVE=archive, OUT=tmp_path / "out")
    assert limits[-1] <= 3.0
    said = "no answer after 3 seconds" if "show" in door else "there is no sdist of it after 3 seconds"
    assert said in found.output


def test_show_does_not_say_a_secret_to_a_tree(tmp_path: Path, mine: Path) -> None:
    assert mine
    asking = "import os\nassert os.environ['A'] == 'x', os.environ['A']\n"
    table = '[tool.augbackend.extra-build-variables]\nA = "x${MY_TOKEN}"\n'
    files = {**TREE, "pyproject.toml": AUGMENTED + table, "_be/be.py": asking + TREE_BACKEND}
    found = run("show TREE", TREE=write(tmp_path / "tree", files))
    assert "hooks: build_wheel" in found.output or "hooks: get_requires" in found.output, found.output


@pytest.mark.usefixtures("quick")
def test_variables_that_the_user_names_are_his_word(tmp_path: Path, mine: Path) -> None:
    assert mine
    asking = "import os\nassert os.environ['A'] == 'secret'\n"
    tree = write(tmp_path / "tree", {**TREE, "_be/be.py": asking + TREE_BACKEND})
    wrapped(tree, "-o", tmp_path / "out", "--variable", "A=$MY_TOKEN")


@pytest.mark.usefixtures("quick")
def test_a_hint_where_code_wants_to_write_elsewhere(tmp_path: Path, mine: Path) -> None:
    if not has_landlock():
        pytest.skip("this system has no Landlock")
    tree = write(tmp_path / "tree", {**TREE, "_be/be.py": f"open({str(mine / 'x')!r}, 'w')\n"})
    found = run("wrap TREE", TREE=tree, OUT=tmp_path / "out")
    assert (found.exit_code, f"may use its own folder only, and not {mine / 'x'}" in found.output) == (2, True)


@pytest.mark.parametrize("url", ["git+ext::sh -c touch% ran", "git+ext::sh://x", "git+fd::3"])
def test_a_repository_that_is_a_command(tmp_path: Path, mine: Path, url: str) -> None:
    assert mine
    found = CliRunner().invoke(group, ["wrap", url, "-o", str(tmp_path / "out")])
    assert (found.exit_code, "git would run a command" in found.output) == (2, True), found.output
    assert not (tmp_path / "ran").exists()


@pytest.mark.usefixtures("quick")
def test_credentials_of_a_repository_are_not_in_its_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = "import pathlib\nassert 'secret' not in pathlib.Path('.git/config').read_text()\n"
    folder = write(tmp_path / "repository", {**TREE, "_be/be.py": reading + TREE_BACKEND})
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "x")
    settings = f'[url "{folder.as_uri()}"]\ninsteadOf = https://host/x\n'
    monkeypatch.setenv("HOME", str(write(tmp_path / "home", {".gitconfig": settings})))
    wrapped("git+https://me:secret@host/x", "-o", tmp_path / "out")


# --- a hook's answer ---

LEFT = (
    "import json, os, sys\ndef build_sdist(out, _):\n    left = sys.argv[2] + '/output.json'\n    {}\n    os._exit(0)\n"
)
DOES_NOT_SAY = "the backend does not say what it requires: "
NO_ANSWER = "the backend ended without an answer: "
ANSWERS = {
    "requires a number": ("get_requires_for_build_sdist = lambda _: 5", DOES_NOT_SAY + "5 is no list of texts"),
    "requires numbers": ("get_requires_for_build_sdist = lambda _: [5]", DOES_NOT_SAY + "5 is no text"),
    "requires nothing": ("get_requires_for_build_sdist = lambda _: None", DOES_NOT_SAY + "None is no list of texts"),
    "requires a table": ("get_requires_for_build_sdist = lambda _: {}", DOES_NOT_SAY + "a JSON object of 0"),
    "requires much": ("get_requires_for_build_sdist = lambda _: ['a'] * 10**5", DOES_NOT_SAY + "it lists 100000 texts"),
    "requires a book": ("get_requires_for_build_sdist = lambda _: ['a' * 10**5]", "a text of 100000 characters"),
    "requires a library": ("get_requires_for_build_sdist = lambda _: ['a' * 10**7]", "it has more than 4194304 bytes"),
    "no name": ("build_sdist = lambda *_: None", "says that it made None, and there is no such sdist"),
    "a number": ("build_sdist = lambda *_: 5", "says that it made 5, and there is no such sdist"),
    "no file": ("build_sdist = lambda *_: 'x'", "says that it made x, and there is no such sdist"),
    "another folder": ("build_sdist = lambda *_: '../tree/be.py'", "there is no such sdist"),
    "a file of the user's": ("build_sdist = lambda *_: '/etc/passwd'", "there is no such sdist"),
    "the folder": ("build_sdist = lambda *_: '.'", "there is no such sdist"),
    "an empty name": ("build_sdist = lambda *_: ''", "there is no such sdist"),
    "a name with a null": ("build_sdist = lambda *_: 'a\\0b'", "there is no such sdist"),
    "half a character": ("build_sdist = lambda *_: '\\ud800'", "there is no such sdist"),
    "a long name": ("build_sdist = lambda *_: 'x' * 300", "there is no such sdist"),
    "a name that cleans the screen": (
        "build_sdist = lambda out, _: open(out + '/\\x1b[2J', 'w').name[-4:]",
        "no such sdist",
    ),
    "a folder": ("import os\nbuild_sdist = lambda out, _: os.mkdir(out + '/x') or 'x'", "there is no such sdist"),
    "a pipe": ("import os\nbuild_sdist = lambda out, _: os.mkfifo(out + '/x') or 'x'", "there is no such sdist"),
    "a link": (
        "import os\ndef build_sdist(out, _): os.symlink(__file__, f'{out}/x'); return 'x'",
        "there is no such sdist",
    ),
    "a linked folder": (
        "import os\ndef build_sdist(out, _): os.rmdir(out); os.symlink(os.path.dirname(__file__), out); return 'be.py'",
        "there is no such sdist",
    ),
    "an answer that is a pipe": (LEFT.format("os.mkfifo(left)"), NO_ANSWER + "there is none"),
    "an answer that is a link": (LEFT.format("os.symlink('/dev/zero', left)"), NO_ANSWER + "there is none"),
    "an answer elsewhere": (
        LEFT.format("os.rename(sys.argv[2], sys.argv[2] + 'x'); os.symlink(sys.argv[2] + 'x', sys.argv[2])"),
        NO_ANSWER + "there is none",
    ),
    "a deep answer": (LEFT.format("open(left, 'w').write('[' * 10**5)"), NO_ANSWER + "it is too deep"),
    "an answer of digits": (LEFT.format("open(left, 'w').write('9' * 4 * 10**6)"), "a number of 4000000 digits"),
    "a large answer": (LEFT.format("open(left, 'w').truncate(2**33)"), NO_ANSWER + "it has more than 4194304 bytes"),
    "an answer that is a list": (LEFT.format("open(left, 'w').write('[]')"), NO_ANSWER + "a JSON array of 0"),
    "a traceback that is a number": (
        LEFT.format("""json.dump({"no_backend": True, "traceback": 5}, open(left, 'w'))"""),
        NO_ANSWER + "5 is no text",
    ),
    "a warning that is a number": (
        LEFT.format("""json.dump({"warnings": [5], "return_val": None}, open(left, 'w'))"""),
        "says that it made None",
    ),
    "no such hook": (
        LEFT.format("""json.dump({"hook_missing": True}, open(left, 'w'))"""),
        "the backend has no build_sdist",
    ),
    "no answer": ("import os\ndef build_sdist(*_): os._exit(0)", "the backend ended without an answer"),
    "status": ("import os\ndef build_sdist(*_): os._exit(3)", "the backend ended with status 3 and said nothing"),
    "no JSON": ("build_sdist = lambda *_: object()", "TypeError"),
    "its own words": ("def build_sdist(*_): raise SystemExit('no CUDA')", "no CUDA"),
    "no module": ("import absent", "No module named 'absent'"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_that_are_none(tmp_path: Path, answer: str) -> None:
    code, said = ANSWERS[answer]
    if sys.platform == "win32" and ("mkfifo" in code or "/dev/zero" in code):
        pytest.skip("it has none of these")
    tree = write(tmp_path / "tree", {"be.py": code})
    hooks = Hooks(tree, BuildSystem((), "be", (".",)), tmp_path, sys.executable, {})
    with pytest.raises(HookError) as caught:
        hooks.requires("sdist", 60)
        hooks.build("sdist", tmp_path, 60)
    assert said in caught.value.output
    assert (caught.value.is_over_time, caught.value.is_missing) == (False, answer == "no module")


def test_a_product_with_another_name_is_refused(tmp_path: Path) -> None:
    """What is done to that name afterwards would be done to ours, and a copy may be larger than the disk."""
    code = "import os\ndef build_sdist(out, _):\n    os.link(__file__, out + '/x-1.tar.gz')\n    return 'x-1.tar.gz'"
    folder, into = tmp_path / "folder", tmp_path / "into"
    tree = write(folder / "tree", {"be.py": code})
    into.mkdir()
    with pytest.raises(HookError, match="there is no such sdist"):
        Hooks(tree, BuildSystem((), "be", (".",)), folder, sys.executable, {}).build("sdist", into, 60)
    assert list(into.iterdir()) == []


def test_a_wheel_that_is_called_otherwise(tmp_path: Path) -> None:
    code = "def build_wheel(out, *_):\n    open(out + '/x-1.zip', 'w').close()\n    return 'x-1.zip'"
    folder, into = tmp_path / "folder", tmp_path / "into"
    tree = write(folder / "tree", {"be.py": code})
    into.mkdir()
    with pytest.raises(HookError, match="takes a wheel of this name"):
        Hooks(tree, BuildSystem((), "be", (".",)), folder, sys.executable, {}).build("wheel", into, 60)


@pytest.mark.parametrize("has_descriptors", [True, False])
def test_a_product_is_moved_and_a_link_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_descriptors: bool
) -> None:
    """Also where a folder has no descriptor."""
    monkeypatch.setattr(left_file, "_BY_FOLDER", has_descriptors and left_file._BY_FOLDER)
    place, mine = write(tmp_path / "place", {"a.whl": "made"}), write(tmp_path / "mine", {"a.whl": "mine"})
    (tmp_path / "into").mkdir()
    assert left_file.taken(place, "a.whl", tmp_path / "into").read_text() == "made"
    assert not [*place.iterdir()]
    (place / "a.whl").symlink_to(mine / "a.whl")
    (tmp_path / "link").symlink_to(mine)
    for folder in (place, tmp_path / "link"):
        with pytest.raises(OSError):  # noqa: PT011  # each system has its own
            left_file.taken(folder, "a.whl", tmp_path / "into")
    assert (mine / "a.whl").read_text() == "mine"


def nothing(folder: Path) -> Snapshot:
    """The snapshot of a tree that has no files."""
    tree_snapshot.write(folder, (), folder / "snapshot")
    return Snapshot(folder / "snapshot")


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    broken = tmp_path / "demo-1.0.tar.gz"
    for content in (b"", b"x" * 1000, b"\x1f\x8b" + b"x" * 100):
        broken.write_bytes(content)
        assert packed_tree.packed(broken, nothing(tmp_path), tmp_path) == broken
    with tarfile.open(broken, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("demo-1.0/x"))
    new = write(tmp_path / "new", {"x": ""})
    assert packed_tree.packed(broken, nothing(tmp_path), new).parent == new


class Zeros:
    """A file without an end."""

    def read(self, size: int) -> bytes:
        return bytes(size)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    """It is not held in memory, and is for whoever opens it to refuse."""
    bomb, new = tmp_path / "demo-1.0.tar.gz", write(tmp_path / "new", {"x": ""})
    with tarfile.open(bomb, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("demo-1.0/zeros")
        member.size = 2**29
        archive.addfile(member, Zeros())  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        made = packed_tree.packed(bomb, nothing(tmp_path), new)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (made, most < 2**26) == (bomb, True)


def test_an_archive_of_holes(tmp_path: Path) -> None:
    """A member that says that it is a terabyte is a few bytes."""
    sparse, new = tmp_path / "demo-1.0.tar.gz", write(tmp_path / "new", {"x": ""})
    member = tarfile.TarInfo("demo-1.0/holes")
    member.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.realsize": str(2**40), "GNU.sparse.size": str(2**40)}
    with tarfile.open(sparse, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    assert packed_tree.packed(sparse, nothing(tmp_path), new) == sparse


def test_no_project(tmp_path: Path) -> None:
    assert hook_call.build_system(write(tmp_path, {"setup.py": ""})).backend == "setuptools.build_meta:__legacy__"


ASKED = "import json, os, sys\nleft = json.loads(sys.argv[1])['answer']\n{}\nos._exit(0)\n"
GIVEN = "json.dump({{'hooks': [], 'problem': '', 'requires': {{}}, 'failed': {{}}, {}}}, open(left, 'w'))"


@pytest.mark.parametrize(
    ("leave", "said"),
    [
        ("os.mkfifo(left)", "there is none"),
        ("os.symlink('/dev/zero', left)", "there is none"),
        ("open(left, 'w').write('[' * 10**5)", "it is too deep"),
        ("open(left, 'w').write('5')", "5 is no JSON object"),
        ("json.dump({}, open(left, 'w'))", "what the wrapped backend requires is not in it"),
        (GIVEN.format("'hooks': 5"), "5 is no list of texts"),
        (GIVEN.format("'hooks': [5]"), "5 is no text"),
        (GIVEN.format("'problem': 5"), "5 is no text"),
        (GIVEN.format("'requires': {'wheel': 5}"), "5 is no list of texts"),
        (GIVEN.format("'requires': {'wheel': ['a'] * 1000}"), "it lists 1000 texts, more than 500"),
        (GIVEN.format("'failed': {'wheel': None}"), "None is no text"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="it has no pipes with names")
def test_what_a_wrapped_backend_says_of_itself(tmp_path: Path, leave: str, said: str) -> None:
    tree = write(tmp_path / "tree", {**TREE, "pyproject.toml": AUGMENTED, "_be/be.py": ASKED.format(leave)})
    ran = run("show TREE", TREE=tree)
    assert f"hooks: not known here: {said}" in ran.output


def test_a_warning_of_a_hook_is_heard(tmp_path: Path) -> None:
    """Newer versions of the library keep warnings from the output."""
    body = "import warnings\n\ndef get_requires_for_build_wheel(settings=None):\n    warnings.warn('it is odd')\n    return []\n"
    tree = write(tmp_path / "tree", {"be.py": body})
    heard: list[str] = []
    hooks = Hooks(tree, BuildSystem((), "be", (".",)), tmp_path, sys.executable, {}, heard.append)
    assert hooks.requires("wheel", 60) == []
    assert "UserWarning: it is odd" in "".join(heard)
