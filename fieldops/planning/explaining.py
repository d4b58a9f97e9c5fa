"""The job that proves anew why visits are left out of a plan changed by hand: a request waits for few reasons."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import routing
from fieldops import jobs
from fieldops.house import house_of
from fieldops.planning import queries, states
from fieldops.planning.asking import by_road, rest_asked
from fieldops.planning.keeping import told
from fieldops.planning.stored import plan_as_made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.house import House

AT_MOST: Final = 10
"""Reasons proved within the request of a move (some milliseconds each); more are the job's."""
TO_EXPLAIN: Final = (states.OPTIMISED, states.PUBLISHED)


def explain_later(session: Session, plan_id: uuid.UUID) -> None:
    """Queue the reasons of a plan, which are those of the plan before it until then."""
    jobs.defer(session, "planning.explain", id=str(plan_id))


@jobs.job("planning.explain")
def explain(house: House, *, id: str) -> None:  # noqa: A002 - as it is stored
    """Prove every reason of that plan anew. It may run twice; a plan that is over keeps its reasons."""
    plan_id = uuid.UUID(id)
    with house.transaction() as session:
        problem, made = _as_it_stands(session, plan_id)
    reasons = routing.explain(problem, made)
    with house.transaction() as session:
        keep_reasons(session, plan_id, reasons)


def keep_reasons(session: Session, plan_id: uuid.UUID, reasons: Sequence[routing.LeftOut]) -> None:
    """Let these be the reasons of the visits a plan leaves out; other reasons of it stand."""
    plan = queries.plan_by_id(session, plan_id, lock=True)
    if plan.status not in TO_EXPLAIN or not plan.engine.get("reasons_of_before"):
        return
    rows = {row.visit_id: row for row in queries.left_out_rows(session, plan_id)}
    nos = queries.visit_nos(session, rows)
    row_of = {no: rows[visit_id] for visit_id, no in nos.items()}
    for left in reasons:
        if left.stop_id in row_of:
            row = row_of[left.stop_id]
            row.reason, row.message_zh, row.message_en, row.detail = told(left)
    plan.engine, plan.version = {**plan.engine, "reasons_of_before": False}, plan.version + 1


def _as_it_stands(session: Session, plan_id: uuid.UUID) -> tuple[routing.Problem, routing.Plan]:
    """What was left of the day when the plan was made, and the plan of that."""
    plan = queries.plan_by_id(session, plan_id)
    assert plan.base_id is not None
    base = queries.plan_by_id(session, plan.base_id)
    asked = rest_asked(session, base, plan.created_at, {"visit": plan.asked["visit"], "change_min": 0})
    asked = by_road(house_of(session), asked, ask=False)
    stops = {stop.id for stop in asked.problem.stops}
    made = plan_as_made(session, plan, without=())
    routes = (
        replace(route, visits=tuple(visit for visit in route.visits if visit.stop_id in stops)) for route in made.routes
    )
    return asked.problem, replace(made, routes=tuple(routes))
