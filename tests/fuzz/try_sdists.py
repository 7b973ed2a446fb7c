"""Run a command on crafted sdists, each in a process of its own with limits, and print what went wrong.

``python -m tests.fuzz.try_sdists COMMAND PART/PARTS [everything|bombs]``, in an empty folder. It must have no threads,
since it forks.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

import augbackend.cli.commands.diagnose
import augbackend.cli.commands.wrap  # noqa: F401  # imported once, for all children
from augbackend.cli.main import group

from . import crafted_sdists

SECONDS, BYTES = 60, 1 << 30  # of the processor; beyond what the interpreter has
COMMANDS = {
    "wrap": ["wrap", "{}", "--output", "out"],
    "diagnose": ["diagnose", "--no-build", "{}"],
    "verify": ["verify", "--offline", "--upstream", "{}", "{}"],
}


def run(command: str, file: Path) -> NoReturn:
    """The child: the command, and its exit status."""
    log = os.open("log", os.O_WRONLY | os.O_CREAT, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(HOME=str(Path("home").resolve()), TMPDIR=str(Path("tmp").resolve()), PIP_NO_INDEX="1")
    tempfile.tempdir = os.environ["TMPDIR"]
    has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (has + BYTES, has + BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    code = 99
    try:
        group([word.format(f"./{file.name}") for word in COMMANDS[command]])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001  # that is what is looked for
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def problem(command: str, case: crafted_sdists.Crafted) -> str:
    """What is wrong with what the command does to one sdist; empty if nothing is."""
    for name in ("log", "home", "tmp", "out"):
        shutil.rmtree(name, ignore_errors=True)
    Path("log").unlink(missing_ok=True)
    Path("tmp").mkdir()
    file = Path(case.filename)
    file.write_bytes(case.content)
    child = os.fork()
    if not child:
        run(command, file)
    status = os.waitpid(child, 0)[1]
    file.unlink()
    said = Path("log").read_text(errors="replace")
    last = (said.strip().splitlines() or [""])[-1][:200]
    if os.WIFSIGNALED(status):
        return f"ended by {signal.Signals(os.WTERMSIG(status)).name}"
    code = os.WEXITSTATUS(status)
    if code not in (0, 1, 2) or "Traceback" in said:
        return f"status {code}: {last}"
    if code == 2 and not said.startswith("augbackend: error: "):  # as main has it
        return f"no word on why: {last}"
    if code and list(Path().glob("out/*")):
        return "it failed, and left an archive"
    return "left in the temporary folder" if any(Path("tmp").iterdir()) else ""


def main(command: str, part: str, which: str = "everything") -> None:
    """All cases of one part."""
    at, parts = map(int, part.split("/"))
    count = 0
    for number, case in enumerate(getattr(crafted_sdists, which)()):
        if number % parts == at:
            count += 1
            if found := problem(command, case):
                print(f"{case.name[:100]!r}: {found}", flush=True)  # noqa: T201  # its report
    print(f"{count} tried", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
