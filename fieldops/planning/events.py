"""What planning announces to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid
    from datetime import date

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class PlanPublished:
    """A plan became the day's plan.

    ``supersedes`` is the one it replaces, ``dropped`` the visits still to be made there that this one does not hold,
    ``relieved`` the crews whose day it hands to a substitute.
    """

    plan_id: uuid.UUID
    on_date: date
    supersedes: uuid.UUID | None
    dropped: frozenset[uuid.UUID]
    actor: Actor
    relieved: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class DayClosed:
    """A day is over; ``given_back`` are the visits of its plan that nobody made."""

    plan_id: uuid.UUID
    on_date: date
    given_back: frozenset[uuid.UUID]
    actor: Actor


@dataclass(frozen=True, slots=True)
class StopsTaken:
    """Stops left a published plan, as their crew or their day was lost: the visits wait in their batches."""

    visit_ids: frozenset[uuid.UUID]
    reason: str
    actor: Actor
