"""How long feeds and positions live, and the life of the feeds themselves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from fieldops import audit
from fieldops.sync.models import AgentFeed, AgentFeedHead, Position, SyncEpoch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def agents_with_feed(session: Session) -> Sequence[UUID]:
    """Agents who have ever been told something, in the order of their ids."""
    return session.scalars(sa.select(AgentFeedHead.agent_id).order_by(AgentFeedHead.agent_id)).all()


def prune_feed(session: Session, agent_id: UUID, *, before: datetime) -> int:
    """Forget an agent's rows of before then; a phone that has not come so far begins anew. Return how many.

    A row whose place is lower than a forgotten one goes too, so that what is left is gapless.
    """
    head = session.get(AgentFeedHead, agent_id, with_for_update=True)
    newest_old = sa.select(sa.func.max(AgentFeed.seq)).where(
        AgentFeed.agent_id == agent_id, AgentFeed.created_at < before
    )
    upto = session.scalar(newest_old)
    if head is None or upto is None:
        return 0
    head.pruned_to = upto
    gone = session.execute(sa.delete(AgentFeed).where(AgentFeed.agent_id == agent_id, AgentFeed.seq <= upto))
    return cast("sa.CursorResult[Any]", gone).rowcount


def forget_positions(session: Session, *, before: datetime) -> int:
    """Forget where phones were before then. Return how many points."""
    gone = session.execute(sa.delete(Position).where(Position.at < before))
    return cast("sa.CursorResult[Any]", gone).rowcount


def begin_epoch(session: Session, actor: audit.Actor, *, reason: str) -> UUID:
    """Let every phone begin anew: after a restore or a repair of data, cursors mean nothing any more."""
    last = session.scalars(sa.select(sa.func.max(SyncEpoch.begun_at))).one()
    epoch = SyncEpoch(value=uuid.uuid4(), begun_at=max(actor.at, last + timedelta(microseconds=1)))
    session.add(epoch)
    audit.record(session, actor, "sync.begin_epoch", "sync_epoch", epoch.value, reason=reason)
    return epoch.value
