"""What cases announce to the features above: money, holds, complaints, statuses and changes of a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uuid

    from fieldops.audit import Actor


@dataclass(frozen=True, slots=True)
class RepaymentReceived:
    """A repayment new to this house is on record."""

    repayment_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    actor: Actor


@dataclass(frozen=True, slots=True)
class HoldOpened:
    """Collection of a case is to pause 停催, from now or from a day to come; also when its end moved."""

    hold_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    kind: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class ComplaintOpened:
    """Somebody complained 投诉; ``grade`` is MINOR, ORDINARY or MAJOR."""

    complaint_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    grade: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class SpecialStatusRecorded:
    """A special status of the debtor was recorded, or its proof changed; ``proof`` COMPLETE stops collection."""

    status_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    kind: str
    proof: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """A bank's row changed the status or the balance (its amount or its as-of day) of a case."""

    case_id: uuid.UUID
    debtor_id: uuid.UUID
    status_before: str
    status: str
    balance_before_fen: int
    balance_fen: int
    actor: Actor
