from dataclasses import replace

from routing import Problem, explain, plan
from tests.routing.days import crew, hours, stop


def planned(*stops, crews):
    problem = Problem(tuple(stops), tuple(crews))
    return problem, plan(problem, budget_s=2, seed=1, cores=1, engine="ortools", limit=20)


def only(found):
    assert len(found.left_out) == 1
    return found.left_out[0]


def test_a_full_crew_is_named_with_its_limit_and_one_more_visit_mends_it():
    crews = (crew("c", max_stops=1),)
    _, found = planned(stop("a", priority=5), stop("b", priority=4), crews=crews)
    left = only(found)
    assert (left.stop_id, left.reason, left.detail["limit_code"]) == ("b", "DAY_FULL", "MAX_STOPS")
    assert left.repair_en == "allow crew c 1 more visit"
    _, mended = planned(stop("a", priority=5), stop("b", priority=4), crews=(crew("c", max_stops=2),))
    assert mended.left_out == ()


def test_a_short_shift_says_by_how_much_and_that_much_mends_it():
    stops = (stop("a", 2, priority=5), stop("b", -2, priority=4))
    _, found = planned(*stops, crews=(crew("c", shift=hours(9, 10)),))
    left = only(found)
    assert (left.reason, left.detail["limit_code"]) == ("DAY_FULL", "SHIFT")
    longer = hours(9, 10 + left.detail["by_min"] / 60)
    assert planned(*stops, crews=(crew("c", shift=longer),))[1].left_out == ()


def test_a_visit_dearer_than_its_worth_is_left_out_with_its_price():
    _, found = planned(stop("a", 40, priority=1), crews=(crew("c"),))
    left = only(found)
    assert left.reason == "COSTS_MORE"
    assert left.detail["extra_min"] > left.detail["worth_min"] == 120


def test_a_visit_that_needs_the_place_of_an_equal_names_it():
    _, found = planned(stop("a", 1), stop("b", 1.5), crews=(crew("c", max_stops=1),))
    left = only(found)
    assert (left.stop_id, left.reason, left.detail["other"]) == ("b", "DISPLACES", "a")


def test_a_worthier_visit_takes_the_place_of_a_lesser_one():
    _, found = planned(stop("low", 1, priority=1), stop("high", 3, priority=5), crews=(crew("c", max_stops=1),))
    assert only(found).stop_id == "low"


def test_a_plan_changed_by_hand_is_explained_as_it_is():
    problem, found = planned(stop("a", 1), stop("b", 2), crews=(crew("c"),))
    emptied = replace(found, routes=())
    lefts = explain(problem, emptied)
    assert [(left.stop_id, left.reason) for left in lefts] == [("a", "NOT_FOUND_IN_TIME"), ("b", "NOT_FOUND_IN_TIME")]
    assert lefts[0].repair_en == "give it to crew c as visit 1"


def test_every_crew_asked_is_in_the_detail():
    crews = (crew("c", max_stops=1), crew("d", max_stops=1))
    _, found = planned(stop("a", 1, priority=5), stop("b", 2, priority=5), stop("x", 3, priority=1), crews=crews)
    assert {row["crew"] for row in only(found).detail["crews"]} == {"c", "d"}
