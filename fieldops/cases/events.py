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
class RepaymentReversed:
    """The bank has taken a repayment back 冲正: the debt is what it was."""

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
class HoldReleased:
    """A hold was released before its end."""

    hold_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    kind: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class ComplaintOpened:
    """Somebody complained 投诉, or a closed complaint was opened again; ``grade`` is MINOR, ORDINARY or MAJOR."""

    complaint_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    grade: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class ComplaintClosed:
    """A complaint holds nothing back any longer; an ``upheld`` one was right about all ``agent_ids`` it names."""

    complaint_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    bank_id: uuid.UUID
    agent_ids: tuple[uuid.UUID, ...]
    upheld: bool
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
class SpecialStatusLifted:
    """A special status was disproved."""

    status_id: uuid.UUID
    case_id: uuid.UUID
    debtor_id: uuid.UUID
    kind: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class DebtorCorrected:
    """The bank corrected the identity number 证件号码 of a case: it is another person's, and was never the first's."""

    case_id: uuid.UUID
    debtor_before_id: uuid.UUID
    debtor_id: uuid.UUID
    actor: Actor


@dataclass(frozen=True, slots=True)
class AddressFound:
    """A case has learned of an address 新地址: found in the field, or told by a contact."""

    case_id: uuid.UUID
    debtor_id: uuid.UUID
    address_id: uuid.UUID
    kind: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class ThirdPartiesChanged:
    """Somebody near a debtor asked not to be contacted, or may be contacted again."""

    case_id: uuid.UUID
    debtor_id: uuid.UUID
    actor: Actor


@dataclass(frozen=True, slots=True)
class CaseChanged:
    """The status, the balance (its amount or its as-of day) or the end of a case changed, by a bank's row or a step."""

    case_id: uuid.UUID
    debtor_id: uuid.UUID
    status_before: str
    status: str
    balance_before_fen: int
    balance_fen: int
    actor: Actor
