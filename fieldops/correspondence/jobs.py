"""By the clock: letters whose hold ended or began by its own date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fieldops import audit, jobs
from fieldops.correspondence import queries
from fieldops.correspondence.gates import review_holds

if TYPE_CHECKING:
    from fieldops.house import House

AFTER_MIDNIGHT: Final = "25 16 * * *"
"""Twenty-five past midnight in Shanghai; the queue counts in UTC."""
AT_ONCE: Final = 200


@jobs.job("letters.new_day", lock="letters.new_day", cron=AFTER_MIDNIGHT)
def ask_again(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Ask again what holds each letter that is not yet posted, some at a time."""
    actor = audit.Actor("clock", house.clock.now())
    with house.transaction() as session:
        waiting = queries.letters_not_posted(session)
    for first in range(0, len(waiting), AT_ONCE):
        with house.transaction() as session:
            review_holds(session, actor, queries.lock_letters(session, waiting[first : first + AT_ONCE]))
