"""The contact ledger of a case's debtor, against the caps of the case's bank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.cases import queries
from fieldops.cases.terms import policy_of_case
from fieldops.clock import local_date
from fieldops.contacts import service as contacts

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def contacts_of_case(session: Session, case_id: UUID, *, at: datetime, limit: int) -> dict[str, Any]:
    """Every contact of the debtor of a case, newest first, with how they stand against the caps. Raises: NotFound."""
    case = queries.case_by_id(session, case_id)
    policy = policy_of_case(session, case_id, local_date(at))
    return {
        "debtor_id": case.debtor_id,
        "standings": contacts.standings_of(session, case.debtor_id, policy, at),
        "items": contacts.ledger_of(session, case.debtor_id, limit=limit),
    }
