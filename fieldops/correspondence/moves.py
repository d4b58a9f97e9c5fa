"""How a letter moves: the state tables of ``letters.states``, and the way out of circulation from any state."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fieldops import audit, events
from fieldops.auth.roles import Role
from fieldops.contacts.service import Made, write_contacts
from fieldops.correspondence import custody, queries, register
from fieldops.correspondence.events import LetterToHandChanged
from fieldops.errors import NotNow
from fieldops.tasks.service import open_task
from letters.errors import MoveRefused
from letters.register import EntryKind
from letters.states import BatchState, ItemState, LetterState, may

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter, MailItem, PrintBatch

PENDING = "PENDING_REVIEW"
# before approval a letter is a request: event → the state it leads to, from PENDING_REVIEW only
REQUEST_MOVES = {"approve": LetterState.GENERATED.value, "reject": "REJECTED", "cancel": LetterState.CANCELLED.value}
WAY_OUT = {
    PENDING: "cancel",
    LetterState.GENERATED: "cancel",
    LetterState.QUEUED: "cancel",
    LetterState.PRINTED: "void",
    LetterState.SEALED: "void",
    LetterState.BROUGHT_BACK: "void",
}
BY_HAND = "HAND_BY_VISIT"
WITH_CREW = LetterState.ISSUED_TO_CREW
HOLDABLE = frozenset({*WAY_OUT, WITH_CREW})
BRING_BACK = "BRING_BACK"  # of a letter a crew has: whatever happens now, it is looked at again in the house
REACHES_THE_DEBTOR = frozenset({"post", "hand", "leave"})  # events that are a contact: posted, handed, left sealed
SHRED_WITHIN = timedelta(days=1)


def move_letter(
    session: Session, actor: audit.Actor, letter: Letter, event: str, *, reason: str | None = None, to: str = ""
) -> None:
    """Let ``event`` happen to a letter, and write it down, with the hands its paper goes to (``to`` names them).

    Raises: NotNow, naming what may happen instead.
    """
    before = letter.status
    letter.status = _after(letter, event)
    letter.version += 1
    if reason is not None:
        letter.status_reason = reason
    said = {"was": before, "status": letter.status, "letter_no": letter.letter_no}
    audit.record(session, actor, f"letters.{event}", "letter", letter.id, reason=reason, **said)
    if event in REACHES_THE_DEBTOR:
        write_contacts(session, [Made("LETTER", letter.debtor_id, actor.at, letter.id, letter.case_id)])
    custody.pass_on(session, actor, letter, event, to=to, reason=reason)


def move_item(session: Session, actor: audit.Actor, item: MailItem, event: str, *, reason: str | None = None) -> None:
    """Let ``event`` happen to a registered item, and write it down. Raises: NotNow."""
    before = item.status
    try:
        item.status = may(ItemState(item.status), event).value
    except MoveRefused as refusal:
        raise NotNow("ITEM_STATE", str(refusal), status=before, tracking_no=item.tracking_no) from None
    item.version += 1
    said = {"was": before, "status": item.status, "tracking_no": item.tracking_no}
    audit.record(session, actor, f"mail.{event}", "mail_item", item.id, reason=reason, **said)


def move_batch(
    session: Session, actor: audit.Actor, batch: PrintBatch, event: str, *, reason: str | None = None, **said: Any
) -> None:
    """Let ``event`` happen to a print batch, and write it down. Raises: NotNow."""
    try:
        batch.status = may(BatchState(batch.status), event).value
    except MoveRefused as refusal:
        raise NotNow("BATCH_STATE", str(refusal), status=batch.status) from None
    batch.version += 1
    audit.record(session, actor, f"batches.{event}", "print_batch", batch.id, reason=reason, no=batch.no, **said)


def withdraw_letters(session: Session, actor: audit.Actor, letters: Iterable[Letter], *, reason: str) -> list[Letter]:
    """Take letters out of circulation and return those that were still in ours.

    Before printing a letter is cancelled; printed paper is void, its registered number consumed, and somebody is
    asked to shred it; what the post has stays posted with a note. The letters are locked by the caller.
    """
    withdrawn, lines = [], []
    for letter in letters:
        event = WAY_OUT.get(letter.status)
        if event is None:
            _note(session, actor, letter, reason)
            continue
        was_carried = _is_carried(letter)
        move_letter(session, actor, letter, event, reason=reason)
        letter.held_reason = None  # a hold is on what may still go out
        if was_carried:
            _tell_crews(session, actor, letter)
        withdrawn.append(letter)
        if event == "void":
            lines.append(_void_paper(session, actor, letter, reason))
    register.enter(session, actor, lines)
    return withdrawn


def mark_held(session: Session, actor: audit.Actor, letter: Letter, reason: str) -> None:
    """Mark a letter as held 停催: it moves only out of circulation until the rules pass it again.

    One a crew carries is not to be handed over: the card of its stop names it no longer.
    """
    if letter.status in HOLDABLE and letter.held_reason is None:
        letter.held_reason = reason
        letter.version += 1
        audit.record(session, actor, "letters.hold", "letter", letter.id, reason=reason)
        if _is_carried(letter):
            _tell_crews(session, actor, letter)


def release_hold(session: Session, actor: audit.Actor, letter: Letter) -> None:
    """Take the mark off a letter the rules no longer hold."""
    if letter.held_reason is not None:
        letter.held_reason = None
        letter.version += 1
        audit.record(session, actor, "letters.release", "letter", letter.id)
        if _is_carried(letter):
            _tell_crews(session, actor, letter)


def is_recalled(letter: Letter) -> bool:
    """Whether the letter is with a crew that must bring it back."""
    return letter.status == WITH_CREW and (letter.held_reason or "").startswith(BRING_BACK)


def _is_carried(letter: Letter) -> bool:
    """Whether the card of a stop names the letter: sealed to go by hand, or with its crew already."""
    return letter.delivery == BY_HAND and letter.status in (LetterState.SEALED, WITH_CREW)


def _tell_crews(session: Session, actor: audit.Actor, letter: Letter) -> None:
    session.flush()
    events.announce(session, LetterToHandChanged(letter.id, letter.debtor_id, actor))


def _after(letter: Letter, event: str) -> str:
    if letter.status in LetterState.__members__:
        try:
            return may(LetterState(letter.status), event, held=letter.held_reason is not None).value
        except MoveRefused as refusal:
            raise NotNow("LETTER_STATE", str(refusal), status=letter.status, letter_id=str(letter.id)) from None
    if letter.status == PENDING and event in REQUEST_MOVES:
        return REQUEST_MOVES[event]
    raise NotNow(
        "LETTER_STATE",
        f"A letter that is {letter.status} cannot {event}; read it again with GET /api/v1/letters/{letter.id}.",
        status=letter.status,
        letter_id=str(letter.id),
    )


def _void_paper(session: Session, actor: audit.Actor, letter: Letter, reason: str) -> register.Line:
    item = queries.live_item_of(session, letter.id)
    if item is not None:
        move_item(session, actor, item, "void", reason=reason)
        item.outcome, item.outcome_at, item.handover_id = reason, actor.at, None
    copy = custody.live_copy_of(session, letter.id)
    if copy is not None:
        custody.end_copy(session, actor, copy, reason=reason, in_hand=False)
    detail = {"letter_no": letter.letter_no, "why": reason}
    open_task(session, actor, custody.SHRED, Role.ADMIN_CLERK, "letter", letter.id, actor.at + SHRED_WITHIN, detail)
    number = item.tracking_no if item is not None else ""
    return register.Line(EntryKind.VOID, letter, tracking_no=number, note=reason)


def _note(session: Session, actor: audit.Actor, letter: Letter, reason: str) -> None:
    """A letter the post or a crew has cannot be cancelled; the reason stays with it, and a crew brings it back."""
    if letter.status in (LetterState.POSTED, WITH_CREW):
        letter.status_reason = reason
        audit.record(session, actor, "letters.note", "letter", letter.id, reason=reason)
    if letter.status == WITH_CREW and not is_recalled(letter):
        letter.held_reason = None  # whatever held it until now may end; this does not
        mark_held(session, actor, letter, f"{BRING_BACK} {reason}")
