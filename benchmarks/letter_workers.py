"""Workers that render letters in processes of their own: the memory one holds, and what a second one brings."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.letter_makers import PACK, letters
from letters.pack import load_pack
from letters.render import RenderedLetter, Renderer

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

TURN = 25  # letters a worker renders in one turn


@dataclass(frozen=True, slots=True)
class Span:
    """How long some letters took: by the clock, on a processor, and waiting in its queue for one."""

    clock_s: float
    processor_s: float
    queued_s: float

    @property
    def own_s(self) -> float:
        """The clock without the wait for a processor: what the clock would show if nobody else used the machine.

        Waiting for anything else (a lock, the disk, the other worker) is in it.
        """
        return self.clock_s - self.queued_s


def memory(count: int) -> dict[str, float]:
    """Return the resident megabytes one worker reaches over `count` letters."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        resident_mb, span = pool.apply(_work, (count,))
    return {"letters": count, "resident_mb": resident_mb, "processor_s": round(span.processor_s, 1)}


def second_worker(turns: int) -> dict[str, float]:
    """Return what a second worker brings: each alone, and both at once, turn by turn; medians over the turns.

    ``by_the_clock`` is the plain gain, which says something only while both processors are free; ``two_workers`` leaves
    out the waits for a processor that others had; ``processor`` says how much dearer a letter is beside another worker.
    """
    rounds = []
    with ExitStack() as ends:
        workers = [ends.enter_context(_Worker()) for _ in range(2)]
        for turn in range(turns):
            first, then = (_alone, _at_once) if turn % 2 else (_at_once, _alone)
            spans = {first: first(workers, 2 * turn), then: then(workers, 2 * turn + 1)}
            rounds.append((spans[_alone], spans[_at_once]))
    return {
        "turns": turns,
        "two_workers": _median([sum(one.own_s for one in a) / max(one.own_s for one in b) for a, b in rounds]),
        "by_the_clock": _median([sum(one.clock_s for one in a) / max(one.clock_s for one in b) for a, b in rounds]),
        "processor": _median(
            [sum(one.processor_s for one in b) / sum(one.processor_s for one in a) for a, b in rounds]
        ),
    }


def _alone(workers: list[_Worker], turn: int) -> list[Span]:
    return [worker.work(turn) for worker in workers]


def _at_once(workers: list[_Worker], turn: int) -> list[Span]:
    for worker in workers:
        worker.begin(turn)
    return [worker.end() for worker in workers]


class _Worker:
    """A process with a renderer, warm before its first turn."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,))

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.send(None)
        self._process.join()

    def begin(self, turn: int) -> None:
        self._ours.send(turn)

    def end(self) -> Span:
        span: Span = self._ours.recv()
        return span

    def work(self, turn: int) -> Span:
        self.begin(turn)
        return self.end()


def _serve(asked: Connection) -> None:
    renderer = Renderer(load_pack(PACK))
    renderer.render(letters(1)[0])
    asked.send("ready")
    while (turn := asked.recv()) is not None:
        asked.send(_timed(renderer, TURN, turn * TURN))


def _work(count: int) -> tuple[int, Span]:
    span = _timed(Renderer(load_pack(PACK)), count, 0)
    return peak_resident_mb(), span


def _timed(renderer: Renderer, count: int, start: int) -> Span:
    clock, processor, queued = time.perf_counter(), time.process_time(), _queued_s()
    made = sum(isinstance(one, RenderedLetter) for one in renderer.render_batch(letters(count, start)))
    span = Span(time.perf_counter() - clock, time.process_time() - processor, _queued_s() - queued)
    if made != count:
        raise SystemExit(f"{count - made} of {count} letters failed")
    return span


def _queued_s() -> float:
    """How long this process was ready to run and had no processor, where Linux tells; else 0."""
    told = Path("/proc/self/schedstat")
    return int(told.read_text().split()[1]) / 1e9 if told.exists() else 0.0


def peak_resident_mb() -> int:
    """Return this process's own peak: on Linux a child's ru_maxrss begins at what its parent had."""
    status = Path("/proc/self/status")
    if status.exists():
        return (
            next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) // 1024
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


def _median(shares: list[float]) -> float:
    return round(statistics.median(shares), 2)
