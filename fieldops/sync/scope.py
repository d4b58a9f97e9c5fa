"""What each agent's phone should hold, and the feed rows that bring it there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.agents.models import CrewMember
from fieldops.planning import queries as planning
from fieldops.sync import cards
from fieldops.sync.feed import PUT, REMOVE, Change, tell
from fieldops.sync.models import AgentFeed, Recall, ScopeEntry

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from fieldops.planning.events import PlanPublished
    from fieldops.results.events import ResultRecorded
    from fieldops.visits.events import VisitAdjusted, VisitStopped

DONE = "DONE"


def follow_plan(session: Session, event: PlanPublished) -> None:
    """A published plan: put what is new or changed on each phone, remove what another crew has or nobody makes."""
    plan = planning.plan_by_id(session, event.plan_id)
    stops = [stop for stop in planning.stops_of(session, plan.id) if stop.status == "PENDING"]
    members = _members(session)
    held = _held(session)
    removed = _last_removed(session, [stop.visit_id for stop in stops])
    versions = cards.refresh_cards(session, plan, stops, above=removed)
    wanted = {(agent, stop.visit_id) for stop in stops for agent in members[stop.crew_id]}
    former = _visits_of(session, event.supersedes)
    leaving = {key for key in held if key not in wanted and key[1] in former | set(versions)}
    tell(
        session,
        (
            Change(agent, REMOVE, visit, held[agent, visit], event.actor.at, "REASSIGNED")
            for agent, visit in sorted(leaving)
        ),
    )
    fresh = sorted(key for key in wanted if held.get(key) != versions[key[1]])
    tell(session, (Change(agent, PUT, visit, versions[visit], event.actor.at) for agent, visit in fresh))


def recall_visit(session: Session, event: VisitStopped) -> None:
    """A visit that stopped: off every phone that holds it, urgently, with a recall the gate will find."""
    for agent_id, version in _holders(session, event.visit_id):
        session.add(
            Recall(
                visit_id=event.visit_id,
                agent_id=agent_id,
                version=version,
                reason=event.reason,
                recalled_at=event.actor.at,
            )
        )
        tell(session, [Change(agent_id, REMOVE, event.visit_id, version, event.actor.at, event.reason, urgent=True)])


def adjust_visit(session: Session, event: VisitAdjusted) -> None:
    """A visit that asks for another amount: a new card on every phone that holds it."""
    holders = _holders(session, event.visit_id)
    stop = planning.live_stop_of(session, event.visit_id)
    if not holders or stop is None:
        return
    versions = cards.refresh_cards(session, planning.plan_by_id(session, stop.plan_id), [stop])
    version = versions[event.visit_id]
    tell(
        session,
        (Change(agent, PUT, event.visit_id, version, event.actor.at) for agent, had in holders if had != version),
    )


def finish_visit(session: Session, event: ResultRecorded) -> None:
    """A visit that has its result: off the phones of the whole crew."""
    holders = _holders(session, event.visit_id)
    tell(session, (Change(agent, REMOVE, event.visit_id, had, event.actor.at, DONE) for agent, had in holders))


def _visits_of(session: Session, plan_id: uuid.UUID | None) -> set[uuid.UUID]:
    """The visits of the plan that is replaced, if one is."""
    return {stop.visit_id for stop in planning.stops_of(session, plan_id)} if plan_id else set()


def _members(session: Session) -> dict[uuid.UUID, list[uuid.UUID]]:
    members: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for member in session.scalars(sa.select(CrewMember).order_by(CrewMember.crew_id, CrewMember.place)):
        members[member.crew_id].append(member.agent_id)
    return members


def _held(session: Session) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    return {(entry.agent_id, entry.visit_id): entry.version for entry in session.scalars(sa.select(ScopeEntry))}


def _holders(session: Session, visit_id: uuid.UUID) -> list[tuple[uuid.UUID, int]]:
    """Who holds a visit and in which version, in the order heads are locked."""
    rows = session.execute(
        sa.select(ScopeEntry.agent_id, ScopeEntry.version)
        .where(ScopeEntry.visit_id == visit_id)
        .order_by(ScopeEntry.agent_id)
    )
    return [(agent_id, version) for agent_id, version in rows]


def _last_removed(session: Session, visit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The highest version of each visit any phone was told to remove."""
    rows = session.execute(
        sa.select(AgentFeed.entity_id, sa.func.max(AgentFeed.version))
        .where(AgentFeed.op == REMOVE, AgentFeed.entity_id.in_(list(visit_ids)))
        .group_by(AgentFeed.entity_id)
    )
    return {visit_id: version for visit_id, version in rows}  # noqa: C416 - rows are not pairs to mypy
