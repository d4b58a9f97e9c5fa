"""Envelopes in use as measured records, and which approved packs go into each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops import audit
from fieldops.errors import NotNow, NotUnderstood
from fieldops.packs import queries
from fieldops.packs.models import EnvelopeRecord
from letters.envelope import Envelope, Footprint

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session


def record_envelope(
    session: Session, actor: audit.Actor, *, name: str, measured_on: date, **measures: Any
) -> dict[str, Any]:
    """Enter an envelope as measured.

    Raises: NotUnderstood ENVELOPE_REFUSED for a measure that cannot be, LR-072 for words that show a debt.
    """
    try:
        Envelope(**measures)
    except ValueError as problem:
        code = "LR-072" if str(problem).startswith("LR-072") else "ENVELOPE_REFUSED"
        raise NotUnderstood(code, f"{problem}.") from None
    envelope = EnvelopeRecord(name=name, measures=measures, measured_on=measured_on, measured_by=actor.name)
    session.add(envelope)
    session.flush()
    audit.record(session, actor, "envelopes.record", "envelope_record", envelope.id, name=name, **measures)
    return envelope_card(session, envelope.id)


def retire_envelope(session: Session, actor: audit.Actor, envelope_id: UUID, *, reason: str) -> dict[str, Any]:
    """Take an envelope out of use. Raises: NotFound, NotNow when it is."""
    envelope = queries.envelope_by_id(session, envelope_id, lock=True)
    if envelope.retired_at is not None:
        raise NotNow("ENVELOPE_RETIRED", f"{envelope.name} is out of use already; record the new one instead.")
    envelope.retired_at, envelope.retired_by = actor.at, actor.name
    envelope.version += 1
    audit.record(session, actor, "envelopes.retire", "envelope_record", envelope.id, reason=reason)
    return envelope_card(session, envelope_id)


def envelope_card(session: Session, envelope_id: UUID) -> dict[str, Any]:
    """An envelope, and for each approved pack whether its letters go into it. Raises: NotFound."""
    record = queries.envelope_by_id(session, envelope_id)
    envelope = Envelope(**record.measures)
    packs = []
    for template in queries.approved_templates(session):
        problems = Footprint.from_json(template.footprint).problems(envelope) if template.footprint else ()
        known = {"template_id": template.id, "code": template.code, "number": template.number}
        packs.append(known | {"fits": bool(template.footprint) and not problems, "problems": list(problems)})
    shown = {name: getattr(record, name) for name in ("id", "name", "measured_on", "measured_by", "retired_at")}
    return shown | record.measures | {"packs": packs}


def envelope_cards(session: Session) -> list[dict[str, Any]]:
    """Every envelope on record."""
    return [envelope_card(session, record.id) for record in queries.envelopes(session)]
