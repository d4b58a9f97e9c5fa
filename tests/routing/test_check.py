"""The judge is given plans broken on purpose: it must name each break."""

from dataclasses import replace

import pytest

from routing import Break, Problem, Window, plan, violations
from routing.check import _unrested
from routing.problem import Route
from tests.routing.days import HOUR, crew, hours, stop, town


@pytest.fixture(scope="module")
def planned():
    problem = Problem(
        (
            stop("a", 1, windows=(hours(9, 12),), debtor="d1"),
            stop("b", 2, crew_lock="c", position=1),
            stop("c", 3, crew_lock="c", position=2, load=1),
            stop("far", 3000),
        ),
        (crew("c", breaks=(Break(hours(9, 18), 1800),), max_stops=3, max_duty_s=8 * HOUR, max_load=1), crew("e")),
    )
    found = plan(problem, budget_s=1, seed=1, cores=1, engine="ortools", limit=20)
    assert violations(problem, found) == ()
    return problem, found


def codes(problem, found):
    return {one.code for one in violations(problem, found)}


def with_route(found, **changes):
    first = next(r for r in found.routes if r.crew_id == "c")
    return replace(found, routes=(replace(first, **changes), *(r for r in found.routes if r.crew_id != "c")))


def route_c(found):
    return next(r for r in found.routes if r.crew_id == "c")


def shifted(visit, by):
    return replace(visit, arrive_s=visit.arrive_s + by, start_s=visit.start_s + by, leave_s=visit.leave_s + by)


def test_a_stop_that_is_nowhere_is_missed(planned):
    problem, found = planned
    assert codes(problem, replace(found, left_out=())) >= {"PLAN"}


def test_a_stop_named_twice_is_seen(planned):
    problem, found = planned
    assert "PLAN" in codes(problem, replace(found, left_out=found.left_out * 2))


def test_a_left_out_stop_needs_a_reason(planned):
    problem, found = planned
    silent = replace(found, left_out=(replace(found.left_out[0], message_zh=""),))
    assert any(one.says == "left out without a reason" for one in violations(problem, silent))


def test_an_unknown_crew_is_seen(planned):
    problem, found = planned
    assert "PLAN" in codes(problem, with_route(found, crew_id="x"))


def test_arriving_sooner_than_the_road_allows_is_seen(planned):
    problem, found = planned
    visits = route_c(found).visits
    assert "TRAVEL" in codes(problem, with_route(found, visits=(*visits[:-1], shifted(visits[-1], -3600))))


def test_service_outside_the_window_is_seen(planned):
    problem, found = planned
    visits = tuple(shifted(visit, 11 * HOUR) for visit in route_c(found).visits)
    assert codes(problem, with_route(found, visits=visits, end_s=23 * HOUR)) >= {"WINDOW", "SHIFT", "DUTY"}


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_stops": 0}, "MAX_STOPS"),
        ({"max_load": 0}, "LOAD"),
        ({"max_duty_s": 60}, "DUTY"),
        ({"shift": hours(17, 17.5)}, "SHIFT"),
        ({"breaks": (Break(hours(9, 9.5), 1800), Break(hours(9, 9.5), 1200))}, "BREAK"),
    ],
)
def test_every_limit_of_a_crew_is_judged(planned, limits, code):
    problem, found = planned
    tighter = replace(problem, crews=(replace(problem.crews[0], **limits), problem.crews[1]))
    assert code in codes(tighter, found)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"skills": frozenset({"law"})}, "SKILL"),
        ({"crew_lock": "e", "position": None}, "CREW_LOCK"),
        ({"position": 3}, "POSITION"),
        ({"windows": (Window(0, 60),)}, "WINDOW"),
        ({"time_lock": Window(0, 60)}, "WINDOW"),
        ({"service_s": 60}, "PLAN"),
    ],
)
def test_every_rule_of_a_stop_is_judged(planned, changes, code):
    problem, found = planned
    stops = tuple(replace(one, **changes) if one.id == "b" else one for one in problem.stops)
    assert code in codes(replace(problem, stops=stops), found)


def test_two_addresses_of_one_debtor_are_seen(planned):
    problem, found = planned
    stops = tuple(replace(one, debtor="d1") if one.id == "b" else one for one in problem.stops)
    assert "ONE_ADDRESS" in codes(replace(problem, stops=stops), found)


def test_a_service_during_a_rest_is_seen(planned):
    problem, found = planned
    first = route_c(found).visits[0]
    assert "BREAK" in codes(problem, with_route(found, rests=(Window(first.start_s, first.start_s + 1800),)))


def test_one_rest_counts_for_one_break_and_so_does_the_free_time_around_a_route():
    whole, early, late = hours(9, 18), hours(9, 9.75), hours(17.25, 18)
    route = Route("c", (), int(9.5 * HOUR), int(17.5 * HOUR), 0, 0, rests=(hours(12, 12.5),))
    half, noon = Break(whole, 1800), Break(hours(12, 13), 1800)

    def missing(*breaks):
        return [pause.window for pause in _unrested(route, breaks)]

    assert missing(noon) == []
    assert missing(noon, noon) == [noon.window], "the rest is taken"
    assert missing(half, half, half) == []
    assert missing(half, half, half, half) == [whole], "before, on the way, after: a fourth has no room"
    assert missing(Break(early, 1800), Break(early, 1800)) == [early]
    assert missing(Break(late, 1800), half, half, noon) == [late]
    assert missing(half, Break(early, 1800), noon) == [], "which break takes which rest is free"


def test_two_like_breaks_need_two_rests():
    pause = Break(hours(12, 13), 1800)
    stops = (stop("a", 1, windows=(hours(9, 12),)), stop("b", 2, windows=(hours(13, 17),)))
    problem = Problem(stops, (crew("c", breaks=(pause,)),))
    found = plan(problem, budget_s=1, seed=1, cores=1, engine="ortools", limit=20)
    assert len(route_c(found).rests) == 1
    assert violations(problem, found) == ()
    twice = replace(problem, crews=(crew("c", breaks=(pause, pause)),))
    assert codes(twice, found) == {"BREAK"}
    both = plan(twice, budget_s=1, seed=1, cores=1, engine="ortools", limit=20)
    assert (len(route_c(both).rests), violations(twice, both)) == (2, ())


def test_a_wrong_cost_is_seen(planned):
    problem, found = planned
    assert codes(problem, replace(found, cost=found.cost + 1)) == {"PLAN"}


def test_a_wrong_distance_is_seen(planned):
    problem, found = planned
    assert codes(problem, with_route(found, distance_m=1)) == {"PLAN"}


def test_a_whole_town_is_judged_clean():
    problem = town(30, 4, max_stops=12)
    found = plan(problem, budget_s=2, seed=1, cores=1, engine="ortools", limit=30)
    assert violations(problem, found) == ()
    assert found.planned >= 24
