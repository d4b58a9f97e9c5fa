"""A day as a problem of the routing engine: lawful starts, service times, and whom nobody may be sent to."""

import math
from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.agents.rules import MODES
from fieldops.planning.problem import day_problem
from fieldops.planning.queries import VisitToPlan
from fieldops.policies.edition import Override
from fieldops.policies.reading import shipped_editions
from routing import Break, Window, plan, violations

POLICY = shipped_editions()[0]
HOUR, MINUTE = 3600, 60
NINE, TWENTY, TWENTY_ONE = 9 * HOUR, 20 * HOUR, 21 * HOUR


def a_visit(**changes):
    values = {
        "id": uuid4(), "no": "WF1", "debtor_id": uuid4(), "lat": 39.73, "lon": 116.14, "address_kind": "HOME",
        "purpose": "COLLECT", "priority": 3, "windows_s": (), "bank_id": uuid4(), "bank": "示范银行A", "product": "信用卡",
        "waived": (), "last_on": None,
    }  # fmt: skip
    return VisitToPlan(**(values | changes))


def a_crew(**changes):
    values = {
        "id": uuid4(), "code": "C001", "start_lat": 39.72, "start_lon": 116.13, "shift_start_s": NINE,
        "shift_end_s": TWENTY, "mode": "CAR", "end_lat": None, "end_lon": None, "break_from_s": None,
        "break_until_s": None, "break_s": None,
    }  # fmt: skip
    return SimpleNamespace(**(values | changes))


def test_a_policy_may_say_that_roads_are_longer_than_the_near_ones_are_taken_for():
    routing = replace(POLICY.routing, detour_factor=1.8)
    travel = day_problem([a_visit()], [a_crew()], replace(POLICY, routing=routing)).problem.travel
    assert travel.detour == travel.near_detour == 1.8
    assert day_problem([a_visit()], [a_crew()], POLICY).problem.travel.near_detour == 1.5


def the_stop(visit):
    (stop,) = day_problem([visit], [a_crew()], POLICY).problem.stops
    return stop


def test_engine_and_people_call_visits_and_crews_by_the_same_names():
    visit, crew = a_visit(), a_crew()
    day = day_problem([visit], [crew], POLICY)
    assert [stop.id for stop in day.problem.stops] == ["WF1"]
    assert [each.id for each in day.problem.crews] == ["C001"]
    assert (day.visit_ids, day.crew_ids) == ({"WF1": visit.id}, {"C001": crew.id})


def test_priority_comes_first_then_travel_then_an_even_share_and_then_the_crew_of_last_time():
    """Each weight is below the one before it, and leaving anybody out is dearer than all of them together."""
    problem = day_problem([a_visit(last_crew="C007")], [a_crew()], POLICY).problem
    weights = problem.objective
    assert problem.stops[0].last_crew == "C007"
    assert 0 < weights.other_crew_s < weights.balance_s < 600, "less than a usual leg"
    assert weights.other_crew_s + weights.balance_s < min(weights.left_out_s) / 10
    assert list(weights.left_out_s) == sorted(set(weights.left_out_s))


def test_between_two_crews_as_near_the_one_that_was_there_last_time_goes():
    crews = [a_crew(code=code) for code in ("C001", "C002")]
    for last in ("C001", "C002"):
        problem = day_problem([a_visit(last_crew=last)], crews, POLICY).problem
        (route,) = plan(problem, budget_s=5, seed=1, cores=1, limit=50).routes
        assert route.crew_id == last


def test_two_crews_as_near_share_their_visits():
    visits = [a_visit(no=f"WF{n}", lat=39.721 + n / 10_000, lon=116.131) for n in range(6)]
    problem = day_problem(visits, [a_crew(code=code) for code in ("C001", "C002")], POLICY).problem
    found = plan(problem, budget_s=5, seed=1, cores=1, limit=500)
    near = replace(problem, objective=replace(problem.objective, balance_s=0))
    alone = plan(near, budget_s=5, seed=1, cores=1, limit=500)
    assert [len(route.visits) for route in alone.routes] == [6]
    assert sorted(len(route.visits) for route in found.routes) == [3, 3]


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({"address_kind": "HOME"}, 20),
        ({"address_kind": "HUKOU"}, 20),
        ({"address_kind": "WORK"}, 25),
        ({"purpose": "DELIVER_LETTER"}, 10),
        ({"purpose": "DELIVER_LETTER", "address_kind": "WORK"}, 10),
    ],
)
def test_a_visit_takes_as_long_as_its_kind(changes, minutes):
    assert the_stop(a_visit(**changes)).service_s == minutes * MINUTE


def test_where_no_hour_is_agreed_the_planning_hours_hold_to_the_end_of_the_visit():
    (window,) = the_stop(a_visit()).windows
    assert (window.start_s, window.end_s) == (NINE, TWENTY - 20 * MINUTE)


def test_an_agreed_hour_may_lie_outside_the_planning_hours_but_ends_within_the_lawful_ones():
    (window,) = the_stop(a_visit(windows_s=((TWENTY, TWENTY_ONE),))).windows
    assert (window.start_s, window.end_s) == (TWENTY, TWENTY_ONE - 20 * MINUTE)


def test_the_last_lawful_start_leaves_at_nine_sharp():
    last = TWENTY_ONE - 20 * MINUTE
    (window,) = the_stop(a_visit(windows_s=((last, TWENTY_ONE),))).windows
    assert (window.start_s, window.end_s) == (last, last)


def test_a_visit_that_cannot_end_by_nine_is_left_out_with_its_reason():
    day = day_problem([a_visit(windows_s=((TWENTY_ONE - 20 * MINUTE + 1, TWENTY_ONE),))], [a_crew()], POLICY)
    (left,) = day.unasked
    assert (left.stop_id, left.reason) == ("WF1", "OUTSIDE_LAWFUL_HOURS")
    assert "21:00" in left.message_zh
    assert "21:00" in left.message_en
    assert day.problem.stops == ()


def test_several_agreed_hours_are_several_windows():
    windows = the_stop(a_visit(windows_s=((NINE, 10 * HOUR), (15 * HOUR, 16 * HOUR)))).windows
    assert [(window.start_s, window.end_s) for window in windows] == [(NINE, 10 * HOUR), (15 * HOUR, 16 * HOUR)]


@pytest.mark.parametrize("coordinate", ["lat", "lon"])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -181.0])
def test_a_visit_without_a_point_is_left_out_with_its_reason(coordinate, value):
    day = day_problem([a_visit(**{coordinate: value}), a_visit(no="WF2")], [a_crew()], POLICY)
    (left,) = day.unasked
    assert (left.stop_id, left.reason) == ("WF1", "NOT_LOCATED")
    assert [stop.id for stop in day.problem.stops] == ["WF2"]


def test_a_shift_is_cut_to_lawful_hours():
    (crew,) = day_problem([], [a_crew(shift_start_s=6 * HOUR, shift_end_s=23 * HOUR)], POLICY).problem.crews
    assert (crew.shift.start_s, crew.shift.end_s) == (8 * HOUR, TWENTY_ONE)


LUNCH = {"break_from_s": 41_400, "break_until_s": 48_600, "break_s": 2_700}


def test_a_crew_has_its_break_and_ends_where_it_is_said_or_else_where_it_starts():
    day = day_problem([], [a_crew(), a_crew(code="C002", **LUNCH, end_lat=39.9, end_lon=116.39)], POLICY)
    plain, other = day.problem.crews
    assert (plain.breaks, plain.end_lat, plain.end_lon) == ((), 39.72, 116.13)
    assert other.breaks == (Break(Window(41_400, 48_600), 2_700),)
    assert (other.start_lat, other.start_lon, other.end_lat, other.end_lon) == (39.72, 116.13, 39.9, 116.39)


def test_a_break_before_lawful_hours_is_free_time_and_costs_no_plan():
    early = {"shift_start_s": 6 * HOUR, "break_from_s": 6 * HOUR, "break_until_s": 7 * HOUR, "break_s": HOUR}
    problem = day_problem([a_visit()], [a_crew(**early)], POLICY).problem
    found = plan(problem, budget_s=5, seed=1, cores=1, limit=50)
    assert violations(problem, found) == ()
    assert (found.planned, found.routes[0].rests) == (1, ())


@settings(max_examples=15, deadline=None)
@given(
    st.integers(8, 17).flatmap(lambda h: st.tuples(st.just(h), st.integers(1, 3))),
    st.integers(5, 60),
    st.sampled_from([None, (39.9, 116.39), (39.75, 116.20)]),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=8),
)
def test_whatever_the_break_and_the_end_a_plan_keeps_them(span, minutes, end, spots):
    first, long = span[0] * HOUR, span[1] * HOUR
    lunch = {"break_from_s": max(NINE, first), "break_until_s": max(NINE, first) + long, "break_s": minutes * MINUTE}
    ends = {} if end is None else {"end_lat": end[0], "end_lon": end[1]}
    visits = [
        a_visit(no=f"WF{n}", lat=39.70 + north / 1000, lon=116.12 + east / 1000)
        for n, (north, east) in enumerate(spots)
    ]
    problem = day_problem(visits, [a_crew(**lunch, **ends)], POLICY).problem
    found = plan(problem, budget_s=5, seed=1, cores=1, limit=20)
    assert violations(problem, found) == ()
    for route in found.routes:
        assert_rested(route, problem.crews[0].breaks[0])
        home_s = (
            route.end_s
            - route.visits[-1].leave_s
            - sum(rest.span_s for rest in route.rests if rest.start_s >= route.visits[-1].leave_s)
        )
        row, (_, home) = [stop.id for stop in problem.stops].index(route.visits[-1].stop_id), problem.crew_points[0]
        seconds, _ = problem.legs(np.array([row]), np.array([home]), "CAR")
        assert home_s >= int(seconds[0, 0])
        assert problem.points[home] == (end or (39.72, 116.13))


def assert_rested(route, pause):
    """By the day alone: a free span of the break's length in its window, with no service in it and no road lost."""
    taken = [rest for rest in route.rests if rest.span_s == pause.duration_s]
    free_before = route.start_s - pause.window.start_s >= pause.duration_s
    free_after = pause.window.end_s - max(route.end_s, pause.window.start_s) >= pause.duration_s
    assert taken or free_before or free_after
    for rest in route.rests:
        assert pause.window.start_s <= rest.start_s
        assert rest.end_s <= pause.window.end_s
        assert all(visit.leave_s <= rest.start_s or rest.end_s <= visit.start_s for visit in route.visits)
    left_s = route.start_s
    for visit in route.visits:
        resting = sum(rest.span_s for rest in route.rests if left_s <= rest.start_s < visit.arrive_s)
        assert visit.arrive_s - left_s >= visit.travel_s + resting
        left_s = visit.leave_s


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shift_start_s": 22 * HOUR, "shift_end_s": 23 * HOUR}, "outside lawful hours"),
        ({"shift_start_s": TWENTY, "shift_end_s": NINE}, "outside lawful hours"),
        ({"start_lat": None}, "no start point"),
        ({"start_lon": math.nan}, "no start point"),
        ({"start_lat": 91.0}, "no start point"),
        ({"end_lat": math.nan, "end_lon": 116.0}, "end point"),
        ({"end_lat": 39.0, "end_lon": 181.0}, "end point"),
        ({"mode": "BALLOON"}, "no travel times"),
    ],
)
def test_a_crew_that_cannot_be_sent_is_named_and_costs_the_others_no_plan(changes, why):
    day = day_problem([a_visit()], [a_crew(code="C002", **changes), a_crew()], POLICY)
    assert [crew.id for crew in day.problem.crews] == ["C001"]
    (note,) = day.notes
    assert "C002 is not sent" in note
    assert why in note


@pytest.mark.parametrize("span", [(TWENTY, NINE), (-5, -1)])
def test_an_agreed_hour_that_is_none_costs_the_others_no_plan(span):
    day = day_problem([a_visit(windows_s=(span,)), a_visit(no="WF2")], [a_crew()], POLICY)
    assert [left.reason for left in day.unasked] == ["OUTSIDE_LAWFUL_HOURS"]
    assert [stop.id for stop in day.problem.stops] == ["WF2"]


@pytest.mark.parametrize("mode", sorted(set(MODES.values())))
def test_every_way_a_crew_may_travel_has_a_speed(mode):
    problem = day_problem([a_visit()], [a_crew(mode=mode)], POLICY).problem
    assert problem.travel.kmh[mode] > 0


def test_the_limits_of_a_day_come_from_the_policy():
    routing = replace(POLICY.routing, max_stops=7, max_shift_s=5 * HOUR, speed_kmh=11.0, detour_factor=1.2)
    problem = day_problem([], [a_crew()], replace(POLICY, routing=routing)).problem
    assert (problem.crews[0].max_stops, problem.crews[0].max_duty_s) == (7, 5 * HOUR)
    assert (problem.travel.kmh["CAR"], problem.travel.detour) == (11.0, 1.2)


@given(st.lists(st.tuples(st.integers(0, 86_399), st.integers(0, 86_399)).map(sorted).map(tuple), max_size=4))
def test_every_window_lets_the_visit_end_within_the_law(windows_s):
    day = day_problem([a_visit(windows_s=tuple(windows_s))], [a_crew()], POLICY)
    for stop in day.problem.stops:
        for window in stop.windows:
            assert window.start_s >= 8 * HOUR
            assert window.end_s + stop.service_s <= TWENTY_ONE
    assert len(day.problem.stops) + len(day.unasked) == 1


def test_hours_and_time_at_a_door_are_those_of_the_visits_bank():
    hours = {"hard_window": {"closes": "18:00:00"}, "plan_window": {"closes": "17:00:00"}}
    change = {"visit": hours, "routing": {"service_s": {"HOME": 3600}}}
    own = Override(bank="示范银行B", product="车贷", reason="合同", change=change)
    policy = replace(POLICY, overrides=(own,))
    visits = [a_visit(), a_visit(no="WF2", bank="示范银行B", product="车贷"), a_visit(no="WF3", bank="示范银行B")]
    late = a_visit(no="WF4", bank="示范银行B", product="车贷", windows_s=((18 * HOUR, TWENTY),))
    day = day_problem([*visits, late], [a_crew()], policy)
    assert [(stop.id, stop.service_s, stop.windows[0].end_s) for stop in day.problem.stops] == [
        ("WF1", 1200, TWENTY - 1200), ("WF2", HOUR, 16 * HOUR), ("WF3", 1200, TWENTY - 1200),
    ]  # fmt: skip
    (left,) = day.unasked
    assert (left.stop_id, "18:00" in left.message_en) == ("WF4", True)
    assert day.problem.crews[0].shift.end_s == TWENTY, "a crew goes for other banks as well"
