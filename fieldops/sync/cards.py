"""What a phone may show of a stop: the bytes it is sent, one row per version, without a full card or ID number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from fieldops.addresses.models import Address
from fieldops.agents.models import Crew
from fieldops.cases import queries as cases
from fieldops.cases.models import Bank, Case, Debtor
from fieldops.cases.rules import balance_after_repayments_fen
from fieldops.clock import at_local
from fieldops.policies import service as policies
from fieldops.sync.models import StopCard
from fieldops.vault import mask_card, mask_name
from fieldops.visits.models import Visit, VisitCase

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from fieldops.planning.models import DayPlan, RouteStop

MAY_MEET = ("SELF", "GUARANTOR")
PROHIBITED = (
    "不得收取现金或任何转账",
    "不得向第三人透露欠款信息",
    "不得进入住宅等私密场所（经同意除外）",
    "不得张贴催收文书",
    "被要求离开时立即离开",
)
NEUTRAL_TEXT = "请转告本人尽快与我公司联系。"
DAY_END_S = 21 * 3600


def refresh_cards(
    session: Session, plan: DayPlan, stops: Sequence[RouteStop], *, above: dict[uuid.UUID, int] | None = None
) -> dict[uuid.UUID, int]:
    """Bring the cards of these stops up to date and return the version of each.

    A version is new only when the bytes differ, or when the last one is not above ``above`` (the version a phone was
    told to remove: it never comes back under the same number).
    """
    above = above or {}
    newest = _newest_cards(session, [stop.visit_id for stop in stops])
    versions: dict[uuid.UUID, int] = {}
    for visit_id, body in _bodies(session, plan, stops).items():
        version, known = newest.get(visit_id, (0, b""))
        if known != body or version <= above.get(visit_id, 0):
            version = max(version, above.get(visit_id, 0)) + 1
            valid_until = at_local(plan.on_date, DAY_END_S)
            session.add(StopCard(visit_id=visit_id, version=version, body=body, valid_until=valid_until))
        versions[visit_id] = version
    session.flush()
    return versions


def _newest_cards(session: Session, visit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[int, bytes]]:
    rows = session.execute(
        sa.select(StopCard.visit_id, StopCard.version, StopCard.body)
        .where(StopCard.visit_id.in_(list(visit_ids)))
        .order_by(StopCard.visit_id, StopCard.version.desc())
        .distinct(StopCard.visit_id)
    )
    return {visit_id: (version, body) for visit_id, version, body in rows}


def _bodies(session: Session, plan: DayPlan, stops: Sequence[RouteStop]) -> dict[uuid.UUID, bytes]:
    visit_ids = [stop.visit_id for stop in stops]
    policy = policies.policy_on(session, plan.on_date)
    hours = {"opens": f"{policy.visit.hard_window.opens:%H:%M}", "closes": f"{policy.visit.hard_window.closes:%H:%M}"}
    crews = {crew.id: crew.code for crew in session.scalars(sa.select(Crew))}
    amounts = _amounts(session, visit_ids)
    rows = session.execute(
        sa.select(Visit, Debtor.name, Debtor.id_no_last4, Address.raw)
        .join(Debtor, Debtor.id == Visit.debtor_id)
        .join(Address, Address.id == Visit.address_id)
        .where(Visit.id.in_(visit_ids))
    )
    by_visit = {visit.id: (visit, name, last4, raw) for visit, name, last4, raw in rows}
    bodies = {}
    for stop in stops:
        visit, name, last4, raw = by_visit[stop.visit_id]
        card = {
            "no": visit.no,
            "crew": crews[stop.crew_id],
            "on_date": plan.on_date,
            "sequence": stop.sequence,
            "arrives_at": stop.arrives_at,
            "begins_at": stop.begins_at,
            "leaves_at": stop.leaves_at,
            "purpose": visit.purpose,
            "goal": visit.goal,
            "debtor": {"name": mask_name(name), "id_no_last4": last4},
            "cards": amounts[visit.id],
            "address": {
                "text": raw,
                "lat": visit.lat,
                "lon": visit.lon,
                "datum": "WGS84",
                "precision": visit.point_precision,
            },
            "windows_s": visit.windows,
            "lawful_hours": hours,
            "may_meet": MAY_MEET,
            "prohibited": PROHIBITED,
            "message_for_third_persons": NEUTRAL_TEXT,
        }
        bodies[visit.id] = orjson.dumps(card, option=orjson.OPT_SORT_KEYS)
    return bodies


def _amounts(session: Session, visit_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What is owed now on each card of each visit, with the day it is as of."""
    rows = session.execute(
        sa.select(VisitCase.visit_id, Case, Bank.name)
        .join(Case, Case.id == VisitCase.case_id)
        .join(Bank, Bank.id == Case.bank_id)
        .where(VisitCase.visit_id.in_(visit_ids))
        .order_by(VisitCase.visit_id, Case.case_no)
    ).all()
    repayments = cases.repayments_by_case(session, [case.id for _, case, _ in rows])
    amounts: dict[uuid.UUID, list[dict[str, Any]]] = {visit_id: [] for visit_id in visit_ids}
    for visit_id, case, bank in rows:
        paid = repayments.get(case.id, [])
        amounts[visit_id].append(
            {
                "case_id": case.id,
                "case_no": case.case_no,
                "bank": bank,
                "product": case.product,
                "card": mask_card(case.card_last4),
                "amount_fen": balance_after_repayments_fen(case, paid),
                "as_of": _as_of(case.balance_as_of, [payment.paid_at for payment in paid]),
            }
        )
    return amounts


def _as_of(balance_as_of: date | None, paid_at: list[datetime]) -> str | None:
    """The newest thing the amount knows of."""
    known = [str(balance_as_of)] if balance_as_of else []
    return max([*known, *(at.isoformat() for at in paid_at)], default=None)
