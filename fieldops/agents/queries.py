"""Reads of agents: crews of a day, and who belongs to them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.agents.models import Agent, AgentBankBlock, AgentPaper, Crew, CrewMember, RecorderRegistration
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


def agents_page(session: Session, *, after: uuid.UUID | None, limit: int) -> list[Agent]:
    """Up to ``limit + 1`` agents in the order they were entered."""
    query = sa.select(Agent).order_by(Agent.id).limit(limit + 1)
    return list(session.scalars(query if after is None else query.where(Agent.id > after)))


def agent_by_id(session: Session, agent_id: uuid.UUID, *, lock: bool = False) -> Agent:
    """The agent of that id. Raises: NotFound."""
    agent = session.get(Agent, agent_id, with_for_update=lock)
    if agent is None:
        raise NotFound("AGENT_UNKNOWN", f"There is no agent {agent_id}; list them with GET /agents.")
    return agent


def membership_of(session: Session, agent_id: uuid.UUID) -> CrewMember | None:
    """The place an agent has in a crew."""
    return session.scalar(sa.select(CrewMember).where(CrewMember.agent_id == agent_id))


def papers_by_agent(session: Session, agent_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[AgentPaper]]:
    """Every paper of these agents, revoked and ended ones too, oldest first."""
    query = sa.select(AgentPaper).where(AgentPaper.agent_id == _any(agent_ids)).order_by(AgentPaper.id)
    found: dict[uuid.UUID, list[AgentPaper]] = defaultdict(list)
    for paper in session.scalars(query):
        found[paper.agent_id].append(paper)
    return found


def standing_blocks_by_agent(session: Session, agent_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[AgentBankBlock]]:
    """The banks these agents may not visit for."""
    query = sa.select(AgentBankBlock).where(
        AgentBankBlock.agent_id == _any(agent_ids), AgentBankBlock.lifted_at.is_(None)
    )
    found: dict[uuid.UUID, list[AgentBankBlock]] = defaultdict(list)
    for block in session.scalars(query.order_by(AgentBankBlock.id)):
        found[block.agent_id].append(block)
    return found


def every_block_of(session: Session, agent_id: uuid.UUID) -> list[AgentBankBlock]:
    """Every block of an agent, lifted ones too, oldest first."""
    return list(session.scalars(sa.select(AgentBankBlock).filter_by(agent_id=agent_id).order_by(AgentBankBlock.id)))


def registrations_by_serial(session: Session, serials: Iterable[str]) -> dict[str, list[RecorderRegistration]]:
    """Every registration of these recorders, revoked and ended ones too."""
    query = sa.select(RecorderRegistration).where(RecorderRegistration.serial.in_(list(serials)))
    found: dict[str, list[RecorderRegistration]] = defaultdict(list)
    for each in session.scalars(query.order_by(RecorderRegistration.id)):
        found[each.serial].append(each)
    return found


def registrations(session: Session) -> list[RecorderRegistration]:
    """Every registration of a recorder, by serial number."""
    query = sa.select(RecorderRegistration).order_by(RecorderRegistration.serial, RecorderRegistration.id)
    return list(session.scalars(query))


def registrations_in_force(session: Session) -> list[RecorderRegistration]:
    """The registrations nobody revoked."""
    return list(session.scalars(sa.select(RecorderRegistration).where(RecorderRegistration.revoked_at.is_(None))))


def papers_in_force(session: Session) -> list[tuple[AgentPaper, Agent]]:
    """The papers of active agents nobody revoked, each with its agent."""
    query = sa.select(AgentPaper, Agent).join(Agent, Agent.id == AgentPaper.agent_id)
    rows = session.execute(query.where(Agent.active, AgentPaper.revoked_at.is_(None)))
    return [(paper, agent) for paper, agent in rows]


def bank_id_of(session: Session, code: str) -> uuid.UUID:
    """The bank of that code. Banks belong to cases, a neighbour: only the code and the key of the table are looked at.

    Raises: NotFound.
    """
    bank = sa.table("bank", sa.column("id", sa.Uuid), sa.column("code", sa.Text))
    bank_id: uuid.UUID | None = session.scalar(sa.select(bank.c.id).where(bank.c.code == code))
    if bank_id is None:
        raise NotFound("BANK_UNKNOWN", f"There is no bank {code}; banks come with their case files.")
    return bank_id


def _any(ids: Iterable[uuid.UUID]) -> sa.ColumnElement[Any]:
    return sa.any_(sa.bindparam(None, list(ids), sa.ARRAY(sa.Uuid)))
