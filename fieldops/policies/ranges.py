"""Where each number of a policy may lie: beyond it, somebody has mistyped a day for a second, or a yuan for a fen.

Floors say what law and the house's word forbid; a range says what nobody can mean. It is asked of what is drafted:
what decided once can be asked again, whatever it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from fieldops.policies.edition import Policy, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OUT_OF_RANGE = "POLICY_OUT_OF_RANGE"


class Range(NamedTuple):
    """The least and the most a number may be, with the unit it is counted in."""

    least: float
    most: float
    unit: str


_MONEY: Final = Range(0, 10_000_000_000, "fen (100,000,000 yuan)")
_FRESH: Final = Range(0, 90, "days")
_TO_CALL: Final = {"min_prior": Range(1, 30, "calls"), "max_age_days": Range(1, 366, "days")}
RANGES: Final[Mapping[str, Range]] = {
    **{f"{section}.calls.{name}": each for section in ("visit", "letter") for name, each in _TO_CALL.items()},
    "visit.expiry_warn_days": Range(0, 60, "days"),
    "visit.min_balance_fen": _MONEY,
    "visit.balance_max_age_days": _FRESH,
    "visit.recent_payment_days": _FRESH,
    "visit.promise_grace_days": Range(0, 30, "days"),
    "visit.approval_valid_days": Range(1, 90, "days"),
    "visit.min_days_between": Range(0, 90, "days"),
    "visit.max_per_30_days": Range(1, 30, "visits"),
    "visit.max_no_answer_revisits": Range(0, 10, "visits"),
    "visit.adult_age_years": Range(18, 25, "years"),
    "visit.crew_min": Range(2, 6, "people"),
    "visit.crew_max": Range(2, 6, "people"),
    "visit.checkin_warn_m": Range(1, 5_000, "metres"),
    "visit.checkin_review_m": Range(1, 20_000, "metres"),
    "letter.min_balance_fen": _MONEY,
    "letter.balance_max_age_days": _FRESH,
    "letter.min_days_between": Range(0, 366, "days"),
    "letter.lawyer_min_overdue_days": Range(15, 3_660, "days"),
    "letter.receipt_days": Range(1, 60, "days"),
    "letter.no_news_days": Range(1, 180, "days"),
    "letter.followup_call_days": Range(0, 30, "days"),
    "letter.delivery_receipt_days": Range(1, 180, "days"),
    "contacts.answered_calls_per_day": Range(0, 3, "calls"),
    "contacts.calls_per_day": Range(0, 4, "calls"),
    "contacts.calls_per_hour": Range(0, 2, "calls"),
    "contacts.letters_per_30_days": Range(0, 30, "letters"),
    "case.cycle_months": Range(0, 60, "months"),
    "case.extension_lead_days": Range(3, 60, "days"),
    "case.import_sla_hours": Range(1, 72, "hours"),
    "case.complaint_reply_working_days": Range(0, 1, "working days"),
    "evidence.retention_years": Range(2, 30, "years"),
    "routing.max_stops": Range(1, 60, "visits"),
    "routing.max_shift_s": Range(3_600, 57_600, "seconds (1 to 16 hours)"),
    "routing.service_s": Range(60, 14_400, "seconds (1 minute to 4 hours)"),
    "routing.detour_factor": Range(1, 5, "times the straight line"),
    "routing.speed_kmh": Range(3, 120, "kilometres an hour"),
}


def check_ranges(policy: Policy) -> None:
    """Refuse a number nobody can mean. Raises: PolicyError naming the key, both ends and the unit."""
    for key, allowed in RANGES.items():
        for name, value in _values(policy, key):
            if not allowed.least <= value <= allowed.most:  # so that no number at all (nan) is refused as well
                where = f" for {policy.scope}" if policy.scope else ""
                mend = f"must be from {allowed.least:,} to {allowed.most:,} {allowed.unit}{where}, not {value}"
                raise PolicyError(name, mend, code=OUT_OF_RANGE)


def _values(policy: Policy, key: str) -> Iterator[tuple[str, float]]:
    value = policy.plain_value(key)
    if isinstance(value, dict):
        yield from ((f"{key}.{name}", each) for name, each in value.items())
    else:
        yield key, value
