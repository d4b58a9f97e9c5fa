"""Every reason is true: each claim is tried again by brute force, place by place, with the exact timing of routes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Break, Problem, explain, plan
from routing.arrays import day_of
from routing.insertion import Board
from routing.reasons import REASONS
from routing.timing import Broken, time_route
from tests.routing.days import HOUR, crew, hours, stop, town


def every_place(day, routes, row):
    """(cost, crew, place) of every insertion that holds; the slow and simple way."""
    found = []
    for v, route in enumerate(routes):
        for k in range(len(route) + 1):
            order = [*route[:k], row, *route[k:]]
            if not isinstance(time_route(day, v, order), Broken):
                travel = day.travel[day.mode[v]]
                chain = [int(day.start_node[v]), *route, int(day.end_node[v])]
                saved = int(travel[chain[k], chain[k + 1]]) if route else 0
                cost = int(travel[chain[k], row]) + int(travel[row, chain[k + 1]]) - saved + int(day.fit[v, row])
                found.append((cost + (day.balance_s if len(route) >= day.fair_stops else 0), v, k))
    return found


def mended(problem, steps):
    """The problem with the limits of a repair moved."""
    for step in steps:
        by, limit = step["by"], step["limit"]
        if limit == "WINDOW":
            stops = [replace(s, windows=longer(s.windows, by)) if s.id == step["stop"] else s for s in problem.stops]
            problem = replace(problem, stops=tuple(stops))
            continue
        change = {
            "SHIFT": lambda c, by=by: {"shift": longer((c.shift,), by)[0]},
            "BREAK": lambda c, by=by: {
                "breaks": tuple(replace(p, window=longer((p.window,), by)[0]) for p in c.breaks)
            },
            "DUTY": lambda c, by=by: {"max_duty_s": c.max_duty_s + by},
            "MAX_STOPS": lambda c, by=by: {"max_stops": c.max_stops + by},
            "LOAD": lambda c, by=by: {"max_load": c.max_load + by},
        }[limit]
        crews = [replace(c, **change(c)) if c.id == step["crew"] else c for c in problem.crews]
        problem = replace(problem, crews=tuple(crews))
    return problem


def longer(windows, by):
    """The one that shuts last shuts later."""
    *others, last = sorted(windows, key=lambda window: window.end_s)
    return (*others, replace(last, end_s=last.end_s + by))


def prove(problem, found):
    """Check the claim of every reason against brute force; returns the classes met."""
    day = day_of(problem)
    row = {one.id: i for i, one in enumerate(problem.stops)}
    orders = {route.crew_id: [row[visit.stop_id] for visit in route.visits] for route in found.routes}
    routes = [orders.get(one.id, []) for one in problem.crews]
    for left in found.left_out:
        if "repair" in left.detail:
            after = mended(replace(problem, horizon_s=10 * problem.horizon_s), left.detail["repair"])
            alone_now = [[] for _ in routes] if left.detail["proof"] == "a" else routes
            assert every_place(day_of(after), alone_now, row[left.stop_id]), (left, "the mend does not let it in")
        places = every_place(day, routes, row[left.stop_id])
        alone = [v for v in range(len(routes)) if not isinstance(time_route(day, v, [row[left.stop_id]]), Broken)]
        if left.detail["proof"] == "a":
            assert left.reason == "OTHER_ADDRESS_TODAY" or not alone, left
            continue
        assert alone, left
        if left.reason == "COSTS_MORE":
            worth = int(day.left_out[row[left.stop_id]])
            assert min(places)[0] >= worth, left
            assert left.detail["extra_min"] == -(-min(places)[0] // 60)
        elif left.reason == "DISPLACES":
            assert not places, left
            without = [[x for x in route if x != row[left.detail["other"]]] for route in routes]
            assert every_place(day, without, row[left.stop_id]), left
        elif left.reason == "DAY_FULL":
            assert not places, left
        else:
            assert min(places)[0] < day.left_out[row[left.stop_id]], left
        assert left.message_zh
        assert left.message_en
    return {left.reason for left in found.left_out}


spot = st.tuples(
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.integers(0, 30),
    st.integers(1, 12),
    st.integers(1, 5),
    st.integers(1, 6),
)
lunch = st.sampled_from([(), (Break(hours(12, 13), 1800),)])


@settings(max_examples=12)
@given(st.lists(spot, min_size=3, max_size=14), lunch, st.sampled_from([None, 4 * HOUR]), st.integers(1, 3))
def test_every_reason_of_a_crowded_day_is_true(spots, pauses, duty, most):
    stops = tuple(
        stop(
            f"s{i}", east, north, windows=(hours(9 + a / 4, 9 + (a + b) / 4), hours(17, 17.5)), priority=p,
            service_s=900 * length,
        )
        for i, (east, north, a, b, p, length) in enumerate(spots)
    )  # fmt: skip
    limits = {"breaks": pauses, "max_duty_s": duty, "max_stops": most}
    problem = Problem(stops, (crew("c", **limits), crew("d", **limits, mode="BIKE")))
    found = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=5)
    prove(problem, found)


def test_the_four_classes_are_met_and_each_is_proved():
    base = town(60, 5, max_stops=7)
    crowded = replace(
        base, stops=(*base.stops, stop("moon", 4000), *(stop(f"low{i}", i / 3, priority=1) for i in range(4)))
    )
    far = Problem((stop("a"), stop("far", 40, priority=1)), (crew("c"),))
    met = set()
    for problem in (crowded, far):
        met |= prove(problem, plan(problem, budget_s=20, seed=1, cores=1, limit=2000))
    assert {REASONS[code].proof for code in met} == {"a", "b", "c", "d"}
    assert "NOT_FOUND_IN_TIME" not in met


def test_nobody_is_told_to_work_for_weeks():
    problem = Problem((stop("moon", 4000),), (crew("c"),))
    (left,) = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=1).left_out
    assert "repair" not in left.detail
    assert "check its point" in left.repair_en


def test_a_load_is_no_time_and_may_be_moved_by_more_than_a_day_has_seconds():
    problem = Problem((stop("heavy", 1, load=200_000),), (crew("c", max_load=100_000),))
    (left,) = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=1).left_out
    assert left.detail["repair"] == [{"limit": "LOAD", "by": 100_000, "crew": "c"}]


@pytest.mark.parametrize("crews", [1, 45])
def test_the_cheapest_place_is_the_cheapest_of_all_crews_however_many(crews):
    """A place that only the farthest crew has is found; a plan emptied by hand is explained by its true places."""
    problem = town(40, crews, max_stops=3)
    found = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=5)
    day = day_of(problem)
    row = {one.id: i for i, one in enumerate(problem.stops)}
    orders = {route.crew_id: [row[visit.stop_id] for visit in route.visits] for route in found.routes}
    routes = [orders.get(one.id, []) for one in problem.crews]
    taken = next(route.pop() for route in routes if route)
    best = Board(day, routes).cheapest(taken)
    assert best is not None
    assert best.cost_s == min(every_place(day, routes, taken))[0]
    lefts = {left.stop_id for left in explain(problem, replace(found, routes=()))}
    assert lefts == {one.id for one in problem.stops}
