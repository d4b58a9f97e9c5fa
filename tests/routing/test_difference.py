from dataclasses import replace

from routing import LeftOut, PlannedVisit, Problem, Route, difference, plan
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


def by_hand(*routes, left_out=()):
    """A plan of crews and their stops, an hour apart, ten minutes from each to the next."""
    made = tuple(
        Route(name, tuple(PlannedVisit(s, i + 1, 0, 3600 * i, 0, 600, 5000) for i, s in enumerate(stops)), 0, 0,
              600 * len(stops), 5000 * len(stops))
        for name, stops in routes
    )  # fmt: skip
    return replace(planned(stop("a")), routes=made, left_out=left_out)


def whys(before, after):
    return {move.stop_id: move.why for move in difference(before, after).moves}


def test_every_move_says_why():
    left = LeftOut("shut", "DAY_FULL", "排不下", "it does not fit", {})
    before = by_hand(("c", ["a", "b", "gone", "shut"]), ("d", ["x"]), left_out=(replace(left, stop_id="in"),))
    after = by_hand(("c", ["b", "a", "x", "new", "in"]), left_out=(left,))
    assert whys(before, after) == {
        "a": "OTHER_ORDER", "b": "OTHER_TIME", "gone": "GONE", "shut": "LEFT_OUT", "x": "CREW_FREE", "new": "NEW",
        "in": "TAKEN_IN",
    }  # fmt: skip
    said = {move.stop_id: move.message_en for move in difference(before, after).moves}
    assert said["shut"] == "it does not fit"
    assert said["x"] == "crew d makes no visit any more; crew c takes it"
    assert all(move.message_zh and move.message_en for move in difference(before, after).moves)


def test_stops_behind_a_cancelled_one_have_not_moved_but_for_their_time():
    before, after = by_hand(("c", ["a", "b", "e", "f"])), by_hand(("c", ["a", "e", "f"]))
    assert whys(before, after) == {"b": "GONE", "e": "OTHER_TIME", "f": "OTHER_TIME"}
    assert difference(before, after, tolerance_s=3600).moves[0].stop_id == "b"
    assert len(difference(before, after, tolerance_s=3600).moves) == 1


def test_one_stop_put_last_is_one_change_of_order_and_not_four():
    before, after = by_hand(("c", ["a", "b", "e", "f"])), by_hand(("c", ["b", "e", "f", "a"]))
    found = whys(before, after)
    assert [stop_id for stop_id, why in found.items() if why == "OTHER_ORDER"] == ["a"]


def test_minutes_and_kilometres_are_told_by_crew_and_add_up():
    before, after = by_hand(("c", ["a", "b"]), ("d", ["e"])), by_hand(("c", ["a"]), ("d", ["e", "b"]))
    found = difference(before, after)
    assert [(one.crew_id, one.visits, one.travel_s, one.distance_m) for one in found.crews] == [
        ("c", -1, -600, -5000),
        ("d", 1, 600, 5000),
    ]
    assert (found.travel_s, found.distance_m, found.planned) == (0, 0, 0)
