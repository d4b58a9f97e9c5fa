"""The working calendar: weekends, holidays, the weekend days worked in exchange, and cut-offs."""

from datetime import UTC, date, datetime, time

import pytest

from fieldops.policies.calendar import is_working_day, next_working_day, working_day_of


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
def test_a_day_is_worked_or_not_by_the_calendar(day, worked):
    assert is_working_day(date.fromisoformat(day)) is worked


def test_the_next_working_day_jumps_over_a_holiday_week():
    assert next_working_day(date(2026, 9, 30)) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 27, 8, 0, tzinfo=UTC), "2026-11-27"),  # 16:00, the cut-off itself
        (datetime(2026, 11, 27, 8, 0, 1, tzinfo=UTC), "2026-11-30"),
        (datetime(2026, 11, 27, 17, tzinfo=UTC), "2026-11-30"),  # Saturday in Shanghai
    ],
)
def test_what_comes_after_the_cut_off_is_done_on_the_next_working_day(instant, day):
    assert working_day_of(instant, time(16)).isoformat() == day
