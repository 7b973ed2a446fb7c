"""Builds handed to a Dask cluster (``distributed``), which keeps the queue and gives a lost build to another worker.

::

    WheelBuild and its sdist's bytes -> the scheduler -> worker_build, on some worker -> the wheel's bytes -> a folder

Only a few more than there are threads are handed over at once: an sdist's bytes lie with the scheduler until its wheel
is here, since nothing else outlives a worker.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Union

from augbackend.cli.model.cli_error import CliError

from . import wanted_wheels, wheel_build, worker_build
from .wheel_build import WheelBuild, WheelFailure
from .worker_build import WorkerTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PATIENCE = 30  # seconds for a scheduler to answer, and for its first worker
_OPTION = "--scheduler"

Outcome = tuple[WheelBuild, Union[Path, WheelFailure]]


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of a scheduler that has workers.

    :param address: such as ``tcp://127.0.0.1:8786``.
    :raises AugbackendError: if there is no such scheduler, no worker, or ``distributed`` is not installed.
    """
    try:
        distributed: Any = import_module("distributed")  # which says no types
    except ImportError:
        hint = "install it: augbackend[cli,cluster]"
        raise CliError(
            "this needs Dask's distributed, which is not installed",
            id="distributed-not-installed",
            where=_OPTION,
            hint=hint,
        ) from None
    try:
        _, place = distributed.comm.parse_address(address)
        distributed.comm.parse_host_port(place)  # a client that meets a mistake in it never ends
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:  # of which TimeoutError is one
        hint = "is it running, and is the address right? dask scheduler prints it"
        raise CliError(
            f"no scheduler answers: {error}", id="scheduler-does-not-answer", where=f"{_OPTION} {address}", hint=hint
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            hint = f"start some: dask worker {address}"
            raise CliError(
                "it has no worker", id="cluster-has-no-worker", where=f"{_OPTION} {address}", hint=hint
            ) from None
        yield client


def outcomes(
    client: Any, builds: Iterable[WheelBuild], archive_of: Callable[[WheelBuild], Path], into: Path, limit: float
) -> Iterator[Outcome]:
    """Each build with its wheel or its failure, in the order in which they end.

    :param client: of :func:`connected`.
    :param archive_of: where a build's sdist is.
    :param into: an existing folder for the wheels.
    :param limit: in seconds, for one build.
    """
    distributed: Any = import_module("distributed")
    waiting, handed = iter(builds), {}
    unread: list[Outcome] = []

    def hand_over(count: int) -> Iterator[Any]:
        """Hand over so many, if there are."""
        while count and (build := next(waiting, None)) is not None:
            task = WorkerTask(build, limit, wanted_wheels.platform())
            try:
                content = archive_of(build).read_bytes()
            except OSError as error:
                unread.append((build, WheelFailure(f"its sdist cannot be read: {error.strerror}")))
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that these are many bytes: they have no other way
                future = client.submit(worker_build.on_worker, task, content, pure=False)
            handed[future.key], count = build, count - 1
            yield future

    first = hand_over(2 * max(1, sum(client.nthreads().values())))
    ended = distributed.as_completed(first, loop=client.loop)
    for future in ended:
        build = handed.pop(future.key)
        yield build, _answered(build, future, into)
        future.release()
        for one in hand_over(1):
            ended.add(one)
    yield from unread


def _answered(build: WheelBuild, future: Any, into: Path) -> Union[Path, WheelFailure]:
    try:
        answer = future.result()
    except Exception as error:  # noqa: BLE001  # whatever became of the worker, the scheduler or the way there
        return WheelFailure(f"the cluster gives no answer: {type(error).__name__}: {error}")
    if not answer.filename:
        return WheelFailure(answer.reason, answer.output)
    wheel = into / Path(answer.filename).name
    wheel.write_bytes(answer.content)
    try:
        wheel_build.check(build, wheel)
    except WheelFailure as failure:
        return failure
    return wheel
