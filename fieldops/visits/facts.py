"""What is known when a visit is decided: values with the row they came from, built by queries, judged by rules.

A register (calls, repayments, holds …) is complete by definition: an empty tuple says there is none. A single
value that is None is unknown, and goes to a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fieldops.policies.records import RecordError, from_plain, to_plain
from fieldops.policies.sections import ADDRESS_KINDS, PRECISIONS

CHANNELS = ("VISIT", "LETTER", "ALL")
HOLD_KINDS = (
    "BANK_PAUSE",
    "DO_NOT_COLLECT",
    "DISPUTE",
    "COMPLAINT",
    "INSTALMENT",
    "DEATH",
    "CUSTODY",
    "LITIGATION",
    "WITHDRAWAL_PENDING",
    "MANAGER",
)
STATUS_KINDS = (
    "FRAUD",
    "UNAUTHORISED_USE",
    "INCAPACITY",
    "LITIGATION",
    "CUSTODY",
    "DRUG",
    "DECEASED",
    "MISSING",
    "MINOR",
    "VULNERABLE",
    "BANKRUPT",
)
PROVEN = "COMPLETE"
PROOFS = ("CLAIMED", "PARTIAL", PROVEN)
GRADES = ("MINOR", "ORDINARY", "MAJOR")
CALLEES = ("SELF", "GUARANTOR", "THIRD")
ADDRESS_GRADES = ("PASS", "WARN", "REVIEW", "BLOCK")
ADDRESS_LABELS = ("VALID", "INCOMPLETE", "VAGUE", "SENSITIVE", "REVIEW", "OUT_OF_SCOPE")
REGISTER_STATES = ("UNVERIFIED", "VALID", "DOUBTFUL", "INVALID")
OWNERS = ("DEBTOR", "GUARANTOR", "THIRD")


def one_of(name: str, value: str | None, known: tuple[str, ...]) -> None:
    """Refuse a word the rules do not know: it would pass unseen. Raises: RecordError."""
    if value is not None and value not in known:
        raise RecordError(name, f"must be one of {', '.join(known)}, not {value!r}")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fact read from a stored row: ``ref`` names the row, ``recorded_at`` says since when it is on record."""

    ref: str
    recorded_at: datetime

    def __post_init__(self) -> None:
        """Refuse an instant without offset."""
        if self.recorded_at.tzinfo is None:
            raise RecordError("recorded_at", "must carry its offset, such as 2026-11-23T09:00:00+08:00")


@dataclass(frozen=True, kw_only=True)
class CaseFact(Row):
    """One entrusted case the request asks for; ``expiry_on`` counts an approved extension."""

    case_no: str
    bank: str
    product: str
    status: str
    expiry_on: date | None
    balance_fen: int | None
    balance_as_of: date | None
    overdue_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class CallFact(Row):
    """One phone call; ``case_ref`` is the ``ref`` of its case, ``connected`` None when the list does not say."""

    case_ref: str
    outbound: bool
    callee: str
    started_at: datetime
    connected: bool | None
    recording_id: str | None

    def __post_init__(self) -> None:
        """Refuse a callee no rule knows."""
        super().__post_init__()
        one_of("callee", self.callee, CALLEES)


@dataclass(frozen=True, kw_only=True)
class RepaymentFact(Row):
    """One repayment that stands (reversed ones are left out); ``is_full`` where it settled its case."""

    case_ref: str
    amount_fen: int
    paid_at: datetime
    is_full: bool = False


@dataclass(frozen=True, kw_only=True)
class PromiseFact(Row):
    """One promise to pay that nothing has overtaken."""

    case_ref: str
    due_on: date
    amount_fen: int | None = None


@dataclass(frozen=True, kw_only=True)
class HoldFact(Row):
    """One stop on collection; ``until_on`` belongs to it. An INSTALMENT in default no longer stops anything."""

    kind: str
    channels: str
    from_on: date
    until_on: date | None = None
    released_at: datetime | None = None
    in_default: bool = False

    def __post_init__(self) -> None:
        """Refuse a kind or channel no rule knows."""
        super().__post_init__()
        one_of("kind", self.kind, HOLD_KINDS)
        one_of("channels", self.channels, CHANNELS)


@dataclass(frozen=True, kw_only=True)
class StatusFact(Row):
    """One special status of the debtor that has not been lifted."""

    kind: str
    proof: str

    def __post_init__(self) -> None:
        """Refuse a kind or proof no rule knows."""
        super().__post_init__()
        one_of("kind", self.kind, STATUS_KINDS)
        one_of("proof", self.proof, PROOFS)


@dataclass(frozen=True, kw_only=True)
class ComplaintFact(Row):
    """One complaint that is not closed."""

    grade: str

    def __post_init__(self) -> None:
        """Refuse a grade no rule knows."""
        super().__post_init__()
        one_of("grade", self.grade, GRADES)


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """All that is on record about one debtor and the cases a request names, for visits and letters alike."""

    cases: tuple[CaseFact, ...]
    calls: tuple[CallFact, ...]
    repayments: tuple[RepaymentFact, ...]
    promises: tuple[PromiseFact, ...]
    holds: tuple[HoldFact, ...]
    special_statuses: tuple[StatusFact, ...]
    complaints: tuple[ComplaintFact, ...]
    born_on: date | None

    def __post_init__(self) -> None:
        """Refuse a request about nothing, and cases of two banks in one."""
        if not self.cases:
            raise RecordError("cases", "must name at least one case")
        if len({case.bank for case in self.cases}) > 1:
            raise RecordError("cases", "must be of one bank: each bank's cases are a request of their own")


@dataclass(frozen=True, kw_only=True)
class AddressCode:
    """One code of an address verdict, graded for visits and letters; ``detail`` names the part or the word."""

    code: str
    visit: str
    letter: str
    detail: str = ""

    def __post_init__(self) -> None:
        """Refuse a grade no rule knows."""
        one_of("visit", self.visit, ADDRESS_GRADES)
        one_of("letter", self.letter, ADDRESS_GRADES)


@dataclass(frozen=True, kw_only=True)
class InvalidFact(Row):
    """Why an address is known to be dead, since when, and the visit or mail return that proved it."""

    reason: str
    on: date
    evidence: str


@dataclass(frozen=True, kw_only=True)
class MailReturnFact(Row):
    """The mail return that blocks letters to an address until a supervisor clears it."""

    reason: str
    on: date


@dataclass(frozen=True, kw_only=True)
class AddressFact(Row):
    """One address of the debtor; ``label`` None when it has not been judged at the current edition."""

    kind: str
    text: str
    label: str | None
    codes: tuple[AddressCode, ...]
    register_state: str
    invalid: InvalidFact | None
    mail_return: MailReturnFact | None
    source: str | None
    belongs_to: str | None
    precision: str | None
    postcode: str | None = None
    bank_provided: bool = False
    phone_confirmed_at: datetime | None = None
    visited_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse words no rule knows."""
        super().__post_init__()
        one_of("kind", self.kind, ADDRESS_KINDS)
        one_of("label", self.label, ADDRESS_LABELS)
        one_of("register_state", self.register_state, REGISTER_STATES)
        one_of("belongs_to", self.belongs_to, OWNERS)
        one_of("precision", self.precision, PRECISIONS)


@dataclass(frozen=True, kw_only=True)
class OpenVisitFact(Row):
    """Another visit of the debtor that is still on its way, at the same address or nearby."""

    no: str
    status: str
    case_refs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DoneVisitFact(Row):
    """A visit to the debtor that took place."""

    on: date


@dataclass(frozen=True, kw_only=True)
class RequestFact(Row):
    """The request itself; what has not happened yet is None."""

    purpose: str | None
    reason: str | None
    goal: str | None
    requester: str
    submitted_at: datetime | None = None
    approver: str | None = None
    approved_at: datetime | None = None
    planned_on: date | None = None
    crosses_branch: bool | None = None


@dataclass(frozen=True, kw_only=True)
class SlotFact(Row):
    """When the crew is to arrive and leave, or did arrive."""

    arrive_at: datetime
    leave_at: datetime


@dataclass(frozen=True, kw_only=True)
class DayFact(Row):
    """The day of the visit in the calendar of its year: ``holiday`` "" on a plain day, None if no calendar says."""

    on: date
    holiday: str | None


@dataclass(frozen=True, kw_only=True)
class MemberFact(Row):
    """One visitor; ``eligible`` None when nobody declared it, ``conflict`` names a complaint or relation."""

    name: str
    eligible: bool | None
    why_not: str = ""
    conflict: str = ""


@dataclass(frozen=True, kw_only=True)
class CrewFact(Row):
    """Who goes, with which recorder; ``recorder_registered`` None when the register does not say."""

    members: tuple[MemberFact, ...]
    recorder: str | None
    recorder_registered: bool | None


@dataclass(frozen=True, kw_only=True)
class PositionFact(Row):
    """Where the phone was at check-in; ``precision_m`` is how well the address's own point is known."""

    distance_m: float
    accuracy_m: float
    precision_m: float


@dataclass(frozen=True, kw_only=True)
class VisitFacts:
    """Everything the visit rules look at."""

    file: CaseFile
    address: AddressFact
    addresses_before: tuple[AddressFact, ...]
    request: RequestFact
    open_visits: tuple[OpenVisitFact, ...]
    done_visits: tuple[DoneVisitFact, ...]
    mergeable: tuple[OpenVisitFact, ...]
    day: DayFact | None = None
    slot: SlotFact | None = None
    crew: CrewFact | None = None
    position: PositionFact | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to store beside the decision they led to."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "VisitFacts":
        """The facts stored as ``data``. Raises: RecordError."""
        return from_plain(cls, data)
