"""What is asked of the routing engine and what it answers: frozen values, checked when they are made."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from routing.checked import check_distinct, check_in_day, check_point, check_whole
from routing.errors import CrewWithoutStartError, InvalidValueError, InvalidWindowError
from routing.objective import Objective
from routing.travel import GreatCircle, RoadMatrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

DAY_S: Final = 86_400
PRIORITIES: Final = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A span of the day, in seconds since local midnight; both ends belong to it.

    Raises: InvalidWindowError when it ends before it starts or starts before midnight.
    """

    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        for value in (self.start_s, self.end_s):
            if isinstance(value, bool) or not isinstance(value, int):
                raise InvalidWindowError("", f"{value!r} is no whole second", "give whole seconds since midnight")
        if self.start_s < 0 or self.end_s < self.start_s:
            raise InvalidWindowError(
                "", f"{self.start_s}–{self.end_s} s is inverted or before midnight", "give a start not after the end"
            )

    @property
    def span_s(self) -> int:
        """Length of the window."""
        return self.end_s - self.start_s

    def overlap(self, other: Window) -> Window | None:
        """The part common to both, or None."""
        start_s, end_s = max(self.start_s, other.start_s), min(self.end_s, other.end_s)
        return Window(start_s, end_s) if start_s <= end_s else None


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `duration_s` that lies wholly inside `window`, never during a service.

    It may interrupt a drive. Time before the route starts and after it ends is free time and counts as rest.
    """

    window: Window
    duration_s: int

    def __post_init__(self) -> None:
        if not 0 < self.duration_s <= self.window.span_s:
            raise InvalidValueError("", f"break of {self.duration_s} s", "give a length between 1 s and its window's")


@dataclass(frozen=True, slots=True)
class Stop:
    """One place to visit: service must *start* inside one of its windows.

    `crew_lock` binds it to a crew, `position` to an order among the stops locked to that crew (smaller first),
    `time_lock` narrows its windows. `debtor`: two stops of one debtor are never on one day. `last_crew` was here
    before (liked), `planned_crew` has it in the plan being revised (liked more). `load` counts against
    `Crew.max_load`. `days` are the days it may be made on, each with what that day costs (a preference, in seconds of
    travel); None: any day of the problem.
    """

    id: str
    lat: float
    lon: float
    service_s: int
    windows: tuple[Window, ...]
    priority: int = 3
    debtor: str | None = None
    skills: frozenset[str] = frozenset()
    crew_lock: str | None = None
    position: int | None = None
    time_lock: Window | None = None
    last_crew: str | None = None
    planned_crew: str | None = None
    load: int = 0
    days: Mapping[int, int] | None = None

    def __post_init__(self) -> None:
        if not self.id or not isinstance(self.id, str):
            raise InvalidValueError(str(self.id), "a stop without id", "give every stop a text id")
        check_point(self.id, self.lat, self.lon)
        check_whole(self.id, "service_s", self.service_s, 0, DAY_S)
        check_whole(self.id, "load", self.load, 0, 10**9)
        if self.priority not in PRIORITIES:
            raise InvalidValueError(self.id, f"priority {self.priority!r}", "give a whole number from 1 to 5")
        if not self.windows:
            raise InvalidWindowError(self.id, "no window at all", "give at least one window")
        if self.position is not None and self.crew_lock is None:
            raise InvalidValueError(self.id, "a position without crew_lock", "lock the stop to a crew as well")
        if self.days is not None and not self.days:
            raise InvalidValueError(self.id, "no allowed day", "give at least one day, or None for any")
        for cost_s in (self.days or {}).values():
            check_whole(self.id, "cost of a day", cost_s, 0, 10**9)

    @property
    def open_windows(self) -> tuple[Window, ...]:
        """Windows left after the time lock, in order and merged."""
        lock = self.time_lock
        cut = [w for w in self.windows if lock is None] + [c for w in self.windows if lock and (c := w.overlap(lock))]
        merged: list[Window] = []
        for window in sorted(cut):
            if merged and window.start_s <= merged[-1].end_s:
                merged[-1] = Window(merged[-1].start_s, max(merged[-1].end_s, window.end_s))
            else:
                merged.append(window)
        return tuple(merged)


@dataclass(frozen=True, slots=True)
class Crew:
    """Two people and a vehicle: start, end, shift, breaks, skills and limits of one day.

    `max_duty_s` limits the time between leaving the start and reaching the end; `max_load` the sum of loads. A crew
    that works on several `day`s of one problem is a crew of its own, with an id of its own, on each.
    """

    id: str
    start_lat: float
    start_lon: float
    end_lat: float
    end_lon: float
    shift: Window
    breaks: tuple[Break, ...] = ()
    skills: frozenset[str] = frozenset()
    mode: str = "CAR"
    max_stops: int | None = None
    max_duty_s: int | None = None
    max_load: int | None = None
    day: int = 0

    def __post_init__(self) -> None:
        if not self.id or not isinstance(self.id, str):
            raise InvalidValueError(str(self.id), "a crew without id", "give every crew a text id")
        if self.start_lat is None or self.start_lon is None:
            raise CrewWithoutStartError(self.id, "no start point", "give the crew's start latitude and longitude")
        check_point(self.id, self.start_lat, self.start_lon)
        check_point(self.id, self.end_lat, self.end_lon)
        for name in ("max_stops", "max_duty_s", "max_load"):
            if getattr(self, name) is not None:
                check_whole(self.id, name, getattr(self, name), 0, 10**9)


@dataclass(frozen=True)
class Problem:
    """One day to plan, or several: stops, crews, how they travel and what counts.

    `horizon_s` is the end of the day that every window, shift and break must fit in.
    Raises: DuplicateIdError, InvalidWindowError, MatrixShapeError, InvalidValueError, each naming the mend.
    """

    stops: tuple[Stop, ...]
    crews: tuple[Crew, ...]
    travel: GreatCircle | RoadMatrix = field(default_factory=GreatCircle)
    objective: Objective = field(default_factory=Objective)
    horizon_s: int = DAY_S

    def __post_init__(self) -> None:
        check_distinct("stop", [stop.id for stop in self.stops])
        check_distinct("crew", [crew.id for crew in self.crews])
        for stop in self.stops:
            check_in_day(stop.id, stop.windows, self.horizon_s)
        for crew in self.crews:
            check_in_day(crew.id, (crew.shift, *(pause.window for pause in crew.breaks)), self.horizon_s)
        self.travel.check(len(self.points), sorted({crew.mode for crew in self.crews}))

    @cached_property
    def points(self) -> tuple[tuple[float, float], ...]:
        """Places of the travel matrix: every stop in order, then the distinct starts and ends of crews."""
        return points_of(self.stops, self.crews)

    @cached_property
    def crew_points(self) -> tuple[tuple[int, int], ...]:
        """Row of each crew's start and end in `points`."""
        row = {point: i for i, point in enumerate(self.points) if i >= len(self.stops)}
        return tuple((row[c.start_lat, c.start_lon], row[c.end_lat, c.end_lon]) for c in self.crews)

    @cached_property
    def fair_stops(self) -> int:
        """Visits per crew if all were shared evenly: what the balance term measures from."""
        return math.ceil(len(self.stops) / max(1, len(self.crews)))

    def legs(
        self, origins: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], mode: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Travel between rows of `points`. Shape: (origins, targets) twice. Units: seconds, metres."""
        return self.travel.legs(self._at, origins, targets, mode)

    def seconds(
        self, origins: npt.NDArray[np.int64], targets: npt.NDArray[np.int64], mode: str
    ) -> npt.NDArray[np.int64]:
        """Travel seconds from each row of `points` to its target. Shape: that of both broadcast."""
        return self.travel.seconds(self._at, origins, targets, mode)

    @cached_property
    def _at(self) -> npt.NDArray[np.float64]:
        """The points once as an array: legs are asked for route by route."""
        return np.asarray(self.points, dtype=np.float64).reshape(-1, 2)

    def filled_legs(self, route: Route) -> tuple[bool, ...]:
        """Of every leg of a route, the last being its way home, whether it fills a gap of the road matrix."""
        row = {stop.id: i for i, stop in enumerate(self.stops)}
        start, end, mode = self._ends[route.crew_id]
        rows = [start, *(row[visit.stop_id] for visit in route.visits), end]
        return tuple(self.travel.filled(origin, target, mode) for origin, target in pairwise(rows))

    @cached_property
    def _ends(self) -> dict[str, tuple[int, int, str]]:
        return {crew.id: (*ends, crew.mode) for crew, ends in zip(self.crews, self.crew_points, strict=True)}


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One stop in a route; travel and distance are those of the leg that leads to it."""

    stop_id: str
    sequence: int
    arrive_s: int
    start_s: int
    leave_s: int
    travel_s: int
    distance_m: int


@dataclass(frozen=True, slots=True)
class Route:
    """One crew's day: from leaving the start to reaching the end. `rests` are the breaks taken on the way."""

    crew_id: str
    visits: tuple[PlannedVisit, ...]
    start_s: int
    end_s: int
    travel_s: int
    distance_m: int
    rests: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stop that is not in the plan, with the reason that was proved and the cheapest mend."""

    stop_id: str
    reason: str
    message_zh: str
    message_en: str
    detail: Mapping[str, object]
    repair_zh: str = ""
    repair_en: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """Stops and crews that were solved together."""

    name: str
    stop_ids: tuple[str, ...]
    crew_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every stop of the problem is in exactly one of `routes` or `left_out`.

    `cost` is the objective in seconds of travel; `terms` is its sum by term of `routing.objective.TERMS`.
    """

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...]
    cost: int
    engine: str
    seed: int
    budget_s: float
    versions: Mapping[str, str]
    areas: tuple[Area, ...]
    terms: Mapping[str, int]
    matrix_source: str
    cancelled: bool = False
    notes: tuple[str, ...] = ()

    @property
    def planned(self) -> int:
        """Number of visits planned."""
        return sum(len(route.visits) for route in self.routes)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running plan is. Units: seconds; cost as in Plan, of what is solved so far."""

    phase: str
    elapsed_s: float
    budget_s: float
    areas_done: int
    areas: int
    planned: int
    best_cost: int | None


def points_of(stops: Iterable[Stop], crews: Iterable[Crew]) -> tuple[tuple[float, float], ...]:
    """Places of the travel matrix of these stops and crews, in the order of `Problem.points`."""
    ends = [p for crew in crews for p in ((crew.start_lat, crew.start_lon), (crew.end_lat, crew.end_lon))]
    return (*((stop.lat, stop.lon) for stop in stops), *dict.fromkeys(ends))
