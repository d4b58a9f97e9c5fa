"""The pull half of a sync: what brings a phone from its cursor to now, cards as the bytes that were stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from fieldops.errors import NotNow
from fieldops.sync.feed import PUT, VISIT
from fieldops.sync.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from fieldops.auth.tokens import Claims

PAGE_OPS: Final = 200
PAGE_BYTES: Final = 512 * 1024
RECALLS_SHOWN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a phone says it is in its feed; ``cursor`` None: nowhere, it begins anew."""

    epoch: UUID | None
    cursor: int | None
    base_hash: str | None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a phone is told: ``ops`` bring it from its cursor to ``cursor``; ``recalled`` is JSON already."""

    epoch: UUID
    ops: list[dict[str, Any]]
    cursor: int
    more: bool
    manifest_hash: str
    mismatch: bool
    recalled: orjson.Fragment


def manifest_hash(entries: Iterable[tuple[UUID, int]]) -> str:
    """The fingerprint of what a phone holds: SHA-256 over its sorted ``id:version`` lines."""
    lines = sorted(f"{visit_id}:{version}" for visit_id, version in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def look(connection: psycopg.Connection[Any], claims: Claims, cursor: int | None, now: datetime) -> Sequence[Any]:
    """How the phone of a token stands and what follows its cursor; see ``standing_of``."""
    who = {"user_id": claims.user_id, "device_id": claims.device_id}
    return standing_of(connection, **who, cursor=cursor, since=now - RECALLS_SHOWN, limit=PAGE_OPS)  # type: ignore[arg-type]


def pulled(rows: Sequence[Any], place: Place) -> Pulled:
    """What the phone of these rows is told; a page of it, but everything at once to a phone that begins anew.

    Hashes are compared only where the phone is at the head of the same instant.
    Raises: NotNow (RESYNC_REQUIRED) for another epoch, a cursor ahead of the head, or one whose rows are gone.
    """
    row, cursor = rows[0], place.cursor
    if cursor is not None and (place.epoch != row.epoch or not row.pruned_to <= cursor <= row.head):
        raise NotNow("RESYNC_REQUIRED", "This phone's place is not of this server; sync again with cursor null.")
    page = [] if row.seq is None else _page(rows, whole=cursor is None)
    reached = row.head if cursor is None or not page else page[-1]["seq"]
    return Pulled(
        epoch=row.epoch,
        ops=page,
        cursor=reached,
        more=reached < row.head,
        manifest_hash=row.manifest_hash,
        mismatch=cursor == row.head and place.base_hash not in {None, row.manifest_hash},
        recalled=orjson.Fragment(row.recalled),
    )


def _page(rows: Sequence[Any], *, whole: bool) -> list[dict[str, Any]]:
    """As many ops as the page may weigh, at least one; a phone that begins anew gets its few visits at once."""
    page: list[dict[str, Any]] = []
    weight = 0
    for row in rows:
        weight += len(row.body or b"")
        if page and weight > PAGE_BYTES and not whole:
            break
        page.append(_op(row))
    return page


def _op(row: Any) -> dict[str, Any]:
    told = row.op == PUT and row.body is not None
    return {
        "seq": row.seq,
        "op": row.op,
        "entity": VISIT,
        "id": row.entity_id,
        "version": row.version,
        "reason": row.reason,
        "urgent": row.urgent,
        "data": orjson.Fragment(row.body) if told else None,
        "valid_until": row.valid_until if told else None,
    }
