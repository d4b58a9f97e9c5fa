"""Third parties who asked not to be contacted 不再联系名单: kept by relation and place, and enforced there.

Where nobody at an address is to be approached any more, the address itself is blocked for the debtor, which stops
visits and letters on their way. Everywhere else crews are told on their card, and a result that says otherwise goes to
a supervisor. Source: domain reference §1 S072, S073.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fieldops import audit, events
from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.cases import queries
from fieldops.cases.events import ThirdPartiesChanged
from fieldops.cases.models import DoNotContact
from fieldops.cases.service import add_once, change_row
from fieldops.errors import NotFound, NotNow

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

REFUSED: Final = "THIRD_PARTY_REFUSED"


def record_refusal(
    session: Session,
    actor: Actor,
    *,
    case_id: uuid.UUID,
    relation: str,
    source_kind: str,
    source_id: str,
    address_id: uuid.UUID | None = None,
    whole_address: bool = False,
    reason: str | None = None,
) -> DoNotContact:
    """Put a third party on the list; the same source tells of one relation once.

    ``whole_address``: nobody at that address is to be visited or written to. Raises: NotFound for a case or an address
    that is not the debtor's.
    """
    case = queries.case_by_id(session, case_id)
    if address_id is not None and address_queries.address_by_id(session, address_id).debtor_id != case.debtor_id:
        raise NotFound("ADDRESS_UNKNOWN", "This is no address of the case's debtor; GET /cases/{id} lists them.")
    key = {"case_id": case_id, "relation": relation, "source_kind": source_kind, "source_id": source_id}
    told = {"debtor_id": case.debtor_id, "recorded_at": actor.at, "recorded_by": actor.name, "address_id": address_id}
    entry, fresh = add_once(session, DoNotContact, key, told)
    if not fresh and not change_row(entry, lifted_at=None, lifted_by=None):
        return entry
    if whole_address and address_id is not None:
        entry.block_id = _block(session, actor, address_id, entry)
    at = str(address_id) if address_id else None
    audit.record(
        session, actor, "cases.do_not_contact", "do_not_contact", entry.id, reason=reason, relation=relation, at=at
    )
    events.announce(session, ThirdPartiesChanged(case_id, case.debtor_id, actor))
    return entry


def lift_refusal(
    session: Session, actor: Actor, *, case_id: uuid.UUID, entry_id: uuid.UUID, reason: str
) -> DoNotContact:
    """Take a third party off the list, because they said so. A block on the address is lifted there, by new evidence.

    Raises: NotFound; NotNow when it is lifted already.
    """
    entry = queries.lock_row(session, DoNotContact, case_id, entry_id)
    if entry.lifted_at is not None:
        raise NotNow("ENTRY_LIFTED", f"{entry.lifted_by} lifted this entry already; nothing is left to do.")
    entry.lifted_at, entry.lifted_by = actor.at, actor.name
    audit.record(session, actor, "cases.contact_again", "do_not_contact", entry.id, reason=reason)
    events.announce(session, ThirdPartiesChanged(case_id, entry.debtor_id, actor))
    return entry


def _block(session: Session, actor: Actor, address_id: uuid.UUID, entry: DoNotContact) -> uuid.UUID:
    block = addresses.invalidate_address(
        session,
        actor,
        address=address_queries.address_by_id(session, address_id),
        scope="DEBTOR",
        channel="ALL",
        reason=REFUSED,
        evidence_kind="DOCUMENT",
        evidence_id=f"do_not_contact:{entry.id}",
    )
    return block.id
