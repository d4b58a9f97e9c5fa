"""Reads of agents: crews of a day, and who belongs to them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.agents.models import Agent, Crew, CrewMember
from fieldops.errors import NotFound

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session


def crews(session: Session) -> list[Crew]:
    """Every crew in the order of their codes."""
    return list(session.scalars(sa.select(Crew).order_by(Crew.code)))


def crews_on(session: Session, on_date: date) -> list[Crew]:
    """The crews that work on that day, in the order of their codes."""
    query = sa.select(Crew).where(
        Crew.active,
        sa.or_(Crew.from_on.is_(None), Crew.from_on <= on_date),
        sa.or_(Crew.until_on.is_(None), Crew.until_on >= on_date),
    )
    return list(session.scalars(query.order_by(Crew.code)))


def crew_by_id(session: Session, crew_id: uuid.UUID) -> Crew:
    """The crew of that id. Raises: NotFound."""
    crew = session.get(Crew, crew_id)
    if crew is None:
        raise NotFound("CREW_UNKNOWN", f"There is no crew {crew_id}; list them with GET /crews.")
    return crew


def members_by_crew(session: Session, crew_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Agent]]:
    """The members of these crews, leader first; a crew nobody belongs to reads as an empty list."""
    query = (
        sa.select(CrewMember.crew_id, Agent)
        .join(Agent, Agent.id == CrewMember.agent_id)
        .where(CrewMember.crew_id == sa.any_(sa.bindparam(None, list(crew_ids), sa.ARRAY(sa.Uuid))))
        .order_by(CrewMember.crew_id, CrewMember.place)
    )
    found: dict[uuid.UUID, list[Agent]] = defaultdict(list)
    for crew_id, agent in session.execute(query):
        found[crew_id].append(agent)
    return found


def crew_of_agent(session: Session, agent_id: uuid.UUID) -> Crew | None:
    """The crew an agent belongs to."""
    query = sa.select(Crew).join(CrewMember, CrewMember.crew_id == Crew.id).where(CrewMember.agent_id == agent_id)
    return session.scalar(query)


def agent_by_code(session: Session, code: str) -> Agent | None:
    """The agent of that code, such as C001-1."""
    return session.scalar(sa.select(Agent).where(Agent.code == code))
