"""Areas solved side by side, each in its own process; the best routes so far always lie with the caller."""

from __future__ import annotations

import multiprocessing
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final

from routing.errors import SolverProcessLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

    from routing.arrays import Arrays, Routes

POLL_S: Final = 0.1
LEAST_BUDGET_S: Final = 0.2
"""What a task from nothing gets in any case: a first plan. One that goes on from routes has one already."""
LEAST_WARM_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Task:
    """One area to solve. `limit` bounds the search by steps instead of the clock, for plans that repeat exactly."""

    day: Arrays
    engine: str
    seed: int
    start: Routes | None = None
    limit: int | None = None
    share: float = 1.0


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Connection
    task: int | None = None


def run_tasks(
    tasks: Sequence[Task],
    search: Callable[[Task, float, Callable[[Routes], None], Callable[[], bool]], Routes],
    *,
    deadline: float,
    cores: int,
    stop: Callable[[], bool],
    on_routes: Callable[[int, Routes, bool], None],
    apart: bool = False,
) -> bool:
    """Solve every task and hand out routes as they get better: (task, routes, finished).

    `deadline` is on `time.monotonic`. `apart`: in processes of their own even where one would do, for a search that
    cannot be stopped but by its end. Returns True when stopped early.
    Raises: SolverProcessLostError when a solver process dies.
    """
    if not apart and (cores <= 1 or len(tasks) <= 1):
        return _run_here(tasks, search, deadline, stop, on_routes)
    return _run_apart(tasks, search, deadline, min(cores, len(tasks)), stop, on_routes)


def _run_here(
    tasks: Sequence[Task],
    search: Callable[..., Routes],
    deadline: float,
    stop: Callable[[], bool],
    on_routes: Callable[[int, Routes, bool], None],
) -> bool:
    left = list(range(len(tasks)))
    while left:
        if stop():
            return True
        budget_s = _budget_s(tasks, left, deadline, 1)
        number = left.pop(0)
        found = search(tasks[number], budget_s, lambda routes, n=number: on_routes(n, routes, False), stop)
        on_routes(number, found, True)
    return stop()


def _run_apart(
    tasks: Sequence[Task],
    search: Callable[..., Routes],
    deadline: float,
    cores: int,
    stop: Callable[[], bool],
    on_routes: Callable[[int, Routes, bool], None],
) -> bool:
    left = sorted(range(len(tasks)), key=lambda n: -tasks[n].share)
    workers = [_start(search) for _ in range(cores)]
    try:
        while left or any(worker.task is not None for worker in workers):
            for worker in workers:
                if worker.task is None and left:
                    budget_s = _budget_s(tasks, left, deadline, cores)
                    worker.task = left.pop(0)
                    _send(worker, (worker.task, tasks[worker.task], budget_s))
            if stop():
                return True
            _receive(workers, on_routes)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
            worker.pipe.close()
    return False


def _budget_s(tasks: Sequence[Task], left: Sequence[int], deadline: float, cores: int) -> float:
    """The part of the remaining time that the next task may use."""
    remaining_s = deadline - time.monotonic()
    part = tasks[left[0]].share / sum(tasks[n].share for n in left)
    least_s = LEAST_BUDGET_S if tasks[left[0]].start is None else LEAST_WARM_S
    return max(least_s, min(remaining_s, remaining_s * cores * part))


def _start(search: Callable[..., Routes]) -> _Worker:
    method = "spawn" if sys.platform == "win32" else "forkserver"
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["routing.engines"])
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, search), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _send(worker: _Worker, message: object) -> None:
    try:
        worker.pipe.send(message)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise _lost(worker) from error


def _receive(workers: Sequence[_Worker], on_routes: Callable[[int, Routes, bool], None]) -> None:
    ready = wait([worker.pipe for worker in workers if worker.task is not None], timeout=POLL_S)
    for worker in workers:
        if worker.pipe not in ready:
            continue
        try:
            number, routes, finished = worker.pipe.recv()
        except (EOFError, ConnectionResetError) as error:
            raise _lost(worker) from error
        if isinstance(routes, BaseException):
            raise routes
        on_routes(number, routes, finished)
        if finished:
            worker.task = None


def _lost(worker: _Worker) -> SolverProcessLostError:
    worker.process.join(1)
    code = worker.process.exitcode
    return SolverProcessLostError(f"a solver process ended with exit code {code}; no plan was made, run the job again")


def _serve(pipe: Connection, search: Callable[..., Routes]) -> None:
    """In the solver process: one task after the other until the caller is gone, in the middle of one too.

    The caller sends nothing while a task runs, so a pipe that can be read has lost its other end.
    """
    while True:
        try:
            number, task, budget_s = pipe.recv()
        except EOFError:
            return
        try:
            found: object = search(task, budget_s, lambda routes, n=number: pipe.send((n, routes, False)), pipe.poll)
        except Exception as error:  # noqa: BLE001 - handed to the caller, who raises it
            found = error
        try:
            pipe.send((number, found, True))
        except BrokenPipeError:
            return
