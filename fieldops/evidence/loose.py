"""Objects of the store that no table counts, not yet or no longer: noted before they are, gone after they are gone.

The store cannot take part in a transaction. So a part of an upload is noted as loose before it is written, and
counted in the transaction that takes the note away; what is forgotten is noted again in the transaction that forgets
it. A crash anywhere leaves a note, and the sweep takes out what the note names: never an object that is counted, and
never one that a request still has the turn to count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops.evidence.models import LooseObject, Upload, UploadPart

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.house import House

AT_ONCE: Final = 500


def note_loose(
    session: Session, names: Collection[str], *, slot_id: UUID, since: datetime, turn: UUID | None = None
) -> None:
    """Note objects that nothing counts; ``turn`` is the request that is about to."""
    if names:
        rows = [{"object_sha256": name, "slot_id": slot_id, "turn": turn, "since": since} for name in names]
        session.execute(insert(LooseObject).values(rows).on_conflict_do_nothing())


def settle(session: Session, names: Collection[str]) -> None:
    """Take the notes away: the objects are counted in this transaction, or are gone from the store."""
    if names:
        session.execute(sa.delete(LooseObject).where(LooseObject.object_sha256.in_(names)))


def erase_loose(house: House, names: Sequence[str]) -> None:
    """Take objects that nothing counts out of the store, and then their notes; again after a crash changes nothing."""
    for name in names:
        house.store.delete(name)
    with house.transaction() as session:
        settle(session, names)


def slots_with_loose(session: Session, before: datetime) -> list[UUID]:
    """Slots of which something has been loose since then."""
    query = sa.select(LooseObject.slot_id).where(LooseObject.since <= before).distinct()
    return list(session.scalars(query.order_by(LooseObject.slot_id)))


def abandon(session: Session, slot_id: UUID, *, before: datetime, now: datetime) -> list[str]:
    """What of a slot may leave the store. Whoever could still count it holds the turn, and loses one that has run out.

    The upload is locked, as it is by whoever counts: either the one or the other.
    """
    upload = session.get(Upload, slot_id, with_for_update=True)
    counted = sa.exists().where(UploadPart.slot_id == slot_id, UploadPart.object_sha256 == LooseObject.object_sha256)
    query = sa.select(LooseObject).where(LooseObject.slot_id == slot_id, LooseObject.since <= before, ~counted)
    loose = session.scalars(query.order_by(LooseObject.since).limit(AT_ONCE)).all()
    if upload is None or upload.turn is None or upload.turn_until is None:
        return [each.object_sha256 for each in loose]
    if upload.turn_until > now:
        return [each.object_sha256 for each in loose if each.turn != upload.turn]
    upload.turn = upload.turn_until = None
    return [each.object_sha256 for each in loose]
