"""Who writes for a bank 受委托身份: what every letter prints of the agency and of the bank's telephones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects.postgresql import insert

from fieldops import audit
from fieldops.cases import queries as cases
from fieldops.correspondence.models import LetterSender
from fieldops.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def put_sender(session: Session, actor: audit.Actor, bank_code: str, **values: Any) -> LetterSender:
    """Enter or change who writes for a bank; letters approved before keep what they were approved with."""
    bank_id = _bank_id(session, bank_code)
    fresh = insert(LetterSender).values(bank_id=bank_id, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["bank_id"], set_=values))
    audit.record(session, actor, "senders.put", "letter_sender", bank_id, bank=bank_code, **values)
    return session.get_one(LetterSender, bank_id, populate_existing=True)


def sender_of(session: Session, bank_code: str) -> LetterSender:
    """Who writes for a bank. Raises: NotFound."""
    found = session.get(LetterSender, _bank_id(session, bank_code))
    if found is None:
        raise NotFound("SENDER_MISSING", f"Enter who writes for it with PUT /api/v1/letter-senders/{bank_code}.")
    return found


def _bank_id(session: Session, bank_code: str) -> UUID:
    for bank in cases.banks_by_ids(session).values():
        if bank.code == bank_code:
            return bank.id
    raise NotFound("BANK_UNKNOWN", f"There is no bank {bank_code}; import a case file of it first.")
