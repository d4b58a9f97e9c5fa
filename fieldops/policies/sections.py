"""The sections of a policy: every threshold and switch with its unit, checked when it is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import time
from typing import Any

from fieldops.policies.records import RecordError

CALL_SCOPES = ("CASE", "DEBTOR_BANK")
ADDRESS_KINDS = ("HOME", "HUKOU", "WORK", "BILLING", "OTHER")
PRECISIONS = ("CONFIRMED", "ROOFTOP", "STREET", "POI", "VILLAGE", "TOWN", "DISTRICT", "CITY", "NONE")


def _counted(record: Any) -> None:
    """Refuse a negative whole number wherever one stands."""
    for each in fields(record):
        value = getattr(record, each.name)
        if isinstance(value, int) and value < 0:
            raise RecordError(each.name, "must not be negative")


def _among(record: Any, name: str, known: tuple[str, ...]) -> None:
    value = getattr(record, name)
    for each in (value,) if isinstance(value, str) else value:
        if each not in known:
            raise RecordError(name, f"must be among {', '.join(known)}, not {each!r}")


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of the day, both ends belonging to it."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        """Refuse a window that closes before it opens."""
        if self.opens >= self.closes:
            raise RecordError("closes", f"must be later than opens ({self.opens:%H:%M})")

    def covers(self, inner: "Window") -> bool:
        """Whether ``inner`` lies within."""
        return self.opens <= inner.opens and inner.closes <= self.closes


@dataclass(frozen=True, kw_only=True)
class WorkWindow(Window):
    """When workplaces may be visited; days count from Monday = 1."""

    days: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse days no week has."""
        super().__post_init__()
        if not self.days or not set(self.days) <= set(range(1, 8)):
            raise RecordError("days", "must name weekdays, Monday = 1 to Sunday = 7")


@dataclass(frozen=True, kw_only=True)
class CallPolicy:
    """What counts as having called first; ``scope`` CASE, or DEBTOR_BANK for any case of the debtor at the bank."""

    min_prior: int
    must_connect: bool
    require_recording: bool
    scope: str
    max_age_days: int

    def __post_init__(self) -> None:
        """Refuse values no rule could use."""
        _counted(self)
        _among(self, "scope", CALL_SCOPES)


@dataclass(frozen=True, kw_only=True)
class VisitPolicy:
    """Thresholds of the visit rules."""

    calls: CallPolicy
    expiry_warn_days: int
    min_balance_fen: int
    inclusive_pass: bool
    sum_cards: bool
    balance_max_age_days: int
    recent_payment_days: int
    promise_grace_days: int
    approval_valid_days: int
    min_days_between: int
    max_per_30_days: int
    max_no_answer_revisits: int
    address_order: tuple[str, ...]
    lawful_sources: tuple[str, ...]
    sensitive_rejected: tuple[str, ...]
    geocode_worst: str
    banned_statuses: tuple[str, ...]
    adult_age_years: int
    hard_window: Window
    plan_window: Window
    work_window: WorkWindow
    crew_min: int
    crew_max: int
    checkin_warn_m: int
    checkin_review_m: int
    auto_approve_clean: bool

    def __post_init__(self) -> None:
        """Refuse values no rule could use."""
        _counted(self)
        _among(self, "address_order", ADDRESS_KINDS)
        _among(self, "geocode_worst", PRECISIONS)
        if self.crew_max < self.crew_min:
            raise RecordError("crew_max", f"must be at least crew_min ({self.crew_min})")
        if self.checkin_review_m < self.checkin_warn_m:
            raise RecordError("checkin_review_m", f"must be at least checkin_warn_m ({self.checkin_warn_m})")
        if not self.hard_window.covers(self.plan_window):
            raise RecordError("plan_window", "must lie within hard_window")


@dataclass(frozen=True, kw_only=True)
class LetterPolicy:
    """Thresholds of the letter rules."""

    calls: CallPolicy
    min_balance_fen: int
    inclusive_block: bool
    hand_delivery_exempt: bool
    balance_max_age_days: int
    min_days_between: int
    lawyer_min_overdue_days: int
    channels: tuple[str, ...]
    cut_off: time
    receipt_days: int
    no_news_days: int
    followup_call_days: int
    tracking_pattern: str
    delivery_receipt_days: int = 30  # editions made before it was asked for say nothing of it

    def __post_init__(self) -> None:
        """Refuse values no rule could use."""
        _counted(self)
        if not self.channels:
            raise RecordError("channels", "must name at least one way of posting, such as REGISTERED_MAIL")
        try:
            re.compile(self.tracking_pattern)
        except re.error as error:
            raise RecordError("tracking_pattern", f"must be a regular expression: {error}") from error


@dataclass(frozen=True, kw_only=True)
class ContactPolicy:
    """How often a debtor may be contacted, over all banks; visits have their caps among the visit rules."""

    answered_calls_per_day: int
    calls_per_day: int
    calls_per_hour: int
    letters_per_30_days: int

    def __post_init__(self) -> None:
        """Refuse values nothing could be counted against."""
        _counted(self)


@dataclass(frozen=True, kw_only=True)
class CasePolicy:
    """Terms of entrusted cases and complaints.

    ``cycle_months`` is how long a mandate runs whose end the bank does not give; 0 assumes none, and a person looks.
    ``import_sla_hours`` is when a file of cases should be in.
    """

    cycle_months: int
    extension_lead_days: int
    import_sla_hours: int
    complaint_reply_working_days: int

    def __post_init__(self) -> None:
        """Refuse terms no calendar has."""
        _counted(self)


@dataclass(frozen=True, kw_only=True)
class EvidencePolicy:
    """How long evidence is kept."""

    retention_years: int


@dataclass(frozen=True, kw_only=True)
class RoutingPolicy:
    """What a day of a crew may hold."""

    max_stops: int
    max_shift_s: int
    service_s: Mapping[str, int]
    detour_factor: float
    speed_kmh: float

    def __post_init__(self) -> None:
        """Refuse roads shorter than the straight line, and crews that never arrive."""
        _counted(self)
        if self.detour_factor < 1:
            raise RecordError("detour_factor", "must be at least 1: no road is shorter than the straight line")
        if self.speed_kmh <= 0:
            raise RecordError("speed_kmh", "must be more than 0")
