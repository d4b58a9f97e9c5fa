"""A crew's objection 异议: a stop given back with a coded reason before it is made; a supervisor decides on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.addresses import queries as address_queries
from fieldops.addresses import service as addresses
from fieldops.sync.rules import OBJECTED, OBJECTIONS
from fieldops.visits import states
from fieldops.visits.moves import move_visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.visits.models import Visit

EVIDENCE_KIND = "CREW_OBJECTION"


def object_to_visit(session: Session, actor: Actor, visit: Visit, body: Mapping[str, Any], *, mutation: str) -> None:
    """Take a stop that has not been begun off the plan and off the phones, and lay it before a supervisor.

    One that is no longer to be made stays as it is: the objection is on record anyway.
    """
    row = OBJECTIONS[body["reason"]]
    audit.record(session, actor, "visits.objection", "visit", visit.id, reason=row.code, mutation=mutation)
    if row.of_address:
        address = address_queries.address_by_id(session, visit.address_id)
        addresses.record_findings(session, actor, [addresses.Found(address, row.code, EVIDENCE_KIND, mutation)])
    if visit.status == states.PLANNED:
        move_visit(
            session, actor, visit, states.PENDING_REVIEW, action="visits.give_back", reason=f"{OBJECTED}: {row.zh}"
        )
