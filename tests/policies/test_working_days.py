"""The working calendar: weekends, holidays, the weekend days worked in exchange, cut-offs; as activated here."""

from datetime import UTC, date, datetime, time

import pytest

from fieldops.audit import Actor
from fieldops.cases import complaints
from fieldops.policies import service
from fieldops.policies.edition import CALENDAR
from fieldops.policies.working_days import WorkingDays
from tests.makers import make_case

NOTICE = {
    "edition": "2026-corrected",
    "year": 2026,
    "source": "a corrected notice of the State Council",
    "holidays": [{"name": "示范假期", "first_on": "2026-11-27", "last_on": "2026-11-30"}],
    "worked_weekends": ["2026-12-05"],
}
FRIDAY_AT_TEN = datetime(2026, 11, 27, 2, tzinfo=UTC)


class NoCalendarsOfOurOwn:
    """A database nobody has activated a calendar in."""

    def scalar(self, _statement):
        return None


@pytest.fixture
def days():
    return WorkingDays(NoCalendarsOfOurOwn())


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-11-27", True),  # Friday
        ("2026-11-28", False),
        ("2026-10-10", True),  # a Saturday worked for the National Day week
        ("2026-10-05", False),  # Monday of that week
        ("2027-11-26", True),  # no calendar holds the year: weekdays
        ("2027-11-27", False),
    ],
)
def test_a_day_is_worked_or_not_by_the_calendar(days, day, worked):
    assert days.is_worked(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(
    ("day", "count", "following"),
    [
        ("2026-11-23", 1, "2026-11-24"),
        ("2026-11-27", 1, "2026-11-30"),  # a Friday
        ("2026-09-30", 1, "2026-10-08"),  # National Day
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday worked in exchange
        ("2026-11-27", 2, "2026-12-01"),
        ("2027-01-04", 1, "2027-01-05"),  # no calendar yet: weekdays count
        ("2026-11-23", 0, "2026-11-23"),
        ("2026-11-28", 0, "2026-11-30"),  # the same working day, for a Saturday, is Monday
    ],
)
def test_the_working_days_after_a_day_are_the_calendars(days, day, count, following):
    assert days.after(date.fromisoformat(day), count).isoformat() == following


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 27, 8, 0, tzinfo=UTC), "2026-11-27"),  # 16:00, the cut-off itself
        (datetime(2026, 11, 27, 8, 0, 1, tzinfo=UTC), "2026-11-30"),
        (datetime(2026, 11, 27, 17, tzinfo=UTC), "2026-11-30"),  # Saturday in Shanghai
    ],
)
def test_what_comes_after_the_cut_off_is_done_on_the_next_working_day(days, instant, day):
    assert days.of(instant, time(16)).isoformat() == day


def test_a_calendar_activated_here_moves_cut_offs_and_due_replies_at_once(house):
    with house.transaction() as session:
        service.draft_calendar(session, Actor("author", house.clock.now()), document=NOTICE, reason="更正通知")
        before = WorkingDays(session)
        assert (before.of(FRIDAY_AT_TEN, time(16)), before.edition_for(date(2026, 11, 27))) == (
            date(2026, 11, 27), "2026-1",
        )  # fmt: skip
        service.activate_edition(session, Actor("manager", house.clock.now()), CALENDAR, "2026-corrected")
        days = WorkingDays(session)
        assert (days.of(FRIDAY_AT_TEN, time(16)), days.edition_for(date(2026, 11, 27))) == (
            date(2026, 12, 1), "2026-corrected",
        )  # fmt: skip
        assert days.after(date(2026, 12, 4)) == date(2026, 12, 5)
        told = (make_case(session, called=False).id, date(2026, 11, 26))
        due = complaints.replies_due_at(session, [told], house.clock.now())
        assert due == {told: datetime(2026, 12, 1, 10, tzinfo=UTC)}
