"""Print batches 打印批次: asked for by the team, approved in quantity, printed at most that, and counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.auth.roles import Role
from fieldops.clock import local
from fieldops.correspondence import queries
from fieldops.correspondence.gates import unhold
from fieldops.correspondence.models import Letter, PrintBatch
from fieldops.correspondence.moves import move_letter
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.tasks.service import open_task
from letters.errors import MoveRefused
from letters.states import BatchState, LetterState, may

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

RENDER = "correspondence.render"
WITHDRAWN = "WITHDRAWN_AFTER_RENDERING"
POSTED_STATES = ("POSTED", "DELIVERED", "RETURNED", "LOST", "CLOSED")
HANDED_STATES = ("HANDED", "LEFT_SEALED")
SHRED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BatchCount:
    """Where the sheets of a batch are: printed = posted + handed + void + in custody, or some are missing."""

    printed: int
    posted: int
    handed: int
    void: int
    in_custody: int

    @property
    def missing(self) -> int:
        """How many printed letters nobody can show; negative when there are more than were printed."""
        return self.printed - self.posted - self.handed - self.void - self.in_custody


def request_batch(
    session: Session,
    actor: audit.Actor,
    *,
    letter_ids: Sequence[UUID] | None = None,
    requested_quantity: int | None = None,
) -> PrintBatch:
    """Put approved letters into a print batch that waits for the admin department; all that wait without ids.

    Raises: NotUnderstood when the control total is not the number of letters, NotNow for a letter that may not queue.
    """
    letters = queries.lock_letters(session, letter_ids) if letter_ids else queries.lock_printable_letters(session)
    unhold(session, actor, letters)
    if not letter_ids:
        letters = [letter for letter in letters if letter.held_reason is None]
    if not letters:
        raise NotNow("NOTHING_TO_PRINT", "No approved letter waits to be printed; approve letters first.")
    if requested_quantity not in (None, len(letters)):
        detail = f"{requested_quantity} letters are asked for and {len(letters)} are named; the two must agree."
        raise NotUnderstood("CONTROL_TOTAL", detail, named=len(letters))
    batch = PrintBatch(
        no=f"PB{local(actor.at):%y}{session.scalar(sa.Sequence('print_batch_no')):06d}",
        status=BatchState.PENDING_APPROVAL.value,
        requested_quantity=len(letters),
        requested_by=actor.name,
    )
    session.add(batch)
    session.flush()
    for letter in letters:
        move_letter(session, actor, letter, "queue")
        letter.print_batch_id, letter.print_part = batch.id, None
    audit.record(session, actor, "batches.request", "print_batch", batch.id, no=batch.no, letters=len(letters))
    return batch


def approve_batch(session: Session, actor: audit.Actor, batch_id: UUID, *, quantity: int) -> PrintBatch:
    """Allow at most ``quantity`` letters of a batch to be printed, and have them rendered.

    Letters beyond the quantity leave the batch, last ones first.
    Raises: NotAllowed for the requester, NotUnderstood for a quantity over the request, NotNow.
    """
    batch = queries.lock_batch(session, batch_id)
    if actor.name == batch.requested_by:
        raise NotAllowed("LR-083", "LR-083 申请人不得审批本人申请: somebody else approves the quantity of this batch.")
    if quantity > batch.requested_quantity:
        detail = f"LR-080: {batch.requested_quantity} letters were asked for; approve that many or fewer."
        raise NotUnderstood("LR-080", detail, requested=batch.requested_quantity)
    _move_batch(session, actor, batch, "approve", quantity=quantity)
    batch.approved_quantity, batch.approved_by = quantity, actor.name
    waiting = queries.lock_letters_of_batch(session, batch.id, LetterState.QUEUED)
    for letter in waiting[quantity:]:
        take_off(session, actor, batch, letter, code="LR-080", reason="beyond the approved quantity")
    jobs.defer(session, RENDER, unique=f"{RENDER}:{batch.id}", batch_id=str(batch.id))
    return batch


def reject_batch(session: Session, actor: audit.Actor, batch_id: UUID, *, reason: str) -> PrintBatch:
    """Refuse a batch; its letters wait for another one. Raises: NotNow."""
    batch = queries.lock_batch(session, batch_id)
    _move_batch(session, actor, batch, "reject", reason=reason)
    for letter in queries.lock_letters_of_batch(session, batch.id, LetterState.QUEUED):
        take_off(session, actor, batch, letter, code="BATCH_REJECTED", reason=reason)
    return batch


def mark_printed(
    session: Session, actor: audit.Actor, batch_id: UUID, *, quantity: int, not_printed: Sequence[UUID] = ()
) -> PrintBatch:
    """Record that the printer has put out ``quantity`` letters of a rendered batch.

    Letters withdrawn or held since rendering are on paper too: somebody is asked to shred them.
    Raises: NotNow LR-080 for more than was approved, NotUnderstood when the count is not that of the files.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.status == BatchState.APPROVED and batch.rendered_at is None:
        raise NotNow("NOT_RENDERED", f"Batch {batch.no} is still being rendered; its files will appear in a moment.")
    _check_count(session, batch, quantity, len(not_printed))
    _move_batch(session, actor, batch, "print", quantity=quantity)
    batch.printed_quantity, batch.printed_at = quantity, actor.at
    on_paper = [row["letter_id"] for part in queries.parts_of(session, batch.id) for row in part.index]
    skipped = {str(letter_id) for letter_id in not_printed}
    for letter in queries.lock_letters(session, on_paper):
        if str(letter.id) in skipped:
            take_off(session, actor, batch, letter, code="NOT_PRINTED", reason="the printer did not put it out")
        elif letter.status == LetterState.QUEUED and letter.held_reason is None:
            move_letter(session, actor, letter, "print")
            letter.printed_at = actor.at
        else:
            _shred(session, actor, batch, letter)
    return batch


def seal_batch(session: Session, actor: audit.Actor, batch_id: UUID) -> PrintBatch:
    """Record that the printed letters of a batch are in their envelopes; held ones stay unsealed. Raises: NotNow."""
    batch = queries.lock_batch(session, batch_id)
    letters = queries.lock_letters_of_batch(session, batch.id, LetterState.PRINTED)
    unhold(session, actor, letters)
    ready = [letter for letter in letters if letter.held_reason is None]
    if not ready:
        raise NotNow("NOTHING_TO_SEAL", f"Batch {batch.no} has no printed letter to seal; report the printing first.")
    for letter in ready:
        move_letter(session, actor, letter, "seal")
    return batch


def reconcile_batch(session: Session, actor: audit.Actor, batch_id: UUID, *, in_custody: int) -> dict[str, Any]:
    """Compare what was printed with what was posted, handed, voided and is counted in the cupboard.

    Only a batch without difference is RECONCILED; a difference is LR-081, and somebody must look.
    Raises: NotNow before printing.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.printed_quantity is None:
        raise NotNow("NOT_PRINTED", f"Batch {batch.no} is not printed yet; there is nothing to count.")
    count = count_of(session, batch, in_custody=in_custody)
    if count.missing == 0 and batch.status == BatchState.PRINTED:
        _move_batch(session, actor, batch, "reconcile")
    if count.missing:
        detail = {"batch_no": batch.no, "missing": count.missing}
        open_task(
            session, actor, "LR-081", Role.ADMIN_APPROVER, "print_batch", batch.id, actor.at + SHRED_WITHIN, detail
        )
        audit.record(session, actor, "batches.difference", "print_batch", batch.id, missing=count.missing)
    return {"batch": batch, "count": count, "missing": count.missing, "code": "LR-081" if count.missing else None}


def count_of(session: Session, batch: PrintBatch, *, in_custody: int) -> BatchCount:
    """Where the letters of a batch are; ``in_custody`` is what somebody counted."""
    states = queries.states_of_batch(session, batch.id)
    shredded = sum(1 for row in batch.exceptions if row["code"] == WITHDRAWN)
    return BatchCount(
        printed=batch.printed_quantity or 0,
        posted=sum(states.get(state, 0) for state in POSTED_STATES),
        handed=sum(states.get(state, 0) for state in HANDED_STATES),
        void=states.get(LetterState.VOID.value, 0) + shredded,
        in_custody=in_custody,
    )


def take_off(
    session: Session, actor: audit.Actor, batch: PrintBatch, letter: Letter, *, code: str, reason: str
) -> None:
    """Let a letter leave its batch and wait for another one; the batch keeps the exception."""
    move_letter(session, actor, letter, "unqueue", reason=reason)
    letter.print_batch_id = letter.print_part = None
    note_exception(batch, letter, code=code, reason=reason)


def note_exception(batch: PrintBatch, letter: Letter, *, code: str, reason: str) -> None:
    """Add a letter to the exceptions of its batch."""
    row = {"letter_id": str(letter.id), "letter_no": letter.letter_no, "code": code, "reason": reason}
    batch.exceptions = [*batch.exceptions, row]


def _check_count(session: Session, batch: PrintBatch, quantity: int, left_out: int) -> None:
    approved = batch.approved_quantity or 0
    if quantity > approved:
        detail = f"LR-080 打印数量超过行政审批数: {quantity} printed, {approved} approved; shred the surplus."
        raise NotNow("LR-080", detail, approved=approved)
    rendered = sum(len(part.index) for part in queries.parts_of(session, batch.id))
    if quantity != rendered - left_out:
        raise NotUnderstood(
            "PRINT_COUNT_DIFFERS",
            f"The files of batch {batch.no} hold {rendered} letters, {left_out} are named as not printed and "
            f"{quantity} are reported; name the letters the printer did not put out in not_printed.",
            rendered=rendered,
        )


def _shred(session: Session, actor: audit.Actor, batch: PrintBatch, letter: Letter) -> None:
    """The sheet of a letter that was withdrawn or held between rendering and printing."""
    reason = letter.held_reason or letter.status_reason or letter.status
    note_exception(batch, letter, code=WITHDRAWN, reason=reason)
    if letter.status == LetterState.QUEUED:
        move_letter(session, actor, letter, "unqueue", reason=reason)
    letter.print_batch_id = letter.print_part = None
    detail = {"letter_no": letter.letter_no, "batch_no": batch.no, "why": reason}
    open_task(session, actor, "shred_letter", Role.ADMIN_CLERK, "letter", letter.id, actor.at + SHRED_WITHIN, detail)


def _move_batch(
    session: Session, actor: audit.Actor, batch: PrintBatch, event: str, *, reason: str | None = None, **said: Any
) -> None:
    try:
        batch.status = may(BatchState(batch.status), event).value
    except MoveRefused as refusal:
        raise NotNow("BATCH_STATE", str(refusal), status=batch.status) from None
    batch.version += 1
    audit.record(session, actor, f"batches.{event}", "print_batch", batch.id, reason=reason, no=batch.no, **said)
