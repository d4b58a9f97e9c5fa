"""How often a debtor may be contacted: one row a cap, counted over all banks and shown before anything is approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fieldops.policies.edition import Policy

CALL, VISIT, LETTER = "CALL", "VISIT", "LETTER"
LONGEST: Final = timedelta(days=90)
"""No window is longer: older contacts need not be read."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact as the caps count it."""

    channel: str
    at: datetime
    effective: bool | None


@dataclass(frozen=True)
class Cap:
    """One row: what is counted since when, how many are allowed, and where it is written."""

    code: str
    channel: str
    question: str
    question_zh: str
    since: Callable[[datetime, Policy], datetime]
    most: Callable[[Policy], int]
    source: str
    only_effective: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a debtor stands against one cap: ``room`` is how many more there may be now, never below 0."""

    code: str
    channel: str
    question: str
    question_zh: str
    since: datetime
    counted: int
    most: int
    room: int
    source: str


def _midnight(at: datetime, policy: Policy) -> datetime:
    zone = ZoneInfo(policy.timezone)
    return datetime.combine(at.astimezone(zone).date(), time(), zone)


def _days(days: Callable[[Policy], int]) -> Callable[[datetime, Policy], datetime]:
    return lambda at, policy: _midnight(at, policy) - timedelta(days=days(policy) - 1)


CAPS: Final[tuple[Cap, ...]] = (
    Cap(
        code="CC-01", channel=CALL, only_effective=True,
        question="Answered calls today", question_zh="当日有效通话",
        since=_midnight, most=lambda policy: policy.contacts.answered_calls_per_day,
        source="GB/T 45251-2025: three effective calls a day",
    ),
    Cap(
        code="CC-02", channel=CALL,
        question="Calls today", question_zh="当日呼叫",
        since=_midnight, most=lambda policy: policy.contacts.calls_per_day,
        source="003:255: four a day",
    ),
    Cap(
        code="CC-03", channel=CALL,
        question="Calls within an hour", question_zh="一小时内呼叫",
        since=lambda at, _policy: at - timedelta(hours=1), most=lambda policy: policy.contacts.calls_per_hour,
        source="003:255: two an hour",
    ),
    Cap(
        code="CC-04", channel=VISIT,
        question="Visits within 30 days", question_zh="30日内外访",
        since=_days(lambda _policy: 30), most=lambda policy: policy.visit.max_per_30_days,
        source="practice; VR-061",
    ),
    Cap(
        code="CC-05", channel=VISIT,
        question="Visits within the days that must lie between two", question_zh="最短间隔内外访",
        since=_days(lambda policy: max(policy.visit.min_days_between, 1)), most=lambda _policy: 1,
        source="practice; VR-061",
    ),
    Cap(
        code="CC-06", channel=LETTER,
        question="Letters within 30 days", question_zh="30日内信函",
        since=_days(lambda _policy: 30), most=lambda policy: policy.contacts.letters_per_30_days,
        source="practice; LR-060 for one kind to one address",
    ),
)  # fmt: skip


def standings(contacts: Iterable[Contact], policy: Policy, at: datetime) -> tuple[Standing, ...]:
    """How a debtor with these contacts stands against every cap at an instant; what is later does not count."""
    before = [each for each in contacts if each.at <= at]
    return tuple(_standing(cap, before, policy, at) for cap in CAPS)


def _standing(cap: Cap, before: list[Contact], policy: Policy, at: datetime) -> Standing:
    since, most = cap.since(at, policy), cap.most(policy)
    counted = sum(
        1
        for each in before
        if each.channel == cap.channel and each.at >= since and (each.effective or not cap.only_effective)
    )
    return Standing(
        code=cap.code,
        channel=cap.channel,
        question=cap.question,
        question_zh=cap.question_zh,
        since=since,
        counted=counted,
        most=most,
        room=max(most - counted, 0),
        source=cap.source,
    )
