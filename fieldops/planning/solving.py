"""The job that solves a plan: reads in one transaction, searches in none, writes in another."""

from __future__ import annotations

import logging
import time
import uuid
from typing import TYPE_CHECKING, Final

import routing
from fieldops import jobs
from fieldops.planning import keeping, queries, trying
from fieldops.planning.asking import Asked, by_road, what_is_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldops.house import House

_log = logging.getLogger(__name__)
_SAID_AT_MOST = 3
WORD_EVERY_S: Final = 0.5
"""How often a running search writes down how far it is and asks whether it should stop."""


class Watch:
    """Tells the house how far a search is, and the search whether somebody wants it to stop."""

    def __init__(self, house: House, plan_id: uuid.UUID, also_stop: Callable[[], bool] = lambda: False) -> None:
        self._house, self._plan_id, self._also_stop = house, plan_id, also_stop
        self._progress: routing.Progress | None = None
        self._next_s, self._stop = 0.0, False

    def tell(self, progress: routing.Progress) -> None:
        """Keep what the engine says, to be written with the next word."""
        self._progress = progress

    def stop(self) -> bool:
        """Whether to stop now; asked all the time, it asks the database now and then."""
        self._stop = self._stop or self._also_stop()
        if not self._stop and time.monotonic() >= self._next_s:
            with self._house.transaction() as session:
                self._stop = trying.note_progress(session, self._plan_id, self._words())
            self._next_s = time.monotonic() + WORD_EVERY_S
        return self._stop

    def _words(self) -> dict[str, object]:
        told = self._progress
        if told is None:
            return {"phase": "begin"}
        return {
            "phase": told.phase,
            "elapsed_s": round(told.elapsed_s, 1),
            "budget_s": told.budget_s,
            "areas_done": told.areas_done,
            "areas": told.areas,
            "planned": told.planned,
            "best_cost": told.best_cost,
        }


@jobs.job("planning.solve")
def solve(house: House, *, id: str) -> None:  # noqa: A002 - as it is stored
    """Solve the plan of that id. A killed worker leaves it SOLVING, and the job runs again from the start."""
    _try(house, uuid.UUID(id), queue=True)


def solve_here(house: House, plan_id: uuid.UUID, *, stop: Callable[[], bool]) -> None:
    """Solve a plan without the queue, as often as it has a try left."""
    while _try(house, plan_id, stop=stop, queue=False):
        pass


def _try(house: House, plan_id: uuid.UUID, *, queue: bool, stop: Callable[[], bool] = lambda: False) -> bool:
    """One search, kept whole or not at all; True when it was lost with its process and is to be made again."""
    with house.transaction() as session:
        plan = trying.begin_solving(session, plan_id)
        if plan is None:
            return False
        budget_s, seed = plan.budget_s, plan.seed
    watch = Watch(house, plan_id, stop)
    try:
        with house.transaction() as session:
            asked = what_is_asked(session, queries.plan_by_id(session, plan_id), house.clock.now())
        asked = by_road(house, asked, ask=True)
        found = _search(asked, watch, budget_s=budget_s, seed=seed, cores=house.settings.cores)
    except routing.SolverProcessLostError as error:
        _log.warning("plan %s: %s", plan_id, error)
        with house.transaction() as session:
            return trying.give_back(session, plan_id, str(error), queue=queue)
    except routing.RoutingError as error:
        _fail(house, plan_id, str(error))
    except Exception as error:
        _fail(house, plan_id, f"the engine broke ({type(error).__name__}); the worker's log tells more")
        raise
    else:
        with house.transaction() as session:
            keeping.store_plan(session, plan_id, asked.day, asked.whole(found), behind=asked.behind)
    return False


def _search(asked: Asked, watch: Watch, *, budget_s: int, seed: int, cores: int) -> routing.Plan:
    """A plan the independent judge finds nothing wrong with. Raises: RoutingError."""
    problem = asked.problem
    found = routing.plan(
        problem,
        budget_s=budget_s,
        seed=seed,
        cores=cores,
        start=asked.start,
        stop=watch.stop,
        on_progress=watch.tell,
    )
    broken = routing.violations(problem, found)
    if broken:
        said = "; ".join(f"{each.code} {each.subject_id}: {each.says}" for each in broken[:_SAID_AT_MOST])
        raise routing.InvalidPlanError(f"the independent check found {len(broken)} broken rules: {said}")
    return found


def _fail(house: House, plan_id: uuid.UUID, why: str) -> None:
    _log.error("plan %s failed: %s", plan_id, why)
    with house.transaction() as session:
        trying.fail_plan(session, plan_id, why)
