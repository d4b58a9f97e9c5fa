"""The pull half of a sync: feed, scope, manifest and recalls read from one snapshot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa

from fieldops.errors import NotNow
from fieldops.sync.feed import PUT
from fieldops.sync.models import AgentFeed, AgentFeedHead, Recall, ScopeEntry, StopCard, SyncEpoch

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

PAGE_OPS = 200
RECALLS_SHOWN = timedelta(days=3)
OFFLINE_PERMISSION = timedelta(hours=4)
RESYNC = "RESYNC"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a phone is told: ``ops`` bring it from its cursor to ``cursor``."""

    epoch: uuid.UUID
    ops: list[dict[str, Any]]
    cursor: int
    more: bool
    manifest_hash: str
    mismatch: bool
    recalled: list[dict[str, Any]]


def manifest_hash(entries: Iterable[tuple[uuid.UUID, int]]) -> str:
    """The fingerprint of what a phone holds: SHA-256 over its sorted ``id:version`` lines."""
    lines = sorted(f"{visit_id}:{version}" for visit_id, version in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def current_epoch(session: Session) -> uuid.UUID:
    """The life of this database's feeds."""
    newest = sa.select(SyncEpoch.value).order_by(SyncEpoch.begun_at.desc()).limit(1)
    return session.scalars(newest).one()


def pull(
    session: Session,
    agent_id: uuid.UUID,
    *,
    epoch: uuid.UUID | None,
    cursor: int | None,
    base_hash: str | None,
    now: datetime,
) -> Pulled:
    """Everything after a cursor, or everything when there is none.

    Raises: NotNow (RESYNC_REQUIRED) for another epoch or a cursor ahead of the head.
    """
    current = current_epoch(session)
    head = session.scalar(sa.select(AgentFeedHead.seq).where(AgentFeedHead.agent_id == agent_id)) or 0
    if (epoch is not None and epoch != current) or (cursor is not None and cursor > head):
        raise NotNow("RESYNC_REQUIRED", "This phone's place is not of this server; sync again with cursor null.")
    scope = [(e.visit_id, e.version) for e in session.scalars(sa.select(ScopeEntry).filter_by(agent_id=agent_id))]
    held = manifest_hash(scope)
    ops, reached = _everything(session, scope, head) if cursor is None else _since(session, agent_id, cursor, head)
    return Pulled(
        epoch=current,
        ops=_with_cards(session, ops, now),
        cursor=reached,
        more=reached < head,
        manifest_hash=held,
        mismatch=cursor == head and base_hash is not None and base_hash != held,
        recalled=recalls_of(session, agent_id, now),
    )


def recalls_of(session: Session, agent_id: uuid.UUID, now: datetime) -> list[dict[str, Any]]:
    """Visits this agent must not make; a later put of a higher version has lifted the others."""
    back = sa.select(ScopeEntry.visit_id).where(
        ScopeEntry.agent_id == agent_id, ScopeEntry.visit_id == Recall.visit_id, ScopeEntry.version > Recall.version
    )
    rows = session.scalars(
        sa.select(Recall)
        .where(Recall.agent_id == agent_id, Recall.recalled_at > now - RECALLS_SHOWN, ~back.exists())
        .order_by(Recall.id)
    )
    return [
        {"visit_id": r.visit_id, "version": r.version, "reason": r.reason, "recalled_at": r.recalled_at} for r in rows
    ]


def _everything(session: Session, scope: list[tuple[uuid.UUID, int]], head: int) -> tuple[list[dict[str, Any]], int]:
    del session
    ops = [_op(head, PUT, visit_id, version, None, urgent=False) for visit_id, version in sorted(scope)]
    return ops, head


def _since(session: Session, agent_id: uuid.UUID, cursor: int, head: int) -> tuple[list[dict[str, Any]], int]:
    if cursor == head:
        return [], head
    rows = session.scalars(
        sa.select(AgentFeed)
        .where(AgentFeed.agent_id == agent_id, AgentFeed.seq > cursor)
        .order_by(AgentFeed.seq)
        .limit(PAGE_OPS)
    ).all()
    ops = [_op(r.seq, r.op, r.entity_id, r.version, r.reason, urgent=r.urgent) for r in rows]
    return ops, rows[-1].seq


def _op(seq: int, op: str, visit_id: uuid.UUID, version: int, reason: str | None, *, urgent: bool) -> dict[str, Any]:
    return {
        "seq": seq,
        "op": op,
        "entity": "visit",
        "id": visit_id,
        "version": version,
        "reason": reason,
        "urgent": urgent,
        "data": None,
        "valid_until": None,
    }


def _with_cards(session: Session, ops: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Put the stored bytes of each card into its op; permission to visit offline runs out within hours."""
    wanted = [(op["id"], op["version"]) for op in ops if op["op"] == PUT]
    query = sa.select(StopCard).where(sa.tuple_(StopCard.visit_id, StopCard.version).in_(wanted))
    cards = {(card.visit_id, card.version): card for card in session.scalars(query)} if wanted else {}
    for op in ops:
        card = cards.get((op["id"], op["version"]))
        if card is not None:
            op["data"] = orjson.Fragment(card.body)
            op["valid_until"] = min(card.valid_until, now + OFFLINE_PERMISSION)
    return ops
