"""By the clock: entrustments that are over end, and files of cases that are not in by their time are asked for."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import audit, jobs
from fieldops.auth.roles import Role
from fieldops.cases import queries
from fieldops.cases.intake import CASES
from fieldops.cases.lifecycle import expire_cases
from fieldops.clock import local_date
from fieldops.imports.queries import files_not_taken_in
from fieldops.policies.service import policy_on
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    from fieldops.house import House

_log = logging.getLogger(__name__)
AFTER_MIDNIGHT: Final = "5 16 * * *"
"""Five past midnight in Shanghai; the queue counts in UTC."""
EVERY_QUARTER: Final = "*/15 * * * *"
AT_ONCE: Final = 200
LATE_FILE: Final = "TAKE_IN_CASE_FILE"
_ASKED_FOR: Final = timedelta(days=7)


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


@jobs.job("cases.late_files", lock="cases.late_files", cron=EVERY_QUARTER)
def ask_for_late_files(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Ask once for each file of cases the policy wanted in by now: refused, failed or still waiting.

    Source: domain reference §1 S092.
    """
    actor = audit.Actor("clock", house.clock.now())
    with house.transaction() as session:
        policy = policy_on(session, local_date(actor.at))
        waiting = files_not_taken_in(
            session, CASES.name, received_after=actor.at - _ASKED_FOR, received_before=actor.at
        )
        for each in waiting:
            of_bank = policy.for_bank(each.bank_code) if each.bank_code else policy
            if actor.at - each.received_at < timedelta(hours=of_bank.case.import_sla_hours):
                continue
            detail = {"filename": each.filename, "state": each.state, "refusal": each.refusal}
            tasks.open_task(session, actor, LATE_FILE, Role.BUSINESS_DEPT, "import_job", each.id, actor.at, detail)
