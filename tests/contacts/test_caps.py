"""Every cap at its edge: what is counted, since when, and how much room is left."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fieldops.contacts.rules import CAPS, LONGEST, Contact, standings
from fieldops.policies.reading import shipped_editions

POLICY = shipped_editions()[0]
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
MIDNIGHT = NOW.replace(hour=0)
DAY = timedelta(days=1)


def room(code, *contacts, policy=POLICY):
    (found,) = [each for each in standings(contacts, policy, NOW) if each.code == code]
    return found.counted, found.room


def call(at, *, effective=True):
    return Contact("CALL", at, effective)


def test_a_debtor_nobody_contacted_leaves_all_room():
    found = standings([], POLICY, NOW)
    assert [each.code for each in found] == [cap.code for cap in CAPS]
    assert [each.room for each in found] == [3, 4, 2, 3, 1, 2]
    for each in found:
        assert each.question
        assert each.question_zh
        assert each.source
        assert NOW - each.since <= LONGEST


@pytest.mark.parametrize(("answered", "left"), [(2, 1), (3, 0), (4, 0)])
def test_three_answered_calls_a_day_are_the_cap(answered, left):
    calls = [call(NOW - timedelta(hours=2)) for _ in range(answered)]
    assert room("CC-01", *calls, call(NOW - timedelta(hours=2), effective=False)) == (answered, left)


@pytest.mark.parametrize(("at", "counted"), [(MIDNIGHT, 1), (MIDNIGHT - timedelta(seconds=1), 0), (NOW, 1)])
def test_a_day_begins_at_midnight_where_the_debtors_live(at, counted):
    assert room("CC-02", call(at, effective=None))[0] == counted


@pytest.mark.parametrize(("ago", "counted"), [(timedelta(hours=1), 1), (timedelta(hours=1, seconds=1), 0)])
def test_an_hour_is_the_last_sixty_minutes(ago, counted):
    assert room("CC-03", call(NOW - ago))[0] == counted


@pytest.mark.parametrize(("days", "counted"), [(29, 1), (30, 0)])
def test_thirty_days_are_today_and_the_twenty_nine_before(days, counted):
    assert room("CC-04", Contact("VISIT", NOW - days * DAY, None))[0] == counted
    assert room("CC-06", Contact("LETTER", NOW - days * DAY, None))[0] == counted


@pytest.mark.parametrize(("days", "left"), [(6, 0), (7, 1)])
def test_between_two_visits_lie_the_days_of_the_policy(days, left):
    assert room("CC-05", Contact("VISIT", NOW - days * DAY, None))[1] == left


def test_channels_are_counted_apart_and_what_is_to_come_is_not_counted():
    contacts = [call(NOW), Contact("VISIT", NOW, None), Contact("LETTER", NOW, None), call(NOW + timedelta(seconds=1))]
    assert [each.counted for each in standings(contacts, POLICY, NOW)] == [1, 1, 1, 1, 1, 1]


def test_a_bank_may_want_fewer():
    tight = replace(POLICY, contacts=replace(POLICY.contacts, answered_calls_per_day=1))
    assert room("CC-01", call(NOW), policy=tight) == (1, 0)
