"""Ruin and recreate, the choice among routes, and improvement across borders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import Break, Objective, Problem, plan, propose, violations
from routing.areas import plane_of
from routing.arrays import day_of, part_of, routes_cost
from routing.borders import regroup
from routing.column import Column, columns_of
from routing.insertion import Board
from routing.pool import choose
from routing.proposer import Proposer
from routing.restarts import propose_and_choose
from routing.solve import accepted, solve_area
from routing.timing import Broken, time_route
from tests.routing.days import HOUR, crew, hours, stop, town


def planned(problem, **changes):
    return plan(problem, **({"budget_s": 60, "seed": 1, "cores": 1, "limit": 3000} | changes))


def searched(day, moves=2000, seed=1):
    proposer = Proposer(day, seed)
    proposer.build()
    proposer.run(moves, proposer.mean_leg_s() / 10, collecting=True)
    return proposer


breaks = st.sampled_from([(), (Break(hours(12, 13), 1800),), (Break(hours(11, 13), 3600), Break(hours(15, 16.5), 600))])
spot = st.tuples(
    st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 30), st.integers(1, 12), st.integers(1, 8), st.booleans()
)


@settings(max_examples=30)
@given(st.lists(spot, min_size=2, max_size=14), breaks, st.sampled_from([None, 5 * HOUR]), st.sampled_from([None, 4]))
def test_every_route_that_is_proposed_holds(spots, pauses, duty, most):
    stops = tuple(
        stop(
            f"s{i}",
            east,
            north,
            windows=(hours(9 + a / 4, 9 + (a + b) / 4), hours(17, 17.5)),
            service_s=600 * length,
            crew_lock="c" if locked else None,
            position=i // 3 if locked else None,
        )
        for i, (east, north, a, b, length, locked) in enumerate(spots)
    )
    limits = {"breaks": pauses, "max_duty_s": duty, "max_stops": most, "shift": hours(9, 20)}
    problem = Problem(stops, (crew("c", **limits), crew("d", **limits)), objective=Objective(balance_s=60))
    day = day_of(problem)
    proposer = searched(day, moves=300)
    for v, route in enumerate(proposer.best()):
        timing = time_route(day, v, route)
        assert not isinstance(timing, Broken) or timing.limit == "DUTY"
    assert proposer.cost == routes_cost(day, proposer.best())


def test_the_search_betters_its_start_and_counts_its_cost_right():
    day = day_of(town(60, 8))
    proposer = Proposer(day, 1)
    proposer.build()
    first = proposer.cost
    proposer.run(3000, proposer.mean_leg_s() / 10, collecting=True)
    assert proposer.cost < first
    assert proposer.cost == routes_cost(day, proposer.best())


def test_every_route_of_the_pool_holds_and_has_its_cost():
    day = day_of(town(60, 8, max_stops=12))
    columns = searched(day).columns(10_000)
    assert len(columns) > 20
    for column in columns:
        assert not isinstance(time_route(day, column.crew, column.stops), Broken)
        assert columns_of(day, [list(column.stops)], [column.crew])[0].cost == column.cost


def test_the_choice_is_the_cheapest_of_the_columns():
    day = day_of(Problem((stop("a", 1), stop("b", 1.1), stop("c", -3)), (crew("c"), crew("d"))))
    columns = [Column(0, (0, 1), 400), Column(0, (2,), 800), Column(1, (1, 2), 2000)]
    made = [columns_of(day, [list(c.stops)], [c.crew])[0] for c in columns]
    chosen = choose(day, made, [[0], [1, 2]], budget_s=2, seed=1)
    assert sorted(chosen) == [[0, 1], [2]]


def test_the_choice_is_never_worse_than_the_present():
    day = day_of(town(40, 6))
    now = searched(day).best()
    dear = columns_of(day, [[x] for x in range(6)])
    assert choose(day, dear, now, budget_s=1, seed=1) == now


def test_a_stop_chosen_twice_is_visited_once():
    day = day_of(Problem((stop("a", 1), stop("b", 2), stop("c", 3)), (crew("c"), crew("d"))))
    columns = columns_of(day, [[0, 1], []]) + columns_of(day, [[1, 2]], [1])
    chosen = choose(day, columns, [[], []], budget_s=2, seed=1)
    assert sorted(x for route in chosen for x in route) == [0, 1, 2]


def test_the_same_seed_and_limit_give_the_same_plan():
    problem = town(60, 7, max_stops=12)
    assert planned(problem, seed=3).routes == planned(problem, seed=3).routes


def test_the_default_engine_is_no_dearer_than_or_tools_alone():
    problem = town(80, 8)
    ours, alone = planned(problem, limit=12000), planned(problem, engine="ortools", limit=60)
    assert violations(problem, ours) == ()
    assert ours.cost <= alone.cost


def test_breaks_windows_locks_and_skills_hold_in_the_default_engine():
    lunch = Break(hours(11, 13), 3600)
    stops = [stop(f"s{i}", i % 5 - 2, i % 3 - 1, windows=(hours(9, 11), hours(14, 17))) for i in range(12)]
    stops += [
        stop("law", 2, skills=frozenset({"law"})),
        stop("second", 1, crew_lock="c", position=2),
        stop("first", -3, crew_lock="c", position=1),
        stop("fixed", 1, 1, crew_lock="d", time_lock=hours(15, 15)),
    ]
    crews = (
        crew("c", breaks=(lunch,), max_stops=8),
        crew("d", breaks=(lunch,), skills=frozenset({"law"}), max_duty_s=8 * HOUR),
    )
    problem = Problem(tuple(stops), crews, objective=Objective(balance_s=60))
    found = planned(problem)
    assert violations(problem, found) == ()
    assert found.planned == 16


def test_a_day_of_several_areas_is_improved_across_borders():
    problem = town(500, 50, max_stops=12)
    found = planned(problem, limit=2000, cores=2)
    assert len(found.areas) > 1
    assert violations(problem, found) == ()
    assert found.planned >= 495


@pytest.mark.parametrize("stops", [1, 2])
def test_a_day_of_one_or_two_stops_is_a_day(stops):
    assert planned(town(stops, 2)).planned == stops


def test_a_cancelled_search_keeps_what_it_has():
    day = day_of(town(60, 8))
    routes = propose_and_choose(day, budget_s=60, seed=1, stop=lambda: True)
    assert sum(map(len, routes)) > 50


def test_or_tools_accepts_routes_that_hold_as_they_are():
    day = day_of(town(40, 6, max_stops=12))
    routes = searched(day).best()
    assert accepted(day, routes, budget_s=1, solution_limit=5) == routes


def test_or_tools_repairs_a_route_that_breaks_a_rule_and_keeps_the_others():
    day = day_of(town(40, 6, max_stops=12))
    routes = searched(day).best()
    longest = max(range(6), key=lambda v: len(routes[v]))
    broken = [route[::-1] if v == longest else route for v, route in enumerate(routes)]
    assert isinstance(time_route(day, longest, broken[longest]), Broken)
    repaired = accepted(day, broken, budget_s=5, solution_limit=20)
    assert all(not isinstance(time_route(day, v, route), Broken) for v, route in enumerate(repaired))
    assert routes_cost(day, repaired) < routes_cost(day, [r if v != longest else [] for v, r in enumerate(routes)])


def test_a_part_of_a_day_times_its_routes_like_the_day():
    problem = town(40, 6, max_stops=12)
    day = day_of(problem)
    routes = solve_area(day, budget_s=5, solution_limit=5)
    crews = [v for v in (1, 4) if routes[v]]
    rows = sorted(x for v in crews for x in routes[v])
    part = part_of(day, rows, crews)
    for i, v in enumerate(crews):
        mine = time_route(part, i, [rows.index(x) for x in routes[v]])
        assert mine == time_route(day, v, routes[v])


def test_strips_hold_every_route_and_every_left_out_stop_once():
    problem = town(50, 6, max_stops=6)
    routes = solve_area(day_of(problem), budget_s=5, solution_limit=5)
    homes = np.array([start for start, _ in problem.crew_points])
    groups = regroup(plane_of(problem), homes, routes, range(50), count=2, axis=0)
    assert sorted(x for g in groups for x in g.stop_rows) == list(range(50))
    assert sorted(v for g in groups for v in g.crew_rows) == list(range(6))
    for group in groups:
        assert [[group.stop_rows[x] for x in route] for route in group.start] == [routes[v] for v in group.crew_rows]


@pytest.mark.parametrize("pauses", [(), (Break(hours(12, 13), 1800),)], ids=["no break", "a break"])
def test_what_the_search_keeps_between_moves_is_what_counting_anew_gives(pauses):
    day = day_of(town(50, 6, max_stops=9, breaks=pauses))
    proposer = searched(day, moves=1500)
    state, kept = proposer._state, ("leave", "begin_by", "leg", "loaded", "price", "crew_of", "place_of", "out_count")
    before = {name: getattr(state, name).copy() for name in kept}
    known, version = state.known.copy(), state.version.copy()
    propose.refresh_all(proposer.rules, state)
    for name in ("loaded", "price", "crew_of", "place_of", "out_count"):
        assert (before[name] == getattr(state, name)).all(), name
    for v, n in enumerate(state.length.tolist()):
        assert (before["leave"][v, : n + 1] == state.leave[v, : n + 1]).all()
        assert (before["begin_by"][v, 1 : n + 2] == state.begin_by[v, 1 : n + 2]).all()
        assert (before["leg"][v, : n + 1] == state.leg[v, : n + 1]).all()
    board = Board(day, [state.route[v, 1 : n + 1].tolist() for v, n in enumerate(state.length.tolist())])
    asked = [(x, v) for x, v in np.argwhere(known["version"] == version).tolist() if x not in board.routes[v]]
    assert len(asked) > 20
    for x, v in asked:
        place = board.cheapest_at(v, x)
        assert (known[x, v]["cost"] if known[x, v]["place"] >= 0 else None) == (place and place.cost_s)
