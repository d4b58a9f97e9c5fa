"""What sync does by the clock: phones hold the days around today, and old rows are forgotten."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import jobs
from fieldops.sync import retention, scope

if TYPE_CHECKING:
    from fieldops.house import House

_log = logging.getLogger(__name__)
AFTER_MIDNIGHT: Final = "20 16 * * *"
"""Twenty past midnight in Shanghai, when days behind have been closed; the queue counts in UTC."""
AT_NIGHT: Final = "40 18 * * *"
"""Twenty to three in Shanghai."""
FEED_LIVES: Final = timedelta(days=30)
POSITIONS_LIVE: Final = timedelta(days=30)


@jobs.job("sync.keep_days", cron=AFTER_MIDNIGHT)
def keep_days(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Let every phone hold the day before, the day and the day after."""
    with house.transaction() as session:
        left = scope.keep_days(session, house.clock.now())
    _log.info("%d stops of days behind have left the phones", left)


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
