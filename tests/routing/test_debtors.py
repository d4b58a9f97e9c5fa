"""Several allowed days, one address of a debtor a day: decided beforehand, modelled, judged, explained."""

from dataclasses import replace

import pytest

from routing import Objective, Problem, explain, plan, violations
from routing.arrays import arrays_of
from routing.debtors import days_apart
from routing.errors import InvalidValueError
from routing.solve import AreaModel
from tests.routing.days import HOUR, crew, hours, stop, town


def planned(problem, **changes):
    found = plan(problem, **({"budget_s": 5, "seed": 1, "cores": 1, "engine": "ortools", "limit": 15} | changes))
    assert violations(problem, found) == ()
    return found


def seats(found):
    return {visit.stop_id: route.crew_id for route in found.routes for visit in route.visits}


def codes(problem, found):
    return {one.code for one in violations(problem, found)}


def waiting(*stops, crews=()):
    problem = Problem(tuple(stops), crews or (crew("c"),))
    return [problem.stops[row].id for row in days_apart(problem, ()).waiting]


TWO_DAYS = (crew("mon", day=0), crew("tue", day=1))


def test_of_two_addresses_of_a_debtor_the_urgent_one_goes_and_the_other_says_why():
    problem = Problem((stop("a", debtor="d", priority=2), stop("b", debtor="d", priority=4)), (crew("c"),))
    found = planned(problem)
    assert list(seats(found)) == ["b"]
    assert [(left.stop_id, left.reason, left.detail["other"]) for left in found.left_out] == [
        ("a", "OTHER_ADDRESS_TODAY", "b")
    ]


def test_of_two_alike_addresses_the_first_given_goes():
    assert waiting(stop("a", debtor="d"), stop("b", debtor="d")) == ["b"]


def test_a_locked_address_goes_whatever_its_priority():
    assert waiting(stop("a", debtor="d", priority=5), stop("b", debtor="d", priority=1, crew_lock="c")) == ["a"]


def test_an_impossible_address_does_not_push_out_the_other():
    problem = Problem((stop("a", 3000, debtor="d", priority=5), stop("b", debtor="d", priority=1)), (crew("c"),))
    assert list(seats(planned(problem))) == ["b"]


@pytest.mark.parametrize("engine", ["default", "ortools"])
def test_the_other_address_takes_the_place_of_one_that_did_not_fit(engine):
    """The urgent address is possible alone but costs more than it is worth: the debtor is visited at the other."""
    problem = Problem((stop("far", 40, debtor="d", priority=1), stop("near", 1, debtor="d", priority=1)), (crew("c"),))
    found = planned(problem, engine=engine, limit=100)
    assert list(seats(found)) == ["near"]
    assert [(left.stop_id, left.reason) for left in found.left_out] == [("far", "OTHER_ADDRESS_TODAY")]


def test_two_addresses_of_a_debtor_go_on_two_days():
    problem = Problem((stop("a", debtor="d"), stop("b", debtor="d")), TWO_DAYS)
    assert sorted(seats(planned(problem)).values()) == ["mon", "tue"]


def test_an_address_moves_to_its_other_day_where_that_lets_one_more_in():
    stops = (stop("a", debtor="d", priority=5, days={0: 0, 1: 600}), stop("b", debtor="d", days={0: 0}))
    problem = Problem(stops, TWO_DAYS)
    assert seats(planned(problem)) == {"a": "tue", "b": "mon"}
    assert waiting(*stops, stop("e", debtor="d", days={1: 0}), crews=TWO_DAYS) == ["e"]


@pytest.mark.parametrize("engine", ["default", "ortools"])
def test_a_visit_is_made_on_the_day_it_likes_best_unless_travel_says_otherwise(engine):
    stops = (stop("a", 1, days={0: HOUR, 1: 0}), stop("b", 1.2, days={0: 0}), stop("e", 1.1, days={0: 60, 1: 0}))
    problem = Problem(stops, TWO_DAYS)
    found = planned(problem, engine=engine, limit=300)
    assert seats(found)["a"] == "tue"
    assert seats(found)["b"] == "mon"
    assert found.terms["OTHER_DAY"] == 60 * (seats(found)["e"] == "mon")


def test_the_judge_names_a_day_that_is_not_allowed_and_a_debtor_met_twice():
    problem = Problem((stop("a", debtor="d", days={0: 0}), stop("b", debtor="d", days={1: 0})), TWO_DAYS)
    found = planned(problem)
    assert codes(replace(problem, stops=(replace(problem.stops[0], days={1: 0}), problem.stops[1])), found) >= {"DAY"}
    together = tuple(replace(one, day=0) for one in problem.crews)
    free = tuple(replace(one, days=None) for one in problem.stops)
    assert codes(replace(problem, stops=free, crews=together), found) == {"ONE_ADDRESS"}


def test_the_judge_counts_what_a_less_liked_day_costs():
    problem = Problem((stop("a", days={0: 60}),), (crew("c"),))
    found = planned(problem)
    assert found.terms["OTHER_DAY"] == 60
    assert codes(replace(problem, stops=(stop("a", days={0: 61}),)), found) == {"PLAN"}


def test_the_model_of_all_rules_refuses_two_addresses_on_one_day_and_takes_them_on_two():
    stops = (stop("a", debtor="d"), stop("b", debtor="d"), stop("e"))
    for crews, holds in (((crew("c"), crew("x")), False), (TWO_DAYS, True)):
        model = AreaModel(arrays_of(Problem(stops, crews), range(3), range(2)))
        assert model.accepts([[0, 2], [1]]) is holds
        assert model.accepts([[0, 2], []])
        assert not model.accepts([[0, 1, 2], []])


def test_no_allowed_day_at_all_is_refused():
    with pytest.raises(InvalidValueError, match="allowed day"):
        stop("a", days={})
    with pytest.raises(InvalidValueError, match="cost of a day"):
        stop("a", days={0: -1})


def test_a_week_of_several_areas_holds_every_rule():
    """Two addresses each, odd allowed days, full crews: what is left out has a reason that is proved over all days."""
    base = town(140, 1)
    days = ({0: 0}, {0: 0, 1: 300}, {1: 0, 2: 900}, None)
    stops = tuple(replace(one, debtor=f"d{i // 2}", days=days[i % 4]) for i, one in enumerate(base.stops))
    crews = tuple(crew(f"c{i}-{day}", day=day, max_stops=7) for day in range(3) for i in range(6))
    problem = Problem(stops, crews, objective=Objective(balance_s=60))
    found = planned(problem, limit=1500, engine="default")
    assert found.planned >= 115
    assert {left.stop_id for left in explain(problem, found)} == {left.stop_id for left in found.left_out}


def test_a_day_on_which_an_address_cannot_be_reached_is_no_day_for_it():
    crews = (crew("mon", day=0, max_stops=1), crew("tue", day=1, shift=hours(9, 9.1)))
    problem = Problem((stop("a", debtor="d", priority=5), stop("b", debtor="d")), crews)
    found = planned(problem)
    assert seats(found) == {"a": "mon"}
    (left,) = found.left_out
    assert (left.stop_id, left.detail["crew"], left.detail["limit_code"]) == ("b", "tue", "SHIFT")


def test_a_full_day_is_not_filled_further_while_another_is_free():
    stops = [stop(f"x{i}", i / 9, days={0: 0}) for i in range(4)]
    stops += [stop(f"{i}{k}", i / 9, 1, debtor=str(i), days={0: 0, 1: 60, 2: 60}) for i in range(4) for k in "ab"]
    crews = tuple(crew(f"c{day}", day=day, max_stops=4) for day in range(3))
    assert planned(Problem(tuple(stops), crews), limit=40).planned == 12
