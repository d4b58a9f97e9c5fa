"""What a plan changed in comparison with another of its day: what moved, why, minutes and kilometres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import routing
from fieldops.errors import NotUnderstood
from fieldops.planning import queries, states
from fieldops.planning.stored import plan_as_made

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from fieldops.planning.models import DayPlan

SAME_TIME_S = 300
"""A visit that only begins up to five minutes earlier or later has not moved."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two plans and what differs from the first to the second."""

    before: DayPlan
    after: DayPlan
    difference: routing.Difference


def compare_plans(session: Session, plan_id: uuid.UUID, *, against: uuid.UUID | None) -> Compared:
    """This plan against another of its day; by default the one it was made from, or itself when it is the first.

    What had been done or begun before this plan was made is in neither. Raises: NotUnderstood, NotFound.
    """
    after = queries.plan_by_id(session, plan_id)
    before = queries.plan_by_id(session, against or after.base_id or after.id)
    if before.on_date != after.on_date:
        raise NotUnderstood("OTHER_DAY", f"That plan is of {before.on_date}; compare plans of one day.")
    gone = (states.SKIPPED, *states.BEGUN) if after.base_id is not None else ()
    was = plan_as_made(session, before, without=gone)
    now = plan_as_made(session, after, without=(states.CANCELLED,))
    return Compared(before, after, routing.difference(was, now, tolerance_s=SAME_TIME_S))
