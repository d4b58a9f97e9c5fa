"""One sync: the push in a transaction of its own, then the pull from one read-only snapshot."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from fieldops.audit import Actor
from fieldops.errors import TooLarge
from fieldops.sync import pull, push, service
from fieldops.sync.rules import Code, clock_is_right
from fieldops.sync.schemas import MAX_MUTATIONS
from fieldops.sync.taking import Sender
from fieldops.web import user_allowed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.house import House

_log = logging.getLogger(__name__)
POLL_S: Final = 60
OFFLINE_PERMISSION: Final = timedelta(hours=4)
LOCK_WAIT: Final = timedelta(seconds=10)
RESYNC: Final = "RESYNC"
_BUSY: Final = frozenset({"40001", "40P01", "55P03"})
"""SQL states that say: somebody else was in the way, the same may pass later."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """Whose phone it is, and what became of what it pushed."""

    agent_id: UUID
    state: str
    results: list[dict[str, Any]]


def sync(house: House, asked: Mapping[str, Any]) -> bytes:
    """Answer one ``SyncIn`` with the bytes of one ``SyncOut``.

    Raises: TooLarge naming the limit; NotAllowed for a phone that is not this user's; NotNow (RESYNC_REQUIRED).
    """
    if len(asked["mutations"]) > MAX_MUTATIONS:
        detail = f"{len(asked['mutations'])} mutations in one sync; send {MAX_MUTATIONS} at most and sync again."
        raise TooLarge("TOO_MANY_MUTATIONS", detail, limit=MAX_MUTATIONS)
    now = house.clock.now()
    spoken = _hear(house, asked, now)
    answer = {"server_time": now, "results": spoken.results, "commands": [], "next_poll_s": POLL_S}
    if spoken.state == service.WIPE:
        return orjson.dumps(answer | _nothing(asked) | {"commands": [service.WIPE]})
    with house.database.snapshot() as session:
        place = {name: asked[name] for name in ("epoch", "cursor", "base_hash")}
        pulled = pull.pull(session, spoken.agent_id, now=now, **place)
    if pulled.mismatch:
        _count_mismatch(house, asked["device_id"])
        answer["commands"] = [RESYNC]
    return orjson.dumps(
        answer
        | {
            "epoch": pulled.epoch,
            "ops": pulled.ops,
            "cursor": pulled.cursor,
            "more": pulled.more,
            "manifest_hash": pulled.manifest_hash,
            "recalled": pulled.recalled,
            "offline_until": now + OFFLINE_PERMISSION,
        }
    )


def _hear(house: House, asked: Mapping[str, Any], now: datetime) -> _Spoken:
    """The push, in one transaction; one that gives way to others leaves everything in the outbox."""
    try:
        with house.transaction() as session:
            return _push(session, asked, now)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in _BUSY:
            raise
        _log.warning("a push of %s gave way: %s", asked["device_id"], type(error.orig).__name__)
    with house.transaction() as session:
        device = service.device_of(session, asked["device_id"], user_allowed(session, "mobile.sync"))
        later = {"code": str(Code.RETRY_LATER), "version": None, "detail": "busy; send it again later"}
        return _Spoken(device.agent_id, device.state, [{"id": each["id"], **later} for each in asked["mutations"]])


def _push(session: Session, asked: Mapping[str, Any], now: datetime) -> _Spoken:
    session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_WAIT // timedelta(milliseconds=1)}"))
    user = user_allowed(session, "mobile.sync")
    device = service.device_of(session, asked["device_id"], user)
    sender = Sender(
        actor=Actor(user.name, now, user.id, frozenset(user.roles)),
        device=device,
        seen_at=device.last_seen_at,
        clock_ok=clock_is_right(now, asked["client_time"]),
    )
    results = push.push(session, sender, asked["mutations"]) if asked["mutations"] else []
    service.note_sync(device, now, asked["cursor"])
    return _Spoken(device.agent_id, device.state, results)


def _nothing(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone that must be wiped is told of visits."""
    place = {"epoch": asked["epoch"], "cursor": asked["cursor"], "more": False}
    return {**place, "ops": [], "manifest_hash": pull.manifest_hash([]), "recalled": [], "offline_until": None}


def _count_mismatch(house: House, device_id: UUID) -> None:
    _log.error("the phone %s holds other visits than the server thinks; it is told to begin anew", device_id)
    with house.transaction() as session:
        service.count_mismatch(session, device_id)
