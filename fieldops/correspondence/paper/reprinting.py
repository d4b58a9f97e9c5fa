"""Printed again: the gap a jam left, and counted copies of single letters; the same bytes, with a reason, on record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.correspondence import custody, queries
from fieldops.correspondence.moves import move_letter
from fieldops.correspondence.paper.printing import may_go_on
from fieldops.correspondence.sheet_models import Reprint
from fieldops.errors import NotNow, NotUnderstood
from letters.states import BatchState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.correspondence.models import Letter, PrintBatch

REPRINT = "correspondence.reprint"
GAP, COPY = "GAP", "COPY"


@dataclass(frozen=True, slots=True)
class Jam:
    """Where a jam cut a batch, as places in its printing order: what is printed again, and which sheets are spoiled."""

    gap: range
    spoiled: range


def jam_between(order: Sequence[str], last_good: str | None, first_bad: str, resumed_at: str | None) -> Jam:
    """The gap of a jam from the scanned sheets: after the last good one, up to where good sheets went on, or the end.

    What came out is spoiled from the first bad sheet on; what lies between the last good and the first bad one never
    came out. Raises: NotUnderstood for a sheet of another batch, or sheets in an order no printer makes.
    """
    places = {serial: place for place, serial in enumerate(order)}
    scanned = [one for one in (last_good, first_bad, resumed_at) if one is not None]
    unknown = [one for one in scanned if one not in places]
    if unknown:
        raise NotUnderstood("SHEET_UNKNOWN", f"{', '.join(unknown)} is no sheet of this batch; scan its code again.")
    after = -1 if last_good is None else places[last_good]
    end = len(order) if resumed_at is None else places[resumed_at]
    if not after < places[first_bad] < end:
        raise NotUnderstood(
            "JAM_ORDER", "The last good sheet comes before the first bad one, and that before where printing resumed."
        )
    return Jam(range(after + 1, end), range(places[first_bad], end))


def record_jam(
    session: Session,
    actor: audit.Actor,
    batch_id: UUID,
    *,
    first_bad: str,
    reason: str,
    last_good: str | None = None,
    resumed_at: str | None = None,
    photo_sha256: str | None = None,
) -> Reprint:
    """Recover a jam: the spoiled sheets are counted and ended with their reason, and only the gap is printed again.

    Sheets are named by the code in their margin. Raises: NotNow for a batch that is not at the printer, or when
    nothing of the gap is still to be printed; NotUnderstood as ``jam_between``.
    """
    batch = queries.lock_batch(session, batch_id)
    if batch.status != BatchState.APPROVED or batch.rendered_at is None:
        raise NotNow("BATCH_STATE", f"Batch {batch.no} is not at the printer; report a jam before the printing.")
    letters = _in_order(session, batch)
    scans = [None if one is None else read_code(one) for one in (last_good, first_bad, resumed_at)]
    jam = jam_between([_code(letter) for letter in letters], scans[0], scans[1] or "", scans[2])
    for place in jam.spoiled:
        copy = custody.add_copy(session, actor, letters[place], batch.id)
        custody.end_copy(session, actor, copy, reason=reason, in_hand=True, photo_sha256=photo_sha256)
    again = [letter for letter in (letters[place] for place in jam.gap) if may_go_on(letter)]
    return _print_again(session, actor, batch, GAP, again, reason)


def reprint_letters(
    session: Session,
    actor: audit.Actor,
    batch_id: UUID,
    *,
    letter_ids: Sequence[UUID],
    reason: str,
    photo_sha256: str | None = None,
) -> Reprint:
    """Print named letters of a batch again, each as a counted copy of the same bytes; the copy before is spoiled.

    Raises: NotNow for a letter that is not PRINTED, is held, or stands in another batch.
    """
    batch = queries.lock_batch(session, batch_id)
    letters = queries.lock_letters(session, letter_ids)
    for letter in letters:
        copy = custody.live_copy_of(session, letter.id)
        if letter.print_batch_id != batch.id or copy is None:
            raise NotNow("LETTER_STATE", f"{letter.letter_no} has no copy of batch {batch.no}; name its own batch.")
        custody.end_copy(session, actor, copy, reason=reason, in_hand=True, photo_sha256=photo_sha256)
        custody.add_copy(session, actor, letter, batch.id)
        move_letter(session, actor, letter, "reprint", reason=reason)
    return _print_again(session, actor, batch, COPY, letters, reason)


def reprints_of(session: Session, batch_id: UUID) -> Sequence[Reprint]:
    """What was printed again of a batch, oldest first. Raises: NotFound."""
    queries.batch_by_id(session, batch_id)
    return session.scalars(sa.select(Reprint).filter_by(batch_id=batch_id).order_by(Reprint.id)).all()


def read_code(scanned: str) -> str:
    """A scanned sheet code in its one form."""
    return scanned.strip(" *\t\r\n").upper()


def _print_again(
    session: Session, actor: audit.Actor, batch: PrintBatch, kind: str, letters: Sequence[Letter], reason: str
) -> Reprint:
    if not letters:
        raise NotNow("NOTHING_TO_REPRINT", "No letter of the gap is still to be printed; report what came out.")
    rows: list[dict[str, Any]] = []
    for letter in letters:
        ended = sum(1 for copy in custody.copies_of_letter(session, letter.id) if copy.ended_at is not None)
        row = {"letter_id": str(letter.id), "letter_no": letter.letter_no, "serial": _code(letter)}
        rows.append(row | {"copy_no": ended + 1})
    made = Reprint(
        batch_id=batch.id, kind=kind, reason=reason, letters=rows, part=None, asked_by=actor.name, asked_at=actor.at
    )
    session.add(made)
    session.flush()
    said = {"kind": kind, "letters": [row["letter_no"] for row in rows]}
    audit.record(session, actor, "batches.reprint", "print_batch", batch.id, reason=reason, **said)
    jobs.defer(session, REPRINT, reprint_id=str(made.id))
    return made


def _in_order(session: Session, batch: PrintBatch) -> list[Letter]:
    """The letters of a batch's files in the order the printer takes them, locked."""
    filed = [uuid.UUID(row["letter_id"]) for part in queries.parts_of(session, batch.id) for row in part.index]
    letters = {letter.id: letter for letter in queries.lock_letters(session, filed)}
    return [letters[letter_id] for letter_id in filed]


def _code(letter: Letter) -> str:
    return str(letter.figures["serial"])
