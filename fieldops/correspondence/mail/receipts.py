"""Postal receipts: the post's own word that it took an item, from the stamped list, a scan or the carrier's file."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops import audit
from fieldops.auth.roles import Role
from fieldops.clock import local_date
from fieldops.correspondence import mail_queries, queries
from fieldops.correspondence.mail import evidence, numbers
from fieldops.correspondence.mail_models import PostalReceipt
from fieldops.correspondence.models import MailItem
from fieldops.errors import NotNow, NotUnderstood
from fieldops.tasks.service import open_task
from letters.number import as_scanned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

STAMPED_LIST, SCANNED, FILE = "STAMPED_LIST", "SCANNED", "FILE"
CONTRADICTS = "receipt_contradicts"
COMPARE_WITHIN = timedelta(days=1)


def file_list_receipt(
    session: Session, actor: audit.Actor, list_id: UUID, *, scan_sha256: str, not_accepted: Sequence[str] = ()
) -> list[PostalReceipt]:
    """File the list the post has stamped: the receipt of each of its items but those it struck out.

    Where a receipt on record names another day that one stays, and a clerk is asked to compare both.
    Raises: NotNow for a list that was not handed over, NotUnderstood for a scan nobody kept or a number not on it.
    """
    handover = queries.lock_list(session, list_id)
    if handover.handed_over_at is None:
        raise NotNow("LIST_STATE", f"List {handover.no} is {handover.status}; the post stamps it at the hand-over.")
    evidence.require_scan(session, scan_sha256)
    pairs = queries.items_of_list(session, list_id)
    struck_out = {as_scanned(number) for number in not_accepted}
    strangers = struck_out - {item.tracking_no for item, _ in pairs}
    if strangers:
        raise NotUnderstood("ITEM_NOT_ON_LIST", f"{', '.join(sorted(strangers))} is not on list {handover.no}.")
    accepted = [(item, letter) for item, letter in pairs if item.tracking_no not in struck_out]
    evidence.attach(session, actor, [letter for _, letter in accepted], evidence.POSTING, scan_sha256)
    known = _known(session, [item for item, _ in accepted])
    on = local_date(handover.handed_over_at)
    for item, _ in accepted:
        if item.id in known and known[item.id].accepted_on != on:
            _ask_which_day(session, actor, item, known[item.id], on)
    fresh = [item for item, _ in accepted if item.id not in known]
    return [_keep(session, actor, item, on, STAMPED_LIST, scan_sha256) for item in fresh]


def record_receipt(
    session: Session,
    actor: audit.Actor,
    *,
    tracking_no: str,
    accepted_on: date,
    scan_sha256: str | None = None,
    source: str = SCANNED,
) -> PostalReceipt:
    """Record the receipt of one item by its number.

    Raises: NotUnderstood RECEIPT_UNKNOWN_ITEM for a number no item of ours carries, or a day to come; NotNow when its
    receipt is on record, RECEIPT_CONTRADICTS when that names another day.
    """
    item = item_by_number(session, actor, tracking_no, code="RECEIPT_UNKNOWN_ITEM")
    if accepted_on > local_date(actor.at):
        raise NotUnderstood("RECEIPT_DAY", f"{accepted_on} is still to come; give the day on the post's stamp.")
    _refuse_second(session, item, accepted_on)
    if scan_sha256 is not None:
        evidence.require_scan(session, scan_sha256)
        letter = queries.letter_by_id(session, item.letter_id)
        evidence.attach(session, actor, [letter], evidence.POSTING, scan_sha256)
    return _keep(session, actor, item, accepted_on, source, scan_sha256)


def is_on_record(session: Session, actor: audit.Actor, *, tracking_no: str, accepted_on: date) -> bool:
    """Whether the receipt of an item is on record with this very day. Raises: as ``item_by_number``."""
    item = item_by_number(session, actor, tracking_no, code="RECEIPT_UNKNOWN_ITEM")
    known = _receipt_of(session, item)
    return known is not None and known.accepted_on == accepted_on


def item_by_number(session: Session, actor: audit.Actor, raw: str, *, code: str = "ITEM_UNKNOWN") -> MailItem:
    """The item of a typed or scanned number; who changes it locks its letter first, as everybody does.

    Raises: NotUnderstood LR-071 for a malformed number, and under ``code`` for one no item of ours carries.
    """
    number = numbers.read_scanned(session, actor.at, raw)
    same = sa.select(MailItem).filter_by(carrier_no=numbers.CHINA_POST_NO, tracking_no=number)
    item = session.scalar(same.execution_options(populate_existing=True))
    if item is None:
        raise NotUnderstood(code, f"No item of ours carries {number}; scan it again.", number=number)
    return item


def _known(session: Session, items: Sequence[MailItem]) -> dict[UUID, PostalReceipt]:
    of_items = PostalReceipt.item_id.in_([item.id for item in items])
    found = sa.select(PostalReceipt).where(of_items, mail_queries.receipt_counts())
    return {receipt.item_id: receipt for receipt in session.scalars(found)}


def _ask_which_day(session: Session, actor: audit.Actor, item: MailItem, known: PostalReceipt, on: date) -> None:
    said = {"tracking_no": item.tracking_no, "on_record": known.accepted_on.isoformat(), "stamped": on.isoformat()}
    due_at = actor.at + COMPARE_WITHIN
    open_task(session, actor, CONTRADICTS, Role.ADMIN_CLERK, "mail_item", item.id, due_at, said)


def _receipt_of(session: Session, item: MailItem) -> PostalReceipt | None:
    return session.scalar(
        sa.select(PostalReceipt).where(PostalReceipt.item_id == item.id, mail_queries.receipt_counts())
    )


def _refuse_second(session: Session, item: MailItem, accepted_on: date) -> None:
    known = _receipt_of(session, item)
    if known is None:
        return
    if known.accepted_on == accepted_on:
        raise NotNow("RECEIPT_KNOWN", f"The receipt of {item.tracking_no} is on record; an item is taken once.")
    raise NotNow(
        "RECEIPT_CONTRADICTS",
        f"The receipt of {item.tracking_no} on record ({known.source}) says {known.accepted_on}, this one says "
        f"{accepted_on}: compare both stamps, and ask the post which day holds; the first stays on record.",
        on_record=known.accepted_on.isoformat(),
    )


def _keep(
    session: Session, actor: audit.Actor, item: MailItem, on: date, source: str, scan_sha256: str | None
) -> PostalReceipt:
    receipt = PostalReceipt(
        carrier_no=item.carrier_no, tracking_no=item.tracking_no, item_id=item.id, accepted_on=on, source=source,
        scan_sha256=scan_sha256, strikes=session.scalar(sa.select(mail_queries.strikes_of(item.id))) or 0,
        recorded_at=actor.at, recorded_by=actor.name,
    )  # fmt: skip
    session.add(receipt)
    session.flush()
    said = {"tracking_no": item.tracking_no, "accepted_on": on.isoformat(), "source": source}
    audit.record(session, actor, "receipts.record", "postal_receipt", receipt.id, **said)
    return receipt
