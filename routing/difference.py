"""What changed between two plans of one day: what moved, and what it gained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from routing.problem import Plan


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a stop is in a plan."""

    crew_id: str
    sequence: int
    start_s: int


@dataclass(frozen=True, slots=True)
class Move:
    """One stop that is elsewhere: `before` is None when it is new, `after` None when it is gone."""

    stop_id: str
    before: Seat | None
    after: Seat | None

    @property
    def changes_crew(self) -> bool:
        """Another crew has it now."""
        return self.before is not None and self.after is not None and self.before.crew_id != self.after.crew_id


@dataclass(frozen=True, slots=True)
class Difference:
    """Moves in the order of stop ids, and the change in travel, distance and visits (after minus before)."""

    moves: tuple[Move, ...]
    travel_s: int
    distance_m: int
    planned: int


def difference(before: Plan, after: Plan, *, tolerance_s: int = 0) -> Difference:
    """What a re-plan changed. A stop that keeps crew and order and moves no more than the tolerance has not moved."""
    old, new = _seats(before), _seats(after)
    moves = [
        Move(stop_id, old.get(stop_id), new.get(stop_id))
        for stop_id in sorted(old.keys() | new.keys())
        if not _same(old.get(stop_id), new.get(stop_id), tolerance_s)
    ]
    return Difference(
        moves=tuple(moves),
        travel_s=sum(r.travel_s for r in after.routes) - sum(r.travel_s for r in before.routes),
        distance_m=sum(r.distance_m for r in after.routes) - sum(r.distance_m for r in before.routes),
        planned=after.planned - before.planned,
    )


def _seats(plan: Plan) -> dict[str, Seat]:
    return {
        visit.stop_id: Seat(route.crew_id, visit.sequence, visit.start_s)
        for route in plan.routes
        for visit in route.visits
    }


def _same(before: Seat | None, after: Seat | None, tolerance_s: int) -> bool:
    if before is None or after is None:
        return False
    same_place = (before.crew_id, before.sequence) == (after.crew_id, after.sequence)
    return same_place and abs(before.start_s - after.start_s) <= tolerance_s
