"""A day that has begun: what is behind and near stays, the rest is planned anew as calmly as is asked."""

from dataclasses import replace

import numpy as np
import pytest

from routing import (
    Break,
    Keep,
    Legs,
    Problem,
    RoadMatrix,
    Standing,
    Window,
    difference,
    joined,
    near_to,
    plan,
    rest_of_day,
    violations,
)
from routing.travel import GreatCircle
from tests.routing.days import HOUR, crew, hours, stop, town


def planned(problem, **changes):
    return plan(problem, **({"budget_s": 5, "seed": 1, "cores": 1, "engine": "ortools", "limit": 10} | changes))


@pytest.fixture(scope="module")
def day():
    problem = town(24, 4, max_stops=7)
    return problem, planned(problem)


def again(problem, before, standing, **changes):
    """The rest planned, judged, and joined to the whole day."""
    rest = rest_of_day(problem, before, standing)
    after = planned(rest.problem, start=rest.start, **changes)
    assert violations(rest.problem, after) == ()
    return rest, joined(rest, after)


def order(found, crew_id):
    return [visit.stop_id for route in found.routes if route.crew_id == crew_id for visit in route.visits]


def without(problem, *stop_ids):
    return replace(problem, stops=tuple(one for one in problem.stops if one.id not in stop_ids))


def behind_at(before, at_s):
    """Every visit that has begun by then, with the time its crew is free."""
    return {v.stop_id: v.leave_s for route in before.routes for v in route.visits if v.start_s <= at_s}


def everything(problem, found):
    named = [v.stop_id for r in found.routes for v in r.visits] + [left.stop_id for left in found.left_out]
    return sorted(named) == sorted(one.id for one in problem.stops)


def test_what_is_done_or_under_way_stays_first_in_its_order_and_every_stop_is_accounted_for(day):
    problem, before = day
    at_s = 13 * HOUR
    behind = behind_at(before, at_s)
    assert 4 < len(behind) < 20
    _, after = again(problem, before, Standing(at_s, behind))
    assert everything(problem, after)
    for route in before.routes:
        gone = [v.stop_id for v in route.visits if v.stop_id in behind]
        assert order(after, route.crew_id)[: len(gone)] == gone
    for route in after.routes:
        assert [visit.sequence for visit in route.visits] == list(range(1, len(route.visits) + 1))
        for visit in route.visits:
            assert visit.stop_id in behind or visit.start_s >= at_s


def test_nothing_new_and_nothing_gone_changes_nothing(day):
    problem, before = day
    _, after = again(problem, before, Standing(0, keep=Keep.ORDER))
    assert [move for move in difference(before, after).moves if move.why != "OTHER_TIME"] == []


def test_a_crew_goes_on_from_its_last_visit_and_not_before_it_is_free(day):
    problem, before = day
    at_s = 12 * HOUR
    behind = behind_at(before, at_s)
    rest = rest_of_day(problem, before, Standing(at_s, behind))
    for one in rest.problem.crews:
        done = [v for r in before.routes if r.crew_id == one.id for v in r.visits if v.stop_id in behind]
        last = next(s for s in problem.stops if s.id == done[-1].stop_id)
        assert (one.start_lat, one.start_lon) == (last.lat, last.lon)
        assert one.shift.start_s == max(at_s, done[-1].leave_s)
        assert one.max_stops == 7 - len(done)


def test_the_freeze_keeps_what_is_near_and_frees_what_is_beyond(day):
    problem, before = day
    at_s = 11 * HOUR
    behind = behind_at(before, at_s)
    rest = rest_of_day(problem, before, Standing(at_s, behind, freeze_s=2 * HOUR))
    frozen = {v.stop_id for r in rest.fixed for v in r.visits} - behind.keys()
    assert frozen == {
        v.stop_id for r in before.routes for v in r.visits if v.stop_id not in behind and v.start_s < at_s + 2 * HOUR
    }
    assert frozen
    assert rest.notes == ()


def test_a_frozen_visit_its_crew_is_too_late_for_is_free_again_and_said():
    problem = Problem((stop("a", 1, windows=(hours(9, 9.2),)), stop("b", 2, windows=(hours(9.3, 10),))), (crew("c"),))
    before = planned(problem)
    assert order(before, "c") == ["a", "b"]
    late = Standing(11 * HOUR, {"a": 11 * HOUR}, freeze_s=HOUR)
    rest, after = again(problem, before, late)
    assert "b: frozen" in rest.notes[0]
    assert [left.stop_id for left in after.left_out] == ["b"]
    assert after.left_out[0].reason == "IMPOSSIBLE_ALONE"


@pytest.mark.parametrize(
    ("limits", "late"),
    [({"shift": hours(9, 12)}, True), ({"max_duty_s": 3 * HOUR}, True), ({"shift": hours(9, 13)}, False)],
)
def test_a_frozen_visit_that_ends_after_its_crews_hours_stays_and_is_said(limits, late):
    """The crew comes late from its first visit: the second stays frozen, its end and the way home are beyond hours."""
    stops = (stop("a", 1, windows=(hours(9, 9.5),)), stop("b", 0.05, windows=(hours(9.5, 20),)))
    problem = Problem(stops, (crew("c", **limits),))
    before = planned(problem)
    assert order(before, "c") == ["a", "b"]
    before = replace(before, routes=(replace(before.routes[0], start_s=9 * HOUR),))
    standing = Standing(int(12.5 * HOUR), {"a": int(12.5 * HOUR)}, freeze_s=HOUR)
    rest = rest_of_day(problem, before, standing)
    assert [visit.stop_id for visit in rest.fixed[0].visits] == ["a", "b"]
    if not late:
        assert rest.notes == ()
        return
    (note,) = rest.notes
    home_s = rest.fixed[0].end_s + rest.home["c"][0]
    assert note == f"b: frozen, though crew c then ends {-(-(home_s - 12 * HOUR) // 60)} min after its hours"
    assert joined(rest, planned(rest.problem, start=rest.start)).notes[-1] == note


@pytest.mark.parametrize("keep", list(Keep))
def test_the_levels_keep_nothing_the_crew_or_the_order(day, keep):
    problem, before = day
    gone = order(before, "c0")[1]
    now = without(problem, gone)
    rest, after = again(now, before, Standing(0, keep=keep, change_s=0))
    seats = {v.stop_id: r.crew_id for r in before.routes for v in r.visits}
    locks = {one.id: (one.crew_lock, one.position is not None) for one in rest.problem.stops}
    if keep is Keep.NOTHING:
        assert set(locks.values()) == {(None, False)}
        return
    assert all(locks[stop_id] == (crew_id, keep is Keep.ORDER) for stop_id, crew_id in seats.items() if stop_id != gone)
    assert not any(move.changes_crew for move in difference(before, after).moves)
    if keep is Keep.ORDER:
        assert [m.why for m in difference(before, after).moves if m.why != "OTHER_TIME"] == ["GONE"]


def test_a_change_must_be_worth_its_penalty(day):
    problem, before = day
    now = without(problem, *order(before, "c0")[:3])
    calm = again(now, before, Standing(0, change_s=20 * HOUR), limit=40)[1]
    assert not any(move.changes_crew for move in difference(before, calm).moves)


def test_a_new_visit_finds_a_place_though_every_other_keeps_its_crew(day):
    problem, before = day
    now = replace(problem, stops=(*problem.stops, stop("new", 0.5, 0.5, priority=5)))
    _, after = again(now, before, Standing(0, keep=Keep.CREW))
    found = {move.stop_id: move.why for move in difference(before, after).moves if move.changes_crew or not move.before}
    assert found == {"new": "NEW"}


def test_the_day_of_a_crew_that_stops_goes_to_its_substitute(day):
    problem, before = day
    at_s = 12 * HOUR
    behind = behind_at(before, at_s)
    left = [s for s in order(before, "c1") if s not in behind]
    assert left
    now = replace(problem, crews=(*problem.crews, crew("sub", shift=hours(9, 20))))
    _, after = again(now, before, Standing(at_s, behind, keep=Keep.CREW, stand_ins={"c1": "sub"}))
    assert order(after, "c1") == [s for s in order(before, "c1") if s in behind]
    assert set(order(after, "sub")) == set(left)
    moves = {m.stop_id: m for m in difference(before, after).moves}
    assert {moves[s].after.crew_id for s in left} == {"sub"}


def test_a_crew_that_is_gone_without_a_substitute_leaves_its_visits_to_the_others(day):
    problem, before = day
    now = replace(problem, crews=tuple(one for one in problem.crews if one.id != "c1"))
    _, after = again(now, before, Standing(0))
    taken = {m.stop_id: m for m in difference(before, after).moves if m.before and m.before.crew_id == "c1"}
    assert set(taken) == set(order(before, "c1"))
    assert {m.why for m in taken.values()} <= {"CREW_FREE", "LEFT_OUT"}


def test_a_crew_whose_shift_is_over_takes_nothing_more():
    problem = Problem((stop("a", 1), stop("b", 2)), (crew("c", shift=hours(9, 12)), crew("d", shift=hours(9, 18))))
    before = planned(problem)
    rest = rest_of_day(problem, before, Standing(13 * HOUR))
    assert [one.id for one in rest.problem.crews] == ["d"]


def test_the_hours_on_duty_go_on_counting():
    problem = Problem((stop("a", 1), stop("b", 2)), (crew("c", max_duty_s=2 * HOUR),))
    before = planned(problem)
    (route,) = before.routes
    first = route.visits[0]
    rest = rest_of_day(problem, before, Standing(first.leave_s, {first.stop_id: first.leave_s}))
    (one,) = rest.problem.crews
    assert one.max_duty_s is None
    assert one.shift.end_s == route.start_s + 2 * HOUR


def test_a_break_is_taken_once_and_not_lost():
    lunch = Break(hours(11, 14), 3600)
    stops = tuple(stop(f"s{i}", i % 3 - 1, i % 2, windows=(hours(9, 18),), service_s=2400) for i in range(9))
    problem = Problem(stops, (crew("c", breaks=(lunch,)),))
    before = planned(problem)
    (rest,) = before.routes[0].rests
    early, late = rest.start_s - 1800, rest.end_s + 1800
    for at_s, breaks in ((early, 1), (late, 0)):
        found = rest_of_day(problem, before, Standing(at_s, behind_at(before, at_s)))
        assert len(found.problem.crews[0].breaks) == breaks
        if breaks:
            assert found.problem.crews[0].breaks[0].window.start_s >= at_s


LUNCH = Break(hours(11.5, 13.5), 2700)


@pytest.fixture(scope="module")
def lunch_day():
    """One crew, six visits around its lunch: (problem, plan, its rest, the visit before it and the one after)."""
    stops = tuple(stop(f"s{i}", i % 3 - 1, i % 2, service_s=3000) for i in range(6))
    problem = Problem(stops, (crew("c", breaks=(LUNCH,)),))
    before = planned(problem)
    (route,) = before.routes
    (rest,) = route.rests
    last = max(visit.sequence for visit in route.visits if visit.leave_s <= rest.start_s)
    return problem, before, rest, route.visits[last - 1], route.visits[last]


def test_a_break_that_has_begun_goes_on_and_is_not_planned_again(lunch_day):
    problem, before, rest, _, _ = lunch_day
    at_s = rest.start_s + 600
    found, whole = again(problem, before, Standing(at_s, behind_at(before, at_s)))
    (one,) = found.problem.crews
    assert (one.breaks, one.shift.start_s) == ((), rest.end_s)
    (route,) = whole.routes
    assert route.rests == (rest,)
    assert all(visit.leave_s <= rest.start_s or visit.arrive_s >= rest.end_s for visit in route.visits)


def test_a_break_begins_when_the_crew_is_free_and_no_earlier(lunch_day):
    problem, before, rest, last, _ = lunch_day
    free_s = rest.start_s + 900
    behind = behind_at(before, rest.start_s - 1) | {last.stop_id: free_s}
    at_door = rest_of_day(problem, before, Standing(free_s - 60, behind))
    assert at_door.fixed[0].rests == (), "the visit before it goes on"
    assert at_door.problem.crews[0].breaks == (replace(LUNCH, window=Window(free_s, LUNCH.window.end_s)),)
    _, whole = again(problem, before, Standing(free_s + 60, behind))
    assert whole.routes[0].rests == (Window(free_s, free_s + LUNCH.duration_s),)


def test_a_break_its_time_is_over_for_is_not_made_up(lunch_day):
    problem, before, _, last, _ = lunch_day
    free_s = LUNCH.window.end_s - 600
    behind = behind_at(before, last.start_s) | {last.stop_id: free_s}
    found, whole = again(problem, before, Standing(free_s + 60, behind))
    assert (found.problem.crews[0].breaks, whole.routes[0].rests) == ((), ())


def test_a_break_before_a_frozen_visit_stays_where_it_is(lunch_day):
    problem, before, rest, last, following = lunch_day
    at_s = rest.start_s - 60
    behind = behind_at(before, at_s)
    _, whole = again(problem, before, Standing(at_s, behind, freeze_s=following.start_s - at_s + 1))
    assert whole.routes[0].rests == (rest,)
    assert whole.routes[0].visits[following.sequence - 1] == following
    late = behind | {last.stop_id: rest.start_s + 300}
    _, whole = again(problem, before, Standing(at_s, late, freeze_s=following.start_s - at_s + 1))
    assert whole.routes[0].rests == (Window(rest.start_s + 300, rest.end_s + 300),)
    assert whole.routes[0].visits[following.sequence - 1].arrive_s >= following.arrive_s


@pytest.mark.parametrize("engine", ["ortools", "default"])
@pytest.mark.parametrize("at", [12, 12.5, 13.1])
def test_a_break_taken_before_the_crew_set_out_is_not_planned_again(at, engine):
    """Both visits are after noon: the crew rests before it leaves, whenever the day is looked at again."""
    stops = (stop("a", windows=(hours(13, 13.05),)), stop("b", windows=(hours(13.4, 13.5),), service_s=600))
    problem = Problem(stops, (crew("c", breaks=(LUNCH,)),))
    before = planned(problem)
    (route,) = before.routes
    assert (order(before, "c"), route.rests) == (["a", "b"], ())
    at_s = int(at * HOUR)
    _, whole = again(problem, before, Standing(at_s, behind_at(before, at_s)), engine=engine)
    assert (order(whole, "c"), whole.routes[0].rests) == (["a", "b"], ())
    assert [visit.start_s for visit in whole.routes[0].visits] == [visit.start_s for visit in route.visits]


def test_a_crew_that_rests_at_its_start_goes_on_resting_there():
    problem = Problem(
        (stop("a", windows=(hours(12.6, 12.7),)), stop("b", 2, windows=(hours(13, 15),))), (crew("c", breaks=(LUNCH,)),)
    )
    before = planned(problem)
    found, whole = again(problem, before, Standing(12 * HOUR))
    assert (found.problem.crews[0].breaks, whole.routes[0].rests) == ((LUNCH,), ())
    assert whole.routes[0].start_s >= LUNCH.window.start_s + LUNCH.duration_s
    assert order(whole, "c") == ["a", "b"]


def test_a_day_that_only_has_its_break_before_it_ends_at_home_after_it(lunch_day):
    problem, before, rest, _, following = lunch_day
    ahead = [visit.stop_id for visit in before.routes[0].visits[following.sequence - 1 :]]
    at_s = rest.start_s + 60
    _, whole = again(without(problem, *ahead), before, Standing(at_s, behind_at(before, at_s)))
    (route,) = whole.routes
    home_s = route.travel_s - sum(visit.travel_s for visit in route.visits)
    assert (route.rests, route.end_s) == ((rest,), rest.end_s + home_s)
    assert home_s > 0


def test_a_debtor_who_was_seen_today_is_not_visited_at_another_address():
    problem = Problem((stop("home", 1, debtor="d"), stop("work", 2, debtor="d")), (crew("c"),))
    before = planned(problem)
    ((seen,), (other,)) = ([v.stop_id for r in before.routes for v in r.visits], [x.stop_id for x in before.left_out])
    rest, after = again(problem, before, Standing(12 * HOUR, {seen: 11 * HOUR}))
    assert rest.problem.stops == ()
    assert [(left.stop_id, left.reason) for left in after.left_out] == [(other, "OTHER_ADDRESS_TODAY")]


def test_only_the_area_of_a_cancelled_visit_is_looked_at_again():
    problem = town(150, 16, max_stops=12)
    before = planned(problem)
    assert len(before.areas) == 2
    gone = before.routes[0].visits[1].stop_id
    crews = near_to(before, {gone})
    assert crews == frozenset(next(a.crew_ids for a in before.areas if before.routes[0].crew_id in a.crew_ids))
    now = without(problem, gone)
    rest, after = again(now, before, Standing(0, crews=crews))
    assert {one.id for one in rest.problem.crews} == crews
    assert everything(now, after)
    for route in before.routes:
        if route.crew_id not in crews:
            assert next(r for r in after.routes if r.crew_id == route.crew_id) == route


def test_the_whole_day_adds_up_travel_with_the_way_home(day):
    problem, before = day
    at_s = 24 * HOUR - 1
    behind = {v.stop_id: v.leave_s for route in before.routes for v in route.visits}
    rest = rest_of_day(problem, before, Standing(at_s, behind))
    after = joined(rest, replace(before, routes=(), left_out=()))
    assert difference(before, after).crews == ()
    assert (difference(before, after).travel_s, difference(before, after).distance_m) == (0, 0)


def test_a_road_matrix_follows_its_points():
    problem = town(12, 2)
    rows, line = np.arange(len(problem.points)), GreatCircle()
    seconds, metres = line.legs(problem.points, rows, rows, "CAR")
    by_road = replace(problem, travel=RoadMatrix({"CAR": Legs(seconds, metres)}, "roads"))
    before = planned(by_road)
    behind = behind_at(before, 11 * HOUR)
    found = rest_of_day(by_road, before, Standing(11 * HOUR, behind)).problem
    rows = np.arange(len(found.points))
    expected = line.legs(found.points, rows, rows, "CAR")
    assert (found.legs(rows, rows, "CAR")[0] == expected[0]).all()
    assert (found.legs(rows, rows, "CAR")[1] == expected[1]).all()
