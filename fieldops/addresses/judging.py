"""The job that judges addresses, and the same for commands that cannot wait for a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldops import jobs
from fieldops.addresses.intake import JUDGE_JOB
from fieldops.addresses.locating import defer_geocoding
from fieldops.addresses.service import judge_some

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldops.house import House

CHUNK = 2000


def judge_pending(house: House, *, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Judge every address that has no verdict at the current edition, and say how many there were.

    Each chunk is a transaction of its own, so a second call goes on where one was cut off.
    """
    done = 0
    while True:
        with house.transaction() as session:
            judged = judge_some(session, limit=CHUNK)
        done += judged
        progress(done)
        if judged < CHUNK:
            return done


@jobs.job(JUDGE_JOB, lock=JUDGE_JOB)
def run_judging(house: House) -> None:
    """Judge what is pending, then let the buildings be located; nothing pending is nothing to do."""
    judge_pending(house)
    with house.transaction() as session:
        defer_geocoding(session, house)
