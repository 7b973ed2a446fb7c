"""`augbackend run`: what becomes of a command that fails, with frontends that only print what real ones do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from augbackend.cli.diagnosis import report as diagnosis_report
from augbackend.cli.diagnosis import run as diagnosis_run
from augbackend.cli.main import group
from augbackend.cli.running import constrained, passed_output
from augbackend.cli.strangers import interruption

from ..conftest import write
from . import test_outputs
from .archives import sdist
from .runner import CliRunner, Result

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.name == "nt", reason="the frontends here are scripts that sh starts"),
]

# Starts this Python, whose path may have blanks and any length, which a first line may not; to Python it is a string.
STARTS = f"""#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
"""

# Fails until constraints lead to an archive of each package that it is to build; then says which words it got.
FRONTEND = (
    STARTS
    + """
import os, re, sys
files = [file for name in ("UV_CONSTRAINT", "PIP_CONSTRAINT") for file in os.environ.get(name, "").split()]
lines = "".join(open(file).read() for file in files if os.path.exists(file)) + " ".join(sys.argv)
for name in os.environ["BROKEN"].split():
    if not re.search(name + " @ file://.*#sha256=[0-9a-f]{64}", lines):
        if os.path.basename(sys.argv[0]) == "uv":
            print("error: Failed to build `" + name + "==1.0`", file=sys.stderr)
        else:
            print("  Downloading " + name + "-1.0.tar.gz (1 kB)\\nModuleNotFoundError: No module named 'six'")
            print("ERROR: Failed to build '" + name + "' when getting requirements to build wheel", file=sys.stderr)
        sys.exit(3)
print("installed by", *sys.argv[1:])
print("files", *files)
"""
)
RECIPE = """project = "{0}"

[[entries]]
versions = ">=0"
extra-build-dependencies = ["six"]
why = [{{ message = "No module named 'six'" }}]
"""


@pytest.fixture
def folder(alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Frontends on PATH; sdists of demo and other, and a recipe for each; the current folder."""
    del alone
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "sdists"))
    monkeypatch.setenv("BROKEN", "demo")
    for name in ("demo", "other"):
        sdist(tmp_path / "sdists", name=name)
    write(tmp_path / "recipes", {f"{name}.toml": RECIPE.format(name) for name in ("demo", "other")})
    write(tmp_path / "bin", dict.fromkeys(("pip", "uv"), FRONTEND))
    for file in (tmp_path / "bin").iterdir():
        file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def run(folder: Path, *words: str, cache: str = "cache") -> Result:
    recipes = ["--recipes-from", str(folder / "recipes"), "--cache-dir", str(folder / cache)]
    return CliRunner().invoke(group, ["run", *recipes, *words])


def test_a_command_that_works_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKEN", "")
    result = run(folder, "--", "pip", "install", "demo")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert capfd.readouterr() == ("installed by install demo\nfiles\n", "")
    assert not (folder / "cache").exists()


@pytest.mark.parametrize("frontend", ["pip", "uv pip", "uv tool"])
def test_what_did_not_build_is_wrapped_and_the_command_runs_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], frontend: str
) -> None:
    monkeypatch.setenv("BROKEN", "demo other")
    result = run(folder, *frontend.split(), "install", "tool")
    assert result.exit_code == 0, result.stderr
    assert "installed by" in capfd.readouterr().out
    assert result.stderr.count("running the command again") == 2
    assert "the command works with 2 wrapped packages" in result.stderr
    assert "+ six  (recipe demo >=0, the folder recipes)" in result.stderr
    assert sorted(file.name for file in (folder / "cache" / "run").rglob("*.tar.gz")) == [
        "demo-1.0.tar.gz",
        "other-1.0.tar.gz",
    ]


def test_the_callers_own_constraints_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_CONSTRAINT", "mine.txt")
    assert run(folder, "pip", "install", "demo").exit_code == 0
    files = capfd.readouterr().out.splitlines()[-1].split()
    assert len(files) == 4
    assert "mine.txt" in files


def test_uv_does_not_read_its_variable_beside_its_option(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "uv", "pip", "install", "-c", "mine.txt", "-b=b.txt", "demo").exit_code == 0
    words = next(line for line in capfd.readouterr().out.splitlines() if line.startswith("installed by")).split()
    assert words[4] == "--constraint"
    assert words[6] == "--build-constraint"
    assert words[-4:] == ["-c", "mine.txt", "-b=b.txt", "demo"]


def test_uv_run_takes_no_constraints(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(folder, "uv", "run", "--with", "demo", "tool", "-c", "x")
    assert result.exit_code == 0
    words = next(line for line in capfd.readouterr().out.splitlines() if line.startswith("installed by"))
    assert words.startswith("installed by run --with demo @ file://")
    assert words.endswith("--with demo tool -c x")
    assert "    uv run --with 'demo @ file://" in result.stderr


def test_uv_run_in_a_project_that_needs_the_package_itself(folder: Path) -> None:
    """What `--with` names does not replace what the project depends on."""
    write(folder / "bin", {"uv": f"{STARTS}raise SystemExit('error: Failed to build `demo==1.0`')\n"})
    result = run(folder, "uv", "run", "--with", "tool", "python")
    assert result.exit_code == 1
    assert "in the project, augbackend diagnose --apply" in result.stderr


def test_keep_writes_the_constraints_where_the_user_wants_them(folder: Path) -> None:
    result = run(folder, "-q", "--keep", "kept.txt", "pip", "install", "demo")
    assert result.exit_code == 0
    assert "to have it without this command" not in result.stderr
    line = Path("kept.txt").read_text(encoding="utf-8")
    archive = next((folder / "cache" / "run").rglob("demo-1.0.tar.gz"))
    assert line.startswith(f"demo @ {archive.as_uri()}#sha256=")


def test_what_lasts_is_said_in_words_that_work_later(folder: Path) -> None:
    """Not by the same command again: it would find all installed, and write nothing."""
    said = run(folder, "pip", "install", "demo").stderr
    assert "    demo @ file://" in said
    assert "run --keep" not in said
    said = run(folder, "--keep", "my file.txt", "pip", "install", "demo").stderr
    place = Path("my file.txt").absolute().as_uri()
    assert f"export UV_CONSTRAINT={place} PIP_CONSTRAINT={place}" in said


def test_keep_is_checked_before_anything_runs(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(folder, "--keep", "absent/kept.txt", "pip", "install", "demo")
    assert result.exit_code == 2
    assert "its folder is not there" in result.stderr
    assert capfd.readouterr().out == ""


def test_constraints_that_cannot_be_kept_are_shown(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(file: Path, content: bytes) -> None:
        if file.name == "kept.txt":
            raise PermissionError(13, "Permission denied", "kept.txt")
        file.write_bytes(content)

    monkeypatch.setattr("augbackend.cli.edit.replace_file.replace_file", refused)
    result = run(folder, "--keep", "kept.txt", "pip", "install", "demo")
    assert result.exit_code == 2
    assert "Permission denied" in result.stderr
    assert "the command works with 1 wrapped package" in result.stderr
    assert "    demo @ file://" in result.stderr


def test_a_cache_that_cannot_be_written(folder: Path) -> None:
    """The exit status stays the command's own."""
    write(folder, {"cache": "a file"})
    result = run(folder, "pip", "install", "demo")
    assert result.exit_code == 2  # refused at once
    result = run(folder, "--json", "pip", "install", "demo", cache="cache/below")
    assert result.exit_code == 3
    assert "Not a directory" in json.loads(result.stdout)["left"]


def test_a_full_disk_does_not_end_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    with Path("/dev/full").open("w+b", buffering=0) as keep:
        ended = passed_output.run([sys.executable, "-c", "print('all of it')"], os.environ, keep)
    assert (ended.status, ended.output) == (0, "")
    assert capfd.readouterr().out == "all of it\n"


def test_a_command_that_fails_for_another_reason_is_told_so(folder: Path) -> None:
    failing = FRONTEND.replace('print("files", *files)', "sys.exit(7)")
    write(folder / "bin", {"pip": failing})
    result = run(folder, "pip", "install", "demo")
    assert result.exit_code == 7
    assert "augbackend: the command still fails with 1 wrapped package" in result.stderr
    assert result.stderr.splitlines()[-1] == "no build failed this time: what the command said above is why"


def test_json_is_alone_on_stdout(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(folder, "--json", "pip", "install", "demo")
    document = json.loads(result.stdout)
    assert (document["status"], document["frontend"], document["left"]) == (0, "pip", "")
    [package] = document["packages"]
    assert (package["name"], package["version"], package["declared"]) == ("demo", "1.0", "six")
    assert package["error"] == "ModuleNotFoundError: No module named 'six'"
    out, err = capfd.readouterr()
    assert out == ""
    assert "installed by" in err


def test_json_has_all_that_is_declared(folder: Path) -> None:
    write(folder, {"recipes/demo.toml": test_outputs.RECIPE})
    (package,) = json.loads(run(folder, "--json", "pip", "install", "demo").stdout)["packages"]
    assert (package["jobs"], package["local-version"]) == (
        {"memory-per-job": "1GiB", "max": 2, "exclusive": True},
        "team",
    )


def test_a_package_is_wrapped_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "bin", {"pip": FRONTEND.replace("if not", "if True or not")})
    monkeypatch.setenv("BROKEN", "demo")
    result = run(folder, "pip", "install", "demo")
    assert result.exit_code == 3
    assert "demo 1.0 did not build, though it was wrapped" in result.stderr
    assert "augbackend: the command still fails with 1 wrapped package" in result.stderr


def test_uv_names_an_archive_by_its_place(folder: Path) -> None:
    """What was wrapped already is known by its name."""
    write(
        folder / "bin",
        {
            "uv": FRONTEND.replace(
                "    if not re.search",
                """    found = re.search(name + " @ (file://.*#sha256=.*)", lines)
    if found:
        sys.exit("error: Failed to build `" + name + " @ " + found[1] + "`")
    if not re.search""",
            )
        },
    )
    result = run(folder, "uv", "pip", "install", "demo")
    assert result.exit_code == 1
    assert "demo 1.0 did not build, though it was wrapped" in result.stderr


@pytest.mark.parametrize(
    "conflict",
    [
        "No solution found when resolving dependencies: Because other depends on demo<1 ...",
        "The conflict is caused by:\\n    b 1 depends on demo<1\\nERROR: ... versions have conflicting dependencies.",
    ],
)
def test_a_version_that_a_resolver_only_tried(folder: Path, capfd: pytest.CaptureFixture[str], conflict: str) -> None:
    """Its archive would be in the way of the version that fits."""
    script = FRONTEND.replace(
        'print("installed', f'"demo @" in lines and sys.exit("{conflict}")\nprint(lines)\nprint("installed'
    ).replace("if not re.search", "if 'demo!=1.0' not in lines and not re.search")
    write(folder / "bin", {"pip": script})
    result = run(folder, "--keep", "kept.txt", "--json", "pip", "install", "tool")
    assert result.exit_code == 0, result.stderr
    assert "demo 1.0 does not fit what else is asked for" in result.stderr
    document = json.loads(result.stdout)
    assert (document["packages"], document["left-out"]) == ([], [{"name": "demo", "version": "1.0"}])
    assert "demo!=1.0" in capfd.readouterr().err
    assert Path("kept.txt").read_text(encoding="utf-8") == "demo!=1.0\n"


def test_no_more_packages_than_the_limit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "demo other")
    result = run(folder, "--limit", "1", "pip", "install", "tool")
    assert result.exit_code == 3
    assert "other 1.0 did not build either" in result.stderr
    assert "--limit 2" in result.stderr


def test_without_a_recipe_and_without_a_diagnosis(folder: Path) -> None:
    result = run(folder, "--no-diagnose", "--no-recipes", "pip", "install", "demo")
    assert result.exit_code == 2  # --recipes-from and --no-recipes exclude each other, as everywhere
    words = ["--cache-dir", str(folder / "cache"), "--no-diagnose", "--no-recipes", "pip", "install", "demo"]
    result = CliRunner().invoke(group, ["run", *words])
    assert result.exit_code == 3
    assert "there is no recipe for demo 1.0" in result.stderr
    assert "augbackend diagnose demo==1.0" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("uv sync", "uv's project commands take no constraints"),
        ("uv run tool", "augbackend diagnose --apply"),
        ("pip install --require-hashes -r r.txt", "hashes are asked for"),
        ("uv pip install --no-build-isolation demo", "leave --no-build-isolation out"),
    ],
)
def test_what_no_constraint_can_cure(folder: Path, words: str, said: str) -> None:
    result = run(folder, *words.split())
    assert result.exit_code == 3
    assert said in result.stderr
    assert not (folder / "cache").exists()


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("error: Failed to build `own @ file:///home/me/own`", "augbackend diagnose /home/me/own"),
        (
            "error: Failed to build `own @ git+https://git.invalid/own@abc`",
            "augbackend diagnose --apply git+https://git.invalid/own@abc writes",
        ),
        ("error: Failed to build `own @ git+file:/home/me/own`", "diagnose --apply git+file:///home/me/own writes"),
        (
            "error: Failed to build `own @ https://files.invalid/own-1.0.tar.gz`",
            "augbackend diagnose --apply https://files.invalid/own-1.0.tar.gz writes",
        ),
        ("error: Failed to build `own @ file:///home/me/own-1.0.tar.gz`", "diagnose --apply /home/me/own-1.0.tar.gz"),
        ("error: Failed to build `the thing`", "it is not clear which package did not build"),
    ],
)
def test_what_is_no_release_is_not_wrapped(folder: Path, printed: str, said: str) -> None:
    write(folder / "bin", {"uv": f"{STARTS}import sys\nsys.exit({printed!r})\n"})
    result = run(folder, "uv", "pip", "install", "own")
    assert result.exit_code == 1
    assert said in result.stderr


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (". tool", ". is a folder of your own"),
        ("-e ./my/own", "augbackend diagnose ./my/own finds out"),
        ("git+https://git.invalid/own", "is asked for as a repository"),
        ("./a ./b", "augbackend diagnose PLACE"),
        ("tool", "the frontend does not name it"),
    ],
)
def test_uv_does_not_name_what_has_only_a_place(folder: Path, asked: str, said: str) -> None:
    printed = "error: The build backend returned an error\n  cause: Call to `x` failed (exit status: 1)"
    write(folder / "bin", {"uv": f"{STARTS}import sys\nsys.exit({printed!r})\n"})
    result = run(folder, "uv", "pip", "install", *asked.split())
    assert result.exit_code == 1
    assert said in result.stderr


def test_the_package_is_from_where_the_command_looks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS")
    Path("r.txt").write_text("--find-links ../sdists\ndemo\n", encoding="utf-8")
    assert run(folder, "pip", "install", "-r", "r.txt").exit_code == 0
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    assert run(folder, "pip", "install", "--no-index", "--find-links=../sdists", "demo").exit_code == 0


@pytest.mark.parametrize("words", ["pip install -r r.txt", "uv pip sync r.txt"])
def test_hashes_in_a_file_are_held_to(folder: Path, words: str) -> None:
    Path("r.txt").write_text("demo==1.0 \\\n    --hash=sha256:0123\n", encoding="utf-8")
    result = run(folder, *words.split())
    assert result.exit_code == 3
    assert "hashes are asked for" in result.stderr


def test_another_failure_is_the_commands_own(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(folder / "bin", {"pip": f"{STARTS}import sys\nprint('no such thing')\nsys.exit(7)\n"})
    result = run(folder, "pip", "install", "demo")
    assert (result.exit_code, result.stderr) == (7, "")
    assert capfd.readouterr().out == "no such thing\n"


def test_a_command_that_fails_in_silence(folder: Path) -> None:
    write(folder / "bin", {"uv": f"{STARTS}raise SystemExit(2)\n"})
    result = run(folder, "uv", "-qq", "pip", "install", "demo")
    assert result.exit_code == 2
    assert "it printed nothing" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_command_that_is_not_understood(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(folder, "--", sys.executable, "-c", "print(1); raise SystemExit(5)")
    assert result.exit_code == 5
    assert "not understood" in result.stderr
    assert capfd.readouterr().out == "1\n"


def test_there_is_no_such_program(folder: Path) -> None:
    result = run(folder, "--", "no-such-program", "install")
    assert result.exit_code == 2
    assert "augbackend: error: there is no such program on PATH" in result.stderr
    assert "  where: no-such-program\n  hint: is it spelled right, and installed? " in result.stderr


def test_what_is_no_program(folder: Path) -> None:
    result = run(folder, "--", "./here", "install")
    assert result.exit_code == 2
    assert "it cannot be run: " in result.stderr


@pytest.mark.parametrize(("words", "place"), [((), "."), (("my-tree",), "my-tree"), (("--wheel", "-o", "x", "a"), "a")])
def test_a_tree_that_build_builds_is_ones_own(folder: Path, words: tuple[str, ...], place: str) -> None:
    said = "ERROR Backend subprocess exited when trying to invoke get_requires_for_build_sdist"
    write(folder / "bin", {"pyproject-build": f"{STARTS}import sys\nprint({said!r})\nsys.exit(1)\n"})
    (folder / "bin" / "pyproject-build").chmod(0o755)
    result = run(folder, "--", "pyproject-build", *words)
    assert result.exit_code == 1
    assert f"{place} is a folder of your own, and did not build [folder-not-built]" in result.stderr
    assert f"hint: augbackend diagnose {place} finds out" in result.stderr


@pytest.mark.parametrize(("words", "place"), [((), "."), (("--wheel", "my-tree"), "my-tree")])
def test_a_tree_that_uv_builds_is_ones_own(folder: Path, words: tuple[str, ...], place: str) -> None:
    said = "error: Failed to build `/home/me/my-tree`"
    write(folder / "bin", {"uv": f"{STARTS}import sys\nsys.exit({said!r})\n"})
    result = run(folder, "--", "uv", "build", *words)
    assert f"hint: augbackend diagnose {place} finds out" in result.stderr, result.stderr


def test_dry_run_runs_nothing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(folder, "--dry-run", "pip", "install", "demo")
    assert result.exit_code == 0
    assert "PIP_CONSTRAINT" in result.stdout
    assert capfd.readouterr().out == ""
    assert json.loads(run(folder, "--dry-run", "--json", "uvx", "x").stdout)["frontend"] == "uv tool"


def test_dry_run_names_recipes_for_what_is_named(folder: Path) -> None:
    (folder / "here" / "needs.txt").write_text("demo==1.0\n", encoding="utf-8")
    for words in (("pip", "install", "demo"), ("uvx", "--with", "demo", "x"), ("pip", "install", "-r", "needs.txt")):
        found = json.loads(run(folder, "--dry-run", "--json", *words).stdout)["recipes"]
        assert [(one["project"], one["declares"]) for one in found] == [("demo", "six")], words
    assert "\n  demo >=0: six  (" in run(folder, "--dry-run", "pip", "install", "demo==1.0").stdout
    assert "recipes for" not in run(folder, "--dry-run", "pip", "install", "unknown").stdout


def test_a_terminal_stays_one(tmp_path: Path) -> None:
    """The command sees a terminal of the same size, and what it draws arrives unchanged."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    program = "import os; print(os.isatty(1), os.get_terminal_size(1).columns); os.write(1, b'\\x1b[2Kdrawn\\r')"
    words = [sys.executable, "-m", "augbackend.cli", "run", "--", sys.executable, "-c", program]
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, cwd=tmp_path
    ) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                chunk = os.read(ours, 1024)
            except OSError:
                break
            if not chunk:
                break
            seen += chunk
    os.close(ours)
    assert process.returncode == 0
    assert seen == b"True 77\r\n\x1b[2Kdrawn\r"


def _hears_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # in the background it is ignored


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(tmp_path: Path, number: signal.Signals) -> None:
    """The command is told, ends, and this ends with 130."""
    program = "import pathlib, time; pathlib.Path('started').touch(); time.sleep(60)"
    words = [sys.executable, "-m", "augbackend.cli", "run", "--", sys.executable, "-c", program]
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        start_new_session=True,
        preexec_fn=_hears_ctrl_c,  # noqa: PLW1509  # there is one thread
    ) as process:
        for _ in range(600):
            if (tmp_path / "started").exists():
                break
            time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_tool_that_goes_on_after_it_has_its_own_status(folder: Path) -> None:
    program = """
import pathlib, signal, time
signal.signal(signal.SIGINT, lambda *_: exit(3))
pathlib.Path('started').touch()
time.sleep(60)
"""
    write(folder / "bin", {"uvx": STARTS + program})
    (folder / "bin" / "uvx").chmod(0o755)
    words = [sys.executable, "-m", "augbackend.cli", "run", "--", "uvx", "tool"]
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_hears_ctrl_c,  # noqa: PLW1509  # there is one thread
    ) as process:
        for _ in range(600):
            if Path("started").exists():
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 3


def test_a_process_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    program = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])"
    began = time.monotonic()
    with (tmp_path / "kept").open("w+b") as keep:
        ended = passed_output.run([sys.executable, "-c", program], os.environ, keep)
    assert ended.status == 0
    assert time.monotonic() - began < 20


def test_a_temporary_folder_with_a_blank(folder: Path) -> None:
    """uv and pip split their variables at blanks."""
    file = folder / "with a blank" / "constraints.txt"
    found = constrained.variables(file, {"UV_CONSTRAINT": "mine.txt"})
    assert found["UV_CONSTRAINT"] == f"mine.txt {file.as_uri()}"
    assert found["PIP_CONSTRAINT"] == file.as_uri()
    assert " " not in found["PIP_BUILD_CONSTRAINT"]


ASKED = """
if "compile" in sys.argv:
    import tarfile
    constraints = open(re.search(r"-c (\\S+)", sys.stdin.read())[1]).read()
    with tarfile.open(re.search(r"demo @ file://([^#]*)", constraints)[1]) as archive:
        open("asked.txt", "wb").write(archive.extractfile("demo-1.0/PKG-INFO").read())
    print("torch==2.8.0")
    sys.exit()
"""


def test_nothing_has_to_be_built_for_uv_to_say_which_torch(folder: Path) -> None:
    """What uv is asked with has static metadata; what the command then gets is for the version that it says."""
    script = FRONTEND.replace("files = [", f"{ASKED}files = [", 1)
    write(folder / "bin", {"uv": script})
    recipe = RECIPE.format("demo").replace('"six"', '{ requirement = "torch", match-runtime = true }')
    write(folder / "recipes", {"demo.toml": recipe})
    result = run(folder, "uv", "tool", "install", "demo")
    assert result.exit_code == 0, result.stderr
    assert "Dynamic" not in Path("asked.txt").read_text(encoding="utf-8")
    assert "built against torch 2.8.0" in result.stderr


def test_interrupted_while_it_finds_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known by then is no cure, and no reason either."""
    unfinished = {"verdict": "unfinished", "reason": "it was ended", "name": "demo", "version": "1.0"}
    lists: dict[str, object] = {
        "extra-build-dependencies": [],
        "remove-build-dependencies": [],
        "extra-build-variables": {},
    }
    monkeypatch.setattr(diagnosis_run, "diagnosed", lambda *_: None)
    monkeypatch.setattr(diagnosis_report, "as_json", lambda _: {**unfinished, **lists})
    monkeypatch.setattr(interruption, "has_come", lambda: True)
    result = CliRunner().invoke(
        group, ["run", "--no-recipes", "--cache-dir", str(folder / "cache"), "pip", "install", "demo"]
    )
    assert result.exit_code == 130
    assert "it was ended" not in result.stderr
