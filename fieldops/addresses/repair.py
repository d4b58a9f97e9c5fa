"""Info repair 信息修复: an address found in the field or told by a contact, and one confirmed in a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.addresses import queries
from fieldops.addresses.models import Address, AddressEvent
from fieldops.addresses.register import ENTERED, PHONE_CONFIRMED
from fieldops.addresses.service import judge_some, record_event
from fieldops.db import uuid7
from fieldops.errors import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

OWNERS: Final = ("DEBTOR", "GUARANTOR", "THIRD")


def enter_address(
    session: Session,
    actor: audit.Actor,
    *,
    debtor_id: UUID,
    raw: str,
    source: str | None,
    belongs_to: str,
    evidence: str,
    lawful: Collection[str],
) -> Address:
    """Record an address of a debtor by one of the lawful ways, judged at once; the same wording twice is one.

    It enters UNVERIFIED: nothing is requested because of it. ``evidence`` names the visit, call or paper it came by,
    ``lawful`` the sources the policy of its case lets in.

    Raises: NotUnderstood for an empty address, and for a source that is missing or not lawful, by its name.
    """
    text = raw.strip()
    if not text:
        raise NotUnderstood("ADDRESS_EMPTY", "The address is empty; write it from the province down to the room.")
    source = _lawful(source, lawful)
    given = {"source": source, "bank_provided": False, "belongs_to": belongs_to, "created_at": actor.at}
    fresh = insert(Address).values(id=uuid7(), debtor_id=debtor_id, raw=text, **given)
    added = session.scalar(fresh.on_conflict_do_nothing(index_elements=["debtor_id", "raw"]).returning(Address.id))
    address = session.scalars(sa.select(Address).filter_by(debtor_id=debtor_id, raw=text)).one()
    judge_some(session, only=[address.id])
    session.refresh(address)
    if added is not None:
        record_event(
            session, actor, address, kind=ENTERED, code=source, evidence_kind=source, evidence_id=evidence,
            debtor_id=debtor_id,
        )  # fmt: skip
        audit.record(session, actor, "addresses.enter", "address", address.id, source=source, evidence=evidence)
    return address


def confirm_by_phone(
    session: Session, actor: audit.Actor, *, address_id: UUID, call_id: UUID, called_at: datetime
) -> Address:
    """Note that the address was confirmed in a call; the newest call counts. The same call twice is one.

    Raises: NotFound.
    """
    address = queries.address_by_id(session, address_id, lock=True)
    known = sa.select(AddressEvent.id).filter_by(
        address_key=address.address_key, debtor_id=address.debtor_id, kind=PHONE_CONFIRMED, evidence_id=str(call_id)
    )
    if address.phone_confirmed_at is None or address.phone_confirmed_at < called_at:
        address.phone_confirmed_at = called_at
    if session.scalar(known.limit(1)) is None:
        record_event(
            session, actor, address, kind=PHONE_CONFIRMED, code="CONFIRMED", evidence_kind="CALL",
            evidence_id=str(call_id), debtor_id=address.debtor_id,
        )  # fmt: skip
        audit.record(session, actor, "addresses.confirm", "address", address.id, call=str(call_id))
    session.flush()
    return address


def _lawful(source: str | None, lawful: Collection[str]) -> str:
    if source is None:
        raise NotUnderstood("SOURCE_MISSING", f"Say how the address was learned: {', '.join(lawful)}.", field="source")
    if source not in lawful:
        detail = f"{source} is no lawful source of an address; it is not kept. Lawful are {', '.join(lawful)}."
        raise NotUnderstood("SOURCE_UNLAWFUL", detail, field="source", source=source)
    return source
