"""How a phone, or a visit on it, stands and what it must be told, in one statement: one statement is one snapshot.

Who speaks, head, scope, manifest, recalls, feed and cards are read at the same instant without a transaction around
them. Cost: one round trip; an idle sync reads a handful of index entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg.rows import namedtuple_row

from fieldops.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class OnRecord:
    """How a visit stands for an agent: as their phone holds it or has held it (``version`` None: never), and recalled.

    ``valid_until`` is the end of the day for which it does.
    ``recalled_at`` None: nothing keeps them from it; else the newest recall that does, shown at ``acked_at``.
    ``told_seq`` is its place in their feed.
    """

    version: int | None
    left_reason: str | None
    valid_until: datetime | None
    recalled_at: datetime | None
    recall_reason: str | None
    acked_at: datetime | None
    told_seq: int | None


_STANDINGS: Final = """
    SELECT v.id, s.version, s.left_reason, c.valid_until, r.recalled_at, r.reason, r.acked_at, r.told_seq
    FROM unnest(%(visit_ids)s::uuid[]) AS v(id)
    LEFT JOIN agent_scope s ON s.agent_id = %(agent_id)s AND s.visit_id = v.id
    LEFT JOIN stop_card c ON c.visit_id = s.visit_id AND c.version = s.version
    LEFT JOIN LATERAL (
        SELECT recall.recalled_at, recall.reason, recall.acked_at, (
            SELECT max(f.seq) FROM agent_feed f
            WHERE f.agent_id = recall.agent_id AND f.entity_id = recall.visit_id AND f.urgent) AS told_seq
        FROM recall
        WHERE recall.agent_id = s.agent_id AND recall.visit_id = s.visit_id AND s.version <= recall.version
        ORDER BY recall.id DESC LIMIT 1) r ON true
"""


def standings_of(session: Session, agent_id: UUID, visit_ids: Iterable[UUID]) -> dict[UUID, OnRecord]:
    """How each of these visits stands for an agent. Cost: one statement."""
    rows = read_rows(session, _STANDINGS, {"agent_id": agent_id, "visit_ids": [*visit_ids]})
    return {visit_id: OnRecord(*told) for visit_id, *told in rows}


class Speaker(NamedTuple):
    """Who pushes, and the phone as it is on record; all of the phone is None when there is none."""

    name: str
    active: bool
    roles: list[str]
    agent_of_user: UUID | None
    device_id: UUID | None
    agent_id: UUID | None
    state: str | None
    session_no: int | None
    last_seen_at: datetime | None


_SEEN: Final = """
    UPDATE device SET last_seen_at = %(now)s, last_seq_acked = %(acked)s, boot_id = %(boot_id)s,
        clock_off_ms = %(clock_off_ms)s, schema_version = %(schema)s
"""
_SPEAKER: Final = f"""
    WITH rules AS MATERIALIZED (
        SELECT set_config('lock_timeout', %(milliseconds)s, true),
            set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
            set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)
    ), phone AS MATERIALIZED (SELECT d.* FROM rules, device d WHERE d.id = %(device_id)s FOR UPDATE OF d
    ), noted AS ({_SEEN} FROM phone WHERE device.id = phone.id)
    SELECT u.name, u.active, u.roles, u.agent_id, d.id, d.agent_id, d.state, d.session_no, d.last_seen_at
    FROM user_account u LEFT JOIN phone d ON true WHERE u.id = %(user_id)s
"""  # noqa: S608 - words of our own
"""A push finds its rows by their keys: each statement after this one is planned once, whatever the statistics said."""


def locked_speaker(
    session: Session, user_id: UUID, device_id: UUID | None, *, wait: timedelta, **seen: Any
) -> list[Speaker]:
    """Who speaks, with their phone locked: no other push of it comes between. Nobody when there is no such account.

    ``seen`` is what ``note_seen`` notes of the phone; the row tells what was noted before. From here on nothing in
    this transaction waits longer than ``wait`` for a lock.
    """
    asked = {"user_id": user_id, "device_id": device_id, "milliseconds": str(wait // timedelta(milliseconds=1))}
    return [Speaker(*row) for row in read_rows(session, _SPEAKER, asked | seen)]


_ALL = """
WITH who AS MATERIALIZED (
    SELECT u.active, u.roles, u.agent_id AS agent_of_user, d.id AS device_id, d.agent_id, d.state, d.session_no,
           d.last_seen_at, coalesce(h.seq, 0) AS head, coalesce(h.pruned_to, 0) AS pruned_to
    FROM user_account u
    LEFT JOIN device d ON d.id = %(device_id)s
    LEFT JOIN agent_feed_head h ON h.agent_id = d.agent_id
    WHERE u.id = %(user_id)s)
SELECT who.*,
    (SELECT value FROM sync_epoch ORDER BY begun_at DESC LIMIT 1) AS epoch,
    (SELECT encode(sha256(convert_to(coalesce(string_agg(
        s.visit_id || ':' || s.version, E'\\n' ORDER BY s.visit_id), ''), 'UTF8')), 'hex')
     FROM agent_scope s WHERE s.agent_id = who.agent_id AND s.left_reason IS NULL) AS manifest_hash,
    (SELECT coalesce(json_agg(r), '[]')::text FROM (
        SELECT DISTINCT ON (r.visit_id) r.visit_id, r.version, r.reason, r.recalled_at
        FROM recall r
        JOIN agent_scope s ON s.agent_id = r.agent_id AND s.visit_id = r.visit_id AND s.version <= r.version
        WHERE r.agent_id = who.agent_id AND r.recalled_at > %(since)s
        ORDER BY r.visit_id, r.id DESC) r) AS recalled,
    op.*
FROM who LEFT JOIN LATERAL ({ops}) op ON true
ORDER BY op.seq
"""
_FOLLOWING: Final = _ALL.format(
    ops="""
    SELECT f.seq, f.op, f.entity_id, f.version, f.reason, f.urgent, c.body, c.valid_until
    FROM agent_feed f
    LEFT JOIN agent_scope s ON f.op = 'put' AND s.agent_id = f.agent_id AND s.visit_id = f.entity_id
        AND s.version = f.version AND s.left_reason IS NULL
    LEFT JOIN stop_card c ON c.visit_id = s.visit_id AND c.version = s.version
    WHERE f.agent_id = who.agent_id AND f.seq > %(cursor)s
    ORDER BY f.seq LIMIT %(limit)s"""
)
"""A put that a later row has overtaken comes without its card: what is no longer the agent's is shown to nobody."""
_WHOLE: Final = _ALL.format(
    ops="""
    SELECT who.head AS seq, 'put' AS op, s.visit_id AS entity_id, s.version, NULL::text AS reason, false AS urgent,
           c.body, c.valid_until
    FROM agent_scope s JOIN stop_card c ON c.visit_id = s.visit_id AND c.version = s.version
    WHERE s.agent_id = who.agent_id AND s.left_reason IS NULL"""
)
_HEAD: Final = "SELECT seq FROM agent_feed_head WHERE agent_id = %(agent_id)s"


def standing_of(
    connection: psycopg.Connection[Any],
    *,
    user_id: UUID,
    device_id: UUID | None,
    cursor: int | None,
    since: datetime,
    limit: int,
) -> Sequence[Any]:
    """One row per op after the cursor (of the whole day without one), each with how the phone stands.

    One row with ``seq`` None when there is nothing to tell; none when nobody has that account. Recalls since ``since``.
    """
    asked = {"user_id": user_id, "device_id": device_id, "since": since}
    if cursor is None:
        return _rows(connection, _WHOLE, asked)
    return _rows(connection, _FOLLOWING, {**asked, "cursor": cursor, "limit": limit})


def head_of(connection: psycopg.Connection[Any], agent_id: UUID) -> int:
    """How far an agent's feed has come."""
    found = connection.execute(_HEAD, {"agent_id": agent_id}).fetchone()
    return int(found[0]) if found else 0


def note_seen(connection: psycopg.Connection[Any], device_id: UUID, now: datetime, acked: int, **said: Any) -> None:
    """Note when a phone spoke, up to where it holds its feed, and what it said of itself."""
    connection.execute(
        f"{_SEEN} WHERE id = %(device_id)s", {"device_id": device_id, "now": now, "acked": acked, **said}
    )


def _rows(connection: psycopg.Connection[Any], query: str, asked: Mapping[str, Any]) -> Sequence[Any]:
    """By the driver itself and in its binary form: on this path the layers above would cost as much as the database."""
    with connection.cursor(row_factory=namedtuple_row, binary=True) as cursor:
        return cursor.execute(query, asked).fetchall()
