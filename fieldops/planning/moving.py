"""Changes by hand: a visit given to a crew, a place, a time. Each is a lock and a new version of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import routing
from fieldops import audit
from fieldops.agents import queries as agents
from fieldops.errors import NotFound, NotNow, NotUnderstood
from fieldops.house import house_of
from fieldops.planning import queries
from fieldops.planning.asking import MOVE, Asked, by_road, rest_asked
from fieldops.planning.explaining import AT_MOST, explain_later
from fieldops.planning.keeping import keep_routes
from fieldops.planning.models import VisitLock
from fieldops.planning.replanning import base_of_change
from fieldops.planning.service import new_version

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.planning.models import DayPlan
    from fieldops.policies.decision import Finding


def move_visit(
    session: Session,
    actor: Actor,
    plan_id: uuid.UUID,
    *,
    visit_id: uuid.UUID,
    crew_id: uuid.UUID,
    position: int | None,
    begins_s: tuple[int, int] | None,
    reason: str,
) -> DayPlan:
    """Give a visit to a crew, at a position of its order or where it costs least, and keep that as a lock of the day.

    The new version is judged like any plan, and publishing it asks the rules again. Many reasons are proved by a job:
    until it has run, visits left out keep what the plan before said (``engine.reasons_of_before``).
    Raises: NotNow MOVE_REFUSED naming the rule it breaks and by how much, or what else is in the way.
    """
    base = base_of_change(session, actor, plan_id)
    crew, visit_no = agents.crew_by_id(session, crew_id), queries.visit_nos(session, [visit_id]).get(visit_id)
    asked = rest_asked(session, base, actor.at, {"visit": visit_no, "change_min": 0})
    asked = by_road(house_of(session), asked, ask=False)
    found = _moved(asked, visit_no or str(visit_id), crew.code, position, begins_s)
    said = {"kind": MOVE, "visit": visit_no, "crew": crew.code, "position": position, "begins_s": begins_s}
    plan = new_version(session, actor, base.on_date, budget_s=0, seed=base.seed, base_id=base.id, asked=said)
    keep_routes(session, plan, asked.day, asked.whole(found.plan), behind=asked.behind)
    plan.engine = {**plan.engine, "reasons_of_before": not found.explained}
    if not found.explained:
        explain_later(session, plan.id)
    _lock(session, actor, base.on_date, visit_id, crew_id, position, begins_s, reason)
    audit.record(session, actor, "plans.move", "day_plan", plan.id, base=str(base.id), reason=reason, **said)
    return plan


def lift_lock(session: Session, actor: Actor, *, on_date: date, visit_id: uuid.UUID) -> None:
    """Let the next plan of the day decide about this visit again. Raises: NotFound when no lock stands on it."""
    lock = queries.lock_on_visit(session, on_date, visit_id)
    if lock is None:
        raise NotFound("LOCK_UNKNOWN", f"No lock stands on this visit on {on_date}; list them with GET /plans/locks.")
    lock.lifted_by, lock.lifted_at = actor.name, actor.at
    audit.record(session, actor, "plans.unlock", "visit", visit_id, on_date=str(on_date))


def _moved(
    asked: Asked, visit_no: str, crew: str, position: int | None, begins_s: tuple[int, int] | None
) -> routing.Moved:
    """The engine's plan with the move in it. Raises: NotNow, NotUnderstood."""
    assert asked.rest is not None
    if visit_no in asked.behind:
        raise NotNow("VISIT_BEGUN", f"Visit {visit_no} is done or under way; it stays where it is.")
    done = sum(len(route.visits) for route in asked.rest.fixed if route.crew_id == crew)
    if position is not None and position <= done:
        raise NotNow("PLACE_BEHIND", f"Crew {crew} has {done} visits behind it; give a position after them.")
    try:
        return routing.moved(
            asked.problem,
            asked.rest.start,
            visit_no,
            crew_id=crew,
            place=None if position is None else position - done,
            time_lock=None if begins_s is None else routing.Window(*begins_s),
            explain_at_most=AT_MOST,
        )
    except routing.MoveRefusedError as refused:
        _refuse_barred(asked.day.barred.get(visit_no, {}).get(crew, ()), crew)
        said = {"limit": refused.limit, "by": refused.by}
        words = {"message_zh": refused.message_zh, "message_en": refused.message_en}
        raise NotNow("MOVE_REFUSED", f"It breaks a rule ({refused.limit}): {refused}.", **said, **words) from None
    except routing.InvalidPlanError as broken:
        raise NotNow("PLAN_STALE", f"The plan does not hold any more: {broken}.") from None
    except routing.ProblemError as wrong:
        raise NotUnderstood("MOVE_NOT_UNDERSTOOD", str(wrong)) from None


def _refuse_barred(findings: Sequence[Finding], crew: str) -> None:
    """Raises: NotNow with what the rules say against this crew at this door."""
    if findings:
        words = {
            "message_zh": f"小组{crew}不得承接：" + "；".join(f"{each.code} {each.message_zh}" for each in findings),
            "message_en": f"crew {crew} may not go: "
            + "; ".join(f"{each.code} {each.message_en}" for each in findings),
        }
        codes = [each.code for each in findings]
        raise NotNow(
            "MOVE_REFUSED", f"It breaks a rule: {words['message_en']}.", limit="CREW", by=0, codes=codes, **words
        )


def _lock(
    session: Session,
    actor: Actor,
    on_date: date,
    visit_id: uuid.UUID,
    crew_id: uuid.UUID,
    position: int | None,
    begins_s: tuple[int, int] | None,
    reason: str,
) -> None:
    standing = queries.lock_on_visit(session, on_date, visit_id)
    if standing is not None:
        standing.lifted_by, standing.lifted_at = actor.name, actor.at
        session.flush()
    from_s, until_s = begins_s or (None, None)
    session.add(
        VisitLock(
            on_date=on_date,
            visit_id=visit_id,
            crew_id=crew_id,
            position=position,
            from_s=from_s,
            until_s=until_s,
            reason=reason,
            made_by=actor.name,
            made_at=actor.at,
        )
    )
