"""One sync: the push in a transaction of its own, then the pull from one read-only snapshot."""

from __future__ import annotations

import logging
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


def sync(house: House, asked: Mapping[str, Any]) -> bytes:
    """Answer one ``SyncIn`` with the bytes of one ``SyncOut``.

    Raises: TooLarge naming the limit; NotAllowed for a phone that is not this user's; NotNow (RESYNC_REQUIRED).
    """
    if len(asked["mutations"]) > MAX_MUTATIONS:
        detail = f"{len(asked['mutations'])} mutations in one sync; send {MAX_MUTATIONS} at most and sync again."
        raise TooLarge("TOO_MANY_MUTATIONS", detail, limit=MAX_MUTATIONS)
    now = house.clock.now()
    agent_id, state = _meet(house, asked, now)
    results = _push(house, asked, now) if asked["mutations"] else []
    answer = {"server_time": now, "results": results, "commands": [], "next_poll_s": POLL_S}
    if state == service.WIPE:
        return orjson.dumps(answer | _nothing(asked) | {"commands": [service.WIPE]})
    with house.snapshot() as session:
        place = {name: asked[name] for name in ("epoch", "cursor", "base_hash")}
        pulled = pull.pull(session, agent_id, now=now, **place)
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


def _meet(house: House, asked: Mapping[str, Any], now: datetime) -> tuple[UUID, str]:
    """Who speaks; a phone that pushes is noted with its push, so that its last sync before can be told."""
    with house.transaction() as session:
        device = service.device_of(session, asked["device_id"], user_allowed(session, "mobile.sync"))
        if not asked["mutations"]:
            service.note_sync(device, now, asked["cursor"])
        return device.agent_id, device.state


def _push(house: House, asked: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    try:
        with house.transaction() as session:
            return _pushed(session, asked, now)
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) not in _BUSY:
            raise
        _log.warning("a push of %s gave way: %s", asked["device_id"], type(error.orig).__name__)
        later = {"code": str(Code.RETRY_LATER), "version": None, "detail": "busy; send it again later"}
        return [{"id": mutation["id"], **later} for mutation in asked["mutations"]]


def _pushed(session: Session, asked: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    session.execute(sa.text(f"SET LOCAL lock_timeout = {LOCK_WAIT // timedelta(milliseconds=1)}"))
    user = user_allowed(session, "mobile.sync")
    device = service.device_of(session, asked["device_id"], user)
    sender = Sender(
        actor=Actor(user.name, now, user.id, frozenset(user.roles)),
        device=device,
        seen_at=device.last_seen_at,
        clock_ok=clock_is_right(now, asked["client_time"]),
    )
    results = push.push(session, sender, asked["mutations"])
    service.note_sync(device, now, asked["cursor"])
    return results


def _nothing(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone that must be wiped is told of visits."""
    place = {"epoch": asked["epoch"], "cursor": asked["cursor"], "more": False}
    return {**place, "ops": [], "manifest_hash": pull.manifest_hash([]), "recalled": [], "offline_until": None}


def _count_mismatch(house: House, device_id: UUID) -> None:
    _log.error("the phone %s holds other visits than the server thinks; it is told to begin anew", device_id)
    with house.transaction() as session:
        service.count_mismatch(session, device_id)
