"""Print batches 打印批次: asked for by the team, approved in quantity, printed at most that, and counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.auth.roles import Role
from fieldops.clock import local, local_date
from fieldops.correspondence import custody, queries
from fieldops.correspondence.gates import unhold
from fieldops.correspondence.models import Letter, PrintBatch
from fieldops.correspondence.moves import move_batch, move_letter
from fieldops.errors import NotAllowed, NotNow, NotUnderstood
from fieldops.policies.service import policy_on
from fieldops.policies.working_days import WorkingDays
from fieldops.tasks.service import open_task
from letters.states import BatchState, LetterState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

RENDER = "correspondence.render"
WITHDRAWN = "WITHDRAWN_AFTER_RENDERING"
SHRED_WITHIN = timedelta(days=1)


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
    days = WorkingDays(session)
    due_on = days.of(actor.at, policy_on(session, local_date(actor.at)).letter.cut_off)
    batch = PrintBatch(
        no=f"PB{local(actor.at):%y}{session.scalar(sa.Sequence('print_batch_no')):06d}",
        status=BatchState.PENDING_APPROVAL.value,
        requested_quantity=len(letters),
        requested_by=actor.name,
        due_on=due_on,
    )
    session.add(batch)
    session.flush()
    for letter in letters:
        move_letter(session, actor, letter, "queue")
        letter.print_batch_id, letter.print_part = batch.id, None
    said: Any = {"no": batch.no, "letters": len(letters), "due_on": str(due_on), "calendar": days.edition_for(due_on)}
    audit.record(session, actor, "batches.request", "print_batch", batch.id, **said)
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
    move_batch(session, actor, batch, "approve", quantity=quantity)
    batch.approved_quantity, batch.approved_by = quantity, actor.name
    waiting = queries.lock_letters_of_batch(session, batch.id, LetterState.QUEUED)
    for letter in waiting[quantity:]:
        take_off(session, actor, batch, letter, code="LR-080", reason="beyond the approved quantity")
    jobs.defer(session, RENDER, unique=f"{RENDER}:{batch.id}", batch_id=str(batch.id))
    return batch


def reject_batch(session: Session, actor: audit.Actor, batch_id: UUID, *, reason: str) -> PrintBatch:
    """Refuse a batch; its letters wait for another one. Raises: NotNow."""
    batch = queries.lock_batch(session, batch_id)
    move_batch(session, actor, batch, "reject", reason=reason)
    for letter in queries.lock_letters_of_batch(session, batch.id, LetterState.QUEUED):
        take_off(session, actor, batch, letter, code="BATCH_REJECTED", reason=reason)
    return batch


def mark_printed(
    session: Session,
    actor: audit.Actor,
    batch_id: UUID,
    *,
    quantity: int,
    sheets: int | None = None,
    not_printed: Sequence[UUID] = (),
) -> PrintBatch:
    """Record that the printer has put out ``quantity`` good letters of a rendered batch, on so many ``sheets``.

    Each is a copy that counts from here on. Letters withdrawn or held since rendering are on paper too: somebody is
    asked to shred them. Raises: NotNow LR-080 for more than was approved, NotUnderstood when a control total is not
    that of the files.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.status == BatchState.APPROVED and batch.rendered_at is None:
        raise NotNow("NOT_RENDERED", f"Batch {batch.no} is still being rendered; its files will appear in a moment.")
    skipped = {str(letter_id) for letter_id in not_printed}
    letters = _on_paper(session, batch)
    _check_count(batch, letters, quantity, skipped)
    _check_sheets(batch, [letter for letter in letters if str(letter.id) not in skipped], sheets)
    move_batch(session, actor, batch, "print", quantity=quantity)
    batch.printed_quantity, batch.printed_at = quantity, actor.at
    for letter in letters:
        if str(letter.id) in skipped:
            take_off(session, actor, batch, letter, code="NOT_PRINTED", reason="the printer did not put it out")
        elif may_go_on(letter):
            custody.add_copy(session, actor, letter, batch.id)
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


def may_go_on(letter: Letter) -> bool:
    """Whether a letter in a batch is still to be printed: neither withdrawn nor held."""
    return letter.status == LetterState.QUEUED and letter.held_reason is None


def _on_paper(session: Session, batch: PrintBatch) -> list[Letter]:
    """The letters whose sheets should lie in the tray, locked; what a jam spoiled and nobody printed again does not."""
    filed = [row["letter_id"] for part in queries.parts_of(session, batch.id) for row in part.index]
    spoiled = {copy.letter_id for copy in custody.copies_of_batch(session, batch.id)}
    return [letter for letter in queries.lock_letters(session, filed) if may_go_on(letter) or letter.id not in spoiled]


def _check_count(batch: PrintBatch, letters: Sequence[Letter], quantity: int, skipped: set[str]) -> None:
    approved = batch.approved_quantity or 0
    if quantity > approved:
        detail = f"LR-080 打印数量超过行政审批数: {quantity} printed, {approved} approved; shred the surplus."
        raise NotNow("LR-080", detail, approved=approved)
    if quantity != len(letters) - len(skipped):
        raise NotUnderstood(
            "PRINT_COUNT_DIFFERS",
            f"The files of batch {batch.no} hold {len(letters)} letters, {len(skipped)} are named as not printed and "
            f"{quantity} are reported; name the letters the printer did not put out in not_printed.",
            rendered=len(letters),
        )


def _check_sheets(batch: PrintBatch, letters: Sequence[Letter], sheets: int | None) -> None:
    counted = sum(letter.sheets or 1 for letter in letters)
    if sheets not in (None, counted):
        detail = f"Batch {batch.no} is {counted} sheets and {sheets} are reported; count again, or report the jam."
        raise NotUnderstood("CONTROL_TOTAL", detail, sheets=counted)


def _shred(session: Session, actor: audit.Actor, batch: PrintBatch, letter: Letter) -> None:
    """The sheet of a letter that was withdrawn or held between rendering and printing."""
    reason = letter.held_reason or letter.status_reason or letter.status
    note_exception(batch, letter, code=WITHDRAWN, reason=reason)
    copy = custody.add_copy(session, actor, letter, batch.id)
    custody.pass_on(session, actor, letter, "void", reason=reason)
    custody.end_copy(session, actor, copy, reason=reason, in_hand=False)
    if letter.status == LetterState.QUEUED:
        move_letter(session, actor, letter, "unqueue", reason=reason)
    letter.print_batch_id = letter.print_part = None
    detail = {"letter_no": letter.letter_no, "batch_no": batch.no, "why": reason}
    open_task(session, actor, custody.SHRED, Role.ADMIN_CLERK, "letter", letter.id, actor.at + SHRED_WITHIN, detail)
