"""Who may go, and with what: papers of agents, blocks by banks, substitutes, recorders on file at banks.

The registers only grow: a paper or registration is revoked, a block lifted, none is overwritten.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from fieldops import audit, events
from fieldops.agents import places, queries
from fieldops.agents.events import AgentBlocked
from fieldops.agents.models import Agent, AgentBankBlock, AgentPaper, RecorderRegistration
from fieldops.agents.rules import PAPERS, missing_papers, recorder_is_registered
from fieldops.auth.service import agent_id_of
from fieldops.clock import local_date
from fieldops.errors import NotAllowed, NotFound, NotNow, NotUnderstood

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor


RECORDER: Final = "RECORDER"


@dataclass(frozen=True)
class Eligibility:
    """The registers about some agents and recorders, read at once: ask it about each bank and day."""

    papers: Mapping[uuid.UUID, Sequence[AgentPaper]]
    blocks: Mapping[uuid.UUID, Sequence[AgentBankBlock]]
    registrations: Mapping[str, Sequence[RecorderRegistration]]

    def why_not(self, agent: Agent, bank_id: uuid.UUID, day: date) -> str:
        """Why an agent may not visit for a bank on a day, "" where they may."""
        reasons = [] if agent.active else ["已停用 inactive"]
        reasons += missing_papers(self.papers.get(agent.id, ()), bank_id, day)
        blocked = [each.reason for each in self.blocks.get(agent.id, ()) if each.bank_id == bank_id]
        return "、".join(reasons + [f"已调出该委托方专案 BANK_BLOCK（{reason}）" for reason in blocked])

    def is_registered(self, serial: str | None, bank_id: uuid.UUID, day: date) -> bool:
        """Whether a recorder is on file at a bank on a day."""
        return bool(serial) and recorder_is_registered(self.registrations.get(serial or "", ()), bank_id, day)


def read_eligibility(session: Session, agents: Iterable[Agent], serials: Iterable[str]) -> Eligibility:
    """The registers about these agents and recorders. Cost: three statements, however many."""
    agent_ids = [agent.id for agent in agents]
    return Eligibility(
        papers=queries.papers_by_agent(session, agent_ids),
        blocks=queries.standing_blocks_by_agent(session, agent_ids),
        registrations=queries.registrations_by_serial(session, serials),
    )


def record_paper(
    session: Session,
    actor: Actor,
    agent_id: uuid.UUID,
    *,
    kind: str,
    number: str,
    from_on: date,
    until_on: date | None = None,
    bank_code: str | None = None,
) -> AgentPaper:
    """Enter a paper of an agent 资质登记; from the first on, all that PAPERS names must be there and valid.

    Raises: NotFound; NotNow for a number of that kind that is entered already; NotUnderstood.
    """
    agent = queries.agent_by_id(session, agent_id)
    _in_order(from_on, until_on)
    if any(
        (each.kind, each.number) == (kind, number) for each in queries.papers_by_agent(session, [agent_id])[agent_id]
    ):
        raise NotNow("PAPER_KNOWN", f"{kind} {number} of {agent.code} is entered already; a renewal has a new number.")
    paper = AgentPaper(
        agent_id=agent_id,
        kind=kind,
        number=number,
        bank_id=queries.bank_id_of(session, bank_code) if bank_code else None,
        from_on=from_on,
        until_on=until_on,
        recorded_at=actor.at,
        recorded_by=actor.name,
    )
    session.add(paper)
    session.flush()
    audit.record(session, actor, "agents.paper", "agent", agent_id, kind=kind, until_on=str(until_on or ""))
    return paper


def revoke_paper(
    session: Session, actor: Actor, agent_id: uuid.UUID, paper_id: uuid.UUID, *, reason: str
) -> AgentPaper:
    """Revoke a paper of an agent. Raises: NotFound; NotNow when it is revoked already."""
    paper = session.get(AgentPaper, paper_id, with_for_update=True)
    if paper is None or paper.agent_id != agent_id:
        raise NotFound("PAPER_UNKNOWN", f"There is no such paper {paper_id}; GET /agents/{{id}} lists an agent's.")
    if paper.revoked_at is not None:
        raise NotNow("PAPER_REVOKED", f"{paper.revoked_by} revoked this paper already.")
    paper.revoked_at, paper.revoked_by = actor.at, actor.name
    audit.record(session, actor, "agents.revoke_paper", "agent", agent_id, reason=reason, kind=paper.kind)
    return paper


def block_for_bank(
    session: Session, actor: Actor, agent_id: uuid.UUID, *, bank_id: uuid.UUID, reason: str
) -> AgentBankBlock:
    """Let an agent visit for a bank no more 调出专案; one that stands already stays as it is. Raises: NotFound."""
    queries.agent_by_id(session, agent_id, lock=True)
    for standing in queries.standing_blocks_by_agent(session, [agent_id])[agent_id]:
        if standing.bank_id == bank_id:
            return standing
    block = AgentBankBlock(agent_id=agent_id, bank_id=bank_id, reason=reason, since_at=actor.at, raised_by=actor.name)
    session.add(block)
    session.flush()
    audit.record(session, actor, "agents.block", "agent", agent_id, reason=reason, bank_id=str(bank_id))
    events.announce(session, AgentBlocked(agent_id, bank_id, reason, actor))
    return block


def block_by_code(
    session: Session, actor: Actor, agent_id: uuid.UUID, *, bank_code: str, reason: str
) -> AgentBankBlock:
    """Let an agent visit for the bank of that code no more. Raises: NotFound."""
    return block_for_bank(session, actor, agent_id, bank_id=queries.bank_id_of(session, bank_code), reason=reason)


def lift_block(
    session: Session, actor: Actor, agent_id: uuid.UUID, bar_id: uuid.UUID, *, reason: str
) -> AgentBankBlock:
    """Let an agent visit for the bank again.

    Raises: NotFound; NotAllowed for the agent themselves; NotNow when it is lifted already.
    """
    if agent_id_of(session, actor.user_id) == agent_id:
        raise NotAllowed("BLOCK_OF_OWN", "This bank has barred you; let another manager lift it.")
    block = session.get(AgentBankBlock, bar_id, with_for_update=True)
    if block is None or block.agent_id != agent_id:
        raise NotFound("BLOCK_UNKNOWN", f"There is no such block {bar_id}; GET /agents/{{id}} lists an agent's.")
    if block.lifted_at is not None:
        raise NotNow("BLOCK_LIFTED", f"{block.lifted_by} lifted this block already.")
    block.lifted_at, block.lifted_by = actor.at, actor.name
    audit.record(session, actor, "agents.lift_block", "agent", agent_id, reason=reason)
    return block


def name_substitute(session: Session, actor: Actor, agent_id: uuid.UUID, *, substitute_id: uuid.UUID) -> dict[str, Any]:
    """Say who takes an agent's place (B角). Raises: NotFound, NotUnderstood for the agent themselves."""
    agent, other = queries.agent_by_id(session, agent_id, lock=True), queries.agent_by_id(session, substitute_id)
    if agent is other:
        raise NotUnderstood("SUBSTITUTE_SELF", "Nobody takes their own place; name another agent.")
    agent.substitute_id, agent.version = substitute_id, agent.version + 1
    audit.record(session, actor, "agents.substitute", "agent", agent_id, substitute=other.code)
    session.flush()
    return show_agent(session, agent_id)


def put_substitute_in(
    session: Session, actor: Actor, crew_id: uuid.UUID, *, agent_id: uuid.UUID, reason: str
) -> dict[str, Any]:
    """Let an agent's substitute take their place in a crew; publish the day's plan again to bring it to the phones.

    Raises: NotFound for somebody who is not of the crew; NotNow where no substitute is named or they have a crew.
    """
    crew = queries.crew_by_id(session, crew_id)
    member = queries.membership_of(session, agent_id)
    agent = queries.agent_by_id(session, agent_id, lock=True)
    if member is None or member.crew_id != crew_id:
        raise NotFound("MEMBER_UNKNOWN", f"{agent.code} does not belong to crew {crew.code}; GET /crews lists members.")
    if agent.substitute_id is None:
        raise NotNow("SUBSTITUTE_NONE", f"Nobody is named to take the place of {agent.code}; PUT …/substitute first.")
    if queries.membership_of(session, agent.substitute_id) is not None:
        raise NotNow("SUBSTITUTE_BUSY", "The substitute belongs to a crew already; name another one.")
    places.leave_place(session, actor.at, member)
    places.take_place(session, actor.at, crew_id=crew_id, place=member.place, agent_id=agent.substitute_id)
    told = {"out": agent.code, "in": queries.agent_by_id(session, agent.substitute_id).code}
    audit.record(session, actor, "agents.stand_in", "crew", crew_id, reason=reason, **told)
    return {"crew": crew, "members": queries.members_by_crew(session, [crew_id])[crew_id]}


def register_recorder(
    session: Session, actor: Actor, *, serial: str, bank_code: str, from_on: date, until_on: date | None = None
) -> RecorderRegistration:
    """Enter that a bank has a recorder on file 录音设备备案. Raises: NotFound, NotNow when it is entered already."""
    _in_order(from_on, until_on)
    bank_id = queries.bank_id_of(session, bank_code)
    for each in queries.registrations_by_serial(session, [serial])[serial]:
        if (each.bank_id, each.from_on) == (bank_id, from_on):
            raise NotNow("RECORDER_KNOWN", f"{serial} is registered with {bank_code} from {from_on} on already.")
    registration = RecorderRegistration(
        serial=serial,
        bank_id=bank_id,
        from_on=from_on,
        until_on=until_on,
        recorded_at=actor.at,
        recorded_by=actor.name,
    )
    session.add(registration)
    session.flush()
    audit.record(session, actor, "recorders.register", "recorder", serial, bank=bank_code)
    return registration


def revoke_recorder(session: Session, actor: Actor, registration_id: uuid.UUID, *, reason: str) -> RecorderRegistration:
    """Revoke a registration: lost, broken or struck off. Raises: NotFound; NotNow when it is revoked already."""
    registration = session.get(RecorderRegistration, registration_id, with_for_update=True)
    if registration is None:
        raise NotFound("REGISTRATION_UNKNOWN", f"There is no registration {registration_id}; see GET /recorders.")
    if registration.revoked_at is not None:
        raise NotNow("REGISTRATION_REVOKED", f"{registration.revoked_by} revoked this registration already.")
    registration.revoked_at, registration.revoked_by = actor.at, actor.name
    audit.record(session, actor, "recorders.revoke", "recorder", registration.serial, reason=reason)
    return registration


def show_agent(session: Session, agent_id: uuid.UUID) -> dict[str, Any]:
    """An agent with everything on the registers, blocks that stand and those that were lifted. Raises: NotFound."""
    agent = queries.agent_by_id(session, agent_id)
    return {
        "agent": agent,
        "papers": queries.papers_by_agent(session, [agent_id])[agent_id],
        "bank_blocks": queries.every_block_of(session, agent_id),
    }


def what_expires(session: Session, actor: Actor, *, within_days: int) -> list[dict[str, Any]]:
    """Papers and registrations that hold today or did, and end within some days with no newer one, soonest first."""
    horizon = local_date(actor.at) + timedelta(days=within_days)
    held: dict[tuple[str, str, str, Any], list[date | None]] = defaultdict(list)
    for paper, agent in queries.papers_in_force(session):
        held[agent.code, agent.name, paper.kind, paper.bank_id].append(paper.until_on)
    for each in queries.registrations_in_force(session):
        held[each.serial, "", RECORDER, each.bank_id].append(each.until_on)
    found = []
    for (of, name, kind, bank_id), ends in held.items():
        last = max((day for day in ends if day is not None), default=None)
        if None not in ends and last is not None and last <= horizon:
            zh = PAPERS.get(kind, "录音设备备案")
            found.append({"of": of, "name": name, "kind": kind, "kind_zh": zh, "bank_id": bank_id, "until_on": last})
    return sorted(found, key=lambda row: (row["until_on"], row["of"], row["kind"]))


def _in_order(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise NotUnderstood("ENDS_BEFORE_IT_BEGINS", "until_on is before from_on; correct one of them.")
