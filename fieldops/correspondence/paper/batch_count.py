"""Control totals of a print batch, and where its sheets are: printed = posted + handed + void + in custody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit
from fieldops.auth.roles import Role
from fieldops.correspondence import queries
from fieldops.correspondence.models import Letter
from fieldops.correspondence.moves import move_batch
from fieldops.correspondence.paper import certificates
from fieldops.correspondence.paper.gate import ask_about_custody
from fieldops.correspondence.sheet_models import PrintCopy
from fieldops.errors import NotNow
from fieldops.tasks.service import open_task
from letters.postage import registered_postage_fen, weight_g
from letters.states import BatchState, LetterState

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import PrintBatch

BY_MAIL = "REGISTERED_MAIL"
OUT_OF_OUR_HANDS = frozenset(
    {
        LetterState.POSTED,
        LetterState.DELIVERED,
        LetterState.RETURNED,
        LetterState.LOST,
        LetterState.HANDED,
        LetterState.LEFT_SEALED,
        LetterState.CLOSED,
    }
)
AT_THEIR_END = frozenset({LetterState.CLOSED, LetterState.VOID})
LOOK_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """The control totals of a rendered batch: letters and sheets, weight and postage of what goes by mail."""

    letters: int
    sheets: int
    weight_g: int
    postage_fen: int


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Where the copies of a batch are: printed = posted + handed + void + in custody, or some are missing.

    ``void`` are the spoiled too. ``in_custody`` is what somebody counted, ``with_crews`` what crews have signed for;
    ``expected`` is what should lie in the cupboard.
    """

    printed: int
    posted: int
    handed: int
    void: int
    with_crews: int
    in_custody: int
    expected: int

    @property
    def missing(self) -> int:
        """How many printed letters nobody can show; negative when there are more than were printed."""
        return self.printed - self.posted - self.handed - self.void - self.with_crews - self.in_custody


def totals_of(session: Session, batch_id: UUID) -> BatchTotals:
    """The control totals of what is rendered of a batch."""
    chosen = sa.select(Letter).where(Letter.print_batch_id == batch_id, Letter.sheets.is_not(None))
    letters = session.scalars(chosen).all()
    mail = [weight_g(letter.sheets or 1) for letter in letters if letter.delivery == BY_MAIL]
    sheets = sum(letter.sheets or 1 for letter in letters)
    return BatchTotals(len(letters), sheets, sum(mail), sum(map(registered_postage_fen, mail)))


def count_of(session: Session, batch_id: UUID, *, in_custody: int | None = None) -> BatchCount:
    """Where the copies of a batch are; without ``in_custody`` what should be in the cupboard is taken to be there."""
    rows = session.execute(
        sa.select(Letter.status, Letter.delivery, PrintCopy.ended_at.is_not(None), sa.func.count())
        .join(Letter, Letter.id == PrintCopy.letter_id)
        .where(PrintCopy.batch_id == batch_id)
        .group_by(Letter.status, Letter.delivery, PrintCopy.ended_at.is_not(None))
    ).all()
    found = dict.fromkeys(("posted", "handed", "void", "with_crews", "expected"), 0)
    for status, delivery, ended, copies in rows:
        found[_place(status, delivery, ended=ended)] += copies
    counted = found["expected"] if in_custody is None else in_custody
    return BatchCount(printed=sum(found.values()), in_custody=counted, **found)


def reconcile_batch(session: Session, actor: audit.Actor, batch_id: UUID, *, in_custody: int) -> dict[str, Any]:
    """Compare what was printed with what was posted, handed, voided and is counted in the cupboard.

    Only a batch without difference is RECONCILED and gets its certificate, and CLOSED once each of its letters is
    closed or void; a difference is LR-081: somebody must look, and it is reconciled no longer.
    Raises: NotNow before printing.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.printed_quantity is None:
        raise NotNow("NOT_PRINTED", f"Batch {batch.no} is not printed yet; there is nothing to count.")
    count = count_of(session, batch.id, in_custody=in_custody)
    if count.missing == 0:
        certificates.ask_for_certificate(session, actor, batch, count)
        if batch.status == BatchState.PRINTED:
            move_batch(session, actor, batch, "reconcile")
        if batch.status == BatchState.RECONCILED and queries.states_of_batch(session, batch.id).keys() <= AT_THEIR_END:
            move_batch(session, actor, batch, "close")
    else:
        if batch.status != BatchState.PRINTED:
            move_batch(session, actor, batch, "differ", missing=count.missing)
        _report(session, actor, batch, count)
    codes = ask_about_custody(session, actor, batch, missing=count.missing).codes
    return {"batch": batch, "count": count, "missing": count.missing, "code": codes[0] if codes else None}


def _report(session: Session, actor: audit.Actor, batch: PrintBatch, count: BatchCount) -> None:
    detail = {"batch_no": batch.no, "missing": count.missing}
    due_at = actor.at + LOOK_WITHIN
    open_task(session, actor, "LR-081", Role.ADMIN_APPROVER, "print_batch", batch.id, due_at, detail, again=True)
    audit.record(session, actor, "batches.difference", "print_batch", batch.id, missing=count.missing)


def _place(status: str, delivery: str, *, ended: bool) -> str:
    """Which term of the count a copy belongs to."""
    if ended:
        return "void"
    if status == LetterState.ISSUED_TO_CREW:
        return "with_crews"
    if status in OUT_OF_OUR_HANDS:
        return "posted" if delivery == BY_MAIL else "handed"
    return "expected"
