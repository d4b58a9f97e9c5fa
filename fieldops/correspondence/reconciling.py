"""Every night the three books are compared: a difference is written down once, ages, and is settled when it is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from fieldops import audit, jobs
from fieldops.auth.roles import Role
from fieldops.correspondence import register
from fieldops.correspondence.differences import MENDS, REGISTER_MEND, Difference, differences
from fieldops.correspondence.mail_models import MailDifference
from fieldops.correspondence.watching import watch
from fieldops.tasks.service import open_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from fieldops.house import House

NIGHT = "correspondence.night"
LOOK_WITHIN = timedelta(days=1)
_LOCK = 0x6D61696C  # "mail": one comparison at a time


@jobs.job(NIGHT, cron="10 14 * * *")  # 22:10 in Shanghai
def keep_the_night(house: House, *, timestamp: int) -> None:
    """The nightly round: watchdogs, the comparison of the three books, the chain of the register."""
    del timestamp
    actor = audit.Actor("system", house.clock.now())
    with house.transaction() as session:
        watch(session, actor)
    with house.transaction() as session:
        reconcile(session, actor)


def reconcile(session: Session, actor: audit.Actor) -> dict[str, Any]:
    """Compare the three books and check the register's chain.

    New differences become tasks, those that are gone are settled, the others age.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = {(one.code, one.subject): one for one in differences(session)}
    for fault in register.verify_register(session):
        place = f"{fault.branch}/{fault.year}/{fault.number}"
        found[f"REGISTER_{fault.code}", place] = Difference(f"REGISTER_{fault.code}", place, {"text": fault.text})
    standing = {(row.code, row.subject): row for row in open_differences(session)}
    for key in standing.keys() - found.keys():
        standing[key].settled_at = actor.at
    for key, row in standing.items():
        if key in found:
            row.last_seen_at, row.detail = actor.at, found[key].detail
    for key in sorted(found.keys() - standing.keys()):
        _write_down(session, actor, *key, found[key].detail)
    session.flush()
    settled = len(standing.keys() - found.keys())
    said = {"open": len(found), "settled": settled}
    audit.record(session, actor, "mail.reconcile", "reconciliation", actor.at.isoformat(), reason=None, **said)
    return {"holds": not found, "settled": settled, "differences": aged(session, actor)}


def aged(session: Session, actor: audit.Actor) -> list[dict[str, Any]]:
    """The differences that stand, oldest first, each with its age in days."""
    return [
        {"code": row.code, "subject": row.subject, "detail": row.detail, "first_seen_at": row.first_seen_at,
         "mend": MENDS.get(row.code, REGISTER_MEND), "age_days": (actor.at - row.first_seen_at).days}
        for row in open_differences(session)
    ]  # fmt: skip


def open_differences(session: Session) -> Sequence[MailDifference]:
    """The differences nobody has settled, oldest first."""
    order = (MailDifference.first_seen_at, MailDifference.id)
    return session.scalars(sa.select(MailDifference).filter_by(settled_at=None).order_by(*order)).all()


def _write_down(session: Session, actor: audit.Actor, code: str, subject: str, detail: dict[str, Any]) -> None:
    row = MailDifference(code=code, subject=subject, detail=detail, first_seen_at=actor.at, last_seen_at=actor.at)
    session.add(row)
    session.flush()
    said = {"code": code, "subject": subject}
    due_at = actor.at + LOOK_WITHIN
    open_task(session, actor, "mail_difference", Role.ADMIN_APPROVER, "mail_difference", row.id, due_at, said)
