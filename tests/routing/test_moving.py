"""What a person moves stays moved, is judged like any plan, and is refused by the name of the rule it breaks."""

import pytest

from routing import InvalidPlanError, MoveRefusedError, Problem, difference, moved, plan, violations
from routing.errors import InvalidValueError
from tests.routing.days import crew, hours, stop


def planned(problem):
    return plan(problem, budget_s=5, seed=1, cores=1, engine="ortools", limit=20)


def order(found, crew_id):
    return [visit.stop_id for route in found.routes if route.crew_id == crew_id for visit in route.visits]


@pytest.fixture(scope="module")
def day():
    problem = Problem(
        (
            stop("a", 1),
            stop("b", 2),
            stop("e", 3, windows=(hours(9, 11),)),
            stop("f", -1),
            stop("law", -2, skills=frozenset({"law"})),
        ),
        (crew("c", max_stops=4), crew("d", skills=frozenset({"law"}), max_stops=3)),
    )
    return problem, planned(problem)


def test_a_move_to_another_crew_is_a_lock_and_the_rest_stays(day):
    problem, before = day
    target = "c" if "a" in order(before, "d") else "d"
    found = moved(problem, before, "a", crew_id=target)
    assert violations(found.problem, found.plan) == ()
    assert "a" in order(found.plan, target)
    assert next(one for one in found.problem.stops if one.id == "a").crew_lock == target
    assert found.plan.engine == "manual"
    others = [m for m in difference(before, found.plan).moves if m.why != "OTHER_TIME" and m.stop_id != "a"]
    assert others == []
    again = planned(found.problem)
    assert "a" in order(again, target)


def test_a_place_in_the_order_is_kept_and_is_a_lock(day):
    problem, before = day
    crew_id = next(r.crew_id for r in before.routes if len(r.visits) > 1)
    last = order(before, crew_id)[-1]
    if last == "e":
        last = order(before, crew_id)[0]
    found = moved(problem, before, last, crew_id=crew_id, place=1)
    assert order(found.plan, crew_id)[0] == last
    assert violations(found.problem, found.plan) == ()
    assert next(one for one in found.problem.stops if one.id == last).position == 1


def test_a_time_is_a_lock(day):
    problem, before = day
    crew_id = next(r.crew_id for r in before.routes if "a" in [v.stop_id for v in r.visits])
    found = moved(problem, before, "a", crew_id=crew_id, time_lock=hours(15, 15.5))
    start = next(v.start_s for r in found.plan.routes for v in r.visits if v.stop_id == "a")
    assert 15 * 3600 <= start <= 15.5 * 3600


def refused(problem, before, stop_id, **to):
    with pytest.raises(MoveRefusedError) as caught:
        moved(problem, before, stop_id, **to)
    assert caught.value.message_zh
    assert caught.value.message_en
    return caught.value


def test_a_crew_without_the_skill_is_refused(day):
    assert refused(*day, "law", crew_id="c").limit == "SKILL"


def test_a_time_outside_the_windows_is_refused(day):
    assert refused(*day, "e", crew_id="c", time_lock=hours(15, 16)).limit == "WINDOW"


def test_a_place_at_which_a_window_has_shut_is_refused_with_the_minutes():
    problem = Problem((stop("a", 1, windows=(hours(13, 14),)), stop("e", 3, windows=(hours(9, 11),))), (crew("c"),))
    said = refused(problem, planned(problem), "e", crew_id="c", place=2)
    assert (said.limit, said.by > 7200) == ("WINDOW", True)
    assert "e" in said.message_en


def test_a_full_crew_is_refused_with_its_cap():
    problem = Problem((stop("a"), stop("b", 2), stop("e", 3)), (crew("c", max_stops=1), crew("d")))
    before = planned(problem)
    (mine,) = order(before, "c") or ["none"]
    other = next(s for s in ("a", "b", "e") if s != mine)
    if mine == "none":
        before = moved(problem, before, "a", crew_id="c").plan
        other = "b"
    said = refused(problem, before, other, crew_id="c")
    assert said.limit == "MAX_STOPS"
    assert "1 visits" in said.message_en


def test_a_second_address_of_a_debtor_is_refused_by_the_name_of_the_first():
    problem = Problem((stop("home", debtor="d"), stop("work", debtor="d")), (crew("c"),))
    before = planned(problem)
    (left,) = before.left_out
    said = refused(problem, before, left.stop_id, crew_id="c")
    assert said.limit == "ONE_ADDRESS"
    assert order(before, "c")[0] in said.message_en


def test_a_day_that_is_not_allowed_is_refused():
    problem = Problem((stop("a", days={0: 0}),), (crew("mon", day=0), crew("tue", day=1)))
    assert refused(problem, planned(problem), "a", crew_id="tue").limit == "DAY"


def test_a_left_out_visit_that_fits_goes_in_by_hand():
    problem = Problem((stop("far", 40, priority=1), stop("a")), (crew("c"),))
    before = planned(problem)
    assert [left.reason for left in before.left_out] == ["COSTS_MORE"]
    found = moved(problem, before, "far", crew_id="c")
    assert sorted(order(found.plan, "c")) == ["a", "far"]
    assert violations(found.problem, found.plan) == ()


def test_what_is_not_there_is_named(day):
    problem, before = day
    with pytest.raises(InvalidValueError, match="no such stop"):
        moved(problem, before, "nobody", crew_id="c")
    with pytest.raises(InvalidValueError, match="no such crew"):
        moved(problem, before, "a", crew_id="nobody")
    with pytest.raises(InvalidValueError, match="from 1 to"):
        moved(problem, before, "a", crew_id="c", place=9)


def test_a_plan_that_does_not_hold_any_more_says_so():
    problem = Problem((stop("a", 1), stop("b", 2), stop("e", 3)), (crew("c"), crew("d")))
    before = planned(problem)
    busy = before.routes[0].crew_id
    late = tuple(crew(name, shift=hours(9, 9.1) if name == busy else hours(9, 18)) for name in ("c", "d"))
    other = next(name for name in ("c", "d") if name != busy)
    with pytest.raises(InvalidPlanError, match="plan the day again"):
        moved(Problem(problem.stops, late), before, order(before, busy)[0], crew_id=other)
