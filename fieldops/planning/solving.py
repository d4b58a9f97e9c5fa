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

_log = logging.getLogger(__name__)


@jobs.job("planning.solve", lock="planning.solve")
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
        found = routing.plan(day.problem, budget_s=budget_s, seed=seed, cores=house.settings.cores)
    except routing.ProblemError as error:
        with house.transaction() as session:
            service.fail_plan(session, plan_id, str(error))
        return
    broken = routing.violations(day.problem, found)
    with house.transaction() as session:
        if broken:
            _log.error("the judge refuses plan %s: %s", plan_id, broken[0])
            service.fail_plan(session, plan_id, f"the independent check found {len(broken)} violations: {broken[0]}")
        else:
            service.store_plan(session, plan_id, day, found)
