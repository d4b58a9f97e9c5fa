"""Travel of a whole day, asked for leg by leg: one matrix of everything would grow with the square of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from routing.problem import Problem
    from routing.travel import Ints

Int32s = npt.NDArray[np.int32]

BLOCK_ROWS: Final = 64
"""Rows of a matrix computed at once: what is at hand meanwhile fits the processor's cache."""
MOST_KEPT: Final = 400_000
"""Single legs remembered: 60 MB."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Looks like the matrix it stands for: `ways[mode, origin, target]` answers numbers or arrays of nodes.

    `rows` are the nodes as rows of the problem's points; single legs are asked for again and again, so they are kept.
    """

    problem: Problem
    rows: Ints
    modes: tuple[str, ...]
    kept: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def __getitem__(self, legs: tuple[Any, Any, Any]) -> Any:
        """Seconds of one leg or of many. Shape: that of mode, origins and targets broadcast."""
        mode, origins, targets = legs
        if isinstance(origins, int) and isinstance(targets, int):
            return self._one(int(mode), origins, targets)
        mode, origins, targets = np.broadcast_arrays(mode, origins, targets)
        seconds = np.zeros(mode.shape, np.int32)
        for m, name in enumerate(self.modes):
            mine = mode == m
            seconds[mine] = self.problem.seconds(self.rows[origins[mine]], self.rows[targets[mine]], name)
        return seconds

    def between(self, nodes: Ints) -> Int32s:
        """The matrix of some nodes. Shape: (modes, nodes, nodes)."""
        return matrix_of(self.problem, self.rows[nodes], self.modes)

    def keep(self, mode: int, nodes: list[int]) -> None:
        """Remember the legs from each of these nodes to the next: together they cost what one costs."""
        self._keep((mode, *leg) for leg in pairwise(nodes))

    def keep_around(self, stop: int, nodes: Sequence[tuple[int, int]]) -> None:
        """Remember the legs between a stop and each of these, (mode, node), there and back."""
        self._keep((mode, *leg) for mode, node in nodes for leg in ((node, stop), (stop, node)))

    def _keep(self, wanted: Iterable[tuple[int, int, int]]) -> None:
        new = [leg for leg in dict.fromkeys(wanted) if leg not in self.kept]
        for mode in {leg[0] for leg in new}:
            legs = [leg for leg in new if leg[0] == mode]
            _, origins, targets = np.array(legs, dtype=np.int64).T
            seconds = self.problem.seconds(self.rows[origins], self.rows[targets], self.modes[mode])
            self._make_room()
            self.kept.update(zip(legs, seconds.tolist(), strict=True))

    def _one(self, mode: int, origin: int, target: int) -> int:
        leg = (mode, origin, target)
        if leg not in self.kept:
            self._make_room()
            rows = self.rows[[origin]], self.rows[[target]]
            self.kept[leg] = int(self.problem.seconds(*rows, self.modes[mode])[0])
        return self.kept[leg]

    def _make_room(self) -> None:
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()


def matrix_of(problem: Problem, rows: Ints, modes: tuple[str, ...]) -> Int32s:
    """All travel between some of the problem's points. Shape: (modes, rows, rows). Units: seconds."""
    travel = np.zeros((max(1, len(modes)), len(rows), len(rows)), np.int32)
    for m, mode in enumerate(modes):
        for first in range(0, len(rows), BLOCK_ROWS):
            block = rows[first : first + BLOCK_ROWS, None]
            travel[m, first : first + BLOCK_ROWS] = problem.seconds(block, rows[None, :], mode)
    return travel
