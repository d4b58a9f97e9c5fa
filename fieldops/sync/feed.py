"""The feed of each agent: told in one place, numbered last in the transaction, under the agent's locked counter.

A cursor made of a sequence or a time loses rows under concurrent writers; a counter that stays locked until commit
cannot (measured: 277 of 1,600 rows lost against none). The counters are locked at commit, in the order of agent ids,
after everything else: whoever tells phones of a visit holds that visit's lock already, so writers never wait for each
other in a circle.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from fieldops.rows import insert_rows, read_rows
from fieldops.sync.models import ScopeEntry

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import SessionTransaction

PUT, REMOVE = "put", "remove"
CHANNEL, URGENT = "fieldops_feed", "!"
"""Who is told of what: a notification names agents by their ids in hex, with a mark where it is urgent."""
VISIT = "visit"
_AGENTS_PER_HINT = 200
_PENDING, _MARKS = "sync.feed.pending", "sync.feed.marks"


_NUMBERED = """
WITH head AS (
    INSERT INTO agent_feed_head (agent_id, seq, pruned_to)
    SELECT agent_id, seq, pruned_to FROM json_populate_recordset(NULL::agent_feed_head, %s::json)
    ON CONFLICT (agent_id) DO UPDATE SET seq = agent_feed_head.seq + excluded.seq
    RETURNING agent_id, seq)
INSERT INTO agent_feed (agent_id, seq, op, entity, entity_id, version, reason, urgent, created_at)
SELECT agent_id, head.seq + told.seq, op, entity, entity_id, version, reason, urgent, created_at
FROM json_populate_recordset(NULL::agent_feed, %s::json) AS told JOIN head USING (agent_id)
"""
"""Heads are locked in the order they are told in; a row's own number counts back from the new head."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an agent's phone must hear of a visit; ``reason`` says why it leaves."""

    agent_id: uuid.UUID
    op: str
    visit_id: uuid.UUID
    version: int
    at: datetime
    reason: str | None = None
    urgent: bool = False


def tell(session: Session, changes: Iterable[Change]) -> None:
    """Let phones hear of changes: the scope changes now, the rows are numbered when the transaction commits.

    The caller holds the locks of these visits, and tells an agent of each once. Cost: one batch for all puts and one
    for all removes.
    """
    told = list(changes)
    session.info.setdefault(_PENDING, []).extend(told)
    _change_scope(session, [_scope_row(change, None) for change in told if change.op == PUT])
    _change_scope(session, [_scope_row(change, change.reason) for change in told if change.op == REMOVE])


_LEFT = """
    UPDATE agent_scope SET left_reason = %(reason)s, changed_at = %(at)s
    WHERE visit_id = ANY(%(visit_ids)s) AND left_reason IS NULL RETURNING agent_id, visit_id, version
"""


def take_off(session: Session, at: datetime, reasons: Mapping[uuid.UUID, str]) -> None:
    """Take visits off every phone that holds them, each for its reason. Cost: one statement for each reason.

    The caller holds the locks of these visits.
    """
    visits_of: dict[str, list[uuid.UUID]] = defaultdict(list)
    for visit_id, reason in reasons.items():
        visits_of[reason].append(visit_id)
    for reason, visit_ids in sorted(visits_of.items()):
        left = read_rows(session, _LEFT, {"visit_ids": visit_ids, "reason": reason, "at": at})
        told = [Change(agent_id, REMOVE, visit_id, version, at, reason) for agent_id, visit_id, version in sorted(left)]
        session.info.setdefault(_PENDING, []).extend(told)


def number_pending(session: Session) -> None:
    """Write the collected changes into the feeds: heads locked in the order of agent ids, numbers without gap."""
    pending: list[Change] = session.info.pop(_PENDING, [])
    if not pending:
        return
    counted = Counter(change.agent_id for change in pending)
    heads = [{"agent_id": each, "seq": counted[each], "pruned_to": 0} for each in sorted(counted)]
    rows = []
    for change in pending:
        counted[change.agent_id] -= 1
        rows.append(_feed_row(change, -counted[change.agent_id]))
    told = tuple(orjson.dumps(each).decode() for each in (heads, rows))
    session.connection().exec_driver_sql(_NUMBERED, told)
    for payload in hints(pending):
        session.execute(sa.select(sa.func.pg_notify(CHANNEL, payload)))


def hints(pending: Iterable[Change]) -> list[str]:
    """What to tell phones that wait of what cannot wait for their next poll; a notification weighs 8 kB at most."""
    changes = list(pending)
    urgent = {change.agent_id: False for change in changes if change.op == PUT}
    urgent |= {change.agent_id: True for change in changes if change.urgent}
    told = [f"{agent_id.hex}{URGENT if now else ''}" for agent_id, now in sorted(urgent.items())]
    return [",".join(told[start : start + _AGENTS_PER_HINT]) for start in range(0, len(told), _AGENTS_PER_HINT)]


def _feed_row(change: Change, seq: int) -> dict[str, Any]:
    return {
        "agent_id": change.agent_id,
        "seq": seq,
        "op": change.op,
        "entity": VISIT,
        "entity_id": change.visit_id,
        "version": change.version,
        "reason": change.reason,
        "urgent": change.urgent,
        "created_at": change.at,
    }


def _scope_row(change: Change, left_reason: str | None) -> dict[str, Any]:
    return {
        "agent_id": change.agent_id,
        "visit_id": change.visit_id,
        "version": change.version,
        "left_reason": left_reason,
        "changed_at": change.at,
    }


def _change_scope(session: Session, rows: list[dict[str, Any]]) -> None:
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("version", "left_reason", "changed_at"))
    insert_rows(session, ScopeEntry, rows, conflict=f"(agent_id, visit_id) DO UPDATE SET {changed}")


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    """Remember what had been told when a savepoint began."""
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(session.info.get(_PENDING, ()))


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, rolled_back: SessionTransaction) -> None:
    """What was told inside a savepoint goes with it; with the whole transaction, everything does."""
    told_before = session.info.get(_MARKS, {}).pop(rolled_back, 0)
    del session.info.get(_PENDING, [])[told_before:]


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if not session.in_nested_transaction():
        session.flush()
        number_pending(session)
