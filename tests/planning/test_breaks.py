"""Breaks and end places of crews through the day: planned, moved, planned again, and on the phones."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from fieldops.agents.models import Crew
from fieldops.clock import at_local
from fieldops.planning.models import CrewRoute
from fieldops.visits.models import Visit
from tests.planning.makers_of_plans import TOMORROW
from tests.planning.test_replanning import move, replanned
from tests.sync.acts import card, check_in, report_result, sync

TEN = 10 * 3600
BREAK = {"break_from_s": TEN, "break_until_s": TEN + 2700, "break_s": 1800}
END = {"end_lat": 39.76, "end_lon": 116.20}


@pytest.fixture
def resting(road):
    """The day on the road, planned anew at half past nine for crews with a break from ten and an end of their own."""
    with road.house.transaction() as session:
        session.execute(update(Crew).values(**BREAK, **END))
    road.boss, plan = replanned(road, keep="CREW")
    road.plan_id = plan["id"]
    return road


def days_of(road, plan_id=None):
    """Every crew's day in a plan: its row, its line on the map, its stops."""
    path = f"/api/v1/plans/{plan_id or road.plan_id}"
    stops = road.boss.get(f"{path}/stops").json
    lines = [
        each for each in road.boss.get(f"{path}/geojson").json["features"] if each["properties"]["kind"] == "route"
    ]
    with road.house.transaction() as session:
        rows = {
            row.crew_id: row for row in session.scalars(select(CrewRoute).filter_by(plan_id=plan_id or road.plan_id))
        }
    for crew in road.crews:
        line = next(each for each in lines if each["properties"]["crew"] == crew.code)
        yield rows[crew.id], line, [stop for stop in stops if stop["crew_id"] == str(crew.id)]


def spans(line):
    breaks = line["properties"]["breaks"]
    return [tuple(datetime.fromisoformat(each[end]) for end in ("begins_at", "ends_at")) for each in breaks]


def assert_kept(row, line, stops):
    """The break lies in its window and in no visit, no road is made in it, and the day ends at the end place."""
    ((begins_at, ends_at),) = spans(line)
    assert at_local(TOMORROW, TEN) <= begins_at < ends_at <= at_local(TOMORROW, TEN + 2700)
    assert ends_at - begins_at == timedelta(seconds=1800)
    left_at, home_s = row.starts_at, row.travel_s - sum(stop["travel_s"] for stop in stops)
    for stop in stops:
        arrives_at, begins, leaves_at = (datetime.fromisoformat(stop[name]) for name in TIMES)
        assert leaves_at <= begins_at or ends_at <= begins
        on_way = timedelta(seconds=1800 if left_at <= begins_at < arrives_at else 0)
        assert arrives_at - left_at >= timedelta(seconds=stop["travel_s"]) + on_way
        left_at = leaves_at
    assert line["geometry"]["coordinates"][-1] == [END["end_lon"], END["end_lat"]] != line["geometry"]["coordinates"][0]
    assert row.ends_at - left_at == timedelta(seconds=home_s + (1800 if begins_at >= left_at else 0))
    assert home_s > 400, "the end place is kilometres away"


TIMES = ("arrives_at", "begins_at", "leaves_at")


def test_a_planned_day_keeps_its_break_and_ends_at_its_end_place(resting):
    for row, line, stops in days_of(resting):
        assert len(stops) == 3
        assert_kept(row, line, stops)


def test_a_moved_visit_keeps_both_crews_breaks_and_ends(resting):
    _, answer = move(resting, resting.visit_id, resting.crews[1], position=1)
    assert answer.status_code == 201, answer.text
    days = list(days_of(resting, answer.json["id"]))
    assert [len(stops) for *_, stops in days] == [2, 4]
    for row, line, stops in days:
        assert_kept(row, line, stops)


def test_a_visit_is_not_moved_into_a_break(resting):
    with resting.house.transaction() as session:
        session.execute(update(Crew).values(break_s=2700))
    _, answer = move(resting, resting.visit_id, resting.crews[1], begins_from="10:10", begins_until="10:12")
    assert (answer.status_code, answer.json["code"]) == (409, "MOVE_REFUSED")
    with resting.house.transaction() as session:
        session.execute(update(Crew).values(break_from_s=None, break_until_s=None, break_s=None))
    _, answer = move(resting, resting.visit_id, resting.crews[1], begins_from="10:10", begins_until="10:12")
    assert answer.status_code == 201, "nothing but the break was in its way"


def test_a_visit_that_only_a_break_keeps_out_is_left_out_with_that_proof(resting):
    with resting.house.transaction() as session:
        session.execute(update(Crew).values(break_s=2700))
        session.get_one(Visit, resting.visit_id).windows = [[TEN + 600, TEN + 720]]
    boss, plan = replanned(resting, keep="CREW")
    (left,) = boss.get(f"/api/v1/plans/{plan['id']}/left-out").json
    assert (left["visit_id"], left["reason"]) == (str(resting.visit_id), "IMPOSSIBLE_ALONE")
    assert left["detail"]["limit_code"] == "BREAK"
    with resting.house.transaction() as session:
        session.execute(update(Crew).values(break_from_s=None, break_until_s=None, break_s=None))
    boss, plan = replanned(resting, keep="CREW")
    assert boss.get(f"/api/v1/plans/{plan['id']}/left-out").json == []
    assert [row.rests for row, *_ in days_of(resting, plan["id"])] == [[], []]


def test_a_break_is_on_the_phones_and_one_under_way_stays_in_the_next_plan(resting):
    assert resting.boss.post(f"/api/v1/plans/{resting.plan_id}/publish").status_code == 200
    (phone, _), _ = resting.phones()
    row, line, stops = next(days_of(resting))
    ((begins_at, ends_at),) = spans(line)
    for stop in stops:
        assert card(phone, stop["visit_id"])["breaks"] == line["properties"]["breaks"]
    for stop in stops:
        if datetime.fromisoformat(stop["leaves_at"]) <= begins_at:
            resting.house.clock.instant = datetime.fromisoformat(stop["leaves_at"])
            check_in(resting, phone, stop["visit_id"])
            report_result(resting, phone, stop["visit_id"], "O06")
            sync(resting, phone)
    resting.house.clock.instant = begins_at + timedelta(minutes=10)
    _, plan = replanned(resting, resting.plan_id, keep="ORDER", publish=True)
    again, line, left = next(days_of(resting, plan["id"]))
    assert again.rests == row.rests
    assert 0 < len(left) < len(stops)
    assert all(datetime.fromisoformat(stop["arrives_at"]) >= ends_at for stop in left)
    sync(resting, phone)
    assert all(card(phone, stop["visit_id"])["breaks"] == line["properties"]["breaks"] for stop in left)


def test_a_crew_without_a_break_has_none_on_the_map_and_no_word_of_it_on_its_phone(road):
    (phone, _), _ = road.phones()
    road.boss = road.client_as("SUPERVISOR")
    assert [line["properties"]["breaks"] for _, line, _ in days_of(road)] == [[], []]
    assert "breaks" not in card(phone, road.visit_id)
