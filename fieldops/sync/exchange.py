"""One sync: the push in a transaction of its own, then the pull in one statement; an idle sync is that statement."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson
import sqlalchemy as sa

from fieldops.audit import Actor
from fieldops.auth.roles import may
from fieldops.errors import NotAllowed, NotAuthenticated, TooLarge, TryLater, UpgradeRequired
from fieldops.sync import devices, pull, push, rules, service
from fieldops.sync.rules import Code
from fieldops.sync.schemas import MAX_MUTATIONS
from fieldops.sync.standing import locked_speaker, note_seen
from fieldops.sync.taking import Sender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.auth.tokens import Claims
    from fieldops.house import House

_log = logging.getLogger(__name__)
POLL_S: Final = 60
OFFLINE_PERMISSION: Final = timedelta(hours=4)
"""How long after a sync a crew may set out without asking the gate."""
LOCK_WAIT: Final = timedelta(seconds=5)
"""A push that waits longer for somebody else's lock gives way; the phone sends it again."""
SEEN_EVERY: Final = timedelta(seconds=60)
"""An idle sync writes nothing more often; what a crew could have known is judged in its favour by as much."""
ATTEMPTS: Final = 3
_DEADLOCK: Final = "40P01"
_BUSY: Final = frozenset({"40001", _DEADLOCK, "55P03"})
"""SQL states that say: somebody else was in the way, the same may pass later."""


def sync(house: House, claims: Claims, asked: Mapping[str, Any]) -> bytes:
    """Answer one ``SyncIn`` with the bytes of one ``SyncOut``.

    Raises: TooLarge naming the limit; NotAllowed for a phone that is not this user's; NotNow (RESYNC_REQUIRED);
    UpgradeRequired for an app too old, after what it sent has been kept.
    """
    if len(asked["mutations"]) > MAX_MUTATIONS:
        detail = f"{len(asked['mutations'])} mutations in one sync; send {MAX_MUTATIONS} at most and sync again."
        raise TooLarge("TOO_MANY_MUTATIONS", detail, limit=MAX_MUTATIONS)
    if asked["schema"] > rules.NEWEST_SCHEMA:
        raise TryLater("SERVER_OLDER", "This server is older than the app; nothing was taken. Send it again later.")
    now = house.clock.now()
    results = _hear(house, claims, asked, now) if asked["mutations"] else []
    rows = house.database.read(lambda connection: pull.look(connection, claims, asked["cursor"], now))
    row = admitted(rows, claims, asked["device_id"])
    if not results and (row.last_seen_at is None or now - row.last_seen_at >= SEEN_EVERY):
        noted = rules.noted_of(asked, now)
        house.database.read(lambda connection: note_seen(connection, row.device_id, now, asked["cursor"] or 0, **noted))
    commands = rules.commands_to(
        state=row.state, same_session=row.session_no == claims.session_no, schema=asked["schema"]
    )
    answer = {"server_time": now, "results": results, "commands": commands, "next_poll_s": POLL_S}
    if rules.WIPE in commands or rules.LOGOUT in commands:
        return orjson.dumps(answer | _nothing(asked))
    if not rules.schema_is_understood(asked["schema"]):
        kept = {"results": results, "recalled": orjson.loads(row.recalled)}
        raise UpgradeRequired("UPGRADE_REQUIRED", "This app is too old; install the new one. All is kept.", **kept)
    return _told(house, rows, asked, answer, now)


def _told(house: House, rows: Sequence[Any], asked: Mapping[str, Any], answer: dict[str, Any], now: datetime) -> bytes:
    """The answer to a phone that may know of its visits."""
    told = pull.pulled(rows, pull.Place(asked["epoch"], asked["cursor"], asked["base_hash"]))
    if told.mismatch:
        _count_mismatch(house, rows[0].device_id)
        answer["commands"].append(rules.RESYNC)
    return orjson.dumps(
        answer
        | {
            "epoch": told.epoch,
            "ops": told.ops,
            "cursor": told.cursor,
            "more": told.more,
            "manifest_hash": told.manifest_hash,
            "recalled": told.recalled,
            "offline_until": now + OFFLINE_PERMISSION,
        }
    )


def admitted(rows: Sequence[Any], claims: Claims, device_id: UUID | None = None) -> Any:
    """The row of a phone that may speak. Raises: NotAuthenticated, NotAllowed."""
    if not rows or not rows[0].active:
        raise NotAuthenticated("TOKEN_MISSING", "Send a bearer token from POST /api/v1/login.")
    row = rows[0]
    if not may(frozenset(row.roles), "mobile.sync"):
        raise NotAllowed("ROLE_NOT_ALLOWED", "None of your roles may mobile.sync; ask one that may.")
    bound = devices.Bound(row.device_id, row.agent_id, row.state, row.session_no)
    devices.require_bound(bound, row.agent_of_user, claims, device_id)
    return row


def _hear(house: House, claims: Claims, asked: Mapping[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The push, in one transaction; one that gives way to others leaves everything in the outbox.

    When anything fails the transaction is begun anew, and each mutation is done by itself in it.
    """
    singly = False
    for attempt in range(ATTEMPTS):
        try:
            with house.transaction() as session:
                return _push(session, claims, asked, now, singly=singly)
        except push.FailedTogether as failed:
            count = len(asked["mutations"])
            _log.warning("a batch of %d mutations is done one by one", count, exc_info=failed.__cause__)
            singly = True
        except sa.exc.OperationalError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state not in _BUSY:
                raise
            _log.warning("a push of %s gave way: %s", asked["device_id"], type(error.orig).__name__)
            if state != _DEADLOCK or attempt == ATTEMPTS - 1:
                break
    later = {"code": str(Code.RETRY_LATER), "version": None, "detail": "busy; send it again later"}
    return [{"id": each["id"], **later} for each in asked["mutations"]]


def _push(
    session: Session, claims: Claims, asked: Mapping[str, Any], now: datetime, *, singly: bool
) -> list[dict[str, Any]]:
    seen = {"now": now, "acked": asked["cursor"] or 0, **rules.noted_of(asked, now)}
    spoken = locked_speaker(session, claims.user_id, claims.device_id, wait=LOCK_WAIT, **seen)
    row = admitted(spoken, claims, asked["device_id"])
    actor = Actor(row.name, now, claims.user_id, frozenset(row.roles))
    sender = Sender(actor, row.device_id, row.agent_id, row.last_seen_at, asked)
    if not rules.schema_is_understood(asked["schema"]):
        return push.keep_unread(session, sender, asked["mutations"])
    return push.push(session, sender, asked["mutations"], singly=singly)


def _nothing(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a phone that must be wiped or logged out is told of visits."""
    place = {"epoch": asked["epoch"], "cursor": asked["cursor"], "more": False}
    return {**place, "ops": [], "manifest_hash": pull.manifest_hash([]), "recalled": [], "offline_until": None}


def _count_mismatch(house: House, device_id: UUID) -> None:
    _log.error("the phone %s holds other visits than the server thinks; it is told to begin anew", device_id)
    with house.transaction() as session:
        service.count_mismatch(session, device_id)
