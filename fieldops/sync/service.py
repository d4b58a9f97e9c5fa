"""Use cases of mobile sync: bind a phone, take a recall's acknowledgement, answer the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit
from fieldops.errors import NotAllowed
from fieldops.sync import pull
from fieldops.sync.models import Device, Recall, ScopeEntry

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fieldops.audit import Actor
    from fieldops.auth.models import UserAccount

ACTIVE, WIPE, REVOKED = "ACTIVE", "WIPE", "REVOKED"


def register_device(session: Session, actor: Actor, agent_id: uuid.UUID | None, asked: Mapping[str, Any]) -> Device:
    """Bind a phone to the agent who logs in on it. Raises: NotAllowed for an account that is no agent's."""
    if agent_id is None:
        raise NotAllowed("NO_AGENT", "This account belongs to no field agent; ask the administrator to tie it to one.")
    device = Device(agent_id=agent_id, state=ACTIVE, registered_at=actor.at, **asked)
    session.add(device)
    session.flush()
    audit.record(session, actor, "devices.register", "device", device.id, agent=str(agent_id))
    return device


def device_of(session: Session, device_id: uuid.UUID, user: UserAccount) -> Device:
    """The phone that speaks. Raises: NotAllowed for another's phone or one that is revoked."""
    device = session.get(Device, device_id)
    if device is None or device.agent_id != user.agent_id:
        raise NotAllowed("DEVICE_UNKNOWN", "This phone is not bound to you; register it with POST /mobile/devices.")
    if device.state == REVOKED:
        raise NotAllowed("DEVICE_REVOKED", "This phone has been revoked; ask your supervisor.")
    return device


def acknowledge_recalls(session: Session, actor: Actor, device: Device, visit_ids: Iterable[uuid.UUID]) -> int:
    """Note that a phone has shown these recalls, and say how many were new."""
    shown = (
        sa.update(Recall)
        .where(Recall.agent_id == device.agent_id, Recall.visit_id.in_(list(visit_ids)), Recall.acked_at.is_(None))
        .values(acked_at=actor.at)
        .returning(Recall.id)
    )
    count = len(session.scalars(shown).all())
    if count:
        audit.record(session, actor, "recalls.ack", "device", device.id, count=count)
    return count


def visits_to_stop(
    session: Session, agent_id: uuid.UUID, held: Iterable[uuid.UUID], now: datetime
) -> list[dict[str, Any]]:
    """The gate: which of these visits must not be made, whatever the phone's cursor says."""
    asked = set(held)
    mine = sa.select(ScopeEntry.visit_id).where(ScopeEntry.agent_id == agent_id, ScopeEntry.visit_id.in_(asked))
    free = set(session.scalars(mine))
    told = {recall["visit_id"]: recall for recall in pull.recalls_of(session, agent_id, now)}
    gone = {"version": 0, "reason": "NOT_YOURS", "recalled_at": now}
    return [told.get(visit_id) or {"visit_id": visit_id, **gone} for visit_id in sorted(asked - free)]
