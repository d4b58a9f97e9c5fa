"""Lists of the letter desk: what waits, what ends, what left after a payment; figures of delivery and return."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fieldops.cases import queries as cases
from fieldops.clock import at_local, local_date, years_later
from fieldops.correspondence import mail_queries, queries
from fieldops.correspondence.mail import evidence
from fieldops.correspondence.terms import policies_of_letters
from fieldops.packs import queries as packs
from fieldops.policies.sections import ADDRESS_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.correspondence.models import Letter, MailItem
    from fieldops.policies.edition import Policy

ENDS_SOON_DAYS = 60  # time to write a new text and have the bank approve it
YEAR_DAYS, LIMITATION_YEARS, WARN_DAYS = 365, 3, 180  # Civil Code, Article 188: three years


def no_news(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Items the post has said nothing of for longer than the policy allows: ask the post about each 查询."""
    return [_item_row(actor, item) for item in silent_items(session, actor.at)]


def no_receipt(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Items whose receipt of posting, or then of delivery, is not filed in time LR-082."""
    posted, delivered = unreceipted_items(session, actor.at), unproved_deliveries(session, actor.at)
    return [
        *(_item_row(actor, item) | {"lacking": evidence.POSTING} for item in posted),
        *(_item_row(actor, item) | {"lacking": evidence.DELIVERY} for item in delivered),
    ]


def silent_items(session: Session, at: datetime) -> list[MailItem]:
    """Items under way without news for longer than the policy of that day allows."""
    return _waiting(
        session,
        at,
        mail_queries.items_under_way(session),
        lambda policy: at - timedelta(days=policy.letter.no_news_days),
    )


def unreceipted_items(session: Session, at: datetime) -> list[MailItem]:
    """Items posted more days ago than the policy of that day gives for filing their receipt, which is not filed."""
    lacking = mail_queries.items_without_receipt(session)
    posted = [(item, item.posted_at) for item in lacking if item.posted_at]
    return _waiting(session, at, posted, lambda policy: _days_ago(at, policy.letter.receipt_days))


def unproved_deliveries(session: Session, at: datetime) -> list[MailItem]:
    """Items delivered more days ago than the policy gives for filing the signed receipt 回执, which is not filed."""
    lacking = mail_queries.items_without_delivery_receipt(session)
    delivered = [(item, item.outcome_at) for item in lacking if item.outcome_at]
    return _waiting(session, at, delivered, lambda policy: _days_ago(at, policy.letter.delivery_receipt_days))


def _waiting(
    session: Session,
    at: datetime,
    items: Sequence[tuple[MailItem, datetime]],
    latest: Callable[[Policy], datetime],
) -> list[MailItem]:
    """Those items that wait since before the instant the policy of their letter's bank and product names."""
    policies = policies_of_letters(session, {item.letter_id for item, _ in items}, local_date(at))
    return [item for item, since in items if since < latest(policies[item.letter_id])]


def _days_ago(at: datetime, days: int) -> datetime:
    return at_local(local_date(at) - timedelta(days=days), 0)


def yearly(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Active cases no letter was delivered about in twelve months, with the day the claim may lapse.

    Three years run from the last delivery, or from the day the balance became overdue; LAPSES says that it is near.
    """
    today = local_date(actor.at)
    rows = []
    for case_no, bank, due_on, delivered_at in queries.cases_with_last_delivery(session):
        delivered_on = local_date(delivered_at) if delivered_at else None
        if delivered_on and (today - delivered_on).days <= YEAR_DAYS:
            continue
        lapses_on = years_later(delivered_on or due_on or today, LIMITATION_YEARS)
        near = (lapses_on - today).days <= WARN_DAYS
        rows.append(
            {"case_no": case_no, "bank": bank, "last_delivered_on": delivered_on, "lapses_on": lapses_on,
             "warning": "LAPSES" if near else None}
        )  # fmt: skip
    return rows


def templates(session: Session, actor: Actor) -> list[dict[str, Any]]:
    """Every template with the letters written with it, when last, and when it ends; ENDS_SOON within sixty days."""
    today, used = local_date(actor.at), mail_queries.use_of_templates(session)
    rows = []
    for template in packs.templates(session):
        letters, last = used.get(template.id, (0, None))
        left = (template.valid_until - today).days if template.valid_until else None
        rows.append(
            {"template_id": template.id, "code": template.code, "number": template.number, "kind": template.kind,
             "bank": template.bank, "status": template.status, "valid_from": template.valid_from,
             "valid_until": template.valid_until, "letters": letters, "last_used_at": last, "ends_in_days": left,
             "warning": _ending(left)}
        )  # fmt: skip
    return rows


def after_payment(session: Session, *, from_on: date, until_on: date) -> list[dict[str, Any]]:
    """Letters that left our hands in a span of days after a payment that followed their approval; there should be none.

    ``was_known``: the payment was on record before the letter left, so it is our fault.
    """
    rows = queries.left_after_payment(session, at_local(from_on, 0), at_local(until_on + timedelta(days=1), 0))
    return [
        {"letter_id": letter.id, "letter_no": letter.letter_no, "case_no": letter.figures["case_no"],
         "left_at": left_at, "paid_at": paid.paid_at, "amount_fen": paid.amount_fen, "recorded_at": paid.recorded_at,
         "was_known": paid.recorded_at < left_at}
        for letter, left_at, paid in rows
    ]  # fmt: skip


def figures(session: Session, *, from_on: date, until_on: date) -> dict[str, Any]:
    """What became of the items posted in a span of days, both included: counts, days to delivery, returns by reason.

    ``address_kinds`` says it for homes, workplaces and the others by themselves.
    """
    pairs = mail_queries.items_posted_between(session, at_local(from_on, 0), at_local(until_on + timedelta(days=1), 0))
    rows = [item for item, _ in pairs]
    days = [
        (local_date(item.outcome_at) - local_date(item.posted_at)).days
        for item in rows
        if item.status == "DELIVERED" and item.outcome_at and item.posted_at
    ]
    reasons: dict[str, int] = {}
    for item in rows:
        if item.status == "RETURNED" and item.outcome:
            reasons[item.outcome] = reasons.get(item.outcome, 0) + 1
    return {
        "posted": len(rows),
        "delivered": len(days),
        "returned": sum(reasons.values()),
        "lost": sum(1 for item in rows if item.status in ("LOST", "CLAIMED")),
        "mean_days_to_delivery": round(sum(days) / len(days), 1) if days else None,
        "return_reasons": dict(sorted(reasons.items())),
        "address_kinds": _by_address_kind(session, pairs),
    }


def _by_address_kind(session: Session, pairs: Sequence[tuple[MailItem, Letter]]) -> dict[str, dict[str, int]]:
    """How many were posted to each kind of address, delivered and returned; an address no file gives is OTHER."""
    given = cases.addresses_by_case(session, {letter.case_id for _, letter in pairs})
    found: dict[str, dict[str, int]] = {}
    for item, letter in pairs:
        kinds = [row.kind for row in given.get(letter.case_id, ()) if row.address_id == letter.address_id]
        kind = min(kinds, key=ADDRESS_KINDS.index, default="OTHER")
        counts = found.setdefault(kind, {"posted": 0, "delivered": 0, "returned": 0})
        counts["posted"] += 1
        counts["delivered"] += item.status == "DELIVERED"
        counts["returned"] += item.status == "RETURNED"
    return dict(sorted(found.items()))


def _ending(left: int | None) -> str | None:
    if left is None or left > ENDS_SOON_DAYS:
        return None
    return "ENDED" if left < 0 else "ENDS_SOON"


def _item_row(actor: Actor, item: Any) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "tracking_no": item.tracking_no,
        "status": item.status,
        "posted_at": item.posted_at,
        "days": (actor.at - item.posted_at).days,
    }
