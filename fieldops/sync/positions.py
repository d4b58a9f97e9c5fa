"""Track points of a shift: kept once, only inside the hours a crew works, and only when nothing else is waiting."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects.postgresql import insert

from fieldops.agents import queries as agents
from fieldops.clock import at_local, local_date
from fieldops.errors import TooMany
from fieldops.sync.models import Position

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fieldops.sync.models import Device

OLDEST: Final = timedelta(days=3)
AHEAD: Final = timedelta(minutes=2)
_one_at_a_time = threading.Lock()


def keep_positions(
    session: Session, device: Device, points: Sequence[Mapping[str, Any]], now: datetime
) -> dict[str, int]:
    """Keep the points that lie in a shift of the agent's crew, each once; a private hour is never kept.

    Positions give way to everything else: one batch at a time in a process. Raises: TooMany while another is written.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise TooMany("POSITIONS_BUSY", "Positions give way to everything else; send this batch again in a minute.")
    try:
        shifts = _shifts(session, device.agent_id, {local_date(point["at"]) for point in points}, now)
        rows = [_row(device, point) for point in points if any(begin <= point["at"] <= end for begin, end in shifts)]
        fresh = insert(Position).on_conflict_do_nothing().returning(Position.at)
        kept = len(session.scalars(fresh, rows).all()) if rows else 0
    finally:
        _one_at_a_time.release()
    return {"kept": kept, "outside_shift": len(points) - len(rows)}


def _shifts(session: Session, agent_id: UUID, days: set[Any], now: datetime) -> list[tuple[datetime, datetime]]:
    crew = agents.crew_of_agent(session, agent_id)
    if crew is None:
        return []
    working = [day for day in days if any(each.id == crew.id for each in agents.crews_on(session, day))]
    plausible = (now - OLDEST, now + AHEAD)
    hours = [(at_local(day, crew.shift_start_s), at_local(day, crew.shift_end_s)) for day in working]
    return [(max(begin, plausible[0]), min(end, plausible[1])) for begin, end in hours]


def _row(device: Device, point: Mapping[str, Any]) -> dict[str, Any]:
    return {**point, "device_id": device.id, "agent_id": device.agent_id}
