"""Reads of letters, batches and items; what is to change is locked in the order of its id."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops.cases.models import Bank, Case, Repayment
from fieldops.correspondence.mail_queries import stands
from fieldops.correspondence.models import (
    ENDED_ITEM_STATES,
    OPEN_LETTER_STATES,
    CustodyDecision,
    HandoverList,
    Letter,
    LetterDecision,
    LetterSender,
    MailItem,
    PrintBatch,
    PrintPart,
    RegisterEntry,
)
from fieldops.correspondence.sheet_models import CustodyEntry
from fieldops.errors import NotFound
from fieldops.policies.stored import stored_decisions

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.books import StoredDecision


def page_of(items: Sequence[Any], limit: int) -> dict[str, Any]:
    """One page as it is answered: ``after`` begins the next one, None when there is none."""
    return {"items": items, "after": items[-1].id if len(items) == limit else None}


def letter_by_id(session: Session, letter_id: UUID) -> Letter:
    """The letter of that id. Raises: NotFound."""
    letter = session.get(Letter, letter_id)
    if letter is None:
        raise NotFound("LETTER_UNKNOWN", f"There is no letter {letter_id}; list them with GET /api/v1/letters.")
    return letter


def lock_letters(session: Session, letter_ids: Iterable[Any]) -> list[Letter]:
    """These letters, locked in the order of their ids. Raises: NotFound for one that is not there."""
    wanted = {str(letter_id) for letter_id in letter_ids}
    found = _locked(session, Letter.id.in_(wanted))
    missing = wanted - {str(letter.id) for letter in found}
    if missing:
        raise NotFound("LETTER_UNKNOWN", f"There is no letter {', '.join(sorted(missing))}; see GET /api/v1/letters.")
    return found


def lock_letters_of_case(session: Session, case_id: UUID) -> list[Letter]:
    """The letters of a case that are not at their end, locked."""
    return _locked(session, Letter.case_id == case_id, Letter.status.in_((*OPEN_LETTER_STATES, *_OUTSIDE)))


def lock_letters_of_debtor(session: Session, debtor_id: UUID) -> list[Letter]:
    """The letters to a debtor that are not at their end, locked."""
    return _locked(session, Letter.debtor_id == debtor_id, Letter.status.in_((*OPEN_LETTER_STATES, *_OUTSIDE)))


_OUTSIDE = ("POSTED", "ISSUED_TO_CREW", "BROUGHT_BACK")
_NOT_POSTED = (*OPEN_LETTER_STATES, "ISSUED_TO_CREW", "BROUGHT_BACK")


def letters_not_posted(session: Session) -> list[UUID]:
    """Every letter that is still in the house or with a crew, oldest first."""
    query = sa.select(Letter.id).where(Letter.status.in_(_NOT_POSTED))
    return list(session.scalars(query.order_by(Letter.id)))


def letter_numbered(session: Session, letter_no: str) -> Letter | None:
    """The letter of that number, if there is one."""
    return session.scalar(sa.select(Letter).where(Letter.letter_no == letter_no))


def lock_open_letters_to(session: Session, condition: sa.ColumnElement[bool]) -> list[Letter]:
    """The letters not yet posted that fit a condition on their address, locked."""
    return _locked(session, condition, Letter.status.in_(_NOT_POSTED))


def lock_letter_and_neighbours(session: Session, letter: Letter) -> list[Letter]:
    """A letter and those not yet posted to the same building or flat, locked."""
    near = sa.or_(
        sa.and_(Letter.site_key == letter.site_key, Letter.site_key != ""), Letter.address_id == letter.address_id
    )
    open_ = Letter.status.in_(_NOT_POSTED)
    return _locked(session, sa.or_(Letter.id == letter.id, sa.and_(near, open_)))


def lock_printable_letters(session: Session) -> list[Letter]:
    """The approved letters in no batch, locked."""
    return _locked(session, Letter.status == "GENERATED")


def lock_letters_of_batch(session: Session, batch_id: UUID, status: str) -> list[Letter]:
    """The letters of a batch in one state, locked."""
    return _locked(session, Letter.print_batch_id == batch_id, Letter.status == status)


def lock_unrendered(session: Session, batch_id: UUID, limit: int) -> list[Letter]:
    """The next letters of a batch that are in none of its files, locked."""
    return _locked(
        session,
        Letter.print_batch_id == batch_id,
        Letter.status == "QUEUED",
        Letter.print_part.is_(None),
        limit=limit,
    )


def count_unrendered(session: Session, batch_id: UUID) -> int:
    """How many letters of a batch are in none of its files yet."""
    waiting = sa.select(sa.func.count()).where(Letter.print_batch_id == batch_id, Letter.status == "QUEUED")
    return session.scalar(waiting.where(Letter.print_part.is_(None))) or 0


def rendered_letters(session: Session, *, after: UUID | None, limit: int) -> Sequence[Letter]:
    """Letters whose bytes are frozen, in the order of their ids."""
    chosen = sa.select(Letter).where(Letter.pdf_sha256.is_not(None)).order_by(Letter.id).limit(limit)
    return session.scalars(chosen if after is None else chosen.where(Letter.id > after)).all()


def _locked(session: Session, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Letter]:
    """Letters as they are once the lock is ours: whoever waited sees what the other one did."""
    chosen = sa.select(Letter).where(*conditions).order_by(Letter.id).limit(limit).with_for_update()
    return list(session.scalars(chosen.execution_options(populate_existing=True)))


def open_letter_of(session: Session, case_id: UUID, address_key: str, kind: str) -> Letter | None:
    """The letter of this kind about this case to this flat that is still open."""
    same = sa.select(Letter).filter_by(case_id=case_id, address_key=address_key, kind=kind)
    return session.scalar(same.where(Letter.status.in_(OPEN_LETTER_STATES)))


def letters_of_debtors(session: Session, debtor_ids: Iterable[UUID]) -> dict[UUID, list[tuple[Letter, Any]]]:
    """Every letter to these debtors that is open or was sent, with the instant it was posted."""
    sent = sa.select(sa.func.max(MailItem.posted_at)).where(MailItem.letter_id == Letter.id).scalar_subquery()
    rows = session.execute(
        sa.select(Letter, sent)
        .where(Letter.debtor_id.in_(list(debtor_ids)), Letter.status.not_in(("REJECTED", "CANCELLED", "VOID")))
        .order_by(Letter.id)
    )
    found: dict[UUID, list[tuple[Letter, Any]]] = defaultdict(list)
    for letter, posted_at in rows:
        found[letter.debtor_id].append((letter, posted_at))
    return found


def letters_page(session: Session, *, limit: int, after: UUID | None = None, **equal: Any) -> Sequence[Letter]:
    """Letters in the order they were asked for, that have these values."""
    chosen = sa.select(Letter).filter_by(**{name: value for name, value in equal.items() if value is not None})
    if after is not None:
        chosen = chosen.where(Letter.id > after)
    return session.scalars(chosen.order_by(Letter.id).limit(limit)).all()


def decisions_since(session: Session, since: datetime, asked: bool) -> Generator[StoredDecision]:  # noqa: FBT001
    """Decisions on letters as they were kept; see RuleBook."""
    return stored_decisions(session, LetterDecision, LetterDecision.letter_id, Letter.letter_no, since, asked=asked)


def custody_decisions_since(session: Session, since: datetime, asked: bool) -> Generator[StoredDecision]:  # noqa: FBT001
    """Decisions on counted print batches as they were kept; see RuleBook. Nobody requests one, so none is tried."""
    of_batch = CustodyDecision.print_batch_id
    return stored_decisions(session, CustodyDecision, of_batch, PrintBatch.no, since, asked=asked)


def decisions_of(session: Session, letter_id: UUID) -> Sequence[LetterDecision]:
    """Every decision on a letter, oldest first."""
    chosen = sa.select(LetterDecision).filter_by(letter_id=letter_id).order_by(LetterDecision.id)
    return session.scalars(chosen).all()


def senders_by_bank(session: Session, bank_ids: Iterable[UUID]) -> dict[UUID, LetterSender]:
    """Who writes for each of these banks."""
    chosen = sa.select(LetterSender).where(LetterSender.bank_id.in_(list(bank_ids)))
    return {sender.bank_id: sender for sender in session.scalars(chosen)}


def lock_batch(session: Session, batch_id: UUID) -> PrintBatch:
    """The print batch of that id, locked. Raises: NotFound."""
    batch = session.get(PrintBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None:
        raise NotFound("BATCH_UNKNOWN", f"There is no print batch {batch_id}; see GET /api/v1/print-batches.")
    return batch


def batch_by_id(session: Session, batch_id: UUID) -> PrintBatch:
    """The print batch of that id. Raises: NotFound."""
    batch = session.get(PrintBatch, batch_id)
    if batch is None:
        raise NotFound("BATCH_UNKNOWN", f"There is no print batch {batch_id}; see GET /api/v1/print-batches.")
    return batch


def batches_page(session: Session, *, limit: int, after: UUID | None = None) -> Sequence[PrintBatch]:
    """Print batches, oldest first."""
    chosen = sa.select(PrintBatch).order_by(PrintBatch.id).limit(limit)
    return session.scalars(chosen if after is None else chosen.where(PrintBatch.id > after)).all()


def parts_of(session: Session, batch_id: UUID) -> Sequence[PrintPart]:
    """The files of a batch, in order; those of reprints are not among them."""
    return [part for part in all_parts_of(session, batch_id) if part.reprint_id is None]


def all_parts_of(session: Session, batch_id: UUID) -> Sequence[PrintPart]:
    """The files of a batch and of its reprints, in order."""
    return session.scalars(sa.select(PrintPart).filter_by(batch_id=batch_id).order_by(PrintPart.number)).all()


def states_of_batch(session: Session, batch_id: UUID) -> dict[str, int]:
    """How many letters of a batch are in each state."""
    counted = sa.select(Letter.status, sa.func.count()).where(Letter.print_batch_id == batch_id).group_by(Letter.status)
    return {status: count for status, count in session.execute(counted)}  # noqa: C416 - rows are not pairs to mypy


def live_item_of(session: Session, letter_id: UUID) -> MailItem | None:
    """The registered item a letter has now, neither void nor back in our hands; locked."""
    chosen = sa.select(MailItem).filter_by(letter_id=letter_id).where(MailItem.status.not_in(ENDED_ITEM_STATES))
    return session.scalar(chosen.with_for_update().execution_options(populate_existing=True))


def returned_item_of(session: Session, letter_id: UUID) -> MailItem | None:
    """The item under which a letter came back last."""
    chosen = sa.select(MailItem).filter_by(letter_id=letter_id, status="RETURNED").order_by(MailItem.id.desc())
    return session.scalars(chosen.limit(1)).first()


def item_by_id(session: Session, item_id: UUID, *, lock: bool = False) -> MailItem:
    """The registered item of that id. Raises: NotFound."""
    item = session.get(MailItem, item_id, with_for_update=lock, populate_existing=lock)
    if item is None:
        raise NotFound("ITEM_UNKNOWN", f"There is no registered item {item_id}; see GET /api/v1/mail-items.")
    return item


def items_page(session: Session, *, limit: int, after: UUID | None = None, **equal: Any) -> Sequence[MailItem]:
    """Registered items in the order their numbers were bound, that have these values."""
    chosen = sa.select(MailItem).filter_by(**{name: value for name, value in equal.items() if value is not None})
    if after is not None:
        chosen = chosen.where(MailItem.id > after)
    return session.scalars(chosen.order_by(MailItem.id).limit(limit)).all()


def items_to_hand_over(session: Session) -> Sequence[MailItem]:
    """Items with a number that are on no list yet."""
    waiting = sa.select(MailItem).filter_by(status="REGISTERED", handover_id=None)
    return session.scalars(waiting.order_by(MailItem.tracking_no)).all()


def items_of_list(session: Session, list_id: UUID) -> list[tuple[MailItem, Letter]]:
    """The items on a handover list with their letters, in number order."""
    rows = session.execute(
        sa.select(MailItem, Letter)
        .join(Letter, Letter.id == MailItem.letter_id)
        .where(MailItem.handover_id == list_id)
        .order_by(MailItem.tracking_no)
    )
    return [(item, letter) for item, letter in rows]


def lock_list(session: Session, list_id: UUID) -> HandoverList:
    """The handover list of that id, locked. Raises: NotFound."""
    list_by_id(session, list_id)
    return session.get_one(HandoverList, list_id, with_for_update=True, populate_existing=True)


def list_by_id(session: Session, list_id: UUID) -> HandoverList:
    """The handover list of that id. Raises: NotFound."""
    found = session.get(HandoverList, list_id)
    if found is None:
        raise NotFound("LIST_UNKNOWN", f"There is no handover list {list_id}; see GET /api/v1/handover-lists.")
    return found


def lists_page(session: Session, *, limit: int, after: UUID | None = None) -> Sequence[HandoverList]:
    """Handover lists, oldest first."""
    chosen = sa.select(HandoverList).order_by(HandoverList.id).limit(limit)
    return session.scalars(chosen if after is None else chosen.where(HandoverList.id > after)).all()


def cases_with_last_delivery(session: Session) -> list[tuple[str, str, date | None, datetime | None]]:
    """Active cases with their bank, the day they became overdue, and when a letter about them last arrived."""
    by_mail = (
        sa.select(sa.func.max(MailItem.outcome_at))
        .join(Letter, Letter.id == MailItem.letter_id)
        .where(Letter.case_id == Case.id, MailItem.status == "DELIVERED")
        .scalar_subquery()
    )
    by_hand = (
        sa.select(sa.func.max(RegisterEntry.at))
        .join(Letter, Letter.id == RegisterEntry.letter_id)
        .where(Letter.case_id == Case.id, RegisterEntry.kind == "HANDED", stands(RegisterEntry))
        .scalar_subquery()
    )
    last = sa.func.greatest(by_mail, by_hand)
    rows: Any = session.execute(
        sa.select(Case.case_no, Bank.code, Case.balance_as_of, Case.overdue_days, last)
        .join(Bank, Bank.id == Case.bank_id)
        .where(Case.status == "ACTIVE")
        .order_by(Bank.code, Case.case_no)
    )
    return [
        (case_no, bank, as_of - timedelta(days=overdue) if as_of else None, delivered_at)
        for case_no, bank, as_of, overdue, delivered_at in rows
    ]


def left_after_payment(session: Session, begins: datetime, ends: datetime) -> list[tuple[Letter, datetime, Repayment]]:
    """Letters posted or given away between two instants, each with a payment after its approval and before that."""
    left = sa.select(Letter, CustodyEntry.at, Repayment).join(Letter, Letter.id == CustodyEntry.letter_id)
    chosen = left.join(Repayment, Repayment.case_id == Letter.case_id).where(
        CustodyEntry.event.in_(("post", "hand", "leave")),
        CustodyEntry.at >= begins,
        CustodyEntry.at < ends,
        Repayment.paid_at > Letter.approved_at,
        Repayment.paid_at < CustodyEntry.at,
        Repayment.reversed_at.is_(None),
    )
    rows = session.execute(chosen.order_by(CustodyEntry.at, Letter.id, Repayment.id))
    return [(letter, at, paid) for letter, at, paid in rows]
