"""By the clock: entrustments that are over end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from fieldops import audit, jobs
from fieldops.cases import queries
from fieldops.cases.lifecycle import expire_cases
from fieldops.clock import local_date

if TYPE_CHECKING:
    from fieldops.house import House

_log = logging.getLogger(__name__)
AFTER_MIDNIGHT: Final = "5 16 * * *"
"""Five past midnight in Shanghai; the queue counts in UTC."""
AT_ONCE: Final = 200


@jobs.job("cases.expire", lock="cases.expire", cron=AFTER_MIDNIGHT)
def expire_past_cases(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """End every mandate whose last day is over, some at a time: what follows from each comes in its transaction."""
    actor = audit.Actor("clock", house.clock.now())
    ended = 0
    while True:
        with house.transaction() as session:
            found = queries.cases_past_their_end(session, local_date(actor.at), limit=AT_ONCE)
            ended += expire_cases(session, actor, found)
        if len(found) < AT_ONCE:
            break
    if ended:
        _log.info("%d entrustments are over", ended)
