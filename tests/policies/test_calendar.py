from datetime import date
from importlib.resources import files

import pytest

from fieldops.policies.calendar import read_calendar, shipped_calendars
from fieldops.policies.edition import PolicyError

TEXT = (files("fieldops.policies") / "calendars" / "2026.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 3), "元旦"),
        (date(2026, 1, 4), ""),
        (date(2026, 2, 14), ""),
        (date(2026, 2, 15), "春节"),
        (date(2026, 2, 23), "春节"),
        (date(2026, 2, 24), ""),
        (date(2026, 10, 7), "国庆节"),
        (date(2026, 11, 24), ""),
        (date(2025, 12, 31), None),
        (date(2027, 1, 1), None),
    ],
)
def test_a_day_is_a_holiday_a_plain_day_or_not_known(day, name):
    assert shipped_calendars()[2026].holiday_on(day) == name


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 20), True),  # a Friday
        (date(2026, 11, 21), False),
        (date(2026, 10, 10), True),  # a Saturday worked in exchange
        (date(2026, 10, 7), False),  # a Wednesday of the National Day
    ],
)
def test_a_day_is_worked_unless_it_is_a_holiday_or_a_weekend_nobody_exchanged(day, worked):
    assert shipped_calendars()[2026].is_worked(day) is worked


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("2026-01-03", "2025-12-31", "holidays.last_on"),
        ("2026-01-03", "2026-02-15", "holidays"),
        ("2026-05-09", "2027-05-09", "year"),
        ("2026-05-09", "2026-05-05", "worked_weekends"),
        ("edition =", "editon =", "editon"),
        ("holidays = [", "holidays = {", "calendar"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_by_its_key(old, new, key):
    with pytest.raises(PolicyError) as refused:
        read_calendar(TEXT.replace(old, new))
    assert refused.value.key == key
    assert refused.value.mend
