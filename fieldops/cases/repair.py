"""Addresses a case learns of after its file: entered with how they were learned, confirmed by a recorded call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects.postgresql import insert

from fieldops import events
from fieldops.addresses import queries as address_queries
from fieldops.addresses import repair, showing
from fieldops.cases import queries
from fieldops.cases.events import AddressFound
from fieldops.cases.models import CaseAddress
from fieldops.cases.terms import policy_of_case
from fieldops.clock import local_date
from fieldops.errors import NotFound, NotUnderstood

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor

SPEAK_FOR_THEMSELVES: Final = ("SELF", "GUARANTOR")
"""Whose word in a call confirms an address; a third party's is a source, not a confirmation."""


def add_address(session: Session, actor: Actor, *, case_id: UUID, kind: str, **given: Any) -> dict[str, Any]:
    """Give a case an address found in the field or told by a contact; ``same_place`` are its other wordings.

    Raises: NotFound; NotUnderstood for an empty address and an unlawful or missing source.
    """
    case = queries.case_by_id(session, case_id)
    lawful = policy_of_case(session, case_id, local_date(actor.at)).visit.lawful_sources
    address = repair.enter_address(session, actor, debtor_id=case.debtor_id, lawful=lawful, **given)
    link = insert(CaseAddress).values(case_id=case_id, kind=kind, address_id=address.id)
    fresh = session.execute(link.on_conflict_do_nothing().returning(CaseAddress.address_id)).first()
    if fresh is not None:
        events.announce(session, AddressFound(case_id, case.debtor_id, address.id, kind, actor))
    alike = address_queries.same_place(session, address)
    return showing.show_address(session, address.id, at=actor.at) | {"kind": kind, "same_place": alike}


def confirm_address(
    session: Session, actor: Actor, *, case_id: UUID, address_id: UUID, call_id: UUID
) -> dict[str, Any]:
    """Note that the debtor confirmed an address in a recorded call that was answered; it comes first from now on.

    Raises: NotFound for an address or call of somebody else, NotUnderstood for a call that proves nothing.
    """
    case = queries.case_by_id(session, case_id)
    address = address_queries.address_by_id(session, address_id)
    call = queries.call_by_id(session, call_id)
    if address.debtor_id != case.debtor_id:
        raise NotFound("ADDRESS_UNKNOWN", "This is no address of the case's debtor; GET /cases/{id} lists them.")
    if queries.case_by_id(session, call.case_id).debtor_id != case.debtor_id:
        raise NotFound("CALL_UNKNOWN", "This is no call to the case's debtor; GET /cases/{id} lists them.")
    if not call.connected or call.recording_id is None or call.callee not in SPEAK_FOR_THEMSELVES:
        raise NotUnderstood(
            "CALL_PROVES_NOTHING",
            "An address is confirmed by a recorded call that the debtor or a guarantor answered; name such a call.",
            field="call_id",
        )
    repair.confirm_by_phone(session, actor, address_id=address_id, call_id=call_id, called_at=call.started_at)
    return showing.show_address(session, address_id, at=actor.at)
