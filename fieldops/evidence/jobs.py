"""Evidence by the clock: uploads that expired go, what is overdue is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fieldops import jobs
from fieldops.audit import Actor
from fieldops.evidence import queries, service
from fieldops.tasks import service as tasks

if TYPE_CHECKING:
    from fieldops.house import House

_EVERY_HOUR: Final = "23 * * * *"
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
        for name in gone:
            house.store.delete(name)


@jobs.job("evidence.erase")
def erase_objects(house: House, *, names: list[str]) -> None:
    """Take objects nobody needs any longer out of the store."""
    for name in names:
        house.store.delete(name)


@jobs.job("evidence.remind", cron=_EVERY_HOUR)
def remind_of_evidence(house: House, *, timestamp: int | None = None) -> None:  # noqa: ARG001 - the cron's tick
    """Ask a supervisor after evidence that was declared two days ago and has not arrived; once for each result."""
    actor = Actor("evidence", house.clock.now())
    with house.transaction() as session:
        for awaited in service.evidence_overdue(session, actor.at):
            detail = {"visit_no": awaited["visit_no"], "missing": awaited["missing"]}
            about = ("visit_result", awaited["result_id"], actor.at + _ANSWER, detail)
            tasks.open_task(session, actor, "EVIDENCE_OVERDUE", "SUPERVISOR", *about)
