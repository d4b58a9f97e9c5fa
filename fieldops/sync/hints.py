"""The long-poll of a phone: told at once when there is something to fetch, or after a while that there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fieldops.sync import pull
from fieldops.sync.exchange import POLL_S, admitted
from fieldops.sync.standing import head_of
from fieldops.sync.waiting import waiting_room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from fieldops.auth.tokens import Claims
    from fieldops.house import House


def wait_for_news(house: House, claims: Claims, asked: Mapping[str, Any], *, seats: int) -> dict[str, Any]:
    """Whether an agent's feed has moved past the phone's cursor, now or within ``wait`` seconds.

    All ``seats`` taken: the answer comes at once, and the phone polls. Raises: NotAllowed, NotAuthenticated.
    """
    now = house.clock.now()
    rows = house.database.read(lambda connection: pull.look(connection, claims, asked["cursor"], now))
    row = admitted(rows, claims)
    if row.head > asked["cursor"]:
        return _answer(changed=True, urgent=bool(row.urgent))
    room = waiting_room(house.database.url)
    with room.seat(row.device_id, row.agent_id, most=seats) as seat:
        if seat is None:
            return _answer(changed=False, urgent=False)
        if not _has_moved(house, row.agent_id, asked["cursor"]):  # it may have, before the seat was taken
            seat.wait(asked["wait"])
        return _answer(changed=_has_moved(house, row.agent_id, asked["cursor"]), urgent=seat.urgent)


def _has_moved(house: House, agent_id: UUID, cursor: int) -> bool:
    return house.database.read(lambda connection: head_of(connection, agent_id)) > cursor


def _answer(*, changed: bool, urgent: bool) -> dict[str, Any]:
    return {"changed": changed, "urgent": urgent, "next_poll_s": 0 if changed else POLL_S}
