"""One sync: the push in a transaction of its own, then the pull from one read-only snapshot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson

from fieldops.audit import Actor
from fieldops.sync import pull, push, service
from fieldops.web import user_allowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldops.house import House

_log = logging.getLogger(__name__)
POLL_S = 60


def sync(house: House, asked: Mapping[str, Any]) -> bytes:
    """Answer one ``SyncIn`` with the bytes of one ``SyncOut``."""
    now = house.clock.now()
    with house.transaction() as session:
        user = user_allowed(session, "mobile.sync")
        device = service.device_of(session, asked["device_id"], user)
        actor = Actor(user.name, now, user.id, frozenset(user.roles))
        results = push.push(session, actor, device, asked["mutations"]) if asked["mutations"] else []
        device.last_seen_at, device.last_seq_acked = now, asked["cursor"] or 0
        agent_id, state = device.agent_id, device.state
    with house.database.snapshot() as session:
        pulled = pull.pull(
            session, agent_id, epoch=asked["epoch"], cursor=asked["cursor"], base_hash=asked["base_hash"], now=now
        )
    commands = [service.WIPE] if state == service.WIPE else []
    if pulled.mismatch:
        _log.error("the phone %s holds other visits than the server thinks", asked["device_id"])
        commands.append(pull.RESYNC)
    answer = {
        "epoch": pulled.epoch,
        "server_time": now,
        "results": results,
        "ops": pulled.ops,
        "cursor": pulled.cursor,
        "more": pulled.more,
        "manifest_hash": pulled.manifest_hash,
        "recalled": pulled.recalled,
        "commands": commands,
        "next_poll_s": POLL_S,
    }
    return orjson.dumps(answer)
