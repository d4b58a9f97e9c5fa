"""Track points: once each, in batches, of a shift only, and after everything else."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from fieldops.agents.models import Crew
from fieldops.clock import at_local, local_date
from fieldops.demo.client import ApiError
from fieldops.sync import jobs, positions
from fieldops.sync.models import Position
from tests.planning.makers_of_plans import TOMORROW
from tests.sync.acts import all_of


def point(moment, **changes):
    return {"at": moment.isoformat(), "lat": 39.73, "lon": 116.14, "accuracy_m": 8.0} | changes


def send(api, *points):
    return api.post("/mobile/positions", {"points": list(points)})


def test_points_are_kept_once_however_often_they_are_sent(road):
    (phone, api), _ = road.phones()
    now = road.house.clock.now()
    points = [point(now - timedelta(seconds=10 * n), speed_mps=1.2) for n in range(20)]
    assert send(api, *points) == {"kept": 20, "outside_shift": 0}
    assert send(api, *points) == {"kept": 0, "outside_shift": 0}
    assert {str(row.device_id) for row in all_of(road, Position)} == {phone.device_id}


def test_what_an_agent_does_outside_the_shift_is_nobodys_business(road):
    (_, api), _ = road.phones()
    crew = road.crew
    road.house.clock.instant = at_local(TOMORROW, 23 * 3600)
    edges = [crew.shift_start_s - 1, crew.shift_start_s, crew.shift_end_s, crew.shift_end_s + 1]
    assert send(api, *[point(at_local(TOMORROW, second)) for second in edges]) == {"kept": 2, "outside_shift": 2}


def test_a_day_off_has_no_shift(road):
    (_, api), _ = road.phones()
    with road.house.transaction() as session:
        session.execute(update(Crew).values(until_on=TOMORROW - timedelta(days=1)))
    assert send(api, point(road.house.clock.now())) == {"kept": 0, "outside_shift": 1}


@pytest.mark.parametrize("off", [timedelta(hours=25), timedelta(minutes=3), -timedelta(days=4)])
def test_points_of_a_clock_that_cannot_be_are_not_kept(road, off):
    (_, api), _ = road.phones()
    assert send(api, point(road.house.clock.now() + off))["kept"] == 0


def test_five_hundred_points_are_a_batch_and_one_more_is_not(road):
    (_, api), _ = road.phones()
    now = road.house.clock.now()
    many = [point(now - timedelta(seconds=n)) for n in range(501)]
    assert send(api, *many[:500])["kept"] == 500
    with pytest.raises(ApiError) as problem:
        send(api, *many)
    assert problem.value.status == 422


@pytest.mark.parametrize(
    "change",
    [
        {"lat": 91},
        {"lon": "x"},
        {"at": "2026-11-24"},
        {"accuracy_m": -1},
        {"speed_mps": -1},
        {"name": "张"},
        {"lat": float("nan")},
    ],
)
def test_what_is_no_point_is_refused(road, change):
    (_, api), _ = road.phones()
    with pytest.raises(ApiError) as problem:
        send(api, point(road.house.clock.now(), **change))
    assert problem.value.status == 422


def test_positions_give_way_to_one_another(road):
    (_, api), _ = road.phones()
    with positions._one_at_a_time, pytest.raises(ApiError) as problem:
        send(api, point(road.house.clock.now()))
    assert (problem.value.status, problem.value.problem["code"]) == (429, "POSITIONS_BUSY")
    assert send(api, point(road.house.clock.now()))["kept"] == 1


def test_tracks_are_forgotten_after_thirty_days(road):
    (_, api), _ = road.phones()
    send(api, point(road.house.clock.now()))
    road.house.clock.advance(days=30)
    jobs.forget_old_rows(road.house)
    assert len(all_of(road, Position)) == 1
    road.house.clock.advance(seconds=1)
    jobs.forget_old_rows(road.house)
    assert all_of(road, Position) == []
    assert local_date(road.house.clock.now()) > TOMORROW
    with road.house.transaction() as session:
        assert session.scalars(select(Position)).all() == []
