"""Write the contact ledger: whoever contacts a debtor says so here, in the transaction of the contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldops.contacts import queries
from fieldops.contacts.models import ContactEvent
from fieldops.contacts.rules import LONGEST, Standing, standings
from fieldops.db import uuid7
from fieldops.rows import insert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.policies.edition import Policy

_ANSWERED = "(channel, source_id) DO UPDATE SET effective = COALESCE(EXCLUDED.effective, contact_event.effective)"


@dataclass(frozen=True, slots=True)
class Made:
    """A contact that was made; ``source_id`` is the call, visit or letter, and is written once."""

    channel: str
    debtor_id: UUID
    at: datetime
    source_id: UUID
    case_id: UUID | None = None
    effective: bool | None = None


def write_contacts(session: Session, made: Sequence[Made]) -> None:
    """Write contacts into the ledger; one told of again only learns whether it was answered.

    Cost: one statement, however many.
    """
    rows = [
        {
            "id": uuid7(),
            "debtor_id": each.debtor_id,
            "case_id": each.case_id,
            "channel": each.channel,
            "at": each.at,
            "effective": each.effective,
            "source_id": each.source_id,
        }
        for each in made
    ]
    insert_rows(session, ContactEvent, rows, conflict=_ANSWERED)


def standings_of(session: Session, debtor_id: UUID, policy: Policy, at: datetime) -> tuple[Standing, ...]:
    """How a debtor stands against every cap now. Cost: one indexed statement."""
    return standings(queries.contacts_since(session, debtor_id, at - LONGEST), policy, at)


def ledger_of(session: Session, debtor_id: UUID, *, limit: int) -> Sequence[ContactEvent]:
    """The newest contacts of a debtor."""
    return queries.ledger_of(session, debtor_id, limit=limit)
