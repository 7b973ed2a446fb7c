"""What a cluster's worker does: one wheel, in a process of its own, of bytes that came with the task.

::

    WheelBuild, the sdist's bytes -> a folder -> a process, which builds behind the door -> WorkerAnswer, bytes again

A process runs other people's code one command at a time, and ends whatever that left behind: a worker has other work
and children of its own. The process ends with its worker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from augbackend import __version__
from augbackend.cli.fetch import pip_configuration
from augbackend.cli.model import package_sources
from augbackend.cli.strangers import interpreter, interruption, temporary_folder
from augbackend.cli.strangers.telling_line import telling_line
from augbackend.errors import AugbackendError

from . import wanted_wheels, wheel_build
from .wheel_build import WheelBuild, WheelBuilder, WheelFailure

# What lies in the current folder is not to be imported.
_PROGRAM = (
    "import sys; sys.path[:] = [one for one in sys.path if one]; "
    "from augbackend.cli.site import worker_build; worker_build.main(sys.argv[1])"
)
_ASKED, _ANSWER, _WHEELS = "build.json", "answer.json", "wheels"


@dataclass(frozen=True)
class WorkerTask:
    """What is asked of a worker.

    :param limit: in seconds.
    :param platform: that the wheel is for.
    :param version: of the augbackend that asks.
    """

    build: WheelBuild
    limit: float
    platform: str
    version: str = __version__


@dataclass(frozen=True)
class WorkerAnswer:
    """What came of it.

    :param filename: of the wheel; empty if there is none.
    :param reason: why there is none.
    :param output: the end of what the build printed.
    """

    filename: str = ""
    content: bytes = b""
    reason: str = ""
    output: str = ""


def on_worker(task: WorkerTask, archive: bytes) -> WorkerAnswer:
    """Build a wheel; called by a worker.

    :param archive: the wrapped sdist.
    """
    if task.version != __version__:
        return WorkerAnswer(reason=f"the worker has augbackend {__version__}, and {task.version} asks it")
    if task.platform != wanted_wheels.platform():
        return WorkerAnswer(reason=f"the worker builds for {wanted_wheels.platform()}, and not for {task.platform}")
    with temporary_folder.temporary() as folder:
        (folder / _WHEELS).mkdir()
        (folder / task.build.filename).write_bytes(archive)
        (folder / _ASKED).write_text(json.dumps({"build": asdict(task.build), "limit": task.limit}), encoding="utf-8")
        with subprocess.Popen(  # noqa: S603  # this program
            [sys.executable, "-c", _PROGRAM, str(folder)],
            stdin=subprocess.PIPE,  # is closed when this process ends, however that happens
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            said = process.stdout.read() if process.stdout is not None else ""
        return _answer_in(folder, said, process.returncode)


def _answer_in(folder: Path, said: str, status: int) -> WorkerAnswer:
    try:
        told = json.loads((folder / _ANSWER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return WorkerAnswer(reason=telling_line(said, f"the worker's process ended with status {status}"), output=said)
    if not told["filename"]:
        return WorkerAnswer(reason=told["reason"], output=told["output"])
    return WorkerAnswer(told["filename"], (folder / _WHEELS / told["filename"]).read_bytes())


def main(name: str) -> None:
    """The process of its own.

    :param name: the folder of what is asked.
    """
    folder = Path(name)
    asked = json.loads((folder / _ASKED).read_text(encoding="utf-8"))
    build = WheelBuild(**asked["build"])
    with interruption.as_exception():
        threading.Thread(target=_end_with_worker, daemon=True).start()
        try:
            places = pip_configuration.sources(os.environ)
            where = package_sources.chosen(None, (), (), os.environ, places)
            builder = WheelBuilder(interpreter.find(build.python), where, asked["limit"])
            wheel = wheel_build.built(build, folder / build.filename, builder, folder / _WHEELS)
            told = {"filename": wheel.name}
        except WheelFailure as failure:
            told = {"filename": "", "reason": failure.reason, "output": failure.output}
        except AugbackendError as error:
            told = {"filename": "", "reason": f"{error.what} ({error.where})", "output": ""}
    (folder / _ANSWER).write_text(json.dumps(told), encoding="utf-8")


def _end_with_worker() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
