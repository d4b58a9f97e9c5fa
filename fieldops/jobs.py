"""The job queue: Procrastinate on the same database, deferred inside the business transaction.

A job's handler takes the house and plain arguments, opens its own transactions and is idempotent: a worker that is
killed leaves its job to be found by ``retry_stalled`` and run again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from fieldops.db import driver_connection, libpq_conninfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from procrastinate.tasks import Task
    from sqlalchemy.orm import Session

    from fieldops.house import House

queue = procrastinate.App(connector=procrastinate.PsycopgConnector())
_log = logging.getLogger(__name__)
# A running worker's own connector is asynchronous and cannot use a session's connection, so jobs are always deferred
# through a synchronous one; it never opens a connection of its own.
_in_transactions = JobManager(procrastinate.SyncPsycopgConnector())
_RETRY = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=3)
_STALLED_AFTER_S = 30

_open_house: list[House] = []


def job(
    name: str, *, lock: str | None = None, cron: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register ``handler(house, **arguments)`` as the job ``name``; jobs of one ``lock`` run one at a time.

    With ``cron`` (in UTC) it is also run by the clock, once for all workers, with ``timestamp`` as its argument.
    """

    def register(handler: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:
            try:
                handler(_open_house[-1], **arguments)
            except Exception:
                _log.exception("job %s failed and will be tried again", name)  # the queue itself keeps no reason
                raise

        task = queue.task(name=name, retry=_RETRY, lock=lock)(run)
        if cron is not None:
            queue.periodic(cron=cron)(task)  # type: ignore[arg-type]  # it hands over a timestamp
        return handler

    return register


def defer(session: Session, name: str, *, unique: str | None = None, after_s: int = 0, **arguments: Any) -> None:
    """Enqueue a job in the transaction of ``session``: no commit, no job; it waits ``after_s`` seconds at least.

    With ``unique`` a waiting job of the same key is enough: a second is not added. That job stays locked until this
    transaction ends, so that no worker runs it before it can see what this one has written.
    """
    connection = driver_connection(session)
    session.flush()
    task: Task[..., Any, Any] = queue.tasks[name]
    waits: Any = {"seconds": after_s} if after_s else None
    deferrer = task.configure(connection=connection, queueing_lock=unique, schedule_in=waits)
    deferrer.job_manager = _in_transactions
    if unique is None:
        deferrer.defer(**arguments)
        return
    while connection.execute(_WAITING, [unique]).fetchone() is None:
        with suppress(AlreadyEnqueued), connection.transaction():  # a savepoint: the read above began the transaction
            deferrer.defer(**arguments)
            return


_WAITING = "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' LIMIT 1 FOR SHARE"


@queue.periodic(cron="* * * * *")
@queue.task(name="jobs.retry_stalled", queueing_lock="jobs.retry_stalled", pass_context=True)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - the cron's tick
    """Give jobs of workers that died back to the queue; Procrastinate finds them but leaves the retry to us."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_AFTER_S):
        _log.warning("job %s (%s) lost its worker; it runs again", stalled.id, stalled.task_name)
        await manager.retry_job(stalled)


def work(house: House, *, until_empty: bool = False, concurrency: int = 1) -> None:
    """Run a worker here until a signal stops it or, with ``until_empty``, until the queue is empty."""
    _open_house.append(house)
    try:
        asyncio.run(_work(house, until_empty=until_empty, concurrency=concurrency))
    finally:
        _open_house.pop()


async def _work(house: House, *, until_empty: bool, concurrency: int) -> None:
    connector = procrastinate.PsycopgConnector(conninfo=libpq_conninfo(house.database.url), min_size=1, max_size=4)
    with queue.replace_connector(connector):
        async with queue.open_async():
            await queue.run_worker_async(
                wait=not until_empty,
                concurrency=concurrency,
                install_signal_handlers=not until_empty,
                fetch_job_polling_interval=1.0,
                delete_jobs="successful",
            )
