"""Reads of sync: who holds what, what is recalled, and what a phone may show of a stop."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from fieldops.addresses.models import Address
from fieldops.addresses.queries import among
from fieldops.agents.models import Agent, Crew
from fieldops.auth.models import UserAccount
from fieldops.cases import queries as cases
from fieldops.cases.models import Bank, CallRecord, Case, Debtor
from fieldops.clock import local, local_date
from fieldops.correspondence.models import Letter
from fieldops.personal import without_numbers
from fieldops.planning.models import DayPlan, RouteStop
from fieldops.planning.states import PUBLISHED
from fieldops.results.models import ResultLine, VisitResult
from fieldops.rows import read_rows
from fieldops.sync.models import (
    AgentFeedHead,
    Device,
    Recall,
    ScopeEntry,
    StopCard,
    VisitEvent,
)
from fieldops.sync.rules import OBJECTED, RESULT, Held
from fieldops.vault import mask_card, mask_name
from fieldops.visits.models import Visit, VisitCase
from fieldops.visits.queries import product_in_common

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

CONTACTS_SHOWN = 8
_IN_SCOPE = ScopeEntry.left_reason.is_(None)
_IN_FORCE = sa.and_(
    ScopeEntry.agent_id == Recall.agent_id,
    ScopeEntry.visit_id == Recall.visit_id,
    ScopeEntry.version <= Recall.version,
)
"""A recall stands until its visit is put again under a higher version."""


@dataclass(frozen=True, slots=True)
class OnPhone:
    """A visit as an agent's phone holds it, or has held it."""

    agent_id: UUID
    visit_id: UUID
    version: int
    left_reason: str | None


def device_by_id(session: Session, device_id: UUID, *, lock: bool = False) -> Device | None:
    """The phone of that id, if it is registered; locked, no other push of it comes between."""
    return session.get(Device, device_id, with_for_update=lock)


def device_by_key(session: Session, agent_id: UUID, public_key: str) -> Device | None:
    """The phone this agent has registered with that key."""
    return session.scalar(sa.select(Device).filter_by(agent_id=agent_id, public_key=public_key))


def account_of(session: Session, user_id: UUID, agent_id: UUID) -> UserAccount | None:
    """The open account of that id, if it is this agent's."""
    return session.scalar(sa.select(UserAccount).filter_by(id=user_id, agent_id=agent_id, active=True))


def phones(session: Session, *, agent_id: UUID | None = None) -> list[Any]:
    """Every phone with its agent, how far it is behind its feed, and recalls it has not shown."""
    unshown = (
        sa.select(sa.func.count())
        .select_from(Recall)
        .where(Recall.agent_id == Device.agent_id, Recall.acked_at.is_(None))
        .join(ScopeEntry, _IN_FORCE)
        .scalar_subquery()
    )
    query = (
        sa.select(
            *sa.inspect(Device).columns,
            Agent.code.label("agent"),
            (sa.func.coalesce(AgentFeedHead.seq, 0) - Device.last_seq_acked).label("behind"),
            unshown.label("recalls_unshown"),
        )
        .join(Agent, Agent.id == Device.agent_id)
        .outerjoin(AgentFeedHead, AgentFeedHead.agent_id == Device.agent_id)
        .order_by(Device.last_seen_at.asc().nulls_first(), Device.id)
    )
    return list(session.execute(query if agent_id is None else query.where(Device.agent_id == agent_id)).mappings())


_OF_A_RECEIPT: Final = ("mutation_id", "device_id", "agent_id", "body_sha256", "code", "result")
_RECEIPTS: Final = f"""
    SELECT {", ".join(_OF_A_RECEIPT)} FROM push_receipt WHERE mutation_id = ANY(%(mutation_ids)s)
"""  # noqa: S608 - names of our own columns


def receipts_of(session: Session, mutation_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """What has been answered to these mutations, by their ids."""
    rows = read_rows(session, _RECEIPTS, {"mutation_ids": [*mutation_ids]})
    return {row[0]: dict(zip(_OF_A_RECEIPT, row, strict=True)) for row in rows}


def holders_of(session: Session, visit_ids: Iterable[UUID]) -> list[OnPhone]:
    """Whose phones hold these visits now."""
    return _on_phones(session, among(ScopeEntry.visit_id, visit_ids), _IN_SCOPE)


def holders_of_days(session: Session, *, before: datetime) -> list[OnPhone]:
    """What phones still hold of days that ended before then."""
    old = sa.select(StopCard.visit_id).where(
        StopCard.visit_id == ScopeEntry.visit_id, StopCard.version == ScopeEntry.version, StopCard.valid_until < before
    )
    return _on_phones(session, _IN_SCOPE, old.exists())


def history_of(session: Session, visit_ids: Iterable[UUID]) -> list[OnPhone]:
    """Whose phones hold these visits or have held them."""
    return _on_phones(session, among(ScopeEntry.visit_id, visit_ids))


def _on_phones(session: Session, *conditions: sa.ColumnElement[bool]) -> list[OnPhone]:
    query = sa.select(ScopeEntry.agent_id, ScopeEntry.visit_id, ScopeEntry.version, ScopeEntry.left_reason)
    rows = session.execute(query.where(*conditions).order_by(ScopeEntry.visit_id, ScopeEntry.agent_id))
    return [OnPhone(*row) for row in rows]


def held_by(session: Session, agent_id: UUID, visit_ids: Iterable[UUID], *, today: date) -> dict[UUID, Held]:
    """What the gate looks at for these visits; a visit nobody knows is left out. Cost: one statement."""
    recall = (
        sa.select(Recall.reason)
        .where(Recall.agent_id == agent_id, Recall.visit_id == Visit.id, Recall.version >= ScopeEntry.version)
        .order_by(Recall.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(
            Visit.id,
            sa.and_(ScopeEntry.version.is_not(None), _IN_SCOPE),
            Visit.status,
            StopCard.valid_until,
            recall,
            Bank.code,
            product_in_common(),
        )
        .join(Bank, Bank.id == Visit.bank_id)
        .outerjoin(ScopeEntry, sa.and_(ScopeEntry.visit_id == Visit.id, ScopeEntry.agent_id == agent_id))
        .outerjoin(StopCard, sa.and_(StopCard.visit_id == ScopeEntry.visit_id, StopCard.version == ScopeEntry.version))
        .where(among(Visit.id, visit_ids))
    )
    return {
        visit_id: Held(bool(in_scope), status, until is not None and local_date(until) == today, reason, *of)
        for visit_id, in_scope, status, until, reason, *of in rows
    }


_BY_THE_OFFICE = (Recall.reason.not_like(f"{OBJECTED}%"),)


def recalls_unconfirmed(session: Session, now: datetime, *, waited: timedelta, due_within: timedelta) -> list[Any]:
    """Recalls no phone has shown although a while has passed and the visit is soon due 召回未经手机确认.

    A crew may be late: what was due earlier is listed until its lawful day ends, it is reported, or may be made again.
    """
    due = (
        sa.select(RouteStop.visit_id, sa.func.max(RouteStop.arrives_at).label("due_at"))
        .join(DayPlan, DayPlan.id == RouteStop.plan_id)
        .where(DayPlan.status == PUBLISHED)
        .group_by(RouteStop.visit_id)
        .subquery()
    )
    reported = sa.select(VisitEvent.id).where(
        VisitEvent.visit_id == Recall.visit_id, VisitEvent.kind == RESULT, VisitEvent.received_at >= Recall.recalled_at
    )
    query = (
        sa.select(
            Recall.visit_id, Recall.agent_id, Agent.code.label("agent"), Recall.reason, Recall.recalled_at, due.c.due_at
        )
        .join(Agent, Agent.id == Recall.agent_id)
        .join(due, due.c.visit_id == Recall.visit_id)
        .join(ScopeEntry, _IN_FORCE)
        .join(StopCard, sa.and_(StopCard.visit_id == Recall.visit_id, StopCard.version == ScopeEntry.version))
        .where(Recall.acked_at.is_(None), Recall.recalled_at <= now - waited, *_BY_THE_OFFICE, ~reported.exists())
        .where(StopCard.valid_until >= now, due.c.due_at <= now + due_within)
    )
    return list(session.execute(query.order_by(due.c.due_at)).mappings())


def recall_lags_s(session: Session, *, since: datetime) -> list[float]:
    """Seconds from each recall to its acknowledgement, shortest first; a crew's own objection is none of the office."""
    lag = sa.func.extract("epoch", Recall.acked_at - Recall.recalled_at)
    query = sa.select(lag).where(Recall.acked_at.is_not(None), *_BY_THE_OFFICE, Recall.recalled_at >= since)
    return [float(each) for each in session.scalars(query.order_by(lag))]


def recalls_since(session: Session, since: datetime) -> int:
    """How many recalls were sent out since then, one for each agent."""
    query = sa.select(sa.func.count()).where(Recall.recalled_at >= since, *_BY_THE_OFFICE)
    return session.scalars(query).one()


def reports_after_recall(session: Session, since: datetime) -> list[dict[str, Any]]:
    """What was reported since then of visits that had been recalled, newest first, with the times compared."""
    event = VisitEvent
    columns = (event.id.label("event_id"), event.visit_id, event.kind, event.received_at, event.flags, event.times)
    query = (
        sa.select(*columns, Visit.no.label("visit_no"), Agent.code.label("agent"))
        .join(Agent, Agent.id == event.agent_id)
        .join(Visit, Visit.id == event.visit_id)
        .where(event.received_at >= since, event.flags.contains(["AFTER_RECALL"]))
        .order_by(event.received_at.desc(), event.id.desc())
    )
    return [{**row, "knowledge": (row["times"] or {}).get("knowledge")} for row in session.execute(query).mappings()]


def newest_cards(session: Session, visit_ids: Iterable[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """The newest stored card of each visit that has one: its version and its bytes."""
    rows = session.execute(
        sa.select(StopCard.visit_id, StopCard.version, StopCard.body)
        .where(among(StopCard.visit_id, visit_ids))
        .order_by(StopCard.visit_id, StopCard.version.desc())
        .ext(distinct_on(StopCard.visit_id))
    )
    return {visit_id: (version, body) for visit_id, version, body in rows}


def stops_to_show(session: Session, stops: Sequence[RouteStop]) -> list[dict[str, Any]]:
    """What a crew may see of each stop: nobody's full name, card or identity number is read out of here."""
    by_visit = {stop.visit_id: stop for stop in stops}
    cards = _cards_to_show(session, list(by_visit))
    history, letters = _contacts_before(session, list(by_visit)), _letters_to_hand(session, list(by_visit))
    on_road = session.execute(sa.select(Crew.id, Crew.code, Crew.mode)).all()
    crews, modes = {crew.id: crew.code for crew in on_road}, {crew.id: crew.mode for crew in on_road}
    rows = session.execute(
        sa.select(Visit, Debtor.name, Debtor.id_no_last4, Address.raw, Bank.code)
        .join(Debtor, Debtor.id == Visit.debtor_id)
        .join(Address, Address.id == Visit.address_id)
        .join(Bank, Bank.id == Visit.bank_id)
        .where(among(Visit.id, by_visit))
        .order_by(Visit.id)
    ).all()
    keep_away = cases.not_to_be_contacted(session, [(visit.debtor_id, visit.address_id) for visit, *_ in rows])
    return [
        {
            "visit": visit,
            "bank_code": bank_code,
            "stop": by_visit[visit.id],
            "crew": crews[by_visit[visit.id].crew_id],
            "mode": modes[by_visit[visit.id].crew_id],
            "debtor": {"name": mask_name(name), "id_no_last4": last4},
            "address": without_numbers(raw.replace(name, mask_name(name))),
            "cards": cards[visit.id],
            "do_not_contact": keep_away[visit.debtor_id, visit.address_id],
            "history": history[visit.id],
            "letters": letters[visit.id],
        }
        for visit, name, last4, raw, bank_code in rows
    ]


def _contacts_before(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The last calls, visits and letters of each visit's cards, newest first; nobody's number, nobody's words."""
    of_visit = sa.select(VisitCase.visit_id, VisitCase.case_id).where(among(VisitCase.visit_id, visit_ids)).subquery()
    nothing = sa.literal(None, sa.Text)
    calls = sa.select(
        of_visit.c.visit_id,
        sa.literal("CALL").label("kind"),
        CallRecord.started_at.label("at"),
        CallRecord.callee.label("who"),
        sa.case({True: "CONNECTED", False: "NO_ANSWER"}, value=CallRecord.connected).label("what"),
    ).join(CallRecord, CallRecord.case_id == of_visit.c.case_id)
    visits = (
        sa.select(
            of_visit.c.visit_id, sa.literal("VISIT"), VisitResult.arrived_at, VisitResult.person_met, ResultLine.outcome
        )
        .join(ResultLine, ResultLine.case_id == of_visit.c.case_id)
        .join(VisitResult, sa.and_(VisitResult.id == ResultLine.result_id, VisitResult.is_primary))
        .where(VisitResult.visit_id != of_visit.c.visit_id)
    )
    letters = (
        sa.select(of_visit.c.visit_id, sa.literal("LETTER"), Letter.printed_at, nothing, Letter.status)
        .join(Letter, Letter.case_id == of_visit.c.case_id)
        .where(Letter.printed_at.is_not(None))
    )
    every = sa.union(calls, visits, letters).subquery()
    place = sa.func.row_number().over(partition_by=every.c.visit_id, order_by=every.c.at.desc())
    numbered = sa.select(every, place.label("place")).subquery()
    newest = (
        sa.select(numbered).where(numbered.c.place <= CONTACTS_SHOWN).order_by(numbered.c.visit_id, numbered.c.place)
    )
    shown: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(newest):
        shown[row.visit_id].append({"kind": row.kind, "at": local(row.at), "who": row.who, "what": row.what})
    return shown


def _letters_to_hand(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Sealed letters that a crew is to hand over on each visit: to this address, by hand, of one of its cards."""
    rows = session.execute(
        sa.select(Visit.id, Letter.letter_no, Letter.kind)
        .join(VisitCase, VisitCase.visit_id == Visit.id)
        .join(Letter, sa.and_(Letter.case_id == VisitCase.case_id, Letter.address_key == Visit.address_key))
        .where(among(Visit.id, visit_ids), Letter.delivery == "HAND_BY_VISIT", Letter.held_reason.is_(None))
        .where(Letter.status.in_(("SEALED", "ISSUED_TO_CREW")))
        .order_by(Visit.id, Letter.letter_no)
    )
    shown: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for visit_id, letter_no, kind in rows:
        shown[visit_id].append({"letter_no": letter_no, "kind": kind})
    return shown


def _cards_to_show(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What is owed now on each card of each visit, and what that knows of."""
    rows = session.execute(
        sa.select(VisitCase.visit_id, Case, Bank.name)
        .join(Case, Case.id == VisitCase.case_id)
        .join(Bank, Bank.id == Case.bank_id)
        .where(among(VisitCase.visit_id, visit_ids))
        .order_by(VisitCase.visit_id, Case.case_no)
    ).all()
    repayments = cases.repayments_by_case(session, [case.id for _, case, _ in rows])
    shown: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for visit_id, case, bank in rows:
        paid = repayments.get(case.id, [])
        shown[visit_id].append(
            {
                "case_id": case.id,
                "case_no": case.case_no,
                "bank": bank,
                "product": case.product,
                "card": mask_card(case.card_last4),
                "amount_fen": max(0, cases.balance_after_repayments_fen(case, paid)),
                "balance_as_of": case.balance_as_of,
                "last_paid_at": max((local(each.paid_at) for each in paid), default=None),
            }
        )
    return shown
