"""What the law, and the house's own word, leave no policy free to loosen: a table, asked of every edition."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from functools import reduce
from typing import Any

from fieldops.policies.edition import Policy, PolicyError
from fieldops.policies.sections import Window

WHERE_DEBTORS_LIVE = "Asia/Shanghai"
LAWFUL_HOURS = Window(opens=time(8), closes=time(21))
LAWFUL_SOURCES = (
    "CONTRACT",
    "RESERVED",
    "AUTHORISED",
    "PUBLIC_LAWFUL",
    "TOLD_BY_CONTACT",
    "CREDIT_BUREAU",
    "FIELD_FOUND",
)
TOO_LOOSE = "POLICY_TOO_LOOSE"
FLOORS_EDITION = "2026-11.2"  # named anew when a floor is added or raised
BANNED_STATUSES = ("FRAUD", "UNAUTHORISED_USE", "INCAPACITY", "LITIGATION", "CUSTODY", "DRUG")


@dataclass(frozen=True)
class Floor:
    """One bound: which value, what it must keep to, in words for the mend, and where it is written.

    ``tighten`` gives the nearest value that keeps to it, for an edition written before there was the bound.
    """

    key: str
    keeps: Callable[[Any], bool]
    mend: str
    source: str
    tighten: Callable[[Any], Any]


def _at_least(key: str, bound: int, source: str) -> Floor:
    return Floor(
        key, lambda value: value >= bound, f"must be at least {bound}", source, lambda value: max(value, bound)
    )


def _at_most(key: str, bound: int, source: str) -> Floor:
    return Floor(key, lambda value: value <= bound, f"must be at most {bound}", source, lambda value: min(value, bound))


def _within_lawful_hours(key: str) -> Floor:
    return Floor(
        key, LAWFUL_HOURS.covers, "must lie within 08:00-21:00", "service plan (003 §二); GB/T 45251-2025 22-8",
        lambda window: within(window, LAWFUL_HOURS),
    )  # fmt: skip


def within(window: Window, bounds: Window) -> Window:
    """What of a window lies within bounds; the bounds where nothing does."""
    opens, closes = max(window.opens, bounds.opens), min(window.closes, bounds.closes)
    return replace(window, opens=opens, closes=closes) if opens < closes else bounds


def _always(key: str, source: str) -> Floor:
    return Floor(key, bool, "must stay true", source, lambda _value: True)


FLOORS: tuple[Floor, ...] = (
    Floor(
        "timezone",
        lambda value: value == WHERE_DEBTORS_LIVE,
        f"must be {WHERE_DEBTORS_LIVE}: hours and days are counted where the debtors live",
        "service plan (003 §二); GB/T 45251-2025 22-8",
        lambda _value: WHERE_DEBTORS_LIVE,
    ),
    _at_least("visit.calls.min_prior", 1, "service plan (003 §三): no visit before a phone call"),
    _at_least("letter.calls.min_prior", 1, "service plan (003 §四): no letter before a phone call"),
    _at_most("contacts.answered_calls_per_day", 3, "GB/T 45251-2025: three effective calls a day"),
    _at_most("contacts.calls_per_day", 4, "service plan (003:255): four calls a day"),
    _at_most("contacts.calls_per_hour", 2, "service plan (003:255): two calls an hour"),
    _always("visit.calls.require_recording", "credit-card measures, Article 68: the process is recorded"),
    _always("letter.calls.require_recording", "credit-card measures, Article 68: the process is recorded"),
    _within_lawful_hours("visit.hard_window"),
    _at_least("visit.crew_min", 2, "practice confirmed in the service plan: two visitors at every door"),
    Floor(
        "visit.lawful_sources",
        lambda value: set(value) <= set(LAWFUL_SOURCES),
        f"may only name {', '.join(LAWFUL_SOURCES)}",
        "CBA guide 2026: six lawful sources of contact data",
        lambda value: tuple(each for each in value if each in LAWFUL_SOURCES),
    ),
    Floor(
        "visit.banned_statuses",
        lambda value: set(value) >= set(BANNED_STATUSES),
        f"must include {', '.join(BANNED_STATUSES)}",
        "service plan (003 §三): proven special statuses bar visits",
        lambda value: (*value, *(each for each in BANNED_STATUSES if each not in value)),
    ),
    _at_least("visit.adult_age_years", 18, "Civil Code, Article 17"),
    _at_least("letter.lawyer_min_overdue_days", 15, "collection plan (000): lawyer's letters after 15 days"),
    _at_least("case.extension_lead_days", 3, "collection lecture (002): extensions are asked three days ahead"),
    _at_most("case.complaint_reply_working_days", 1, "service plan (003:377): answered the same day or the next"),
    _at_least("evidence.retention_years", 2, "credit-card measures, Article 68: recordings kept two years"),
)


def check_floors(policy: Policy) -> None:
    """Refuse a policy looser than a floor. Raises: PolicyError naming the key, the mend and the source."""
    for floor in broken_floors(policy):
        shown = policy.plain_value(floor.key)
        where = f" for {policy.scope}" if policy.scope else ""
        raise PolicyError(floor.key, f"{floor.mend}{where}, not {shown} ({floor.source})", code=TOO_LOOSE)


def broken_floors(policy: Policy) -> list[Floor]:
    """The floors a policy is looser than."""
    return [floor for floor in FLOORS if not floor.keeps(value_of(policy, floor.key))]


def value_of(policy: Policy, key: str) -> Any:
    """The value under a dotted key."""
    return reduce(getattr, key.split("."), policy)
