"""Use cases of mobile sync: bind a phone, take a recall's acknowledgement, answer the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fieldops import audit
from fieldops.addresses.queries import among
from fieldops.clock import local, local_date
from fieldops.errors import NotAllowed
from fieldops.policies.service import policy_on
from fieldops.sync import queries
from fieldops.sync.models import Device, Recall
from fieldops.sync.rules import Held, gate_stops

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.auth.models import UserAccount

ACTIVE: Final = "ACTIVE"
WIPE: Final = "WIPE"
REVOKED: Final = "REVOKED"
_UNKNOWN: Final = Held(in_scope=False, status=None, of_today=False, recall_reason=None)


def agent_of(user: UserAccount) -> UUID:
    """The field agent an account belongs to. Raises: NotAllowed for an account that is no agent's."""
    if user.agent_id is None:
        raise NotAllowed("NO_AGENT", "This account belongs to no field agent; ask the administrator to tie it to one.")
    return user.agent_id


def register_device(session: Session, actor: Actor, user: UserAccount, asked: Mapping[str, Any]) -> Device:
    """Bind a phone to the agent who logs in on it. Raises: NotAllowed for an account that is no agent's."""
    device = Device(agent_id=agent_of(user), state=ACTIVE, registered_at=actor.at, **asked)
    session.add(device)
    session.flush()
    audit.record(session, actor, "mobile.register", "device", device.id, agent=str(device.agent_id))
    return device


def device_of(session: Session, device_id: UUID, user: UserAccount) -> Device:
    """The phone that speaks. Raises: NotAllowed for another's phone or one that is revoked."""
    device = queries.device_by_id(session, device_id)
    if device is None or device.agent_id != agent_of(user):
        raise NotAllowed("DEVICE_UNKNOWN", "This phone is not bound to you; register it with POST /mobile/devices.")
    if device.state == REVOKED:
        raise NotAllowed("DEVICE_REVOKED", "This phone has been revoked; ask your supervisor.")
    return device


def note_sync(device: Device, at: datetime, cursor: int | None) -> None:
    """Note when a phone spoke last, and up to where it has applied what it was told."""
    device.last_seen_at, device.last_seq_acked = at, cursor or 0


def count_mismatch(session: Session, device_id: UUID) -> None:
    """Count that a phone held other visits than the server thought."""
    session.execute(
        sa.update(Device).where(Device.id == device_id).values(manifest_mismatches=Device.manifest_mismatches + 1)
    )


def acknowledge_recalls(
    session: Session, actor: Actor, user: UserAccount, device_id: UUID, visit_ids: Iterable[UUID]
) -> int:
    """Note that a phone has shown these recalls, and say how many were new. Raises: NotAllowed."""
    device = device_of(session, device_id, user)
    shown = (
        sa.update(Recall)
        .where(Recall.agent_id == device.agent_id, among(Recall.visit_id, visit_ids), Recall.acked_at.is_(None))
        .values(acked_at=actor.at)
        .returning(Recall.id)
    )
    count = len(session.scalars(shown).all())
    if count:
        audit.record(session, actor, "mobile.ack", "device", device.id, recalls=count)
    return count


def visits_to_stop(session: Session, user: UserAccount, held: Iterable[UUID], now: datetime) -> dict[str, Any]:
    """The gate: which of these visits must not be made now, whatever the phone's cursor says."""
    asked = sorted(set(held))
    known = queries.held_by(session, agent_of(user), asked, today=local_date(now))
    hours = policy_on(session, local_date(now)).visit.hard_window
    lawful = hours.opens <= local(now).time() <= hours.closes
    answers = ((each, gate_stops(known.get(each, _UNKNOWN), lawful_hour=lawful)) for each in asked)
    return {"server_time": now, "stop": [{"visit_id": each, "reason": why} for each, why in answers if why]}
