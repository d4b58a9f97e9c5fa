"""How a phone stands and what it must be told, in one statement: one statement is one snapshot.

Who speaks, head, scope, manifest, recalls, feed and cards are read at the same instant without a transaction around
them. Cost: one round trip; an idle sync reads a handful of index entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

_ALL = """
WITH who AS MATERIALIZED (
    SELECT u.active, u.roles, u.agent_id AS agent_of_user, d.id AS device_id, d.agent_id, d.state, d.session_no,
           d.last_seen_at, d.last_seq_acked, coalesce(h.seq, 0) AS head, coalesce(h.pruned_to, 0) AS pruned_to
    FROM user_account u
    LEFT JOIN device d ON d.id = :device_id
    LEFT JOIN agent_feed_head h ON h.agent_id = d.agent_id
    WHERE u.id = :user_id)
SELECT who.*,
    (SELECT value FROM sync_epoch ORDER BY begun_at DESC LIMIT 1) AS epoch,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(
        s.visit_id || ':' || s.version, E'\\n' ORDER BY s.visit_id), ''), 'UTF8')), 'hex')
     FROM agent_scope s WHERE s.agent_id = who.agent_id AND s.left_reason IS NULL) AS manifest_hash,
    (SELECT coalesce(json_agg(r), '[]')::text FROM (
        SELECT DISTINCT ON (r.visit_id) r.visit_id, r.version, r.reason, r.recalled_at
        FROM recall r
        JOIN agent_scope s ON s.agent_id = r.agent_id AND s.visit_id = r.visit_id AND s.version <= r.version
        WHERE r.agent_id = who.agent_id AND r.recalled_at > :since
        ORDER BY r.visit_id, r.id DESC) r) AS recalled,
    op.*
FROM who LEFT JOIN LATERAL ({ops}) op ON true
ORDER BY op.seq
"""
_FOLLOWING: Final = sa.text(
    _ALL.format(
        ops="""
    SELECT f.seq, f.op, f.entity_id, f.version, f.reason, f.urgent, c.body, c.valid_until
    FROM agent_feed f
    LEFT JOIN agent_scope s ON f.op = 'put' AND s.agent_id = f.agent_id AND s.visit_id = f.entity_id
        AND s.version = f.version AND s.left_reason IS NULL
    LEFT JOIN stop_card c ON c.visit_id = s.visit_id AND c.version = s.version
    WHERE f.agent_id = who.agent_id AND f.seq > :cursor
    ORDER BY f.seq LIMIT :limit"""
    )
)
"""A put that a later row has overtaken comes without its card: what is no longer the agent's is shown to nobody."""
_WHOLE: Final = sa.text(
    _ALL.format(
        ops="""
    SELECT who.head AS seq, 'put' AS op, s.visit_id AS entity_id, s.version, NULL::text AS reason, false AS urgent,
           c.body, c.valid_until
    FROM agent_scope s JOIN stop_card c ON c.visit_id = s.visit_id AND c.version = s.version
    WHERE s.agent_id = who.agent_id AND s.left_reason IS NULL"""
    )
)
_SEEN: Final = sa.text(
    "UPDATE device SET last_seen_at = :now, last_seq_acked = :acked, boot_id = :boot_id, clock_off_ms = :clock_off_ms"
    " WHERE id = :device_id"
)


def standing_of(
    connection: sa.Connection, *, user_id: UUID, device_id: UUID | None, cursor: int | None, since: datetime, limit: int
) -> Sequence[Any]:
    """One row per op after the cursor (of the whole day without one), each with how the phone stands.

    One row with ``seq`` None when there is nothing to tell; none when nobody has that account. Recalls since ``since``.
    """
    asked = {"user_id": user_id, "device_id": device_id, "since": since}
    if cursor is None:
        return connection.execute(_WHOLE, asked).all()
    return connection.execute(_FOLLOWING, {**asked, "cursor": cursor, "limit": limit}).all()


def note_seen(connection: sa.Connection, device_id: UUID, now: datetime, acked: int, **clock: Any) -> None:
    """Note when a phone spoke, up to where it holds its feed, and what it said of its clock."""
    connection.execute(_SEEN, {"device_id": device_id, "now": now, "acked": acked, **clock})
