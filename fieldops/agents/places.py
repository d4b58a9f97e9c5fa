"""Places in crews: taken and left, and who had one beside whom on a day that has gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fieldops.agents.models import CrewMember, PastMember
from fieldops.clock import at_local

if TYPE_CHECKING:
    import uuid
    from datetime import date, datetime

    from sqlalchemy.orm import Session


def take_place(session: Session, at: datetime, *, crew_id: uuid.UUID, place: int, agent_id: uuid.UUID) -> None:
    """Give an agent a free place in a crew."""
    session.add(CrewMember(crew_id=crew_id, place=place, agent_id=agent_id, since_at=at))
    session.flush()


def leave_place(session: Session, at: datetime, member: CrewMember) -> None:
    """Free a place in a crew; that somebody had it stays on record."""
    told = {"crew_id": member.crew_id, "agent_id": member.agent_id, "since_at": member.since_at}
    session.add(PastMember(**told, left_at=at))
    session.delete(member)
    session.flush()


def crewmates_on(session: Session, agent_id: uuid.UUID, on_date: date) -> frozenset[uuid.UUID]:
    """An agent and everybody who had a place in the same crew on that day, though it be only for an hour of it."""
    held = sa.union_all(
        sa.select(CrewMember.crew_id, CrewMember.agent_id, CrewMember.since_at, sa.null().label("left_at")),
        sa.select(PastMember.crew_id, PastMember.agent_id, PastMember.since_at, PastMember.left_at),
    ).cte()
    begins, ends = at_local(on_date, 0), at_local(on_date + timedelta(days=1), 0)
    of_day = sa.and_(sa.func.coalesce(held.c.since_at, begins) < ends, sa.func.coalesce(held.c.left_at, ends) >= begins)
    of_crews = sa.select(held.c.crew_id, held.c.agent_id).where(of_day).cte()
    mine, theirs = aliased(of_crews), aliased(of_crews)
    beside = sa.select(theirs.c.agent_id).join(mine, mine.c.crew_id == theirs.c.crew_id)
    return frozenset({agent_id, *session.scalars(beside.where(mine.c.agent_id == agent_id))})
