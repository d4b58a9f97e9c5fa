"""Signals: each row shows where it should and nowhere else; a score asks for a look and refuses nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fieldops.results.signals import REVIEW_AT, SIGNALS, Reported, score_of, signals_of
from fieldops.tasks.models import Task
from tests.sync.acts import all_of, report_result, sync

FIX = {"accuracy_m": 12.0, "is_mock": False, "fix_age_s": 2.0, "speed_mps": 0.0}
FINE = Reported(
    position=FIX, distance_m=11, precision="ROOFTOP", stay=timedelta(minutes=20), slot_kinds=("AUDIO", "PHOTO_DOOR"),
    flags=(), executed=True,
)  # fmt: skip


def codes(reported):
    return {signal["code"] for signal in signals_of(reported)}


def test_a_visit_as_it_should_be_shows_nothing():
    assert signals_of(FINE) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"position": FIX | {"is_mock": True}}, "MOCK_FIX"),
        ({"distance_m": 301}, "FAR"),
        ({"distance_m": 1000}, "FAR"),
        ({"distance_m": 1001}, "VERY_FAR"),
        ({"position": None, "distance_m": None}, "NO_FIX"),
        ({"position": FIX | {"accuracy_m": 201.0}}, "COARSE_FIX"),
        ({"position": FIX | {"fix_age_s": 121.0}}, "STALE_FIX"),
        ({"position": FIX | {"speed_mps": 8.1}}, "MOVING"),
        ({"stay": timedelta(seconds=119)}, "SHORT_STAY"),
        ({"slot_kinds": ("AUDIO",)}, "NO_PHOTO"),
        ({"slot_kinds": ("PHOTO_DOOR",)}, "NO_RECORDING"),
        ({"flags": ("CLOCK_JUMP",)}, "CLOCK"),
    ],
)
def test_each_signal_shows_where_it_should_and_alone(changes, code):
    assert codes(replace(FINE, **changes)) == {code}


def test_every_row_is_shown_by_a_test_above():
    shown = test_each_signal_shows_where_it_should_and_alone.pytestmark[0].args[1]
    assert {code for _, code in shown} == {row.code for row in SIGNALS}


@pytest.mark.parametrize(
    "changes",
    [
        {"distance_m": 300},
        {"distance_m": 900, "position": FIX | {"accuracy_m": 190.0}, "precision": "VILLAGE"},
        {"distance_m": 500, "position": FIX | {"accuracy_m": 170.0}},
        {"distance_m": 5000, "precision": "DISTRICT"},
        {"stay": timedelta(seconds=120)},
    ],
)
def test_an_honest_doubt_is_no_distance(changes):
    assert codes(replace(FINE, **changes)) == set()


def test_a_visit_nobody_made_shows_nothing():
    assert signals_of(replace(FINE, executed=False, position=None, slot_kinds=())) == []


def test_a_mocked_fix_is_taken_and_looked_at(road):
    (phone, _), _ = road.phones()
    mocked = {"lat": 39.7301, "lon": 116.14, "accuracy_m": 9.0, "is_mock": True}
    done = report_result(road, phone, road.visit_id, position=mocked)
    assert sync(road, phone)[done] == "APPLIED"
    shown = road.client_as("QA").get(f"/api/v1/results/{done}").json
    assert shown["score"] == score_of(shown["signals"]) >= REVIEW_AT
    assert [each.kind for each in all_of(road, Task)].count("REVIEW_RESULT") == 1
