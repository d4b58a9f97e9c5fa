"""Which editions of the user's own there are, and which decides on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from fieldops.policies.edition import ACTIVE, CALENDAR, POLICY, WITHDRAWN
from fieldops.policies.models import PolicyEdition
from fieldops.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session


_BEGUN: Final = """
    SELECT id, first_on FROM policy_edition
    WHERE kind = %(kind)s AND status = %(status)s AND first_on <= %(day)s
    ORDER BY first_on DESC LIMIT 1
"""


def own_policy_on(session: Session, day: date) -> tuple[UUID, date] | None:
    """Id and first day of the newest policy of our own that has begun by a day."""
    rows = read_rows(session, _BEGUN, {"kind": POLICY, "status": ACTIVE, "day": day})
    return rows[0] if rows else None


def own_calendar_of(session: Session, year: date) -> UUID | None:
    """The id of the calendar of that year activated last: a later notice replaces an earlier one."""
    chosen = sa.select(PolicyEdition.id).filter_by(kind=CALENDAR, status=ACTIVE, first_on=year)
    return session.scalar(chosen.order_by(PolicyEdition.activated_at.desc(), PolicyEdition.id.desc()).limit(1))


def edition_by_id(session: Session, edition_id: UUID) -> PolicyEdition:
    """The edition of that id."""
    return session.get_one(PolicyEdition, edition_id)


def standing_edition(session: Session, kind: str, name: str, *, lock: bool = False) -> PolicyEdition | None:
    """The edition of that name that was not withdrawn."""
    query = sa.select(PolicyEdition).filter_by(kind=kind, name=name).where(PolicyEdition.status != WITHDRAWN)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def policy_beginning_on(session: Session, first_on: date) -> PolicyEdition | None:
    """The active policy of our own that begins on that day."""
    return session.scalar(sa.select(PolicyEdition).filter_by(kind=POLICY, status=ACTIVE, first_on=first_on))


def banks_not_known(session: Session, codes: Collection[str]) -> list[str]:
    """Those of these codes no bank has. Banks belong to cases, above: only the code of the table is looked at."""
    bank = sa.table("bank", sa.column("code", sa.Text))
    known = session.scalars(sa.select(bank.c.code).where(bank.c.code.in_(codes))) if codes else ()
    return sorted(set(codes).difference(known))


def own_editions(session: Session, kind: str) -> Sequence[PolicyEdition]:
    """Every edition of our own, oldest first, drafts and withdrawn ones included."""
    query = sa.select(PolicyEdition).filter_by(kind=kind)
    return session.scalars(query.order_by(PolicyEdition.first_on, PolicyEdition.id)).all()


def begin_trial(session: Session) -> bool:
    """Whether this transaction may try a draft: no other one does."""
    lock = sa.func.pg_try_advisory_xact_lock(sa.func.hashtext("policies.try"))
    return bool(session.scalar(sa.select(lock)))
