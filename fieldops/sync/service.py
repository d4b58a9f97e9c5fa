"""Use cases of mobile sync: note what a phone says of itself, take its acknowledgements, answer the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops import audit
from fieldops.addresses.queries import among
from fieldops.clock import local, local_date
from fieldops.policies.service import policy_on
from fieldops.sync import queries
from fieldops.sync.devices import confirm_wipe
from fieldops.sync.models import Device, Recall
from fieldops.sync.rules import Held, gate_stops

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.policies.edition import Policy

_UNKNOWN: Final = Held(in_scope=False, status=None, of_today=False, recall_reason=None)


def count_mismatch(session: Session, device_id: UUID) -> None:
    """Count that a phone held other visits than the server thought."""
    session.execute(
        sa.update(Device).where(Device.id == device_id).values(manifest_mismatches=Device.manifest_mismatches + 1)
    )


def acknowledge(session: Session, actor: Actor, device: Device, *, visit_ids: Iterable[UUID], wiped: bool) -> None:
    """Note that a phone has shown these recalls, or has forgotten everything. Raises: NotNow without such an order."""
    shown = (
        sa.update(Recall)
        .where(Recall.agent_id == device.agent_id, among(Recall.visit_id, visit_ids), Recall.acked_at.is_(None))
        .values(acked_at=actor.at)
        .returning(Recall.id)
    )
    count = len(session.scalars(shown).all())
    if count:
        audit.record(session, actor, "mobile.ack", "device", device.id, recalls=count)
    if wiped:
        confirm_wipe(session, actor, device)


def visits_to_stop(session: Session, device: Device, held: Iterable[UUID], now: datetime) -> dict[str, Any]:
    """The gate: which of these visits must not be made now, whatever the phone's cursor says."""
    asked = sorted(set(held))
    known = queries.held_by(session, device.agent_id, asked, today=local_date(now))
    policy = policy_on(session, local_date(now))
    answers = ((each, _why_not(known.get(each, _UNKNOWN), policy, now)) for each in asked)
    return {"server_time": now, "stop": [{"visit_id": each, "reason": why} for each, why in answers if why]}


def _why_not(held: Held, policy: Policy, now: datetime) -> str | None:
    """Why a visit must not be made now, by the hours its own card tells."""
    hours = (policy.for_bank(held.bank, held.product) if held.bank else policy).visit.hard_window
    return gate_stops(held, lawful_hour=hours.opens <= local(now).time() <= hours.closes)
