"""Evidence by the clock: uploads that expired go, and what a crash left in the store; what is overdue is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import jobs
from fieldops.audit import Actor
from fieldops.evidence import audit_days, loose, queries, seals, service
from fieldops.evidence.rules import LOOSE_FOR
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    from fieldops.house import House

_EVERY_HOUR: Final = "23 * * * *"
_AFTER_MIDNIGHT: Final = "10 16 * * *"
"""Ten past midnight in Shanghai."""
_AT_NIGHT: Final = "10 19 * * *"
"""Ten past three in Shanghai."""
_ANSWER: Final = timedelta(days=1)


@jobs.job("evidence.expire", cron=_EVERY_HOUR)
def expire_uploads(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Forget uploads nobody has gone on with for a week; their slots still wait, and may be begun anew."""
    now = house.clock.now()
    with house.transaction() as session:
        slot_ids = queries.uploads_expired(session, now)
    for slot_id in slot_ids:
        with house.transaction() as session:
            gone = service.forget_if_expired(session, slot_id, now)
        loose.erase_loose(house, gone)


@jobs.job("evidence.erase")
def erase_objects(house: House, *, names: list[str]) -> None:
    """Take objects nobody needs any longer out of the store."""
    loose.erase_loose(house, names)


@jobs.job("evidence.sweep", cron=_EVERY_HOUR)
def sweep_loose_objects(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Take out of the store what a crash has left there: stored and never counted, or forgotten and never erased."""
    now = house.clock.now()
    before = now - LOOSE_FOR
    with house.transaction() as session:
        slot_ids = loose.slots_with_loose(session, before)
    for slot_id in slot_ids:
        with house.transaction() as session:
            names = loose.abandon(session, slot_id, before=before, now=now)
        loose.erase_loose(house, names)


@jobs.job("evidence.close_day", cron=_AFTER_MIDNIGHT)
def close_day(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Put the heads of yesterday's visit chains under one signed root."""
    with house.transaction() as session:
        seals.close_day(session, Actor("evidence", house.clock.now()))


@jobs.job("evidence.seal_audit", cron=_AT_NIGHT)
def seal_audit(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Seal the days of the audit log that nobody writes in any longer."""
    with house.transaction() as session:
        audit_days.seal_days(session, Actor("evidence", house.clock.now()))


@jobs.job("evidence.remind", cron=_EVERY_HOUR)
def remind_of_evidence(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Ask a supervisor after evidence that was declared two days ago and has not arrived; once for each result."""
    actor = Actor("evidence", house.clock.now())
    with house.transaction() as session:
        for awaited in service.evidence_overdue(session, actor.at):
            detail = {"visit_no": awaited["visit_no"], "missing": awaited["missing"]}
            about = ("visit_result", awaited["result_id"], actor.at + _ANSWER, detail)
            tasks.open_task(session, actor, "EVIDENCE_OVERDUE", "SUPERVISOR", *about)
