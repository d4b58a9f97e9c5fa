"""Gather approved visits by area for a day, and give them back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops import audit
from fieldops.addresses.queries import among
from fieldops.agents import queries as agents
from fieldops.auth.roles import Role
from fieldops.batching import queries
from fieldops.batching.areas import AreaOfVisits, CrewStart, Located, areas_of
from fieldops.batching.gate import HOLIDAY, Passed, ask_at_gate
from fieldops.batching.models import BatchedVisit, VisitBatch
from fieldops.clock import local, local_date
from fieldops.db import uuid7
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.policies.service import policy_on
from fieldops.visits import queries as visit_queries
from fieldops.visits import states
from fieldops.visits.moves import move_visit
from fieldops.visits.requesting import decision_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.edition import Policy

LOCKED: Final = "LOCKED"
CANCELLED: Final = "CANCELLED"


def make_batches(session: Session, actor: Actor, *, on_date: date, comment: str | None = None) -> dict[str, Any]:
    """Gather the approved visits that may be made on a day into areas, after asking the rules again.

    ``comment`` is a supervisor's, and lets visits go on a holiday.
    Raises: NotUnderstood for a day that is over, NotAllowed for a comment of somebody else.
    Cost: the files of all approved visits are read once.
    """
    today = local_date(actor.at)
    if on_date < today:
        raise NotUnderstood("DAY_OVER", f"{on_date} is over; batch for {today} or later.")
    if comment is not None and Role.SUPERVISOR not in actor.roles:
        raise NotAllowed("HOLIDAY_NEEDS_SUPERVISOR", "Only a supervisor's comment lets visits go on a holiday.")
    accepted = [HOLIDAY] if comment else []
    _give_back_left_over(session, actor)
    gate = ask_at_gate(session, actor, queries.approved_visit_ids(session), on_date, accepted=frozenset(accepted))
    crews = agents.crews_on(session, on_date)
    policy = policy_on(session, on_date)
    areas = areas_of(_located(session, gate.passed), [_start(crew, policy) for crew in crews])
    terms = {"on_date": on_date, "accepted": accepted, "comment": comment}
    batch_ids = _lock_batches(session, actor, terms, areas, {each.visit.id: each for each in gate.passed})
    session.flush()
    return {
        "on_date": on_date,
        "batches": queries.batches(session, on_date, batch_ids=batch_ids) if batch_ids else [],
        "batched": len(gate.passed),
        "unrouted": gate.unrouted,
        "left": gate.left,
    }


def unbatch(
    session: Session, actor: Actor, batch_id: UUID, *, visit_ids: Sequence[UUID] = (), reason: str
) -> dict[str, Any]:
    """Give visits of a batch (all of them without ``visit_ids``) back to wait for another; an empty batch is over.

    Raises: NotFound, NotNow when one of them is planned already.
    """
    queries.batch_by_id(session, batch_id, lock=True)
    inside = set(queries.visit_ids_of_batch(session, batch_id))
    strangers = [str(each) for each in visit_ids if each not in inside]
    if strangers:
        raise NotUnderstood("VISIT_NOT_IN_BATCH", f"Visit {strangers[0]} is not in this batch.", strangers=strangers)
    visits = visit_queries.lock_visits(session, visit_ids or inside)
    planned = [visit.no for visit in visits.values() if visit.status not in {states.BATCHED, states.APPROVED}]
    if planned:
        mend = "call its day off first (POST /plans/{id}/call-off), or cancel the visit"
        raise NotNow("VISIT_PLANNED", f"{planned[0]} is on the published plan; {mend}.", visits=planned)
    for visit in visits.values():
        move_visit(session, actor, visit, states.APPROVED, action="visits.unbatch", reason=reason)
    take_out(session, visits)
    session.flush()
    return queries.shown_batch(session, batch_id)


def take_out(session: Session, visit_ids: Iterable[UUID]) -> None:
    """Take visits out of their batches; a batch that has become empty is cancelled."""
    out = sa.delete(BatchedVisit).where(among(BatchedVisit.visit_id, visit_ids))
    batch_ids = set(session.scalars(out.returning(BatchedVisit.batch_id)))
    left = sa.select(BatchedVisit.batch_id).where(BatchedVisit.batch_id == VisitBatch.id).exists()
    session.execute(
        sa.update(VisitBatch)
        .where(among(VisitBatch.id, batch_ids), VisitBatch.status == LOCKED, ~left)
        .values(status=CANCELLED, version=VisitBatch.version + 1)
    )


def list_batches(session: Session, *, on_date: date | None) -> list[dict[str, Any]]:
    """Batches, newest day first."""
    return queries.batches(session, on_date)


def show_batch(session: Session, batch_id: UUID) -> dict[str, Any]:
    """One batch with its visits. Raises: NotFound."""
    return queries.shown_batch(session, batch_id)


def _give_back_left_over(session: Session, actor: Actor) -> None:
    """Visits whose batch's day ended without them wait for a batch again."""
    today = local_date(actor.at)
    closes = policy_on(session, today).visit.plan_window.closes
    before = today + timedelta(days=1) if local(actor.at).time() >= closes else today
    visits = visit_queries.lock_visits(session, queries.visit_ids_left_over(session, before))
    left_over = {visit_id: visit for visit_id, visit in visits.items() if visit.status == states.BATCHED}
    for visit in left_over.values():
        move_visit(session, actor, visit, states.APPROVED, action="visits.unbatch", reason="day over 当日未执行")
    take_out(session, left_over)
    session.flush()


def _located(session: Session, passed: Sequence[Passed]) -> list[Located]:
    counties = queries.region_codes(session, [each.visit.address_id for each in passed])
    return [
        Located(
            visit_id=visit.id,
            lat=visit.lat,
            lon=visit.lon,
            region_code=counties.get(visit.address_id),
            service_s=policy.routing.service_s["WORK" if visit.address_kind == "WORK" else "HOME"],
        )
        for visit, policy in ((each.visit, each.policy) for each in passed)
        if visit.lat is not None and visit.lon is not None
    ]


def _start(crew: Any, policy: Policy) -> CrewStart:
    return CrewStart(crew.id, crew.start_lat, crew.start_lon, policy.routing.max_stops)


def _lock_batches(
    session: Session,
    actor: Actor,
    terms: dict[str, Any],
    areas: Sequence[AreaOfVisits],
    passed: dict[UUID, Passed],
) -> list[UUID]:
    batches = [
        VisitBatch(
            id=uuid7(),
            area=area.name,
            status=LOCKED,
            made_by=actor.name,
            created_at=actor.at,
            version=1,
            **terms,
        )
        for area in areas
    ]
    session.add_all(batches)
    session.flush()
    for batch, area in zip(batches, areas, strict=True):
        audit.record(
            session,
            actor,
            "batches.make",
            "visit_batch",
            batch.id,
            reason=terms["comment"],
            area=area.name,
            visits=len(area.visit_ids),
        )
        for visit_id in area.visit_ids:
            each = passed[visit_id]
            session.add(BatchedVisit(visit_id=visit_id, batch_id=batch.id))
            session.add(decision_row(visit_id, each.decision, each.facts))
            move_visit(session, actor, each.visit, states.BATCHED, action="visits.batch", batch=str(batch.id))
    return [batch.id for batch in batches]
