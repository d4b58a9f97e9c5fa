"""By the clock: what no event tells of. Holds that ended or began by their own date, approvals that ran out."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import audit, jobs
from fieldops.auth.roles import Role
from fieldops.clock import local_date
from fieldops.policies.service import tightened_in_force
from fieldops.tasks import service as tasks
from fieldops.visits import queries
from fieldops.visits.effects import reconsider

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from fieldops.house import House

_log = logging.getLogger(__name__)
AFTER_MIDNIGHT: Final = "20 16 * * *"
"""Twenty past midnight in Shanghai, after cases have ended and days are closed; the queue counts in UTC."""
AT_ONCE: Final = 200
CAUSE: Final = "new day 新的一天"
_LOOK_WITHIN: Final = timedelta(days=3)


@jobs.job("visits.new_day", lock="visits.new_day", cron=AFTER_MIDNIGHT)
def ask_again(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Ask the rules again about every visit on its way, some at a time.

    A suspended one wakes, an approval over its days expires, a hold that begins today suspends, priorities follow the
    days that are left. A crew that is at the door was told by the event itself.
    """
    actor = audit.Actor("clock", house.clock.now())
    with house.transaction() as session:
        waiting = queries.visits_not_begun(session)
        _tell_what_is_tightened(session, actor)
    for first in range(0, len(waiting), AT_ONCE):
        with house.transaction() as session:
            reconsider(session, actor, dict.fromkeys(waiting[first : first + AT_ONCE], CAUSE))
    _log.info("%d visits on their way were asked about again", len(waiting))


def _tell_what_is_tightened(session: Session, actor: audit.Actor) -> None:
    """A policy that a floor of a newer release has tightened is somebody's to draft anew."""
    found = tightened_in_force(session, local_date(actor.at))
    if found is None:
        return
    edition_id, name, values = found
    detail = {"edition": name, "keys": [each.key for each in values]}
    about = ("policy_edition", edition_id, actor.at + _LOOK_WITHIN, detail)
    tasks.open_task(session, actor, "POLICY_TIGHTENED", Role.SUPERVISOR, *about)
