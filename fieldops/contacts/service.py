"""Write the contact ledger: whoever contacts a debtor says so here, in the transaction of the contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fieldops.contacts import queries
from fieldops.contacts.rules import LONGEST, Standing, standings
from fieldops.db import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.contacts.models import ContactEvent
    from fieldops.policies.edition import Policy

_WRITE = sa.text("""
    INSERT INTO contact_event (id, debtor_id, case_id, channel, at, effective, source_id)
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:debtors AS uuid[]), CAST(:cases AS uuid[]), CAST(:channels AS text[]),
        CAST(:ats AS timestamptz[]), CAST(:effective AS boolean[]), CAST(:sources AS uuid[])
    )
    ON CONFLICT (channel, source_id) DO UPDATE SET effective = EXCLUDED.effective
""")


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
    if not made:
        return
    session.flush()
    columns = {
        "ids": [uuid7() for _ in made],
        "debtors": [each.debtor_id for each in made],
        "cases": [each.case_id for each in made],
        "channels": [each.channel for each in made],
        "ats": [each.at for each in made],
        "effective": [each.effective for each in made],
        "sources": [each.source_id for each in made],
    }
    session.execute(_WRITE, columns)


def standings_of(session: Session, debtor_id: UUID, policy: Policy, at: datetime) -> tuple[Standing, ...]:
    """How a debtor stands against every cap now. Cost: one indexed statement."""
    return standings(queries.contacts_since(session, debtor_id, at - LONGEST), policy, at)


def ledger_of(session: Session, debtor_id: UUID, *, limit: int) -> Sequence[ContactEvent]:
    """The newest contacts of a debtor."""
    return queries.ledger_of(session, debtor_id, limit=limit)
