"""What visits announce to the features above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class VisitStopped:
    """A cleared visit must not be made now: take it out of batch and route, and off the phone.

    ``status`` is where it went (CANCELLED, SUSPENDED …), ``was_status`` where it was. A visit that is IN_PROGRESS keeps
    that status, and its crew is told to leave. ``urgent`` where a crew may be on its way.
    """

    visit_id: uuid.UUID
    reason: str
    urgent: bool
    was_status: str
    status: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class VisitAdjusted:
    """What a cleared visit asks for has changed: its amount or the cards that share it."""

    visit_id: uuid.UUID
    amount_before_fen: int
    amount_fen: int
    status: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class LetterAtDoor:
    """What a crew reports of a letter it carried: HANDED, LEFT_SEALED or BROUGHT_BACK; ``to`` whom, or where.

    Results tell it and letters hear of it; neither knows the other.
    """

    visit_id: uuid.UUID
    case_id: uuid.UUID
    result_id: uuid.UUID
    letter_no: str
    outcome: str
    to: str
    reason: str | None
    actor: Actor
