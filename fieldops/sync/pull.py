"""The pull half of a sync: feed, scope, manifest and recalls read from one snapshot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from fieldops.errors import NotNow
from fieldops.sync import queries
from fieldops.sync.feed import PUT, VISIT
from fieldops.sync.models import AgentFeed, AgentFeedHead, StopCard

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

PAGE_OPS: Final = 200
PAGE_BYTES: Final = 512 * 1024
RECALLS_SHOWN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a phone is told: ``ops`` bring it from its cursor to ``cursor``."""

    epoch: UUID
    ops: list[dict[str, Any]]
    cursor: int
    more: bool
    manifest_hash: str
    mismatch: bool
    recalled: list[dict[str, Any]]


def manifest_hash(entries: Iterable[tuple[UUID, int]]) -> str:
    """The fingerprint of what a phone holds: SHA-256 over its sorted ``id:version`` lines."""
    lines = sorted(f"{visit_id}:{version}" for visit_id, version in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def pull(
    session: Session,
    agent_id: UUID,
    *,
    epoch: UUID | None,
    cursor: int | None,
    base_hash: str | None,
    now: datetime,
) -> Pulled:
    """What follows a cursor, a page of it; everything at once when there is no cursor.

    Raises: NotNow (RESYNC_REQUIRED) for another epoch or a cursor ahead of the head.
    """
    current = queries.current_epoch(session)
    head = session.scalar(sa.select(AgentFeedHead.seq).where(AgentFeedHead.agent_id == agent_id)) or 0
    if cursor is not None and (epoch != current or cursor > head):
        raise NotNow("RESYNC_REQUIRED", "This phone's place is not of this server; sync again with cursor null.")
    scope = queries.manifest_of(session, agent_id)
    ops = _everything(scope, head) if cursor is None else _since(session, agent_id, cursor)
    page = _page(_with_cards(session, ops, dict(scope)), whole=cursor is None)
    reached = head if cursor is None or not page else page[-1]["seq"]
    held = manifest_hash(scope)
    return Pulled(
        epoch=current,
        ops=page,
        cursor=reached,
        more=reached < head,
        manifest_hash=held,
        mismatch=cursor == head and base_hash is not None and base_hash != held,
        recalled=queries.recalls_of(session, agent_id, since=now - RECALLS_SHOWN),
    )


def _everything(scope: list[tuple[UUID, int]], head: int) -> list[dict[str, Any]]:
    return [_op(head, PUT, visit_id, version, None, urgent=False) for visit_id, version in scope]


def _since(session: Session, agent_id: UUID, cursor: int) -> list[dict[str, Any]]:
    columns = (
        AgentFeed.seq,
        AgentFeed.op,
        AgentFeed.entity_id,
        AgentFeed.version,
        AgentFeed.reason,
        AgentFeed.urgent,
    )
    rows = session.execute(
        sa.select(*columns)
        .where(AgentFeed.agent_id == agent_id, AgentFeed.seq > cursor)
        .order_by(AgentFeed.seq)
        .limit(PAGE_OPS)
    )
    return [_op(seq, op, visit_id, version, why, urgent=urgent) for seq, op, visit_id, version, why, urgent in rows]


def _op(seq: int, op: str, visit_id: UUID, version: int, reason: str | None, *, urgent: bool) -> dict[str, Any]:
    return {
        "seq": seq,
        "op": op,
        "entity": VISIT,
        "id": visit_id,
        "version": version,
        "reason": reason,
        "urgent": urgent,
        "data": None,
        "valid_until": None,
    }


def _with_cards(session: Session, ops: list[dict[str, Any]], scope: dict[UUID, int]) -> list[dict[str, Any]]:
    """Put the stored bytes of each card into its op.

    A put that a later row has overtaken stays without data: a visit that is no longer the agent's is shown to nobody.
    """
    wanted = [op for op in ops if op["op"] == PUT and scope.get(op["id"]) == op["version"]]
    if not wanted:
        return ops
    keys = sa.tuple_(StopCard.visit_id, StopCard.version)
    query = sa.select(StopCard.visit_id, StopCard.version, StopCard.body, StopCard.valid_until)
    rows = session.execute(query.where(keys.in_([(op["id"], op["version"]) for op in wanted])))
    cards = {(visit_id, version): (body, valid_until) for visit_id, version, body, valid_until in rows}
    for op in wanted:
        body, op["valid_until"] = cards[op["id"], op["version"]]
        op["data"] = orjson.Fragment(body)
        op["size"] = len(body)
    return ops


def _page(ops: list[dict[str, Any]], *, whole: bool) -> list[dict[str, Any]]:
    """As many ops as the page may weigh, at least one; a phone that begins anew gets its few visits at once."""
    page: list[dict[str, Any]] = []
    weight = 0
    for op in ops:
        weight += op.pop("size", 0)
        if page and weight > PAGE_BYTES and not whole:
            break
        page.append(op)
    return page
