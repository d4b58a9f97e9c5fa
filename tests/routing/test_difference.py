from dataclasses import replace

from routing import Problem, difference, plan
from tests.routing.days import crew, stop


def planned(*stops, crews=("c", "d")):
    problem = Problem(tuple(stops), tuple(crew(name, max_stops=2) for name in crews))
    return plan(problem, budget_s=2, seed=1, cores=1, engine="ortools", limit=10)


def test_a_plan_does_not_differ_from_itself():
    found = planned(stop("a"), stop("b", 2))
    assert difference(found, found) == replace(difference(found, found), moves=(), travel_s=0, distance_m=0, planned=0)


def test_a_new_stop_has_no_before_and_a_cancelled_one_no_after():
    small, big = planned(stop("a")), planned(stop("a"), stop("b", -3))
    added, removed = difference(small, big), difference(big, small)
    assert [(m.stop_id, m.before is None) for m in added.moves if m.stop_id == "b"] == [("b", True)]
    assert [(m.stop_id, m.after is None) for m in removed.moves if m.stop_id == "b"] == [("b", True)]
    assert (added.planned, removed.planned) == (1, -1)
    assert added.travel_s == -removed.travel_s > 0
    assert added.distance_m == -removed.distance_m > 0


def test_another_crew_is_a_move_that_says_so():
    one, other = planned(stop("a"), crews=("c",)), planned(stop("a"), crews=("d",))
    (move,) = difference(one, other).moves
    assert move.changes_crew
    assert (move.before.crew_id, move.after.crew_id) == ("c", "d")


def test_a_small_shift_in_time_is_within_the_tolerance():
    found = planned(stop("a"))
    (route,) = found.routes
    (visit,) = route.visits
    later = replace(found, routes=(replace(route, visits=(replace(visit, start_s=visit.start_s + 60),)),))
    assert difference(found, later, tolerance_s=60).moves == ()
    assert len(difference(found, later, tolerance_s=59).moves) == 1
