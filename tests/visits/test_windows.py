"""When a visit may begin."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.policies.reading import shipped_editions
from fieldops.visits.windows import appointed_spans, day_suits, visit_windows

POLICY = shipped_editions()[0]
HOUR = 3600


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("11:30-13:30", ((41400, 48600),)),
        ("9：05—10：00", ((32700, 36000),)),
        ("上午09:00至10:00、14:00~15:00", ((32400, 36000), (50400, 54000))),
        ("13:30-11:30", ()),
        ("24:30-25:00", ()),
        ("下午", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_an_appointment_is_read_as_seconds_of_the_day(text, spans):
    assert appointed_spans(text) == spans


@given(st.text(max_size=40))
def test_no_text_of_an_appointment_breaks_the_reading(text):
    assert all(0 <= start <= end < 24 * HOUR for start, end in appointed_spans(text))


def test_an_appointment_is_cut_to_lawful_hours():
    assert visit_windows("HOME", [(7 * HOUR, 9 * HOUR)], POLICY) == ((8 * HOUR, 9 * HOUR),)


def test_an_appointment_wholly_outside_lawful_hours_agrees_on_nothing():
    assert visit_windows("HOME", [(22 * HOUR, 23 * HOUR)], POLICY) == ()


def test_a_home_without_appointment_leaves_the_hour_to_planning():
    assert visit_windows("HOME", [], POLICY) == ()


def test_a_workplace_visit_begins_and_ends_in_office_hours():
    assert visit_windows("WORK", [], POLICY) == ((9 * HOUR, 17 * HOUR + 1800 - 1500),)
    assert visit_windows("WORK", [(17 * HOUR, 20 * HOUR)], POLICY) == ((17 * HOUR, 17 * HOUR + 300),)


def test_a_workplace_is_closed_on_saturdays_and_a_home_is_not():
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    assert not day_suits("WORK", saturday, POLICY)
    assert day_suits("WORK", monday, POLICY)
    assert day_suits("HOME", saturday, POLICY)
