"""Each hard rule by itself, in both engines: without it a plan would break it, with it no plan does."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from routing import Break, Plan, Problem, plan, violations
from routing.travel import Legs, RoadMatrix
from tests.routing.days import HOUR, crew, hours, stop

LAW = frozenset({"law"})


@dataclass(frozen=True)
class Rule:
    """A day, the same day under one rule more, and what tells them apart."""

    says: str
    free: Problem
    bound: Problem
    shows: object  # what of a plan tells them apart: differs between the two days
    without: object
    within: object


def routes(found: Plan) -> dict[str, list[str]]:
    return {route.crew_id: [visit.stop_id for visit in route.visits] for route in found.routes}


def planned(found: Plan) -> set[str]:
    return {visit.stop_id for route in found.routes for visit in route.visits}


def crew_of(name: str):
    return lambda found: next((c for c, order in routes(found).items() if name in order), None)


def begins(name: str):
    return lambda found: next((v.start_s for r in found.routes for v in r.visits if v.stop_id == name), None)


def with_stop(problem: Problem, name: str, **changes: object) -> Problem:
    return replace(problem, stops=tuple(replace(s, **changes) if s.id == name else s for s in problem.stops))


def with_crew(problem: Problem, name: str, **changes: object) -> Problem:
    return replace(problem, crews=tuple(replace(c, **changes) if c.id == name else c for c in problem.crews))


def rule(says, free, bound, shows, without, within):
    return Rule(says, free, bound, shows, without, within)


ONE = Problem((stop("a", 1), stop("b", 2)), (crew("c"),))
TWO = Problem((stop("a", 1), stop("b", 1.1)), (crew("c"), crew("d")))
FOUR = Problem(tuple(stop(f"s{i}", 1 + i / 10) for i in range(4)), (crew("c"),))
LINE = Problem((stop("a", 1), stop("b", 2), stop("c", 3)), (crew("c"),))
NOON = Problem((stop("a", 1, windows=(hours(12, 12),)), stop("b", 1, windows=(hours(13, 13),))), (crew("c"),))
CARS = Problem((stop("a", 30),), (crew("c"), crew("d")))
_WALK = np.array([[0, 3000], [3000, 0]])
MODES = Problem((stop("a", 1),), (crew("c"), crew("d")), RoadMatrix(
    {"CAR": Legs(_WALK // 10, _WALK), "WALK": Legs(_WALK * 20, _WALK)}, "roads",
))  # fmt: skip

RULES = [
    rule("a window shuts", ONE, with_stop(ONE, "b", windows=(hours(9, 9.01),)), planned, {"a", "b"}, {"a"}),
    rule(
        "between two windows nobody is received",
        with_stop(ONE, "b", windows=(hours(12, 17),)),
        with_stop(ONE, "b", windows=(hours(9, 9.01), hours(15, 17))),
        begins("b"), 12 * HOUR, 15 * HOUR,
    ),
    rule(
        "a shift begins", with_stop(ONE, "a", windows=(hours(9.5, 10),)),
        with_crew(with_stop(ONE, "a", windows=(hours(9.5, 10),)), "c", shift=hours(11, 18)), planned, {"a", "b"}, {"b"},
    ),
    rule("a shift ends", ONE, with_crew(ONE, "c", shift=hours(9, 9.6)), lambda p: len(planned(p)), 2, 1),
    rule(
        "a break that fits nowhere costs a visit",
        NOON, with_crew(NOON, "c", breaks=(Break(hours(12, 13.4), 2700),)), lambda p: len(planned(p)), 2, 1,
    ),
    rule(
        "a crew starts where it starts",
        with_stop(ONE, "b", windows=(hours(9, 9.2),)),
        with_crew(with_stop(ONE, "b", windows=(hours(9, 9.2),)), "c", start_lon=117.0), planned, {"a", "b"}, {"a"},
    ),
    rule(
        "a crew ends where it ends",
        with_stop(ONE, "b", windows=(hours(17, 17.5),)),
        with_crew(with_stop(ONE, "b", windows=(hours(17, 17.5),)), "c", end_lon=117.0), planned, {"a", "b"}, {"a"},
    ),
    rule("a skill is needed", with_crew(TWO, "d", skills=LAW, start_lon=116.5),
         with_stop(with_crew(TWO, "d", skills=LAW, start_lon=116.5), "a", skills=LAW), crew_of("a"), "c", "d"),
    rule("nobody has the skill", ONE, with_stop(ONE, "a", skills=LAW), planned, {"a", "b"}, {"b"}),
    rule("on foot it is too far", MODES, replace(MODES, crews=tuple(replace(c, mode="WALK") for c in MODES.crews)),
         planned, {"a"}, set()),
    rule("only who drives comes that far", with_crew(CARS, "d", start_lon=116.0),
         with_crew(with_crew(CARS, "d", start_lon=116.0), "c", mode="WALK"), crew_of("a"), "c", "d"),
    rule("a crew makes so many visits", FOUR, with_crew(FOUR, "c", max_stops=3), lambda p: len(planned(p)), 4, 3),
    rule("a crew works so long", FOUR, with_crew(FOUR, "c", max_duty_s=HOUR), lambda p: len(planned(p)), 4, 2),
    rule("a vehicle holds so much", with_stop(FOUR, "s0", load=3),
         with_crew(with_stop(FOUR, "s0", load=3), "c", max_load=2), lambda p: "s0" in planned(p), True, False),
    rule("a visit is locked to a crew", with_crew(TWO, "d", start_lon=116.6),
         with_stop(with_crew(TWO, "d", start_lon=116.6), "a", crew_lock="d"), crew_of("a"), "c", "d"),
    rule(
        "visits are locked to an order", LINE,
        replace(LINE, stops=tuple(replace(x, crew_lock="c", position="bac".index(x.id)) for x in LINE.stops)),
        lambda p: routes(p)["c"] == ["b", "a", "c"], False, True,
    ),
    rule("a visit is locked to a time", ONE, with_stop(ONE, "a", time_lock=hours(16, 16)),
         lambda p: begins("a")(p) == 16 * HOUR, False, True),
    rule("a debtor is met once a day", with_stop(TWO, "a", debtor="x"),
         with_stop(with_stop(TWO, "a", debtor="x"), "b", debtor="x"), lambda p: len(planned(p)), 2, 1),
    rule("a visit has its days", with_crew(TWO, "d", day=1, start_lon=116.6),
         with_stop(with_crew(TWO, "d", day=1, start_lon=116.6), "a", days={1: 0}), crew_of("a"), "c", "d"),
]  # fmt: skip


@pytest.mark.parametrize("engine", ["default", "ortools"])
@pytest.mark.parametrize("rule", RULES, ids=lambda one: one.says)
def test_a_hard_rule_binds(rule, engine):
    asked = {"budget_s": 60, "seed": 1, "cores": 1, "engine": engine, "limit": 600 if engine == "default" else 12}
    free, bound = plan(rule.free, **asked), plan(rule.bound, **asked)
    assert violations(rule.free, free) == violations(rule.bound, bound) == ()
    assert (rule.shows(free), rule.shows(bound)) == (rule.without, rule.within)
    assert violations(rule.bound, free), "the judge has nothing against the plan made without the rule"
