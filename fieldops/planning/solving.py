"""The job that solves a plan: reads in one transaction, searches in none, writes in another."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

import routing
from fieldops import jobs
from fieldops.planning import service

if TYPE_CHECKING:
    from fieldops.house import House
    from fieldops.planning.problem import Day

_log = logging.getLogger(__name__)
_TRIES = 2
_SAID_AT_MOST = 3


@jobs.job("planning.solve")
def solve(house: House, *, id: str) -> None:  # noqa: A002 - the job's argument as it is stored
    """Solve the plan of that id. A killed worker leaves it SOLVING, and the job runs again from the start."""
    plan_id = uuid.UUID(id)
    with house.transaction() as session:
        plan = service.begin_solving(session, plan_id)
        if plan is None:
            return
        day = service.day_of_plan(session, plan)
        budget_s, seed = plan.budget_s, plan.seed
    try:
        found = _search(day, budget_s=budget_s, seed=seed, cores=house.settings.cores)
    except routing.RoutingError as error:
        _fail(house, plan_id, str(error))
    except Exception as error:
        _fail(house, plan_id, f"the engine broke ({type(error).__name__}); the worker's log tells more")
        raise
    else:
        with house.transaction() as session:
            service.store_plan(session, plan_id, day, found)


def _search(day: Day, *, budget_s: int, seed: int, cores: int) -> routing.Plan:
    """A plan the independent judge finds nothing wrong with.

    Raises: RoutingError; a solver process that is lost (out of memory, say) is given one more try.
    """
    for left in reversed(range(_TRIES)):
        try:
            found = routing.plan(day.problem, budget_s=budget_s, seed=seed, cores=cores)
            break
        except routing.SolverProcessLostError:
            if not left:
                raise
    broken = routing.violations(day.problem, found)
    if broken:
        said = "; ".join(f"{each.code} {each.subject_id}: {each.says}" for each in broken[:_SAID_AT_MOST])
        raise routing.InvalidPlanError(f"the independent check found {len(broken)} broken rules: {said}")
    return found


def _fail(house: House, plan_id: uuid.UUID, why: str) -> None:
    _log.error("plan %s failed: %s", plan_id, why)
    with house.transaction() as session:
        service.fail_plan(session, plan_id, why)
