"""What sync does by the clock: feeds and positions that are old enough are forgotten."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import jobs
from fieldops.sync import retention

if TYPE_CHECKING:
    from fieldops.house import House

_log = logging.getLogger(__name__)
AT_NIGHT: Final = "40 18 * * *"
"""Twenty to three in Shanghai; the queue counts in UTC."""
FEED_LIVES: Final = timedelta(days=30)
POSITIONS_LIVE: Final = timedelta(days=30)


@jobs.job("sync.forget", cron=AT_NIGHT)
def forget_old_rows(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Prune every feed and every track, agent by agent, each in its own transaction."""
    now = house.clock.now()
    with house.transaction() as session:
        agents = retention.agents_with_feed(session)
    pruned = 0
    for agent_id in agents:
        with house.transaction() as session:
            pruned += retention.prune_feed(session, agent_id, before=now - FEED_LIVES)
    with house.transaction() as session:
        points = retention.forget_positions(session, before=now - POSITIONS_LIVE)
    _log.info("%d feed rows and %d positions are forgotten", pruned, points)
