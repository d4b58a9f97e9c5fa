"""OR-Tools' model and the timing of routes must agree on every rule."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from routing import Break, Objective, Problem, plan, violations
from routing.arrays import day_of, routes_cost
from routing.solve import AreaModel, solve_area
from routing.timing import Broken, time_route
from tests.routing.days import crew, hours, stop, town


def solved(problem, limit=30):
    return solve_area(day_of(problem), budget_s=5, solution_limit=limit)


def test_an_area_without_stops_or_crews_is_idle():
    assert solve_area(day_of(Problem((), (crew("c"),))), budget_s=1) == [[]]
    assert solve_area(day_of(Problem((stop("a"),), ())), budget_s=1) == []


def test_the_same_seedless_search_gives_the_same_routes():
    problem = town(30, 4)
    assert solved(problem) == solved(problem)


def test_a_start_is_kept_or_bettered():
    problem = town(20, 3)
    day = day_of(problem)
    start = solved(problem, limit=1)
    again = solve_area(day, budget_s=5, start=start, solution_limit=1)
    assert routes_cost(day, again) <= routes_cost(day, start)


def test_more_windows_breaks_skills_locks_and_limits_hold_together():
    stops = [stop(f"s{i}", i % 5 - 2, i % 3 - 1, windows=(hours(9, 11), hours(14, 17))) for i in range(12)]
    stops += [
        stop("law", 2, skills=frozenset({"law"})),
        stop("second", 1, crew_lock="c", position=2),
        stop("first", -3, crew_lock="c", position=1),
        stop("fixed", 1, 1, crew_lock="d", time_lock=hours(15, 15)),
    ]
    lunch = Break(hours(11, 13), 3600)
    crews = (
        crew("c", breaks=(lunch,), max_stops=8),
        crew("d", breaks=(lunch,), skills=frozenset({"law"}), max_duty_s=8 * 3600),
    )
    problem = Problem(tuple(stops), crews, objective=Objective(balance_s=60))
    found = plan(problem, budget_s=10, seed=1, cores=1, engine="ortools", limit=60)
    assert violations(problem, found) == ()
    assert found.planned == 16


def test_the_model_refuses_locked_stops_out_of_order():
    stops = (stop("second", 1, crew_lock="c", position=2), stop("first", 2, crew_lock="c", position=1))
    day = day_of(Problem(stops, (crew("c"),)))
    assert AreaModel(day).accepts([[1, 0]])
    assert not AreaModel(day).accepts([[0, 1]])


def test_locked_stops_keep_their_order_though_one_costs_more_with_their_crew():
    """As on a re-plan that hands one of them over: who has what a visit costs does not loosen its lock."""
    stops = (
        stop("second", 1, crew_lock="c", position=2, planned_crew="d"),
        stop("first", 2, crew_lock="c", position=1),
    )
    problem = Problem(stops, (crew("c"), crew("d")), objective=Objective(change_s=900))
    assert not AreaModel(day_of(problem)).accepts([[0, 1], []])
    found = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=10)
    assert [visit.stop_id for visit in found.routes[0].visits] == ["first", "second"]


def test_a_day_of_locked_orders_is_searched_and_not_only_begun():
    """The order is known to insertion itself: as a rule beside it, hardly any change was ever found to hold."""
    base = town(24, 3)
    locked = tuple(
        replace(one, crew_lock=f"c{i % 3}", position=i // 3) if i < 12 else one for i, one in enumerate(base.stops)
    )
    problem, seen = replace(base, stops=locked), []
    solve_area(day_of(problem), budget_s=30, solution_limit=40, on_better=seen.append)
    assert len(seen) > 2


def test_a_known_crew_is_liked_and_a_change_of_plan_is_not():
    stops = (stop("a", 1, last_crew="d"), stop("b", 1.1, planned_crew="c"))
    liking = Objective(other_crew_s=3600, change_s=3600)
    problem = Problem(stops, (crew("c"), crew("d")), objective=liking)
    found = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=20)
    by_crew = {route.crew_id: [visit.stop_id for visit in route.visits] for route in found.routes}
    assert by_crew == {"c": ["b"], "d": ["a"]}
    assert found.terms["OTHER_CREW"] == found.terms["CHANGE"] == 0


def test_balance_shares_the_visits():
    stops = tuple(stop(f"s{i}", 1 + i / 10) for i in range(6))
    problem = Problem(stops, (crew("c"), crew("d")), objective=Objective(balance_s=3600))
    found = plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=20)
    assert sorted(len(route.visits) for route in found.routes) == [3, 3]


breaks = st.sampled_from([(), (Break(hours(12, 13), 1800),), (Break(hours(11, 13), 3600), Break(hours(15, 16.5), 600))])
spot = st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 30), st.integers(0, 12), st.integers(1, 8))


@given(st.lists(spot, min_size=1, max_size=4), breaks, st.sampled_from([None, 14400]))
def test_the_model_accepts_a_route_exactly_when_the_timing_holds(spots, pauses, duty):
    stops = tuple(
        stop(f"s{i}", east, north, windows=(hours(9 + a / 4, 9 + (a + b) / 4),), service_s=600 * length)
        for i, (east, north, a, b, length) in enumerate(spots)
    )
    problem = Problem(stops, (crew("c", breaks=pauses, max_duty_s=duty, shift=hours(9, 20)),))
    day = day_of(problem)
    order = list(range(len(stops)))
    holds = not isinstance(time_route(day, 0, order), Broken)
    assert AreaModel(day).accepts([order]) == holds
