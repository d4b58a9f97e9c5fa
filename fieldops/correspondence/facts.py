"""What is known when a letter is decided, beyond the debtor's file and the address it shares with visits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldops.policies.records import from_plain, to_plain
from fieldops.visits.facts import OWNERS, AddressFact, CaseFile, RequestFact, Row, one_of

KINDS = ("PAYMENT_NOTICE", "DUNNING", "LAWYER", "SETTLED")
DELIVERIES = ("REGISTERED_MAIL", "HAND_BY_VISIT", "PLAIN_MAIL", "COURIER", "PUBLIC_POSTING")
APPROVAL_SOURCES = ("BANK", "HQ_FILED")


@dataclass(frozen=True, kw_only=True)
class LetterFact(Row):
    """The letter asked for; ``figures_as_of`` is the day its frozen figures speak of, once it has any.

    ``full_numbers`` counts what reads as a whole card or identity number in those figures.
    """

    kind: str
    delivery: str
    recipient: str | None
    figures_as_of: date | None = None
    full_numbers: int | None = None
    malicious: bool | None = None
    law_firm_authorised: bool | None = None

    def __post_init__(self) -> None:
        """Refuse words no rule knows."""
        super().__post_init__()
        one_of("kind", self.kind, KINDS)
        one_of("delivery", self.delivery, DELIVERIES)
        one_of("recipient", self.recipient, OWNERS)


@dataclass(frozen=True, kw_only=True)
class ExaminedFact:
    """One thing the examination of a template found; ``needs_person`` where it refuses nothing."""

    code: str
    text: str
    needs_person: bool


@dataclass(frozen=True, kw_only=True)
class TemplateFact(Row):
    """The template version; ``bank`` None when it is filed for every bank, ``findings`` None if nobody examined it."""

    status: str
    bank: str | None
    approval_source: str | None
    valid_from: date | None
    valid_until: date | None = None
    findings: tuple[ExaminedFact, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class EarlierLetterFact(Row):
    """Another letter to the same address: still open, or sent on a day."""

    no: str
    kind: str
    is_open: bool
    sent_on: date | None


@dataclass(frozen=True, kw_only=True)
class TrackingFact(Row):
    """The registered number bound to the letter, and the item that already carries it, if any."""

    number: str
    in_use_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class PrintFact(Row):
    """The print batch: how many sheets of paper the admin department approved, and how many would be printed."""

    approved_quantity: int | None
    printing_quantity: int


@dataclass(frozen=True, kw_only=True)
class LetterFacts:
    """Everything the letter rules look at."""

    file: CaseFile
    address: AddressFact
    request: RequestFact
    letter: LetterFact
    template: TemplateFact | None
    earlier_letters: tuple[EarlierLetterFact, ...]
    tracking: TrackingFact | None = None
    batch: PrintFact | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to store beside the decision they led to."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LetterFacts":
        """The facts stored as ``data``. Raises: RecordError."""
        return from_plain(cls, data)


@dataclass(frozen=True, kw_only=True)
class CountFact(Row):
    """A print batch as it was counted: how many printed sheets nobody can show."""

    missing: int


@dataclass(frozen=True, kw_only=True)
class ReceiptFact(Row):
    """A posted item whose receipt is not filed."""

    posted_on: date


@dataclass(frozen=True, kw_only=True)
class PaperFacts:
    """Everything the custody rules look at."""

    count: CountFact
    unreceipted: tuple[ReceiptFact, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready to store beside the decision they led to."""
        plain: dict[str, Any] = to_plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PaperFacts":
        """The facts stored as ``data``. Raises: RecordError."""
        return from_plain(cls, data)
